//! The languages a definition can speak, and texts in them.

use std::{collections::BTreeMap, fmt, str::FromStr};

use phonenumber::country;
use serde::{Deserialize, Serialize};

/// A language of the respondents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English; every text has it, so it is also the language to fall back to.
    #[default]
    En,
    /// German.
    De,
    /// Russian.
    Ru,
}

impl Locale {
    /// All languages, English first.
    pub const ALL: [Self; 3] = [Self::En, Self::De, Self::Ru];

    /// The two-letter code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Ru => "ru",
        }
    }

    /// The country whose national telephone format is understood without `+`.
    pub(crate) fn region(self) -> Option<country::Id> {
        match self {
            Self::En => None,
            Self::De => Some(country::Id::DE),
            Self::Ru => Some(country::Id::RU),
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A language tag that names no language of the engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such language: {0}")]
pub struct UnknownLocale(String);

impl FromStr for Locale {
    type Err = UnknownLocale;

    /// Reads a language tag; region and script are ignored (`de-AT` is German).
    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let language = tag.split(['-', '_']).next().unwrap_or(tag);
        Self::ALL
            .into_iter()
            .find(|locale| locale.as_str().eq_ignore_ascii_case(language))
            .ok_or_else(|| UnknownLocale(tag.to_owned()))
    }
}

/// A text in every language of its definition; plain, without markup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text {
    english: String,
    others: BTreeMap<Locale, String>,
}

impl Text {
    /// The same words in every language; for figures.
    pub(crate) fn universal(words: impl Into<String>) -> Self {
        Self { english: words.into(), others: BTreeMap::new() }
    }

    pub(crate) fn insert(&mut self, locale: Locale, words: String) {
        if locale == Locale::En {
            self.english = words;
        } else {
            self.others.insert(locale, words);
        }
    }

    /// The words in `locale`, else in English.
    pub(crate) fn get(&self, locale: Locale) -> &str {
        self.others.get(&locale).unwrap_or(&self.english)
    }

    /// Whether `words` is this text in any language, whatever the case.
    pub(crate) fn is(&self, words: &str) -> bool {
        let words = words.to_lowercase();
        std::iter::once(&self.english).chain(self.others.values()).any(|own| own.to_lowercase() == words)
    }
}
