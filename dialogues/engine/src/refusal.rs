//! Why an answer was refused, as a key with parameters that a catalogue words.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::kind::AnswerKind;

/// The reason why an answer was not taken. Nothing is lost by a refusal: the
/// same question stands, and each reason tells how to mend the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Refusal {
    /// Nothing but blanks.
    Empty,
    /// Fewer characters than `min`.
    TooShort {
        /// Characters needed.
        min: usize,
    },
    /// More characters than `max`.
    TooLong {
        /// Characters allowed.
        max: usize,
    },
    /// Fewer lines than `min`.
    TooFewLines {
        /// Lines needed.
        min: usize,
    },
    /// More lines than `max`.
    TooManyLines {
        /// Lines allowed.
        max: usize,
    },
    /// One of the lines has more characters than `max`.
    LineTooLong {
        /// Which one, counted from 1.
        line: usize,
        /// Characters allowed.
        max: usize,
    },
    /// Not a number in figures.
    NotANumber,
    /// A decimal number where a whole one is asked.
    NotWhole,
    /// Below `min`.
    TooSmall {
        /// The least allowed.
        min: Number,
    },
    /// Above `max`.
    TooLarge {
        /// The most allowed.
        max: Number,
    },
    /// Not a telephone number that can exist.
    NotAPhone,
    /// A national number while the country is not known: begin with `+`.
    PhoneNeedsCountry,
    /// The shared contact is somebody else's.
    ForeignContact,
    /// Not an e-mail address.
    NotAnEmail,
    /// Not a host name.
    NotADomain,
    /// An IP address instead of a name.
    DomainIsAddress,
    /// A name with a port.
    DomainHasPort,
    /// A name with `*`.
    DomainIsWildcard,
    /// A name without a dot.
    DomainSingleLabel,
    /// Not a day that exists.
    NotADate,
    /// Before `earliest`.
    TooEarly {
        /// The first day allowed.
        earliest: NaiveDate,
    },
    /// After `latest`.
    TooLate {
        /// The last day allowed.
        latest: NaiveDate,
    },
    /// Not a place on earth.
    NotALocation,
    /// A file that is not a picture.
    NotAPicture,
    /// Words that are none of the options.
    NotAnOption,
    /// Fewer options than `min`.
    TooFewChoices {
        /// Options needed.
        min: usize,
    },
    /// More options than `max`.
    TooManyChoices {
        /// Options allowed.
        max: usize,
    },
    /// The survey cannot go on without this consent.
    ConsentNeeded,
    /// The question may not be skipped.
    Required,
    /// Something else than what was asked, a photo instead of a number say.
    WrongKind {
        /// What was asked.
        expected: AnswerKind,
    },
}

impl Refusal {
    /// The key of its wording, in kebab case.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooShort { .. } => "too-short",
            Self::TooLong { .. } => "too-long",
            Self::TooFewLines { .. } => "too-few-lines",
            Self::TooManyLines { .. } => "too-many-lines",
            Self::LineTooLong { .. } => "line-too-long",
            Self::NotANumber => "not-a-number",
            Self::NotWhole => "not-whole",
            Self::TooSmall { .. } => "too-small",
            Self::TooLarge { .. } => "too-large",
            Self::NotAPhone => "not-a-phone",
            Self::PhoneNeedsCountry => "phone-needs-country",
            Self::ForeignContact => "foreign-contact",
            Self::NotAnEmail => "not-an-email",
            Self::NotADomain => "not-a-domain",
            Self::DomainIsAddress => "domain-is-address",
            Self::DomainHasPort => "domain-has-port",
            Self::DomainIsWildcard => "domain-is-wildcard",
            Self::DomainSingleLabel => "domain-single-label",
            Self::NotADate => "not-a-date",
            Self::TooEarly { .. } => "too-early",
            Self::TooLate { .. } => "too-late",
            Self::NotALocation => "not-a-location",
            Self::NotAPicture => "not-a-picture",
            Self::NotAnOption => "not-an-option",
            Self::TooFewChoices { .. } => "too-few-choices",
            Self::TooManyChoices { .. } => "too-many-choices",
            Self::ConsentNeeded => "consent-needed",
            Self::Required => "required",
            Self::WrongKind { .. } => "wrong-kind",
        }
    }

    /// The parameters of its wording: numbers as numbers, so that a catalogue
    /// can choose plurals; days as ISO dates; kinds by their name.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooShort { min } | Self::TooFewLines { min } | Self::TooFewChoices { min } => {
                vec![("min", (*min).into())]
            }
            Self::TooLong { max } | Self::TooManyLines { max } | Self::TooManyChoices { max } => {
                vec![("max", (*max).into())]
            }
            Self::LineTooLong { line, max } => {
                vec![("line", (*line).into()), ("max", (*max).into())]
            }
            Self::TooSmall { min } => vec![("min", min.clone().into())],
            Self::TooLarge { max } => vec![("max", max.clone().into())],
            Self::TooEarly { earliest } => vec![("earliest", earliest.to_string().into())],
            Self::TooLate { latest } => vec![("latest", latest.to_string().into())],
            Self::WrongKind { expected } => vec![("expected", expected.as_str().into())],
            _ => Vec::new(),
        }
    }
}
