//! A Redis list drained at least once: an item is moved to `<list>:processing`, stored by the caller, then removed.
//!
//! Producers `LPUSH`; the oldest item is at the right. A crash between the move and the removal leaves the item in
//! `:processing`, and it is handed out again: at once by whoever starts or reconnects, and by living consumers when it has
//! stood there for a whole sweep interval. Several consumers may share a list. None asks whose an item in `:processing` is: a
//! second hand-out of an item that another consumer is just storing is harmless, because **storing must be idempotent**. It is
//! so even for two equal items, since each confirmation removes one, and equal bytes store the same thing.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, AsyncConnectionConfig, Client, Direction};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::{BusError, Settings};

/// How a list is drained.
#[derive(Clone, Debug)]
pub struct HandoffSettings {
    /// The most items handed out at once.
    pub batch: usize,
    /// How long one wait for a new item blocks on the server; a stop or a sweep waits at most that long.
    pub block: Duration,
    /// An item that stays in `:processing` from one sweep to the next is handed out again: after a crash of its consumer it
    /// comes back within two intervals.
    pub sweep: Duration,
}

impl Default for HandoffSettings {
    fn default() -> Self {
        Self { batch: 64, block: Duration::from_secs(1), sweep: Duration::from_secs(5) }
    }
}

/// How much stands in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLengths {
    /// Items that nobody took yet.
    pub waiting: u64,
    /// Items taken and not confirmed.
    pub processing: u64,
}

/// The list beside `list` that holds what was taken and not confirmed.
pub(super) fn processing(list: &str) -> String {
    format!("{list}:processing")
}

/// One consumer of a list, with a connection of its own (waiting blocks it). Made by [`super::Bus::handoff`].
pub struct Handoff {
    client: Client,
    reach: Settings,
    settings: HandoffSettings,
    list: String,
    processing: String,
    connection: Option<MultiplexedConnection>,
    /// Something may stand in `:processing` that this consumer moved and never handed out, or that a dead one left.
    owed: bool,
    swept: Instant,
    /// What the last sweep saw in `:processing`, as hashes.
    seen: HashSet<[u8; 32]>,
}

impl std::fmt::Debug for Handoff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handoff").field("list", &self.list).field("owed", &self.owed).finish_non_exhaustive()
    }
}

impl Handoff {
    pub(super) fn new(client: Client, reach: Settings, list: String, settings: HandoffSettings) -> Self {
        let processing = processing(&list);
        Self {
            client,
            reach,
            settings,
            list,
            processing,
            connection: None,
            // Set by the first connection.
            owed: false,
            swept: Instant::now(),
            seen: HashSet::new(),
        }
    }

    /// The next items, oldest first, at least one; waits until there is one. Items are whole, whatever their size or content:
    /// what cannot be used is the caller's to keep and then confirm.
    ///
    /// Call again only when the former items are confirmed by [`Handoff::done`] or given up. What was given up comes again
    /// after one to two sweeps, so a caller whose store is away simply waits and asks again. May be dropped while waiting: an
    /// item that was moved meanwhile is handed out by the next call, or by the next consumer.
    ///
    /// # Errors
    /// [`BusError`] says whether waiting helps. The next call reconnects.
    pub async fn next(&mut self) -> Result<Vec<Bytes>, BusError> {
        let taken = self.take().await;
        if taken.is_err() {
            self.connection = None;
        }
        taken
    }

    /// Confirms items: removes exactly one of each from `:processing`. To be called after the commit that stored them.
    ///
    /// # Errors
    /// Redis went away: what was not removed is handed out again later, which idempotent storing absorbs.
    pub async fn done(&mut self, items: &[Bytes]) -> Result<(), BusError> {
        if items.is_empty() {
            return Ok(());
        }
        let mut removal = redis::pipe();
        for item in items {
            removal.lrem(&self.processing, -1, item.as_ref()).ignore();
        }
        let mut connection = self.connected().await?;
        let removed = removal.query_async::<()>(&mut connection).await;
        if removed.is_err() {
            self.connection = None;
        }
        Ok(removed?)
    }

    async fn take(&mut self) -> Result<Vec<Bytes>, BusError> {
        loop {
            let mut connection = self.connected().await?;
            let left = self.left_behind(&mut connection).await?;
            if !left.is_empty() {
                return Ok(left);
            }

            // Until the answers are here, items may be moved that nobody gets: this call may be dropped at any await.
            self.owed = true;
            let first: Option<Bytes> = connection
                .blmove(
                    &self.list,
                    &self.processing,
                    Direction::Right,
                    Direction::Left,
                    self.settings.block.as_secs_f64(),
                )
                .await?;
            let batch = match first {
                Some(first) => Some(self.with_company(first, &mut connection).await),
                None => None,
            };
            self.owed = false;
            if let Some(batch) = batch {
                return Ok(batch);
            }
        }
    }

    /// `first` and whatever else waits, up to a batch, in one round trip.
    async fn with_company(&mut self, first: Bytes, connection: &mut MultiplexedConnection) -> Vec<Bytes> {
        let mut batch = vec![first];
        let more = self.settings.batch.saturating_sub(1);
        if more > 0 {
            let mut moves = redis::pipe();
            for _ in 0..more {
                moves.lmove(&self.list, &self.processing, Direction::Right, Direction::Left);
            }
            match moves.query_async::<Vec<Option<Bytes>>>(connection).await {
                Ok(moved) => batch.extend(moved.into_iter().flatten()),
                // The first is here and is worth more than the error, which the next call will meet.
                Err(_) => self.connection = None,
            }
        }
        batch
    }

    /// What stands in `:processing` and should be handed out again, oldest first.
    async fn left_behind(&mut self, connection: &mut MultiplexedConnection) -> Result<Vec<Bytes>, BusError> {
        let due = self.swept.elapsed() >= self.settings.sweep;
        if !self.owed && !due {
            return Ok(Vec::new());
        }
        let batch = isize::try_from(self.settings.batch.max(1)).unwrap_or(isize::MAX);
        let mut standing: Vec<Bytes> = connection.lrange(&self.processing, -batch, -1).await?;
        standing.reverse();
        let hashes: Vec<[u8; 32]> = standing.iter().map(|item| Sha256::digest(item).into()).collect();

        if self.owed {
            // A full batch may have more behind it.
            self.owed = standing.len() >= self.settings.batch.max(1);
        } else {
            let mut old = hashes.iter().map(|hash| self.seen.contains(hash));
            standing.retain(|_| old.next().unwrap_or(false));
        }
        self.seen = hashes.into_iter().collect();
        self.swept = Instant::now();
        Ok(standing)
    }

    async fn connected(&mut self) -> Result<MultiplexedConnection, BusError> {
        if let Some(connection) = &self.connection {
            return Ok(connection.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.reach.connect_timeout))
            // An answer to a blocking wait may rightly take as long as the block.
            .set_response_timeout(Some(self.settings.block + self.reach.response_timeout));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        self.owed = true;
        Ok(self.connection.insert(connection).clone())
    }
}
