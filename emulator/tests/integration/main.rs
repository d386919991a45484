//! Each rule of the emulator over real HTTP, with its literal words.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking; its helpers too")]

mod albums;
mod browser;
mod callbacks;
mod changes;
mod chats;
mod clients;
mod commands;
mod driving;
mod edits;
mod events;
mod faults;
mod files;
mod forums;
mod keyboards;
mod limits;
mod membership;
mod page;
mod receiver;
mod restart;
mod server;
mod text;
mod transport;
mod updates;
mod webhooks;
