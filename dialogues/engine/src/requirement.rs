//! Does a survey answer what somebody else needs of it (`hub template check`).

use crate::{definition::Definition, kind::AnswerKind};

/// An answer that a reader of the survey cannot do without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The step's name.
    pub step: String,
    /// The kinds of answer that serve; empty when any does.
    pub kinds: Vec<AnswerKind>,
}

/// Why a requirement is not met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// There is no such step.
    #[error("no step is named {step}")]
    NoSuchStep {
        /// The step's name.
        step: String,
    },
    /// The step gives another kind of answer.
    #[error("step {step} gives {found}")]
    WrongKind {
        /// The step's name.
        step: String,
        /// The kind it gives.
        found: AnswerKind,
    },
    /// The step can be skipped or is left out on some paths.
    #[error("step {step} is not answered by everybody")]
    NotAlwaysAnswered {
        /// The step's name.
        step: String,
    },
}

impl Definition {
    /// The requirements that a submitted session of this survey may leave open,
    /// in the order given; empty when all are met.
    #[must_use]
    pub fn unmet(&self, requirements: &[Requirement]) -> Vec<Unmet> {
        requirements
            .iter()
            .filter_map(|requirement| {
                let name = requirement.step.clone();
                let Some(step) = self.step(&name) else {
                    return Some(Unmet::NoSuchStep { step: name });
                };
                let found = step.answer_kind();
                if !requirement.kinds.is_empty() && !requirement.kinds.contains(&found) {
                    Some(Unmet::WrongKind { step: name, found })
                } else if !step.is_always_answered() {
                    Some(Unmet::NotAlwaysAnswered { step: name })
                } else {
                    None
                }
            })
            .collect()
    }
}
