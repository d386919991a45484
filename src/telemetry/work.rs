//! What runs by itself: the subscription, the reconcile of Redis users, the watch over heartbeats.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use waas_platform::bus::{Bus, BusError, Gap, Heard, Subscription, SubscriptionLimits};
use waas_platform::clock::Clock;
use waas_platform::db::{PgPool, Signal};
use waas_platform::intake::Rejection;
use waas_platform::secrets::MasterKey;

use super::hearing::{Change, Hearing};
use super::heartbeat::HeartbeatState;
use super::intake::{self, Arrived, Stored};
use super::model::{Message, RefusedMessage};
use super::store;
use super::store::beats::{self, Beat};
use super::{HeartbeatListener, Missed, Settings, acl};
use crate::tenants::{self, Slug, TenantState};

/// What every channel of telemetry begins with; the rest is the tenant.
pub const CHANNELS: &str = "telemetry:";

/// The pause before something that failed is tried again.
const PAUSE: Duration = Duration::from_millis(500);
/// While nothing is heard, how often it is looked whether something is.
const LISTEN: Duration = Duration::from_secs(5);

/// Listens to all tenants, and keeps their Redis users.
#[derive(Clone)]
pub struct Ingest {
    /// The database.
    pub pool: PgPool,
    /// Redis.
    pub bus: Bus,
    /// Opens the users' passwords.
    pub keys: Arc<MasterKey>,
    /// Time.
    pub clock: Clock,
    /// Batches, limits, intervals.
    pub settings: Arc<Settings>,
    /// Who wants to hear that a silent service speaks again.
    pub listener: Arc<dyn HeartbeatListener>,
}

/// A message and the bytes it was read from.
struct Taken {
    arrived: Arrived,
    raw: Vec<u8>,
}

impl Ingest {
    /// Runs until stopped; what was heard by then is stored first. `passwords` fires when a tenant's password is new.
    pub async fn run(self, passwords: Signal, stop: CancellationToken) {
        let reconnected = Arc::new(Notify::new());
        tokio::join!(self.listen(&reconnected, &stop), self.keep_users(passwords, &reconnected, &stop));
    }

    async fn listen(&self, reconnected: &Notify, stop: &CancellationToken) {
        let Some(mut subscription) = self.subscribe(stop).await else {
            return;
        };
        loop {
            let heard = tokio::select! {
                heard = subscription.next() => heard,
                () = stop.cancelled() => return,
            };
            let mut batch = Vec::new();
            self.take(heard, &mut batch, reconnected);
            let full = tokio::time::sleep(self.settings.batch_wait);
            tokio::pin!(full);
            while batch.len() < self.settings.batch {
                tokio::select! {
                    heard = subscription.next() => self.take(heard, &mut batch, reconnected),
                    () = &mut full => break,
                }
            }
            self.store(batch, stop).await;
        }
    }

    async fn subscribe(&self, stop: &CancellationToken) -> Option<Subscription> {
        loop {
            // Larger payloads come as their head and are refused by size.
            let limits = SubscriptionLimits { payload: self.settings.limits.bytes, ..SubscriptionLimits::default() };
            match self.bus.subscribe(format!("{CHANNELS}*"), limits).await {
                Ok(subscription) => return Some(subscription),
                Err(error) => log_failure(&error, "no subscription to telemetry yet; trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    fn take(&self, heard: Heard, batch: &mut Vec<Taken>, reconnected: &Notify) {
        let now = self.clock.now();
        let whose = |channel: &str| channel.strip_prefix(CHANNELS).unwrap_or_default().to_owned();
        match heard {
            Heard::Message { channel, payload } => {
                let message = Message::parse(&payload, now, &self.settings.limits);
                let arrived = Arrived { tenant: whose(&channel), message, at: now };
                batch.push(Taken { arrived, raw: payload.to_vec() });
            }
            Heard::TooLarge { channel, head, .. } => {
                let message = Err(RefusedMessage { reason: Rejection::TooLarge, position: None });
                batch
                    .push(Taken { arrived: Arrived { tenant: whose(&channel), message, at: now }, raw: head.to_vec() });
            }
            Heard::Gap(gap) => {
                // How much was lost shows in the sequence numbers of what follows.
                tracing::warn!(?gap, "telemetry was interrupted");
                let kind = match gap {
                    Gap::Reconnected => "reconnected",
                    Gap::Overflowed(_) => "overflowed",
                };
                metrics::counter!("hub_telemetry_gaps_total", "kind" => kind).increment(1);
                reconnected.notify_one();
            }
        }
    }

    /// Stores a batch, waiting out a database that is away; meanwhile the subscription's buffer fills and counts.
    async fn store(&self, batch: Vec<Taken>, stop: &CancellationToken) {
        let arrived: Vec<Arrived> = batch.iter().map(|taken| taken.arrived.clone()).collect();
        loop {
            match self.store_once(&arrived).await {
                Ok(stored) => return stored.count(),
                Err(error) if is_passing(&error) => {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        messages = batch.len(),
                        "telemetry waits for the database"
                    );
                }
                Err(error) => {
                    tracing::error!(
                        error = format!("{error:#}"),
                        "a batch of telemetry is refused; storing one by one"
                    );
                    return self.store_each(&batch).await;
                }
            }
            tokio::select! {
                // A stop must not wait for a database that is away; the loss shows in the sequence numbers.
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    async fn store_once(&self, batch: &[Arrived]) -> anyhow::Result<Stored> {
        let mut tx = self.pool.begin().await?;
        let stored = intake::store(&mut tx, &self.settings, self.listener.as_ref(), batch).await?;
        tx.commit().await?;
        Ok(stored)
    }

    /// One message that the database refuses must not take its batch with it: it becomes a dead letter.
    async fn store_each(&self, batch: &[Taken]) {
        for taken in batch {
            let error = match self.store_once(std::slice::from_ref(&taken.arrived)).await {
                Ok(stored) => {
                    stored.count();
                    continue;
                }
                Err(error) => format!("{error:#}"),
            };
            let buried = async {
                store::bury(&mut *self.pool.acquire().await?, &taken.arrived.tenant, &taken.raw, &error).await
            };
            if let Err(worse) = buried.await {
                tracing::error!(tenant = taken.arrived.tenant, error, %worse, "a message of telemetry is lost");
            }
        }
    }

    async fn keep_users(&self, mut passwords: Signal, reconnected: &Notify, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let wait = match self.reconcile().await {
                Ok(()) => self.settings.reconcile,
                Err(error) => {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "tenants' Redis users could not be looked at; trying again"
                    );
                    PAUSE
                }
            };
            tokio::select! {
                () = passwords.wait(wait) => {}
                () = reconnected.notified() => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn reconcile(&self) -> anyhow::Result<()> {
        let mut conn = self.pool.acquire().await?;
        let found = acl::reconcile(&self.bus, &mut conn, &self.keys).await?;
        if !found.made.is_empty() {
            tracing::info!(users = ?found.made, "made Redis users that were missing");
        }
        Ok(())
    }
}

/// Notices heartbeats that do not come.
#[derive(Clone)]
pub struct HeartbeatWatch {
    /// The database.
    pub pool: PgPool,
    /// Time.
    pub clock: Clock,
    /// How often is looked at least.
    pub settings: Arc<Settings>,
    /// What heartbeats come by.
    pub bus: Bus,
    /// Whether it hears anything.
    pub hearing: Arc<Hearing>,
    /// Who wants to hear of it.
    pub listener: Arc<dyn HeartbeatListener>,
}

/// What silence means, by the state of the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    /// Somebody should know.
    Wrong,
    /// Too early to say.
    Early,
    /// As it should be.
    Right,
}

impl Silence {
    const fn of(state: TenantState) -> Self {
        match state {
            TenantState::Live | TenantState::Registered => Self::Wrong,
            TenantState::Planned | TenantState::Provisioning | TenantState::Failed | TenantState::Stuck => Self::Early,
            TenantState::Stopped | TenantState::Suspended | TenantState::Deleted => Self::Right,
        }
    }
}

impl HeartbeatWatch {
    /// Watches until stopped; asleep until the next heartbeat is due or one comes that was not reckoned with.
    pub async fn run(self, mut unreckoned: Signal, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wait = match self.look().await {
                Ok(next) => self.until(next),
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "heartbeats could not be looked at; trying again");
                    PAUSE
                }
            };
            tokio::select! {
                () = unreckoned.wait(wait) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Tells what is missed now; gives back when the next is due. While Redis does not answer nothing is missed, and
    /// afterwards everybody has as long to be heard again as between two heartbeats.
    ///
    /// # Errors
    /// The database refuses, or the listener fails; nothing was told then.
    pub async fn look(&self) -> anyhow::Result<Option<DateTime<Utc>>> {
        let answers = self.bus.ping().await.is_ok();
        let mut tx = self.pool.begin().await?;
        let now = self.clock.now();
        let change = self.hearing.change(answers);
        match change {
            Some(Change::Lost) => self.listener.deaf(&mut tx, now).await?,
            Some(Change::Back) => self.listener.hears(&mut tx, now).await?,
            None => {}
        }
        let hears_since = self.hearing.since(answers, now);
        let mut changed = BTreeSet::new();
        for beat in beats::silent(&mut tx, now).await? {
            let tenant = match beat.tenant.parse::<Slug>() {
                Ok(slug) => tenants::find(&mut tx, &slug).await?,
                Err(_) => None,
            };
            let silence = tenant.as_ref().map_or(Silence::Right, |tenant| Silence::of(tenant.state));
            let told = beat.state == HeartbeatState::Missed.as_str();
            if silence == Silence::Wrong
                && !told
                && let Some(due) = self.unheard(&beat, hears_since, now)
            {
                beats::set(&mut tx, &beat, HeartbeatState::Alive, due).await?;
                continue;
            }
            match (silence, tenant) {
                (Silence::Wrong, Some(tenant)) if !told => {
                    match self.listener.missed(&mut tx, &tenant, &beat, now).await? {
                        Missed::Told => {
                            beats::set(&mut tx, &beat, HeartbeatState::Missed, beat.due_at).await?;
                            changed.insert(beat.tenant);
                        }
                        Missed::Known => beats::set(&mut tx, &beat, HeartbeatState::Alive, later(&beat, now)).await?,
                    }
                }
                (Silence::Early, _) if !told => {
                    beats::set(&mut tx, &beat, HeartbeatState::Alive, later(&beat, now)).await?;
                }
                (Silence::Right, _) => self.rest(&mut tx, &beat, told, now).await?,
                _ => {}
            }
        }
        intake::judge(&mut tx, changed).await?;
        let next = beats::next_due(&mut tx).await?;
        tx.commit().await?;
        if let Some(change) = change {
            self.hearing.remember(change, now);
        }
        Ok(next)
    }

    /// When a heartbeat is due that could not have been heard; none when it could.
    fn unheard(&self, beat: &Beat, hears_since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let Some(since) = hears_since else {
            return Some(later(beat, now));
        };
        let interval = u32::try_from(beat.interval_s).unwrap_or_default();
        let due = self.settings.missed.due_at(since.max(beat.received_at), interval);
        Some(due).filter(|due| *due > now)
    }

    async fn rest(
        &self,
        conn: &mut waas_platform::db::PgConnection,
        beat: &Beat,
        told: bool,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        beats::set(conn, beat, HeartbeatState::Stopped, beat.due_at).await?;
        if told {
            self.listener.back(conn, &beat.tenant, &beat.service, now).await?;
        }
        Ok(())
    }

    fn until(&self, next: Option<DateTime<Utc>>) -> Duration {
        let next = next.map(|at| (at - self.clock.now()).to_std().unwrap_or_default());
        // A row that somebody else holds is due and not to be had: it must not make this a hot loop.
        let longest = if self.hearing.is_deaf() { self.settings.check.min(LISTEN) } else { self.settings.check };
        next.unwrap_or(longest).clamp(Duration::from_millis(20), longest)
    }
}

/// When a silent heartbeat is looked at again.
fn later(beat: &Beat, now: DateTime<Utc>) -> DateTime<Utc> {
    now + chrono::Duration::seconds(i64::from(beat.interval_s))
}

fn log_failure(error: &BusError, what: &str) {
    if error.is_passing() {
        tracing::warn!(%error, "{what}");
    } else {
        tracing::error!(%error, "{what}");
    }
}

/// Whether the same may succeed later with nothing changed: the database is away, or two writers met.
fn is_passing(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<sqlx::Error>() {
        Some(sqlx::Error::Database(refused)) => {
            // Connection lost, resources, shutting down, serialization or deadlock.
            refused.code().is_some_and(|code| ["08", "53", "57", "40"].iter().any(|class| code.starts_with(class)))
        }
        Some(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Protocol(_)) => {
            true
        }
        _ => false,
    }
}
