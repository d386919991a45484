//! What a step asks for, with its limits.

use std::{fmt, str::FromStr};

use chrono::NaiveDate;
use phonenumber::country;
use serde::{Deserialize, Serialize};

use crate::{ids::OptionId, locale::Text};

/// The kind of a step and of its answer, without limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerKind {
    /// Free text.
    Text,
    /// Several short texts, one a line.
    Lines,
    /// One of the options.
    Choice,
    /// Some of the options.
    Multi,
    /// A whole or decimal number.
    Number,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A host name of one's own.
    Domain,
    /// A day.
    Date,
    /// A place on the map.
    Location,
    /// A picture, or any file where the step says so.
    Photo,
    /// Agreement to something.
    Consent,
    /// One to five.
    Rating,
}

impl AnswerKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Text,
        Self::Lines,
        Self::Choice,
        Self::Multi,
        Self::Number,
        Self::Phone,
        Self::Email,
        Self::Domain,
        Self::Date,
        Self::Location,
        Self::Photo,
        Self::Consent,
        Self::Rating,
    ];

    /// The kind as written in a definition.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Lines => "lines",
            Self::Choice => "choice",
            Self::Multi => "multi",
            Self::Number => "number",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Domain => "domain",
            Self::Date => "date",
            Self::Location => "location",
            Self::Photo => "photo",
            Self::Consent => "consent",
            Self::Rating => "rating",
        }
    }
}

impl fmt::Display for AnswerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AnswerKind {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or(())
    }
}

/// One of the options of a choice.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    pub(crate) id: OptionId,
    pub(crate) label: Text,
}

/// The kind of a step with everything its answer is held against.
/// Lengths are counted in characters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Text {
        min: usize,
        max: usize,
        multiline: bool,
    },
    Lines {
        min: usize,
        max: usize,
        length: usize,
    },
    Choice {
        options: Vec<Choice>,
    },
    Multi {
        options: Vec<Choice>,
        min: usize,
        max: usize,
    },
    Number {
        min: Option<f64>,
        max: Option<f64>,
        decimals: bool,
    },
    Phone {
        region: Option<country::Id>,
    },
    Email,
    Domain,
    Date {
        earliest: Option<NaiveDate>,
        latest: Option<NaiveDate>,
    },
    Location,
    Photo {
        files: bool,
    },
    /// Options `yes` and `no`, in this order.
    Consent {
        options: Vec<Choice>,
    },
    /// Options `1` to `5`, in this order.
    Rating {
        options: Vec<Choice>,
    },
}

impl Kind {
    /// The option that gives a consent.
    pub(crate) const YES: &str = "yes";
    /// The option that refuses a consent.
    pub(crate) const NO: &str = "no";

    pub(crate) fn consent(accept: Text, decline: Text) -> Self {
        let option = |id: &str, label| Choice { id: id.into(), label };
        Self::Consent { options: vec![option(Self::YES, accept), option(Self::NO, decline)] }
    }

    pub(crate) fn rating() -> Self {
        let options =
            (1..=5).map(|stars: u8| Choice { id: stars.to_string().into(), label: Text::universal(stars.to_string()) });
        Self::Rating { options: options.collect() }
    }

    pub(crate) fn answer_kind(&self) -> AnswerKind {
        match self {
            Self::Text { .. } => AnswerKind::Text,
            Self::Lines { .. } => AnswerKind::Lines,
            Self::Choice { .. } => AnswerKind::Choice,
            Self::Multi { .. } => AnswerKind::Multi,
            Self::Number { .. } => AnswerKind::Number,
            Self::Phone { .. } => AnswerKind::Phone,
            Self::Email => AnswerKind::Email,
            Self::Domain => AnswerKind::Domain,
            Self::Date { .. } => AnswerKind::Date,
            Self::Location => AnswerKind::Location,
            Self::Photo { .. } => AnswerKind::Photo,
            Self::Consent { .. } => AnswerKind::Consent,
            Self::Rating { .. } => AnswerKind::Rating,
        }
    }

    /// What can be pressed; empty for kinds that are written or sent.
    pub(crate) fn options(&self) -> &[Choice] {
        match self {
            Self::Choice { options }
            | Self::Multi { options, .. }
            | Self::Consent { options }
            | Self::Rating { options } => options,
            _ => &[],
        }
    }

    /// The place of an option among the options.
    pub(crate) fn option_index(&self, id: &OptionId) -> Option<usize> {
        self.options().iter().position(|option| option.id == *id)
    }

    /// The option whose label, in any language, or whose id a person typed.
    pub(crate) fn option_named(&self, words: &str) -> Option<&Choice> {
        self.options().iter().find(|option| option.label.is(words) || option.id.as_str() == words)
    }
}
