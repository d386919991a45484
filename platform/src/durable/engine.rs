//! Claims due sagas and runs them, several at once; hands over in order when stopped.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::definition::{Bound, DefinitionError, SagaDef};
use super::run;
use super::state::{IllegalMove, SagaState};
use super::step::LostLease;
use super::store;
use super::view::{SagaId, SagaView};
use super::wake::{Signal, Wake};
use crate::clock::random;

/// How the engine works; every duration is a setting.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Sagas worked on at once; each needs up to two connections of the pool.
    pub workers: usize,
    /// How long a claim holds without being renewed. A vanished worker's saga is taken over after this and one poll.
    pub lease: Duration,
    /// The longest time between two looks at the database.
    pub poll: Duration,
    /// The wait after a first passing error; doubles with each.
    pub backoff_first: Duration,
    /// The longest wait after a passing error.
    pub backoff_max: Duration,
    /// How long steps at work may go on after a stop, before they are dropped and handed over.
    pub drain: Duration,
    /// How many workers may vanish in one step before it counts as failed.
    pub max_interruptions: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workers: 4,
            lease: Duration::from_secs(10),
            poll: Duration::from_secs(1),
            backoff_first: Duration::from_secs(1),
            backoff_max: Duration::from_secs(30),
            drain: Duration::from_secs(8),
            max_interruptions: 20,
        }
    }
}

/// Whether records are conditional on the fence. A type, not a setting: the shipped program names only [`Fenced`]; the
/// broken twin of the guard's test brings a type of its own.
pub trait FencePolicy {
    /// True in everything that ships.
    const CHECKED: bool;
}

/// Late writes are refused.
#[derive(Clone, Copy, Debug)]
pub struct Fenced;

impl FencePolicy for Fenced {
    const CHECKED: bool = true;
}

/// What one claim came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It ended, or is stuck.
    Rested(SagaState),
    /// It waits for a later time; the lease is given back.
    Waiting,
    /// Stopped between two steps by a drain; the lease is given back.
    HandedOver,
    /// Somebody else may have it; nothing more was written.
    Lost(LostLease),
}

/// Why the engine could not go on with a saga. None of these is a step's own failure, which is recorded as such.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Postgres did not answer or refused. Passing, mostly: the saga is taken up again when its lease has run out.
    #[error("the database refused durable work: {0}")]
    Database(#[from] sqlx::Error),
    /// The lease is lost; whoever took over goes on.
    #[error(transparent)]
    Lost(#[from] LostLease),
    /// The capability's observer refused a record. Its defect; the saga is tried again when its lease has run out.
    #[error("the observer of saga {saga} refused a change: {source:#}")]
    Observer {
        /// Which saga.
        saga: SagaId,
        /// What it said.
        source: anyhow::Error,
    },
    /// A defect of the engine.
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// No such saga, or it has lost its steps.
    #[error("saga {saga} is not there")]
    UnknownSaga {
        /// Which saga.
        saga: SagaId,
    },
    /// This program has no definition of that kind.
    #[error("no definition of saga kind {kind} is known here")]
    UnknownKind {
        /// The kind.
        kind: String,
    },
}

pub(super) struct Shared {
    pub(super) pool: PgPool,
    pub(super) kinds: BTreeMap<&'static str, Bound>,
    pub(super) names: Vec<String>,
    pub(super) settings: Settings,
    pub(super) wake: Wake,
    pub(super) worker: Uuid,
    pub(super) fence_checked: bool,
}

/// Collects definitions with their services.
pub struct EngineBuilder<F = Fenced> {
    pool: PgPool,
    wake: Wake,
    settings: Settings,
    kinds: Vec<Result<Bound, DefinitionError>>,
    policy: PhantomData<F>,
}

impl<F: FencePolicy> EngineBuilder<F> {
    /// Runs sagas of this definition with these services.
    #[must_use]
    pub fn saga<C: Clone + Send + Sync + 'static>(mut self, definition: SagaDef<C>, context: &C) -> Self {
        self.kinds.push(definition.bind(context));
        self
    }

    /// Another policy type; for the broken twin of the fence tests.
    #[must_use]
    pub fn policy<G: FencePolicy>(self) -> EngineBuilder<G> {
        EngineBuilder {
            pool: self.pool,
            wake: self.wake,
            settings: self.settings,
            kinds: self.kinds,
            policy: PhantomData,
        }
    }

    /// The engine, with a worker identity of its own.
    ///
    /// # Errors
    /// A definition that cannot be run.
    pub fn build(self) -> Result<Engine, DefinitionError> {
        let mut kinds = BTreeMap::new();
        for bound in self.kinds {
            let bound = bound?;
            let kind = bound.kind;
            if kinds.insert(kind, bound).is_some() {
                return Err(DefinitionError::SameKind { kind });
            }
        }
        Ok(Engine(Arc::new(Shared {
            pool: self.pool,
            names: kinds.keys().map(|kind| (*kind).to_owned()).collect(),
            kinds,
            settings: self.settings,
            wake: self.wake,
            worker: random::id(),
            fence_checked: F::CHECKED,
        })))
    }
}

/// Runs sagas; cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

impl Engine {
    /// An engine on this pool.
    pub fn builder(pool: PgPool, wake: Wake, settings: Settings) -> EngineBuilder {
        EngineBuilder { pool, wake, settings, kinds: Vec::new(), policy: PhantomData }
    }

    /// Works until stopped, then drains: nothing new is claimed, steps at work may finish within the setting, what is
    /// left is dropped, and every lease is given back. Passing database errors are waited out.
    pub async fn run(&self, stop: &CancellationToken) {
        let shared = &self.0;
        let mut woken = shared.wake.subscribe();
        let mut running: JoinSet<()> = JoinSet::new();
        while !stop.is_cancelled() {
            let wait = self.fill(&mut running, stop).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
                () = woken.on(|signal| signal != Signal::Timers) => {}
                Some(ended) = running.join_next() => report_panic(ended),
            }
        }
        let deadline = Instant::now() + shared.settings.drain;
        while let Ok(Some(ended)) = tokio::time::timeout_at(deadline, running.join_next()).await {
            report_panic(ended);
        }
        // Dropping the futures first: when the leases are free, nothing of ours runs any more.
        running.shutdown().await;
        match store::release_all(&shared.pool, shared.worker).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(sagas = count, "sagas handed over in the middle of a step"),
            Err(error) => {
                tracing::warn!(%error, "leases could not be given back; they will run out")
            }
        }
    }

    /// Claims as much as there is room for; says how long nothing more can be due.
    async fn fill(&self, running: &mut JoinSet<()>, stop: &CancellationToken) -> Duration {
        let shared = &self.0;
        let poll = shared.settings.poll;
        while running.len() < shared.settings.workers {
            match self.claim(None).await {
                Ok(Some(claim)) => {
                    let (shared, stop) = (Arc::clone(shared), stop.clone());
                    running.spawn(async move {
                        match run::run(&shared, claim, &stop).await {
                            Ok(turn) => tracing::debug!(saga.id = %claim.saga, ?turn, "saga left"),
                            Err(error) => tracing::error!(saga.id = %claim.saga, %error, "saga could not go on"),
                        }
                    });
                }
                Ok(None) => {
                    let due = store::next_due(&shared.pool, &shared.names).await;
                    // Never below a hundredth of a second: a row that somebody has locked is due and not to be had.
                    let due = due.ok().flatten().unwrap_or(poll).max(Duration::from_millis(10));
                    return due.min(poll);
                }
                Err(error) => {
                    tracing::warn!(%error, "durable work could not be looked for");
                    return poll;
                }
            }
        }
        poll
    }

    async fn claim(&self, only: Option<SagaId>) -> Result<Option<store::Claim>, sqlx::Error> {
        let shared = &self.0;
        store::claim(&shared.pool, shared.worker, &shared.names, only, shared.settings.lease).await
    }

    /// Claims the saga named, or the one due longest, and works on it until it ends, waits or is lost. None when there
    /// is nothing to claim.
    ///
    /// # Errors
    /// See [`EngineError`]; a step's failure is none.
    pub async fn turn(&self, only: Option<SagaId>) -> Result<Option<Turn>, EngineError> {
        match self.claim(only).await? {
            Some(claim) => run::run(&self.0, claim, &CancellationToken::new()).await.map(Some),
            None => Ok(None),
        }
    }

    /// Works on one saga until it ends or is stuck, without the service (a command on the terminal). When the service
    /// has it, waits for its end. Dropping the future is like a crash: whoever comes goes on.
    ///
    /// # Errors
    /// See [`EngineError`]; a step's failure is none.
    pub async fn drive(&self, saga: SagaId) -> Result<SagaView, EngineError> {
        loop {
            let turn = self.turn(Some(saga)).await?;
            let mut connection = self.0.pool.acquire().await?;
            let view = store::view(&mut connection, saga).await?.ok_or(EngineError::UnknownSaga { saga })?;
            drop(connection);
            if !self.0.kinds.contains_key(view.kind.as_str()) {
                return Err(EngineError::UnknownKind { kind: view.kind });
            }
            if view.state.is_end() || (view.state == SagaState::Stuck && view.requested.is_none()) {
                return Ok(view);
            }
            // Due and not to be had: the service works on it, and its end is waited for.
            let floor = Duration::from_millis(if turn.is_none() { 100 } else { 1 });
            let due = store::until(&self.0.pool, view.next_run_at).await?.max(floor);
            tokio::time::sleep(due.min(self.0.settings.poll)).await;
        }
    }
}

fn report_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "an observer panicked; its saga is taken up again when its lease has run out");
    }
}
