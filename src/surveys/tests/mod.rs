//! Surveys as people meet them: every view whole, and the chat on a real database.

mod chat;
mod database;
mod refusals;
mod views;

use chrono::{DateTime, Utc};

pub(super) use crate::front::aloud::{front, in_every_language, screen};

/// Noon on a day that is still to come: the database stamps what it stores with its own time, and nothing is due before.
pub(super) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(2_426_328_000, 0).expect("a valid time")
}
