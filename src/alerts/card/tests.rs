//! The card in each state, whole.

use chrono::Duration;

use super::super::model::{Ack, Actor, Alert, Silence};
use super::super::notice::Source;
use super::super::title::Own;
use super::*;
use crate::front::aloud::{front_in, in_every_language, screen};

fn front() -> Front {
    front_in(chrono_tz::Europe::Berlin)
}

fn at(minute: i64) -> DateTime<Utc> {
    "2026-11-20T09:00:00Z".parse::<DateTime<Utc>>().expect("a time") + Duration::minutes(minute)
}

fn bo() -> Actor {
    Actor { id: Some(7), name: "Bo <b>".to_owned() }
}

fn incident() -> Incident {
    Incident {
        id: uuid::Uuid::nil(),
        number: 12,
        tenant: "new_salon".to_owned(),
        source: Source::Container,
        fingerprint: "container:backend".to_owned(),
        service: Some("backend".to_owned()),
        title: Own::ContainerExited { service: "backend".to_owned(), code: 137 }.into(),
        description: None,
        url: None,
        log_tail: Some("GET /health 200\nTraceback <most recent call last>\n".to_owned()),
        resolved_by: None,
        alert: Alert {
            severity: Severity::Critical,
            count: 1,
            starts_at: at(0),
            ends_at: None,
            resolved_at: None,
            ack: None,
            silence: None,
        },
    }
}

fn event(kind: EventKind, minute: i64, actor: Option<&str>) -> Event {
    let actor = actor.map(str::to_owned);
    Event { at: at(minute), kind: kind.as_str().to_owned(), actor, until: None, note: None }
}

fn drawn(incident: &Incident, timeline: &[Event], minute: i64, managed: bool) -> String {
    let front = front();
    in_every_language(&front, at(minute), |reader| {
        screen(&view(&front, reader, incident, timeline, managed).expect("a card"))
    })
}

#[test]
fn firing() {
    insta::assert_snapshot!(drawn(&incident(), &[event(EventKind::Opened, 0, None)], 0, true));
}

#[test]
fn firing_elsewhere_and_again_and_again() {
    let mut incident = incident();
    incident.title = "Disk full".into();
    incident.description = Some("95 % of /srv".to_owned());
    incident.url = Some("https://example.org/?a=1&b=2".to_owned());
    incident.log_tail = None;
    incident.service = None;
    incident.alert.severity = Severity::Warning;
    incident.alert.count = 3;
    let timeline = [event(EventKind::Opened, 0, None), event(EventKind::FiredAgain, 1, None)];
    insta::assert_snapshot!(drawn(&incident, &timeline, 5, false));
}

#[test]
fn acked() {
    let mut incident = incident();
    incident.alert.ack = Some(Ack { by: bo(), at: at(2), until: Some(at(62)) });
    let timeline = [event(EventKind::Opened, 0, None), event(EventKind::Acked, 2, Some("Bo <b>"))];
    insta::assert_snapshot!(drawn(&incident, &timeline, 3, true));
}

#[test]
fn silenced() {
    let mut incident = incident();
    incident.alert.silence =
        Some(Silence { by: bo(), at: at(2), until: at(122), reason: Some("moving & painting".to_owned()) });
    let silenced =
        Event { note: Some("moving & painting".to_owned()), ..event(EventKind::Silenced, 2, Some("Bo <b>")) };
    insta::assert_snapshot!(drawn(&incident, &[event(EventKind::Opened, 0, None), silenced], 3, true));
}

#[test]
fn resolved() {
    let mut incident = incident();
    incident.alert.ends_at = Some(at(7));
    incident.alert.resolved_at = Some(at(7));
    let timeline = [
        event(EventKind::Opened, 0, None),
        event(EventKind::Acked, 2, Some("Bo <b>")),
        event(EventKind::RestartAsked, 3, Some("Bo <b>")),
        event(EventKind::AckExpired, 4, None),
        event(EventKind::Unacked, 4, Some("Bo <b>")),
        event(EventKind::Silenced, 5, Some("Bo <b>")),
        event(EventKind::Unsilenced, 5, Some("Bo <b>")),
        event(EventKind::SilenceExpired, 6, None),
        event(EventKind::Resolved, 7, None),
    ];
    insta::assert_snapshot!(drawn(&incident, &timeline, 7, true));
}

#[test]
fn resolved_by_a_person_after_much_ado() {
    let mut incident = incident();
    incident.alert.ends_at = Some(at(90));
    incident.alert.resolved_at = Some(at(90));
    let mut timeline = vec![event(EventKind::Opened, 0, None)];
    timeline.extend((1..30).map(|minute| event(EventKind::Acked, minute, Some("Bo"))));
    timeline.push(event(EventKind::Resolved, 90, Some("Bo")));
    insta::assert_snapshot!(drawn(&incident, &timeline, 90, true));
}

#[test]
fn the_largest_card_fits_a_message() {
    let mut incident = incident();
    let long = "😀".repeat(20_000);
    incident.title = long.as_str().into();
    incident.description = Some(long.clone());
    incident.url = Some(long.clone());
    incident.log_tail = Some(long.clone());
    let noted = Event { note: Some(long), ..event(EventKind::Silenced, 1, Some("Bo")) };
    let front = front();
    let reader = front.reader(None, at(1));
    let view = view(&front, &reader, &incident, &vec![noted; 40], true).expect("a card");
    assert!(view.html.units() <= TEXT_LIMIT, "{}", view.html.units());
}

#[test]
fn a_long_log_keeps_its_end() {
    let log: String = (0..500).map(|n| format!("line {n}\n")).collect();
    let shown = tail(&log, 60);
    assert!(shown.starts_with("…\nline ") && shown.ends_with("line 499"), "{shown}");
    assert!(shown.chars().count() <= 61, "{shown}");
}
