//! One claimed saga: enters its steps, records what became of them, keeps the lease alive meanwhile.
//!
//! Everything is written through [`Run::record`], under the fence, with the observer in the same transaction. Whoever
//! loses the lease drops the step's future where it stands and writes nothing more.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use sqlx::PgConnection;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::budget::Budget;
use super::decide::{self, Ended, Move, Next};
use super::definition::{Bound, BoundStep};
use super::engine::{EngineError, Shared, Turn};
use super::state::{SagaState, Wish};
use super::step::{Reach, StepOutcome, StepRun};
use super::store::{self, Claim, Held};
use super::view::{SagaView, StepView};
use super::wake::Signal;
use crate::db::Tx;

/// Works on a claimed saga until it ends, waits, is stuck, is drained or lost.
pub(super) async fn run(shared: &Arc<Shared>, claim: Claim, drain: &CancellationToken) -> Result<Turn, EngineError> {
    let held = Held { saga: claim.saga, fence: claim.fence, worker: shared.worker, checked: shared.fence_checked };
    let lost = CancellationToken::new();
    let run =
        Run { shared: Arc::clone(shared), held, wished: lost.child_token(), lost: lost.clone(), drain: drain.clone() };
    let _stop_children = lost.drop_guard();
    tokio::select! {
        turn = run.work(claim.vanished) => turn,
        () = run.keep_lease() => Ok(Turn::Lost(held.lost())),
    }
    .or_else(|error| match error {
        EngineError::Lost(lease) => Ok(Turn::Lost(lease)),
        other => Err(other),
    })
}

struct Run {
    shared: Arc<Shared>,
    held: Held,
    /// Cancelled when this run ends; undo functions and children see it.
    lost: CancellationToken,
    /// Cancelled also when a person asks to unwind; forward functions see it.
    wished: CancellationToken,
    drain: CancellationToken,
}

impl Run {
    async fn work(&self, mut vanished: bool) -> Result<Turn, EngineError> {
        let mut view = self.look().await?;
        let kind = self
            .shared
            .kinds
            .get(view.kind.as_str())
            .ok_or_else(|| EngineError::UnknownKind { kind: view.kind.clone() })?;
        loop {
            let change = match decide::next(&view)? {
                Next::Rest => return Ok(Turn::Rested(view.state)),
                Next::Record(change) => change,
                Next::Forward(_) | Next::Undo(_) if self.drain.is_cancelled() => {
                    self.record(kind, &hand_over(&view)).await?;
                    return Ok(Turn::HandedOver);
                }
                Next::Forward(position) | Next::Undo(position) => {
                    let change = self.attempt(kind, &view, position, vanished).await?;
                    vanished = false;
                    change
                }
            };
            view = self.record(kind, &change).await?;
            if view.state.is_end() {
                return Ok(Turn::Rested(view.state));
            }
            if change.release.is_some() {
                return Ok(if view.state == SagaState::Stuck { Turn::Rested(view.state) } else { Turn::Waiting });
            }
        }
    }

    /// Enters a step's function and says what its end changes; that is recorded by the caller.
    async fn attempt(&self, kind: &Bound, view: &SagaView, position: i32, vanished: bool) -> Result<Move, EngineError> {
        let step = at(view, position)?;
        let undoing = view.state == SagaState::Undoing;
        let known = kind.steps.get(step.name.as_str());
        let Some((bound, function)) = known.and_then(|bound| {
            let function = if undoing { bound.undo.as_ref()? } else { &bound.forward };
            Some((bound, function))
        }) else {
            return Ok(decide::unknown(view, step)?);
        };
        let settings = &self.shared.settings;
        let entering = decide::enter(view, step, vanished, settings.max_interruptions)?;
        if entering.saga == SagaState::Stuck {
            return Ok(entering);
        }
        let view = self.record(kind, &entering).await?;
        let step = at(&view, position)?;
        let ended = self.call(function(self.step_run(kind, &view, step).await?), bound).await;
        let budget =
            |attempts| Budget { attempts, backoff_first: settings.backoff_first, backoff_max: settings.backoff_max };
        Ok(if undoing {
            decide::after_undo(&view, step, ended, budget(bound.limits.undo_attempts))?
        } else {
            decide::after_forward(&view, step, ended, budget(bound.limits.attempts), kind.on_failure)?
        })
    }

    async fn call(&self, function: BoxFuture<'static, super::step::StepResult>, bound: &BoundStep) -> Ended {
        let timeout = bound.limits.timeout;
        match tokio::time::timeout(timeout, AssertUnwindSafe(function).catch_unwind()).await {
            Ok(Ok(Ok(StepOutcome::Done(output)))) => Ended::Done(output),
            Ok(Ok(Ok(StepOutcome::Snooze(wait)))) => Ended::Snooze(wait),
            Ok(Ok(Ok(StepOutcome::Fail(reason)))) => Ended::Failed(reason),
            Ok(Ok(Err(error))) => Ended::Passing(format!("{error:#}")),
            Ok(Err(panic)) => Ended::Failed(format!("panicked: {}", words_of(panic.as_ref()))),
            Err(_) => Ended::Passing(format!("took longer than {timeout:?}")),
        }
    }

    async fn step_run(&self, kind: &Bound, view: &SagaView, step: &StepView) -> Result<StepRun, EngineError> {
        let outputs: BTreeMap<_, _> =
            view.steps.iter().filter_map(|step| Some((step.name.clone(), step.output.clone()?))).collect();
        let elapsed = match step.started_at {
            Some(since) => store::elapsed(&self.shared.pool, since).await?,
            None => std::time::Duration::ZERO,
        };
        let cancel = if view.state == SagaState::Undoing { &self.lost } else { &self.wished };
        Ok(StepRun {
            saga: view.id,
            subject: view.subject.clone(),
            step: step.name.clone(),
            params: Arc::new(view.params.clone()),
            outputs: Arc::new(outputs),
            attempt: u32::try_from(step.attempts).unwrap_or(1),
            fence: self.held.fence,
            elapsed,
            cancel: cancel.child_token(),
            reach: Arc::new(Hand {
                shared: Arc::clone(&self.shared),
                held: self.held,
                kind: kind.clone(),
                step: step.name.clone(),
            }),
        })
    }

    async fn look(&self) -> Result<SagaView, EngineError> {
        let mut connection = self.shared.pool.acquire().await?;
        store::view(&mut connection, self.held.saga).await?.ok_or(EngineError::UnknownSaga { saga: self.held.saga })
    }

    async fn record(&self, kind: &Bound, change: &Move) -> Result<SagaView, EngineError> {
        let mut tx = self.shared.pool.begin().await?;
        if !store::record(&mut tx, &self.held, change).await? {
            return Err(EngineError::Lost(self.held.lost()));
        }
        let view = observe(&mut tx, kind, &self.held).await?;
        tx.commit().await?;
        tracing::debug!(saga.id = %view.id, saga.kind = kind.kind, saga.state = view.state.as_str(),
            saga.step = view.step.as_deref(), "saga recorded");
        Ok(view)
    }

    /// Renews the lease each third of it; returns when it is lost.
    async fn keep_lease(&self) {
        let lease = self.shared.settings.lease;
        let mut woken = self.shared.wake.subscribe();
        let mut good_since = Instant::now();
        loop {
            tokio::select! {
                () = tokio::time::sleep(lease / 3) => {}
                () = woken.on(|signal| signal == Signal::Saga(self.held.saga)) => {}
            }
            let asked = Instant::now();
            let left = lease.saturating_sub(asked - good_since);
            match tokio::time::timeout(left, store::renew(&self.shared.pool, &self.held, lease)).await {
                Ok(Ok(Some(wish))) => {
                    good_since = asked;
                    if matches!(wish, Some(Wish::Undo | Wish::Cancel)) {
                        self.wished.cancel();
                    }
                }
                Ok(Ok(None)) => break,
                // The database may come back in time; the remaining lease decides.
                Ok(Err(error)) => {
                    tracing::warn!(saga.id = %self.held.saga, %error, "a lease could not be renewed")
                }
                Err(_) => break,
            }
        }
        tracing::warn!(saga.id = %self.held.saga, saga.fence = self.held.fence, "the lease of a saga is lost");
    }
}

/// Giving the lease back between two steps; the saga is due at once for whoever comes.
fn hand_over(view: &SagaView) -> Move {
    Move { release: Some(std::time::Duration::ZERO), ..decide::staying(view) }
}

fn at(view: &SagaView, position: i32) -> Result<&StepView, EngineError> {
    view.steps.iter().find(|step| step.position == position).ok_or(EngineError::UnknownSaga { saga: view.id })
}

async fn observe(connection: &mut PgConnection, kind: &Bound, held: &Held) -> Result<SagaView, EngineError> {
    let view = store::view(connection, held.saga).await?.ok_or(EngineError::UnknownSaga { saga: held.saga })?;
    if let Some(observer) = &kind.on_change {
        observer(connection, &view).await.map_err(|source| EngineError::Observer { saga: held.saga, source })?;
    }
    Ok(view)
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words")
}

/// A step's hand on the engine.
struct Hand {
    shared: Arc<Shared>,
    held: Held,
    kind: Bound,
    step: String,
}

impl Reach for Hand {
    fn report<'a>(&'a self, progress: Option<u8>, note: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let mut tx = self.begin().await?;
            store::report(&mut tx, self.held.saga, &self.step, progress.map(i16::from), note).await?;
            observe(&mut tx, &self.kind, &self.held).await?;
            Ok(tx.commit().await?)
        })
    }

    fn begin(&self) -> BoxFuture<'_, anyhow::Result<Tx>> {
        Box::pin(async move {
            let mut tx = self.shared.pool.begin().await?;
            if store::pin(&mut tx, &self.held).await? { Ok(tx) } else { Err(anyhow::Error::new(self.held.lost())) }
        })
    }
}
