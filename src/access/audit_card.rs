//! What people see of the audit. Pure: facts in, views out.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use waas_platform::render::{Context, Reader, RenderError};
use waas_platform::telegram::{Button, View};

use super::card::short;
use crate::audit::Entry;
use crate::front::Front;

/// Characters of a name or an id in a line.
const CHARS: usize = 32;

/// An entry, what its person calls themselves, and what people call what it is about.
pub(super) struct Told {
    pub(super) entry: Entry,
    pub(super) name: Option<String>,
    pub(super) about: Option<String>,
}

/// A page of the audit, newest first.
pub(super) struct Page<'a> {
    pub(super) told: &'a [Told],
    /// What was asked for; empty: everything.
    pub(super) asked: &'a str,
    /// Whether this is not the first page.
    pub(super) later: bool,
    /// Whether there are older ones.
    pub(super) more: bool,
    /// The card of this list, which its buttons redraw.
    pub(super) list: &'a str,
}

#[derive(Serialize)]
struct Line {
    at: DateTime<Utc>,
    who: String,
    act: String,
    subject: String,
    outcome: String,
    chat: &'static str,
}

/// Who did what, when, from where and with what outcome.
pub(super) fn page(front: &Front, reader: &Reader, page: &Page<'_>) -> Result<View, RenderError> {
    let lines: Vec<Line> = page.told.iter().map(|told| line(front, reader, told)).collect();
    let context = Context::new().with("lines", &lines).with("asked", page.asked);
    let view = View::text(front.say(reader, "access/audit.html", &context)?);
    let turn_to = |key: &str, before: Option<i64>| {
        Button::press(front.word(reader, key), "audit.page", page.list)
            .with(json!({ "asked": page.asked, "before": before }))
    };
    let newest = page.later.then(|| turn_to("button-newest", None));
    let older = page.more.then(|| turn_to("button-older", page.told.last().map(|told| told.entry.id)));
    Ok(view.row(newest.into_iter().chain(older)))
}

fn line(front: &Front, reader: &Reader, Told { entry, name, about }: &Told) -> Line {
    let who = match entry.actor_kind.as_str() {
        "person" => short(name.as_deref().unwrap_or(&entry.actor), CHARS),
        "terminal" => front.word_with(reader, "audit-terminal", &[("login", short(&entry.actor, CHARS).into())]),
        _ => front.word(reader, "audit-hub"),
    };
    // A private chat has its person's id.
    let chat = match entry.chat_id {
        None => "",
        Some(chat) if chat.to_string() == entry.actor => "private",
        Some(_) => "group",
    };
    Line {
        at: entry.at,
        who,
        act: front.word_with(reader, "audit-act", &[("act", entry.act.replace('.', "-").into())]),
        subject: about.as_deref().map_or_else(|| subject(&entry.subject), |about| short(about, CHARS)),
        outcome: entry.outcome.clone(),
        chat,
    }
}

/// `tenant:new_salon` as `new_salon`; of ids that nobody reads, the beginning.
fn subject(subject: &str) -> String {
    let (_, id) = subject.split_once(':').unwrap_or(("", subject));
    match uuid::Uuid::parse_str(id) {
        Ok(uuid) => uuid.simple().to_string().chars().take(8).collect(),
        Err(_) => short(id, CHARS),
    }
}

#[cfg(test)]
mod tests;
