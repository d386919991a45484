//! Wake-ups, within the process at once and across processes by Postgres `NOTIFY`, so that nobody polls where a signal will
//! do.
//!
//! A signal carries nothing: whoever wakes looks at the tables. After a lost connection every channel fires once, since
//! notices may have been missed.
//!
//! A transaction that notifies takes a lock that all of the server's databases share, from before its commit until after
//! it: turns would commit one by one. So they [`collect`] their wake-ups and [`wake`](Signals::wake) once they are
//! committed; other processes are told by a connection of its own, of all that came together in one notice.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{PgConnection, PgPool};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::PoolConnection;
use crate::clock::random;

/// Wake-ups of other processes gather for so long.
const GATHER: Duration = Duration::from_millis(5);
/// A connection that has not told others by then is broken.
const TELLING: Duration = Duration::from_secs(5);
/// The pause after the connection was lost.
const AGAIN: Duration = Duration::from_secs(1);

/// The channels that one connection listens to for the whole process.
#[derive(Clone, Debug)]
pub struct Signals(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    channels: HashMap<&'static str, Channel>,
    /// Something is to be told to other processes.
    untold: Notify,
    /// What our own notices carry: they wake nobody here twice.
    own: String,
}

#[derive(Debug)]
struct Channel {
    count: watch::Sender<u64>,
    /// Fired here, and other processes do not know yet.
    untold: AtomicBool,
}

impl Channel {
    fn fire(&self) {
        self.count.send_modify(|count| *count += 1);
    }
}

/// One waiting place on a channel.
#[derive(Clone, Debug)]
pub struct Signal(watch::Receiver<u64>);

impl Signals {
    /// Knows these channels; [`Signals::listen`] connects them with those of other processes.
    pub fn new(channels: impl IntoIterator<Item = &'static str>) -> Self {
        let channel = || Channel { count: watch::Sender::new(0), untold: AtomicBool::new(false) };
        let channels = channels.into_iter().map(|name| (name, channel())).collect();
        Self(Arc::new(Shared { channels, untold: Notify::new(), own: random::token() }))
    }

    /// A waiting place; a channel that is not known never fires.
    pub fn of(&self, channel: &str) -> Signal {
        let known = self.0.channels.get(channel);
        Signal(known.map_or_else(|| watch::Sender::new(0).subscribe(), |channel| channel.count.subscribe()))
    }

    /// Fires a channel here, and soon in other processes. For after a commit: whoever wakes must find what it is about.
    pub fn wake(&self, channel: &str) {
        if let Some(channel) = self.0.channels.get(channel) {
            channel.fire();
            channel.untold.store(true, Ordering::Release);
            self.0.untold.notify_one();
        }
    }

    /// Fires what a transaction collected, once it is committed.
    pub fn wake_all(&self, collected: Collected) {
        for channel in collected.0 {
            self.wake(channel);
        }
    }

    /// Listens and tells others until cancelled, reconnecting for ever.
    pub async fn listen(self, pool: PgPool, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.hear(&pool) => {}
            () = self.tell(&pool) => {}
        }
    }

    async fn hear(&self, pool: &PgPool) {
        loop {
            if let Err(error) = self.hear_once(pool).await {
                tracing::warn!(%error, "notices from the database are interrupted; listening again");
            }
            self.fire_all();
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn hear_once(&self, pool: &PgPool) -> sqlx::Result<()> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen_all(self.0.channels.keys().copied()).await?;
        self.fire_all();
        // `None` is a lost connection: what came in between is unknown.
        while let Some(notice) = listener.try_recv().await? {
            if let (Some(channel), false) = (self.0.channels.get(notice.channel()), notice.payload() == self.0.own) {
                channel.fire();
            }
        }
        Ok(())
    }

    fn fire_all(&self) {
        self.0.channels.values().for_each(Channel::fire);
    }

    async fn tell(&self, pool: &PgPool) {
        let mut kept = None;
        loop {
            self.0.untold.notified().await;
            tokio::time::sleep(GATHER).await;
            let untold = self.0.channels.iter().filter(|(_, channel)| channel.untold.swap(false, Ordering::AcqRel));
            let untold: Vec<String> = untold.map(|(name, _)| (*name).to_owned()).collect();
            kept = match tokio::time::timeout(TELLING, self.tell_of(pool, kept, &untold)).await {
                Ok(Ok(conn)) => Some(conn),
                Ok(Err(_)) | Err(_) => {
                    tracing::debug!("other processes cannot be woken; trying again");
                    let untold = self.0.channels.iter().filter(|(name, _)| untold.iter().any(|untold| untold == *name));
                    untold.for_each(|(_, channel)| channel.untold.store(true, Ordering::Release));
                    self.0.untold.notify_one();
                    tokio::time::sleep(AGAIN).await;
                    None
                }
            };
        }
    }

    async fn tell_of(
        &self,
        pool: &PgPool,
        kept: Option<PoolConnection>,
        channels: &[String],
    ) -> sqlx::Result<PoolConnection> {
        let mut conn = match kept {
            Some(conn) => conn,
            None => pool.acquire().await?,
        };
        sqlx::query!("select pg_notify(channel, $2) from unnest($1::text[]) channel", channels, self.0.own)
            .execute(&mut *conn)
            .await?;
        Ok(conn)
    }
}

impl Signal {
    /// Returns at the next signal that came after the last return, or when `at_most` has passed.
    pub async fn wait(&mut self, at_most: Duration) {
        self.heard(at_most).await;
    }

    /// As [`Signal::wait`]; whether there was a signal.
    pub async fn heard(&mut self, at_most: Duration) -> bool {
        match tokio::time::timeout(at_most, self.0.changed()).await {
            Ok(Ok(())) => true,
            // The sender is gone: then only time wakes us.
            Ok(Err(_)) => {
                tokio::time::sleep(at_most).await;
                false
            }
            Err(_) => false,
        }
    }
}

tokio::task_local! {
    static COLLECTED: RefCell<BTreeSet<&'static str>>;
}

/// The channels that the work of a transaction asked to fire.
#[derive(Debug)]
#[must_use = "nobody wakes unless it is given to Signals::wake_all"]
pub struct Collected(BTreeSet<&'static str>);

/// Does the work of a transaction; what [`notify`] is called for within it is collected instead. A task that the work spawns
/// is not part of it.
pub async fn collect<F: Future>(work: F) -> (F::Output, Collected) {
    COLLECTED
        .scope(RefCell::default(), async {
            let output = work.await;
            (output, Collected(COLLECTED.with(RefCell::take)))
        })
        .await
}

/// Fires a channel, here and in other processes, when the caller's transaction commits.
///
/// # Errors
/// The database refuses.
pub async fn notify(conn: &mut PgConnection, channel: &'static str) -> sqlx::Result<()> {
    if COLLECTED.try_with(|collected| collected.borrow_mut().insert(channel)).is_ok() {
        return Ok(());
    }
    // Equal notices of one transaction are folded into one.
    sqlx::query!("select pg_notify($1, '')", channel).execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn a_signal_of_this_process_wakes_at_once_and_is_not_lost() {
        let signals = Signals::new(["a", "b"]);
        let (mut a, mut b) = (signals.of("a"), signals.of("b"));
        signals.wake("a");
        assert!(a.heard(LONG).await);
        assert!(tokio::time::timeout(Duration::from_millis(10), a.wait(LONG)).await.is_err(), "once");
        assert!(tokio::time::timeout(Duration::from_millis(10), b.wait(LONG)).await.is_err(), "not its channel");
    }
}
