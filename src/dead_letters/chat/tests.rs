use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz;
use uuid::Uuid;
use waas_platform::render::{Missing, Renderer, Share, Words};

use super::super::Source;
use super::*;

fn front() -> Front {
    let share = Share::default();
    let words = Arc::new(Words::load(&share, Missing::Refuse).expect("our catalogues"));
    Front::new(Arc::new(Renderer::load(&share, words).expect("our layouts")), "en", Tz::UTC)
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_262_400, 0).expect("a valid time")
}

fn screen(view: &View) -> String {
    let labels = |row: &Vec<Button>| row.iter().map(|button| format!("[{}]", button.label())).collect::<String>();
    let rows: Vec<String> = view.rows.iter().map(labels).collect();
    format!("{}\n\n{}", view.html.as_str(), rows.join("\n"))
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
    let reader = front.reader(None, noon());
    let letters = [letter(1, "missing:contact", "{\"name\":\"<b>&\"}"), letter(2, "malformed", "not json \u{fffd}")];
    insta::assert_snapshot!("some", screen(&listed(&front, &reader, &letters, 5).expect("a list")));
    insta::assert_snapshot!("none", screen(&listed(&front, &reader, &[], 0).expect("a list")));
}

#[test]
fn what_operators_are_told_at_once() {
    let front = front();
    let one = super::super::notice(&front, noon(), 1, Source::Lead, "too_large").expect("a notice");
    let more = super::super::notice(&front, noon(), 12, Source::Job, "<b>panicked</b>").expect("a notice");
    insta::assert_snapshot!(format!("{}\n\n────────\n\n{}", screen(&one), screen(&more)));
}
