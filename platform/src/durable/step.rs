//! What a step's function is given, and what it may answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::view::SagaId;
use crate::db::Tx;

/// What a step decides. Panics and time-outs are mapped onto the same words by the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum StepOutcome {
    /// Finished; the value is kept and given to later steps. An undo's value is not kept.
    Done(Value),
    /// Nothing wrong, look again later (an image is still being built). Does not spend the budget of errors; the step
    /// itself gives up by [`StepRun::elapsed`].
    Snooze(Duration),
    /// Failed for good; trying again would not help. The text says what happened, for the log and the card.
    Fail(String),
}

impl StepOutcome {
    /// Finished, nothing to hand on.
    pub const fn done() -> Self {
        Self::Done(Value::Null)
    }

    /// Finished, with something for later steps.
    ///
    /// # Errors
    /// The value cannot be written as JSON.
    pub fn done_with(output: &impl Serialize) -> anyhow::Result<Self> {
        Ok(Self::Done(serde_json::to_value(output).context("a step's output as JSON")?))
    }
}

/// An outcome, or an error that may pass: it is retried within the step's budget, then counts as a failure.
pub type StepResult = anyhow::Result<StepOutcome>;

/// Somebody else may be working on this saga; whoever gets this stops at once and writes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lease of saga {saga} with fence {fence} is lost")]
pub struct LostLease {
    /// Which saga.
    pub saga: SagaId,
    /// The fence number that is not valid any more.
    pub fence: i64,
}

/// How a step reaches back into the engine, under the fence of its claim.
pub(super) trait Reach: Send + Sync {
    fn report<'a>(&'a self, progress: Option<u8>, note: &'a str) -> BoxFuture<'a, anyhow::Result<()>>;
    fn begin(&self) -> BoxFuture<'_, anyhow::Result<Tx>>;
}

/// One run of a step's function, forward or undo.
#[derive(Clone)]
pub struct StepRun {
    pub(super) saga: SagaId,
    pub(super) subject: String,
    pub(super) step: String,
    pub(super) params: Arc<Value>,
    pub(super) outputs: Arc<BTreeMap<String, Value>>,
    pub(super) attempt: u32,
    pub(super) fence: i64,
    pub(super) elapsed: Duration,
    pub(super) cancel: CancellationToken,
    pub(super) reach: Arc<dyn Reach>,
}

impl std::fmt::Debug for StepRun {
    /// Leaves out parameters and outputs: they may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StepRun")
            .field("saga", &self.saga)
            .field("step", &self.step)
            .field("attempt", &self.attempt)
            .field("fence", &self.fence)
            .finish_non_exhaustive()
    }
}

impl StepRun {
    /// The saga this step belongs to.
    pub const fn saga(&self) -> SagaId {
        self.saga
    }

    /// What the saga is about.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The step's own name.
    pub fn step(&self) -> &str {
        &self.step
    }

    /// From 1; counts every entry of this step, also after crashes and while undoing.
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The number of this claim: goes into names and labels of what the step creates outside, so that a late one collides
    /// or is recognized.
    pub const fn fence(&self) -> i64 {
        self.fence
    }

    /// Since this step first began, by the database's clock.
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Cancelled when a person asked to undo or cancel, or the lease is lost: a long step stops early.
    pub const fn cancelled(&self) -> &CancellationToken {
        &self.cancel
    }

    /// What the saga was enqueued with.
    ///
    /// # Errors
    /// The stored parameters have another shape.
    pub fn params<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        T::deserialize(&*self.params).with_context(|| format!("parameters of saga {}", self.saga))
    }

    /// The output of a step that must have succeeded before.
    ///
    /// # Errors
    /// There is none, or it has another shape.
    pub fn output<T: DeserializeOwned>(&self, step: &str) -> anyhow::Result<T> {
        self.output_if(step)?.with_context(|| format!("step {step} left no output"))
    }

    /// The output of a step, if it succeeded: what an undo asks for, since its forward may have half happened.
    ///
    /// # Errors
    /// It has another shape.
    pub fn output_if<T: DeserializeOwned>(&self, step: &str) -> anyhow::Result<Option<T>> {
        let Some(output) = self.outputs.get(step) else {
            return Ok(None);
        };
        T::deserialize(output).map(Some).with_context(|| format!("output of step {step}"))
    }

    /// Tells how far the step is, at most 100, with a line for the log; observers hear of it in the same transaction.
    ///
    /// # Errors
    /// [`LostLease`], or the database does not answer.
    pub async fn report(&self, progress: Option<u8>, note: &str) -> anyhow::Result<()> {
        self.reach.report(progress.map(|percent| percent.min(100)), note).await
    }

    /// A transaction in which nobody can take this saga over: what a step writes through it is refused when it comes late.
    /// Keep it short, the lease is not renewed while it is open.
    ///
    /// # Errors
    /// [`LostLease`], or the database does not answer.
    pub async fn begin(&self) -> anyhow::Result<Tx> {
        self.reach.begin().await
    }
}
