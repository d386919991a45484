//! What a button of a survey brings along: the input it stands for, and the revision of the screen it was drawn on.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use waas_dialogue::{Button, Input, OptionId, StepId};

/// The action of every button of a survey; its subject is the survey's id.
pub(super) const ACTION: &str = "survey.tap";

/// The arguments of a button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tap {
    /// The survey's revision when the button was drawn.
    pub(super) revision: i64,
    #[serde(flatten)]
    does: Does,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Does {
    Choose { option: OptionId },
    Toggle { option: OptionId },
    Offer,
    Back,
    Skip,
    Cancel,
    Keep,
    Discard,
    Resume,
    Done,
    PickEdit,
    Edit { step: StepId },
    Submit,
}

impl Tap {
    /// An option of a choice (`several` false) or of a multi-choice.
    pub(super) fn option(revision: i64, option: OptionId, several: bool) -> Self {
        let does = if several { Does::Toggle { option } } else { Does::Choose { option } };
        Self { revision, does }
    }

    /// The offered value.
    pub(super) fn offer(revision: i64) -> Self {
        Self { revision, does: Does::Offer }
    }

    /// A button of the engine.
    pub(super) fn button(revision: i64, button: &Button) -> Self {
        let does = match button {
            Button::Back => Does::Back,
            Button::Skip => Does::Skip,
            Button::Cancel => Does::Cancel,
            Button::Keep => Does::Keep,
            Button::Discard => Does::Discard,
            Button::Resume => Does::Resume,
            Button::Done => Does::Done,
            Button::PickEdit => Does::PickEdit,
            Button::Edit(step) => Does::Edit { step: step.clone() },
            Button::Submit => Does::Submit,
        };
        Self { revision, does }
    }

    /// As a button carries it.
    pub(super) fn args(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }

    /// As a press brings it back.
    pub(super) fn read(args: &Value) -> serde_json::Result<Self> {
        Self::deserialize(args)
    }

    /// What the engine is told.
    pub(super) fn input(self) -> Input {
        match self.does {
            Does::Choose { option } => Input::Choose(option),
            Does::Toggle { option } => Input::Toggle(option),
            Does::Offer => Input::TakeOffer,
            Does::Back => Input::Back,
            Does::Skip => Input::Skip,
            Does::Cancel => Input::Cancel,
            Does::Keep => Input::Keep,
            Does::Discard => Input::Discard,
            Does::Resume => Input::Resume,
            Does::Done => Input::Done,
            Does::PickEdit => Input::PickEdit,
            Does::Edit { step } => Input::Edit(step),
            Does::Submit => Input::Submit,
        }
    }
}
