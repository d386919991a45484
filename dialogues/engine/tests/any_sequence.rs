//! Whatever a person does, in whatever order: nothing breaks and nothing is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use proptest::{collection::vec, prelude::*, sample::select};
use waas_dialogue::{Applied, Button, Definition, Effect, Input, Known, Locale, Session, Shown, View};

const SURVEYS: [&str; 2] = [include_str!("every_kind.toml"), include_str!("../../onboarding.toml")];

/// Inputs of all sorts, many of them fitting, so that sessions get somewhere.
fn input() -> impl Strategy<Value = Input> {
    let options = vec![
        "beauty_salon",
        "installers",
        "shop",
        "online",
        "both",
        "salon",
        "trade",
        "other",
        "cash",
        "card",
        "transfer",
        "1",
        "2",
        "5",
        "yes",
        "no",
        "rose",
        "nonsense",
    ];
    let steps = vec!["name", "business_name", "kind", "pay", "services", "rating", "email", "none"];
    let words = vec![
        "Ann",
        "3",
        "+4930901820",
        "a@b.de",
        "new-salon.de",
        "20.11.2026",
        "52.5, 13.4",
        "Card",
        "Cut – 35 €\nColour – 60 €",
        "",
        "\u{200b}",
    ];
    prop_oneof![
        6 => select(words).prop_map(|words| Input::Text(words.to_owned())),
        1 => any::<String>().prop_map(Input::Text),
        6 => select(options.clone()).prop_map(|id| Input::Choose(id.into())),
        3 => select(options).prop_map(|id| Input::Toggle(id.into())),
        3 => Just(Input::Done),
        5 => Just(Input::Skip),
        2 => Just(Input::Back),
        1 => Just(Input::PickEdit),
        2 => select(steps).prop_map(|id| Input::Edit(id.into())),
        2 => Just(Input::TakeOffer),
        1 => Just(Input::Resume),
        1 => Just(Input::Submit),
        1 => Just(Input::Unsupported),
        1 => Just(Input::Cancel),
        1 => Just(Input::Keep),
        1 => Just(Input::Discard),
        1 => (any::<String>(), any::<bool>())
            .prop_map(|(phone, owner_matches)| Input::Contact { phone, owner_matches }),
        1 => (any::<f64>(), any::<f64>()).prop_map(|(lat, lon)| Input::Location { lat, lon }),
        1 => (any::<String>(), any::<Option<String>>()).prop_map(|(id, mime)| Input::Document {
            file_id: id.clone(),
            unique_id: id.clone(),
            name: Some(id),
            mime,
        }),
    ]
}

fn start(definition: &Definition) -> Session {
    let known = [("lead.phone", "+4930901820"), ("lead.email", "no address")];
    let known: Known = known.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    Session::start(definition, Locale::En, known)
}

fn total(definition: &Definition, session: &Session) -> Option<usize> {
    match definition.view(session).unwrap() {
        View::Question(question) => question.progress.map(|progress| progress.total),
        _ => None,
    }
}

/// What has to hold of any session at any time.
fn sound(definition: &Definition, session: &Session) {
    let json = serde_json::to_string(session).unwrap();
    assert_eq!(&serde_json::from_str::<Session>(&json).unwrap(), session);
    match definition.view(session).unwrap() {
        View::Question(question) => {
            if let Some(progress) = question.progress {
                assert!(progress.position <= progress.total_min, "{progress:?}");
                assert!(progress.total_min <= progress.total, "{progress:?}");
            }
            let can_back = question.buttons.contains(&Button::Back);
            let back = definition.apply(session, Input::Back).unwrap();
            assert_eq!(can_back, back.effects != [Effect::NothingChanged]);
        }
        View::Review(review) => {
            for row in review.rows.iter().filter(|row| row.value == Shown::Skipped) {
                let step = definition.step(row.step.as_str()).unwrap();
                assert!(!step.is_always_answered(), "{} is left open", row.step);
            }
        }
        View::Leaving { .. } | View::Kept { .. } => assert!(!session.position.is_final()),
        View::Submitted { .. } | View::Cancelled { .. } => assert!(session.position.is_final()),
    }
}

proptest! {
    #[test]
    fn nothing_breaks_and_nothing_is_lost(inputs in vec(input(), 0..120)) {
        for source in SURVEYS {
            let definition = Definition::parse(source).unwrap();
            let mut session = start(&definition);
            sound(&definition, &session);
            let mut straight = true;
            for input in inputs.clone() {
                let before = definition.answers(&session);
                let Applied { session: after, effects } =
                    definition.apply(&session, input.clone()).unwrap();
                prop_assert!(!effects.is_empty());
                // Deterministic, and quiet when it says so.
                let again = definition.apply(&session, input.clone()).unwrap();
                prop_assert_eq!(&again.session, &after);
                let quiet = matches!(
                    effects.as_slice(),
                    [Effect::NothingChanged] | [Effect::Refused { .. }]
                );
                if quiet {
                    prop_assert_eq!(&after, &session);
                }
                prop_assert_eq!(after.revision > session.revision, after != session);
                // An answer goes only when it is itself changed or passed over,
                // or when an answer before it takes its branch away.
                let now = definition.answers(&after);
                let touched = effects.iter().find_map(|effect| match effect {
                    Effect::Answered { step } | Effect::Skipped { step } => Some(step),
                    _ => None,
                });
                for (step, answer) in before.iter() {
                    if now.get(step.as_str()) != Some(answer) {
                        let touched = touched.expect("an answer changed by itself");
                        let conditional = !definition.step(step.as_str()).unwrap()
                            .is_always_answered();
                        prop_assert!(touched == step || conditional, "{} is lost", step);
                    }
                }
                // The promised length never grows until somebody turns round.
                straight &= !matches!(input, Input::Back | Input::Edit(_));
                if let (true, Some(old), Some(new)) =
                    (straight, total(&definition, &session), total(&definition, &after))
                {
                    prop_assert!(new <= old, "{} grew from {} to {}", definition.name(), old, new);
                }
                session = after;
                sound(&definition, &session);
            }
        }
    }

    #[test]
    fn submitting_gives_every_answer_that_everybody_owes(inputs in vec(input(), 0..200)) {
        for source in SURVEYS {
            let definition = Definition::parse(source).unwrap();
            let mut session = start(&definition);
            for input in inputs.clone() {
                let applied = definition.apply(&session, input).unwrap();
                session = applied.session;
                let Some(Effect::Submitted(answers)) = applied.effects.first() else {
                    continue;
                };
                for step in definition.steps().filter(|step| step.is_always_answered()) {
                    let answer = answers.get(step.id().as_str()).expect("a required answer");
                    prop_assert_eq!(answer.kind(), step.answer_kind());
                }
            }
        }
    }

    #[test]
    fn no_text_breaks_the_reader(source in ".{0,200}") {
        drop(Definition::parse(&source));
    }

    #[test]
    fn no_cut_of_a_survey_breaks_the_reader(at in 0usize..12_000, length in 0usize..60) {
        let source = SURVEYS[1];
        let chars: Vec<char> = source.chars().collect();
        let cut: String = chars.iter().take(at).chain(chars.iter().skip(at + length)).collect();
        if let Err(problems) = Definition::parse(&cut) {
            prop_assert!(!problems.is_empty());
            prop_assert!(problems.is_sorted_by_key(|problem| problem.line));
        }
    }
}
