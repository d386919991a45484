//! One `[[step]]` table.

use std::collections::BTreeSet;

use super::{
    check_name, condition,
    fields::{Fields, LABEL, MESSAGE, Report},
    kind,
};
use crate::{definition::Step, kind::AnswerKind, problem::ProblemKind};

/// Reads a step; what is wrong with it is reported and replaced by a stand-in,
/// so that later steps keep their place and are checked as well.
pub(crate) fn step(
    report: &mut Report<'_>,
    mut fields: Fields<'_, '_>,
    earlier: &[Step],
    names: &BTreeSet<&str>,
) -> Step {
    let id = fields.get("id").and_then(|id| id.get_ref().as_str());
    report.step = id.map(ToOwned::to_owned);
    let id = fields.required_string(report, "id").unwrap_or("");
    if fields.get("id").is_some() {
        let at = fields.place("id");
        check_name(report, at, id);
        if earlier.iter().any(|step| step.id.as_str() == id) {
            let id = id.to_owned();
            report.add(at, ProblemKind::DuplicateStep { id });
        }
    }

    let kind = kind::kind(report, &mut fields);
    let when =
        fields.get("when").and_then(|value| condition::condition(report, value, &condition::Scope { earlier, names }));
    let prefill = fields.string(report, "prefill");
    if let (Some(_), Some(kind)) = (prefill, &kind) {
        let kind = kind.answer_kind();
        let unknowable = [AnswerKind::Multi, AnswerKind::Photo, AnswerKind::Consent, AnswerKind::Rating];
        if unknowable.contains(&kind) {
            let kind = kind.as_str();
            report.add(fields.place("prefill"), ProblemKind::NoPrefill { kind });
        }
    }

    let step = Step {
        id: id.into(),
        kind: kind.clone().unwrap_or(crate::kind::Kind::Location),
        label: fields.required_text(report, "label", LABEL),
        text: fields.required_text(report, "text", MESSAGE),
        hint: fields.text(report, "hint", MESSAGE),
        placeholder: fields.text(report, "placeholder", LABEL),
        refuse: fields.text(report, "refuse", MESSAGE),
        optional: fields.flag(report, "optional"),
        when,
        prefill: prefill.map(ToOwned::to_owned),
    };
    // Without its kind nobody knows which other keys belong to it.
    if kind.is_some() {
        fields.finish(report);
    }
    step
}
