//! The outbox as the sender reads it.

use std::time::Duration;

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::telegram::BotId;

/// A row whose turn it is.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) chat: Option<i64>,
    pub(super) card: Option<Uuid>,
    pub(super) call: Option<Value>,
    pub(super) attempts: i32,
}

impl Row {
    /// The chat whose limits this row counts against; callback answers and menus count nowhere.
    pub(super) fn limited_chat(&self) -> Option<i64> {
        self.chat
    }
}

/// The head of each chat's queue that is neither busy nor held, most urgent first, and when the next hold ends.
pub(super) async fn heads(pool: &PgPool, bot: BotId, busy: &[i64]) -> sqlx::Result<(Vec<Row>, Option<Duration>)> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id!", chat_id as chat, card_id as card, call, attempts as "attempts!" from (
             (select distinct on (o.chat_id) o.id, o.chat_id, o.card_id, o.call, o.attempts, o.priority
              from outbox o
              where o.bot_id = $1 and o.state = 'waiting' and o.chat_id is not null and o.not_before <= now()
                and o.chat_id <> all ($2)
                and not exists (select 1 from chat_holds h
                                where h.bot_id = o.bot_id and h.chat_id = o.chat_id and h.until > now())
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
        busy
    )
    .fetch_all(pool)
    .await?;
    let next = sqlx::query_scalar!(
        r#"select extract(epoch from least(
             (select min(h.until) from chat_holds h where h.bot_id = $1 and h.until > now()),
             (select min(o.not_before) from outbox o where o.bot_id = $1 and o.state = 'waiting' and o.not_before > now())
           ) - now())::float8"#,
        bot.0
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

/// Rows that a former holder of the lease left in flight: whether they arrived is unknown. They are sent again; a card
/// that had no message yet counts one possible orphan. A newer draw of the same card makes the old row needless.
pub(super) async fn recover(pool: &PgPool, bot: BotId) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    sqlx::query!(
        "update cards c set unknown_sends = unknown_sends + 1
         from outbox o where o.card_id = c.id and o.bot_id = $1 and o.state = 'sending' and c.message_id is null",
        bot.0
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update outbox o set state = 'dropped', finished_at = now(), last_error = 'a newer draw waits'
         where o.bot_id = $1 and o.state = 'sending' and o.card_id is not null
           and exists (select 1 from outbox w where w.card_id = o.card_id and w.state = 'waiting')",
        bot.0
    )
    .execute(&mut *tx)
    .await?;
    // Of several draws in flight for one card only the youngest goes back.
    sqlx::query!(
        "update outbox o set state = 'dropped', finished_at = now(), last_error = 'a newer draw waits'
         where o.bot_id = $1 and o.state = 'sending' and o.card_id is not null
           and exists (select 1 from outbox y where y.card_id = o.card_id and y.state = 'sending' and y.id > o.id)",
        bot.0
    )
    .execute(&mut *tx)
    .await?;
    let again = sqlx::query!("update outbox set state = 'waiting' where bot_id = $1 and state = 'sending'", bot.0)
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
