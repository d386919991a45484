//! The states of sagas and steps, and every legal move between them. No IO.
//!
//! The same words stand in the checks of `migrations/0002_durable.sql`.

use serde::{Deserialize, Serialize};

/// Where a saga stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SagaState {
    /// Enqueued, nothing begun. In: enqueue. Out: the engine, with the first step, or when a wish unwinds it.
    Queued,
    /// Going forward. In: the engine. Out: the engine, when all steps are done, one fails, or a wish unwinds it.
    Running,
    /// Unwinding in reverse order. In: the engine, after a failure or by a wish. Out: the engine.
    Undoing,
    /// Every step succeeded. An end.
    Done,
    /// Unwound after a failure or a person's *undo*. An end.
    Undone,
    /// Needs a person: an undo failed, or a step failed and its saga pauses. In: the engine. Out: the engine, by a wish.
    Stuck,
    /// Unwound by a person's *cancel*. An end.
    Cancelled,
}

/// What happens to a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SagaEvent {
    /// A step goes forward.
    Forward,
    /// Unwinding begins, or goes on after it was stuck.
    Unwind,
    /// Every step is done.
    Completed,
    /// A person has to decide.
    Blocked,
    /// All that had begun is undone after a failure or an *undo*.
    Unwound,
    /// All that had begun is undone after a *cancel*.
    UnwoundByCancel,
}

/// A move that the state does not allow; it means a defect in the engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {what} in state {from} cannot take {event}")]
pub struct IllegalMove {
    what: &'static str,
    from: &'static str,
    event: String,
}

impl SagaState {
    /// All of them, in the order of the SQL check.
    pub const ALL: [Self; 7] =
        [Self::Queued, Self::Running, Self::Undoing, Self::Done, Self::Undone, Self::Stuck, Self::Cancelled];

    /// The word stored and shown to machines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Undoing => "undoing",
            Self::Done => "done",
            Self::Undone => "undone",
            Self::Stuck => "stuck",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing will happen any more. Stuck is not an end.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Done | Self::Undone | Self::Cancelled)
    }

    /// The only way from one state to the next.
    ///
    /// # Errors
    /// The state does not allow the event.
    pub fn after(self, event: SagaEvent) -> Result<Self, IllegalMove> {
        use SagaEvent as E;
        use SagaState as S;
        match (self, event) {
            (S::Queued | S::Running | S::Stuck, E::Forward) => Ok(S::Running),
            (S::Queued | S::Running | S::Stuck | S::Undoing, E::Unwind) => Ok(S::Undoing),
            (S::Running | S::Queued, E::Completed) => Ok(S::Done),
            (S::Queued | S::Running | S::Undoing, E::Blocked) => Ok(S::Stuck),
            (S::Undoing, E::Unwound) => Ok(S::Undone),
            (S::Undoing, E::UnwoundByCancel) => Ok(S::Cancelled),
            _ => Err(IllegalMove { what: "saga", from: self.as_str(), event: format!("{event:?}") }),
        }
    }
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun. Out: begins, or is skipped when its saga unwinds.
    Pending,
    /// Begun and without a result: at work, waiting to be tried again, or left behind by a vanished worker.
    Running,
    /// Forward succeeded. Out: undone when its saga unwinds.
    Done,
    /// Forward failed for good. Out: tried again by a person's *retry*, or undone.
    Failed,
    /// Undo begun and without a result.
    Undoing,
    /// Undo succeeded: as if it had never begun.
    Undone,
    /// Undo failed for good; its saga is stuck. Out: a person's *retry* or *undo*.
    UndoFailed,
    /// Never begun, because its saga unwound before.
    Skipped,
}

/// What happens to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepEvent {
    /// Its forward function is entered, for the first time or again.
    Begin,
    /// Forward succeeded.
    Succeed,
    /// Forward failed for good.
    Fail,
    /// Its undo function is entered, for the first time or again.
    BeginUndo,
    /// Undo succeeded.
    UndoSucceed,
    /// Undo failed for good.
    UndoFail,
    /// Its saga unwinds before it began.
    Skip,
}

impl StepState {
    /// All of them, in the order of the SQL check.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Undoing,
        Self::Undone,
        Self::UndoFailed,
        Self::Skipped,
    ];

    /// The word stored and shown to machines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::UndoFailed => "undo_failed",
            Self::Skipped => "skipped",
        }
    }

    /// The state of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the step has a result and so a time at which it finished.
    pub const fn is_finished(self) -> bool {
        !matches!(self, Self::Pending | Self::Running | Self::Undoing)
    }

    /// The only way from one state to the next.
    ///
    /// # Errors
    /// The state does not allow the event.
    pub fn after(self, event: StepEvent) -> Result<Self, IllegalMove> {
        use StepEvent as E;
        use StepState as S;
        match (self, event) {
            (S::Pending | S::Running | S::Failed, E::Begin) => Ok(S::Running),
            (S::Running, E::Succeed) => Ok(S::Done),
            (S::Pending | S::Running, E::Fail) => Ok(S::Failed),
            (S::Running | S::Done | S::Failed | S::Undoing | S::UndoFailed, E::BeginUndo) => Ok(S::Undoing),
            (S::Undoing, E::UndoSucceed) => Ok(S::Undone),
            (S::Running | S::Done | S::Failed | S::Undoing, E::UndoFail) => Ok(S::UndoFailed),
            (S::Pending, E::Skip) => Ok(S::Skipped),
            _ => Err(IllegalMove { what: "step", from: self.as_str(), event: format!("{event:?}") }),
        }
    }
}

/// What a person asked of a saga; the engine answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// A stuck saga goes on where it stopped: forward, or unwinding.
    Retry,
    /// Unwind; ends as undone.
    Undo,
    /// Unwind; ends as cancelled.
    Cancel,
}

impl Wish {
    /// The word stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Undo => "undo",
            Self::Cancel => "cancel",
        }
    }

    /// The wish of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Retry, Self::Undo, Self::Cancel].into_iter().find(|wish| wish.as_str() == word)
    }

    /// Whether a saga in this state can be asked for it.
    pub const fn is_allowed_in(self, state: SagaState) -> bool {
        match self {
            Self::Retry => matches!(state, SagaState::Stuck),
            Self::Undo | Self::Cancel => matches!(state, SagaState::Queued | SagaState::Running | SagaState::Stuck),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_ends() {
        let events = [
            SagaEvent::Forward,
            SagaEvent::Unwind,
            SagaEvent::Completed,
            SagaEvent::Blocked,
            SagaEvent::Unwound,
            SagaEvent::UnwoundByCancel,
        ];
        for state in SagaState::ALL.into_iter().filter(|state| state.is_end()) {
            for event in events {
                assert!(state.after(event).is_err(), "{state:?} moved by {event:?}");
            }
        }
    }

    #[test]
    fn unwinding_never_turns_forward() {
        assert!(SagaState::Undoing.after(SagaEvent::Forward).is_err());
        for state in [StepState::Undoing, StepState::Undone, StepState::UndoFailed, StepState::Skipped] {
            assert!(state.after(StepEvent::Begin).is_err(), "{state:?} began again");
        }
    }

    #[test]
    fn the_words_are_those_of_the_migration() {
        let sql = include_str!("../../../migrations/0002_durable.sql");
        let list = |words: Vec<&str>| format!("('{}')", words.join("', '"));
        assert!(sql.contains(&list(SagaState::ALL.map(SagaState::as_str).to_vec())));
        assert!(sql.contains(&list(StepState::ALL.map(StepState::as_str).to_vec())));
        for state in SagaState::ALL {
            assert_eq!(SagaState::parse(state.as_str()), Some(state));
        }
        for state in StepState::ALL {
            assert_eq!(StepState::parse(state.as_str()), Some(state));
        }
    }
}
