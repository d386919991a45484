//! Workers that die or are told to stop, and what becomes of their sagas.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use serde_json::json;
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use waas_platform::durable::operations::list;
use waas_platform::durable::{
    Engine, SagaState, Settings, StepOutcome, StepResult, StepRun, StepState, Turn, Undo, Wake, step,
};

use super::{begin, effects_table, engine, fast, look, nothing, put, take, toy, toy_of};
use crate::database::with_database;

#[tokio::test]
async fn a_killed_workers_saga_is_taken_over_by_the_clock_of_the_database() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let entered = Arc::new(Notify::new());
        let first = {
            let entered = Arc::clone(&entered);
            move |_: PgPool, run: StepRun| {
                let entered = Arc::clone(&entered);
                async move {
                    if run.attempt() == 1 {
                        entered.notify_one();
                        std::future::pending::<()>().await;
                    }
                    StepOutcome::done_with(&run.fence())
                }
            }
        };
        let definition = toy_of(vec![step("one", first, Undo::none("a test"))]);
        let settings = Settings { lease: Duration::from_millis(900), ..fast() };
        let build =
            || Engine::builder(pool.clone(), Wake::default(), settings.clone()).saga(definition.clone(), &pool).build();
        let (dying, heir) = (build()?, build()?);
        let saga = begin(&pool, &definition).await?;
        let working = tokio::spawn(async move { dying.drive(saga).await });
        entered.notified().await;
        working.abort();
        let _ = working.await;
        let view = tokio::time::timeout(Duration::from_secs(15), heir.drive(saga)).await??;
        ensure!(view.state == SagaState::Done && view.steps[0].output == Some(json!(2)), "{view:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_drain_finishes_the_step_at_work_and_hands_the_rest_over() -> anyhow::Result<()> {
    with_database(|pool| async move {
        effects_table(&pool).await?;
        let (entered, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (entered, gate) = (Arc::clone(&entered), Arc::clone(&gate));
            move |_: PgPool, _: StepRun| {
                let (entered, gate) = (Arc::clone(&entered), Arc::clone(&gate));
                async move {
                    entered.notify_one();
                    gate.notified().await;
                    Ok(StepOutcome::done())
                }
            }
        };
        let definition = toy_of(vec![step("one", slow, Undo::none("a test")), step("two", put, Undo::by(take))]);
        let stop = CancellationToken::new();
        let worker = engine(&pool, definition.clone())?;
        let saga = begin(&pool, &definition).await?;
        let running = tokio::spawn({
            let stop = stop.clone();
            async move { worker.run(&stop).await }
        });
        entered.notified().await;
        stop.cancel();
        gate.notify_one();
        running.await?;
        let view = look(&pool, saga).await?;
        let states: Vec<_> = view.steps.iter().map(|step| step.state).collect();
        ensure!(states == [StepState::Done, StepState::Pending], "{states:?}");
        // No lease is left to wait for.
        ensure!(engine(&pool, definition)?.turn(Some(saga)).await? == Some(Turn::Rested(SagaState::Done)));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_drain_drops_a_step_that_outlasts_it_and_frees_the_lease() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let entered = Arc::new(Notify::new());
        let endless = {
            let entered = Arc::clone(&entered);
            move |_: PgPool, _: StepRun| {
                entered.notify_one();
                std::future::pending::<StepResult>()
            }
        };
        let definition = |forward| toy_of(vec![forward]);
        let hanging = definition(step("one", endless, Undo::none("a test")));
        let settings = Settings { drain: Duration::from_millis(50), ..fast() };
        let worker = Engine::builder(pool.clone(), Wake::default(), settings).saga(hanging.clone(), &pool).build()?;
        let saga = begin(&pool, &hanging).await?;
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let stop = stop.clone();
            async move { worker.run(&stop).await }
        });
        entered.notified().await;
        stop.cancel();
        running.await?;
        let heir = engine(&pool, definition(step("one", nothing, Undo::none("a test"))))?;
        ensure!(heir.turn(Some(saga)).await? == Some(Turn::Rested(SagaState::Done)));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_list_has_pages_and_states() -> anyhow::Result<()> {
    with_database(|pool| async move {
        effects_table(&pool).await?;
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(begin(&pool, &toy()).await?);
        }
        engine(&pool, toy())?.drive(ids[4]).await?;
        let mut connection = pool.acquire().await?;
        let first = list(&mut connection, 3, None, None).await?;
        let second = list(&mut connection, 3, first.next, None).await?;
        let all: Vec<_> = first.sagas.iter().chain(&second.sagas).map(|saga| saga.id).collect();
        ensure!(all.iter().rev().eq(&ids) && second.next.is_none(), "{all:?}");
        let done = list(&mut connection, 3, None, Some(SagaState::Done)).await?;
        ensure!(done.sagas.len() == 1 && done.sagas[0].steps.len() == 4);
        Ok(())
    })
    .await
}
