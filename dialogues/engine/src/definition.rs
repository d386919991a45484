//! A survey as read from its file: immutable, versioned, in every language.

use crate::{
    condition::Condition,
    ids::StepId,
    kind::{AnswerKind, Kind},
    locale::{Locale, Text},
    problem::Problem,
    read,
};

/// A survey: texts and steps in the order they are asked.
///
/// Only [`Definition::parse`] makes one, so that each one is sound: steps have
/// unique names, conditions look back only, every step can be reached, and every
/// text stands in every language of the definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) locales: Vec<Locale>,
    pub(crate) intro: Text,
    pub(crate) review: Text,
    pub(crate) done: Text,
    pub(crate) cancelled: Text,
    pub(crate) steps: Vec<Step>,
}

impl Definition {
    /// Reads a definition from TOML; the format stands in `dialogues/README.md`.
    ///
    /// # Errors
    /// Every problem of the file at once, in the order of its lines.
    pub fn parse(source: &str) -> Result<Self, Vec<Problem>> {
        read::definition(source)
    }

    /// The name, which is also the name of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version; running sessions stay with the one they began with.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The languages every text of it stands in, English among them.
    #[must_use]
    pub fn locales(&self) -> &[Locale] {
        &self.locales
    }

    /// All steps in the order they are asked, whatever their conditions.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = &Step> {
        self.steps.iter()
    }

    /// The kind of answer a step gives, or `None` when there is no such step.
    #[must_use]
    pub fn answer_kind(&self, step: &str) -> Option<AnswerKind> {
        self.step(step).map(Step::answer_kind)
    }

    /// The step's own words for a refused answer, which then stand in place of
    /// the general wording of the reason.
    #[must_use]
    pub fn refusal_text(&self, step: &str, locale: Locale) -> Option<&str> {
        Some(self.step(step)?.refuse.as_ref()?.get(locale))
    }

    /// The step of that name.
    #[must_use]
    pub fn step(&self, step: &str) -> Option<&Step> {
        self.steps.iter().find(|known| known.id.as_str() == step)
    }

    pub(crate) fn index(&self, step: &StepId) -> Option<usize> {
        self.steps.iter().position(|known| known.id == *step)
    }
}

/// One question of a survey.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub(crate) id: StepId,
    pub(crate) kind: Kind,
    pub(crate) label: Text,
    pub(crate) text: Text,
    pub(crate) hint: Option<Text>,
    pub(crate) placeholder: Option<Text>,
    pub(crate) refuse: Option<Text>,
    pub(crate) optional: bool,
    pub(crate) when: Option<Condition>,
    pub(crate) prefill: Option<String>,
}

impl Step {
    /// Its name, unique in the definition.
    #[must_use]
    pub fn id(&self) -> &StepId {
        &self.id
    }

    /// The kind of answer it gives.
    #[must_use]
    pub fn answer_kind(&self) -> AnswerKind {
        self.kind.answer_kind()
    }

    /// The short name that stands on the review and on edit buttons.
    #[must_use]
    pub fn label(&self, locale: Locale) -> &str {
        self.label.get(locale)
    }

    /// Whether every submitted session has an answer to it: it may neither be
    /// skipped nor left out by a condition.
    #[must_use]
    pub fn is_always_answered(&self) -> bool {
        !self.optional && self.when.is_none()
    }
}
