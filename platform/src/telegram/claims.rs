//! Which updates this replica has: taken in batches, and free again when the replica is gone.
//!
//! Taking an update writes the number of the [`Holder`] into its row. The holder's session keeps an advisory lock of that
//! number for as long as it lives, so that rows of the dead are known at once and by no clock: Postgres ends the session
//! with the process. A turn ends by the condition that its row is still its holder's; of two that believe to have the same
//! update only one can.
//!
//! **Updates that kill.** A panic is caught, a stack overflow or a hunger for memory is not: whoever finds rows of a dead
//! holder counts a death for each. Most of them are innocent, at most as many as ran side by side, and so are all when
//! somebody sends a kill -9. Hence no verdict by one death: what saw one is a suspect, and suspects run one at a time, with growing pauses from the second on. The
//! next death under the same update points at it alone; an innocent one is done before. At the limit of attempts it is a
//! dead letter. Where processes are killed faster than a turn takes, the same innocent one would be in hand each time: so
//! what saw two deaths is only tried by a process that has lived for a while itself.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgPool;

use super::BotId;
use crate::db::{PgConnection, PoolConnection};

/// The class of the advisory locks by which holders are known to live; any number that nobody else takes.
const CLASS: i32 = 0x1b0c;

/// A holder's number, as rows carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holding(pub(crate) i32);

/// An update that a turn of this replica has.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) payload: Value,
    /// Turns that failed.
    pub(crate) attempts: i32,
    /// Processes that ended meanwhile.
    pub(crate) deaths: i32,
    /// Whether a question to this person is open in this chat.
    pub(crate) asked: bool,
}

/// Which updates are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// All of them.
    Any,
    /// Presses on express buttons only.
    Express,
}

/// How many updates of which kind may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) lane: Lane,
    pub(crate) places: i64,
    /// Which suspect may be one of them.
    pub(crate) suspects: Suspects,
}

/// Which updates may be tried that saw a process die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suspects {
    /// None: one is being tried.
    None,
    /// One that saw a single death, which proves nothing.
    Fresh,
    /// Whichever is next.
    Any,
}

impl Suspects {
    /// The most deaths that it may have seen.
    const fn limit(self) -> i32 {
        match self {
            Self::None => 0,
            Self::Fresh => 1,
            Self::Any => i32::MAX,
        }
    }
}

/// The session that takes updates, and proves that this replica lives.
pub(crate) struct Holder {
    conn: PoolConnection,
    holding: Holding,
}

/// Ends the session that keeps a holder's lock: our own, whose connection broke on this side only.
async fn end_session_of(conn: &mut PgConnection, number: i32) -> sqlx::Result<()> {
    sqlx::query_scalar!(
        "select pg_terminate_backend(l.pid) from pg_locks l
         where l.locktype = 'advisory' and l.classid = $1::int::oid and l.objid = $2::int::oid and l.objsubid = 2
           and l.granted and l.database = (select d.oid from pg_database d where d.datname = current_database())",
        CLASS,
        number
    )
    .fetch_all(conn)
    .await?;
    Ok(())
}

impl Holder {
    /// A new holder, or the same again whose session broke.
    ///
    /// # Errors
    /// The database refuses, or has not noticed yet that the former session is gone.
    pub(crate) async fn open(pool: &PgPool, again: Option<Holding>) -> sqlx::Result<Self> {
        let mut conn = pool.acquire().await?;
        // The lock is the session's: nobody may get this connection from the pool.
        conn.close_on_drop();
        // What it writes needs no waiting for the disk: a claim that a crash of the server takes back is made again.
        sqlx::query!("set synchronous_commit = off").execute(&mut *conn).await?;
        let number = match again {
            Some(Holding(number)) => number,
            None => {
                sqlx::query_scalar!(r#"select nextval('inbox_holders')::int as "number!""#)
                    .fetch_one(&mut *conn)
                    .await?
            }
        };
        let alone = sqlx::query_scalar!(r#"select pg_try_advisory_lock($1, $2) as "alone!""#, CLASS, number)
            .fetch_one(&mut *conn)
            .await?;
        if !alone {
            if again.is_some() {
                end_session_of(&mut conn, number).await?;
            }
            return Err(sqlx::Error::Protocol("the former session of this dispatcher is still there".to_owned()));
        }
        Ok(Self { conn, holding: Holding(number) })
    }

    pub(crate) const fn holding(&self) -> Holding {
        self.holding
    }

    /// Takes the oldest updates that are due and whose conversations have no older one left, the oldest first. Those that
    /// somebody else is just taking are skipped.
    pub(crate) async fn claim(&mut self, bot: BotId, now: DateTime<Utc>, room: Room) -> sqlx::Result<Vec<Claimed>> {
        // By an array of keys: a join would tempt the planner to read the whole table while it has no statistics.
        let mut claimed = sqlx::query_as!(
            Claimed,
            r#"update inbox i set taken_by = $3
               where i.seq = any (array(
                 select h.seq from inbox h
                 where h.bot_id = $1 and h.state = 'waiting' and h.taken_by is null and h.next_attempt_at <= $2
                   and (h.express or not $4)
                   and (h.deaths = 0
                        or h.seq = (select min(s.seq) from inbox s
                                    where s.bot_id = $1 and s.state = 'waiting' and s.deaths > 0 and s.deaths <= $5
                                      and s.taken_by is null and s.next_attempt_at <= $2))
                   and not exists (select from inbox older
                                   where older.bot_id = h.bot_id and older.conversation = h.conversation
                                     and older.state = 'waiting' and older.seq < h.seq)
                 order by h.seq
                 limit $6
                 for update of h skip locked))
               returning i.seq, i.kind, i.payload, i.attempts, i.deaths,
                 exists (select from prompts p
                         where p.bot_id = i.bot_id and p.chat_id = split_part(i.conversation, ':', 1)::bigint
                           and p.person_id = split_part(i.conversation, ':', 3)::bigint) as "asked!""#,
            bot.0,
            now,
            self.holding.0,
            room.lane == Lane::Express,
            room.suspects.limit(),
            room.places
        )
        .fetch_all(&mut *self.conn)
        .await?;
        claimed.sort_unstable_by_key(|claimed| claimed.seq);
        Ok(claimed)
    }

    /// Frees what holders have that are gone, and counts a death for each. From the second on it rests, for twice `backoff`
    /// and twice as long each time: what kills does so less often, and what is innocent is not in hand each time that somebody
    /// kills processes again and again.
    pub(crate) async fn sweep(&mut self, bot: BotId, now: DateTime<Utc>, backoff: Duration) -> sqlx::Result<u64> {
        let freed = sqlx::query!(
            "update inbox set taken_by = null, deaths = deaths + 1,
                    next_attempt_at = case when deaths = 0 then next_attempt_at
                                           else $3::timestamptz + make_interval(secs => $4 * power(2, least(deaths, 6))) end
             where bot_id = $1 and state = 'waiting' and taken_by is not null
               and taken_by <> all (array(
                 select l.objid::int from pg_locks l
                 where l.locktype = 'advisory' and l.classid = $2::int::oid and l.objsubid = 2 and l.granted
                   and l.database = (select d.oid from pg_database d where d.datname = current_database())))",
            bot.0,
            CLASS,
            now,
            backoff.as_secs_f64()
        )
        .execute(&mut *self.conn)
        .await?;
        Ok(freed.rows_affected())
    }

    /// Frees what this holder took and does not know of: the answer to a claim was lost with its session.
    pub(crate) async fn keep_only(&mut self, bot: BotId, in_hand: &[i64]) -> sqlx::Result<()> {
        sqlx::query!(
            "update inbox set taken_by = null
             where bot_id = $1 and taken_by = $2 and state = 'waiting' and seq <> all ($3)",
            bot.0,
            self.holding.0,
            in_hand
        )
        .execute(&mut *self.conn)
        .await?;
        Ok(())
    }

    /// Frees updates of this holder whose turn came to no end that could be recorded; they are due at `next`.
    pub(crate) async fn give_back(&mut self, lost: &[i64], next: DateTime<Utc>) -> sqlx::Result<()> {
        sqlx::query!(
            "update inbox set taken_by = null, next_attempt_at = $3
             where seq = any ($1) and taken_by = $2 and state = 'waiting'",
            lost,
            self.holding.0,
            next
        )
        .execute(&mut *self.conn)
        .await?;
        Ok(())
    }
}
