//! Updates as they came, stored before they are confirmed and worked off once.

use std::borrow::Cow;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use teloxide::types::AllowedUpdate;

use super::claims::{Claimed, Holding};
use super::{BotId, Priority, incoming};
use crate::clock::random;
use crate::db::{in_portions, signals};

/// The Postgres channel on which a stored update wakes a turn.
pub(crate) const WAKE: &str = "hub_inbox";

/// How long Telegram keeps an update that nobody fetched. After as long a silence nothing is left there that an offset
/// could confirm, and the ids may begin anew, lower than the last: then the offset would hide what comes.
const RETENTION: Duration = Duration::from_secs(24 * 3600);

/// The kinds of updates that are asked for; Telegram keeps all others to itself.
pub(crate) fn wanted() -> [AllowedUpdate; 4] {
    [AllowedUpdate::Message, AllowedUpdate::EditedMessage, AllowedUpdate::CallbackQuery, AllowedUpdate::MyChatMember]
}

/// Stores a batch in one statement; updates that are already there are left alone. Returns the kinds of the new ones, for
/// [`count`]. Turns are to be woken once it is committed.
///
/// In the order of their ids, which is that of their coming: two replicas that store the same updates, brought twice and
/// mixed differently, would otherwise each wait for a key that the other holds.
///
/// They are due at once, whatever the clocks of this process and of the database say.
///
/// A press on an express button goes into a conversation of its own, so that it waits for nothing else that its person
/// said; presses on express buttons keep their order among each other.
///
/// # Errors
/// The database refuses; then nothing of the batch is stored and it must not be confirmed.
pub async fn store(conn: &mut PgConnection, bot: BotId, updates: &[Value]) -> sqlx::Result<Vec<String>> {
    let mut updates = storable(updates);
    if !updates.is_sorted_by_key(id) {
        updates.to_mut().sort_by_key(id);
    }
    let ids: Vec<i64> = updates.iter().map(id).collect();
    let (kinds, conversations): (Vec<String>, Vec<String>) = updates.iter().map(incoming::address).unzip();
    let tokens: Vec<Option<String>> =
        updates.iter().map(|raw| raw["callback_query"]["data"].as_str().map(str::to_owned)).collect();
    let stored = sqlx::query!(
        r#"with stored as (
             insert into inbox (bot_id, update_id, kind, conversation, express, payload, next_attempt_at)
             select $1, t.id, t.kind,
                    case when coalesce(b.express, false) then t.conversation || ':express' else t.conversation end,
                    coalesce(b.express, false), t.payload, '-infinity'
             from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::jsonb[]) with ordinality
               as t (id, kind, conversation, token, payload, position)
             left join buttons b on b.token = t.token
             order by t.position
             on conflict (bot_id, update_id) do nothing
             returning kind
           )
           select kind as "kind!" from stored"#,
        bot.0,
        &ids,
        &kinds,
        &conversations,
        &tokens as &[Option<String>],
        &updates as &[Value]
    )
    .fetch_all(conn)
    .await?;
    Ok(stored.into_iter().map(|row| row.kind).collect())
}

fn id(raw: &Value) -> i64 {
    raw["update_id"].as_i64().unwrap_or_default()
}

/// Counts stored updates by how they came and by kind, once they are committed.
pub(crate) fn count(mode: &'static str, kinds: Vec<String>) {
    /// Longer or stranger than Telegram's names are: not worth a series of its own.
    const LONGEST: usize = 40;
    for kind in kinds {
        let is_name = kind.len() <= LONGEST && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let kind = if is_name { kind } else { "other".to_owned() };
        metrics::counter!("hub_updates_total", "mode" => mode, "kind" => kind).increment(1);
    }
}

/// Postgres stores every text but U+0000; an update that has one must not hold up those beside it.
fn storable(updates: &[Value]) -> Cow<'_, [Value]> {
    if updates.iter().any(has_nul) { updates.iter().map(without_nul).collect() } else { Cow::Borrowed(updates) }
}

fn has_nul(raw: &Value) -> bool {
    match raw {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn without_nul(raw: &Value) -> Value {
    let clean = |text: &str| text.replace('\0', "\u{fffd}");
    match raw {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(items) => items.iter().map(without_nul).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (clean(name), without_nul(value))).collect(),
        other => other.clone(),
    }
}

/// Keeps what came as an update and cannot be read as one.
pub(crate) async fn keep_unreadable(conn: &mut PgConnection, raw: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into dead_letters (id, source, reason, raw) values ($1, 'update', 'malformed', $2)",
        random::id(),
        raw
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The offset to ask for next; zero before the first poll and after a silence that the ids may not have outlived.
pub(crate) async fn next_offset(conn: &mut PgConnection, bot: BotId) -> sqlx::Result<i64> {
    let row = sqlx::query_scalar!(
        "select next_offset from poll_positions
         where bot_id = $1 and moved_at > now() - make_interval(secs => $2)",
        bot.0,
        RETENTION.as_secs_f64()
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.unwrap_or(0))
}

pub(crate) async fn move_offset(conn: &mut PgConnection, bot: BotId, next: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into poll_positions (bot_id, next_offset) values ($1, $2)
         on conflict (bot_id) do update set next_offset = excluded.next_offset, moved_at = now()",
        bot.0,
        next
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The update is done, unless its dispatcher has lost it: then the turn must leave nothing behind. Last in a turn's
/// transaction, so that the row is locked no longer than the commit takes.
pub(crate) async fn finish(conn: &mut PgConnection, seq: i64, holder: Holding) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update inbox set state = 'done', taken_by = null, finished_at = now()
         where seq = $1 and taken_by = $2 and state = 'waiting'",
        seq,
        holder.0
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts a failed update back for later; those behind it in the conversation wait.
pub(crate) async fn put_back(
    pool: &PgPool,
    seq: i64,
    holder: Holding,
    error: &str,
    next: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update inbox set attempts = attempts + 1, last_error = $3, next_attempt_at = $4, taken_by = null
         where seq = $1 and taken_by = $2 and state = 'waiting'",
        seq,
        holder.0,
        error,
        next
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Gives up on an update: it becomes a dead letter, kept whole. `false` when its dispatcher has lost it: then it is done by
/// now, or somebody else decides.
pub(crate) async fn bury(
    conn: &mut PgConnection,
    claimed: &Claimed,
    holder: Holding,
    attempts: i32,
    error: &str,
) -> sqlx::Result<bool> {
    let buried = sqlx::query!(
        "update inbox set state = 'dead', taken_by = null, attempts = $3, last_error = $4, finished_at = now()
         where seq = $1 and taken_by = $2 and state = 'waiting'",
        claimed.seq,
        holder.0,
        attempts,
        error
    )
    .execute(&mut *conn)
    .await?;
    if buried.rows_affected() == 0 {
        return Ok(false);
    }
    let raw = claimed.payload.to_string();
    sqlx::query!(
        "insert into dead_letters (id, source, reason, attempts, raw, origin) values ($1, 'update', $2, $3, $4, $5)",
        random::id(),
        error,
        attempts,
        raw.as_bytes(),
        claimed.seq.to_string()
    )
    .execute(conn)
    .await?;
    Ok(true)
}

/// Removes finished updates older than `before`; younger ones are needed to recognise duplicates. Those that were given up
/// go as well: their dead letters hold them whole, and an id that Telegram uses anew must not meet theirs.
///
/// # Errors
/// The database refuses.
pub async fn forget(pool: &PgPool, before: DateTime<Utc>) -> sqlx::Result<u64> {
    in_portions(|portion| async move {
        let gone = sqlx::query!(
            "delete from inbox where seq = any (array(
               select seq from inbox where state <> 'waiting' and finished_at < $1 limit $2))",
            before,
            portion
        );
        Ok(gone.execute(pool).await?.rows_affected())
    })
    .await
}

/// Hands an update that was given up to its turn once more, from its dead letter.
///
/// # Errors
/// The database refuses.
pub async fn retry(conn: &mut PgConnection, bot: BotId, raw: &Value) -> sqlx::Result<()> {
    sqlx::query!("delete from inbox where bot_id = $1 and update_id = $2 and state = 'dead'", bot.0, id(raw))
        .execute(&mut *conn)
        .await?;
    store(&mut *conn, bot, std::slice::from_ref(raw)).await?;
    signals::notify(conn, WAKE).await
}

/// Stops the spinners of presses whose turn has not answered for `patience`: an empty answer each, unless one is on its
/// way.
pub(crate) async fn answer_slow(pool: &PgPool, bot: BotId, patience: Duration) -> sqlx::Result<Watched> {
    let row = sqlx::query!(
        r#"with waiting as (
             select i.payload->'callback_query'->>'id' as id,
                    i.received_at <= now() - make_interval(secs => $2) as due
             from inbox i
             where i.bot_id = $1 and i.state = 'waiting' and i.kind = 'callback_query'
               and not exists (select 1 from outbox o
                               where o.bot_id = i.bot_id and o.callback_id = i.payload->'callback_query'->>'id')
           ), answered as (
             insert into outbox (bot_id, priority, call, callback_id)
             select $1, $3, jsonb_build_object('method', 'answer_callback', 'id', id, 'text', null, 'alert', false), id
             from waiting where due and id is not null
             on conflict (bot_id, callback_id) where callback_id is not null do nothing
             returning 1
           )
           select (select count(*) from waiting where not due) as "left!", (select count(*) from answered) as "answered!""#,
        bot.0,
        patience.as_secs_f64(),
        Priority::CallbackAnswer as i16
    )
    .fetch_one(pool)
    .await?;
    if row.answered > 0 {
        metrics::counter!("hub_presses_answered_early_total").increment(row.answered.unsigned_abs());
    }
    Ok(Watched { waiting: row.left, answered: row.answered })
}

/// What a look at presses found.
pub(crate) struct Watched {
    /// Presses that are not yet due to be answered.
    pub(crate) waiting: i64,
    /// Presses that were answered just now: the sender is to be woken.
    pub(crate) answered: i64,
}
