//! What people do to a saga, and what they see of one that fails.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use futures_util::StreamExt as _;
use serde_json::json;
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use waas_platform::durable::operations::{cancel, counts, enqueue, follow, retry, show, undo};
use waas_platform::durable::{
    Answer, Engine, NewSaga, OnFailure, SagaId, SagaState, Settings, StepOutcome, StepResult, StepRun, StepState, Undo,
    Wake, step,
};

use super::{begin, effects, effects_table, engine, expire, fast, look, nothing, put, take, toy, toy_of};
use crate::database::with_database;

#[tokio::test]
async fn enqueue_is_part_of_the_callers_transaction_and_deduplicated() -> anyhow::Result<()> {
    with_database(|pool| async move {
        effects_table(&pool).await?;
        let new = || anyhow::Ok(NewSaga::of(&toy(), "shop", &json!({}))?.dedupe("toy:shop").by("bo"));
        let mut tx = pool.begin().await?;
        let lost = enqueue(&mut tx, new()?).await?.id;
        tx.rollback().await?;
        let mut connection = pool.acquire().await?;
        ensure!(show(&mut connection, lost).await?.is_none());

        let first = enqueue(&mut connection, new()?).await?;
        let second = enqueue(&mut connection, new()?).await?;
        ensure!(!first.already && second.already && first.id == second.id);
        let view = look(&pool, first.id).await?;
        let plan: Vec<_> = view.steps.iter().map(|step| step.undo_none_because.as_deref()).collect();
        ensure!(plan == [None, None, Some("nothing was told"), None], "{plan:?}");
        ensure!(view.step.as_deref() == Some("one") && view.created_by.as_deref() == Some("bo"));

        let done = engine(&pool, toy())?.drive(first.id).await?;
        ensure!(done.state == SagaState::Done);
        ensure!(!enqueue(&mut connection, new()?).await?.already, "an ended saga must free its key");
        let states = counts(&mut connection).await?;
        ensure!(states.contains(&(SagaState::Done, 1)) && states.contains(&(SagaState::Queued, 1)));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_json_is_the_jobs_object_of_the_contract() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let definition = toy_of(vec![step("tell", nothing, Undo::none("a test"))]);
        let saga = begin(&pool, &definition).await?;
        let expected = json!({
            "id": saga, "kind": "toy", "subject": "shop", "state": "queued", "step": "tell",
            "steps": [{"name": "tell", "state": "pending", "started_at": null, "finished_at": null, "error": null}],
        });
        let json = serde_json::to_value(look(&pool, saga).await?)?;
        ensure!(json == expected, "{json}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn passing_errors_are_tried_again_until_the_budget_is_spent() -> anyhow::Result<()> {
    with_database(|pool| async move {
        effects_table(&pool).await?;
        let flaky = |fails: u32| {
            move |pool: PgPool, run: StepRun| async move {
                if run.attempt() <= fails { Err(anyhow!("not yet")) } else { put(pool, run).await }
            }
        };
        let passes = toy_of(vec![step("one", flaky(2), Undo::by(take)).attempts(3)]);
        let saga = begin(&pool, &passes).await?;
        let view = engine(&pool, passes)?.drive(saga).await?;
        ensure!(view.state == SagaState::Done && view.steps[0].attempts == 3 && view.steps[0].error.is_none());

        let spent = toy_of(vec![step("one", flaky(3), Undo::by(take)).attempts(3)]);
        let saga = begin(&pool, &spent).await?;
        let view = engine(&pool, spent)?.drive(saga).await?;
        ensure!(view.state == SagaState::Undone && view.error.as_deref() == Some("one: not yet"), "{view:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_panic_and_a_time_out_are_failures_with_words() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let panics = |_: PgPool, _: StepRun| async { panic!("the roof fell in") };
        let hangs = |_: PgPool, _: StepRun| std::future::pending::<StepResult>();
        let hanging = step("one", hangs, Undo::none("a test")).timeout(Duration::from_millis(20)).attempts(1);
        for (line, words) in [
            (step("one", panics, Undo::none("a test")), "one: panicked: the roof fell in"),
            (hanging, "one: took longer than 20ms"),
        ] {
            let definition = toy_of(vec![line]);
            let saga = begin(&pool, &definition).await?;
            let view = engine(&pool, definition)?.drive(saga).await?;
            ensure!(view.state == SagaState::Undone && view.error.as_deref() == Some(words), "{view:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_failed_undo_is_stuck_until_a_person_retries() -> anyhow::Result<()> {
    with_database(|pool| async move {
        effects_table(&pool).await?;
        let fails = |_: PgPool, _: StepRun| async { Ok(StepOutcome::Fail("no".to_owned())) };
        let definition = |undo| {
            toy_of(vec![step("one", put, undo), step("two", fails, Undo::by(take)), step("three", put, Undo::by(take))])
        };
        let broken = definition(Undo::by(fails));
        let saga = begin(&pool, &broken).await?;
        let view = engine(&pool, broken.clone())?.drive(saga).await?;
        ensure!(view.state == SagaState::Stuck && view.step.as_deref() == Some("one"), "{view:?}");
        let states: Vec<_> = view.steps.iter().map(|step| step.state).collect();
        ensure!(states == [StepState::UndoFailed, StepState::Undone, StepState::Skipped], "{states:?}");
        ensure!(engine(&pool, broken)?.turn(None).await?.is_none(), "a stuck saga was claimed without a wish");

        let mut connection = pool.acquire().await?;
        ensure!(retry(&mut connection, saga, "bo").await? == Answer::Accepted);
        let view = engine(&pool, definition(Undo::by(take)))?.drive(saga).await?;
        ensure!(view.state == SagaState::Undone && effects(&pool).await? == json!([]), "{view:?}");
        let late = retry(&mut connection, saga, "bo").await?;
        ensure!(late == Answer::WrongState(SagaState::Undone), "{late:?}");
        let unknown = SagaId(waas_platform::clock::random::id());
        ensure!(undo(&mut connection, unknown, "bo").await? == Answer::NotFound);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_saga_that_pauses_is_retried_or_undone_by_choice() -> anyhow::Result<()> {
    with_database(|pool| async move {
        effects_table(&pool).await?;
        let fails = |_: PgPool, _: StepRun| async { Ok(StepOutcome::Fail("no".to_owned())) };
        let pausing = toy_of(vec![step("one", put, Undo::by(take)), step("two", fails, Undo::by(take))])
            .on_failure(OnFailure::Pause);
        let mended = toy_of(vec![step("one", put, Undo::by(take)), step("two", put, Undo::by(take))]);
        let mut connection = pool.acquire().await?;

        let retried = begin(&pool, &pausing).await?;
        let view = engine(&pool, pausing.clone())?.drive(retried).await?;
        ensure!(view.state == SagaState::Stuck && view.error.as_deref() == Some("two: no"), "{view:?}");
        ensure!(retry(&mut connection, retried, "bo").await? == Answer::Accepted);
        let view = engine(&pool, mended)?.drive(retried).await?;
        ensure!(view.state == SagaState::Done && view.error.is_none(), "{view:?}");
        ensure!(view.steps[0].attempts == 1, "a step that was done was entered again");
        sqlx::query("delete from effects").execute(&pool).await?;

        let undone = begin(&pool, &pausing).await?;
        engine(&pool, pausing.clone())?.drive(undone).await?;
        ensure!(undo(&mut connection, undone, "bo").await? == Answer::Accepted);
        let view = engine(&pool, pausing)?.drive(undone).await?;
        ensure!(view.state == SagaState::Undone && effects(&pool).await? == json!([]), "{view:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn cancel_reaches_a_step_at_work_and_a_saga_not_begun() -> anyhow::Result<()> {
    with_database(|pool| async move {
        effects_table(&pool).await?;
        let entered = Arc::new(Notify::new());
        let long = {
            let entered = Arc::clone(&entered);
            move |pool: PgPool, run: StepRun| {
                let entered = Arc::clone(&entered);
                async move {
                    put(pool, run.clone()).await?;
                    entered.notify_one();
                    run.cancelled().cancelled().await;
                    Err(anyhow!("stopped early"))
                }
            }
        };
        let definition = toy_of(vec![step("one", put, Undo::by(take)), step("two", long, Undo::by(take)).attempts(1)]);
        let wake = Wake::default();
        let stop = CancellationToken::new();
        let worker = Engine::builder(pool.clone(), wake.clone(), fast()).saga(definition.clone(), &pool).build()?;
        let running = tokio::spawn({
            let (pool, stop) = (pool.clone(), stop.clone());
            async move { tokio::join!(wake.listen(&pool, &stop), worker.run(&stop)) }
        });
        let saga = begin(&pool, &definition).await?;
        entered.notified().await;
        let mut connection = pool.acquire().await?;
        ensure!(cancel(&mut connection, saga, "bo").await? == Answer::Accepted);
        let mut seen = pin!(follow(pool.clone(), saga, Duration::from_millis(10)));
        let mut end = None;
        while let Some(view) = seen.next().await {
            end = Some(view?);
        }
        let end = end.context("nothing was followed")?;
        ensure!(end.state == SagaState::Cancelled && effects(&pool).await? == json!([]), "{end:?}");
        stop.cancel();
        running.await?;

        let unbegun = begin(&pool, &definition).await?;
        ensure!(cancel(&mut connection, unbegun, "bo").await? == Answer::Accepted);
        let view = engine(&pool, definition)?.drive(unbegun).await?;
        ensure!(view.state == SagaState::Cancelled);
        ensure!(view.steps.iter().all(|step| step.state == StepState::Skipped), "{view:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_snoozing_step_waits_without_spending_its_budget() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let waits = |_: PgPool, run: StepRun| async move {
            run.report(Some(10), "waiting").await?;
            Ok(if run.attempt() < 6 { StepOutcome::Snooze(Duration::from_millis(1)) } else { StepOutcome::done() })
        };
        let definition = toy_of(vec![step("one", waits, Undo::none("a test")).attempts(1)]);
        let saga = begin(&pool, &definition).await?;
        let view = engine(&pool, definition)?.drive(saga).await?;
        ensure!(view.state == SagaState::Done && view.steps[0].note.as_deref() == Some("waiting"), "{view:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn observers_commit_with_each_record_or_refuse_it() -> anyhow::Result<()> {
    with_database(|pool| async move {
        effects_table(&pool).await?;
        sqlx::query("create table cards_seen (n int generated always as identity, seen text)").execute(&pool).await?;
        let observed = toy_of(vec![step("one", put, Undo::by(take)), step("two", put, Undo::by(take))]).on_change(
            |_, connection, view| {
                Box::pin(async move {
                    let steps: Vec<_> = view.steps.iter().map(|step| step.state.as_str()).collect();
                    sqlx::query("insert into cards_seen (seen) values ($1)")
                        .bind(format!("{} {}", view.state.as_str(), steps.join(" ")))
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            },
        );
        let saga = begin(&pool, &observed).await?;
        engine(&pool, observed)?.drive(saga).await?;
        let seen: Vec<String> = sqlx::query_scalar("select seen from cards_seen order by n").fetch_all(&pool).await?;
        ensure!(
            seen == [
                "running running pending",
                "running done pending",
                "running done running",
                "running done done",
                "done done done",
            ],
            "{seen:?}"
        );

        let refusing = toy().on_change(|_, _, _| Box::pin(async { Err(anyhow!("no card")) }));
        let saga = begin(&pool, &refusing).await?;
        ensure!(engine(&pool, refusing)?.turn(Some(saga)).await.is_err());
        let view = look(&pool, saga).await?;
        ensure!(view.state == SagaState::Queued && view.steps[0].state == StepState::Pending, "{view:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_step_that_kills_its_workers_ends_as_stuck() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let entered = Arc::new(Notify::new());
        let deadly = {
            let entered = Arc::clone(&entered);
            move |_: PgPool, _: StepRun| {
                entered.notify_one();
                std::future::pending::<StepResult>()
            }
        };
        let definition = toy_of(vec![step("one", deadly, Undo::none("a test"))]);
        let settings = Settings { max_interruptions: 2, ..fast() };
        let saga = begin(&pool, &definition).await?;
        for _ in 0..3 {
            let worker = Engine::builder(pool.clone(), Wake::default(), settings.clone())
                .saga(definition.clone(), &pool)
                .build()?;
            let working = tokio::spawn(async move { worker.drive(saga).await });
            entered.notified().await;
            working.abort();
            let _ = working.await;
            expire(&pool, saga).await?;
        }
        let last = Engine::builder(pool.clone(), Wake::default(), settings).saga(definition, &pool).build()?;
        let view = last.drive(saga).await?;
        ensure!(view.state == SagaState::Stuck, "{view:?}");
        ensure!(view.error.as_deref() == Some("one: its worker vanished 3 times"), "{view:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_step_that_the_program_does_not_know_is_stuck_and_resumes_later() -> anyhow::Result<()> {
    with_database(|pool| async move {
        effects_table(&pool).await?;
        let saga = begin(&pool, &toy()).await?;
        let older = toy_of(vec![step("one", put, Undo::by(take))]);
        let view = engine(&pool, older)?.drive(saga).await?;
        ensure!(view.state == SagaState::Stuck && view.step.as_deref() == Some("two"), "{view:?}");
        retry(&mut *pool.acquire().await?, saga, "bo").await?;
        let view = engine(&pool, toy())?.drive(saga).await?;
        ensure!(view.state == SagaState::Done, "{view:?}");
        Ok(())
    })
    .await
}
