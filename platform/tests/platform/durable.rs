//! Sagas, timers and leases on a real Postgres. A toy saga writes effects into a table; every guard has a broken twin.

mod fence;
mod leases;
mod people;
mod proofs;
mod takeover;
mod timers;

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use sqlx::{PgPool, Row as _};
use waas_platform::durable::operations::{enqueue, show};
use waas_platform::durable::proof::Case;
use waas_platform::durable::{
    Engine, NewSaga, SagaDef, SagaId, SagaView, Settings, Step, StepOutcome, StepResult, StepRun, Undo, Wake, step,
};

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
