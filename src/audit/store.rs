//! The audit's SQL: rows are added and nothing else.

use serde_json::{Value, json};
use waas_platform::db::PgConnection;

use super::Act;

pub(super) async fn insert(conn: &mut PgConnection, act: &Act<'_>) -> sqlx::Result<()> {
    let (kind, actor) = act.actor.words();
    let detail = if act.detail.is_null() { json!({}) } else { Value::clone(&act.detail) };
    sqlx::query!(
        "insert into audit (actor_kind, actor, act, subject, chat_id, outcome, detail) values ($1, $2, $3, $4, $5, $6, $7)",
        kind,
        actor,
        act.act,
        act.subject,
        act.chat,
        act.outcome.word(),
        detail
    )
    .execute(conn)
    .await?;
    Ok(())
}
