//! The kind of a step with its options and limits.

use std::collections::BTreeSet;

use super::{
    check_name,
    fields::{Fields, LABEL, Report, wrong_type},
};
use crate::{
    accept::LONGEST,
    kind::{AnswerKind, Choice, Kind},
    problem::ProblemKind,
};

/// The most options of a step: a keyboard of the Bot API has 100 buttons, some
/// of which are ours, and conditions keep options in 64 bits.
const OPTIONS: usize = 50;
/// The most lines of an answer.
const LINES: usize = 100;

/// The kind, or `None` when there is none to be read.
pub(crate) fn kind(report: &mut Report<'_>, fields: &mut Fields<'_, '_>) -> Option<Kind> {
    let name = fields.required_string(report, "kind")?;
    let Ok(kind) = name.parse::<AnswerKind>() else {
        let kind = name.to_owned();
        report.add(fields.place("kind"), ProblemKind::UnknownKind { kind });
        return None;
    };
    Some(match kind {
        AnswerKind::Text => {
            let (min, max) = range(report, fields, ("min_length", "max_length"), (1, 1000), LONGEST);
            let multiline = fields.flag(report, "multiline");
            Kind::Text { min, max, multiline }
        }
        AnswerKind::Lines => {
            let (min, max) = range(report, fields, ("min_lines", "max_lines"), (1, 50), LINES);
            let (_, length) = range(report, fields, ("", "max_length"), (1, 200), LONGEST);
            Kind::Lines { min, max, length }
        }
        AnswerKind::Choice => Kind::Choice { options: options(report, fields) },
        AnswerKind::Multi => {
            let options = options(report, fields);
            let limits = ("min_choices", "max_choices");
            let most = options.len();
            let (min, max) = range(report, fields, limits, (1, most.max(1)), most);
            Kind::Multi { options, min, max }
        }
        AnswerKind::Number => {
            let (min, max) = (fields.number(report, "min"), fields.number(report, "max"));
            crossed(report, fields, "max", min > max && max.is_some());
            let decimals = fields.flag(report, "decimals");
            Kind::Number { min, max, decimals }
        }
        AnswerKind::Phone => Kind::Phone {
            region: fields.string(report, "region").and_then(|region| {
                let country = region.parse().ok();
                if country.is_none() {
                    let (key, expected) = ("region".to_owned(), "a country such as \"DE\"");
                    report.add(fields.place("region"), ProblemKind::WrongType { key, expected });
                }
                country
            }),
        },
        AnswerKind::Email => Kind::Email,
        AnswerKind::Domain => Kind::Domain,
        AnswerKind::Date => {
            let earliest = fields.date(report, "earliest");
            let latest = fields.date(report, "latest");
            crossed(report, fields, "latest", earliest > latest && latest.is_some());
            Kind::Date { earliest, latest }
        }
        AnswerKind::Location => Kind::Location,
        AnswerKind::Photo => Kind::Photo { files: fields.flag(report, "files") },
        AnswerKind::Consent => {
            let accept = fields.required_text(report, "accept", LABEL);
            let decline = fields.required_text(report, "decline", LABEL);
            Kind::consent(accept, decline)
        }
        AnswerKind::Rating => Kind::rating(),
    })
}

/// A lower and an upper limit with their defaults; an empty key is not read.
/// A default gives way to a limit that is set.
fn range(
    report: &mut Report<'_>,
    fields: &mut Fields<'_, '_>,
    (low, high): (&'static str, &'static str),
    (min, max): (usize, usize),
    most: usize,
) -> (usize, usize) {
    let set_min = (!low.is_empty()).then(|| fields.count(report, low, most)).flatten();
    let set_max = fields.count(report, high, most);
    let min = set_min.unwrap_or_else(|| min.min(set_max.unwrap_or(min)));
    let max = set_max.unwrap_or_else(|| max.max(min));
    crossed(report, fields, high, min > max || max == 0);
    (min, max)
}

fn crossed(report: &mut Report<'_>, fields: &mut Fields<'_, '_>, key: &'static str, crossed: bool) {
    if crossed {
        let at = fields.place(key);
        let key = key.to_owned();
        report.add(at, ProblemKind::BadLimit { key });
    }
}

fn options(report: &mut Report<'_>, fields: &mut Fields<'_, '_>) -> Vec<Choice> {
    let at = fields.place("option");
    let mut options: Vec<Choice> = Vec::new();
    if let Some(value) = fields.get("option") {
        let Some(array) = value.get_ref().as_array() else {
            wrong_type(report, "option", value, "a list of tables: `[[step.option]]`");
            return options;
        };
        for value in array {
            let Some(mut fields) = Fields::of(report, "option", value) else {
                continue;
            };
            let id = fields.required_string(report, "id").unwrap_or("");
            let at = fields.place("id");
            if fields.get("id").is_some() {
                check_name(report, at, id);
            }
            if options.iter().any(|option| option.id.as_str() == id) {
                let id = id.to_owned();
                report.add(at, ProblemKind::DuplicateOption { id });
            }
            let label = fields.required_text(report, "label", LABEL);
            fields.finish(report);
            let id = id.into();
            options.push(Choice { id, label });
        }
    }
    if !(2..=OPTIONS).contains(&options.len()) {
        let (count, max) = (options.len(), OPTIONS);
        report.add(at, ProblemKind::OptionCount { count, max });
    }
    for locale in report.locales.clone() {
        let mut labels = BTreeSet::new();
        for option in &options {
            let label = option.label.get(locale).to_owned();
            if !label.is_empty() && !labels.insert(label.to_lowercase()) {
                report.add(at, ProblemKind::DuplicateLabel { label });
            }
        }
    }
    options
}
