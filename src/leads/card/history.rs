//! What happened to a lead, page by page, and whole as a file.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use waas_platform::render::{Context, Html, Reader, RenderError, TEXT_LIMIT};
use waas_platform::telegram::{Button, View};

use super::super::store::Lead;
use super::super::store::history::Event;
use super::{LISTED_CHARS, NAME_CHARS, known_why, short};
use crate::front::Front;

/// Entries on a page; fewer where they are so long that they would not fit one message.
const PAGE: usize = 8;
/// Characters of a note on a page.
const NOTE_CHARS: usize = 600;

/// An entry of the history with the names of people in it.
pub(in crate::leads) struct Told {
    pub(in crate::leads) event: Event,
    /// Who did it; none: the hub itself.
    pub(in crate::leads) who: Option<String>,
    /// Who got it, when it changed hands.
    pub(in crate::leads) to: Option<String>,
}

#[derive(Serialize)]
struct Entry {
    at: DateTime<Utc>,
    who: String,
    lead: Option<i64>,
    words: String,
    note: Option<String>,
}

/// A page of what happened to a lead, newest first: of the oldest `upto` entries, else of all. `told` is oldest first, so that
/// a page stays the same when something is added.
pub(in crate::leads) fn history(
    front: &Front,
    reader: &Reader,
    lead: &Lead,
    told: &[Told],
    upto: Option<usize>,
) -> Result<View, RenderError> {
    let upto = upto.unwrap_or(told.len()).min(told.len());
    let page = |from: usize| {
        let range = (from > 0 || upto < told.len()).then(|| (told.len() - upto + 1, told.len() - from, told.len()));
        text(front, reader, lead, &told[from..upto], range, Some(NOTE_CHARS))
    };
    let mut from = upto.saturating_sub(PAGE);
    let mut html = page(from)?;
    while html.units() > TEXT_LIMIT && from + 1 < upto {
        from += 1;
        html = page(from)?;
    }
    let (shown, all) = (&told[from..upto], from == 0 && upto == told.len());
    let press = |key: &str, action: &str| Button::press(front.word(reader, key), action, lead.id);
    let newest = (upto < told.len()).then(|| press("button-newest", "lead.history_page").with(json!({ "upto": null })));
    let older = (from > 0).then(|| press("button-older", "lead.history_page").with(json!({ "upto": from })));
    let is_cut = |told: &Told| told.event.note.as_deref().is_some_and(|note| short(note, NOTE_CHARS) != note);
    let whole = (!all || shown.iter().any(is_cut)).then(|| press("button-whole-history", "lead.history_whole"));
    Ok(View::text(html).row(newest.into_iter().chain(older)).row(whole))
}

/// All of it without a word left out, newest first.
pub(in crate::leads) fn whole_history(
    front: &Front,
    reader: &Reader,
    lead: &Lead,
    told: &[Told],
) -> Result<String, RenderError> {
    Ok(text(front, reader, lead, told, None, None)?.plain())
}

fn text(
    front: &Front,
    reader: &Reader,
    lead: &Lead,
    told: &[Told],
    range: Option<(usize, usize, usize)>,
    chars: Option<usize>,
) -> Result<Html, RenderError> {
    let entries: Vec<Entry> = told.iter().rev().map(|told| entry(front, reader, told, chars)).collect();
    let context = Context::new()
        .with("name", &short(&lead.name, NAME_CHARS))
        .with("number", &lead.number.to_string())
        .with("entries", &entries)
        .with("range", &range);
    front.say(reader, "leads/history.html", &context)
}

/// `chars`: how much of a note is shown; all of it without.
fn entry(front: &Front, reader: &Reader, told: &Told, chars: Option<usize>) -> Entry {
    let event = &told.event;
    let state = |word: &str| front.word_with(reader, "lead-state", &[("state", word.into())]);
    let words = match (event.what.as_str(), &event.from) {
        ("moved", None) => front.word(reader, "lead-history-arrived"),
        ("moved", Some(from)) => {
            let args = [("from", state(from).into()), ("to", state(&event.to).into())];
            front.word_with(reader, "lead-history-moved", &args)
        }
        ("promised", _) => front.word(reader, "lead-history-promised"),
        ("assigned", _) => match &told.to {
            Some(to) => front.word_with(reader, "lead-history-assigned", &[("who", to.as_str().into())]),
            None => front.word(reader, "lead-history-freed"),
        },
        ("merged", _) => {
            let number = event.detail["lead"].as_i64().unwrap_or_default();
            front.word_with(reader, "lead-history-merged", &[("number", number.to_string().into())])
        }
        ("scored", _) => {
            let score = event.detail["score"].as_i64().unwrap_or_default();
            front.word_with(reader, "lead-history-scored", &[("score", score.into())])
        }
        _ => front.word(reader, "lead-history-noted"),
    };
    let call_at = event.detail["call_at"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok());
    let call_at = call_at.map(|at| {
        let at = front.renderer().words().local_time(&reader.lang, at, reader.zone, "time-date-time");
        front.word_with(reader, "lead-history-call", &[("at", at.into())])
    });
    let who = told.who.as_deref().map(|name| short(name, LISTED_CHARS));
    Entry {
        at: event.at,
        who: who.unwrap_or_else(|| front.word(reader, "lead-history-hub")),
        lead: event.lead,
        words,
        note: call_at.or_else(|| event.note.as_deref().map(|note| note_words(front, reader, note, chars))),
    }
}

/// One of the reasons that are offered, or what somebody wrote.
fn note_words(front: &Front, reader: &Reader, note: &str, chars: Option<usize>) -> String {
    known_why(front, reader, note).unwrap_or_else(|| chars.map_or_else(|| note.to_owned(), |chars| short(note, chars)))
}
