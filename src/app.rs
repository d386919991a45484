//! Composition root: builds the adapters, starts the parts of the chosen roles in order, stops them in reverse.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use waas_platform::db::{self, PgPool};
use waas_platform::observe::Metrics;
use waas_platform::web::{self, Finding, Health};

use crate::config::Config;

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

/// The parts of a running process. What is started later may rely on what was started before, and is stopped before it.
#[derive(Debug, Default)]
pub struct Parts {
    running: JoinSet<Result<()>>,
    started: Vec<Part>,
    ended: HashMap<Id, Result<()>>,
}

#[derive(Debug)]
struct Part {
    name: &'static str,
    id: Id,
    stop: CancellationToken,
}

impl Parts {
    /// No parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a part. It works until its token is cancelled and then returns; returning earlier stops the process.
    pub fn start<F>(&mut self, name: &'static str, work: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let id = self.running.spawn(work(stop.clone())).id();
        self.started.push(Part { name, id, stop });
    }

    /// Works until `stop` resolves or a part ends by itself, then stops the parts in reverse order. All of them together
    /// have `drain`; what is not done by then is cut: everything durable is in the database.
    ///
    /// # Errors
    /// A part ended by itself, panicked, or failed while it stopped.
    pub async fn run_until(
        mut self,
        stop: impl Future<Output = ()>,
        drain: Duration,
    ) -> Result<()> {
        let early = tokio::select! {
            () = stop => None,
            ended = self.running.join_next_with_id() => ended.map(told),
        };
        let mut fault = early.map(|(id, result)| {
            let name = self
                .started
                .iter()
                .find(|part| part.id == id)
                .map_or("a part", |part| part.name);
            self.ended.insert(id, Ok(()));
            match result {
                Ok(()) => anyhow::anyhow!("{name} ended by itself"),
                Err(error) => error.context(name),
            }
        });
        if let Some(fault) = &fault {
            tracing::error!(
                fault = format!("{fault:#}"),
                "stopping, since a part is gone"
            );
        }
        let deadline = tokio::time::Instant::now() + drain;
        while let Some(part) = self.started.pop() {
            part.stop.cancel();
            match tokio::time::timeout_at(deadline, self.wait_for(part.id)).await {
                Ok(Ok(())) => tracing::debug!(part = part.name, "stopped"),
                Ok(Err(error)) => fault = fault.or_else(|| Some(error.context(part.name))),
                Err(_) => tracing::warn!(part = part.name, "was still at work and is cut"),
            }
        }
        fault.map_or(Ok(()), Err)
    }

    /// How one part ended. Others may end meanwhile; their ends are kept for when it is their turn.
    async fn wait_for(&mut self, id: Id) -> Result<()> {
        loop {
            if let Some(result) = self.ended.remove(&id) {
                return result;
            }
            let Some(ended) = self.running.join_next_with_id().await else {
                return Ok(());
            };
            let (id, result) = told(ended);
            self.ended.insert(id, result);
        }
    }
}

/// Which task ended and how; a panic is an error like any other.
fn told(ended: Result<(Id, Result<()>), JoinError>) -> (Id, Result<()>) {
    ended.unwrap_or_else(|error| (error.id(), Err(error.into())))
}

/// Runs the service until SIGTERM or SIGINT.
///
/// # Errors
/// A required dependency does not answer at the start, a port is taken, or a part failed.
pub async fn run(config: Config, roles: Roles) -> Result<()> {
    let began = Instant::now();
    if roles.contains(&Role::Bot) && config.telegram.token.is_none() {
        bail!(
            "the bot role needs HUB_TELEGRAM__TOKEN; without it run with --role http,ingest,worker"
        );
    }
    let metrics = Metrics::install()?;
    let pool = open_database(&config).await?;
    let mut parts = Parts::new();

    let folded = metrics.clone();
    parts.start("metrics", move |stop| fold_metrics(folded, stop));
    if roles.contains(&Role::Http) {
        let routes = health(&config, &roles, &pool).routes(Some(metrics));
        let address = config.http.listen;
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("http.listen {address}"))?;
        let drain = config.drain;
        parts.start("http", move |stop| async move {
            Ok(web::serve(listener, routes, stop, drain).await?)
        });
    }

    let names: Vec<String> = roles.iter().map(ToString::to_string).collect();
    tracing::info!(
        roles = names.join(","),
        "ready in {} ms",
        began.elapsed().as_millis()
    );
    let stopped = parts.run_until(asked_to_stop()?, config.drain).await;
    pool.close().await;
    tracing::info!("stopped");
    stopped
}

/// Opens the pool and brings the schema to the present.
///
/// # Errors
/// Postgres does not answer, or a migration fails.
pub async fn open_database(config: &Config) -> Result<PgPool> {
    let settings = db::Settings {
        url: config.database.url.expose().to_owned(),
        max_connections: config.database.max_connections,
        acquire_timeout: config.database.acquire_timeout,
    };
    let pool = db::connect(&settings)
        .await
        .context("Postgres (database.url)")?;
    db::migrate(&pool).await.context("migrations")?;
    Ok(pool)
}

fn health(config: &Config, roles: &Roles, pool: &PgPool) -> Health {
    let health = Health::new(config.http.probe_timeout);
    let health = roles.iter().fold(health, |health, role| {
        health.role(&role.to_string(), "running")
    });
    let (postgres, migrations) = (pool.clone(), pool.clone());
    health
        .probe("postgres", true, move || {
            let pool = postgres.clone();
            async move {
                pool.acquire()
                    .await
                    .map_or_else(Finding::ill, |_| Finding::well("answers"))
            }
        })
        .probe("migrations", true, move || {
            let pool = migrations.clone();
            async move {
                match db::schema(&pool).await {
                    Ok(schema) if schema.pending == 0 => {
                        Finding::well(format!("at {}", schema.version))
                    }
                    Ok(schema) => Finding::ill(format!("{} pending", schema.pending)),
                    Err(error) => Finding::ill(error),
                }
            }
        })
}

async fn fold_metrics(metrics: Metrics, stop: CancellationToken) -> Result<()> {
    let mut tick = tokio::time::interval(METRICS_UPKEEP);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = tick.tick() => metrics.upkeep(),
        }
    }
}

/// Resolves at the first SIGTERM or SIGINT.
fn asked_to_stop() -> Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    Ok(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "asked to stop");
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    type Log = Arc<Mutex<Vec<&'static str>>>;

    fn note(log: &Log, what: &'static str) {
        log.lock().expect("not poisoned").push(what);
    }

    fn part(parts: &mut Parts, log: &Log, name: &'static str) {
        let log = log.clone();
        parts.start(name, move |stop| async move {
            stop.cancelled().await;
            note(&log, name);
            Ok(())
        });
    }

    #[tokio::test]
    async fn parts_stop_in_reverse_order() {
        let (mut parts, log) = (Parts::new(), Log::default());
        for name in ["database", "sender", "poller"] {
            part(&mut parts, &log, name);
        }
        parts
            .run_until(async {}, Duration::from_secs(5))
            .await
            .expect("stopped");
        assert_eq!(
            *log.lock().expect("not poisoned"),
            ["poller", "sender", "database"]
        );
    }

    #[tokio::test]
    async fn a_part_that_fails_or_panics_stops_the_others_and_is_named() {
        for panics in [false, true] {
            let (mut parts, log) = (Parts::new(), Log::default());
            part(&mut parts, &log, "database");
            parts.start("poller", move |_| async move {
                assert!(!panics, "on purpose");
                bail!("conflict")
            });
            let error = parts
                .run_until(std::future::pending(), Duration::from_secs(5))
                .await
                .expect_err("failed");
            assert!(format!("{error:#}").starts_with("poller: "), "{error:#}");
            assert_eq!(*log.lock().expect("not poisoned"), ["database"]);
        }
    }

    #[tokio::test]
    async fn a_part_that_does_not_stop_is_cut_at_the_deadline() {
        let (mut parts, log) = (Parts::new(), Log::default());
        part(&mut parts, &log, "database");
        parts.start("stuck", |_| std::future::pending());
        let stopped = parts.run_until(async {}, Duration::from_millis(20));
        let within = tokio::time::timeout(Duration::from_secs(5), stopped).await;
        within.expect("not for ever").expect("cut, not failed");
    }
}
