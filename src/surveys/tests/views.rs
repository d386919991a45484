//! Every message that somebody can get in the onboarding survey, whole.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::Duration;
use uuid::Uuid;
use waas_dialogue::{Definition, Effect, Input, Locale, Position, Session, Shown};
use waas_platform::render::{Context, Share};

use super::super::correct::Changed;
use super::super::moves::Standing;
use super::super::view::{asked_anew, corrected, draw, pick};
use super::{front, in_every_language, noon, screen};

fn text(words: &str) -> Input {
    Input::Text(words.to_owned())
}

/// The screens met while doing `inputs`, in every language.
fn screens(definition: &Definition, inputs: &[Input]) -> String {
    let pages = definition.locales().iter().map(|locale| {
        let said = way(definition, inputs, *locale);
        format!("══════ {locale} ══════\n{said}")
    });
    pages.collect()
}

/// The screens met while doing `inputs`, the first before any of them.
fn way(definition: &Definition, inputs: &[Input], locale: Locale) -> String {
    let front = front();
    let reader = front.reader(Some(locale.as_str()), noon());
    let known = [("lead.phone", "+4930901820"), ("lead.niche", "beauty_salon"), ("lead.domain", "müller.de")];
    let known = known.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let session = Session::start(definition, locale, known);
    let mut standing = Standing {
        id: Uuid::nil(),
        revision: 1,
        expires_at: noon() + Duration::days(14),
        definition: Arc::new(definition.clone()),
        session,
        refused: None,
        bring_contact: false,
    };
    let mut book = String::new();
    let mut show = |heading: &str, standing: &Standing| {
        let view = draw(&front, &reader, standing).expect("a view");
        writeln!(book, "== {heading}\n{}\n", screen(&view)).expect("written");
    };
    show("opened", &standing);
    for input in inputs.iter().cloned() {
        let heading = format!("{input:?}");
        let applied = standing.definition.apply(&standing.session, input).expect("applied");
        standing.session = applied.session;
        standing.refused = applied.effects.into_iter().find_map(|effect| match effect {
            Effect::Refused { step, reason } => Some((step, reason)),
            _ => None,
        });
        show(&heading, &standing);
    }
    book
}

fn onboarding() -> Definition {
    let source = Share::default().text("dialogues/onboarding.toml").expect("a file");
    Definition::parse(&source).expect("a sound dialogue")
}

#[test]
fn a_salon_goes_all_the_way() {
    let inputs = vec![
        text("S"),
        text("Salon <Anna> & Co"),
        Input::Choose("beauty_salon".into()),
        text("Haircut – 35 €\nColouring – from 60 €"),
        Input::Back,
        Input::TakeOffer,
        text("whenever"),
        Input::Choose("online".into()),
        text("Mon–Fri 9–18\nSat 10–14"),
        Input::Contact { phone: "+4915112345678".to_owned(), owner_matches: false },
        text("030 901820"),
        Input::TakeOffer,
        text("anna@new-salon"),
        text("Anna@New-Salon.de"),
        text("localhost"),
        Input::TakeOffer,
        Input::Skip,
        text("no idea"),
        Input::Photo { file_id: "F".to_owned(), unique_id: "U".to_owned() },
        Input::Choose("no".into()),
        Input::Choose("yes".into()),
        Input::PickEdit,
        Input::Edit("kind".into()),
        Input::Choose("installers".into()),
        text("Berlin and around"),
        Input::Submit,
    ];
    insta::assert_snapshot!(screens(&onboarding(), &inputs));
}

#[test]
fn a_shop_gives_up() {
    let inputs = vec![
        text("Ann's Shop"),
        text("shop"),
        text("Tea"),
        Input::Unsupported,
        Input::Cancel,
        Input::Keep,
        Input::Resume,
        Input::Cancel,
        Input::Discard,
    ];
    insta::assert_snapshot!(screens(&onboarding(), &inputs));
}

#[test]
fn ticks_stand_in_place_and_short_labels_side_by_side() {
    let source = r#"
name = "tour"
version = 1
locales = ["en"]
intro.en = "Hello."
review.en = "Right?"
done.en = "Thanks."
cancelled.en = "Bye."
[[step]]
id = "wishes"
kind = "multi"
max_choices = 2
label.en = "Wishes"
text.en = "What do you wish for?"
option = [
  { id = "shop", label.en = "Shop" },
  { id = "blog", label.en = "Blog" },
  { id = "book", label.en = "A way to book appointments" },
]
[[step]]
id = "stars"
kind = "rating"
label.en = "Rating"
text.en = "How do you like it?"
[[step]]
id = "opening"
kind = "date"
earliest = 2026-12-01
label.en = "Opening"
text.en = "When do you open?"
[[step]]
id = "staff"
kind = "number"
min = 1
label.en = "Staff"
text.en = "How many are you?"
"#;
    let inputs = vec![
        Input::Done,
        Input::Toggle("shop".into()),
        Input::Toggle("blog".into()),
        Input::Toggle("book".into()),
        Input::Done,
        Input::Choose("4".into()),
        text("24.12.2025"),
        text("24.12.2026"),
        text("0"),
        text("1200"),
    ];
    insta::assert_snapshot!(screens(&Definition::parse(source).expect("sound"), &inputs));
}

#[test]
fn a_long_review_fits_one_message() {
    let mut services = String::new();
    for n in 0..20 {
        writeln!(services, "{n} {}", "x".repeat(110)).expect("written");
    }
    let mut inputs = vec![
        text(&"n".repeat(80)),
        Input::Choose("installers".into()),
        text(&services),
        text(&"a".repeat(200)),
        text(&"h".repeat(400)),
        Input::TakeOffer,
        text(&format!("{}@{}.de", "e".repeat(60), "d".repeat(60))),
    ];
    inputs.extend([Input::TakeOffer, Input::Skip, Input::Skip, Input::Choose("yes".into())]);
    for (locale, submit, permission) in [
        (Locale::En, "[Submit] [Edit]", "Permission"),
        (Locale::De, "[Absenden] [Bearbeiten]", "Einwilligung"),
        (Locale::Ru, "[Отправить] [Изменить]", "Согласие"),
    ] {
        let book = way(&onboarding(), &inputs, locale);
        let review = book.rsplit("== ").next().expect("a screen");
        assert!(review.contains(submit) && review.contains(permission), "{review}");
        assert!(review.chars().count() < 4096);
    }
}

#[test]
fn what_is_told_apart_from_questions() {
    let front = front();
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let mut book = String::new();
        for key in [
            "survey-unknown",
            "survey-stranger",
            "survey-expired",
            "survey-submitted",
            "survey-private-only",
            "survey-nothing-to-cancel",
            "survey-already-answered",
            "survey-over",
        ] {
            let html = front.say(reader, "surveys/notice.html", &Context::new().with("key", key)).expect("words");
            writeln!(book, "{key}: {}", html.as_str()).expect("written");
        }
        let html = front.say(reader, "surveys/contact.html", &Context::new()).expect("words");
        writeln!(book, "contact: {} [{}]", html.as_str(), front.word(reader, "survey-share-phone")).expect("written");
        let rows = [("Name", "<b>", false), ("Services", "Tea\nCake", true)]
            .map(|(label, value, below)| serde_json::json!({ "label": label, "value": value, "below": below }));
        let html = front.say(reader, "surveys/answers.html", &Context::new().with("rows", &rows)).expect("words");
        writeln!(book, "answers: {}", html.as_str()).expect("written");
        for key in ["survey-no-answers", "survey-button-done", "survey-photo", "survey-agreed", "survey-skipped"] {
            writeln!(book, "{key}: {}", front.word(reader, key)).expect("written");
        }
        book
    }));
}

#[test]
fn what_operators_correct() {
    let (front, definition) = (front(), onboarding());
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let locale = reader.lang.parse().expect("a language of ours");
        let mut session = Session::start(&definition, locale, Default::default());
        for input in [text("Salon <Anna>"), Input::Choose("beauty_salon".into()), text("Haircut – 35 €")] {
            session = definition.apply(&session, input).expect("applied").session;
        }
        let which = pick(&front, reader, Uuid::nil(), &definition.review_rows(&session)).expect("a view");
        session.position = Position::Reviewing;
        let asked = |step: &str| {
            let session = definition.apply(&session, Input::Edit(step.into())).expect("applied").session;
            let standing = Standing {
                id: Uuid::nil(),
                revision: 1,
                expires_at: noon(),
                definition: Arc::new(definition.clone()),
                session,
                refused: None,
                bring_contact: false,
            };
            asked_anew(&front, reader, &standing).expect("a view")
        };
        let label = definition.step("business_name").expect("a step").label(locale).to_owned();
        let changed = Changed { label, was: Shown::Text("Salon <Anna>".to_owned()), is_now: Shown::Skipped };
        let done = corrected(&front, reader, Uuid::nil(), &[changed]).expect("a view");
        let words = ["survey-fix-same", "survey-fix-closed"].map(|key| front.word(reader, key)).join("\n");
        let screens = [which, asked("business_name"), asked("kind"), done].map(|view| screen(&view));
        format!("{}\n────────\n{words}", screens.join("\n────────\n"))
    }));
}
