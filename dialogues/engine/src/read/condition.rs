//! The condition of a step: `{ step = "kind", is = ["shop"] }`,
//! `{ step = "photo", answered = true }`, `{ not = … }`, `{ any = […] }`,
//! `{ all = […] }`.

use std::collections::BTreeSet;

use toml::{Spanned, de::DeValue};

use super::fields::{Fields, Report, wrong_type};
use crate::{condition::Condition, definition::Step, problem::ProblemKind};

type Value<'i> = Spanned<DeValue<'i>>;

/// What a condition may speak of.
pub(crate) struct Scope<'a> {
    /// The steps before this one.
    pub(crate) earlier: &'a [Step],
    /// The names of all steps, to tell a later step from an unknown one.
    pub(crate) names: &'a BTreeSet<&'a str>,
}

pub(crate) fn condition(report: &mut Report<'_>, value: &Value<'_>, scope: &Scope<'_>) -> Option<Condition> {
    let mut fields = Fields::of(report, "when", value)?;
    let tests = ["is", "answered", "not", "any", "all"];
    let given = tests.into_iter().filter(|test| fields.get(test).is_some());
    let given: Vec<&str> = given.collect();
    let condition = match given.as_slice() {
        ["is"] => is(report, &mut fields, scope),
        ["answered"] => {
            let answered = fields.flag(report, "answered");
            step(report, &mut fields, scope).map(|step| {
                let condition = Condition::Answered { step };
                if answered { condition } else { Condition::Not(Box::new(condition)) }
            })
        }
        ["not"] => {
            let inner = fields.get("not")?;
            condition(report, inner, scope).map(|inner| Condition::Not(Box::new(inner)))
        }
        ["any"] => list(report, &mut fields, "any", scope).map(Condition::Any),
        ["all"] => list(report, &mut fields, "all", scope).map(Condition::All),
        _ => {
            report.add(fields.at, ProblemKind::BadCondition);
            return None;
        }
    };
    fields.finish(report);
    condition
}

fn list(
    report: &mut Report<'_>,
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    scope: &Scope<'_>,
) -> Option<Vec<Condition>> {
    let value = fields.get(key)?;
    let Some(array) = value.get_ref().as_array() else {
        wrong_type(report, key, value, "a list of conditions");
        return None;
    };
    // Every one is read, also after one that is wrong.
    let inner: Vec<Option<Condition>> = array.iter().map(|inner| condition(report, inner, scope)).collect();
    inner.into_iter().collect()
}

/// The place of the step the condition is about.
fn step(report: &mut Report<'_>, fields: &mut Fields<'_, '_>, scope: &Scope<'_>) -> Option<usize> {
    let name = fields.required_string(report, "step")?;
    let found = scope.earlier.iter().position(|step| step.id.as_str() == name);
    if found.is_none() {
        let id = name.to_owned();
        let kind =
            if scope.names.contains(name) { ProblemKind::LaterStep { id } } else { ProblemKind::UnknownStep { id } };
        report.add(fields.place("step"), kind);
    }
    found
}

fn is(report: &mut Report<'_>, fields: &mut Fields<'_, '_>, scope: &Scope<'_>) -> Option<Condition> {
    let value = fields.get("is")?;
    let index = step(report, fields, scope)?;
    let subject = scope.earlier.get(index)?;
    if subject.kind.options().is_empty() {
        let id = subject.id.to_string();
        report.add(value.span().start, ProblemKind::NotComparable { id });
        return None;
    }
    let Some(array) = value.get_ref().as_array() else {
        wrong_type(report, "is", value, "a list of options");
        return None;
    };
    let mut mask = 0u64;
    for item in array {
        let option = item.get_ref().as_str().unwrap_or("");
        match subject.kind.option_index(&option.into()) {
            // Options are at most 50; beyond 63 there is a problem already.
            Some(place) => mask |= 1u64.checked_shl(u32::try_from(place).ok()?).unwrap_or(0),
            None => report.add(
                item.span().start,
                ProblemKind::UnknownOption { step: subject.id.to_string(), option: option.to_owned() },
            ),
        }
    }
    Some(Condition::Is { step: index, mask })
}
