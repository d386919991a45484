//! Rows of the transcript, and which of them a reader wants.

use crate::transcript::{Record, Transcript};
use maud::{Markup, html};
use serde::Deserialize;

/// Rows shown at once; the driving API gives all that are kept.
const SHOWN: usize = 200;

/// All parts are optional; an empty one asks for nothing.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Filter {
    bot: Option<String>,
    /// A part of the method's name.
    method: Option<String>,
    /// Only what was refused, struck by a fault or warned of.
    trouble: Option<String>,
    /// Calls of `getUpdates` too.
    polls: Option<String>,
}

impl Filter {
    fn wants(&self, record: &Record) -> bool {
        let given = |part: &Option<String>| part.clone().filter(|p| !p.trim().is_empty());
        let bot = given(&self.bot).is_none_or(|bot| bot.eq_ignore_ascii_case(&record.bot));
        let named = given(&self.method).map(|part| part.trim().to_lowercase());
        let method = match named {
            Some(part) => record.method.to_lowercase().contains(&part),
            None => record.method != "getUpdates" || given(&self.polls).is_some() || is_trouble(record),
        };
        bot && method && (given(&self.trouble).is_none() || is_trouble(record))
    }
}

fn is_trouble(record: &Record) -> bool {
    record.verdict != "ok" || record.fault.is_some() || !record.warnings.is_empty()
}

impl Transcript {
    /// Number of the last record.
    pub(super) fn last(&self) -> u64 {
        self.iter().next_back().map_or(0, |record| record.seq)
    }

    /// The latest wanted records after a number, newest first.
    pub(super) fn latest(&self, filter: &Filter, after: u64) -> Vec<Record> {
        let recent = self.iter().rev().take_while(|record| record.seq > after);
        recent.filter(|record| filter.wants(record)).take(SHOWN).cloned().collect()
    }
}

/// The rows of records.
pub(super) fn rows(records: &[Record]) -> Markup {
    html! { @for record in records { (row(record)) } }
}

fn row(record: &Record) -> Markup {
    let time = chrono::DateTime::from_timestamp_millis(record.time).unwrap_or_default();
    let params = serde_json::to_string_pretty(&record.params).unwrap_or_default();
    html! {
        details.call.trouble[is_trouble(record)] data-seq=(record.seq) {
            summary {
                time.precise datetime=(time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)) { (time.format("%H:%M:%S")) }
                strong { (record.method) }
                span.caller { "@" (record.bot) }
                @if let Some(fault) = record.fault { span.mark-fault { (fault) } }
                @if !record.warnings.is_empty() { span.mark-fault { "warning" } }
                span.verdict { (record.verdict) }
            }
            @for warning in &record.warnings { p { (warning) } }
            pre tabindex="0" { (params) }
        }
    }
}
