//! The record of every Bot API call and webhook delivery with its verdict, for tests and for people who look for the reason.

use crate::Emulator;
use chrono::DateTime;
use serde::Serialize;
use serde_json::Value;
use std::collections::VecDeque;

/// Calls kept; older ones are forgotten.
const KEPT: usize = 20_000;

/// One Bot API call. The token never stands in it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Record {
    pub(crate) seq: u64,
    /// RFC 3339 by the emulator's clock, when the call came.
    pub(crate) time: String,
    /// Username of the caller.
    pub(crate) bot: String,
    pub(crate) method: String,
    pub(crate) params: Value,
    /// `ok`, or code and description.
    pub(crate) verdict: String,
    /// The fault that struck it.
    pub(crate) fault: Option<&'static str>,
    /// What the real server lets pass but clients show badly.
    pub(crate) warnings: Vec<String>,
}

impl Record {
    pub(crate) fn begin(emulator: &Emulator, bot: i64, method: &str, params: Value) -> Self {
        let telegram = emulator.lock();
        let name = telegram.store.bots.get(&bot).map_or("", |b| b.username());
        Self {
            seq: 0,
            time: DateTime::from_timestamp_millis(telegram.now_ms())
                .map(|t| t.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
                .unwrap_or_default(),
            bot: name.to_owned(),
            method: method.to_owned(),
            params,
            verdict: String::new(),
            fault: None,
            warnings: Vec::new(),
        }
    }

    pub(crate) fn finish(mut self, emulator: &Emulator, verdict: &str) {
        verdict.clone_into(&mut self.verdict);
        tracing::debug!(bot = self.bot, method = self.method, verdict);
        emulator.transcript().push(self);
    }
}

/// The last calls, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    records: VecDeque<Record>,
    next: u64,
}

impl Transcript {
    fn push(&mut self, mut record: Record) {
        self.next += 1;
        record.seq = self.next;
        if self.records.len() >= KEPT {
            self.records.pop_front();
        }
        self.records.push_back(record);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Record> {
        self.records.iter()
    }
}
