//! What was answered: typed, stored as JSON, and ready for a person's eyes.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

use crate::{
    definition::Step,
    ids::{OptionId, StepId},
    kind::AnswerKind,
    locale::Locale,
};

/// An answer that was accepted. Stored as `{"kind":"…","value":…}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "lowercase")]
pub enum Answer {
    /// Free text, without blanks around it.
    Text(String),
    /// Lines in the order given, none empty.
    Lines(Vec<String>),
    /// The option chosen.
    Choice(OptionId),
    /// The options chosen, in the order of the definition.
    Multi(Vec<OptionId>),
    /// A number of at most 15 digits.
    Number(Number),
    /// A telephone number as E.164.
    Phone(String),
    /// An address with its host in lower case and punycode.
    Email(String),
    /// A host name in lower case and punycode, without `www.`.
    Domain(String),
    /// A day.
    Date(NaiveDate),
    /// Degrees, to six decimals.
    Location {
        /// North of the equator, −90 to 90.
        lat: f64,
        /// East of Greenwich, −180 to 180.
        lon: f64,
    },
    /// A picture or file that the front end can fetch.
    Photo(File),
    /// Consent was given; a refused one is no answer.
    Consent,
    /// 1 to 5.
    Rating(u8),
}

/// A file as the front end names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// What to fetch it by.
    pub file_id: String,
    /// What to tell it from others by.
    pub unique_id: String,
    /// Its name, for a file that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its media type, where the sender gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
}

impl Answer {
    /// The kind of step it answers.
    #[must_use]
    pub fn kind(&self) -> AnswerKind {
        match self {
            Self::Text(_) => AnswerKind::Text,
            Self::Lines(_) => AnswerKind::Lines,
            Self::Choice(_) => AnswerKind::Choice,
            Self::Multi(_) => AnswerKind::Multi,
            Self::Number(_) => AnswerKind::Number,
            Self::Phone(_) => AnswerKind::Phone,
            Self::Email(_) => AnswerKind::Email,
            Self::Domain(_) => AnswerKind::Domain,
            Self::Date(_) => AnswerKind::Date,
            Self::Location { .. } => AnswerKind::Location,
            Self::Photo(_) => AnswerKind::Photo,
            Self::Consent => AnswerKind::Consent,
            Self::Rating(_) => AnswerKind::Rating,
        }
    }

    /// The bare value for templates and exports: text, number, list or `true`.
    #[must_use]
    pub fn plain(&self) -> Value {
        match self {
            Self::Text(text) | Self::Phone(text) | Self::Email(text) | Self::Domain(text) => {
                json!(text)
            }
            Self::Lines(lines) => json!(lines),
            Self::Choice(id) => json!(id),
            Self::Multi(ids) => json!(ids),
            Self::Number(number) => json!(number),
            Self::Date(date) => json!(date),
            Self::Location { lat, lon } => json!({ "lat": lat, "lon": lon }),
            Self::Photo(file) => json!(file),
            Self::Consent => json!(true),
            Self::Rating(stars) => json!(stars),
        }
    }

    /// The options it stands for, when its step has options.
    pub(crate) fn chosen(&self) -> Vec<OptionId> {
        match self {
            Self::Choice(id) => vec![id.clone()],
            Self::Multi(ids) => ids.clone(),
            Self::Consent => vec![crate::kind::Kind::YES.into()],
            Self::Rating(stars) => vec![stars.to_string().into()],
            _ => Vec::new(),
        }
    }

    /// The value for a person's eyes.
    pub(crate) fn shown(&self, step: &Step, locale: Locale) -> Shown {
        match self {
            Self::Text(text) | Self::Email(text) => Shown::Text(text.clone()),
            Self::Domain(host) => Shown::Text(idna::domain_to_unicode(host).0),
            Self::Phone(number) => Shown::Phone(number.clone()),
            Self::Lines(lines) => Shown::Lines(lines.clone()),
            Self::Choice(_) | Self::Multi(_) => {
                let chosen = self.chosen();
                let labels = step.kind.options().iter();
                Shown::Labels(
                    labels
                        .filter(|option| chosen.contains(&option.id))
                        .map(|option| option.label.get(locale).to_owned())
                        .collect(),
                )
            }
            Self::Number(number) => Shown::Number(number.clone()),
            Self::Date(date) => Shown::Date(*date),
            Self::Location { lat, lon } => Shown::Location { lat: *lat, lon: *lon },
            Self::Photo(file) => Shown::Photo { name: file.name.clone() },
            Self::Consent => Shown::Agreed,
            Self::Rating(stars) => Shown::Rating(*stars),
        }
    }
}

/// A value for a person's eyes; the front end adds the words and formats that
/// depend on it and on the language.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "as", content = "value", rename_all = "lowercase")]
pub enum Shown {
    /// As it is.
    Text(String),
    /// One below the other.
    Lines(Vec<String>),
    /// Labels of options.
    Labels(Vec<String>),
    /// A number.
    Number(Number),
    /// A telephone number as E.164.
    Phone(String),
    /// A day.
    Date(NaiveDate),
    /// Degrees.
    Location {
        /// North of the equator.
        lat: f64,
        /// East of Greenwich.
        lon: f64,
    },
    /// A picture or file.
    Photo {
        /// Its name, for a file that has one.
        name: Option<String>,
    },
    /// Consent given.
    Agreed,
    /// 1 to 5.
    Rating(u8),
    /// Passed over.
    Skipped,
}

/// Where an offered answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The person gave it before.
    Given,
    /// It was known before the survey began.
    Known,
}

/// The answers on the path of a session, by step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(pub(crate) BTreeMap<StepId, Answer>);

impl Answers {
    /// The answer to a step, or `None` when it was skipped or not asked.
    #[must_use]
    pub fn get(&self, step: &str) -> Option<&Answer> {
        self.0.get(step)
    }

    /// All answers in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&StepId, &Answer)> {
        self.0.iter()
    }

    /// The bare values by step name: what templates read as `answers.x`.
    #[must_use]
    pub fn plain(&self) -> Value {
        self.0.iter().map(|(step, answer)| (step.to_string(), answer.plain())).collect()
    }
}
