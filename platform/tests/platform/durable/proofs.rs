//! The generic proofs, on a saga that passes them and on two that must not.

use anyhow::{Context as _, ensure};
use sqlx::PgPool;
use waas_platform::durable::{StepOutcome, StepResult, StepRun, Undo, proof, step};

use super::{case, effects_table, nothing, put, take, toy, toy_of};
use crate::database::with_database;

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
