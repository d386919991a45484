use chrono::DateTime;

use super::*;
use crate::front::aloud::{front, front_in, in_every_language, screen};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_262_400, 0).expect("a valid time")
}

fn tongue(chosen: Option<&str>, app: Option<&str>, zone: Option<Tz>) -> Tongue {
    Tongue { chosen: chosen.map(str::to_owned), app: app.map(str::to_owned), zone, menu: None }
}

#[test]
fn the_chosen_language_counts_before_the_apps_and_that_before_the_houses() {
    let front = front();
    let spoken = |chosen, app| tongue(chosen, app, None).reader(&front, noon()).lang;
    assert_eq!(spoken(Some("ru"), Some("de")), "ru");
    assert_eq!(spoken(None, Some("de-AT")), "de");
    assert_eq!(spoken(None, Some("fr")), "en", "a language that we do not speak is no wish");
    assert_eq!(spoken(Some("fr"), Some("de")), "de");
    assert_eq!(spoken(None, None), "en");
    let berlin = tongue(None, None, Some(Tz::Europe__Berlin)).reader(&front, noon());
    assert_eq!(berlin.zone, Tz::Europe__Berlin);
}

#[test]
fn languages_and_zones_are_read_as_people_write_them() {
    let front = front();
    let language = |tag: &str| Some(Choice::Language(tag.to_owned()));
    assert_eq!(Choice::read(&front, "de"), language("de"));
    assert_eq!(Choice::read(&front, "DE-at"), language("de"));
    assert_eq!(Choice::read(&front, "русский"), language("ru"));
    assert_eq!(Choice::read(&front, "europe/vienna"), Some(Choice::Zone(Tz::Europe__Vienna)));
    for text in ["fr", "Klingon", "Europe", "", "/etc/passwd"] {
        assert_eq!(Choice::read(&front, text), None, "{text:?}");
    }
}

#[test]
fn the_card() {
    let usual = front();
    let shown = |front: &Front, tongue: &Tongue| {
        in_every_language(front, noon(), |reader| {
            let reader = Reader { zone: tongue.zone.unwrap_or(reader.zone), ..reader.clone() };
            screen(&view(front, &reader, 7, tongue).expect("a card"))
        })
    };
    insta::assert_snapshot!("chosen", shown(&usual, &tongue(Some("de"), Some("ru"), Some(Tz::Europe__Moscow))));
    insta::assert_snapshot!("as_the_app", shown(&usual, &tongue(None, Some("ru"), None)));
    insta::assert_snapshot!("as_the_house", shown(&front_in(Tz::Asia__Almaty), &tongue(None, Some("fr"), None)));
}
