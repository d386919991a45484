//! Composition root: builds the services, starts the parts of the chosen roles in order, stops them in reverse.
//!
//! | file | holds |
//! |---|---|
//! | `acquaintance` | who and what the house has to do with, for those who know the team only |
//! | `again` | the doors that dead letters came from, opened once more |
//! | [`hub`] | every service, built once from the settings; the command line uses the same |
//! | `settings` | settings of the hub as settings of its parts |
//! | `bot` | the parts of the role `bot` |
//! | `work` | the parts of the roles `ingest` and `worker`, and all sagas |
//! | `pulse` | figures of what waits, and the watch over pages |
//! | `requests` | what became of requests, for those who remind of them |
//! | `leaving` | what becomes of the work of who leaves the team |
//! | `doors` | the HTTP listeners and what `/readyz` tells |
//! | `parts` | start in order, stop in reverse |

mod acquaintance;
mod again;
mod bot;
mod desk;
mod doors;
mod estate;
pub mod hub;
mod leaving;
mod parts;
mod pulse;
mod requests;
mod settings;
mod work;

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use waas_platform::db::{self, PgPool};
use waas_platform::observe::Metrics;
use waas_platform::render::Share;

use crate::config::Config;
pub use hub::Hub;
use parts::Parts;
pub use settings::of_database;
pub use settings::of_floods as flood_limit;
pub use settings::of_surveys as survey_settings;
pub use work::{SERVICE_LEASE, engine};

/// How often recorded metrics are folded.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// What a process does. Several processes may share the work; the database decides who does what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Role {
    /// Telegram in and out.
    Bot,
    /// The HTTP listeners.
    Http,
    /// Leads and telemetry from Redis.
    Ingest,
    /// Sagas, timers, reconciliation.
    Worker,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bot => "bot",
            Self::Http => "http",
            Self::Ingest => "ingest",
            Self::Worker => "worker",
        })
    }
}

/// The roles of this process.
pub type Roles = BTreeSet<Role>;

/// All roles: what a process does when nothing else is said.
pub fn all_roles() -> Roles {
    [Role::Bot, Role::Http, Role::Ingest, Role::Worker].into()
}

/// Runs the service until SIGTERM or SIGINT. Only Postgres has to answer at the start: Redis, Telegram, Docker and nginx
/// are waited for while the rest works.
///
/// # Errors
/// Postgres does not answer at the start, a file of the share is broken, a port is taken, or a part failed.
pub async fn run(config: Config, share: Share, roles: Roles) -> Result<()> {
    let began = Instant::now();
    if roles.contains(&Role::Bot) && config.telegram.token.is_none() {
        bail!("the bot role needs HUB_TELEGRAM__TOKEN; without it run with --role http,ingest,worker");
    }
    let stop = asked_to_stop()?;
    let drain = config.drain;
    let metrics = Metrics::install()?;
    let hub = Hub::open(&config, share).await?;
    let mut parts = Parts::new();

    let folded = metrics.clone();
    parts.serve("metrics", move |stop| fold_metrics(folded, stop));
    work::start_wakes(&hub, &mut parts);
    if roles.contains(&Role::Bot) || roles.contains(&Role::Worker) {
        bot::start_introduction(&hub, roles.contains(&Role::Bot), &mut parts);
    }
    if roles.contains(&Role::Bot) {
        bot::start_sender(&hub, &mut parts);
        pulse::start_watch(&hub, &mut parts)?;
    }
    if roles.contains(&Role::Worker) {
        work::start_worker(&hub, &mut parts)?;
    }
    if roles.contains(&Role::Ingest) {
        work::start_ingest(&hub, &mut parts);
    }
    if roles.contains(&Role::Bot) {
        bot::start_turns(&hub, &mut parts)?;
    }
    if roles.contains(&Role::Http) {
        pulse::start_figures(&hub, &mut parts);
        doors::start(&hub, &roles, metrics, &mut parts).await?;
    }

    let names: Vec<String> = roles.iter().map(ToString::to_string).collect();
    tracing::info!(roles = names.join(","), "ready in {} ms", began.elapsed().as_millis());
    // The last tenth is for giving back what was cut.
    let stopped = parts.run_until(stop, drain.mul_f32(0.9)).await;
    if tokio::time::timeout(drain.mul_f32(0.1), hub.pool.close()).await.is_err() {
        tracing::warn!("connections to Postgres were still in use and are cut");
    }
    tracing::info!("stopped");
    stopped
}

/// Opens the pool and brings the schema to the present.
///
/// # Errors
/// Postgres does not answer, or a migration fails.
pub async fn open_database(config: &Config) -> Result<PgPool> {
    let pool = db::connect(&settings::of_database(config)).await.context("Postgres (database.url)")?;
    db::migrate(&pool).await.context("migrations")?;
    Ok(pool)
}

async fn fold_metrics(metrics: Metrics, stop: CancellationToken) {
    let mut tick = tokio::time::interval(METRICS_UPKEEP);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => metrics.upkeep(),
        }
    }
}

/// Resolves at the first SIGTERM or SIGINT; both are heard from the call on.
fn asked_to_stop() -> Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "asked to stop");
    })
}
