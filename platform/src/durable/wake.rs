//! LISTEN/NOTIFY: wakes who waits for work, and decides nothing. A lost notice costs at most one poll.

use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{PgConnection, PgPool};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::view::SagaId;

const CHANNEL: &str = "waas_durable";
const RETRY: Duration = Duration::from_secs(1);

/// What somebody may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Sagas were enqueued.
    Sagas,
    /// Somebody wished something of this saga.
    Saga(SagaId),
    /// Timers were set or moved.
    Timers,
}

impl Signal {
    fn payload(self) -> String {
        match self {
            Self::Sagas => "sagas".to_owned(),
            Self::Saga(id) => id.to_string(),
            Self::Timers => "timers".to_owned(),
        }
    }

    fn parse(payload: &str) -> Option<Self> {
        match payload {
            "sagas" => Some(Self::Sagas),
            "timers" => Some(Self::Timers),
            id => id.parse::<Uuid>().ok().map(|id| Self::Saga(SagaId(id))),
        }
    }
}

/// Where notices arrive in this process; cheap to clone, one for all of a pool's engines and timers.
#[derive(Clone, Debug)]
pub struct Wake(broadcast::Sender<Signal>);

impl Default for Wake {
    fn default() -> Self {
        Self(broadcast::Sender::new(256))
    }
}

impl Wake {
    /// Listens until stopped, on one connection of the pool. Without it everything works at the pace of the polls.
    pub async fn listen(&self, pool: &PgPool, stop: &CancellationToken) {
        let listening = async {
            loop {
                if let Err(error) = self.pass_on(pool).await {
                    tracing::warn!(%error, "listening for durable work was interrupted; polling goes on");
                }
                tokio::time::sleep(RETRY).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = listening => {}
        }
    }

    async fn pass_on(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        // Whatever was committed before LISTEN took hold is looked for once.
        let _ = self.0.send(Signal::Sagas);
        let _ = self.0.send(Signal::Timers);
        loop {
            if let Some(signal) = Signal::parse(listener.recv().await?.payload()) {
                // Nobody waiting is no error.
                let _ = self.0.send(signal);
            }
        }
    }

    pub(super) fn subscribe(&self) -> Woken {
        Woken(self.0.subscribe())
    }
}

/// One waiter's end.
pub(super) struct Woken(broadcast::Receiver<Signal>);

impl Woken {
    /// Returns once a signal fits; also when some were missed, since one of those may have.
    pub(super) async fn on(&mut self, fits: impl Fn(Signal) -> bool) {
        loop {
            match self.0.recv().await {
                Ok(signal) if fits(signal) => return,
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => return,
                // Nobody listens in this process: only polls wake.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

/// Sends a notice when the caller's transaction commits; equal ones are folded by Postgres.
pub(super) async fn notify(connection: &mut PgConnection, signal: Signal) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_notify($1, $2)", CHANNEL, signal.payload()).execute(connection).await?;
    Ok(())
}
