//! The one sender of a bot: brings the outbox out, in order within a chat, urgent things first, within the limits.
//!
//! It looks at the head of each chat's queue, starts as many calls side by side as the limits allow, never two for one
//! chat, and sleeps until a signal, a free slot of the limits or the end of a hold. What each failure means for the row
//! stands in one table, `verdict`.

mod calls;
mod queue;
mod verdict;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::limits::Limits;
use super::{Api, BotId, Settings, outbox};
use crate::db::Signals;
use crate::durable::Leases;
use crate::secrets::MasterKey;
use queue::Row;
use verdict::Patience;

/// Calls under way at once, over all chats.
const SIDE_BY_SIDE: usize = 24;
/// How often a replica that waits looks whether the lease is free.
const LEASE_RETRY: Duration = Duration::from_secs(1);

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
}

impl Sending {
    fn patience(&self) -> Patience {
        Patience { attempts: self.settings.send_attempts, backoff: self.settings.send_backoff }
    }
}

struct Sender {
    with: Sending,
    limits: Limits,
    busy: HashSet<i64>,
    calls: JoinSet<Option<i64>>,
}

impl Sender {
    fn new(with: Sending) -> Self {
        let Settings { global_per_s, chat_per_s, chat_burst, group_per_min, .. } = with.settings;
        let limits = Limits::new(global_per_s, chat_per_s, chat_burst, group_per_min, Instant::now());
        Self { with, limits, busy: HashSet::new(), calls: JoinSet::new() }
    }

    /// Returns when cancelled; calls in flight are left to [`Sender::finish_calls`].
    async fn serve(&mut self, signals: &Signals, stop: &CancellationToken) {
        let mut signal = signals.of(outbox::WAKE);
        if let Err(error) = queue::recover(&self.with.pool, self.with.bot).await {
            tracing::warn!(%error, "rows left in flight cannot be looked at yet");
        }
        loop {
            let nap = match self.start_what_may_go().await {
                Ok(nap) => nap,
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot be read; trying again");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                Some(done) = self.calls.join_next() => self.free(done),
                () = signal.wait(nap) => {}
            }
            while let Some(done) = self.calls.try_join_next() {
                self.free(done);
            }
        }
    }

    fn free(&mut self, done: Result<Option<i64>, tokio::task::JoinError>) {
        match done {
            Ok(Some(chat)) => {
                self.busy.remove(&chat);
            }
            Ok(None) => {}
            Err(error) => {
                // The chat of a panicked call is unknown; its row is found again as one left in flight.
                tracing::error!(%error, "a call to Telegram ended abnormally");
                self.busy.clear();
            }
        }
    }

    /// Starts calls for the heads of the queues and returns how long nothing more can go.
    async fn start_what_may_go(&mut self) -> sqlx::Result<Duration> {
        let busy: Vec<i64> = self.busy.iter().copied().collect();
        let (rows, hold_ends_in) = queue::heads(&self.with.pool, self.with.bot, &busy).await?;
        let mut nap = hold_ends_in.unwrap_or(Duration::from_secs(5)).min(Duration::from_secs(5));
        for row in rows {
            if self.calls.len() >= SIDE_BY_SIDE {
                break;
            }
            let now = Instant::now();
            if let Some(chat) = row.limited_chat() {
                let ready = self.limits.ready_at(chat);
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
        let with = self.with.clone();
        self.calls.spawn(async move {
            let (id, chat) = (row.id, row.chat);
            if let Err(error) = calls::carry_out(&with, row).await {
                tracing::warn!(
                    outbox = id,
                    error = format!("{error:#}"),
                    "an outcome could not be recorded; the row will be sent again"
                );
            }
            chat
        });
    }

    async fn finish_calls(&mut self) {
        while self.calls.join_next().await.is_some() {}
    }
}
