//! Claims and records, written beside the sender: each waits for the disk, and nothing else has to wait with it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::calls::Work;
use super::queue::{self, Arrived, Recorded, Row};
use super::{Office, REFUSED, Sending, TOUCHED};
use crate::db::within;
use crate::telegram::cards;

/// What is being written, and what is to be.
#[derive(Debug, Default)]
pub(super) struct Desk {
    writing: JoinSet<Done>,
    /// Rows that are being claimed, and whether they count against a chat.
    claiming: HashMap<i64, bool>,
    /// Rows that are being recorded.
    in_the_book: Vec<i64>,
    /// What arrived and is not recorded yet; its chats are busy until it is.
    arrived: Vec<Arrived>,
    /// When those may be recorded of which somebody holds the card.
    record_after: Option<Instant>,
    /// Rows that somebody's open transaction has touched, and when to look at them again: one that is undone gives no sign.
    touched: HashMap<i64, Instant>,
    /// When a transaction with something to send was committed last: what it held is free since.
    let_go: Option<Instant>,
    /// The database refused; nothing new before then.
    rests_until: Option<Instant>,
}

/// What has been written.
#[derive(Debug)]
pub(super) enum Written {
    /// These may be brought; those that are left were not free. They were chosen at that moment.
    Claimed { work: Vec<Work>, left: Vec<Row>, chosen: Instant },
    /// No answer came: whether these, chosen at that moment, are claimed is unknown.
    ClaimLost(Vec<Row>, Instant),
    /// Messages of these chats are recorded.
    Recorded(Vec<Option<i64>>),
    /// By a bug something ended without a word: what is written is not known any more.
    Astray,
}

#[derive(Debug)]
enum Done {
    Claimed {
        rows: Vec<Row>,
        chosen: Instant,
        outcome: sqlx::Result<Vec<Work>>,
    },
    Recorded {
        with: Box<Sending>,
        arrived: Vec<Arrived>,
        begun: Instant,
        outcome: sqlx::Result<Recorded>,
    },
    /// What chats missed is drawn.
    Drawn,
}

impl Desk {
    /// With what is known from before and not recorded yet.
    pub(super) fn knowing(arrived: Vec<Arrived>) -> Self {
        Self { arrived, ..Self::default() }
    }

    /// What arrived and is not recorded, to be handed on.
    pub(super) fn known(&mut self) -> Vec<Arrived> {
        std::mem::take(&mut self.arrived)
    }

    /// Has rows claimed, all with one statement; `chosen` is when that was decided.
    pub(super) fn claim(&mut self, office: &Arc<Office>, rows: Vec<Row>, chosen: Instant) {
        if rows.is_empty() {
            return;
        }
        self.claiming.extend(rows.iter().map(|row| (row.id, row.chat.is_some())));
        let office = Arc::clone(office);
        self.writing.spawn(async move {
            let outcome = within(claim(&office, &rows)).await;
            Done::Claimed { rows, chosen, outcome }
        });
    }

    /// How many are being claimed that count against no chat.
    pub(super) fn claiming_beside(&self) -> usize {
        self.claiming.values().filter(|limited| !**limited).count()
    }

    /// The rows of all that is being written or is to be.
    pub(super) fn rows(&self) -> impl Iterator<Item = i64> {
        let arrived = self.arrived.iter().map(|one| one.row);
        self.claiming.keys().copied().chain(self.in_the_book.iter().copied()).chain(arrived)
    }

    /// Keeps what arrived, to be recorded.
    pub(super) fn arrived(&mut self, arrived: Arrived) {
        self.arrived.push(arrived);
    }

    /// Has recorded what arrived, unless that is being done.
    pub(super) fn record(&mut self, with: &Sending) {
        let waits = self.record_after.is_some_and(|then| then > Instant::now());
        if waits || self.arrived.is_empty() || !self.in_the_book.is_empty() {
            return;
        }
        let (with, arrived) = (Box::new(with.clone()), std::mem::take(&mut self.arrived));
        // One statement at a time, of all that came meanwhile.
        self.in_the_book = arrived.iter().map(|one| one.row).collect();
        let begun = Instant::now();
        self.writing.spawn(async move {
            let outcome = within(record(&with, &arrived)).await;
            Done::Recorded { with, arrived, begun, outcome }
        });
    }

    /// The next thing that was written; none while nothing is being written.
    pub(super) async fn next(&mut self) -> Option<Written> {
        loop {
            return Some(match self.writing.join_next().await? {
                Ok(Done::Drawn) => continue,
                Ok(Done::Claimed { rows, chosen, outcome }) => self.claimed(rows, chosen, outcome),
                Ok(Done::Recorded { with, arrived, begun, outcome }) => self.recorded(with, arrived, begun, outcome),
                Err(error) => {
                    tracing::error!(%error, "a claim or a record ended abnormally");
                    Written::Astray
                }
            });
        }
    }

    fn claimed(&mut self, rows: Vec<Row>, chosen: Instant, outcome: sqlx::Result<Vec<Work>>) -> Written {
        let now = Instant::now();
        rows.iter().for_each(|row| _ = self.claiming.remove(&row.id));
        match outcome {
            Ok(work) => {
                let claimed: HashSet<i64> = work.iter().map(|work| work.row.id).collect();
                let left: Vec<Row> = rows.into_iter().filter(|row| !claimed.contains(&row.id)).collect();
                let again = now + self.touched_for(chosen);
                self.touched.extend(left.iter().map(|row| (row.id, again)));
                Written::Claimed { work, left, chosen }
            }
            Err(error) => {
                self.refused(&error, now);
                Written::ClaimLost(rows, chosen)
            }
        }
    }

    fn recorded(
        &mut self,
        with: Box<Sending>,
        arrived: Vec<Arrived>,
        begun: Instant,
        outcome: sqlx::Result<Recorded>,
    ) -> Written {
        let now = Instant::now();
        self.in_the_book.clear();
        let (recorded, pause) = match outcome {
            Ok(recorded) => {
                self.draw_missed(with, recorded.reopened);
                (recorded.rows, self.touched_for(begun))
            }
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

    /// Has what chats missed drawn that are open again.
    fn draw_missed(&mut self, with: Box<Sending>, chats: Vec<i64>) {
        if chats.is_empty() {
            return;
        }
        self.writing.spawn(async move {
            if let Err(error) = queue::reopen(&with.pool, with.bot, &chats).await {
                // Found again by the next message that arrives there.
                tracing::warn!(%error, "what chats missed that are open again cannot be drawn yet");
            }
            Done::Drawn
        });
    }

    fn refused(&mut self, error: &sqlx::Error, now: Instant) {
        tracing::warn!(%error, "the outbox cannot be written; trying again");
        self.rests_until = Some(now + REFUSED);
    }

    /// A transaction with something to send is committed: what it held is free.
    pub(super) fn let_go(&mut self) {
        let now = Instant::now();
        self.let_go = Some(now);
        self.touched.clear();
        if self.rests(now).is_none() {
            self.record_after = None;
        }
    }

    /// The pause before what somebody held is looked at again; none where somebody let go since that was tried.
    fn touched_for(&self, tried: Instant) -> Duration {
        if self.let_go.is_some_and(|then| then >= tried) { Duration::ZERO } else { TOUCHED }
    }

    /// How long nothing new is to be begun.
    pub(super) fn rests(&self, now: Instant) -> Option<Duration> {
        self.rests_until.and_then(|then| then.checked_duration_since(now)).filter(|rest| !rest.is_zero())
    }

    /// Whether a row is to be left alone: it is being claimed, or somebody has touched it.
    pub(super) fn leaves(&self, row: i64, now: Instant) -> bool {
        self.claiming.contains_key(&row) || self.touched.get(&row).is_some_and(|then| *then > now)
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
async fn claim(office: &Office, rows: &[Row]) -> sqlx::Result<Vec<Work>> {
    let mut conn = office.with.pool.acquire().await?;
    let claimed = queue::claim(&mut conn, office.holding(), rows).await?;
    let ids: Vec<_> = claimed.iter().filter_map(|row| row.card).collect();
    let mut drawn = HashMap::new();
    if !ids.is_empty() {
        drawn.extend(cards::load(&mut conn, &ids).await?.into_iter().map(|card| (card.id, card)));
    }
    let work = |row: Row| Work { card: row.card.and_then(|id| drawn.remove(&id)), row };
    Ok(claimed.into_iter().map(work).collect())
}

async fn record(with: &Sending, arrived: &[Arrived]) -> sqlx::Result<Recorded> {
    queue::arrived(&mut *with.pool.acquire().await?, with.bot, arrived).await
}
