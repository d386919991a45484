//! The SQL of sagas. Every write of a worker is conditional on its fence; database time decides leases.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::decide::{Move, StepMove};
use super::state::{SagaState, StepState, Wish};
use super::step::LostLease;
use super::view::{SagaId, SagaView, StepView};

/// A claim on a saga: who holds it, and by which number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) saga: SagaId,
    pub(super) fence: i64,
    pub(super) worker: Uuid,
    /// False only under the broken twin of the fence tests.
    pub(super) checked: bool,
}

impl Held {
    pub(super) const fn lost(&self) -> LostLease {
        LostLease { saga: self.saga, fence: self.fence }
    }
}

/// A claim just made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) saga: SagaId,
    pub(super) fence: i64,
    /// The claim before was never given back: its worker vanished.
    pub(super) vanished: bool,
}

/// Claims the saga that has been due longest (or the one named), if there is one.
pub(super) async fn claim(
    pool: &PgPool,
    worker: Uuid,
    kinds: &[String],
    only: Option<SagaId>,
    lease: Duration,
) -> Result<Option<Claim>, sqlx::Error> {
    let row = sqlx::query!(
        r#"with due as (
               select id, holder from sagas
               where finished_at is null
                 and kind = any($2)
                 and ($3::uuid is null or id = $3)
                 and (state <> 'stuck' or requested is not null)
                 and next_run_at <= now()
                 and (lease_until is null or lease_until < now())
               order by next_run_at, id
               limit 1
               for update skip locked
           )
           update sagas
           set fence = fence + 1, holder = $1, lease_until = now() + make_interval(secs => $4)
           from due
           where sagas.id = due.id
           returning sagas.id, sagas.fence, due.holder is not null as "vanished!""#,
        worker,
        kinds,
        only.map(|id| id.0),
        lease.as_secs_f64(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| Claim { saga: SagaId(row.id), fence: row.fence, vanished: row.vanished }))
}

/// How long until some saga may be claimed; none when nothing lives that could be.
pub(super) async fn next_due(pool: &PgPool, kinds: &[String]) -> Result<Option<Duration>, sqlx::Error> {
    let seconds = sqlx::query_scalar!(
        r#"select extract(epoch from min(greatest(next_run_at, coalesce(lease_until, next_run_at))) - now())::float8
           from sagas
           where finished_at is null and kind = any($1) and (state <> 'stuck' or requested is not null)"#,
        kinds,
    )
    .fetch_one(pool)
    .await?;
    Ok(seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()))
}

/// Keeps the lease alive. None when it is lost, else the wish that waits for an answer.
pub(super) async fn renew(pool: &PgPool, held: &Held, lease: Duration) -> Result<Option<Option<Wish>>, sqlx::Error> {
    let row = sqlx::query!(
        "update sagas set lease_until = now() + make_interval(secs => $5)
         where id = $1 and (not $4 or (fence = $2 and holder = $3)) and holder is not null
         returning requested",
        held.saga.0,
        held.fence,
        held.worker,
        held.checked,
        lease.as_secs_f64(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| row.requested.as_deref().and_then(Wish::parse)))
}

/// Locks the saga against takeover until the transaction ends; false when the lease is lost.
pub(super) async fn pin(connection: &mut PgConnection, held: &Held) -> Result<bool, sqlx::Error> {
    let row = sqlx::query!(
        "select id from sagas where id = $1 and (not $4 or (fence = $2 and holder = $3)) for share",
        held.saga.0,
        held.fence,
        held.worker,
        held.checked,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// Records a move; false when the lease is lost, and nothing was written.
pub(super) async fn record(connection: &mut PgConnection, held: &Held, change: &Move) -> Result<bool, sqlx::Error> {
    let written = sqlx::query!(
        "update sagas set
             state = $5,
             error = $6,
             unwind_to = $7,
             requested = case when requested = $8 then null else requested end,
             -- A wish is looked at now, whatever the saga waits for.
             next_run_at = case
                 when $9::float8 is null or (requested is not null and requested is distinct from $8) then now()
                 else now() + make_interval(secs => $9) end,
             holder = case when $9::float8 is null then holder end,
             lease_until = case when $9::float8 is null then lease_until end,
             finished_at = case when $10 then now() end
         where id = $1 and (not $4 or (fence = $2 and holder = $3))",
        held.saga.0,
        held.fence,
        held.worker,
        held.checked,
        change.saga.as_str(),
        change.error,
        change.unwind_to.map(SagaState::as_str),
        change.answered.map(Wish::as_str),
        change.release.map(|wait| wait.as_secs_f64()),
        change.saga.is_end(),
    )
    .execute(&mut *connection)
    .await?;
    if written.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(step) = &change.step {
        record_step(connection, held.saga, step).await?;
    }
    if change.close_forward {
        sqlx::query!(
            "update saga_steps
             set state = case when state = 'pending' then 'skipped' else 'failed' end, finished_at = now()
             where saga_id = $1 and (state = 'pending' or (state = 'running' and undo_none_because is not null))",
            held.saga.0,
        )
        .execute(connection)
        .await?;
    }
    Ok(true)
}

async fn record_step(connection: &mut PgConnection, saga: SagaId, step: &StepMove) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update saga_steps set
             state = $3,
             attempts = attempts + case when $4 then 1 else 0 end,
             started_at = case when $4 then coalesce(started_at, now()) else started_at end,
             finished_at = case when $5 then coalesce(finished_at, now()) end,
             failures = $6,
             interruptions = $7,
             output = coalesce($8, output),
             error = $9,
             progress = case when $4 then null else progress end,
             note = case when $4 then null else note end
         where saga_id = $1 and position = $2",
        saga.0,
        step.position,
        step.state.as_str(),
        step.entered,
        step.state.is_finished(),
        step.failures,
        step.interruptions,
        step.output,
        step.error,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes how far a step is.
pub(super) async fn report(
    connection: &mut PgConnection,
    saga: SagaId,
    step: &str,
    progress: Option<i16>,
    note: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update saga_steps set progress = coalesce($3, progress), note = $4 where saga_id = $1 and name = $2",
        saga.0,
        step,
        progress,
        note,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives back everything a worker holds, at the end of a drain.
pub(super) async fn release_all(pool: &PgPool, worker: Uuid) -> Result<u64, sqlx::Error> {
    let released = sqlx::query!("update sagas set holder = null, lease_until = null where holder = $1", worker)
        .execute(pool)
        .await?;
    Ok(released.rows_affected())
}

/// Since a step first began, by the database's clock.
pub(super) async fn elapsed(pool: &PgPool, since: DateTime<Utc>) -> Result<Duration, sqlx::Error> {
    let seconds =
        sqlx::query_scalar!(r#"select extract(epoch from now() - $1::timestamptz)::float8 as "seconds!""#, since)
            .fetch_one(pool)
            .await?;
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// Until a moment, by the database's clock; zero when it has passed.
pub(super) async fn until(pool: &PgPool, moment: DateTime<Utc>) -> Result<Duration, sqlx::Error> {
    let seconds =
        sqlx::query_scalar!(r#"select extract(epoch from $1::timestamptz - now())::float8 as "seconds!""#, moment)
            .fetch_one(pool)
            .await?;
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// Sagas as they stand, newest first.
pub(super) async fn views(connection: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<SagaView>, sqlx::Error> {
    let rows = sqlx::query!(
        "select id, kind, version, subject, params, state, unwind_to, requested, requested_by, error, created_by,
                created_at, next_run_at, finished_at
         from sagas where id = any($1) order by id desc",
        ids,
    )
    .fetch_all(&mut *connection)
    .await?;
    let steps = sqlx::query!(
        "select saga_id, position, name, state, attempts, failures, interruptions, started_at, finished_at, output,
                error, progress, note, undo_none_because
         from saga_steps where saga_id = any($1) order by saga_id, position",
        ids,
    )
    .fetch_all(connection)
    .await?;
    let mut sagas = Vec::with_capacity(rows.len());
    for row in rows {
        let unwind_to = row.unwind_to.as_deref().map(saga_state).transpose()?;
        sagas.push(SagaView {
            id: SagaId(row.id),
            kind: row.kind,
            subject: row.subject,
            state: saga_state(&row.state)?,
            step: None,
            steps: Vec::new(),
            version: row.version,
            params: row.params,
            requested: row.requested.as_deref().and_then(Wish::parse),
            requested_by: row.requested_by,
            unwind_to,
            error: row.error,
            created_by: row.created_by,
            created_at: row.created_at,
            next_run_at: row.next_run_at,
            finished_at: row.finished_at,
        });
    }
    for row in steps {
        let Some(saga) = sagas.iter_mut().find(|saga| saga.id.0 == row.saga_id) else {
            continue;
        };
        saga.steps.push(StepView {
            state: step_state(&row.state)?,
            name: row.name,
            started_at: row.started_at,
            finished_at: row.finished_at,
            error: row.error,
            position: row.position,
            attempts: row.attempts,
            failures: row.failures,
            interruptions: row.interruptions,
            output: row.output,
            progress: row.progress,
            note: row.note,
            undo_none_because: row.undo_none_because,
        });
    }
    Ok(sagas.into_iter().map(SagaView::with_present_step).collect())
}

/// One saga as it stands.
pub(super) async fn view(connection: &mut PgConnection, id: SagaId) -> Result<Option<SagaView>, sqlx::Error> {
    Ok(views(connection, &[id.0]).await?.pop())
}

pub(super) fn saga_state(word: &str) -> Result<SagaState, sqlx::Error> {
    SagaState::parse(word).ok_or_else(|| unreadable(word))
}

fn step_state(word: &str) -> Result<StepState, sqlx::Error> {
    StepState::parse(word).ok_or_else(|| unreadable(word))
}

/// The schema is newer than this binary.
fn unreadable(word: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("state {word} is unknown to this version").into())
}
