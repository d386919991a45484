//! The one sender of a bot: brings the outbox out, in order within a chat, urgent things first, within the limits.
//!
//! It looks at the head of each chat's queue, starts as many calls side by side as the limits allow, never two for one
//! chat, and sleeps until a signal, a free slot of the limits or the end of a hold. What each failure means for the row
//! stands in one table, `verdict`. When a call was not answered it first asks the server whether it is there, so that an
//! outage costs each message one attempt and not one a second.

mod calls;
mod digest;
mod queue;
mod settle;
mod text;
mod verdict;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sqlx::{PgConnection, PgPool};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::limits::{Limits, Urgency};
use super::{Api, BotId, Priority, Settings, outbox};
use crate::clock::Clock;
use crate::db::Signals;
use crate::durable::Leases;
use crate::render::Html;
use crate::secrets::MasterKey;
use queue::Row;
use verdict::Patience;

/// Messages under way at once, over all chats.
const SIDE_BY_SIDE: usize = 24;
/// Callback answers and the like beside them, so that hanging messages hold up no spinner.
const BESIDE: usize = 16;
/// How often a replica that waits looks whether the lease is free.
const LEASE_RETRY: Duration = Duration::from_secs(1);
/// The longest pause between two looks at a server that does not answer.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What the hub does about messages that do not arrive. Called in the transaction that records it.
pub trait Delivery: Send + Sync {
    /// The person blocked the bot, or the bot was put out of the group.
    fn shut_out<'a>(&'a self, conn: &'a mut PgConnection, bot: BotId, chat: i64) -> BoxFuture<'a, anyhow::Result<()>>;

    /// A group has another id now; what the platform keeps is changed already.
    fn moved<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        from: i64,
        to: i64,
    ) -> BoxFuture<'a, anyhow::Result<()>>;

    /// A message became a dead letter; `chat` is none for calls that address no chat.
    fn given_up<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        chat: Option<i64>,
        reason: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<()>>;

    /// The message that names pages which came to more than a chat can take.
    ///
    /// # Errors
    /// The layout is broken.
    fn digest(&self, pages: &[String]) -> anyhow::Result<Html>;
}

/// What a sender works with.
#[derive(Clone)]
pub struct Sending {
    /// The database.
    pub pool: PgPool,
    /// Who alone may send.
    pub leases: Leases,
    /// The way to Telegram.
    pub api: Api,
    /// Whose messages.
    pub bot: BotId,
    /// Opens what was sealed while it waited.
    pub keys: Arc<MasterKey>,
    /// Hears of what does not arrive.
    pub delivery: Arc<dyn Delivery>,
    /// Time.
    pub clock: Clock,
    /// Limits and leases.
    pub settings: Settings,
}

impl Sending {
    /// Sends until cancelled; waits for the lease while another replica has it.
    pub async fn run(self, signals: &Signals, stop: CancellationToken) {
        let name = format!("send:{}", self.bot.0);
        while let Some(lease) = self.leases.acquire_when_free(&name, self.settings.lease, LEASE_RETRY, &stop).await {
            let mut sender = Sender::new(self.clone());
            tokio::select! {
                () = lease.lost() => tracing::warn!(bot = self.bot.0, "the sending lease went to another replica"),
                () = sender.serve(signals, &stop) => {}
            }
            if stop.is_cancelled() {
                sender.finish_calls().await;
            }
            lease.release().await;
        }
    }

    fn patience(&self) -> Patience {
        Patience { attempts: self.settings.send_attempts, backoff: self.settings.send_backoff }
    }
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").field("bot", &self.bot).finish_non_exhaustive()
    }
}

struct Sender {
    with: Sending,
    limits: Limits,
    busy: HashSet<i64>,
    /// Each with whether its outcome is recorded.
    calls: JoinSet<bool>,
    /// The row and chat of each call.
    under_way: HashMap<Id, (i64, Option<i64>)>,
    /// Rows whose outcome could not be recorded, or whose call panicked: they are put back as soon as that can be.
    lost: Vec<i64>,
    /// Looks at a silent server in a row.
    looks: u32,
}

impl Sender {
    fn new(with: Sending) -> Self {
        let Settings { global_per_s, chat_per_s, chat_burst, group_per_min, .. } = with.settings;
        let limits = Limits::new(global_per_s, chat_per_s, chat_burst, group_per_min, Instant::now());
        Self {
            with,
            limits,
            busy: HashSet::new(),
            calls: JoinSet::new(),
            under_way: HashMap::new(),
            lost: Vec::new(),
            looks: 0,
        }
    }

    /// Returns when cancelled; calls in flight are left to [`Sender::finish_calls`].
    async fn serve(&mut self, signals: &Signals, stop: &CancellationToken) {
        let mut signal = signals.of(outbox::WAKE);
        if let Err(error) = queue::recover(&self.with.pool, self.with.bot, None).await {
            tracing::warn!(%error, "rows left in flight cannot be looked at yet");
        }
        loop {
            let nap = self.go_on(stop).await.unwrap_or_else(|error| {
                tracing::warn!(error = format!("{error:#}"), "the outbox cannot be worked on; trying again");
                Duration::from_secs(1)
            });
            tokio::select! {
                () = stop.cancelled() => return,
                Some(done) = self.calls.join_next_with_id() => self.free(done),
                () = signal.wait(nap) => {}
            }
            while let Some(done) = self.calls.try_join_next_with_id() {
                self.free(done);
            }
        }
    }

    fn free(&mut self, done: Result<(Id, bool), JoinError>) {
        let (id, recorded) = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "a call to Telegram ended abnormally");
                (error.id(), false)
            }
        };
        let Some((row, chat)) = self.under_way.remove(&id) else { return };
        if let Some(chat) = chat {
            self.busy.remove(&chat);
        }
        if !recorded {
            self.lost.push(row);
        }
    }

    /// Starts what may go and returns how long nothing more can. A stop cuts short only what changes nothing.
    async fn go_on(&mut self, stop: &CancellationToken) -> anyhow::Result<Duration> {
        if !self.lost.is_empty() {
            queue::recover(&self.with.pool, self.with.bot, Some(&self.lost)).await?;
            self.lost.clear();
        }
        if self.with.api.reach().lost_for().is_some() {
            tokio::select! {
                () = stop.cancelled() => return Ok(Duration::ZERO),
                // A refusal is an answer, too: only whether there was one counts.
                _ = self.with.api.identity() => {}
            }
            if self.with.api.reach().lost_for().is_some() {
                self.looks = (self.looks + 1).min(8);
                return Ok(self.with.settings.send_backoff.saturating_mul(2u32.pow(self.looks)).min(LOOK_AGAIN));
            }
        }
        self.looks = 0;
        self.start_what_may_go().await
    }

    async fn start_what_may_go(&mut self) -> anyhow::Result<Duration> {
        const AT_MOST: Duration = Duration::from_secs(5);
        let busy: Vec<i64> = self.busy.iter().copied().collect();
        let pause = self.with.settings.progress_pause;
        let mut found = queue::heads(&self.with.pool, self.with.bot, &busy, pause).await?;
        if found.0.iter().any(|row| row.priority == Priority::Page as i16) {
            match digest::fold(&self.with).await {
                Ok(false) => {}
                Ok(true) => found = queue::heads(&self.with.pool, self.with.bot, &busy, pause).await?,
                // One by one they arrive all the same.
                Err(error) => tracing::error!(error = format!("{error:#}"), "pages cannot be folded into a digest"),
            }
        }
        let (rows, more_in) = found;
        let mut nap = more_in.unwrap_or(AT_MOST).min(AT_MOST);
        for row in rows {
            let beside = self.calls.len() - self.busy.len();
            let full = if row.chat.is_some() { self.busy.len() >= SIDE_BY_SIDE } else { beside >= BESIDE };
            if full {
                continue;
            }
            let now = Instant::now();
            if let Some(chat) = row.limited_chat() {
                let ready = self.limits.ready_at(chat, urgency(&row));
                if ready > now {
                    nap = nap.min(ready - now);
                    continue;
                }
            }
            if !queue::claim(&self.with.pool, row.id).await? {
                continue;
            }
            self.start(row, now);
        }
        Ok(nap)
    }

    fn start(&mut self, row: Row, now: Instant) {
        if let Some(chat) = row.limited_chat() {
            self.limits.take(chat, now);
        }
        if let Some(chat) = row.chat {
            self.busy.insert(chat);
        }
        let (with, id, chat) = (self.with.clone(), row.id, row.chat);
        let task = self.calls.spawn(async move {
            let recorded = calls::carry_out(&with, &row).await;
            if let Err(error) = &recorded {
                let error = format!("{error:#}");
                tracing::warn!(outbox = row.id, error, "an outcome could not be recorded; the row is sent again");
            }
            recorded.is_ok()
        });
        self.under_way.insert(task.id(), (id, chat));
    }

    async fn finish_calls(&mut self) {
        while self.calls.join_next().await.is_some() {}
    }
}

fn urgency(row: &Row) -> Urgency {
    if row.priority == Priority::Page as i16 { Urgency::Page } else { Urgency::Other }
}
