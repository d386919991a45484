//! The one sender of a bot: brings the outbox out, in order within a chat, urgent things first, within the limits.
//!
//! It looks at the head of each chat's queue, claims as many as the limits allow with one statement, carries them out side
//! by side, never two for one chat, records what arrived in batches, and sleeps until a signal, a free slot of the limits or the end of a hold. What each failure means for the row
//! stands in one table, `verdict`. When a call was not answered it first asks the server whether it is there, so that an
//! outage costs each message one attempt and not one a second.

mod calls;
mod digest;
mod queue;
mod relay;
mod settle;
mod share;
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

use super::limits::Limits;
use super::{Api, BotId, Place, Priority, Settings, cards, outbox};
use crate::clock::Clock;
use crate::db::Signals;
use crate::durable::{Leases, Tenure};
use crate::render::Html;
use crate::secrets::MasterKey;
use calls::{Ended, Work};
use queue::{Arrived, Row};
use share::{places, urgency};
use verdict::Patience;

/// Callback answers and the like beside them, so that hanging messages hold up no spinner.
const BESIDE: usize = 16;
/// How often a replica that waits looks whether the lease is free.
const LEASE_RETRY: Duration = Duration::from_secs(1);
/// Between two attempts to write down what a stop left to be recorded, and how many there are.
const LAST_WORDS: (Duration, usize) = (Duration::from_millis(200), 5);
/// The pause before what somebody's open transaction holds is looked at again, or a lease that may be renewed.
const TOUCHED: Duration = Duration::from_millis(50);
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

    /// Where a page goes that `chat` does not take; none when there is nobody else.
    fn elsewhere<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        chat: i64,
    ) -> BoxFuture<'a, anyhow::Result<Option<Place>>>;

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
            let mut sender = Sender::new(Office { with: self.clone(), tenure: lease.tenure(), stop: stop.clone() });
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

/// What each call works with, for as long as the lease holds.
struct Office {
    with: Sending,
    tenure: Tenure,
    stop: CancellationToken,
}

struct Sender {
    office: Arc<Office>,
    limits: Limits,
    /// Whether what a former holder left is looked after.
    took_over: bool,
    busy: HashSet<i64>,
    calls: JoinSet<Ended>,
    /// The row and chat of each call.
    under_way: HashMap<Id, (i64, Option<i64>)>,
    /// What arrived and is not recorded yet; its chats are busy until it is.
    arrived: Vec<Arrived>,
    /// Rows that may be claimed without being under way: they are put back as soon as that can be.
    lost: Vec<i64>,
    /// Looks at a silent server in a row.
    looks: u32,
}

impl Sender {
    fn new(office: Office) -> Self {
        let Settings { global_per_s, chat_per_s, chat_burst, group_per_min, .. } = office.with.settings;
        Self {
            office: Arc::new(office),
            limits: Limits::new(global_per_s, chat_per_s, chat_burst, group_per_min),
            took_over: false,
            busy: HashSet::new(),
            calls: JoinSet::new(),
            under_way: HashMap::new(),
            arrived: Vec::new(),
            lost: Vec::new(),
            looks: 0,
        }
    }

    /// Returns when cancelled; calls in flight are left to [`Sender::finish_calls`].
    async fn serve(&mut self, signals: &Signals, stop: &CancellationToken) {
        let mut signal = signals.of(outbox::WAKE);
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

    fn free(&mut self, done: Result<(Id, Ended), JoinError>) {
        let (id, ended) = match done {
            Ok((id, ended)) => (id, Some(ended)),
            Err(error) => {
                tracing::error!(%error, "a call to Telegram ended abnormally");
                (error.id(), None)
            }
        };
        let Some((row, chat)) = self.under_way.remove(&id) else { return };
        match ended {
            Some(Ended::Arrived(arrived)) => self.arrived.push(arrived),
            Some(Ended::Recorded) => self.unbusy(chat),
            // The next holder's, unless the lease is renewed after all: a renewal may be answered late on a busy machine.
            Some(Ended::Left) | None => {
                self.unbusy(chat);
                self.lost.push(row);
            }
        }
    }

    fn unbusy(&mut self, chat: Option<i64>) {
        if let Some(chat) = chat {
            self.busy.remove(&chat);
        }
    }

    /// Starts what may go and returns how long nothing more can. A stop cuts short only what changes nothing.
    async fn go_on(&mut self, stop: &CancellationToken) -> anyhow::Result<Duration> {
        if !self.office.tenure.holds() {
            return Ok(TOUCHED);
        }
        self.record_arrived().await?;
        self.take_over().await?;
        let office = Arc::clone(&self.office);
        let (with, reach) = (&office.with, office.with.api.reach());
        if !self.lost.is_empty() {
            queue::recover(&with.pool, with.bot, Some(&self.lost)).await?;
            self.lost.clear();
        }
        if reach.lost_for().is_some() {
            tokio::select! {
                () = stop.cancelled() => return Ok(Duration::ZERO),
                // A refusal is an answer, too: only whether there was one counts.
                _ = with.api.identity() => {}
            }
            if reach.lost_for().is_some() {
                self.looks = (self.looks + 1).min(8);
                return Ok(with.settings.send_backoff.saturating_mul(2u32.pow(self.looks)).min(LOOK_AGAIN));
            }
        }
        self.looks = 0;
        self.start_what_may_go().await
    }

    /// Counts what a former holder of the lease sent lately, and puts back what it left in flight. Once, but not before it
    /// succeeded.
    async fn take_over(&mut self) -> anyhow::Result<()> {
        if self.took_over {
            return Ok(());
        }
        let with = &self.office.with;
        let lately = queue::sent_lately(&with.pool, with.bot).await?;
        queue::recover(&with.pool, with.bot, None).await?;
        let now = Instant::now();
        for (chat, ago) in lately {
            if let Some(then) = now.checked_sub(ago) {
                self.limits.take(chat, then);
            }
        }
        self.took_over = true;
        Ok(())
    }

    async fn record_arrived(&mut self) -> anyhow::Result<()> {
        if self.arrived.is_empty() {
            return Ok(());
        }
        let with = &self.office.with;
        let recorded = queue::arrived(&with.pool, with.bot, &self.arrived).await?;
        for arrived in std::mem::take(&mut self.arrived) {
            if recorded.contains(&arrived.row) {
                self.unbusy(arrived.chat);
            } else {
                self.arrived.push(arrived);
            }
        }
        Ok(())
    }

    async fn start_what_may_go(&mut self) -> anyhow::Result<Duration> {
        const AT_MOST: Duration = Duration::from_secs(5);
        let office = Arc::clone(&self.office);
        let with = &office.with;
        let busy: Vec<i64> = self.busy.iter().copied().collect();
        let pause = with.settings.progress_pause;
        let mut found = queue::heads(&with.pool, with.bot, &busy, pause).await?;
        if found.0.iter().any(|row| row.priority == Priority::Page as i16) {
            match digest::fold(with).await {
                Ok(false) => {}
                Ok(true) => found = queue::heads(&with.pool, with.bot, &busy, pause).await?,
                // One by one they arrive all the same.
                Err(error) => tracing::error!(error = format!("{error:#}"), "pages cannot be folded into a digest"),
            }
        }
        let (rows, more_in) = found;
        let mut nap = more_in.unwrap_or(AT_MOST).min(AT_MOST);
        let mut beside = self.under_way.values().filter(|(_, chat)| chat.is_none()).count();
        let mut chosen = Vec::new();
        for row in rows {
            let Some(chat) = row.limited_chat() else {
                if beside < BESIDE {
                    beside += 1;
                    chosen.push(row);
                }
                continue;
            };
            if self.busy.len() >= places(&row) {
                continue;
            }
            let now = Instant::now();
            let ready = self.limits.ready_at(chat, urgency(&row), now);
            if ready > now {
                nap = nap.min(ready - now);
                continue;
            }
            self.limits.take(chat, now);
            self.busy.insert(chat);
            chosen.push(row);
        }
        let all = self.start(chosen).await?;
        // Whoever has touched a row or a card gives no sign when it lets go of it.
        Ok(if all && self.arrived.is_empty() { nap } else { nap.min(TOUCHED) })
    }

    /// Claims rows, all with one statement, and starts their calls; whether all could be claimed.
    async fn start(&mut self, rows: Vec<Row>) -> anyhow::Result<bool> {
        if rows.is_empty() {
            return Ok(true);
        }
        match self.claim(&rows).await {
            Ok(work) => {
                let claimed: HashSet<i64> = work.iter().map(|work| work.row.id).collect();
                for row in rows.iter().filter(|row| !claimed.contains(&row.id)) {
                    self.unbusy(row.chat);
                }
                for work in work {
                    self.call(work);
                }
                Ok(claimed.len() == rows.len())
            }
            Err(error) => {
                // Whether they are claimed is unknown: the answer may be what was lost.
                for row in rows {
                    self.unbusy(row.chat);
                    self.lost.push(row.id);
                }
                Err(error)
            }
        }
    }

    /// The state of a card is read after its row is claimed: what changes from then on asks for a draw of its own.
    async fn claim(&self, rows: &[Row]) -> anyhow::Result<Vec<Work>> {
        let pool = &self.office.with.pool;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let claimed: HashSet<i64> = queue::claim(pool, &ids).await?.into_iter().collect();
        let rows: Vec<&Row> = rows.iter().filter(|row| claimed.contains(&row.id)).collect();
        let ids: Vec<_> = rows.iter().filter_map(|row| row.card).collect();
        let mut cards = HashMap::new();
        if !ids.is_empty() {
            let loaded = cards::load(&mut *pool.acquire().await?, &ids).await?;
            cards.extend(loaded.into_iter().map(|card| (card.id, card)));
        }
        let work = |row: &Row| Work { row: row.clone(), card: row.card.and_then(|id| cards.remove(&id)) };
        Ok(rows.into_iter().map(work).collect())
    }

    fn call(&mut self, work: Work) {
        let (office, row, chat) = (Arc::clone(&self.office), work.row.id, work.row.chat);
        let task = self.calls.spawn(async move { calls::carry_out(&office, work).await });
        self.under_way.insert(task.id(), (row, chat));
    }

    /// Waits for the calls and writes down what came of them; what cannot be written is the next holder's.
    async fn finish_calls(&mut self) {
        // Each at once: one call that hangs may outlast the time that is left.
        while let Some(done) = self.calls.join_next_with_id().await {
            self.free(done);
            if let Err(error) = self.record_arrived().await {
                tracing::warn!(error = format!("{error:#}"), "what arrived cannot be recorded yet");
            }
        }
        let (pause, times) = LAST_WORDS;
        for _ in 0..times {
            match self.record_arrived().await {
                Ok(()) if self.arrived.is_empty() => return,
                Ok(()) => {}
                Err(error) => tracing::warn!(error = format!("{error:#}"), "what arrived cannot be recorded"),
            }
            tokio::time::sleep(pause).await;
        }
    }
}
