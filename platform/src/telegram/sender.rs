//! The one sender of a bot: brings the outbox out, in order within a chat, urgent things first, within the limits.
//!
//! It looks at the head of each chat's queue, claims as many as the limits allow with one statement, carries them out side
//! by side, never two for one chat, records what arrived in batches, and sleeps until a signal, a free slot of the limits or
//! the end of a hold. Claims and records wait for the disk: `desk` has them written beside, so that what may go meanwhile
//! does not wait with them. What each failure means for the row stands in one table, `verdict`. When a call was not
//! answered it first asks the server whether it is there, so that an outage costs each message one attempt and not one a
//! second.

mod calls;
mod choice;
mod delivery;
mod desk;
mod digest;
mod heads;
mod picture;
mod queue;
mod relay;
mod settle;
mod share;
mod text;
mod topics;
mod verdict;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::limits::Limits;
use super::{Api, BotId, Settings, outbox};
use crate::clock::Clock;
use crate::db::{Line, Signals};
use crate::durable::{Leases, Tenure};
use crate::secrets::MasterKey;
use calls::{Ended, Work};
pub use delivery::Delivery;
use desk::Desk;
use queue::Arrived;
use verdict::Patience;

/// Callback answers and the like beside them, so that hanging messages hold up no spinner.
const BESIDE: usize = 16;
/// How often a replica that waits looks whether the lease is free.
const LEASE_RETRY: Duration = Duration::from_secs(1);
/// Between two attempts to write down what a stop left to be recorded, and how many there are.
const LAST_WORDS: (Duration, usize) = (Duration::from_millis(200), 5);
/// How long calls under way are waited for when the lease is lost: what came of them is worth knowing to whoever has it
/// next.
const PARTING: Duration = Duration::from_secs(3);
/// The pause before what somebody's open transaction holds is looked at again where no signal tells of its end, or a lease
/// that may be renewed.
const TOUCHED: Duration = Duration::from_millis(50);
/// The pause after the database refused.
const REFUSED: Duration = Duration::from_secs(1);
/// How long it may take to notice that something is due, while calls are under way: the end of each is a look of its own.
const MEANWHILE: Duration = Duration::from_millis(250);
/// The longest pause between two looks at a server that does not answer.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

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
        let name = queue::Holding::lease(self.bot);
        // What a lost lease left known and unrecorded.
        let mut known = Vec::new();
        while let Some(lease) = self.leases.acquire_when_free(&name, self.settings.lease, LEASE_RETRY, &stop).await {
            let office =
                Office { with: self.clone(), tenure: lease.tenure(), fence: lease.fence(), stop: stop.clone() };
            let mut sender = Sender::new(office, std::mem::take(&mut known));
            tokio::select! {
                () = lease.lost() => tracing::warn!(bot = self.bot.0, "the sending lease went to another replica"),
                () = sender.serve(signals, &stop) => {}
            }
            if stop.is_cancelled() {
                sender.finish_calls().await;
            } else if tokio::time::timeout(PARTING, sender.finish_calls()).await.is_err() {
                tracing::warn!(bot = self.bot.0, "calls are left whose outcome nobody will know");
            }
            known = sender.desk.known();
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
    fence: i64,
    stop: CancellationToken,
}

impl Office {
    /// The lease, as statements name it that only its holder's may be.
    fn holding(&self) -> queue::Holding {
        queue::Holding { bot: self.with.bot, fence: self.fence }
    }
}

struct Sender {
    office: Arc<Office>,
    /// For the looks at what waits.
    line: Line,
    limits: Limits,
    /// Whether what a former holder left is looked after.
    took_over: bool,
    /// When it was looked for strays last.
    strays_looked: Instant,
    busy: HashSet<i64>,
    calls: JoinSet<Ended>,
    /// The row and chat of each call.
    under_way: HashMap<Id, (i64, Option<i64>)>,
    /// What is being claimed and recorded.
    desk: Desk,
    /// Rows that may be claimed without being under way: they are put back as soon as that can be.
    lost: Vec<i64>,
    /// Looks at a silent server in a row.
    looks: u32,
}

impl Sender {
    fn new(office: Office, known: Vec<Arrived>) -> Self {
        let Settings { global_per_s, chat_per_s, chat_burst, group_per_min, .. } = office.with.settings;
        let pool = office.with.pool.clone();
        Self {
            office: Arc::new(office),
            line: Line::new(pool.clone()),
            limits: Limits::new(global_per_s, chat_per_s, chat_burst, group_per_min),
            took_over: false,
            strays_looked: Instant::now(),
            busy: HashSet::new(),
            calls: JoinSet::new(),
            under_way: HashMap::new(),
            desk: Desk::knowing(known),
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
                REFUSED
            });
            tokio::select! {
                () = stop.cancelled() => return,
                Some(done) = self.calls.join_next_with_id() => self.free(done),
                Some(written) = self.desk.next() => {
                    if matches!(written, desk::Written::Astray) {
                        // Rows and chats would stay busy for ever: whoever begins anew looks after them.
                        return;
                    }
                    self.written(written);
                }
                heard = signal.heard(nap) => if heard {
                    self.desk.let_go();
                }
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
            Some(Ended::Arrived(arrived)) => self.desk.arrived(arrived),
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

    /// What could not be had costs its chat nothing.
    fn unchosen(&mut self, chat: Option<i64>, when: Instant) {
        self.unbusy(chat);
        if let Some(chat) = chat {
            self.limits.give_back(chat, when);
        }
    }

    /// What the desk wrote: calls that may begin, chats whose messages are recorded.
    fn written(&mut self, written: desk::Written) {
        match written {
            desk::Written::Claimed { work, left, chosen } => {
                for row in left {
                    self.unchosen(row.chat, chosen);
                }
                for work in work {
                    self.call(work);
                }
            }
            desk::Written::ClaimLost(rows, chosen) => {
                // Whether they are claimed is unknown: the answer may be what was lost.
                for row in rows {
                    self.unchosen(row.chat, chosen);
                    self.lost.push(row.id);
                }
            }
            desk::Written::Recorded(chats) => {
                for chat in chats {
                    self.unbusy(chat);
                }
            }
            desk::Written::Astray => {}
        }
    }

    /// Starts what may go and returns how long nothing more can. A stop cuts short only what changes nothing.
    async fn go_on(&mut self, stop: &CancellationToken) -> anyhow::Result<Duration> {
        if !self.office.tenure.holds() {
            return Ok(TOUCHED);
        }
        let office = Arc::clone(&self.office);
        let (with, reach) = (&office.with, office.with.api.reach());
        self.desk.record(with);
        if let Some(rest) = self.desk.rests(Instant::now()) {
            return Ok(rest);
        }
        if !self.take_over().await? {
            return Ok(TOUCHED);
        }
        if !self.lost.is_empty() {
            queue::recover(&with.pool, office.holding(), queue::InFlight::These(&self.lost)).await?;
            self.lost.clear();
        }
        if self.strays_looked.elapsed() > with.settings.strays {
            let known: Vec<i64> = self.under_way.values().map(|(row, _)| *row).chain(self.desk.rows()).collect();
            queue::recover(&with.pool, office.holding(), queue::InFlight::AllBut(&known)).await?;
            self.strays_looked = Instant::now();
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

    /// Counts what a former holder of the lease sent lately, and puts back what it left in flight; whether that is done. Once,
    /// but not before it succeeded, and not before what is known of its calls is recorded.
    async fn take_over(&mut self) -> anyhow::Result<bool> {
        if self.took_over {
            return Ok(true);
        }
        if !self.desk.is_clear() {
            return Ok(false);
        }
        let with = &self.office.with;
        let lately = queue::sent_lately(&with.pool, with.bot).await?;
        queue::recover(&with.pool, self.office.holding(), queue::InFlight::All).await?;
        let now = Instant::now();
        for (chat, ago) in lately {
            if let Some(then) = now.checked_sub(ago) {
                self.limits.take(chat, then);
            }
        }
        self.took_over = true;
        Ok(true)
    }

    fn call(&mut self, work: Work) {
        let (office, row, chat) = (Arc::clone(&self.office), work.row.id, work.row.chat);
        let task = self.calls.spawn(async move { calls::carry_out(&office, work).await });
        self.under_way.insert(task.id(), (row, chat));
    }

    /// Waits for the calls and writes down what came of them; what cannot be written is the next holder's.
    async fn finish_calls(&mut self) {
        let office = Arc::clone(&self.office);
        let (pause, mut times) = LAST_WORDS;
        loop {
            // Each at once: one call that hangs may outlast the time that is left.
            self.desk.record(&office.with);
            tokio::select! {
                Some(done) = self.calls.join_next_with_id() => self.free(done),
                Some(written) = self.desk.next() => self.written(written),
                else => {
                    if self.desk.is_clear() || times == 0 {
                        return;
                    }
                    times -= 1;
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }
}
