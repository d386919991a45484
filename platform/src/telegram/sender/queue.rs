//! The outbox as the sender reads it.

use std::time::Duration;

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::telegram::BotId;

/// A row whose turn it is.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) chat: Option<i64>,
    pub(super) card: Option<Uuid>,
    pub(super) call: Option<Value>,
    pub(super) priority: i16,
    pub(super) attempts: i32,
}

impl Row {
    /// The chat whose limits this row counts against; callback answers and menus count nowhere.
    pub(super) fn limited_chat(&self) -> Option<i64> {
        self.chat
    }
}

/// The head of each chat's queue that is neither busy nor held, most urgent first, and when something more may go: a hold
/// ends, or a card that ticks has rested for `tick_pause` after its last edit.
pub(super) async fn heads(
    pool: &PgPool,
    bot: BotId,
    busy: &[i64],
    tick_pause: Duration,
) -> sqlx::Result<(Vec<Row>, Option<Duration>)> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id!", chat_id as chat, card_id as card, call, priority as "priority!", attempts as "attempts!"
           from (
             (select distinct on (o.chat_id) o.id, o.chat_id, o.card_id, o.call, o.attempts, o.priority
              from outbox o left join cards c on c.id = o.card_id and c.ticks
              where o.bot_id = $1 and o.state = 'waiting' and o.chat_id is not null and o.not_before <= now()
                and o.chat_id <> all ($2)
                and not exists (select 1 from chat_holds h
                                where h.bot_id = o.bot_id and h.chat_id = o.chat_id and h.until > now())
                and (c.id is null or c.message_id is null or o.chat_id > 0
                     or coalesce(c.edited_at, '-infinity') <= now() - make_interval(secs => $3))
              order by o.chat_id, o.priority, o.id)
             union all
             (select o.id, o.chat_id, o.card_id, o.call, o.attempts, o.priority
              from outbox o
              where o.bot_id = $1 and o.state = 'waiting' and o.chat_id is null and o.not_before <= now()
              order by o.priority, o.id
              limit 100)
           ) heads
           order by priority, id"#,
        bot.0,
        busy,
        tick_pause.as_secs_f64()
    )
    .fetch_all(pool)
    .await?;
    let next = sqlx::query_scalar!(
        r#"select extract(epoch from least(
             (select min(h.until) from chat_holds h where h.bot_id = $1 and h.until > now()),
             (select min(o.not_before) from outbox o where o.bot_id = $1 and o.state = 'waiting' and o.not_before > now()),
             (select min(c.edited_at) + make_interval(secs => $2)
              from outbox o join cards c on c.id = o.card_id and c.ticks
              where o.bot_id = $1 and o.state = 'waiting' and c.edited_at > now() - make_interval(secs => $2))
           ) - now())::float8"#,
        bot.0,
        tick_pause.as_secs_f64()
    )
    .fetch_one(pool)
    .await?;
    Ok((rows, next.map(|seconds| Duration::from_secs_f64(seconds.max(0.005)))))
}

/// Marks a row as in flight; `false` when it is no longer waiting.
pub(super) async fn claim(pool: &PgPool, id: i64) -> sqlx::Result<bool> {
    let claimed = sqlx::query!(
        "update outbox set state = 'sending', attempts = attempts + 1 where id = $1 and state = 'waiting'",
        id
    )
    .execute(pool)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// The row is settled: `sent`, `dropped` or `dead`.
pub(super) async fn finish(
    conn: &mut PgConnection,
    id: i64,
    state: &str,
    message_id: Option<i64>,
    error: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update outbox set state = $2, message_id = $3, last_error = coalesce($4, last_error), finished_at = now()
         where id = $1",
        id,
        state,
        message_id,
        error
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets a row wait again, for `wait` at least. A newer draw of the same card makes it needless.
pub(super) async fn put_back(conn: &mut PgConnection, id: i64, error: &str, wait: Duration) -> sqlx::Result<()> {
    let waits = sqlx::query!(
        "update outbox o set state = 'waiting', last_error = $2, not_before = now() + make_interval(secs => $3)
         where o.id = $1
           and not exists (select 1 from outbox w where w.card_id = o.card_id and w.state = 'waiting' and w.id <> o.id)",
        id,
        error,
        wait.as_secs_f64()
    )
    .execute(&mut *conn)
    .await?
    .rows_affected()
        == 1;
    if !waits {
        finish(conn, id, "dropped", None, Some("a newer draw waits")).await?;
    }
    Ok(())
}

/// Rows that a former holder of the lease left in flight (`only` none), or whose outcome this one could not record: whether
/// they arrived is unknown. They are sent again; a card that had no message yet counts one possible orphan. A newer draw
/// of the same card makes the old row needless.
pub(super) async fn recover(pool: &PgPool, bot: BotId, only: Option<&[i64]>) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    sqlx::query!(
        "update cards c set unknown_sends = unknown_sends + 1
         from outbox o where o.card_id = c.id and o.bot_id = $1 and o.state = 'sending' and c.message_id is null
           and ($2::bigint[] is null or o.id = any ($2))",
        bot.0,
        only as Option<&[i64]>
    )
    .execute(&mut *tx)
    .await?;
    // Of several draws of one card only the youngest goes back, and none when a newer one waits.
    sqlx::query!(
        "update outbox o set state = 'dropped', finished_at = now(), last_error = 'a newer draw waits'
         where o.bot_id = $1 and o.state = 'sending' and o.card_id is not null
           and ($2::bigint[] is null or o.id = any ($2))
           and exists (select 1 from outbox w where w.card_id = o.card_id and w.id <> o.id
                         and (w.state = 'waiting' or (w.state = 'sending' and w.id > o.id)))",
        bot.0,
        only as Option<&[i64]>
    )
    .execute(&mut *tx)
    .await?;
    let again = sqlx::query!(
        "update outbox set state = 'waiting'
         where bot_id = $1 and state = 'sending' and ($2::bigint[] is null or id = any ($2))",
        bot.0,
        only as Option<&[i64]>
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    tx.commit().await?;
    if again > 0 {
        metrics::counter!("hub_outbox_unknown_total").increment(again);
        tracing::info!(rows = again, "messages with unknown outcome are sent again");
    }
    Ok(())
}
