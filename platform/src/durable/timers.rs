//! Things to be done at a time: reminders, expiries, schedules. One waiting timer for a kind and subject.
//!
//! A handler runs in the transaction that completes its timer: what it writes and the completion commit together, once.
//! Handlers only write rows; what takes time or leaves the database is a saga that they enqueue. The injected clock
//! decides what is due; row locks decide who does it.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::wake::{Signal, Wake, notify};
use crate::clock::{Clock, random};

/// What a handler is given.
#[derive(Clone, Debug)]
pub struct Timer {
    /// Its id.
    pub id: Uuid,
    /// Which handler.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// What it was set with.
    pub payload: Value,
    /// When it was due.
    pub due_at: DateTime<Utc>,
    /// From 1.
    pub attempt: u32,
}

/// What a handler decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fired {
    /// Finished.
    Done,
    /// The same timer again at this time: a schedule.
    Again(DateTime<Utc>),
}

/// What became of setting a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduled {
    /// New.
    New(Uuid),
    /// One was waiting for this kind and subject; it has the new time and payload.
    Moved(Uuid),
}

type Handler =
    Arc<dyn for<'a> Fn(&'a mut PgConnection, &'a Timer) -> BoxFuture<'a, anyhow::Result<Fired>> + Send + Sync>;

/// The subject of a timer of which there is one.
const ALL: &str = "all";

/// For a capability's service that looks again and again: has its one timer due now, however long the database is away
/// when it begins; then waits until cancelled.
pub async fn look_again(pool: &PgPool, clock: &Clock, kind: &str, stop: &CancellationToken) {
    let begun = async {
        while let Err(error) = set_now(pool, clock, kind).await {
            tracing::warn!(%error, timer.kind = kind, "not set yet; trying again");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = begun => {}
    }
}

async fn set_now(pool: &PgPool, clock: &Clock, kind: &str) -> Result<(), sqlx::Error> {
    schedule(&mut *pool.acquire().await?, kind, ALL, &Value::Null, clock.now()).await.map(drop)
}

/// Sets a timer in the caller's transaction, or moves the waiting one of this kind and subject.
///
/// # Errors
/// The database refuses.
pub async fn schedule(
    connection: &mut PgConnection,
    kind: &str,
    subject: &str,
    payload: &Value,
    due_at: DateTime<Utc>,
) -> Result<Scheduled, sqlx::Error> {
    let id = random::id();
    let stored = sqlx::query_scalar!(
        "insert into timers (id, kind, subject, payload, due_at) values ($1, $2, $3, $4, $5)
         on conflict (kind, subject) where state = 'waiting'
         do update set due_at = excluded.due_at, payload = excluded.payload, attempts = 0, last_error = null
         returning id",
        id,
        kind,
        subject,
        payload,
        due_at,
    )
    .fetch_one(&mut *connection)
    .await?;
    notify(connection, Signal::Timers).await?;
    Ok(if stored == id { Scheduled::New(stored) } else { Scheduled::Moved(stored) })
}

/// Takes a waiting timer off in the caller's transaction; false when none waited.
///
/// # Errors
/// The database refuses.
pub async fn cancel(connection: &mut PgConnection, kind: &str, subject: &str) -> Result<bool, sqlx::Error> {
    let cancelled = sqlx::query!(
        "update timers set state = 'cancelled', finished_at = now()
         where kind = $1 and subject = $2 and state = 'waiting'",
        kind,
        subject,
    )
    .execute(connection)
    .await?;
    Ok(cancelled.rows_affected() > 0)
}

/// How timers are worked.
#[derive(Clone, Debug)]
pub struct TimerSettings {
    /// The longest time between two looks; bounds what a lost notice or a clock set by hand can cost.
    pub poll: Duration,
    /// The wait after a first error; doubles with each.
    pub backoff_first: Duration,
    /// Errors before a timer is dead and lies with the dead letters.
    pub attempts: u16,
}

impl Default for TimerSettings {
    fn default() -> Self {
        Self { poll: Duration::from_secs(10), backoff_first: Duration::from_secs(5), attempts: 8 }
    }
}

/// Collects handlers.
pub struct TimersBuilder {
    pool: PgPool,
    clock: Clock,
    wake: Wake,
    settings: TimerSettings,
    handlers: BTreeMap<&'static str, Handler>,
}

impl TimersBuilder {
    /// Runs timers of this kind with this handler; a later one of the same kind replaces it.
    #[must_use]
    pub fn on<H>(mut self, kind: &'static str, handler: H) -> Self
    where
        H: for<'a> Fn(&'a mut PgConnection, &'a Timer) -> BoxFuture<'a, anyhow::Result<Fired>> + Send + Sync + 'static,
    {
        self.handlers.insert(kind, Arc::new(handler));
        self
    }

    /// Ready to run.
    pub fn build(self) -> Timers {
        Timers {
            kinds: self.handlers.keys().map(|kind| (*kind).to_owned()).collect(),
            pool: self.pool,
            clock: self.clock,
            wake: self.wake,
            settings: self.settings,
            handlers: self.handlers,
        }
    }
}

/// Fires due timers, one after another; several processes share them by row locks.
pub struct Timers {
    pool: PgPool,
    clock: Clock,
    wake: Wake,
    settings: TimerSettings,
    handlers: BTreeMap<&'static str, Handler>,
    kinds: Vec<String>,
}

impl Timers {
    /// Timers on this pool, due by this clock.
    pub fn builder(pool: PgPool, clock: Clock, wake: Wake, settings: TimerSettings) -> TimersBuilder {
        TimersBuilder { pool, clock, wake, settings, handlers: BTreeMap::new() }
    }

    /// Fires until stopped; asleep until the next is due or somebody sets one.
    pub async fn run(&self, stop: &CancellationToken) {
        let mut woken = self.wake.subscribe();
        while !stop.is_cancelled() {
            let wait = match self.fire_due().await {
                Ok(_) => self.until_next().await.unwrap_or(self.settings.poll),
                Err(error) => {
                    tracing::warn!(%error, "timers could not be looked for");
                    self.settings.poll
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
                () = woken.on(|signal| signal == Signal::Timers) => {}
            }
        }
    }

    /// Fires everything that is due now; says how many handlers were entered.
    ///
    /// # Errors
    /// The database refuses; a handler's error is recorded at its timer instead.
    pub async fn fire_due(&self) -> Result<usize, sqlx::Error> {
        let mut fired = 0;
        while self.fire_one().await? {
            fired += 1;
        }
        Ok(fired)
    }

    async fn until_next(&self) -> Result<Duration, sqlx::Error> {
        let next = sqlx::query_scalar!(
            "select min(due_at) from timers where state = 'waiting' and kind = any($1)",
            &self.kinds,
        )
        .fetch_one(&self.pool)
        .await?;
        let wait = next.map(|at| (at - self.clock.now()).to_std().unwrap_or_default());
        // A locked one is due and not to be had: it must not make this a hot loop.
        Ok(wait.unwrap_or(self.settings.poll).max(Duration::from_millis(10)).min(self.settings.poll))
    }

    async fn fire_one(&self) -> Result<bool, sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        let row = sqlx::query!(
            "select id, kind, subject, payload, due_at, attempts from timers
             where state = 'waiting' and due_at <= $1 and kind = any($2)
             order by due_at, id limit 1 for update skip locked",
            self.clock.now(),
            &self.kinds,
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else {
            return Ok(false);
        };
        let timer = Timer {
            id: row.id,
            kind: row.kind,
            subject: row.subject,
            payload: row.payload,
            due_at: row.due_at,
            attempt: u32::try_from(row.attempts).unwrap_or(0) + 1,
        };
        let Some(handler) = self.handlers.get(timer.kind.as_str()) else {
            return Ok(false);
        };
        let outcome = AssertUnwindSafe(handler(&mut tx, &timer)).catch_unwind().await;
        let error = match outcome {
            Ok(Ok(fired)) => {
                complete(&mut tx, &timer, fired).await?;
                tx.commit().await?;
                return Ok(true);
            }
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => "the handler panicked".to_owned(),
        };
        tx.rollback().await?;
        self.fail(&timer, &error).await?;
        Ok(true)
    }

    /// Between the rollback and this, another process may have fired it, or somebody set it anew: then there is nothing to
    /// write.
    async fn fail(&self, timer: &Timer, error: &str) -> Result<(), sqlx::Error> {
        tracing::error!(timer.id = %timer.id, timer.kind, timer.subject, error, "a timer's handler failed");
        let dead = timer.attempt >= u32::from(self.settings.attempts);
        let wait = self.settings.backoff_first * (1 << (timer.attempt - 1).min(10));
        let mut tx = self.pool.begin().await?;
        let written = sqlx::query!(
            "update timers set attempts = attempts + 1, last_error = $2, due_at = $3,
                 state = case when $4 then 'dead' else state end,
                 finished_at = case when $4 then now() end
             where id = $1 and state = 'waiting' and attempts = $5 and due_at = $6",
            timer.id,
            error,
            self.clock.now() + wait,
            dead,
            i32::try_from(timer.attempt).unwrap_or(i32::MAX) - 1,
            timer.due_at,
        )
        .execute(&mut *tx)
        .await?;
        if dead && written.rows_affected() == 1 {
            sqlx::query!(
                "insert into dead_letters (id, source, reason, attempts, raw, origin) values ($1, 'job', $2, $3, $4, $5)",
                random::id(),
                error,
                i32::try_from(timer.attempt).unwrap_or(i32::MAX),
                timer.payload.to_string().into_bytes(),
                timer.id.to_string(),
            )
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await
    }
}

async fn complete(connection: &mut PgConnection, timer: &Timer, fired: Fired) -> Result<(), sqlx::Error> {
    let again = match fired {
        Fired::Done => None,
        Fired::Again(at) => Some(at),
    };
    sqlx::query!(
        "update timers set
             state = case when $2::timestamptz is null then 'done' else state end,
             finished_at = case when $2::timestamptz is null then now() end,
             due_at = coalesce($2, due_at), attempts = 0, last_error = null
         where id = $1",
        timer.id,
        again,
    )
    .execute(connection)
    .await?;
    Ok(())
}
