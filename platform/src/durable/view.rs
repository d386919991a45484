//! A saga as it stands: what cards, the terminal and the API show, and what the engine decides by.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::state::{SagaState, StepState, Wish};

/// Names a saga; time-ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct SagaId(pub Uuid);

impl std::fmt::Display for SagaId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for SagaId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A saga with its steps. Serialized it is the job object of the contract; parameters and outputs may hold secrets and
/// never leave with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SagaView {
    /// Its id.
    pub id: SagaId,
    /// Which definition it follows.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// Where it stands.
    pub state: SagaState,
    /// The step at work, in trouble, or next; none once it has ended.
    pub step: Option<String>,
    /// All steps in order.
    pub steps: Vec<StepView>,
    /// The definition's version when it was enqueued.
    #[serde(skip)]
    pub version: i32,
    /// What it was enqueued with.
    #[serde(skip)]
    pub params: Value,
    /// A person's wish that the engine has not answered yet.
    #[serde(skip)]
    pub requested: Option<Wish>,
    /// Who wished last.
    #[serde(skip)]
    pub requested_by: Option<String>,
    /// Where unwinding ends, once it began.
    #[serde(skip)]
    pub unwind_to: Option<SagaState>,
    /// Why it failed or is stuck.
    #[serde(skip)]
    pub error: Option<String>,
    /// Who enqueued it.
    #[serde(skip)]
    pub created_by: Option<String>,
    /// When it was enqueued.
    #[serde(skip)]
    pub created_at: DateTime<Utc>,
    /// Not before this moment.
    #[serde(skip)]
    pub next_run_at: DateTime<Utc>,
    /// When it ended.
    #[serde(skip)]
    pub finished_at: Option<DateTime<Utc>>,
}

/// One step of a saga.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepView {
    /// Its name, unique in the saga.
    pub name: String,
    /// Where it stands.
    pub state: StepState,
    /// When it first began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it got its present result.
    pub finished_at: Option<DateTime<Utc>>,
    /// The last error, also while it is being tried again.
    pub error: Option<String>,
    /// Its place, from 0.
    #[serde(skip)]
    pub position: i32,
    /// How often a function of it was entered.
    #[serde(skip)]
    pub attempts: i32,
    /// Passing errors in the present direction.
    #[serde(skip)]
    pub failures: i32,
    /// How often a worker vanished in it.
    #[serde(skip)]
    pub interruptions: i32,
    /// What forward gave back.
    #[serde(skip)]
    pub output: Option<Value>,
    /// From 0 to 100, when the step says so.
    #[serde(skip)]
    pub progress: Option<i16>,
    /// The step's last line about itself.
    #[serde(skip)]
    pub note: Option<String>,
    /// Why it has no undo.
    #[serde(skip)]
    pub undo_none_because: Option<String>,
}

impl StepView {
    /// Whether it has to be undone when its saga unwinds: begun, not undone yet, and an undo exists.
    pub fn is_to_be_undone(&self) -> bool {
        self.started_at.is_some() && self.state != StepState::Undone && self.undo_none_because.is_none()
    }
}

impl SagaView {
    /// The first step that is not done, while going forward.
    pub(super) fn forward_step(&self) -> Option<&StepView> {
        self.steps.iter().find(|step| !matches!(step.state, StepState::Done | StepState::Skipped))
    }

    /// The last step that has begun and is not undone yet, while unwinding.
    pub(super) fn undo_step(&self) -> Option<&StepView> {
        self.steps.iter().rev().find(|step| step.is_to_be_undone())
    }

    /// The step that failed forward, whether or not it was undone since: the last that began, if it left an error.
    pub fn failed_step(&self) -> Option<&StepView> {
        self.steps.iter().rev().find(|step| step.started_at.is_some()).filter(|step| step.error.is_some())
    }

    pub(super) fn with_present_step(mut self) -> Self {
        let step = match (self.state.is_end(), self.unwind_to) {
            (true, _) => None,
            (false, Some(_)) => self.undo_step(),
            (false, None) => self.forward_step(),
        };
        self.step = step.map(|step| step.name.clone());
        self
    }
}
