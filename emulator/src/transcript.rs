//! The record of every Bot API call and webhook delivery with its verdict, for tests and for people who look for the
//! reason.

use crate::api::params::Shown;
use chrono::DateTime;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::VecDeque;

/// Calls kept; older ones are forgotten.
const KEPT: usize = 20_000;

/// One Bot API call. The token never stands in it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Record {
    pub(crate) seq: u64,
    /// By the emulator's clock, when the call came; milliseconds here, RFC 3339 when written.
    #[serde(serialize_with = "rfc3339")]
    pub(crate) time: i64,
    /// Username of the caller.
    pub(crate) bot: String,
    pub(crate) method: String,
    pub(crate) params: Shown,
    /// `ok`, or code and description.
    pub(crate) verdict: Cow<'static, str>,
    /// The fault that struck it.
    pub(crate) fault: Option<&'static str>,
    /// What the real server lets pass but clients show badly.
    pub(crate) warnings: Vec<String>,
}

fn rfc3339<S: Serializer>(milliseconds: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    let time = DateTime::from_timestamp_millis(*milliseconds).unwrap_or_default();
    serializer.serialize_str(&time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
}

/// The last calls, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    records: VecDeque<Record>,
    next: u64,
}

impl Transcript {
    /// Adds a record and numbers it.
    pub(crate) fn push(&mut self, mut record: Record) {
        tracing::debug!(bot = record.bot, method = record.method, verdict = &*record.verdict);
        self.next += 1;
        record.seq = self.next;
        if self.records.len() >= KEPT {
            self.records.pop_front();
        }
        self.records.push_back(record);
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.records.iter()
    }
}
