//! SEC25 and more: what was written stays what it was, or it is found.

mod chain;
mod terminal;
