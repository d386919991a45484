//! Answers and refusals in words: what the engine leaves to the catalogues.

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde_json::Value;
use waas_dialogue::{Refusal, Shown, StepId};
use waas_platform::render::{Arg, Reader};

use super::moves::Standing;
use crate::front::Front;

/// The longest value on a button, behind a word or two, that still reads on a small phone, in characters.
const LABEL: usize = 32;

/// A value for a person's eyes. Lists stand one entry a line.
pub(super) fn shown(front: &Front, reader: &Reader, value: &Shown) -> String {
    match value {
        Shown::Text(text) | Shown::Phone(text) => text.clone(),
        Shown::Lines(lines) => lines.join("\n"),
        Shown::Labels(labels) => labels.join(", "),
        Shown::Number(number) => number
            .as_f64()
            .map_or_else(|| number.to_string(), |value| front.renderer().words().number(&reader.lang, value, 6)),
        Shown::Date(date) => day(front, reader, *date),
        Shown::Location { lat, lon } => format!("{lat}, {lon}"),
        Shown::Photo { name: Some(name) } => name.clone(),
        Shown::Photo { name: None } => front.word(reader, "survey-photo"),
        Shown::Agreed => front.word(reader, "survey-agreed"),
        Shown::Rating(stars) => "★".repeat(usize::from(*stars)),
        Shown::Skipped => front.word(reader, "survey-skipped"),
    }
}

/// A value on a button: one line, cut.
pub(super) fn on_button(front: &Front, reader: &Reader, value: &Shown) -> String {
    cut(&shown(front, reader, value).split_whitespace().collect::<Vec<_>>().join(" "), LABEL)
}

/// At most `limit` characters, the last of them `…` when something was cut.
pub(super) fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Why an answer was not taken: in the step's own words, else in the hub's.
pub(super) fn refusal(front: &Front, reader: &Reader, standing: &Standing, step: &StepId, reason: &Refusal) -> String {
    let own = standing.definition.refusal_text(step.as_str(), standing.session.locale);
    own.map_or_else(|| reason_in_words(front, reader, reason), str::to_owned)
}

/// The hub's own words for a reason.
pub(super) fn reason_in_words(front: &Front, reader: &Reader, reason: &Refusal) -> String {
    let args: Vec<(&str, Arg<'static>)> =
        reason.params().into_iter().map(|(name, value)| (name, arg(front, reader, &value))).collect();
    front.word_with(reader, &format!("survey-refused-{}", reason.key()), &args)
}

fn arg(front: &Front, reader: &Reader, value: &Value) -> Arg<'static> {
    if let Some(number) = value.as_f64() {
        return number.into();
    }
    let text = value.as_str().unwrap_or_default();
    match text.parse::<NaiveDate>() {
        Ok(date) => day(front, reader, date).into(),
        Err(_) => text.to_owned().into(),
    }
}

/// A day has no time zone: it is written as it stands.
fn day(front: &Front, reader: &Reader, date: NaiveDate) -> String {
    let midnight = date.and_time(NaiveTime::MIN).and_utc();
    front.renderer().words().local_time(&reader.lang, midnight, Tz::UTC, "time-date")
}
