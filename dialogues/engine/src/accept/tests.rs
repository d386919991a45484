use serde_json::json;

use super::*;
use crate::{answer::Answer, locale::Text};

fn step(kind: Kind) -> Step {
    Step {
        id: "it".into(),
        kind,
        label: Text::default(),
        text: Text::default(),
        hint: None,
        placeholder: None,
        refuse: None,
        optional: false,
        when: None,
        prefill: None,
    }
}

/// What a typed answer becomes, as a bare value, or the key of its refusal.
fn typed(kind: &Kind, words: &str) -> Result<serde_json::Value, &'static str> {
    typed_in(kind, Locale::En, words)
}

fn typed_in(kind: &Kind, locale: Locale, words: &str) -> Result<serde_json::Value, &'static str> {
    accept(&step(kind.clone()), locale, Input::Text(words.to_owned()))
        .map(|answer| answer.plain())
        .map_err(|refusal| refusal.key())
}

fn text(multiline: bool) -> Kind {
    Kind::Text { min: 2, max: 10, multiline }
}

#[test]
fn text_is_cleaned_before_it_is_measured() {
    assert_eq!(typed(&text(false), "  Salon\u{200b}\n \u{7}Ann "), Ok(json!("Salon Ann")));
    assert_eq!(typed(&text(false), "\u{feff} \u{200d}\n"), Err("empty"));
    assert_eq!(typed(&text(false), "A\u{200b}\u{200b}"), Err("too-short"));
    assert_eq!(typed(&text(false), "0123456789"), Ok(json!("0123456789")));
    assert_eq!(typed(&text(false), "0123456789a"), Err("too-long"));
    assert_eq!(typed(&text(true), "\n9–18 \r\n\n\n\nSat\n"), Ok(json!("9–18\n\nSat")));
    // Emoji joined by U+200D and right-to-left names stay whole.
    assert_eq!(typed(&text(false), "👩\u{200d}🔧 سارة"), Ok(json!("👩\u{200d}🔧 سارة")));
}

#[test]
fn a_text_over_ten_thousand_characters_is_refused_whatever_is_asked() {
    let long = "é".repeat(LONGEST + 1);
    assert_eq!(typed(&Kind::Email, &long), Err("too-long"));
    let lines = Kind::Lines { min: 1, max: 1, length: LONGEST };
    assert_eq!(typed(&lines, &long), Err("too-long"));
    assert!(typed(&lines, &"é".repeat(LONGEST)).is_ok());
}

#[test]
fn lines_lose_bullets_and_blanks() {
    let lines = Kind::Lines { min: 2, max: 3, length: 14 };
    assert_eq!(typed(&lines, "- Haircut – 35 €\n\n• Colour\n"), Ok(json!(["Haircut – 35 €", "Colour"])));
    assert_eq!(typed(&lines, "\n \n"), Err("empty"));
    assert_eq!(typed(&lines, "Haircut"), Err("too-few-lines"));
    assert_eq!(typed(&lines, "1\n2\n3\n4"), Err("too-many-lines"));
    let long = Input::Text("short\nfar too long a line".to_owned());
    assert_eq!(accept(&step(lines), Locale::En, long), Err(Refusal::LineTooLong { line: 2, max: 14 }));
}

#[test]
fn numbers_are_figures_only() {
    let whole = Kind::Number { min: Some(1.0), max: Some(40.0), decimals: false };
    assert_eq!(typed(&whole, " 3 "), Ok(json!(3)));
    assert_eq!(typed(&whole, "3.5"), Err("not-whole"));
    assert_eq!(typed(&whole, "0"), Err("too-small"));
    assert_eq!(typed(&whole, "41"), Err("too-large"));
    for odd in ["three", "3e1", "0x3", "", "1_000", "--3", "inf", "NaN", "1.2.3", ".5", "3."] {
        assert_eq!(typed(&whole, odd), Err("not-a-number"), "{odd}");
    }
    let decimal = Kind::Number { min: None, max: None, decimals: true };
    assert_eq!(typed(&decimal, "3,50"), Ok(json!(3.5)));
    assert_eq!(typed(&decimal, "−0"), Ok(json!(0)));
    assert_eq!(typed(&decimal, "-2.25"), Ok(json!(-2.25)));
    assert_eq!(typed(&decimal, &"9".repeat(40)), Err("not-a-number"));
    assert_eq!(accept(&step(whole), Locale::En, Input::Text("99".into())), Err(Refusal::TooLarge { max: 40.into() }));
}

#[test]
fn phones_become_e164() {
    let phone = Kind::Phone { region: None };
    assert_eq!(typed(&phone, "+49 (0)30 901820"), Ok(json!("+4930901820")));
    assert_eq!(typed(&phone, "0049 30 901820"), Ok(json!("+4930901820")));
    assert_eq!(typed(&phone, "030 901820"), Err("phone-needs-country"));
    assert_eq!(typed_in(&phone, Locale::De, "030 901820"), Ok(json!("+4930901820")));
    assert_eq!(typed_in(&phone, Locale::Ru, "8 (495) 123-45-67"), Ok(json!("+74951234567")));
    for odd in ["+49", "+4912", "call me", "+49 30 call", "12", "+999 999999999", "-", "+"] {
        assert_eq!(typed(&phone, odd), Err("not-a-phone"), "{odd}");
    }
    let german = Kind::Phone { region: "DE".parse().ok() };
    assert_eq!(typed(&german, "030/901820"), Ok(json!("+4930901820")));
}

#[test]
fn a_shared_contact_must_be_ones_own() {
    let share = |phone: &str, owner_matches| {
        let contact = Input::Contact { phone: phone.to_owned(), owner_matches };
        accept(&step(Kind::Phone { region: None }), Locale::En, contact)
    };
    assert_eq!(share("4930901820", true), Ok(Answer::Phone("+4930901820".into())));
    // Anonymous numbers of the messenger are in no public table.
    assert_eq!(share("+888 0123 4567", true), Ok(Answer::Phone("+88801234567".into())));
    assert_eq!(share("+4930901820", false), Err(Refusal::ForeignContact));
    assert_eq!(share("12", true), Err(Refusal::NotAPhone));
    assert_eq!(share("+49abc1234567", true), Err(Refusal::NotAPhone));
}

#[test]
fn emails_keep_their_local_part_and_lower_their_host() {
    let email = Kind::Email;
    assert_eq!(typed(&email, " Anna@New-Salon.DE "), Ok(json!("Anna@new-salon.de")));
    assert_eq!(typed(&email, "anna+web@müller.de"), Ok(json!("anna+web@xn--mller-kva.de")));
    for odd in [
        "anna",
        "anna@",
        "@salon.de",
        "anna@salon",
        "an na@salon.de",
        "a@b@c.de",
        ".a@salon.de",
        "a..b@salon.de",
        "a@salon..de",
        "<a@salon.de>",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@-salon.de",
        "a@sa_lon.de",
        "a@salon.de:25",
    ] {
        assert_eq!(typed(&email, odd), Err("not-an-email"), "{odd}");
    }
}

#[test]
fn domains_are_freed_of_what_browsers_show() {
    let domain = Kind::Domain;
    for same in [
        "new-salon.de",
        "NEW-Salon.de",
        "https://www.new-salon.de/",
        "http://new-salon.de",
        "http://www.new-salon.de/kontakt",
        "https://new-salon.de?lang=de#top",
        "www.new-salon.de.",
        "new-salon。de",
    ] {
        assert_eq!(typed(&domain, same), Ok(json!("new-salon.de")), "{same}");
    }
    assert_eq!(typed(&domain, "müller.de"), Ok(json!("xn--mller-kva.de")));
    assert_eq!(typed(&domain, "www.de"), Ok(json!("www.de")));
    assert_eq!(typed(&domain, "ann-shop.localhost"), Ok(json!("ann-shop.localhost")));
}

#[test]
fn what_is_no_domain_says_why() {
    let domain = Kind::Domain;
    let cases = [
        ("127.0.0.1", "domain-is-address"),
        ("１２７.0.0.1", "domain-is-address"),
        ("[::1]", "domain-is-address"),
        ("::1", "domain-is-address"),
        ("http://10.0.0.1:80/", "domain-is-address"),
        ("salon.de:8080", "domain-has-port"),
        ("*.salon.de", "domain-is-wildcard"),
        ("salon", "domain-single-label"),
        ("localhost", "domain-single-label"),
        ("salon.de/shop", "not-a-domain"),
        ("https://ann@salon.de/shop", "not-a-domain"),
        ("https:///shop", "not-a-domain"),
        ("a@salon.de", "not-a-domain"),
        ("my salon.de", "not-a-domain"),
        ("../etc", "not-a-domain"),
        ("$(id).de", "not-a-domain"),
        ("salon..de", "not-a-domain"),
        ("-salon.de", "not-a-domain"),
        ("under_score.de", "not-a-domain"),
        ("salon.123", "not-a-domain"),
        ("ftp://salon.de", "not-a-domain"),
        (".", "not-a-domain"),
        ("", "not-a-domain"),
    ];
    for (words, key) in cases {
        assert_eq!(typed(&domain, words), Err(key), "{words}");
    }
    let long = format!("{}.de", "a".repeat(64));
    assert_eq!(typed(&domain, &long), Err("not-a-domain"));
}

#[test]
fn dates_are_iso_or_day_first() {
    let date = Kind::Date { earliest: "2026-01-01".parse().ok(), latest: "2026-12-31".parse().ok() };
    assert_eq!(typed(&date, "2026-11-20"), Ok(json!("2026-11-20")));
    assert_eq!(typed(&date, "20.11.2026"), Ok(json!("2026-11-20")));
    for odd in ["11/20/2026", "2026-02-30", "tomorrow", "20.11.26", "+12026-01-01"] {
        assert_eq!(typed(&date, odd), Err("not-a-date"), "{odd}");
    }
    assert_eq!(typed(&date, "2025-12-31"), Err("too-early"));
    assert_eq!(typed(&date, "01.01.2027"), Err("too-late"));
}

#[test]
fn places_are_on_earth() {
    let share = |lat, lon| accept(&step(Kind::Location), Locale::En, Input::Location { lat, lon });
    assert_eq!(share(52.520_006_6, 13.404_954), Ok(Answer::Location { lat: 52.520_007, lon: 13.404_954 }));
    for (lat, lon) in [(91.0, 0.0), (0.0, -180.5), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
        assert_eq!(share(lat, lon), Err(Refusal::NotALocation));
    }
    let place = json!({ "lat": 52.52, "lon": -13.4 });
    assert_eq!(typed(&Kind::Location, "52.52, -13.4"), Ok(place));
    assert_eq!(typed(&Kind::Location, "Berlin"), Err("not-a-location"));
    assert_eq!(typed(&Kind::Location, "52,5 13,4"), Err("not-a-location"));
}

fn document(mime: Option<&str>) -> Input {
    Input::Document {
        file_id: "F".into(),
        unique_id: "U".into(),
        name: Some(" shop\u{202e}gpj.png ".into()),
        mime: mime.map(ToOwned::to_owned),
    }
}

#[test]
fn a_picture_may_come_as_a_file() {
    let photo = step(Kind::Photo { files: false });
    let photo_input = Input::Photo { file_id: "F".into(), unique_id: "U".into() };
    assert!(matches!(accept(&photo, Locale::En, photo_input), Ok(Answer::Photo(_))));
    let Ok(Answer::Photo(file)) = accept(&photo, Locale::En, document(Some("image/png"))) else {
        panic!("a picture was refused");
    };
    assert_eq!(file.name.as_deref(), Some("shopgpj.png"));
    for mime in [None, Some("application/pdf")] {
        assert_eq!(accept(&photo, Locale::En, document(mime)), Err(Refusal::NotAPicture));
        let files = step(Kind::Photo { files: true });
        assert!(accept(&files, Locale::En, document(mime)).is_ok());
    }
}

#[test]
fn the_wrong_kind_of_input_says_what_was_asked() {
    let kinds = [
        Kind::Number { min: None, max: None, decimals: false },
        text(false),
        Kind::Email,
        Kind::Domain,
        Kind::Phone { region: None },
        Kind::Location,
        Kind::Photo { files: true },
        Kind::Date { earliest: None, latest: None },
    ];
    for kind in kinds {
        let expected = kind.answer_kind();
        let step = step(kind);
        assert_eq!(accept(&step, Locale::En, Input::Unsupported), Err(Refusal::WrongKind { expected }));
    }
    let number = step(Kind::Number { min: None, max: None, decimals: false });
    assert_eq!(
        accept(&number, Locale::En, document(Some("image/png"))),
        Err(Refusal::WrongKind { expected: crate::AnswerKind::Number })
    );
}
