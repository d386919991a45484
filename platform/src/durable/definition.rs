//! How a capability writes a saga: a kind, and its steps as a table.
//!
//! ```
//! use waas_platform::durable::{SagaDef, StepOutcome, StepResult, StepRun, Undo, step};
//!
//! #[derive(Clone)]
//! struct Services;
//!
//! async fn take_port(_: Services, _: StepRun) -> StepResult {
//!     StepOutcome::done_with(&8080)
//! }
//! async fn free_port(_: Services, run: StepRun) -> StepResult {
//!     let _port: Option<u16> = run.output_if("port")?;
//!     Ok(StepOutcome::done())
//! }
//! async fn tell(_: Services, _: StepRun) -> StepResult {
//!     Ok(StepOutcome::done())
//! }
//!
//! let saga = SagaDef::new("open_shop", 1, vec![
//!     step("port", take_port, Undo::by(free_port)),
//!     step("tell", tell, Undo::none("a message cannot be taken back")).attempts(5),
//! ]);
//! assert_eq!(saga.kind(), "open_shop");
//! ```

use std::collections::{BTreeMap, HashSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::PgConnection;

use super::step::{StepResult, StepRun};
use super::view::SagaView;

/// A step's function with the capability's services still to be given.
pub(super) type StepFn<C> = Arc<dyn Fn(C, StepRun) -> BoxFuture<'static, StepResult> + Send + Sync>;
/// Told of each change inside the transaction that records it.
type OnChangeFn<C> =
    Arc<dyn for<'a> Fn(C, &'a mut PgConnection, &'a SagaView) -> BoxFuture<'a, anyhow::Result<()>> + Send + Sync>;

fn boxed<C, F, Fut>(function: F) -> StepFn<C>
where
    F: Fn(C, StepRun) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = StepResult> + Send + 'static,
{
    Arc::new(move |context, run| Box::pin(function(context, run)))
}

/// How a step is taken back. It must tolerate that nothing, half or all of its forward happened, and being repeated:
/// what is not found is done.
#[derive(Clone)]
pub enum Undo<C> {
    /// By a function.
    By(UndoFn<C>),
    /// Not at all.
    None {
        /// A sentence for the operator; the plan shows it.
        because: &'static str,
    },
}

/// An undo function, made by [`Undo::by`].
#[derive(Clone)]
pub struct UndoFn<C>(pub(super) StepFn<C>);

impl<C> Undo<C> {
    /// Taken back by this function.
    pub fn by<F, Fut>(function: F) -> Self
    where
        F: Fn(C, StepRun) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = StepResult> + Send + 'static,
    {
        Self::By(UndoFn(boxed(function)))
    }

    /// Cannot or need not be taken back, for this reason.
    pub const fn none(because: &'static str) -> Self {
        Self::None { because }
    }
}

/// One line of a saga's table.
#[derive(Clone)]
pub struct Step<C> {
    pub(super) name: &'static str,
    pub(super) forward: StepFn<C>,
    pub(super) undo: Undo<C>,
    pub(super) limits: Limits,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) attempts: u16,
    pub(super) undo_attempts: u16,
    pub(super) timeout: Duration,
}

/// A step with three attempts forward, five for its undo, and a minute for each.
pub fn step<C, F, Fut>(name: &'static str, forward: F, undo: Undo<C>) -> Step<C>
where
    F: Fn(C, StepRun) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = StepResult> + Send + 'static,
{
    let limits = Limits { attempts: 3, undo_attempts: 5, timeout: Duration::from_secs(60) };
    Step { name, forward: boxed(forward), undo, limits }
}

impl<C> Step<C> {
    /// How many passing errors make a failure; at least 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u16) -> Self {
        self.limits.attempts = attempts.max(1);
        self
    }

    /// How many passing errors of its undo make the saga stuck; at least 1.
    #[must_use]
    pub fn undo_attempts(mut self, attempts: u16) -> Self {
        self.limits.undo_attempts = attempts.max(1);
        self
    }

    /// How long one attempt may take, forward or undo; longer is a passing error.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = timeout;
        self
    }
}

/// What a failed step means for its saga.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// Unwind at once: nothing half done is left.
    #[default]
    Undo,
    /// Stop as stuck: a person chooses between retry and undo.
    Pause,
}

/// A saga as written in code.
#[derive(Clone)]
pub struct SagaDef<C> {
    kind: &'static str,
    version: i32,
    pub(super) steps: Vec<Step<C>>,
    on_failure: OnFailure,
    on_change: Option<OnChangeFn<C>>,
}

impl<C: Clone + Send + Sync + 'static> SagaDef<C> {
    /// A saga of these steps, unwound on failure. `version` grows whenever the meaning of a stored row changes.
    pub fn new(kind: &'static str, version: i32, steps: Vec<Step<C>>) -> Self {
        Self { kind, version, steps, on_failure: OnFailure::Undo, on_change: None }
    }

    /// What a failed step means.
    #[must_use]
    pub fn on_failure(mut self, policy: OnFailure) -> Self {
        self.on_failure = policy;
        self
    }

    /// Called inside the transaction of every record, ends included: card, audit and state commit together. An error
    /// refuses the record; the saga is tried again when its lease has run out.
    #[must_use]
    pub fn on_change<F>(mut self, observer: F) -> Self
    where
        F: for<'a> Fn(C, &'a mut PgConnection, &'a SagaView) -> BoxFuture<'a, anyhow::Result<()>>
            + Send
            + Sync
            + 'static,
    {
        self.on_change = Some(Arc::new(observer));
        self
    }

    /// What sagas of this definition are called.
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// What is stored with a saga of this definition.
    pub const fn version(&self) -> i32 {
        self.version
    }

    /// Names of the steps in order, each with the reason why it has no undo, if so: what a plan shows.
    pub fn plan(&self) -> impl Iterator<Item = (&'static str, Option<&'static str>)> + '_ {
        self.steps.iter().map(|step| match &step.undo {
            Undo::By(_) => (step.name, None),
            Undo::None { because } => (step.name, Some(*because)),
        })
    }

    pub(super) fn bind(self, context: &C) -> Result<Bound, DefinitionError> {
        if self.steps.is_empty() {
            return Err(DefinitionError::NoSteps { kind: self.kind });
        }
        let mut names = HashSet::new();
        let mut steps = BTreeMap::new();
        for step in self.steps {
            if !names.insert(step.name) {
                return Err(DefinitionError::SameStep { kind: self.kind, step: step.name });
            }
            let with_context = |function: StepFn<C>| -> BoundFn {
                let context = context.clone();
                Arc::new(move |run| function(context.clone(), run))
            };
            let undo = match step.undo {
                Undo::By(UndoFn(function)) => Some(with_context(function)),
                Undo::None { .. } => None,
            };
            let forward = with_context(step.forward);
            steps.insert(step.name, BoundStep { forward, undo, limits: step.limits });
        }
        let on_change = self.on_change.map(|observer| -> BoundObserver {
            let context = context.clone();
            Arc::new(move |connection, view| observer(context.clone(), connection, view))
        });
        Ok(Bound { kind: self.kind, steps, on_failure: self.on_failure, on_change })
    }
}

type BoundFn = Arc<dyn Fn(StepRun) -> BoxFuture<'static, StepResult> + Send + Sync>;
type BoundObserver =
    Arc<dyn for<'a> Fn(&'a mut PgConnection, &'a SagaView) -> BoxFuture<'a, anyhow::Result<()>> + Send + Sync>;

/// A definition with its services: what the engine runs, whatever they are.
#[derive(Clone)]
pub(super) struct Bound {
    pub(super) kind: &'static str,
    pub(super) steps: BTreeMap<&'static str, BoundStep>,
    pub(super) on_failure: OnFailure,
    pub(super) on_change: Option<BoundObserver>,
}

#[derive(Clone)]
pub(super) struct BoundStep {
    pub(super) forward: BoundFn,
    pub(super) undo: Option<BoundFn>,
    pub(super) limits: Limits,
}

/// A definition that cannot be run; found when the engine is built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// Two definitions of one kind.
    #[error("saga {kind} is defined twice")]
    SameKind {
        /// The kind.
        kind: &'static str,
    },
    /// Two steps of one name.
    #[error("saga {kind} has step {step} twice")]
    SameStep {
        /// The kind.
        kind: &'static str,
        /// The step's name.
        step: &'static str,
    },
    /// No step at all.
    #[error("saga {kind} has no steps")]
    NoSteps {
        /// The kind.
        kind: &'static str,
    },
}
