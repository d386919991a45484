//! Every reason that the engine can give has words.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use waas_dialogue::{AnswerKind, Refusal};

use super::super::words::reason_in_words;
use super::{front, in_every_language, noon};

/// One of each; the match below does not compile when the engine learns a new one.
fn every() -> Vec<Refusal> {
    use Refusal as R;
    let day = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day");
    let mut all = vec![
        R::Empty,
        R::TooShort { min: 2 },
        R::TooLong { max: 80 },
        R::TooFewLines { min: 1 },
        R::TooManyLines { max: 20 },
        R::LineTooLong { line: 3, max: 120 },
        R::NotANumber,
        R::NotWhole,
        R::TooSmall { min: 1.into() },
        R::TooLarge { max: 10_000.into() },
        R::NotAPhone,
        R::PhoneNeedsCountry,
        R::ForeignContact,
        R::NotAnEmail,
        R::NotADomain,
        R::DomainIsAddress,
        R::DomainHasPort,
        R::DomainIsWildcard,
        R::DomainSingleLabel,
        R::NotADate,
        R::TooEarly { earliest: day },
        R::TooLate { latest: day },
        R::NotALocation,
        R::NotAPicture,
        R::NotAnOption,
        R::TooFewChoices { min: 1 },
        R::TooManyChoices { max: 1 },
        R::ConsentNeeded,
        R::Required,
    ];
    all.extend(AnswerKind::ALL.map(|expected| R::WrongKind { expected }));
    for refusal in &all {
        match refusal {
            R::Empty | R::TooShort { .. } | R::TooLong { .. } | R::TooFewLines { .. } | R::TooManyLines { .. } => {}
            R::LineTooLong { .. } | R::NotANumber | R::NotWhole | R::TooSmall { .. } | R::TooLarge { .. } => {}
            R::NotAPhone | R::PhoneNeedsCountry | R::ForeignContact | R::NotAnEmail | R::NotADomain => {}
            R::DomainIsAddress | R::DomainHasPort | R::DomainIsWildcard | R::DomainSingleLabel | R::NotADate => {}
            R::TooEarly { .. } | R::TooLate { .. } | R::NotALocation | R::NotAPicture | R::NotAnOption => {}
            R::TooFewChoices { .. } | R::TooManyChoices { .. } | R::ConsentNeeded | R::Required => {}
            R::WrongKind { .. } => {}
        }
    }
    all
}

#[test]
fn every_refusal_has_words() {
    let (front, all) = (front(), every());
    let keys: BTreeSet<&str> = all.iter().map(Refusal::key).collect();
    assert_eq!(keys.len(), 30);
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let mut book = String::new();
        for refusal in &all {
            let said = reason_in_words(&front, reader, refusal);
            assert!(!said.contains("{$"), "{}: {said}", refusal.key());
            book.push_str(&format!("{}: {said}\n", refusal.key()));
        }
        book
    }));
}

/// Russian has three forms; each is met.
#[test]
fn counts_are_declined() {
    let front = front();
    let reader = front.reader(Some("ru"), noon());
    let shortest = [1, 3, 5, 21, 111].map(|min| reason_in_words(&front, &reader, &Refusal::TooShort { min }));
    insta::assert_snapshot!(shortest.join("\n"));
}
