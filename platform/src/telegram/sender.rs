//! The one sender of a bot: brings the outbox out, in order within a chat, urgent things first, within the limits.
//!
//! It looks at the head of each chat's queue, starts as many calls side by side as the limits allow, never two for one
//! chat, and sleeps until a signal, a free slot of the limits or the end of a hold. What each failure means for the row
//! stands in one table, `verdict`.

mod calls;
mod queue;
mod verdict;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::limits::Limits;
use super::{Api, BotId, Settings, outbox};
use crate::db::Signals;
use crate::durable::lease;
use queue::Row;

/// Calls under way at once, over all chats.
const SIDE_BY_SIDE: usize = 24;

/// Sends until cancelled; waits for the lease while another replica has it.
pub async fn run(pool: PgPool, api: Api, bot: BotId, settings: Settings, signals: Signals, stop: CancellationToken) {
    let name = format!("send:{}", bot.0);
    while let Some(lease) = lease::wait(&pool, &name, settings.lease, &stop).await {
        let mut sender = Sender::new(pool.clone(), api.clone(), bot, &settings);
        tokio::select! {
            () = lease.lost() => tracing::warn!(bot = bot.0, "the sending lease went to another replica"),
            () = sender.serve(&signals, &stop) => {}
        }
        if stop.is_cancelled() {
            sender.finish_calls().await;
        }
        lease.release().await;
    }
}

struct Sender {
    pool: PgPool,
    api: Api,
    bot: BotId,
    limits: Limits,
    busy: HashSet<i64>,
    calls: JoinSet<Option<i64>>,
}

impl Sender {
    fn new(pool: PgPool, api: Api, bot: BotId, settings: &Settings) -> Self {
        let limits =
            Limits::new(settings.global_per_s, settings.chat_per_s, settings.group_per_min, Instant::now());
        Self { pool, api, bot, limits, busy: HashSet::new(), calls: JoinSet::new() }
    }

    /// Returns when cancelled; calls in flight are left to [`Sender::finish_calls`].
    async fn serve(&mut self, signals: &Signals, stop: &CancellationToken) {
        let mut signal = signals.of(outbox::WAKE);
        if let Err(error) = queue::recover(&self.pool, self.bot).await {
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
        let (rows, hold_ends_in) = queue::heads(&self.pool, self.bot, &busy).await?;
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
            if !queue::claim(&self.pool, row.id).await? {
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
        let (pool, api, bot) = (self.pool.clone(), self.api.clone(), self.bot);
        self.calls.spawn(async move {
            let (id, chat) = (row.id, row.chat);
            if let Err(error) = calls::carry_out(&pool, &api, bot, row).await {
                tracing::warn!(outbox = id, error = format!("{error:#}"), "an outcome could not be recorded; the row will be sent again");
            }
            chat
        });
    }

    async fn finish_calls(&mut self) {
        while self.calls.join_next().await.is_some() {}
    }
}
