//! The incident as it stands on the screen: a pure function of its facts.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use waas_platform::render::{Context, Reader, RenderError, TEXT_LIMIT};
use waas_platform::secrets::mask;
use waas_platform::telegram::{Button, View};

use super::model::{EventKind, Status};
use super::notice::Severity;
use super::{Event, Incident, Verb};
use crate::front::Front;

/// Characters that a card shows of each part. Together, with the words around them, they stay below a message's limit.
const TITLE: usize = 200;
const DESCRIPTION: usize = 600;
const NOTE: usize = 100;
const LOG_TAIL: usize = 1000;
/// Entries of the timeline that a card shows, the last ones.
const TIMELINE: usize = 10;

#[derive(Serialize)]
struct Facts<'a> {
    mark: &'static str,
    number: i64,
    title: String,
    tenant: &'a str,
    service: Option<&'a str>,
    description: Option<String>,
    url: Option<String>,
    severity: &'static str,
    status: &'static str,
    count: u64,
    starts_at: DateTime<Utc>,
    lasted_s: f64,
    acked_by: Option<&'a str>,
    acked_at: Option<DateTime<Utc>>,
    acked_until: Option<DateTime<Utc>>,
    silenced_by: Option<&'a str>,
    silenced_until: Option<DateTime<Utc>>,
    silence_reason: Option<String>,
    log_tail: Option<String>,
    left_out: usize,
    timeline: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    at: DateTime<Utc>,
    words: &'static str,
    actor: &'a str,
    note: Option<String>,
}

/// The card. `managed`: the hub runs the tenant, so that there are logs to see and something to restart.
///
/// # Errors
/// The layout is broken.
pub fn view(
    front: &Front,
    reader: &Reader,
    incident: &Incident,
    timeline: &[Event],
    managed: bool,
) -> Result<View, RenderError> {
    let context = Context::of(&facts(incident, incident.title.words(front, reader), timeline, reader.now))?;
    let html = front.say(reader, "alerts/card.html", &context)?.cut(TEXT_LIMIT);
    // What is said here counts whatever its presser is busy with, and however often it fired meanwhile.
    let press = |label: &str, action: &str| Button::press(front.word(reader, label), action, incident.id).express();
    let at_hand = || {
        let of_tenant = |label: &str, action: &str| {
            Button::press(front.word(reader, label), action, &incident.tenant)
                .with(json!({ "service": incident.service }))
        };
        managed.then(|| [of_tenant("button-logs", "tenant.logs"), of_tenant("button-restart", "tenant.restart")])
    };
    let view = View::text(html);
    Ok(match incident.alert.status(reader.now) {
        Status::Firing => view
            .row([press("button-ack", "alert.ack"), press("button-silence", "alert.silence")])
            .row(at_hand().into_iter().flatten())
            .row([press("button-resolve", "alert.resolve")]),
        Status::Acked => view
            .row([press("button-unack", "alert.unack"), press("button-silence", "alert.silence")])
            .row(at_hand().into_iter().flatten())
            .row([press("button-resolve", "alert.resolve")]),
        Status::Silenced => view
            .row([press("button-unsilence", "alert.unsilence")])
            .row(at_hand().into_iter().flatten())
            .row([press("button-resolve", "alert.resolve")]),
        Status::Resolved => view,
    })
}

fn facts<'a>(incident: &'a Incident, title: String, timeline: &'a [Event], now: DateTime<Utc>) -> Facts<'a> {
    let alert = &incident.alert;
    let status = alert.status(now);
    let ack = alert.live_ack(now);
    let silence = alert.live_silence(now);
    // Repetitions stand in the count.
    let lines: Vec<&Event> = timeline.iter().filter(|event| event.kind != EventKind::FiredAgain.as_str()).collect();
    let left_out = lines.len().saturating_sub(TIMELINE);
    let lasted = alert.ends_at.unwrap_or(now) - alert.starts_at;
    Facts {
        mark: mark(incident, now),
        number: incident.number,
        title: short(&title),
        tenant: &incident.tenant,
        service: incident.service.as_deref(),
        description: incident.description.as_deref().map(|text| head(&mask::text(text), DESCRIPTION)),
        url: incident.url.as_deref().map(|url| head(url, TITLE)),
        severity: alert.severity.as_str(),
        status: status.as_str(),
        count: alert.count,
        starts_at: alert.starts_at,
        lasted_s: lasted.as_seconds_f64(),
        acked_by: ack.map(|ack| ack.by.name.as_str()),
        acked_at: ack.map(|ack| ack.at),
        acked_until: ack.and_then(|ack| ack.until),
        silenced_by: silence.map(|silence| silence.by.name.as_str()),
        silenced_until: silence.map(|silence| silence.until),
        silence_reason: silence.and_then(|silence| silence.reason.as_deref()).map(|reason| head(reason, NOTE)),
        log_tail: incident.log_tail.as_deref().map(|text| tail(&mask::text(text), LOG_TAIL)),
        left_out,
        timeline: lines[left_out..].iter().map(|event| line(event)).collect(),
    }
}

fn line(event: &Event) -> Line<'_> {
    let words = match (event.kind.as_str(), &event.actor) {
        ("opened", _) => "alerts-event-opened",
        ("acked", _) => "alerts-event-acked",
        ("unacked", _) => "alerts-event-unacked",
        ("ack_expired", _) => "alerts-event-ack-expired",
        ("silenced", _) => "alerts-event-silenced",
        ("unsilenced", _) => "alerts-event-unsilenced",
        ("silence_expired", _) => "alerts-event-silence-expired",
        ("restart_asked", _) => "alerts-event-restart-asked",
        ("resolved", None) => "alerts-event-resolved",
        ("resolved", Some(_)) => "alerts-event-resolved-by",
        _ => "alerts-event-note",
    };
    let note = event.note.as_deref().map(|note| head(note, NOTE));
    Line { at: event.at, words, actor: event.actor.as_deref().unwrap_or_default(), note }
}

/// Whether the card offers this in this status. A button of an earlier state that is still on somebody's screen counts only
/// if it does.
pub(super) const fn offers(status: Status, verb: &Verb) -> bool {
    match verb {
        Verb::Ack(_) => matches!(status, Status::Firing),
        Verb::Unack => matches!(status, Status::Acked),
        Verb::Silence(..) => matches!(status, Status::Firing | Status::Acked),
        Verb::Unsilence => matches!(status, Status::Silenced),
        Verb::Resolve => !matches!(status, Status::Resolved),
    }
}

/// What catches the eye: how it stands, and how bad it is while nobody has it.
pub(super) fn mark(incident: &Incident, now: DateTime<Utc>) -> &'static str {
    match (incident.alert.status(now), incident.alert.severity) {
        (Status::Resolved, _) => "✅",
        (Status::Silenced, _) => "🔕",
        (Status::Acked, _) => "👀",
        (Status::Firing, Severity::Critical) => "🔴",
        (Status::Firing, Severity::Warning) => "🟠",
        (Status::Firing, Severity::Info) => "🔵",
    }
}

/// A title as lists and cards show it.
pub(super) fn short(title: &str) -> String {
    head(&mask::text(title), TITLE)
}

fn head(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit.saturating_sub(1)).chain(['…']).collect()
}

/// The end, beginning with a whole line where there is one.
fn tail(text: &str, limit: usize) -> String {
    let text = text.trim_end();
    let surplus = text.chars().count().saturating_sub(limit);
    if surplus == 0 {
        return text.to_owned();
    }
    let cut: String = text.chars().skip(surplus + 1).collect();
    let whole = cut.split_once('\n').map_or(cut.as_str(), |(_, lines)| lines);
    format!("…\n{whole}")
}

#[cfg(test)]
mod tests;
