//! One TOML table, read key by key; what nobody asked for is a problem.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    locale::{Locale, Text},
    problem::{Problem, ProblemKind},
};

/// The most UTF-16 units of one message of the Bot API.
pub(crate) const MESSAGE: usize = 4096;
/// The most UTF-16 units of a label, so that it fits a button.
pub(crate) const LABEL: usize = 64;

/// The problems found so far, and where the reader stands.
pub(crate) struct Report<'s> {
    source: &'s str,
    problems: Vec<Problem>,
    /// The step being read.
    pub(crate) step: Option<String>,
    /// The languages of the definition.
    pub(crate) locales: Vec<Locale>,
}

impl<'s> Report<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        Self { source, problems: Vec::new(), step: None, locales: vec![Locale::En] }
    }

    /// Notes a problem at a byte of the source.
    pub(crate) fn add(&mut self, at: usize, kind: ProblemKind) {
        let before = self.source.as_bytes().iter().take(at);
        self.problems.push(Problem {
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
            step: self.step.clone(),
            kind,
        });
    }

    /// All problems in the order of the lines.
    pub(crate) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }
}

/// A table with the keys already asked for.
pub(crate) struct Fields<'t, 'i> {
    table: &'t DeTable<'i>,
    /// Where the table begins in the source.
    pub(crate) at: usize,
    asked: BTreeSet<&'static str>,
}

impl<'t, 'i> Fields<'t, 'i> {
    pub(crate) fn new(table: &'t DeTable<'i>, at: usize) -> Self {
        Self { table, at, asked: BTreeSet::new() }
    }

    /// The fields of a value that must be a table.
    pub(crate) fn of(report: &mut Report<'_>, key: &str, value: &'t Spanned<DeValue<'i>>) -> Option<Self> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            wrong_type(report, key, value, "a table");
        }
        table.map(|table| Self::new(table, value.span().start))
    }

    pub(crate) fn get(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.asked.insert(key);
        let mut entries = self.table.iter();
        entries.find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// The place of a key's value, else of the table.
    pub(crate) fn place(&mut self, key: &'static str) -> usize {
        self.get(key).map_or(self.at, |value| value.span().start)
    }

    pub(crate) fn missing(&self, report: &mut Report<'_>, key: &str) {
        let key = key.to_owned();
        report.add(self.at, ProblemKind::Missing { key });
    }

    pub(crate) fn string(&mut self, report: &mut Report<'_>, key: &'static str) -> Option<&'t str> {
        let value = self.get(key)?;
        let string = value.get_ref().as_str();
        if string.is_none() {
            wrong_type(report, key, value, "a string");
        }
        string
    }

    pub(crate) fn required_string(&mut self, report: &mut Report<'_>, key: &'static str) -> Option<&'t str> {
        if self.get(key).is_none() {
            self.missing(report, key);
        }
        self.string(report, key)
    }

    /// A switch that is off unless it says otherwise.
    pub(crate) fn flag(&mut self, report: &mut Report<'_>, key: &'static str) -> bool {
        let Some(value) = self.get(key) else {
            return false;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            wrong_type(report, key, value, "true or false");
            false
        })
    }

    /// A whole number from 0 to `most`.
    pub(crate) fn count(&mut self, report: &mut Report<'_>, key: &'static str, most: usize) -> Option<usize> {
        let value = self.get(key)?;
        let Some(integer) = integer(value.get_ref()) else {
            wrong_type(report, key, value, "a whole number");
            return None;
        };
        let count = usize::try_from(integer).ok().filter(|count| *count <= most);
        if count.is_none() {
            let key = key.to_owned();
            report.add(value.span().start, ProblemKind::BadLimit { key });
        }
        count
    }

    /// Any finite number.
    pub(crate) fn number(&mut self, report: &mut Report<'_>, key: &'static str) -> Option<f64> {
        let value = self.get(key)?;
        let text = match value.get_ref() {
            DeValue::Float(float) => Some(float.as_str().replace('_', "")),
            other => integer(other).map(|integer| integer.to_string()),
        };
        let number = text.and_then(|text| text.parse::<f64>().ok());
        let number = number.filter(|number| number.is_finite());
        if number.is_none() {
            wrong_type(report, key, value, "a number");
        }
        number
    }

    /// A day, written as a TOML date.
    pub(crate) fn date(&mut self, report: &mut Report<'_>, key: &'static str) -> Option<NaiveDate> {
        let value = self.get(key)?;
        let datetime = value.get_ref().as_datetime();
        let date = datetime.and_then(|date| date.to_string().parse().ok());
        if date.is_none() {
            wrong_type(report, key, value, "a date such as 2026-11-20");
        }
        date
    }

    pub(crate) fn required_text(&mut self, report: &mut Report<'_>, key: &'static str, max: usize) -> Text {
        if self.get(key).is_none() {
            self.missing(report, key);
        }
        self.text(report, key, max).unwrap_or_default()
    }

    /// A text in every language of the definition and in no other.
    pub(crate) fn text(&mut self, report: &mut Report<'_>, key: &'static str, max: usize) -> Option<Text> {
        let value = self.get(key)?;
        let Some(table) = value.get_ref().as_table() else {
            wrong_type(report, key, value, "a text for each language: `KEY.en = \"…\"`");
            return None;
        };
        let mut text = Text::default();
        let mut found = BTreeSet::new();
        for (tag, words) in table {
            let at = tag.span().start;
            let known = Locale::ALL
                .into_iter()
                .find(|locale| locale.as_str() == tag.get_ref() && report.locales.contains(locale));
            let Some(locale) = known else {
                let (key, locale) = (key.to_owned(), tag.get_ref().to_string());
                report.add(at, ProblemKind::ForeignLocale { key, locale });
                continue;
            };
            found.insert(locale);
            let Some(words) = words.get_ref().as_str() else {
                wrong_type(report, key, words, "a string");
                continue;
            };
            let words = words.trim();
            if words.is_empty() {
                let key = key.to_owned();
                report.add(at, ProblemKind::EmptyText { key, locale });
            }
            check_length(report, at, key, locale, utf16(words), max);
            text.insert(locale, words.to_owned());
        }
        for locale in report.locales.clone() {
            if !found.contains(&locale) {
                let key = key.to_owned();
                let at = value.span().start;
                report.add(at, ProblemKind::MissingLocale { key, locale });
            }
        }
        Some(text)
    }

    /// Notes every key that nobody asked for.
    pub(crate) fn finish(self, report: &mut Report<'_>) {
        for (key, _) in self.table {
            if !self.asked.contains(key.get_ref().as_ref()) {
                let at = key.span().start;
                let key = key.get_ref().to_string();
                report.add(at, ProblemKind::UnknownKey { key });
            }
        }
    }
}

/// The length as the Bot API counts.
pub(crate) fn utf16(words: &str) -> usize {
    words.encode_utf16().count()
}

pub(crate) fn check_length(report: &mut Report<'_>, at: usize, key: &str, locale: Locale, length: usize, max: usize) {
    if length > max {
        let key = key.to_owned();
        report.add(at, ProblemKind::TooLong { key, locale, length, max });
    }
}

pub(crate) fn wrong_type(report: &mut Report<'_>, key: &str, value: &Spanned<DeValue<'_>>, expected: &'static str) {
    let key = key.to_owned();
    report.add(value.span().start, ProblemKind::WrongType { key, expected });
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
