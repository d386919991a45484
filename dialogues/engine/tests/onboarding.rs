//! The onboarding survey as a client meets it: every view, whole, in every language.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use std::fmt::Write;

use waas_dialogue::{Definition, Effect, Input, Known, Locale, Session, View};

fn onboarding() -> Definition {
    Definition::parse(include_str!("../../onboarding.toml")).unwrap()
}

/// The views met while doing `inputs`, the first before any of them.
fn views(locale: Locale, inputs: Vec<Input>) -> String {
    let definition = onboarding();
    let known = [("lead.phone", "+4930901820"), ("lead.niche", "beauty_salon"), ("lead.domain", "müller.de")];
    let known: Known = known.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let mut session = Session::start(&definition, locale, known);
    let mut book = String::new();
    let mut show = |heading: &str, session: &Session| {
        let view = definition.view(session).unwrap();
        let view = serde_json::to_string_pretty(&view).unwrap();
        writeln!(book, "== {heading}\n{view}\n").unwrap();
    };
    show("start", &session);
    for input in inputs {
        let applied = definition.apply(&session, input.clone()).unwrap();
        session = applied.session;
        let mut heading = format!("{input:?}");
        for effect in &applied.effects {
            match effect {
                Effect::Refused { step, reason } => {
                    let own = definition.refusal_text(step.as_str(), locale);
                    let (key, params) = (reason.key(), reason.params());
                    write!(heading, " -> refused {key} {params:?} {own:?}").unwrap();
                }
                Effect::Submitted(answers) => {
                    write!(heading, " -> submitted {}", answers.plain()).unwrap();
                }
                other => write!(heading, " -> {other:?}").unwrap(),
            }
        }
        show(&heading, &session);
    }
    book
}

fn text(words: &str) -> Input {
    Input::Text(words.to_owned())
}

/// A salon's way with a mistake, a step back, skips, an edit and the end.
fn whole_way() -> Vec<Input> {
    vec![
        text("S"),
        text("Salon Anna"),
        Input::Choose("beauty_salon".into()),
        text("Haircut – 35 €\nColouring – from 60 €"),
        Input::Back,
        Input::TakeOffer,
        Input::Choose("online".into()),
        text("Mon–Fri 9–18\nSat 10–14"),
        Input::Contact { phone: "4930901820".to_owned(), owner_matches: true },
        text("anna@new-salon"),
        text("Anna@New-Salon.de"),
        Input::TakeOffer,
        Input::Skip,
        Input::Photo { file_id: "F".to_owned(), unique_id: "U".to_owned() },
        Input::Choose("no".into()),
        Input::Choose("yes".into()),
        Input::PickEdit,
        Input::Edit("kind".into()),
        Input::Choose("installers".into()),
        text("Berlin and around"),
        Input::Submit,
    ]
}

#[test]
fn the_whole_way_in_english() {
    insta::assert_snapshot!(views(Locale::En, whole_way()));
}

#[test]
fn a_shop_that_gives_up() {
    let inputs = vec![
        text("Ann's Shop"),
        text("shop"),
        text("Tea"),
        Input::Cancel,
        Input::Keep,
        text("hello?"),
        Input::Cancel,
        Input::Discard,
        text("hello?"),
    ];
    insta::assert_snapshot!(views(Locale::En, inputs));
}

#[test]
fn progress_is_exact_from_the_first_question() {
    let definition = onboarding();
    let mut session = Session::start(&definition, Locale::En, Known::new());
    let mut seen = Vec::new();
    for input in whole_way() {
        if let View::Question(question) = definition.view(&session).unwrap()
            && let Some(progress) = question.progress
        {
            assert_eq!(progress.total_min, progress.total);
            seen.push((progress.position, progress.total));
        }
        session = definition.apply(&session, input).unwrap().session;
    }
    assert_eq!(seen.first(), Some(&(1, 11)));
    assert!(seen.iter().all(|(_, total)| *total == 11));
}

#[test]
fn the_whole_way_in_german() {
    insta::assert_snapshot!(views(Locale::De, whole_way()));
}

#[test]
fn the_whole_way_in_russian() {
    insta::assert_snapshot!(views(Locale::Ru, whole_way()));
}
