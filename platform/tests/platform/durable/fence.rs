//! A worker that lost its lease writes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use waas_platform::durable::{
    Engine, FencePolicy, Fenced, LostLease, SagaState, Settings, StepOutcome, StepRun, Turn, Undo, Wake, step,
};

use super::{begin, engine, expire, fast, look, step_named, toy_of};
use crate::database::with_database;

struct Unfenced;

impl FencePolicy for Unfenced {
    const CHECKED: bool = false;
}

/// A worker stands still in a step past its lease, another finishes the saga, the first goes on: what came of the first,
/// whether the step could still write through its own transaction, and whose output is kept.
async fn zombie<F: FencePolicy>(pool: PgPool) -> anyhow::Result<(Option<Turn>, bool, Value)> {
    let (entered, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let wrote = Arc::new(AtomicUsize::new(0));
    let slow = {
        let (entered, gate, wrote) = (Arc::clone(&entered), Arc::clone(&gate), Arc::clone(&wrote));
        move |_: PgPool, run: StepRun| {
            let (entered, gate, wrote) = (Arc::clone(&entered), Arc::clone(&gate), Arc::clone(&wrote));
            async move {
                entered.notify_one();
                gate.notified().await;
                match run.begin().await {
                    Ok(tx) => {
                        tx.commit().await?;
                        wrote.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(error) => ensure!(error.is::<LostLease>(), "{error}"),
                }
                StepOutcome::done_with(&"zombie")
            }
        }
    };
    let definition = |forward| toy_of(vec![forward]);
    let zombie = Engine::builder(pool.clone(), Wake::default(), fast())
        .policy::<F>()
        .saga(definition(step("one", slow, Undo::none("a test"))), &pool)
        .build()?;
    let living = definition(step("one", |_, _| async { StepOutcome::done_with(&"living") }, Undo::none("a test")));
    let saga = begin(&pool, &living).await?;
    let standing = tokio::spawn(async move { zombie.turn(Some(saga)).await });
    entered.notified().await;
    expire(&pool, saga).await?;
    let view = engine(&pool, living)?.drive(saga).await?;
    ensure!(view.state == SagaState::Done);
    gate.notify_one();
    let turn = standing.await??;
    let output = step_named(&look(&pool, saga).await?, "one")?.output.clone().context("an output")?;
    Ok((turn, wrote.load(Ordering::SeqCst) == 1, output))
}

#[tokio::test]
async fn a_zombie_writes_nothing() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (turn, wrote, output) = zombie::<Fenced>(pool).await?;
        ensure!(matches!(turn, Some(Turn::Lost(LostLease { fence: 1, .. }))), "{turn:?}");
        ensure!(!wrote && output == json!("living"), "wrote: {wrote}, output: {output}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn twin_without_the_fence_a_zombie_writes() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (turn, wrote, output) = zombie::<Unfenced>(pool).await?;
        ensure!(!matches!(turn, Some(Turn::Lost(_))), "{turn:?}");
        ensure!(wrote && output == json!("zombie"), "wrote: {wrote}, output: {output}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_worker_that_cannot_renew_stops_its_step() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let entered = Arc::new(Notify::new());
        let stopped = CancellationToken::new();
        let endless = {
            let (entered, stopped) = (Arc::clone(&entered), stopped.clone());
            move |_: PgPool, run: StepRun| {
                let (entered, stopped) = (Arc::clone(&entered), stopped.clone());
                tokio::spawn({
                    let token = run.cancelled().clone();
                    async move {
                        token.cancelled().await;
                        stopped.cancel();
                    }
                });
                async move {
                    entered.notify_one();
                    std::future::pending().await
                }
            }
        };
        let definition = toy_of(vec![step("one", endless, Undo::none("a test"))]);
        let settings = Settings { lease: Duration::from_millis(300), ..fast() };
        let worker =
            Engine::builder(pool.clone(), Wake::default(), settings).saga(definition.clone(), &pool).build()?;
        let saga = begin(&pool, &definition).await?;
        let working = tokio::spawn(async move { worker.turn(Some(saga)).await });
        entered.notified().await;
        sqlx::query("update sagas set fence = fence + 1 where id = $1").bind(saga.0).execute(&pool).await?;
        let turn = working.await??;
        ensure!(matches!(turn, Some(Turn::Lost(_))), "{turn:?}");
        stopped.cancelled().await;
        Ok(())
    })
    .await
}
