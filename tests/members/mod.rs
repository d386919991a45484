//! The team: let in, changed, removed; from the chat and from the terminal.

mod chat;
mod guard;
