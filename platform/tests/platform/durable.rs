//! Sagas, timers and leases on a real Postgres. A toy saga writes effects into a table; every guard has a broken twin.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use sqlx::{PgPool, Row as _};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use waas_platform::clock::Clock;
use waas_platform::durable::operations::{cancel, counts, enqueue, follow, list, retry, show, undo};
use waas_platform::durable::proof::{self, Case};
use waas_platform::durable::timers::{self, Scheduled, TimerSettings};
use waas_platform::durable::{
    Answer, Engine, FencePolicy, Fenced, Fired, Leases, LostLease, NewSaga, OnFailure, SagaDef, SagaId, SagaState,
    SagaView, Settings, Step, StepOutcome, StepResult, StepRun, StepState, Timers, Turn, Undo, Wake, step,
};

use crate::database::with_database;

// The toy: three steps that each leave a row, one that leaves none and has no undo.

async fn put(pool: PgPool, run: StepRun) -> StepResult {
    sqlx::query("insert into effects (subject, step) values ($1, $2) on conflict do nothing")
        .bind(run.subject())
        .bind(run.step())
        .execute(&pool)
        .await?;
    StepOutcome::done_with(&format!("{} of {}", run.step(), run.subject()))
}

async fn take(pool: PgPool, run: StepRun) -> StepResult {
    sqlx::query("delete from effects where subject = $1 and step = $2")
        .bind(run.subject())
        .bind(run.step())
        .execute(&pool)
        .await?;
    Ok(StepOutcome::done())
}

async fn nothing(_: PgPool, _: StepRun) -> StepResult {
    Ok(StepOutcome::done())
}

fn toy_of(steps: Vec<Step<PgPool>>) -> SagaDef<PgPool> {
    SagaDef::new("toy", 1, steps)
}

fn toy() -> SagaDef<PgPool> {
    toy_of(vec![
        step("one", put, Undo::by(take)),
        step("two", put, Undo::by(take)),
        step("tell", nothing, Undo::none("nothing was told")),
        step("three", put, Undo::by(take)),
    ])
}

fn fast() -> Settings {
    Settings {
        lease: Duration::from_secs(60),
        poll: Duration::from_millis(20),
        backoff_first: Duration::from_millis(1),
        ..Settings::default()
    }
}

fn engine(pool: &PgPool, definition: SagaDef<PgPool>) -> anyhow::Result<Engine> {
    Ok(Engine::builder(pool.clone(), Wake::default(), fast()).saga(definition, pool).build()?)
}

async fn effects_table(pool: &PgPool) -> anyhow::Result<()> {
    sqlx::query("create table effects (subject text, step text, primary key (subject, step))").execute(pool).await?;
    Ok(())
}

async fn effects(pool: &PgPool) -> anyhow::Result<Value> {
    let rows = sqlx::query("select subject, step from effects order by 1, 2").fetch_all(pool).await?;
    let row = |row: &sqlx::postgres::PgRow| json!([row.get::<String, _>(0), row.get::<String, _>(1)]);
    Ok(rows.iter().map(row).collect())
}

async fn begin(pool: &PgPool, definition: &SagaDef<PgPool>) -> anyhow::Result<SagaId> {
    let mut connection = pool.acquire().await?;
    Ok(enqueue(&mut connection, NewSaga::of(definition, "shop", &json!({}))?).await?.id)
}

async fn look(pool: &PgPool, saga: SagaId) -> anyhow::Result<SagaView> {
    show(&mut *pool.acquire().await?, saga).await?.context("the saga")
}

fn step_named<'a>(view: &'a SagaView, name: &str) -> anyhow::Result<&'a waas_platform::durable::StepView> {
    view.steps.iter().find(|step| step.name == name).context("the step")
}

/// What a dead worker's lease does after its time.
async fn expire(pool: &PgPool, saga: SagaId) -> anyhow::Result<()> {
    sqlx::query("update sagas set lease_until = now() - interval '1 second' where id = $1")
        .bind(saga.0)
        .execute(pool)
        .await?;
    Ok(())
}

fn case(pool: &PgPool, definition: SagaDef<PgPool>) -> Case<PgPool> {
    let (for_inventory, for_remove) = (pool.clone(), pool.clone());
    Case {
        pool: pool.clone(),
        definition,
        context: pool.clone(),
        fresh: Box::new(|run| (format!("shop_{run}"), json!({ "run": run }))),
        inventory: Box::new(move || {
            let pool = for_inventory.clone();
            Box::pin(async move { effects(&pool).await })
        }),
        remove: Box::new(move |view| {
            let pool = for_remove.clone();
            Box::pin(async move {
                sqlx::query("delete from effects where subject = $1").bind(view.subject).execute(&pool).await?;
                Ok(())
            })
        }),
    }
}

#[tokio::test]
async fn the_toy_passes_every_proof() -> anyhow::Result<()> {
    with_database(|pool| async move {
        effects_table(&pool).await?;
        proof::all(&case(&pool, toy())).await
    })
    .await
}

#[tokio::test]
async fn twin_a_proof_finds_an_undo_that_leaves_something() -> anyhow::Result<()> {
    with_database(|pool| async move {
        effects_table(&pool).await?;
        let leaking = toy_of(vec![step("one", put, Undo::by(nothing)), step("two", put, Undo::by(take))]);
        let found = proof::fail_at_each_step(&case(&pool, leaking)).await;
        let found = found.err().context("the proof passed")?.to_string();
        ensure!(found.starts_with("fail at one: the inventory was"), "{found}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn twin_a_proof_finds_functions_that_cannot_be_repeated() -> anyhow::Result<()> {
    async fn put_once(pool: PgPool, run: StepRun) -> StepResult {
        sqlx::query("insert into effects (subject, step) values ($1, $2)")
            .bind(run.subject())
            .bind(run.step())
            .execute(&pool)
            .await
            .map_or_else(|error| Ok(StepOutcome::Fail(error.to_string())), |_| Ok(StepOutcome::done()))
    }
    async fn take_once(pool: PgPool, run: StepRun) -> StepResult {
        let gone = sqlx::query("delete from effects where subject = $1 and step = $2")
            .bind(run.subject())
            .bind(run.step())
            .execute(&pool)
            .await?;
        let found = gone.rows_affected() == 1;
        Ok(if found { StepOutcome::done() } else { StepOutcome::Fail("not found".to_owned()) })
    }
    with_database(|pool| async move {
        effects_table(&pool).await?;
        let forward = toy_of(vec![step("one", put_once, Undo::by(take)), step("two", put, Undo::by(take))]);
        ensure!(proof::repeat_each_step(&case(&pool, forward.clone())).await.is_err());
        ensure!(proof::crash_in_each_step(&case(&pool, forward)).await.is_err());
        let back = toy_of(vec![step("one", put, Undo::by(take_once)), step("two", put, Undo::by(take))]);
        ensure!(proof::repeat_each_undo(&case(&pool, back.clone())).await.is_err());
        ensure!(proof::crash_in_each_undo(&case(&pool, back)).await.is_err());
        Ok(())
    })
    .await
}

// The fence.

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

// What people do.

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

// Takeover and drain.

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

// Timers.

fn at(seconds: i64) -> anyhow::Result<DateTime<Utc>> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).context("a time")
}

#[tokio::test]
async fn timers_fire_once_when_the_clock_says_so() -> anyhow::Result<()> {
    with_database(|pool| async move {
        sqlx::query("create table rung (subject text)").execute(&pool).await?;
        let clock = Clock::manual(at(0)?);
        let timers = Timers::builder(pool.clone(), clock.clone(), Wake::default(), TimerSettings::default())
            .on("ring", |connection, timer| {
                Box::pin(async move {
                    sqlx::query("insert into rung values ($1)").bind(&timer.subject).execute(connection).await?;
                    match timer.payload.get("again").and_then(Value::as_i64) {
                        Some(after) if timer.due_at == at(60)? => Ok(Fired::Again(at(60 + after)?)),
                        _ => Ok(Fired::Done),
                    }
                })
            })
            .build();
        let mut connection = pool.acquire().await?;
        let first = timers::schedule(&mut connection, "ring", "anna", &json!({"again": 30}), at(10)?).await?;
        let moved = timers::schedule(&mut connection, "ring", "anna", &json!({"again": 30}), at(60)?).await?;
        ensure!(matches!((first, moved), (Scheduled::New(one), Scheduled::Moved(two)) if one == two));
        timers::schedule(&mut connection, "ring", "bo", &json!({}), at(60)?).await?;
        ensure!(timers::cancel(&mut connection, "ring", "bo").await?);
        ensure!(!timers::cancel(&mut connection, "ring", "bo").await?);

        let mut fired = Vec::new();
        for seconds in [59, 1, 29, 1, 3_600] {
            clock.advance(chrono::Duration::seconds(seconds));
            fired.push(timers.fire_due().await?);
        }
        ensure!(fired == [0, 1, 0, 1, 0], "{fired:?}");
        let rung: Vec<String> = sqlx::query_scalar("select subject from rung").fetch_all(&pool).await?;
        ensure!(rung == ["anna", "anna"], "{rung:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_failing_timer_writes_nothing_waits_and_ends_with_the_dead_letters() -> anyhow::Result<()> {
    with_database(|pool| async move {
        sqlx::query("create table rung (subject text)").execute(&pool).await?;
        let clock = Clock::manual(at(0)?);
        let settings = TimerSettings { attempts: 2, backoff_first: Duration::from_secs(5), ..TimerSettings::default() };
        let timers = Timers::builder(pool.clone(), clock.clone(), Wake::default(), settings)
            .on("ring", |connection, timer| {
                Box::pin(async move {
                    sqlx::query("insert into rung values ($1)").bind(&timer.subject).execute(connection).await?;
                    Err(anyhow!("no bell"))
                })
            })
            .build();
        timers::schedule(&mut *pool.acquire().await?, "ring", "anna", &json!({"bell": 1}), at(0)?).await?;
        let mut fired = Vec::new();
        for seconds in [0, 4, 1, 3_600] {
            clock.advance(chrono::Duration::seconds(seconds));
            fired.push(timers.fire_due().await?);
        }
        ensure!(fired == [1, 0, 1, 0], "{fired:?}");
        let (letters, rung): (i64, i64) = sqlx::query_as(
            "select (select count(*) from dead_letters where source = 'job' and reason = 'no bell'),
                    (select count(*) from rung)",
        )
        .fetch_one(&pool)
        .await?;
        ensure!(letters == 1 && rung == 0, "{letters} letters, {rung} rung");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_sleeping_timer_loop_is_woken_by_a_new_timer() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let rung = Arc::new(Notify::new());
        let wake = Wake::default();
        let settings = TimerSettings { poll: Duration::from_secs(3_600), ..TimerSettings::default() };
        let timers = Timers::builder(pool.clone(), Clock::system(), wake.clone(), settings)
            .on("ring", {
                let rung = Arc::clone(&rung);
                move |_, _| {
                    let rung = Arc::clone(&rung);
                    Box::pin(async move {
                        rung.notify_one();
                        Ok(Fired::Done)
                    })
                }
            })
            .build();
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (pool, stop) = (pool.clone(), stop.clone());
            async move { tokio::join!(wake.listen(&pool, &stop), timers.run(&stop)) }
        });
        for _ in 0..2 {
            let now = Clock::system().now();
            timers::schedule(&mut *pool.acquire().await?, "ring", "anna", &json!({}), now).await?;
            rung.notified().await;
        }
        stop.cancel();
        running.await?;
        Ok(())
    })
    .await
}

// Leases.

#[tokio::test]
async fn a_lease_is_held_by_one_and_its_fence_grows() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let ttl = Duration::from_secs(60);
        let (one, two) = (Leases::new(pool.clone()), Leases::new(pool.clone()));
        let held = one.acquire("poll", ttl).await?.context("a free lease")?;
        ensure!(two.acquire("poll", ttl).await?.is_none() && one.acquire("poll", ttl).await?.is_none());
        let mut connection = pool.acquire().await?;
        ensure!(held.confirm(&mut connection).await?);
        held.release().await;
        let next = two.acquire("poll", ttl).await?.context("a lease given back")?;
        ensure!(next.fence() == 2);

        sqlx::query("update leases set expires_at = now() - interval '1 second'").execute(&pool).await?;
        let heir = one.acquire("poll", ttl).await?.context("a lease run out")?;
        ensure!(heir.fence() == 3 && !next.confirm(&mut connection).await?);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn who_is_told_to_stop_takes_no_lease() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let leases = Leases::new(pool);
        let stop = CancellationToken::new();
        stop.cancel();
        let (ttl, retry) = (Duration::from_secs(60), Duration::from_millis(20));
        let lease = leases.acquire_when_free("poll", ttl, retry, &stop).await;
        ensure!(lease.is_none(), "a loop that ends when it gets no lease would never end");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_holder_learns_that_its_lease_is_lost_and_a_waiter_gets_it() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let leases = Leases::new(pool.clone());
        let held = leases
            .acquire("poll", Duration::from_millis(300))
            .await?
            .context("a free lease")?;
        let waiting = tokio::spawn({
            let leases = leases.clone();
            let stop = CancellationToken::new();
            async move {
                leases
                    .acquire_when_free(
                        "poll",
                        Duration::from_secs(60),
                        Duration::from_millis(20),
                        &stop,
                    )
                    .await
            }
        });
        sqlx::query(
            "update leases set expires_at = now() - interval '1 second', fence = fence + 1",
        )
        .execute(&pool)
        .await?;
        held.lost().await;
        let heir = waiting.await?.context("a lease")?;
        ensure!(heir.fence() == 3, "{}", heir.fence());
        Ok(())
    })
    .await
}
