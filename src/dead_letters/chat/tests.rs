use chrono::TimeDelta;
use uuid::Uuid;

use super::super::Source;
use super::*;
use crate::front::aloud::{front, in_every_language, screen};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_262_400, 0).expect("a valid time")
}

fn letter(n: u128, reason: &str, head: &str) -> DeadLetter {
    DeadLetter {
        id: Uuid::from_u128(n),
        source: "lead".to_owned(),
        reason: reason.to_owned(),
        attempts: 1,
        created_at: noon() - TimeDelta::minutes(7),
        head: head.to_owned(),
    }
}

#[test]
fn what_could_not_be_handled() {
    let front = front();
    let letters = [letter(1, "missing:contact", "{\"name\":\"<b>&\"}"), letter(2, "malformed", "not json \u{fffd}")];
    let shown = |letters: &[DeadLetter], count| {
        in_every_language(&front, noon(), |reader| screen(&listed(&front, reader, letters, count).expect("a list")))
    };
    insta::assert_snapshot!("some", shown(&letters, 5));
    insta::assert_snapshot!("none", shown(&[], 0));
}

#[test]
fn what_is_decided_about_one() {
    let front = front();
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let one = screen(&one(&front, reader, &letter(1, "malformed", "x")).expect("a letter"));
        let told = [
            told(&front, reader, &Decided::Done, "dead-letter-retried"),
            told(&front, reader, &Decided::Done, "dead-letter-dropped"),
            told(&front, reader, &Decided::Already, ""),
            told(&front, reader, &Decided::Refused("malformed".to_owned()), ""),
            told(&front, reader, &Decided::NotFound, ""),
        ];
        format!("{one}\n\n{}", told.join("\n"))
    }));
}

#[test]
fn what_operators_are_told_at_once() {
    let front = front();
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let notice = |count, source, reason| {
            screen(&super::super::notice(&front, reader, count, source, reason).expect("a notice"))
        };
        let mut told = vec![notice(12, Source::Job, "<b>panicked</b>")];
        told.extend(Source::ALL.map(|source| notice(1, source, "too_large")));
        told.join("\n\n────────\n\n")
    }));
}
