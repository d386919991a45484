//! Updates as they came, stored before they are confirmed and worked off once.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use super::{BotId, incoming};
use crate::clock::random;

/// The Postgres channel on which a stored update wakes a turn.
pub(crate) const WAKE: &str = "hub_inbox";

/// Stores a batch in its order; updates that are already there are left alone. Returns how many were new.
///
/// # Errors
/// The database refuses; then nothing of the batch is stored and it must not be confirmed.
pub async fn store(conn: &mut PgConnection, bot: BotId, updates: &[Value]) -> sqlx::Result<u64> {
    let ids: Vec<i64> = updates.iter().map(|raw| raw["update_id"].as_i64().unwrap_or_default()).collect();
    let (kinds, conversations): (Vec<String>, Vec<String>) = updates.iter().map(incoming::address).unzip();
    let stored = sqlx::query!(
        "insert into inbox (bot_id, update_id, kind, conversation, payload)
         select $1, id, kind, conversation, payload
         from unnest($2::bigint[], $3::text[], $4::text[], $5::jsonb[]) with ordinality
           as t (id, kind, conversation, payload, position)
         order by position
         on conflict (bot_id, update_id) do nothing",
        bot.0,
        &ids,
        &kinds,
        &conversations,
        updates
    )
    .execute(&mut *conn)
    .await?
    .rows_affected();
    sqlx::query!("select pg_notify($1, '')", WAKE).execute(conn).await?;
    Ok(stored)
}

/// The offset to ask for next; zero before the first poll.
pub(crate) async fn next_offset(conn: &mut PgConnection, bot: BotId) -> sqlx::Result<i64> {
    let row = sqlx::query_scalar!("select next_offset from poll_positions where bot_id = $1", bot.0)
        .fetch_optional(conn)
        .await?;
    Ok(row.unwrap_or(0))
}

pub(crate) async fn move_offset(conn: &mut PgConnection, bot: BotId, next: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into poll_positions (bot_id, next_offset) values ($1, $2)
         on conflict (bot_id) do update set next_offset = excluded.next_offset",
        bot.0,
        next
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An update that a turn holds; the row stays locked until the turn's transaction ends.
pub(crate) struct Claimed {
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) payload: Value,
    pub(crate) attempts: i32,
}

/// Takes the oldest update whose conversation has no older one left, skipping what other turns hold.
pub(crate) async fn claim(conn: &mut PgConnection, bot: BotId, now: DateTime<Utc>) -> sqlx::Result<Option<Claimed>> {
    sqlx::query_as!(
        Claimed,
        "select i.seq, i.kind, i.payload, i.attempts from inbox i
         where i.state = 'waiting' and i.bot_id = $1 and i.next_attempt_at <= $2
           and not exists (select 1 from inbox older
                           where older.conversation = i.conversation and older.state = 'waiting'
                             and older.bot_id = i.bot_id and older.seq < i.seq)
         order by i.seq
         limit 1
         for update of i skip locked",
        bot.0,
        now
    )
    .fetch_optional(conn)
    .await
}

pub(crate) async fn finish(conn: &mut PgConnection, seq: i64) -> sqlx::Result<()> {
    sqlx::query!("update inbox set state = 'done', finished_at = now() where seq = $1", seq).execute(conn).await?;
    Ok(())
}

/// Puts a failed update back for later; those behind it in the conversation wait.
pub(crate) async fn put_back(pool: &PgPool, seq: i64, error: &str, next: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "update inbox set attempts = attempts + 1, last_error = $2, next_attempt_at = $3
         where seq = $1 and state = 'waiting'",
        seq,
        error,
        next
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Gives up on an update: it becomes a dead letter, kept whole.
pub(crate) async fn bury(conn: &mut PgConnection, claimed: &Claimed, error: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update inbox set state = 'dead', attempts = attempts + 1, last_error = $2, finished_at = now() where seq = $1",
        claimed.seq,
        error
    )
    .execute(&mut *conn)
    .await?;
    let raw = claimed.payload.to_string();
    sqlx::query!(
        "insert into dead_letters (id, source, reason, attempts, raw, origin) values ($1, 'update', $2, $3, $4, $5)",
        random::id(),
        error,
        claimed.attempts + 1,
        raw.as_bytes(),
        claimed.seq.to_string()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// When the next put-back update is due.
pub(crate) async fn next_due(pool: &PgPool, bot: BotId) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!("select min(next_attempt_at) from inbox where state = 'waiting' and bot_id = $1", bot.0)
        .fetch_one(pool)
        .await
}

/// Removes finished updates older than `before`; younger ones are needed to recognise duplicates.
///
/// # Errors
/// The database refuses.
pub async fn forget(pool: &PgPool, before: DateTime<Utc>) -> sqlx::Result<u64> {
    let gone =
        sqlx::query!("delete from inbox where state = 'done' and finished_at < $1", before).execute(pool).await?;
    Ok(gone.rows_affected())
}
