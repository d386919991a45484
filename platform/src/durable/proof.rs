//! The generic tests that every saga has to pass, on a real database with its real effects.
//!
//! For each step in turn: it fails before and after its effect; it is done twice; its undo is done twice; its worker dies
//! between effect and record, forward and undoing. Afterwards what the case calls its inventory is as it was before, no undo
//! has failed, and the step meant was really the one reached. For tests; the hub itself does not call this.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use futures_util::future::BoxFuture;
use serde_json::Value;
use sqlx::PgPool;
use tokio::sync::Notify;

use super::definition::{OnFailure, SagaDef, StepFn, Undo, UndoFn};
use super::engine::{Engine, Settings};
use super::operations::{NewSaga, enqueue};
use super::state::{SagaState, StepState};
use super::step::StepOutcome;
use super::view::{SagaId, SagaView};
use super::wake::Wake;

const DEADLINE: Duration = Duration::from_secs(120);

/// A fresh subject and parameters for the n-th run; the same ones twice would let a proof pass emptily.
type Fresh = Box<dyn Fn(usize) -> (String, Value) + Send + Sync>;
/// What there is now, as far as the saga may touch it.
type Inventory = Box<dyn Fn() -> BoxFuture<'static, anyhow::Result<Value>> + Send + Sync>;
/// Removes what a finished saga made.
type Remove = Box<dyn Fn(SagaView) -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync>;

/// A saga with its world.
pub struct Case<C> {
    /// Where sagas are kept.
    pub pool: PgPool,
    /// The saga.
    pub definition: SagaDef<C>,
    /// Its services.
    pub context: C,
    /// New subject and parameters for each run.
    pub fresh: Fresh,
    /// Everything the saga may touch, comparable.
    pub inventory: Inventory,
    /// Clears away what a saga that ended as done has made.
    pub remove: Remove,
}

/// All proofs, one after another.
///
/// # Errors
/// The first that fails, naming the step.
pub async fn all<C: Clone + Send + Sync + 'static>(case: &Case<C>) -> anyhow::Result<()> {
    fail_at_each_step(case).await?;
    repeat_each_step(case).await?;
    repeat_each_undo(case).await?;
    crash_in_each_step(case).await?;
    crash_in_each_undo(case).await
}

/// Each step fails for good, once without its effect and once with it; everything is unwound.
///
/// # Errors
/// Another step failed, an undo failed, or something is left.
pub async fn fail_at_each_step<C: Clone + Send + Sync + 'static>(case: &Case<C>) -> anyhow::Result<()> {
    for (run, name) in names(case).into_iter().enumerate() {
        for (turn, failing) in [failing_before(), failing_after()].into_iter().enumerate() {
            let definition = forward_of(case, name, failing);
            unwinds(case, definition, name, &format!("fail at {name}"), 2 * run + turn).await?;
        }
    }
    Ok(())
}

/// Each step is done twice in one attempt; then the last step fails, and everything is unwound.
///
/// # Errors
/// See [`fail_at_each_step`].
pub async fn repeat_each_step<C: Clone + Send + Sync + 'static>(case: &Case<C>) -> anyhow::Result<()> {
    let last = last(case)?;
    for (run, name) in names(case).into_iter().enumerate() {
        let mut definition = forward_of(case, name, repeated());
        wrap_forward(&mut definition, last, failing_after());
        unwinds(case, definition, last, &format!("repeat {name}"), 1_000 + run).await?;
    }
    Ok(())
}

/// The last step fails and each undo is done twice.
///
/// # Errors
/// See [`fail_at_each_step`].
pub async fn repeat_each_undo<C: Clone + Send + Sync + 'static>(case: &Case<C>) -> anyhow::Result<()> {
    let last = last(case)?;
    for (run, name) in undoable(case).into_iter().enumerate() {
        let mut definition = forward_of(case, last, failing_after());
        wrap_undo(&mut definition, name, repeated());
        unwinds(case, definition, last, &format!("repeat undo of {name}"), 2_000 + run).await?;
    }
    Ok(())
}

/// The worker vanishes in each step after its effect and before its record; another finishes the saga.
///
/// # Errors
/// The saga does not end as done, or something is left once that is removed.
pub async fn crash_in_each_step<C: Clone + Send + Sync + 'static>(case: &Case<C>) -> anyhow::Result<()> {
    for (run, name) in names(case).into_iter().enumerate() {
        let what = format!("crash in {name}");
        let before = (case.inventory)().await?;
        let reached = Arc::new(Notify::new());
        let hanging = forward_of(case, name, hanging(&reached));
        let saga = crash(case, hanging, &reached, &what, 3_000 + run).await?;
        let view = drive(case, case.definition.clone(), saga, &what).await?;
        ensure!(view.state == SagaState::Done, "{what}: ended as {:?}: {:?}", view.state, view.error);
        let step = view.steps.iter().find(|step| step.name == name).context("the step")?;
        ensure!(step.attempts >= 2 && step.interruptions == 1, "{what}: the crash was not in this step");
        (case.remove)(view).await?;
        same(&before, &(case.inventory)().await?, &what)?;
    }
    Ok(())
}

/// The last step fails, the worker vanishes in each undo after its effect and before its record; another unwinds the rest.
///
/// # Errors
/// See [`fail_at_each_step`].
pub async fn crash_in_each_undo<C: Clone + Send + Sync + 'static>(case: &Case<C>) -> anyhow::Result<()> {
    let last = last(case)?;
    for (run, name) in undoable(case).into_iter().enumerate() {
        let what = format!("crash in undo of {name}");
        let before = (case.inventory)().await?;
        let reached = Arc::new(Notify::new());
        let mut definition = forward_of(case, last, failing_after());
        wrap_undo(&mut definition, name, hanging(&reached));
        let saga = crash(case, definition, &reached, &what, 4_000 + run).await?;
        let view = drive(case, case.definition.clone(), saga, &what).await?;
        unwound(&view, last, &what)?;
        let step = view.steps.iter().find(|step| step.name == name).context("the step")?;
        ensure!(step.interruptions == 1, "{what}: the crash was not in this step");
        same(&before, &(case.inventory)().await?, &what)?;
    }
    Ok(())
}

/// Runs a sabotaged definition to its end and demands a clean slate.
async fn unwinds<C: Clone + Send + Sync + 'static>(
    case: &Case<C>,
    definition: SagaDef<C>,
    failing: &str,
    what: &str,
    run: usize,
) -> anyhow::Result<()> {
    let before = (case.inventory)().await?;
    let saga = begin(case, run).await?;
    let view = drive(case, definition, saga, what).await?;
    unwound(&view, failing, what)?;
    same(&before, &(case.inventory)().await?, what)
}

fn unwound(view: &SagaView, failing: &str, what: &str) -> anyhow::Result<()> {
    ensure!(view.state == SagaState::Undone, "{what}: ended as {:?}: {:?}", view.state, view.error);
    let failed = view.failed_step().map(|step| step.name.as_str());
    ensure!(failed == Some(failing), "{what}: the step that failed is {failed:?}, not {failing}");
    for step in &view.steps {
        let left = step.is_to_be_undone() || step.state == StepState::UndoFailed;
        ensure!(!left, "{what}: {} is left {:?}", step.name, step.state);
    }
    Ok(())
}

fn same(before: &Value, after: &Value, what: &str) -> anyhow::Result<()> {
    ensure!(before == after, "{what}: the inventory was {before} and is {after}");
    Ok(())
}

async fn begin<C: Clone + Send + Sync + 'static>(case: &Case<C>, run: usize) -> anyhow::Result<SagaId> {
    let (subject, params) = (case.fresh)(run);
    let mut connection = case.pool.acquire().await?;
    let new = NewSaga::of(&case.definition, subject, &params)?;
    Ok(enqueue(&mut connection, new).await?.id)
}

fn engine<C: Clone + Send + Sync + 'static>(case: &Case<C>, definition: SagaDef<C>) -> anyhow::Result<Engine> {
    let settings = Settings {
        lease: DEADLINE,
        poll: Duration::from_millis(20),
        backoff_first: Duration::from_millis(5),
        ..Settings::default()
    };
    let definition = definition.on_failure(OnFailure::Undo);
    Ok(Engine::builder(case.pool.clone(), Wake::default(), settings).saga(definition, &case.context).build()?)
}

async fn drive<C: Clone + Send + Sync + 'static>(
    case: &Case<C>,
    definition: SagaDef<C>,
    saga: SagaId,
    what: &str,
) -> anyhow::Result<SagaView> {
    let driven = tokio::time::timeout(DEADLINE, engine(case, definition)?.drive(saga)).await;
    Ok(driven.with_context(|| format!("{what}: no end within {DEADLINE:?}"))??)
}

/// Runs until the sabotaged function hangs after its effect, drops the worker there, and lets its lease run out.
async fn crash<C: Clone + Send + Sync + 'static>(
    case: &Case<C>,
    definition: SagaDef<C>,
    reached: &Notify,
    what: &str,
    run: usize,
) -> anyhow::Result<SagaId> {
    let saga = begin(case, run).await?;
    let worker = engine(case, definition)?;
    let mut working = tokio::spawn(async move { worker.drive(saga).await });
    tokio::select! {
        () = reached.notified() => {}
        ended = &mut working => bail!("{what}: ended before it could crash: {ended:?}"),
        () = tokio::time::sleep(DEADLINE) => bail!("{what}: not reached within {DEADLINE:?}"),
    }
    working.abort();
    // The error is the abort itself; awaited so that nothing of it runs any more.
    let _ = working.await;
    sqlx::query!("update sagas set lease_until = now() - interval '1 second' where id = $1", saga.0)
        .execute(&case.pool)
        .await?;
    Ok(saga)
}

fn names<C: Clone + Send + Sync + 'static>(case: &Case<C>) -> Vec<&'static str> {
    case.definition.plan().map(|(name, _)| name).collect()
}

fn undoable<C: Clone + Send + Sync + 'static>(case: &Case<C>) -> Vec<&'static str> {
    case.definition.plan().filter(|(_, because)| because.is_none()).map(|(name, _)| name).collect()
}

fn last<C: Clone + Send + Sync + 'static>(case: &Case<C>) -> anyhow::Result<&'static str> {
    case.definition.plan().last().map(|(name, _)| name).context("a saga without steps")
}

type Sabotage<C> = Box<dyn FnOnce(StepFn<C>) -> StepFn<C>>;

fn forward_of<C: Clone + Send + Sync + 'static>(case: &Case<C>, name: &str, sabotage: Sabotage<C>) -> SagaDef<C> {
    let mut definition = case.definition.clone();
    wrap_forward(&mut definition, name, sabotage);
    definition
}

fn wrap_forward<C>(definition: &mut SagaDef<C>, name: &str, sabotage: Sabotage<C>) {
    if let Some(step) = definition.steps.iter_mut().find(|step| step.name == name) {
        step.forward = sabotage(Arc::clone(&step.forward));
    }
}

fn wrap_undo<C>(definition: &mut SagaDef<C>, name: &str, sabotage: Sabotage<C>) {
    let step = definition.steps.iter_mut().find(|step| step.name == name);
    if let Some(Undo::By(UndoFn(function))) = step.map(|step| &mut step.undo) {
        *function = sabotage(Arc::clone(function));
    }
}

fn failing_before<C: 'static>() -> Sabotage<C> {
    Box::new(|_| Arc::new(|_, _| Box::pin(async { Ok(StepOutcome::Fail("sabotaged before".to_owned())) })))
}

fn failing_after<C: 'static>() -> Sabotage<C> {
    Box::new(|function| {
        Arc::new(move |context, run| {
            let effect = function(context, run);
            Box::pin(async move {
                Ok(match effect.await? {
                    StepOutcome::Done(_) => StepOutcome::Fail("sabotaged after".to_owned()),
                    other => other,
                })
            })
        })
    })
}

fn repeated<C: Clone + Send + 'static>() -> Sabotage<C> {
    Box::new(|function| {
        Arc::new(move |context: C, run| {
            let once = function(context.clone(), run.clone());
            let again = function(context, run);
            Box::pin(async move {
                match once.await? {
                    StepOutcome::Done(_) => again.await,
                    other => Ok(other),
                }
            })
        })
    })
}

fn hanging<C: 'static>(reached: &Arc<Notify>) -> Sabotage<C> {
    let reached = Arc::clone(reached);
    Box::new(move |function| {
        Arc::new(move |context, run| {
            let (effect, reached) = (function(context, run), Arc::clone(&reached));
            Box::pin(async move {
                match effect.await? {
                    StepOutcome::Done(_) => {
                        reached.notify_one();
                        std::future::pending().await
                    }
                    other => Ok(other),
                }
            })
        })
    })
}
