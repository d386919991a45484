//! Provisioning: from a client's answers to a site that runs.
//!
//! A request is opened when a survey comes in; an operator sees a plan, which is everything that a confirmation agrees to;
//! a confirmed plan is built by a saga that ticks in one message. Knows tenants, telemetry, leads and surveys; nobody but
//! the composition root knows it.

pub mod chat;
pub mod folder;
pub mod inputs;
pub mod intake;
pub mod model;
pub mod plan;
pub mod planning;
mod store;
pub mod template;
pub mod trial;
pub mod work;

use std::time::Duration;

use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::telegram::BotId;

use crate::front::Front;

pub use plan::Plan;
pub use planning::{Confirmed, NoPlan, Standing, Wish};
pub use store::StoredPlan;
pub use template::{Template, TemplateError};
pub use trial::problems;

/// Those of these requests that nobody builds, nor refused.
///
/// # Errors
/// The database refuses.
pub async fn unbuilt(conn: &mut PgConnection, requests: &[Uuid]) -> sqlx::Result<Vec<Uuid>> {
    store::open_among(conn, requests).await
}

/// Brings plans that wait for a *Confirm* to where the operators are now; `from` is the chat that they left, where that is why.
///
/// # Errors
/// The database refuses, or a layout is broken.
pub async fn bring_open(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    bot: BotId,
    from: Option<i64>,
) -> anyhow::Result<()> {
    chat::bring_open(conn, clock, front, bot, from).await
}

/// What behaviour depends on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a message with credentials stands in the chat.
    pub burn_after: Duration,
}
