//! One person's way through a survey: what is stored between two inputs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    answer::Answer,
    definition::Definition,
    ids::{OptionId, StepId},
    locale::Locale,
};

/// Values known before the survey begins, by the name a step's `prefill` has
/// (`lead.phone`).
pub type Known = BTreeMap<String, String>;

/// The state of one respondent, pinned to a version of a definition.
///
/// Its JSON is stable: fields are only added, with defaults. An answer is kept
/// when an edit takes its step off the path and counts again when the step
/// comes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The name of the definition.
    pub dialogue: String,
    /// The version of the definition it began with and ends with.
    pub version: u32,
    /// The language the person reads.
    pub locale: Locale,
    /// Grows by one with every change; buttons made for an older one are stale.
    pub revision: u64,
    /// Where the person is.
    pub position: Position,
    /// Every answer accepted and not withdrawn.
    pub(crate) answers: BTreeMap<StepId, Answer>,
    /// Optional steps passed over.
    pub(crate) skipped: BTreeSet<StepId>,
    /// What is ticked in the multi-choice on screen.
    pub(crate) draft: BTreeSet<OptionId>,
    /// What can be offered as answers.
    pub(crate) known: Known,
    /// Whether the person is about to leave, or away; the position stays what
    /// it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaving: Option<Leaving>,
}

/// How far somebody who wants to stop has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaving {
    /// Asked whether the answers shall be thrown away. In: cancel. Out: keep,
    /// discard, resume.
    Asked,
    /// Away, with every answer kept. In: keep. Out: resume, or whatever the
    /// person sends; cancel asks again.
    Kept,
}

/// Where a session is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Position {
    /// A question stands. In: start, an answer, skip, back. Out: an answer,
    /// skip, back, cancel.
    Asking {
        /// The step asked.
        step: StepId,
    },
    /// All is answered and shown. In: the last answer. Out: submit, edit, back,
    /// cancel.
    Reviewing,
    /// The person chooses which answer to change. In: edit on the review. Out:
    /// a step chosen, back, cancel.
    Picking,
    /// One answer is changed. In: a step chosen. Out: the new answer (to the
    /// review, or to a question that it made necessary), back, cancel.
    Editing {
        /// The step whose answer is changed.
        step: StepId,
    },
    /// Sent in. In: submit. Out: nothing.
    Submitted,
    /// Broken off. In: discard, or cancel before there was any answer. Out:
    /// nothing.
    Cancelled,
}

impl Position {
    /// Whether nothing can change any more.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Submitted | Self::Cancelled)
    }
}

/// What a person did.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Wrote something.
    Text(String),
    /// Chose the one option of a choice, rating or consent.
    Choose(OptionId),
    /// Ticked or unticked an option of a multi-choice.
    Toggle(OptionId),
    /// Ended a multi-choice.
    Done,
    /// To the question before, or back to the review.
    Back,
    /// Passed over an optional question.
    Skip,
    /// Wants to stop. As soon as there is an answer to lose, the engine asks
    /// first.
    Cancel,
    /// Asked so: leaves, and every answer is kept.
    Keep,
    /// Asked so: broke off, and the answers go.
    Discard,
    /// Asked, on the review, to change something.
    PickEdit,
    /// Named the answer to change.
    Edit(StepId),
    /// Sent it in.
    Submit,
    /// Took the offered value: the answer given before, or one known in advance.
    TakeOffer,
    /// Came back and wants to see where things stand.
    Resume,
    /// Shared a contact.
    Contact {
        /// Its number, with or without `+`.
        phone: String,
        /// Whether it is the sender's own.
        owner_matches: bool,
    },
    /// Sent a picture.
    Photo {
        /// What to fetch it by.
        file_id: String,
        /// What to tell it from others by.
        unique_id: String,
    },
    /// Sent a file.
    Document {
        /// What to fetch it by.
        file_id: String,
        /// What to tell it from others by.
        unique_id: String,
        /// Its name, where it has one.
        name: Option<String>,
        /// Its media type, where the sender gave one.
        mime: Option<String>,
    },
    /// Shared a place, in degrees.
    Location {
        /// North of the equator.
        lat: f64,
        /// East of Greenwich.
        lon: f64,
    },
    /// Sent something that no question asks for: a sticker, a voice message.
    Unsupported,
}

impl Session {
    /// A new session at its first question. What is in `known` is offered by
    /// the steps whose `prefill` names it; what does not fit is not offered.
    #[must_use]
    pub fn start(definition: &Definition, locale: Locale, known: Known) -> Self {
        // A definition has steps, and the first has nothing to depend on: its
        // condition could only look back, so the first open step exists.
        let position =
            definition.steps.first().map_or(Position::Reviewing, |step| Position::Asking { step: step.id.clone() });
        Self {
            dialogue: definition.name.clone(),
            version: definition.version,
            locale,
            revision: 0,
            position,
            answers: BTreeMap::new(),
            skipped: BTreeSet::new(),
            draft: BTreeSet::new(),
            known,
            leaving: None,
        }
    }

    /// Whether there is no answer yet that could be lost.
    pub(crate) fn is_untouched(&self) -> bool {
        self.answers.is_empty() && self.skipped.is_empty()
    }

    /// The same session in another language; nothing else changes.
    #[must_use]
    pub fn in_locale(mut self, locale: Locale) -> Self {
        if self.locale != locale {
            self.locale = locale;
            self.revision += 1;
        }
        self
    }
}
