//! Claims and records, written beside the sender: each waits for the disk, and nothing else has to wait with it.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::calls::Work;
use super::queue::{self, Arrived, Recorded, Row};
use super::{REFUSED, Sending, TOUCHED};
use crate::telegram::cards;

/// What is being written, and what is to be.
#[derive(Debug, Default)]
pub(super) struct Desk {
    writing: JoinSet<Done>,
    /// Rows that are being claimed.
    claiming: HashSet<i64>,
    /// What arrived and is not recorded yet; its chats are busy until it is.
    arrived: Vec<Arrived>,
    /// Whether some of them are being recorded: one statement at a time, of all that came meanwhile.
    recording: bool,
    /// When those may be recorded of which somebody holds the card.
    record_after: Option<Instant>,
    /// Rows that somebody's open transaction has touched, and when to look at them again: whoever lets go gives no sign.
    touched: HashMap<i64, Instant>,
    /// The database refused; nothing new before then.
    rests_until: Option<Instant>,
}

/// What has been written.
#[derive(Debug)]
pub(super) enum Written {
    /// These may be brought; those that are left were not free.
    Claimed { work: Vec<Work>, left: Vec<Row> },
    /// No answer came: whether these are claimed is unknown.
    ClaimLost(Vec<Row>),
    /// Messages of these chats are recorded.
    Recorded(Vec<Option<i64>>),
}

#[derive(Debug)]
enum Done {
    Claimed(Vec<Row>, sqlx::Result<Vec<Work>>),
    Recorded(Vec<Arrived>, sqlx::Result<Recorded>),
}

impl Desk {
    /// Has rows claimed, all with one statement.
    pub(super) fn claim(&mut self, with: &Sending, rows: Vec<Row>) {
        if rows.is_empty() {
            return;
        }
        self.claiming.extend(rows.iter().map(|row| row.id));
        let with = with.clone();
        self.writing.spawn(async move {
            let claimed = claim(&with, &rows).await;
            Done::Claimed(rows, claimed)
        });
    }

    /// Keeps what arrived, to be recorded.
    pub(super) fn arrived(&mut self, arrived: Arrived) {
        self.arrived.push(arrived);
    }

    /// Has recorded what arrived, unless that is being done.
    pub(super) fn record(&mut self, with: &Sending) {
        if self.recording || self.arrived.is_empty() || self.record_after.is_some_and(|then| then > Instant::now()) {
            return;
        }
        self.recording = true;
        let (with, arrived) = (with.clone(), std::mem::take(&mut self.arrived));
        self.writing.spawn(async move {
            let recorded = record(&with, &arrived).await;
            Done::Recorded(arrived, recorded)
        });
    }

    /// The next thing that was written; none while nothing is being written.
    pub(super) async fn next(&mut self) -> Option<Written> {
        loop {
            match self.writing.join_next().await? {
                Ok(done) => return Some(self.done(done)),
                // Only when the process ends, or by a bug: the lease's next holder looks after those rows.
                Err(error) => tracing::error!(%error, "a claim or a record ended abnormally"),
            }
        }
    }

    fn done(&mut self, done: Done) -> Written {
        let now = Instant::now();
        match done {
            Done::Claimed(rows, Ok(work)) => {
                let claimed: HashSet<i64> = work.iter().map(|work| work.row.id).collect();
                let left: Vec<Row> = rows.into_iter().filter(|row| !claimed.contains(&row.id)).collect();
                claimed.iter().for_each(|id| _ = self.claiming.remove(id));
                for row in &left {
                    self.claiming.remove(&row.id);
                    self.touched.insert(row.id, now + TOUCHED);
                }
                Written::Claimed { work, left }
            }
            Done::Claimed(rows, Err(error)) => {
                self.refused(&error, now);
                rows.iter().for_each(|row| _ = self.claiming.remove(&row.id));
                Written::ClaimLost(rows)
            }
            Done::Recorded(arrived, outcome) => {
                self.recording = false;
                let (recorded, pause) = match outcome {
                    Ok(recorded) => (recorded.rows, TOUCHED),
                    Err(error) => {
                        self.refused(&error, now);
                        (HashSet::new(), REFUSED)
                    }
                };
                let (done, left): (Vec<_>, Vec<_>) = arrived.into_iter().partition(|one| recorded.contains(&one.row));
                self.record_after = (!left.is_empty()).then(|| now + pause);
                self.arrived.extend(left);
                Written::Recorded(done.into_iter().map(|one| one.chat).collect())
            }
        }
    }

    fn refused(&mut self, error: &sqlx::Error, now: Instant) {
        tracing::warn!(%error, "the outbox cannot be written; trying again");
        self.rests_until = Some(now + REFUSED);
    }

    /// How long nothing new is to be begun.
    pub(super) fn rests(&self, now: Instant) -> Option<Duration> {
        self.rests_until.and_then(|then| then.checked_duration_since(now)).filter(|rest| !rest.is_zero())
    }

    /// Whether a row is to be left alone: it is being claimed, or somebody has touched it.
    pub(super) fn leaves(&self, row: i64, now: Instant) -> bool {
        self.claiming.contains(&row) || self.touched.get(&row).is_some_and(|then| *then > now)
    }

    /// When to look again at what somebody has touched, if there is such.
    pub(super) fn looks_again(&mut self, now: Instant) -> Option<Duration> {
        self.touched.retain(|_, then| *then > now);
        let arrived = self.record_after.filter(|_| !self.arrived.is_empty());
        self.touched.values().copied().chain(arrived).min().map(|then| then.saturating_duration_since(now))
    }

    /// Whether all is written.
    pub(super) fn is_clear(&self) -> bool {
        self.arrived.is_empty() && self.writing.is_empty()
    }
}

/// The state of a card is read after its row is claimed: what changes from then on asks for a draw of its own.
async fn claim(with: &Sending, rows: &[Row]) -> sqlx::Result<Vec<Work>> {
    let mut conn = with.pool.acquire().await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let claimed: HashSet<i64> = queue::claim(&mut conn, &ids).await?.into_iter().collect();
    let rows: Vec<&Row> = rows.iter().filter(|row| claimed.contains(&row.id)).collect();
    let ids: Vec<_> = rows.iter().filter_map(|row| row.card).collect();
    let mut drawn = HashMap::new();
    if !ids.is_empty() {
        drawn.extend(cards::load(&mut conn, &ids).await?.into_iter().map(|card| (card.id, card)));
    }
    let work = |row: &Row| Work { row: row.clone(), card: row.card.and_then(|id| drawn.remove(&id)) };
    Ok(rows.into_iter().map(work).collect())
}

async fn record(with: &Sending, arrived: &[Arrived]) -> sqlx::Result<Recorded> {
    let recorded = queue::arrived(&mut *with.pool.acquire().await?, with.bot, arrived).await?;
    if !recorded.reopened.is_empty()
        && let Err(error) = queue::reopen(&with.pool, with.bot, &recorded.reopened).await
    {
        // Found again by the next message that arrives there.
        tracing::warn!(%error, "what chats missed that are open again cannot be drawn yet");
    }
    Ok(recorded)
}
