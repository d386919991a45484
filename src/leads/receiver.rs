//! Stores what comes through the HTTP door: many calls in one transaction, each answered after its commit.
//!
//! The next batch gathers while the one before it commits, so that many calls share the price of a commit. Cards are drawn
//! elsewhere ([`Showing`](super::Showing)): a gateway does not wait for them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use waas_platform::clock::Clock;
use waas_platform::db::PgPool;

use super::api::QUEUE;
use super::model::NewLead;
use super::score::Rules;
use super::work::blames_data;
use crate::keys::{self, KeyHolder, Met};

/// The most calls of one transaction.
const BATCH: usize = 64;
/// How often remembered ids are looked through for those that may go.
const TIDY: Duration = Duration::from_secs(600);

/// A call that waits for its commit.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) key: KeyHolder,
    /// Its id, when it was signed.
    pub(super) call: Option<Call>,
    pub(super) leads: Vec<NewLead>,
    /// Told what became of it; dropped when that is not known.
    pub(super) done: oneshot::Sender<Stored>,
}

/// What a signed call is known by.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) id: String,
    pub(super) body: Bytes,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// Committed.
    Kept { accepted: usize, duplicates: usize },
    /// The database will not have these leads, whatever we try.
    Unstorable { leads: usize },
    /// The same call was met before; nothing was changed.
    Replayed,
    /// Another body came under its id before; nothing was changed.
    Changed,
    /// Its key was revoked while it waited; nothing was changed.
    Revoked,
}

/// The storing side of the door.
pub struct Receiver {
    pool: PgPool,
    rules: Arc<Rules>,
    clock: Clock,
    remembered: TimeDelta,
    calls: mpsc::Receiver<Waiting>,
}

impl Receiver {
    pub(super) fn new(
        pool: PgPool,
        rules: Arc<Rules>,
        clock: Clock,
        remembered: TimeDelta,
        calls: mpsc::Receiver<Waiting>,
    ) -> Self {
        Self { pool, rules, clock, remembered, calls }
    }

    /// Stores batches until cancelled; calls that wait then are stored first.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut tidy = tokio::time::interval(TIDY);
        loop {
            tokio::select! {
                biased;
                came = self.calls.recv_many(&mut batch, BATCH) => if came == 0 { return },
                _ = tidy.tick() => { self.forget().await; continue },
                () = stop.cancelled() => return,
            }
            self.keep(std::mem::take(&mut batch)).await;
        }
    }

    /// Stores a batch; where the database blames what is in it, each of its calls alone.
    async fn keep(&mut self, batch: Vec<Waiting>) {
        let stored = match self.store(&batch).await {
            Ok(outcomes) => {
                tell(batch, outcomes);
                Ok(())
            }
            Err(error) if blames_data(&error) => self.keep_each(batch).await,
            Err(error) => Err(error),
        };
        if let Err(error) = stored {
            // Whoever waits is told by the dropped channel, and comes again. Those who came meanwhile would wait as long for
            // the same answer.
            let meanwhile = std::iter::from_fn(|| self.calls.try_recv().ok()).take(QUEUE).count();
            tracing::warn!(%error, meanwhile, "calls cannot be stored; their senders come again");
        }
    }

    async fn keep_each(&self, batch: Vec<Waiting>) -> sqlx::Result<()> {
        for waiting in batch {
            match self.store(std::slice::from_ref(&waiting)).await {
                Ok(outcomes) => tell(vec![waiting], outcomes),
                Err(error) if blames_data(&error) => {
                    tracing::error!(%error, leads = waiting.leads.len(), "the database refuses the leads of a call");
                    let outcome = Stored::Unstorable { leads: waiting.leads.len() };
                    tell(vec![waiting], vec![outcome]);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn store(&self, batch: &[Waiting]) -> sqlx::Result<Vec<Stored>> {
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        let mut ids: Vec<_> = batch.iter().map(|waiting| waiting.key.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let holding = keys::still_hold(&mut tx, &ids, now).await?;
        let mut outcomes = Vec::with_capacity(batch.len());
        for waiting in batch {
            let met = match &waiting.call {
                _ if !holding.contains(&waiting.key.id) => Err(Stored::Revoked),
                None => Ok(()),
                Some(call) => match keys::meet(&mut tx, &waiting.key, &call.id, &call.body, now).await? {
                    Met::Never => Ok(()),
                    Met::Before => Err(Stored::Replayed),
                    Met::Changed => Err(Stored::Changed),
                },
            };
            outcomes.push(met);
        }
        let fresh: Vec<&[NewLead]> =
            batch.iter().zip(&outcomes).filter(|(_, met)| met.is_ok()).map(|(waiting, _)| &*waiting.leads).collect();
        let mut kept = super::accept_each(&mut tx, &self.rules, &fresh, now).await?.into_iter();
        tx.commit().await?;
        // One count for each call that was fresh, in their order.
        let count = |met: Result<(), Stored>| match met {
            Err(outcome) => outcome,
            Ok(()) => kept.next().map_or(Stored::Kept { accepted: 0, duplicates: 0 }, |of| Stored::Kept {
                accepted: of.accepted,
                duplicates: of.duplicates,
            }),
        };
        Ok(outcomes.into_iter().map(count).collect())
    }

    async fn forget(&self) {
        let before = self.clock.now() - self.remembered;
        let forgotten = async { keys::forget_calls(&mut *self.pool.acquire().await?, before).await };
        if let Err(error) = forgotten.await {
            tracing::warn!(%error, "ids of old calls cannot be tidied yet");
        }
    }
}

fn tell(batch: Vec<Waiting>, outcomes: Vec<Stored>) {
    let count = |outcome: &'static str, n: usize| {
        metrics::counter!("hub_leads_total", "outcome" => outcome).increment(n as u64);
    };
    for (waiting, outcome) in batch.into_iter().zip(outcomes) {
        match outcome {
            Stored::Kept { accepted, duplicates } => {
                count("new", accepted);
                count("duplicate", duplicates);
            }
            Stored::Unstorable { leads } => count("refused", leads),
            Stored::Replayed | Stored::Changed | Stored::Revoked => {}
        }
        // A caller that hung up comes again and is found to be a duplicate.
        let _ = waiting.done.send(outcome);
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
