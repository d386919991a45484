//! Telemetry: what tenants' systems say about themselves, and what of it was lost on the way.
//!
//! Messages come over publish and subscribe, which loses; each carries a sequence number, so that the loss is counted and never
//! guessed. This capability knows tenants by name and state. It must not know what an alert is, how a tenant is built, or who
//! reads the figures: who wants to hear of silence hears it through [`HeartbeatListener`].
//!
//! | file | holds |
//! |---|---|
//! | [`model`] | the message, strictly typed |
//! | [`heartbeat`] | when a heartbeat is missed |
//! | [`hearing`] | whether the hub hears at all |
//! | [`ledger`] | what was sent, received, refused and lost of each process |
//! | [`intake`] | one batch of messages into one transaction |
//! | [`acl`] | each tenant's Redis user, for those who make and remove tenants and keys |
//! | [`work`] | the subscription, the users' reconcile, the watch over heartbeats |

pub mod hearing;
pub mod heartbeat;
pub mod intake;
pub mod ledger;
pub mod model;
mod redis_users;
mod store;
pub mod work;

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::Serialize;
use waas_platform::db::PgConnection;

use crate::tenants::{Slug, Tenant};
use heartbeat::MissedAfter;
use ledger::Totals;
use model::Limits;
pub use store::beats::Beat;
pub use store::records::Figure;

/// Each tenant's Redis user.
pub mod acl {
    pub use super::redis_users::{PASSWORD, announce, channel, ensure, purpose, reconcile, remove, user_name};
}

/// The Postgres channel that tells the watch of a heartbeat it did not reckon with.
pub const HEARTBEATS: &str = "hub_heartbeats";
/// The Postgres channel that tells of a Redis password that is new.
pub const PASSWORDS: &str = "hub_redis_passwords";

/// What behaviour depends on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// When a heartbeat is missed.
    pub missed: MissedAfter,
    /// What is accepted of a message.
    pub limits: Limits,
    /// The most messages stored in one transaction.
    pub batch: usize,
    /// How long the first message of a batch waits for others.
    pub batch_wait: Duration,
    /// How often tenants' Redis users are made to stand as they should, besides after each reconnect.
    pub reconcile: Duration,
    /// The longest time between two looks for missed heartbeats, whatever is known to be due.
    pub check: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            missed: MissedAfter::default(),
            limits: Limits::default(),
            batch: 500,
            batch_wait: Duration::from_millis(20),
            reconcile: Duration::from_secs(60),
            check: Duration::from_secs(60),
        }
    }
}

/// What a listener makes of a missed heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// Somebody will see it; its return is told too.
    Told,
    /// What silences the service is known already: it is asked again after another interval.
    Known,
}

/// Told in the transaction that notices it.
pub trait HeartbeatListener: Send + Sync {
    /// A service that should speak is silent.
    fn missed<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        tenant: &'a Tenant,
        beat: &'a Beat,
        at: DateTime<Utc>,
    ) -> BoxFuture<'a, anyhow::Result<Missed>>;

    /// Redis does not answer: nobody can be heard, and nothing is said of anybody's silence.
    fn deaf<'a>(&'a self, conn: &'a mut PgConnection, at: DateTime<Utc>) -> BoxFuture<'a, anyhow::Result<()>>;

    /// Redis answers again.
    fn hears<'a>(&'a self, conn: &'a mut PgConnection, at: DateTime<Utc>) -> BoxFuture<'a, anyhow::Result<()>>;

    /// A service that was told as missed speaks again, or its silence is right by now. The tenant may be gone.
    fn back<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        tenant: &'a str,
        service: &'a str,
        at: DateTime<Utc>,
    ) -> BoxFuture<'a, anyhow::Result<()>>;
}

/// What a tenant reports, taken together.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// When any of its services last beat, by our clock.
    pub last_heartbeat_at: Option<DateTime<Utc>>,
    /// Received, rejected, lost, and since when that is not known.
    pub totals: Totals,
    /// The last heartbeat of each service, by name.
    pub heartbeats: Vec<Beat>,
    /// The latest value of each figure, by service and name.
    pub metrics: Vec<Figure>,
}

/// What is known of a tenant at `now`.
///
/// # Errors
/// The database refuses.
pub async fn figures(conn: &mut PgConnection, slug: &Slug, now: DateTime<Utc>) -> sqlx::Result<Figures> {
    // Accounts first: a heartbeat that comes in between is then the newer of the two, and no account counts what is not shown.
    let ledgers = store::ledgers_of(conn, slug.as_str()).await?;
    let heartbeats = store::beats::of(conn, slug.as_str()).await?;
    let mut totals = store::refused_in_all(conn, slug.as_str()).await?;
    for (service, boot, ledger) in ledgers {
        let alive = heartbeats.iter().any(|beat| beat.service == service && beat.boot == boot && beat.due_at > now);
        totals.add(&ledger, alive);
    }
    let metrics = store::records::latest_figures(conn, slug.as_str()).await?;
    let last_heartbeat_at = heartbeats.iter().map(|beat| beat.received_at).max();
    Ok(Figures { last_heartbeat_at, totals, heartbeats, metrics })
}

/// Forgets everything of a tenant that is erased: its name may be given to another.
///
/// # Errors
/// The database refuses.
pub async fn forget(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<()> {
    store::forget(conn, slug.as_str()).await
}
