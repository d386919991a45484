//! What may go next: the heads of chats' queues, and when there is more.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::PgConnection;

use super::queue::Row;
use crate::telegram::BotId;

/// So many rows are looked at before it is gone from chat to chat.
const LOOK: i64 = 64;

/// The heads of queues of chats that have something waiting.
pub(super) struct Heads {
    pub(super) rows: Vec<Row>,
    /// Whether there may be chats beyond these.
    pub(super) more: bool,
}

/// The heads of those chats' queues that have the most urgent rows and are neither busy nor held, most urgent first. A card
/// that ticks has rested for `tick_pause` after its last edit.
pub(super) async fn heads(
    conn: &mut PgConnection,
    bot: BotId,
    busy: &[i64],
    tick_pause: Duration,
) -> sqlx::Result<Heads> {
    let mut rows = urgent(conn, bot, busy, tick_pause).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|found| found >= LOOK);
    let mut met = HashSet::new();
    // The first of a chat, in this order, is the head of its queue.
    rows.retain(|row| row.chat.is_none_or(|chat| met.insert(chat)));
    Ok(Heads { rows, more })
}

/// The most urgent rows of chats that are neither busy nor held, and of none.
async fn urgent(conn: &mut PgConnection, bot: BotId, busy: &[i64], tick_pause: Duration) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select o.id, o.chat_id as chat, o.card_id as card, o.call, o.priority, o.attempts, o.message_id
           from outbox o left join cards c on c.id = o.card_id and c.ticks
           where o.bot_id = $1 and o.state = 'waiting' and o.not_before <= now()
             and (o.chat_id is null or o.chat_id <> all ($2))
             and (c.id is null or c.message_id is null or o.chat_id > 0
                  or coalesce(c.edited_at, '-infinity') <= now() - make_interval(secs => $3))
             and not exists (select 1 from chat_holds h
                             where h.bot_id = $1 and h.chat_id = o.chat_id and h.until > now())
           order by o.priority, o.id
           limit $4"#,
        bot.0,
        busy,
        tick_pause.as_secs_f64(),
        LOOK
    )
    .fetch_all(conn)
    .await
}

/// As [`heads`], of all chats.
pub(super) async fn all_heads(
    conn: &mut PgConnection,
    bot: BotId,
    busy: &[i64],
    tick_pause: Duration,
) -> sqlx::Result<Vec<Row>> {
    // From chat to chat along the index: what it costs grows with the chats, not with what waits in them.
    sqlx::query_as!(
        Row,
        r#"with recursive chats (id) as (
             (select min(o.chat_id) from outbox o where o.bot_id = $1 and o.state = 'waiting')
             union all
             select (select min(o.chat_id) from outbox o
                     where o.bot_id = $1 and o.state = 'waiting' and o.chat_id > chats.id)
             from chats where chats.id is not null
           )
           select id as "id!", chat_id as chat, card_id as card, call, priority as "priority!", attempts as "attempts!",
                  message_id
           from (
             (select head.* from chats cross join lateral (
                select o.id, o.chat_id, o.card_id, o.call, o.attempts, o.priority, o.message_id
                from outbox o left join cards c on c.id = o.card_id and c.ticks
                where o.bot_id = $1 and o.state = 'waiting' and o.chat_id = chats.id and o.not_before <= now()
                  and (c.id is null or c.message_id is null or o.chat_id > 0
                       or coalesce(c.edited_at, '-infinity') <= now() - make_interval(secs => $3))
                order by o.priority, o.id
                limit 1) head
              where chats.id <> all ($2)
                and not exists (select 1 from chat_holds h
                                where h.bot_id = $1 and h.chat_id = chats.id and h.until > now()))
             union all
             (select o.id, o.chat_id, o.card_id, o.call, o.attempts, o.priority, o.message_id
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
    .fetch_all(conn)
    .await
}

/// When something more may go: a hold ends, what waits for its time is due, or a card that ticks has rested.
pub(super) async fn next_due(
    conn: &mut PgConnection,
    bot: BotId,
    tick_pause: Duration,
) -> sqlx::Result<Option<Duration>> {
    let next = sqlx::query_scalar!(
        r#"select extract(epoch from least(
             (select min(h.until) from chat_holds h where h.bot_id = $1 and h.until > now()),
             (select min(o.not_before) from outbox o
              where o.bot_id = $1 and o.state = 'waiting' and o.not_before > '-infinity' and o.not_before > now()),
             (select min(c.edited_at) + make_interval(secs => $2)
              from outbox o join cards c on c.id = o.card_id and c.ticks
              where o.bot_id = $1 and o.state = 'waiting' and c.edited_at > now() - make_interval(secs => $2))
           ) - now())::float8"#,
        bot.0,
        tick_pause.as_secs_f64()
    )
    .fetch_one(conn)
    .await?;
    Ok(next.map(|seconds| Duration::from_secs_f64(seconds.max(0.005))))
}
