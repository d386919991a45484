use super::*;
use crate::{Input, Locale, session::Known};

const BRANCHES: &str = r#"
name = "branches"
version = 1
locales = ["en"]
intro.en = "Hello"
review.en = "Right?"
done.en = "Thanks"
cancelled.en = "Bye"

[[step]]
id = "size"
kind = "choice"
label.en = "Size"
text.en = "How big?"
option = [
  { id = "small", label.en = "Small" },
  { id = "large", label.en = "Large" },
  { id = "huge", label.en = "Huge" },
]

[[step]]
id = "floors"
kind = "number"
label.en = "Floors"
text.en = "How many floors?"
when = { step = "size", is = ["large", "huge"] }
optional = true

[[step]]
id = "lift"
kind = "text"
label.en = "Lift"
text.en = "Which lift?"
when = { step = "floors", answered = true }

[[step]]
id = "extras"
kind = "multi"
label.en = "Extras"
text.en = "What else?"
max_choices = 2
option = [
  { id = "roof", label.en = "Roof" },
  { id = "pool", label.en = "Pool" },
  { id = "park", label.en = "Park" },
]

[[step]]
id = "both"
kind = "text"
label.en = "Both"
text.en = "Roof and pool?"
when = { all = [{ step = "extras", is = ["roof"] }, { step = "extras", is = ["pool"] }] }

[[step]]
id = "plain"
kind = "text"
label.en = "Plain"
text.en = "Neither roof nor small?"
when = { not = { any = [{ step = "extras", is = ["roof"] }, { step = "size", is = ["small"] }] } }
"#;

fn totals(definition: &Definition, session: &Session) -> (usize, usize, usize) {
    let at = definition.standing(session).unwrap().unwrap();
    let progress = progress(definition, session, at);
    (progress.position, progress.total_min, progress.total)
}

#[test]
fn the_length_of_the_path_is_exact_and_narrows_with_every_answer() {
    let definition = Definition::parse(BRANCHES).unwrap();
    let mut session = Session::start(&definition, Locale::En, Known::new());
    // Shortest: small, park. Longest: large, floors, lift, extras and one of
    // `both` and `plain`, which exclude each other.
    assert_eq!(totals(&definition, &session), (1, 2, 5));
    let mut give = |input| {
        session = definition.apply(&session, input).unwrap().session;
        totals(&definition, &session)
    };
    assert_eq!(give(Input::Choose("huge".into())), (2, 3, 5));
    assert_eq!(give(Input::Skip), (3, 3, 4));
    assert_eq!(give(Input::Toggle("park".into())), (3, 3, 4));
    assert_eq!(give(Input::Done), (4, 4, 4));
}

#[test]
fn an_off_path_answer_decides_nothing() {
    let definition = Definition::parse(BRANCHES).unwrap();
    let mut session = Session::start(&definition, Locale::En, Known::new());
    for input in [
        Input::Choose("large".into()),
        Input::Text("3".into()),
        Input::Text("a glass one".into()),
        Input::Back,
        Input::Back,
        Input::Back,
        Input::Choose("small".into()),
    ] {
        session = definition.apply(&session, input).unwrap().session;
    }
    // `floors` is answered but off the path, and so `lift` is off as well.
    assert_eq!(totals(&definition, &session), (2, 2, 3));
    assert_eq!(definition.answers(&session).iter().count(), 1);
}

#[test]
fn too_many_ways_give_bounds_that_hold() {
    use std::fmt::Write;
    let mut source = String::from(BRANCHES);
    for n in 0..30 {
        write!(
            source,
            "[[step]]\nid = \"q{n}\"\nkind = \"choice\"\nlabel.en = \"Q\"\ntext.en = \"Q\"\n\
             option = [{{ id = \"a\", label.en = \"A\" }}, {{ id = \"b\", label.en = \"B\" }}]\n\
             [[step]]\nid = \"r{n}\"\nkind = \"text\"\nlabel.en = \"R\"\ntext.en = \"R\"\n\
             when = {{ step = \"q{n}\", is = [\"a\"] }}\n"
        )
        .unwrap();
    }
    let definition = Definition::parse(&source).unwrap();
    let session = Session::start(&definition, Locale::En, Known::new());
    let progress = progress(&definition, &session, 0);
    assert!(progress.total_min <= 32, "{progress:?}");
    assert!((65..=66).contains(&progress.total), "{progress:?}");
}
