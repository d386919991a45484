//! What may go next: the heads of chats' queues, and when there is more.

use std::time::Duration;

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::queue::Row;
use crate::telegram::BotId;

/// So many rows are looked at before it is gone from chat to chat, whether or not they may go.
const LOOK: i64 = 256;

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
    let looked = urgent(conn, bot, busy, tick_pause).await?;
    let more = looked.first().is_some_and(|row| row.looked_at >= LOOK);
    Ok(Heads { rows: looked.into_iter().filter_map(Looked::row).collect(), more })
}

/// One of the most urgent rows. Without an id: none of those that were looked at may go.
struct Looked {
    /// How many rows were looked at for all of these.
    looked_at: i64,
    id: Option<i64>,
    chat: Option<i64>,
    card: Option<Uuid>,
    call: Option<Value>,
    priority: Option<i16>,
    attempts: Option<i32>,
    unknown_sends: Option<i32>,
    message_id: Option<i64>,
}

impl Looked {
    fn row(self) -> Option<Row> {
        Some(Row {
            id: self.id?,
            chat: self.chat,
            card: self.card,
            call: self.call,
            priority: self.priority?,
            attempts: self.attempts?,
            unknown_sends: self.unknown_sends?,
            message_id: self.message_id,
        })
    }
}

/// Of the most urgent rows those that may go: their chats, where they have one, are neither busy nor held. What is looked at is bounded, not only what is found: behind a chat that is held a hundred thousand rows may wait.
async fn urgent(conn: &mut PgConnection, bot: BotId, busy: &[i64], tick_pause: Duration) -> sqlx::Result<Vec<Looked>> {
    sqlx::query_as!(
        Looked,
        r#"with first as materialized (
             select o.id, o.chat_id, o.card_id, o.call, o.priority, o.attempts, o.unknown_sends, o.message_id, o.not_before
             from outbox o
             where o.bot_id = $1 and o.state = 'waiting'
             order by o.priority, o.id
             limit $4
           ), free as (
             select o.*, row_number() over (partition by o.chat_id order by o.priority, o.id) as nth
             from first o left join cards c on c.id = o.card_id and c.ticks
             where o.not_before <= now()
               and (o.chat_id is null or o.chat_id <> all ($2))
               and (c.id is null or c.message_id is null or o.chat_id > 0
                    or coalesce(c.edited_at, '-infinity') <= now() - make_interval(secs => $3))
               and not exists (select 1 from chat_holds h
                               where h.bot_id = $1 and h.chat_id = o.chat_id and h.until > now())
           )
           select n.looked_at as "looked_at!", f.id as "id?", f.chat_id as "chat?", f.card_id as "card?", f.call as "call?",
                  f.priority as "priority?", f.attempts as "attempts?", f.unknown_sends as "unknown_sends?",
                  f.message_id as "message_id?"
           from (select count(*) as looked_at from first) n
           -- The first of a chat, in this order, is the head of its queue.
           left join free f on f.chat_id is null or f.nth = 1
           order by f.priority, f.id"#,
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
                  unknown_sends as "unknown_sends!", message_id
           from (
             (select head.* from chats cross join lateral (
                select o.id, o.chat_id, o.card_id, o.call, o.attempts, o.priority, o.unknown_sends, o.message_id
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
             (select o.id, o.chat_id, o.card_id, o.call, o.attempts, o.priority, o.unknown_sends, o.message_id
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
