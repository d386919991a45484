//! One dispatcher a replica: takes updates in batches and has turns work them off side by side.
//!
//! It takes no more than there are places for, so that what is taken is being worked on: nothing waits behind a slow turn
//! that another replica could do meanwhile, and few are under suspicion when a process dies. While all places are busy one
//! more is kept for presses on express buttons. Connections go from one turn to the next, and back to the pool when there
//! is nothing to do.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::claims::{Claimed, Holder, Holding, Lane, Room, Suspects};
use super::inbox;
use super::turn::{Fate, Turns};
use crate::db::{PoolConnection, Signals, within};

/// How often it is looked for what dead replicas had, and for what came without a signal.
const LOOK: Duration = Duration::from_secs(1);
/// While turns run, fewer free places than this many are filled only every [`GATHER`]: one claim for several.
const HANDFUL: usize = 3;
/// See [`HANDFUL`].
const GATHER: Duration = Duration::from_millis(3);
/// How many of the pauses after a first failure a process must have lived before it tries what saw two others die.
const PROVEN: u32 = 10;
/// The pause after the database refused.
const AGAIN: Duration = Duration::from_secs(1);

type Ended = (Fate, Option<PoolConnection>);

pub(super) struct Dispatcher {
    turns: Arc<Turns>,
    signals: Signals,
    /// None until the database was reached, and after its session broke.
    holder: Option<Holder>,
    holding: Option<Holding>,
    running: JoinSet<Ended>,
    under_way: HashMap<Id, Place>,
    /// Connections of turns that ended, for the next ones.
    spare: Vec<PoolConnection>,
    /// Updates of which nothing could be recorded: they are free again as soon as that can be written.
    lost: Vec<i64>,
    /// When an update that was put back is due.
    due: Option<DateTime<Utc>>,
    looked: Option<Instant>,
    /// Since when this process lives.
    born: Instant,
    /// When updates were taken last.
    claimed: Option<Instant>,
}

/// Where an update is worked on.
struct Place {
    seq: i64,
    lane: Lane,
    suspect: bool,
}

impl Dispatcher {
    pub(super) fn new(turns: Turns, signals: Signals) -> Self {
        Self {
            turns: Arc::new(turns),
            signals,
            holder: None,
            holding: None,
            running: JoinSet::new(),
            under_way: HashMap::new(),
            spare: Vec::new(),
            lost: Vec::new(),
            due: None,
            looked: None,
            born: Instant::now(),
            claimed: None,
        }
    }

    /// Works until cancelled; turns in hand are finished first.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut signal = self.signals.of(inbox::WAKE);
        while !stop.is_cancelled() {
            let nap = self.go_on().await.inspect_err(|error| {
                tracing::warn!(%error, "no update can be taken; trying again");
                self.holder = None;
            });
            let rest = async {
                match nap {
                    Ok(nap) => signal.wait(nap).await,
                    Err(_) => tokio::time::sleep(AGAIN).await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                Some(ended) = self.running.join_next_with_id() => self.free(ended),
                () = rest => {}
            }
            while let Some(ended) = self.running.try_join_next_with_id() {
                self.free(ended);
            }
        }
        while let Some(ended) = self.running.join_next_with_id().await {
            self.free(ended);
        }
        if let (Some(holder), false) = (&mut self.holder, self.lost.is_empty())
            && let Err(error) = holder.give_back(&self.lost, self.turns.clock.now()).await
        {
            tracing::debug!(%error, "updates are found free once this process is gone");
        }
    }

    /// The session that takes updates, or a new one under the same number after the former broke.
    async fn open(&self) -> sqlx::Result<Holder> {
        let mut holder = Holder::open(&self.turns.pool, self.holding).await?;
        if self.holding.is_some() {
            let in_hand: Vec<i64> =
                self.under_way.values().map(|place| place.seq).chain(self.lost.iter().copied()).collect();
            within(holder.keep_only(self.turns.bot.id, &in_hand)).await?;
        }
        Ok(holder)
    }

    /// Takes what there is room for, and returns how long nothing more is to be expected.
    async fn go_on(&mut self) -> sqlx::Result<Duration> {
        let mut holder = match self.holder.take() {
            Some(holder) => holder,
            None => self.open().await?,
        };
        self.holding = Some(holder.holding());
        let (bot, now) = (self.turns.bot.id, self.turns.clock.now());
        if !self.lost.is_empty() {
            within(holder.give_back(&self.lost, now + AGAIN)).await?;
            self.lost.clear();
            self.is_due(now + AGAIN);
        }
        if self.looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
            let freed = within(holder.sweep(bot, now, self.turns.settings.turn_backoff)).await?;
            if freed > 0 {
                tracing::warn!(updates = freed, "a process ended while it handled updates; they are taken again");
            }
            self.looked = Some(Instant::now());
        }
        if let Some(wait) = self.gathers() {
            self.holder = Some(holder);
            return Ok(wait);
        }
        self.claimed = Some(Instant::now());
        while let Some(room) = self.room() {
            let claimed = within(holder.claim(bot, now, room)).await?;
            let all = i64::try_from(claimed.len()).is_ok_and(|taken| taken < room.places);
            for claimed in claimed {
                self.start(claimed, holder.holding(), room.lane);
            }
            if all {
                break;
            }
        }
        self.holder = Some(holder);
        if self.running.is_empty() {
            self.spare.clear();
        }
        self.due = self.due.filter(|due| *due > now);
        let until_due = self.due.and_then(|due| (due - now).to_std().ok());
        Ok(until_due.map_or(LOOK, |wait| wait.min(LOOK)))
    }

    /// How long to wait for one more free place, so that one claim fills several.
    fn gathers(&self) -> Option<Duration> {
        let free = self.turns.settings.turn_workers.max(1).saturating_sub(self.running.len());
        let soon = self.claimed.and_then(|claimed| GATHER.checked_sub(claimed.elapsed()));
        soon.filter(|_| !self.running.is_empty() && free < HANDFUL)
    }

    /// The room that is left: places for all kinds, else the one for express presses.
    fn room(&self) -> Option<Room> {
        let busy = |lane: Lane| self.under_way.values().filter(|place| place.lane == lane).count();
        let suspects = self.suspects();
        let places = self.turns.settings.turn_workers.max(1).saturating_sub(busy(Lane::Any));
        if places > 0 {
            let places = i64::try_from(places).unwrap_or(i64::MAX);
            return Some(Room { lane: Lane::Any, places, suspects });
        }
        (busy(Lane::Express) == 0).then_some(Room { lane: Lane::Express, places: 1, suspects })
    }

    /// Which suspect may be tried beside those that are under way.
    fn suspects(&self) -> Suspects {
        let proven = self.turns.settings.turn_backoff.saturating_mul(PROVEN);
        if self.under_way.values().any(|place| place.suspect) {
            Suspects::None
        } else if self.born.elapsed() < proven {
            Suspects::Fresh
        } else {
            Suspects::Any
        }
    }

    fn start(&mut self, claimed: Claimed, holding: Holding, lane: Lane) {
        let place = Place { seq: claimed.seq, lane, suspect: claimed.deaths > 0 };
        let (turns, signals, spare) = (Arc::clone(&self.turns), self.signals.clone(), self.spare.pop());
        let turn = self.running.spawn(async move { turns.work_off(&claimed, holding, spare, Some(&signals)).await });
        self.under_way.insert(turn.id(), place);
    }

    fn free(&mut self, ended: Result<(Id, Ended), JoinError>) {
        let (id, (fate, spare)) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "a turn ended abnormally");
                (error.id(), (Fate::Lost, None))
            }
        };
        self.spare.extend(spare);
        let Some(place) = self.under_way.remove(&id) else { return };
        match fate {
            Fate::Settled => {}
            Fate::Again(due) => self.is_due(due),
            Fate::Lost => self.lost.push(place.seq),
        }
    }

    fn is_due(&mut self, at: DateTime<Utc>) {
        self.due = Some(self.due.map_or(at, |first| first.min(at)));
    }
}
