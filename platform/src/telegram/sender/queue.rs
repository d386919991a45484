//! The outbox as the sender reads it.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::telegram::cards::{self, Card};
use crate::telegram::{BotId, Priority, chats};

/// The sending lease as its holder has it: what only the holder may do is done under this number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holding {
    pub(super) bot: BotId,
    pub(super) fence: i64,
}

impl Holding {
    /// The name of the sending lease of a bot.
    pub(super) fn lease(bot: BotId) -> String {
        format!("send:{}", bot.0)
    }
}

/// Which of the rows that are marked as in flight.
#[derive(Clone, Copy, Debug)]
pub(super) enum InFlight<'a> {
    All,
    These(&'a [i64]),
    AllBut(&'a [i64]),
}

/// A row whose turn it is.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) chat: Option<i64>,
    pub(super) card: Option<Uuid>,
    pub(super) call: Option<Value>,
    pub(super) priority: i16,
    pub(super) attempts: i32,
    /// How often it was tried without learning what came of it.
    pub(super) unknown_sends: i32,
    /// A whisper's message that stands in the chat already, without the secret.
    pub(super) message_id: Option<i64>,
}

impl Row {
    /// Whether it brings a file, which may take long.
    pub(super) fn is_file(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call["method"] == "document" || call["method"] == "picture")
    }
}

/// What was sent to which chat within the last minute, oldest first, and how long ago; what is in flight counts as sent now.
pub(super) async fn sent_lately(pool: &PgPool, bot: BotId) -> sqlx::Result<Vec<(i64, Duration)>> {
    let rows = sqlx::query!(
        r#"select chat_id as "chat!", greatest(0, extract(epoch from now() - coalesce(finished_at, now())))::float8 as "ago!"
           from outbox
           where bot_id = $1 and chat_id is not null
             and (state = 'sending'
                  or (state not in ('waiting', 'sending') and finished_at > now() - interval '60 s' and attempts > 0))
           order by 2 desc"#,
        bot.0
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.chat, Duration::from_secs_f64(row.ago))).collect())
}

/// Marks rows as in flight and tells what they say by now. Not among the answer are those that no longer wait or wait for
/// another chat, those that somebody's open transaction has touched (a slow turn must not hold up everybody's messages),
/// and all of them when somebody else has the lease.
pub(super) async fn claim(conn: &mut PgConnection, by: Holding, rows: &[Row]) -> sqlx::Result<Vec<Row>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let chats: Vec<Option<i64>> = rows.iter().map(|row| row.chat).collect();
    sqlx::query_as!(
        Row,
        r#"update outbox set state = 'sending', attempts = attempts + 1
           where id = any (array(select o.id from outbox o join unnest($1::bigint[], $2::bigint[]) as r (id, chat) on r.id = o.id
                                 where o.state = 'waiting' and o.chat_id is not distinct from r.chat
                                   and exists (select from leases l where l.name = $3 and l.fence = $4)
                                 for update of o skip locked))
           returning id, chat_id as chat, card_id as card, call, priority, attempts - 1 as "attempts!", unknown_sends,
                     message_id"#,
        &ids,
        &chats as &[Option<i64>],
        Holding::lease(by.bot),
        by.fence
    )
    .fetch_all(conn)
    .await
}

/// A message that arrived as it should, and the card that it shows.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) row: i64,
    pub(super) chat: Option<i64>,
    pub(super) message_id: Option<i64>,
    /// The topic in which a new message stands.
    pub(super) thread: Option<i64>,
    pub(super) card: Option<Card>,
}

/// What was recorded of those that arrived.
#[derive(Debug)]
pub(super) struct Recorded {
    /// Not among them: those whose card somebody's open transaction has touched, which would be waited for.
    pub(super) rows: HashSet<i64>,
    /// Chats of theirs that were thought to let nobody in.
    pub(super) reopened: Vec<i64>,
}

/// Records many that arrived, with one statement.
pub(super) async fn arrived(conn: &mut PgConnection, bot: BotId, all: &[Arrived]) -> sqlx::Result<Recorded> {
    let rows: Vec<i64> = all.iter().map(|one| one.row).collect();
    let threads: Vec<Option<i64>> = all.iter().map(|one| one.thread).collect();
    let chats: Vec<Option<i64>> = all.iter().map(|one| one.chat).collect();
    let messages: Vec<Option<i64>> = all.iter().map(|one| one.message_id).collect();
    let cards: Vec<Option<Uuid>> = all.iter().map(|one| Some(one.card.as_ref()?.id)).collect();
    let versions: Vec<Option<i64>> = all.iter().map(|one| Some(one.card.as_ref()?.version)).collect();
    let befores: Vec<Option<i64>> = all.iter().map(|one| one.card.as_ref()?.message_id).collect();
    let placed: Vec<Option<i32>> = all.iter().map(|one| Some(one.card.as_ref()?.placed)).collect();
    let recorded = sqlx::query!(
        r#"with a as materialized (
             select * from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::uuid[], $6::bigint[], $7::bigint[],
                                  $8::int[], $10::bigint[])
               as a (id, chat_id, message_id, card_id, version, before, placed, thread)
           ), held as materialized (
             select c.id, c.placed from cards c where c.id = any ($5) for update skip locked
           ), ready as materialized (
             select a.*, held.placed as placed_now from a left join held on held.id = a.card_id
             where a.card_id is null or held.id is not null
                or not exists (select from cards c where c.id = a.card_id)
           ), shown as (
             update cards c
             set message_id = r.message_id, sent_version = greatest(c.sent_version, r.version), edited_at = now(),
                 topic_id = case when r.before is null then r.thread else c.topic_id end
             from ready r
             where c.id = r.card_id and r.message_id is not null
               and c.message_id is not distinct from r.before and c.placed = r.placed
           ), stripped as (
             -- A first send during which its card was put to the bottom: another message is to be the card.
             insert into outbox (bot_id, chat_id, priority, call)
             select $1, r.chat_id, $9, jsonb_build_object('method', 'strip_keyboard', 'message_id', r.message_id)
             from ready r where r.placed_now <> r.placed and r.before is null and r.message_id is not null
           ), traced as (
             insert into card_traces (bot_id, chat_id, message_id, kind, subject)
             select $1, r.chat_id, r.message_id, c.kind, c.subject from ready r join cards c on c.id = r.card_id
             where r.placed_now <> r.placed and r.before is null and r.message_id is not null
             on conflict do nothing
           ), done as (
             update outbox o set state = 'sent', message_id = r.message_id, finished_at = now()
             from ready r where o.id = r.id
             returning o.id
           )
           select array(select id from ready) as "rows!",
                  array(select x.chat_id from closed_chats x
                        where x.bot_id = $1 and x.chat_id in (select chat_id from ready)) as "reopened!""#,
        bot.0,
        &rows,
        &chats as &[Option<i64>],
        &messages as &[Option<i64>],
        &cards as &[Option<Uuid>],
        &versions as &[Option<i64>],
        &befores as &[Option<i64>],
        &placed as &[Option<i32>],
        Priority::Digest as i16,
        &threads as &[Option<i64>]
    )
    .fetch_one(conn)
    .await?;
    Ok(Recorded { rows: recorded.rows.into_iter().collect(), reopened: recorded.reopened })
}

/// Messages arrive in these chats again: what was not drawn there meanwhile is.
pub(super) async fn reopen(pool: &PgPool, bot: BotId, chats: &[i64]) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    for chat in chats::open(&mut tx, bot, chats).await? {
        cards::draw_missed(&mut tx, bot, chat).await?;
    }
    tx.commit().await
}

/// A whisper has a message to stand in: its next turn puts the secret there.
pub(super) async fn has_place(conn: &mut PgConnection, id: i64, message_id: Option<i64>) -> sqlx::Result<()> {
    sqlx::query!(
        "update outbox set message_id = $2, state = 'waiting', not_before = now() where id = $1 and state = 'sending'",
        id,
        message_id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The row is settled: `sent`, `dropped` or `dead`; unless it is in flight no more, because another holder of the lease has
/// looked after it.
pub(super) async fn finish(
    conn: &mut PgConnection,
    id: i64,
    state: &str,
    message_id: Option<i64>,
    error: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update outbox set state = $2, message_id = $3, last_error = coalesce($4, last_error), finished_at = now()
         where id = $1 and state = 'sending'",
        id,
        state,
        message_id,
        error
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A row goes to another chat, and so do the other draws of its card.
pub(super) async fn readdress(conn: &mut PgConnection, row: &Row, chat: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "update outbox set chat_id = $3
         where (id = $1 or card_id = $2) and state in ('waiting', 'sending')",
        row.id,
        row.card,
        chat
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Nobody knows whether this try arrived.
pub(super) async fn outcome_unknown(conn: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("update outbox set unknown_sends = unknown_sends + 1 where id = $1", id).execute(conn).await?;
    Ok(())
}

/// Lets a row wait again, for `wait` at least. A newer draw of the same card makes it needless, and inherits its urgency:
/// a page stays a page.
pub(super) async fn put_back(conn: &mut PgConnection, id: i64, error: &str, wait: Duration) -> sqlx::Result<()> {
    let inherited = sqlx::query!(
        "update outbox w set priority = least(w.priority, o.priority), created_at = least(w.created_at, o.created_at)
         from outbox o
         where o.id = $1 and o.state = 'sending' and w.card_id = o.card_id and w.state = 'waiting' and w.id <> o.id",
        id
    )
    .execute(&mut *conn)
    .await?
    .rows_affected();
    if inherited > 0 {
        return finish(conn, id, "dropped", None, Some("a newer draw waits")).await;
    }
    sqlx::query!(
        "update outbox set state = 'waiting', last_error = $2, not_before = now() + make_interval(secs => $3)
         where id = $1 and state = 'sending'",
        id,
        error,
        wait.as_secs_f64()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Rows that are marked as in flight and are in nobody's hand: a former holder of the lease left them, or their outcome
/// could not be recorded. Whether they arrived is unknown. They are sent again; a card that had no message yet counts one
/// possible orphan. A newer draw of the same card makes the old row needless. Nothing is done when somebody else has the
/// lease.
pub(super) async fn recover(pool: &PgPool, by: Holding, which: InFlight<'_>) -> sqlx::Result<()> {
    let (only, but): (Option<&[i64]>, &[i64]) = match which {
        InFlight::All => (None, &[]),
        InFlight::These(ids) => (Some(ids), &[]),
        InFlight::AllBut(ids) => (None, ids),
    };
    let mut tx = pool.begin().await?;
    // Held until the commit, so that nobody takes the lease meanwhile.
    let ours = sqlx::query!(
        "select name from leases where name = $1 and fence = $2 for share",
        Holding::lease(by.bot),
        by.fence
    )
    .fetch_optional(&mut *tx)
    .await?;
    if ours.is_none() {
        return Ok(());
    }
    let astray = sqlx::query_scalar!(
        "select id from outbox
         where bot_id = $1 and state = 'sending' and ($2::bigint[] is null or id = any ($2)) and id <> all ($3)
         for update",
        by.bot.0,
        only as Option<&[i64]>,
        but
    )
    .fetch_all(&mut *tx)
    .await?;
    if astray.is_empty() {
        return tx.commit().await;
    }
    sqlx::query!(
        "update cards c set unknown_sends = c.unknown_sends + 1
         from outbox o where o.card_id = c.id and o.id = any ($1) and c.message_id is null",
        &astray
    )
    .execute(&mut *tx)
    .await?;
    // Of several draws of one card only the youngest goes back, and none when a newer one waits; what is left of them has
    // the urgency of the most urgent.
    sqlx::query!(
        "update outbox w set priority = least(w.priority, o.priority), created_at = least(w.created_at, o.created_at)
         from (select card_id, min(priority) as priority, min(created_at) as created_at from outbox
               where id = any ($2) and card_id is not null
               group by card_id) o
         where w.bot_id = $1 and w.card_id = o.card_id and w.state in ('waiting', 'sending')",
        by.bot.0,
        &astray
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update outbox o set state = 'dropped', finished_at = now(), last_error = 'a newer draw waits'
         where o.id = any ($1) and o.card_id is not null
           and exists (select 1 from outbox w where w.card_id = o.card_id and w.id <> o.id
                         and (w.state = 'waiting' or (w.state = 'sending' and w.id > o.id)))",
        &astray
    )
    .execute(&mut *tx)
    .await?;
    let again = sqlx::query!(
        "update outbox set state = 'waiting', unknown_sends = unknown_sends + 1 where id = any ($1) and state = 'sending'",
        &astray
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
