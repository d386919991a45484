//! TOML to [`Definition`], with every problem of the file at once.
//!
//! It reads the tables by hand: a derived reader would stop at the first
//! problem and would not know its line.

mod condition;
mod fields;
mod kind;
mod step;

use std::collections::BTreeSet;

use toml::de::DeTable;

use crate::{
    definition::Definition,
    ids::is_name,
    locale::Locale,
    path,
    problem::{Problem, ProblemKind},
};
use fields::{Fields, MESSAGE, Report, check_length, utf16, wrong_type};

/// The longest name of a dialogue, step or option.
const NAME: usize = 32;
/// What a message holds besides the question: progress and a refusal's reason.
const RESERVED: usize = 512;

pub(crate) fn definition(source: &str) -> Result<Definition, Vec<Problem>> {
    let mut report = Report::new(source);
    let (document, errors) = DeTable::parse_recoverable(source);
    if !errors.is_empty() {
        for error in errors {
            let message = error.message().to_owned();
            let at = error.span().map_or(0, |span| span.start);
            report.add(at, ProblemKind::Syntax { message });
        }
        return Err(report.into_problems());
    }

    let mut fields = Fields::new(document.get_ref(), 0);
    let name = fields.required_string(&mut report, "name").unwrap_or("");
    if fields.get("name").is_some() {
        let at = fields.place("name");
        check_name(&mut report, at, name);
    }
    let version = version(&mut report, &mut fields);
    report.locales = locales(&mut report, &mut fields);

    let intro = fields.required_text(&mut report, "intro", MESSAGE);
    let review = fields.required_text(&mut report, "review", RESERVED);
    let done = fields.required_text(&mut report, "done", MESSAGE);
    let cancelled = fields.required_text(&mut report, "cancelled", MESSAGE);
    let (steps, places) = steps(&mut report, &mut fields);
    fields.finish(&mut report);

    let definition = Definition {
        name: name.to_owned(),
        version,
        locales: report.locales.clone(),
        intro,
        review,
        done,
        cancelled,
        steps,
    };
    check_messages(&mut report, &definition, &places);
    let reached = path::reachable(&definition);
    for (index, step) in definition.steps.iter().enumerate() {
        if reached.get(index) == Some(&false) {
            report.step = Some(step.id.to_string());
            report.add(places.get(index).copied().unwrap_or(0), ProblemKind::Unreachable);
        }
    }

    let problems = report.into_problems();
    if problems.is_empty() { Ok(definition) } else { Err(problems) }
}

fn version(report: &mut Report<'_>, fields: &mut Fields<'_, '_>) -> u32 {
    if fields.get("version").is_none() {
        fields.missing(report, "version");
    }
    let most = usize::try_from(i32::MAX).unwrap_or(usize::MAX);
    let version = fields.count(report, "version", most);
    if version == Some(0) {
        let key = "version".to_owned();
        report.add(fields.place("version"), ProblemKind::BadLimit { key });
    }
    version.and_then(|version| u32::try_from(version).ok()).unwrap_or(0)
}

/// The languages listed; English is always among what is read, so that a list
/// without it gives one problem and not one a text.
fn locales(report: &mut Report<'_>, fields: &mut Fields<'_, '_>) -> Vec<Locale> {
    let mut locales = vec![Locale::En];
    let Some(value) = fields.get("locales") else {
        fields.missing(report, "locales");
        return locales;
    };
    let Some(array) = value.get_ref().as_array() else {
        wrong_type(report, "locales", value, "a list of languages");
        return locales;
    };
    let mut english = false;
    for item in array {
        let tag = item.get_ref().as_str().unwrap_or("");
        match Locale::ALL.into_iter().find(|locale| locale.as_str() == tag) {
            Some(Locale::En) => english = true,
            Some(locale) => locales.push(locale),
            None => report.add(
                item.span().start,
                ProblemKind::ForeignLocale { key: "locales".to_owned(), locale: tag.to_owned() },
            ),
        }
    }
    if !english {
        let (key, locale) = ("locales".to_owned(), Locale::En);
        report.add(value.span().start, ProblemKind::MissingLocale { key, locale });
    }
    locales.sort_unstable();
    locales.dedup();
    locales
}

/// The steps, and where each begins.
fn steps(report: &mut Report<'_>, fields: &mut Fields<'_, '_>) -> (Vec<crate::definition::Step>, Vec<usize>) {
    let (mut steps, mut places) = (Vec::new(), Vec::new());
    let Some(value) = fields.get("step") else {
        report.add(fields.at, ProblemKind::NoSteps);
        return (steps, places);
    };
    let Some(array) = value.get_ref().as_array() else {
        wrong_type(report, "step", value, "a list of tables: `[[step]]`");
        return (steps, places);
    };
    let names: BTreeSet<&str> = array.iter().filter_map(|step| step.get_ref().get("id")?.get_ref().as_str()).collect();
    for value in array {
        if let Some(table) = Fields::of(report, "step", value) {
            places.push(table.at);
            let step = step::step(report, table, &steps, &names);
            steps.push(step);
            report.step = None;
        }
    }
    (steps, places)
}

/// Whether each question fits one message with its hint and own refusal.
fn check_messages(report: &mut Report<'_>, definition: &Definition, places: &[usize]) {
    for (index, (step, at)) in definition.steps.iter().zip(places).enumerate() {
        for locale in definition.locales.iter().copied() {
            let mut parts = vec![step.text.get(locale)];
            parts.extend(step.hint.as_ref().map(|hint| hint.get(locale)));
            parts.extend(step.refuse.as_ref().map(|words| words.get(locale)));
            if index == 0 {
                parts.push(definition.intro.get(locale));
            }
            let length = parts.into_iter().map(utf16).sum();
            report.step = Some(step.id.to_string());
            check_length(report, *at, "message", locale, length, MESSAGE - RESERVED);
        }
    }
    report.step = None;
}

fn check_name(report: &mut Report<'_>, at: usize, name: &str) {
    if !is_name(name) || name.len() > NAME {
        let (name, max) = (name.to_owned(), NAME);
        report.add(at, ProblemKind::BadName { name, max });
    }
}

#[cfg(test)]
mod tests;
