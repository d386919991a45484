//! The team: let in, changed, removed; from the chat and from the terminal.

mod chat;
pub(crate) mod guard;
mod viewers;
