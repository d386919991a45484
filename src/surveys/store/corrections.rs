//! Answers that operators correct: what is on its way, and what was changed.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;
use waas_platform::db::PgConnection;

/// A correction on its way.
pub(in crate::surveys) struct Draft {
    pub(in crate::surveys) person: i64,
    pub(in crate::surveys) draft: Value,
    pub(in crate::surveys) revision: i64,
}

/// Begins a correction, in place of one that somebody left.
pub(in crate::surveys) async fn begin(
    conn: &mut PgConnection,
    session: Uuid,
    person: i64,
    draft: &Value,
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into survey_corrections as c (session_id, person_id, draft, began_at) values ($1, $2, $3, $4)
         on conflict (session_id) do update
           set person_id = excluded.person_id, draft = excluded.draft, began_at = excluded.began_at,
               revision = c.revision + 1
         returning revision",
        session,
        person,
        draft,
        now
    )
    .fetch_one(conn)
    .await
}

/// The correction of a survey, held until the transaction ends.
pub(in crate::surveys) async fn hold(conn: &mut PgConnection, session: Uuid) -> sqlx::Result<Option<Draft>> {
    sqlx::query_as!(
        Draft,
        "select person_id as person, draft, revision from survey_corrections where session_id = $1 for update",
        session
    )
    .fetch_optional(conn)
    .await
}

pub(in crate::surveys) async fn keep(conn: &mut PgConnection, session: Uuid, draft: &Value) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "update survey_corrections set draft = $2, revision = revision + 1 where session_id = $1 returning revision",
        session,
        draft
    )
    .fetch_one(conn)
    .await
}

pub(in crate::surveys) async fn forget(conn: &mut PgConnection, session: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from survey_corrections where session_id = $1", session).execute(conn).await?;
    Ok(())
}

/// Puts corrected answers in the place of those that were sent in.
pub(in crate::surveys) async fn correct(
    conn: &mut PgConnection,
    id: Uuid,
    session: &Value,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update survey_sessions set session = $2, revision = revision + 1, updated_at = $3
         where id = $1 and state = 'submitted'",
        id,
        session,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::surveys) async fn add_change(
    conn: &mut PgConnection,
    session: Uuid,
    person: i64,
    step: &str,
    (was, is_now): (Option<&Value>, Option<&Value>),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into survey_answer_changes (session_id, at, person_id, step, was, is_now) values ($1, $2, $3, $4, $5, $6)",
        session,
        now,
        person,
        step,
        was,
        is_now
    )
    .execute(conn)
    .await?;
    Ok(())
}
