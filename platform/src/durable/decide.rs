//! What is to be done next with a saga, and what an outcome changes. Pure: no IO, no clock; every move goes through
//! [`SagaState::after`] and [`StepState::after`].

use std::time::Duration;

use serde_json::Value;

use super::budget::Budget;
use super::definition::OnFailure;
use super::state::{IllegalMove, SagaEvent, SagaState, StepEvent, StepState, Wish};
use super::view::{SagaView, StepView};

/// What the engine does with a saga it holds.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Record this and look again.
    Record(Move),
    /// Enter the forward function of the step at this place.
    Forward(i32),
    /// Enter the undo function of the step at this place.
    Undo(i32),
    /// Nothing: ended, or stuck without a wish.
    Rest,
}

/// One record: what changes in the saga's row and in one step's row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Move {
    pub(super) saga: SagaState,
    pub(super) error: Option<String>,
    pub(super) unwind_to: Option<SagaState>,
    /// The wish that this answers, taken off the row.
    pub(super) answered: Option<Wish>,
    /// Give the lease back and come again after this long; none keeps it.
    pub(super) release: Option<Duration>,
    pub(super) step: Option<StepMove>,
    /// Unwinding begins: what never began is skipped, what has no undo gets its last state.
    pub(super) close_forward: bool,
}

/// What changes in a step's row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StepMove {
    pub(super) position: i32,
    pub(super) state: StepState,
    pub(super) entered: bool,
    pub(super) failures: i32,
    pub(super) interruptions: i32,
    pub(super) output: Option<Value>,
    pub(super) error: Option<String>,
}

/// How a function of a step ended; panics are failures, time-outs pass.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ended {
    Done(Value),
    Snooze(Duration),
    Passing(String),
    Failed(String),
}

/// Nothing changes; moves are written as what differs from it.
pub(super) fn staying(view: &SagaView) -> Move {
    Move {
        saga: view.state,
        error: view.error.clone(),
        unwind_to: view.unwind_to,
        answered: None,
        release: None,
        step: None,
        close_forward: false,
    }
}

fn same(step: &StepView) -> StepMove {
    StepMove {
        position: step.position,
        state: step.state,
        entered: false,
        failures: step.failures,
        interruptions: step.interruptions,
        output: None,
        error: step.error.clone(),
    }
}

/// What to do with this saga now.
pub(super) fn next(view: &SagaView) -> Result<Next, IllegalMove> {
    if view.state.is_end() {
        return Ok(Next::Rest);
    }
    if let Some(wish) = view.requested {
        return answer(view, wish).map(Next::Record);
    }
    match view.state {
        SagaState::Stuck => Ok(Next::Rest),
        SagaState::Undoing => match view.undo_step() {
            Some(step) => Ok(Next::Undo(step.position)),
            None => {
                let event = match view.unwind_to {
                    Some(SagaState::Cancelled) => SagaEvent::UnwoundByCancel,
                    _ => SagaEvent::Unwound,
                };
                finish(view, event)
            }
        },
        _ => match view.forward_step() {
            Some(step) => Ok(Next::Forward(step.position)),
            None => finish(view, SagaEvent::Completed),
        },
    }
}

fn finish(view: &SagaView, event: SagaEvent) -> Result<Next, IllegalMove> {
    let saga = view.state.after(event)?;
    Ok(Next::Record(Move { saga, release: Some(Duration::ZERO), ..staying(view) }))
}

/// Answers a wish. One that came too late changes nothing and is taken off.
fn answer(view: &SagaView, wish: Wish) -> Result<Move, IllegalMove> {
    let answered = Some(wish);
    if wish == Wish::Cancel && view.state == SagaState::Undoing {
        // Its step failed between the wish and this look, mostly because it was told to stop.
        let unwind_to = Some(SagaState::Cancelled);
        return Ok(Move { answered, unwind_to, ..staying(view) });
    }
    if !wish.is_allowed_in(view.state) {
        return Ok(Move { answered, ..staying(view) });
    }
    match (wish, view.unwind_to) {
        (Wish::Retry, None) => {
            let saga = view.state.after(SagaEvent::Forward)?;
            Ok(Move { saga, answered, error: None, step: view.forward_step().map(forgiven), ..staying(view) })
        }
        (Wish::Retry | Wish::Undo | Wish::Cancel, Some(_)) => {
            let saga = view.state.after(SagaEvent::Unwind)?;
            Ok(Move { saga, answered, step: view.undo_step().map(forgiven), ..staying(view) })
        }
        (Wish::Undo, None) => unwind(view, SagaState::Undone).map(|unwinding| Move { answered, ..unwinding }),
        (Wish::Cancel, None) => unwind(view, SagaState::Cancelled).map(|unwinding| Move { answered, ..unwinding }),
    }
}

/// A person's retry gives the step its whole budget again.
fn forgiven(step: &StepView) -> StepMove {
    StepMove { failures: 0, interruptions: 0, ..same(step) }
}

fn unwind(view: &SagaView, to: SagaState) -> Result<Move, IllegalMove> {
    let saga = view.state.after(SagaEvent::Unwind)?;
    Ok(Move { saga, unwind_to: Some(to), close_forward: true, ..staying(view) })
}

fn block(view: &SagaView, error: String, step: StepMove) -> Result<Move, IllegalMove> {
    let saga = view.state.after(SagaEvent::Blocked)?;
    Ok(Move { saga, error: Some(error), release: Some(Duration::ZERO), step: Some(step), ..staying(view) })
}

/// Entering a step's function. `vanished`: the claim before this one was never given back.
pub(super) fn enter(
    view: &SagaView,
    step: &StepView,
    vanished: bool,
    max_interruptions: u16,
) -> Result<Move, IllegalMove> {
    let undoing = view.state == SagaState::Undoing;
    let again = matches!(step.state, StepState::Running | StepState::Undoing);
    let interruptions = step.interruptions + i32::from(vanished && again);
    if interruptions > i32::from(max_interruptions) {
        let error = format!("{}: its worker vanished {interruptions} times", step.name);
        let event = if undoing { StepEvent::UndoFail } else { StepEvent::Fail };
        let failed =
            StepMove { state: step.state.after(event)?, interruptions, error: Some(error.clone()), ..same(step) };
        return block(view, error, failed);
    }
    let event = if undoing { StepEvent::BeginUndo } else { StepEvent::Begin };
    let first_undo = undoing && !matches!(step.state, StepState::Undoing | StepState::UndoFailed);
    let entered = StepMove {
        state: step.state.after(event)?,
        entered: true,
        failures: if first_undo { 0 } else { step.failures },
        interruptions,
        ..same(step)
    };
    let saga = if undoing { view.state } else { view.state.after(SagaEvent::Forward)? };
    Ok(Move { saga, step: Some(entered), ..staying(view) })
}

/// A step whose function the present definition does not have: only a person can help.
pub(super) fn unknown(view: &SagaView, step: &StepView) -> Result<Move, IllegalMove> {
    let error = format!("{}: the present definition of {} has no such step", step.name, view.kind);
    let state = match view.state {
        SagaState::Undoing if step.state == StepState::UndoFailed => step.state,
        SagaState::Undoing => step.state.after(StepEvent::UndoFail)?,
        // A step that never began keeps its place, so that a retry under the right version goes on from here.
        _ => step.state,
    };
    block(view, error.clone(), StepMove { state, error: Some(error), ..same(step) })
}

/// What a forward function's end changes.
pub(super) fn after_forward(
    view: &SagaView,
    step: &StepView,
    ended: Ended,
    budget: Budget,
    on_failure: OnFailure,
) -> Result<Move, IllegalMove> {
    let failures = step.failures + 1;
    let error = match ended {
        Ended::Done(output) => {
            let done = StepMove {
                state: step.state.after(StepEvent::Succeed)?,
                output: Some(output),
                error: None,
                ..same(step)
            };
            return Ok(Move { step: Some(done), ..staying(view) });
        }
        Ended::Snooze(wait) => {
            let waiting = StepMove { error: None, ..same(step) };
            return Ok(Move { release: Some(wait), step: Some(waiting), ..staying(view) });
        }
        Ended::Passing(error) if !budget.is_spent(failures) => {
            let waiting = StepMove { failures, error: Some(error), ..same(step) };
            return Ok(Move { release: Some(budget.wait(failures)), step: Some(waiting), ..staying(view) });
        }
        Ended::Passing(error) | Ended::Failed(error) => error,
    };
    let state = step.state.after(StepEvent::Fail)?;
    let failed = StepMove { state, failures, error: Some(error.clone()), ..same(step) };
    let error = format!("{}: {error}", step.name);
    match on_failure {
        OnFailure::Pause => block(view, error, failed),
        OnFailure::Undo => {
            let unwinding = unwind(view, SagaState::Undone)?;
            Ok(Move { error: Some(error), step: Some(failed), ..unwinding })
        }
    }
}

/// What an undo function's end changes. The step keeps the error that its forward left.
pub(super) fn after_undo(view: &SagaView, step: &StepView, ended: Ended, budget: Budget) -> Result<Move, IllegalMove> {
    let failures = step.failures + 1;
    match ended {
        Ended::Done(_) => {
            let undone = StepMove { state: step.state.after(StepEvent::UndoSucceed)?, ..same(step) };
            Ok(Move { step: Some(undone), ..staying(view) })
        }
        Ended::Snooze(wait) => Ok(Move { release: Some(wait), step: Some(same(step)), ..staying(view) }),
        Ended::Passing(error) if !budget.is_spent(failures) => {
            let waiting = StepMove { failures, error: Some(error), ..same(step) };
            Ok(Move { release: Some(budget.wait(failures)), step: Some(waiting), ..staying(view) })
        }
        Ended::Passing(error) | Ended::Failed(error) => {
            let state = step.state.after(StepEvent::UndoFail)?;
            let failed = StepMove { state, failures, error: Some(error.clone()), ..same(step) };
            block(view, format!("{}: undo failed: {error}", step.name), failed)
        }
    }
}
