//! What is asked back after a press, figures, and reminders.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use waas_platform::render::{Context, Reader, RenderError};
use waas_platform::telegram::{Button, View};

use super::super::model::REASONS;
use super::super::reminders::Cause;
use super::super::store::Lead;
use super::super::when;
use super::{FIELD_CHARS, LISTED_CHARS, NAME_CHARS, short, why_words};
use crate::access::Member;
use crate::front::Front;

/// When will be called: a few times as buttons, and words of one's own.
pub(in crate::leads) fn ask_when(front: &Front, reader: &Reader, lead: &Lead) -> Result<View, RenderError> {
    let context = Context::new().with("name", &short(&lead.name, NAME_CHARS));
    let view = View::text(front.say(reader, "leads/ask_when.html", &context)?);
    let soon = [TimeDelta::hours(1), TimeDelta::hours(3)].map(|length| Some(reader.now + length));
    let days = [1, 3].map(|days| when::at_hour(reader.now, reader.zone, days, 9));
    let buttons = soon.into_iter().chain(days).flatten().map(|at| {
        let label = front.renderer().words().local_time(&reader.lang, at, reader.zone, "time-date-time");
        Button::press(label, "lead.call_at", lead.id).with(json!({ "at": at }))
    });
    Ok(buttons.fold(view, |view, button| view.row([button])))
}

/// Why a lead was closed: the usual reasons as buttons, and words of one's own.
pub(in crate::leads) fn ask_why(front: &Front, reader: &Reader, lead: &Lead) -> Result<View, RenderError> {
    let context = Context::new().with("name", &short(&lead.name, NAME_CHARS));
    let view = View::text(front.say(reader, "leads/ask_why.html", &context)?);
    let buttons: Vec<Button> = REASONS
        .into_iter()
        .map(|why| Button::press(why_words(front, reader, why), "lead.why", lead.id).with(json!({ "why": why })))
        .collect();
    Ok(buttons.chunks(2).fold(view, |view, row| view.row(row.to_vec())))
}

/// Who gets a lead.
pub(in crate::leads) fn ask_who(
    front: &Front,
    reader: &Reader,
    lead: &Lead,
    members: &[Member],
) -> Result<View, RenderError> {
    let context = Context::new().with("name", &short(&lead.name, NAME_CHARS));
    let view = View::text(front.say(reader, "leads/ask_who.html", &context)?);
    let buttons: Vec<Button> = members
        .iter()
        .filter(|member| lead.assignee != Some(member.id))
        .map(|member| {
            let label = short(&member.first_name, LISTED_CHARS);
            Button::press(label, "lead.assign", lead.id).with(json!({ "to": member.id }))
        })
        .collect();
    Ok(buttons.chunks(3).fold(view, |view, row| view.row(row.to_vec())))
}

/// A lead changed hands; `by` is who did it, none at the terminal; `to` is who has it now, none: the reader.
pub(in crate::leads) fn handed(
    front: &Front,
    reader: &Reader,
    lead: &Lead,
    by: Option<&str>,
    to: Option<&str>,
) -> Result<View, RenderError> {
    let context = Context::new()
        .with("by", if by.is_some() { "person" } else { "terminal" })
        .with("who", &by.map(|name| short(name, LISTED_CHARS)).unwrap_or_default())
        .with("to", &to.map(|name| short(name, LISTED_CHARS)))
        .with("number", &lead.number.to_string())
        .with("name", &short(&lead.name, LISTED_CHARS));
    let view = View::text(front.say(reader, "leads/handed.html", &context)?);
    Ok(view.row([Button::press(format!("#{}", lead.number), "lead.open", lead.id)]))
}

/// What became of something that was asked back, in the place of the question.
pub(in crate::leads) fn noted(front: &Front, reader: &Reader, words: &str) -> Result<View, RenderError> {
    Ok(View::text(front.say(reader, "leads/noted.html", &Context::new().with("words", words))?))
}

#[derive(Serialize)]
struct Named {
    number: i64,
    name: String,
    phone: Option<String>,
    since: DateTime<Utc>,
}

/// A reminder of one lead to its holder, or of several to all: `count` leads, of which some are named.
pub(in crate::leads) fn reminder(
    front: &Front,
    reader: &Reader,
    cause: Cause,
    leads: &[Lead],
    count: i64,
) -> Result<View, RenderError> {
    let named: Vec<Named> = leads
        .iter()
        .map(|lead| Named {
            number: lead.number,
            name: short(&lead.name, LISTED_CHARS),
            phone: lead.phone.as_deref().map(|phone| short(phone, FIELD_CHARS)),
            since: lead.call_at.unwrap_or(lead.received_at),
        })
        .collect();
    let context = Context::new()
        .with("cause", &cause)
        .with("leads", &named)
        .with("count", &count)
        .with("more", &(count - i64::try_from(named.len()).unwrap_or(count)));
    let view = View::text(front.say(reader, "leads/reminder.html", &context)?);
    Ok(leads.chunks(4).fold(view, |view, row| {
        view.row(row.iter().map(|lead| Button::press(format!("#{}", lead.number), "lead.open", lead.id)))
    }))
}
