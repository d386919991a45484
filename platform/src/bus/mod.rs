//! Redis as a door: lists that hand work over, channels that are listened to, users that may publish.
//!
//! Redis is never the truth. What comes through here is stored elsewhere before it is confirmed, so that a wiped Redis loses
//! nothing that was accepted. This room knows the names it is given and no business behind them; the crate `redis` is named
//! only here.
//!
//! | file | holds |
//! |---|---|
//! | [`handoff`](Handoff) | a list drained at least once: moved, stored by the caller, then removed |
//! | [`subscription`](Subscription) | a pattern listened to, with every gap told |
//! | [`acl`](AclUser) | users that may publish to one channel and nothing else |
//!
//! **Losing Redis.** [`Bus::connect`] answers [`BusError::Away`] when nothing listens yet; the caller tries again when it likes.
//! [`Bus::lazy`] connects when first needed. After that each part heals by itself: commands reconnect with backoff, a [`Handoff`] hands out again what was not
//! confirmed, a [`Subscription`] subscribes again and says that there was a gap.

mod acl;
mod backoff;
mod error;
mod handoff;
mod subscription;

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, RedisConnectionInfo};

pub use acl::{AclUser, Reconciled};
pub use error::BusError;
pub use handoff::{Handoff, HandoffSettings, QueueLengths};
pub use subscription::{Gap, Heard, Subscription, SubscriptionLimits};

/// How to reach Redis and how long to be patient.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `redis://[user:password@]host:port[/db]`.
    pub url: String,
    /// How long one attempt to connect may take.
    pub connect_timeout: Duration,
    /// How long one answer may take before the connection counts as lost.
    pub response_timeout: Duration,
    /// The longest wait between two attempts to reconnect; the first wait is 50 ms and doubles.
    pub max_backoff: Duration,
}

impl Settings {
    /// The settings for an address, with the usual patience: 2 s to connect, 5 s for an answer, 2 s between attempts.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connect_timeout: Duration::from_secs(2),
            response_timeout: Duration::from_secs(5),
            max_backoff: Duration::from_secs(2),
        }
    }
}

/// A connection to Redis that is cheap to clone and comes back by itself.
#[derive(Clone)]
pub struct Bus {
    client: Client,
    shared: ConnectionManager,
    settings: Settings,
}

impl std::fmt::Debug for Bus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        f.debug_struct("Bus").finish_non_exhaustive()
    }
}

impl Bus {
    /// Connects once. Later losses heal by themselves.
    ///
    /// # Errors
    /// [`BusError::Away`] when nothing answers now (try again later), [`BusError::Refused`] when the address or the
    /// credentials are wrong.
    pub async fn connect(settings: Settings) -> Result<Self, BusError> {
        let bus = Self::lazy(settings)?;
        bus.ping().await?;
        Ok(bus)
    }

    /// Connects when first needed; what is asked while Redis is away answers [`BusError::Away`]. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`BusError::Refused`] when the address is none.
    pub fn lazy(settings: Settings) -> Result<Self, BusError> {
        let client = Client::open(settings.url.as_str())?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(settings.connect_timeout))
            .set_response_timeout(Some(settings.response_timeout))
            .set_min_delay(backoff::FIRST)
            .set_max_delay(settings.max_backoff)
            // A command in need of a connection waits for one attempt more and then says so; the next command tries again.
            .set_number_of_retries(1);
        let shared = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
        Ok(Self { client, shared, settings })
    }

    /// Asks whether Redis answers now.
    ///
    /// # Errors
    /// [`BusError`] says whether waiting helps.
    pub async fn ping(&self) -> Result<(), BusError> {
        let mut connection = self.shared.clone();
        let asked = async { redis::cmd("PING").query_async::<()>(&mut connection).await };
        match tokio::time::timeout(self.settings.response_timeout, asked).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(BusError::Away("no answer to PING in time".to_owned())),
        }
    }

    /// Whether a client without credentials may use this Redis. Where containers can reach it this must be `false`: a user
    /// made by [`Bus::reconcile_users`] is no limit to somebody who can do without.
    ///
    /// # Errors
    /// [`BusError::Away`] when Redis cannot be reached.
    pub async fn is_open_to_strangers(&self) -> Result<bool, BusError> {
        let stranger = self
            .client
            .get_connection_info()
            .clone()
            .set_redis_settings(RedisConnectionInfo::default())
            .into_connection_info()?;
        let config = self.connection_config();
        let connection = Client::open(stranger)?.get_multiplexed_async_connection_with_config(&config).await;
        let answer = match connection {
            Ok(mut connection) => redis::cmd("PING").query_async::<()>(&mut connection).await,
            Err(error) => Err(error),
        };
        match answer.map_err(BusError::from) {
            Ok(()) => Ok(true),
            Err(BusError::Refused(_)) => Ok(false),
            Err(away) => Err(away),
        }
    }

    /// A consumer of the list `list`. Make one for each task that consumes.
    pub fn handoff(&self, list: impl Into<String>, settings: HandoffSettings) -> Handoff {
        Handoff::new(self.client.clone(), self.settings.clone(), list.into(), settings)
    }

    /// How much waits in the list `list`, and how much was taken from it and not confirmed yet.
    ///
    /// # Errors
    /// [`BusError`] says whether waiting helps.
    pub async fn queue_lengths(&self, list: &str) -> Result<QueueLengths, BusError> {
        let (waiting, processing) =
            redis::pipe().llen(list).llen(handoff::processing(list)).query_async(&mut self.shared.clone()).await?;
        Ok(QueueLengths { waiting, processing })
    }

    /// Listens to all channels that match `pattern`, on a connection of its own.
    ///
    /// # Errors
    /// The first subscription could not be made. Later losses are told as [`Heard::Gap`].
    pub async fn subscribe(
        &self,
        pattern: impl Into<String>,
        limits: SubscriptionLimits,
    ) -> Result<Subscription, BusError> {
        Subscription::open(self.client.clone(), self.settings.clone(), pattern.into(), limits).await
    }

    fn connection_config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.settings.connect_timeout))
            .set_response_timeout(Some(self.settings.response_timeout))
    }
}
