//! Wake-ups across processes by Postgres `NOTIFY`, so that nobody polls where a signal will do.
//!
//! A signal carries nothing: whoever wakes looks at the tables. After a lost connection every channel fires once, since
//! notices may have been missed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The channels that one connection listens to for the whole process.
#[derive(Clone, Debug)]
pub struct Signals {
    channels: Arc<HashMap<&'static str, watch::Sender<u64>>>,
}

/// One waiting place on a channel.
#[derive(Clone, Debug)]
pub struct Signal(watch::Receiver<u64>);

impl Signals {
    /// Knows these channels; [`Signals::listen`] makes them fire.
    pub fn new(channels: impl IntoIterator<Item = &'static str>) -> Self {
        let channels = channels.into_iter().map(|name| (name, watch::Sender::new(0))).collect();
        Self { channels: Arc::new(channels) }
    }

    /// A waiting place; a channel that is not known never fires.
    pub fn of(&self, channel: &str) -> Signal {
        Signal(self.channels.get(channel).map_or_else(|| watch::Sender::new(0).subscribe(), watch::Sender::subscribe))
    }

    /// Listens until cancelled, reconnecting for ever.
    pub async fn listen(self, pool: PgPool, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = self.listen_once(&pool) => outcome,
            };
            if let Err(error) = outcome {
                tracing::warn!(%error, "notices from the database are interrupted; listening again");
            }
            self.fire_all();
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    async fn listen_once(&self, pool: &PgPool) -> sqlx::Result<()> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen_all(self.channels.keys().copied()).await?;
        self.fire_all();
        // `None` is a lost connection: what came in between is unknown.
        while let Some(notice) = listener.try_recv().await? {
            if let Some(sender) = self.channels.get(notice.channel()) {
                sender.send_modify(|count| *count += 1);
            }
        }
        Ok(())
    }

    fn fire_all(&self) {
        for sender in self.channels.values() {
            sender.send_modify(|count| *count += 1);
        }
    }
}

impl Signal {
    /// Returns at the next signal that came after the last return, or when `at_most` has passed.
    pub async fn wait(&mut self, at_most: Duration) {
        // An error means that the sender is gone: then only time wakes us.
        if let Ok(Err(_)) = tokio::time::timeout(at_most, self.0.changed()).await {
            tokio::time::sleep(at_most).await;
        }
    }
}
