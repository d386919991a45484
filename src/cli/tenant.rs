//! `hub tenant`: the sites that run, and the chat's verbs for them.

use std::io::{self, Write};

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};
use futures_util::StreamExt;
use futures_util::stream::select_all;
use serde::Serialize;
use waas_platform::db::PgConnection;
use waas_platform::docker::{LogLine, LogQuery};
use waas_platform::durable::Engine;
use waas_platform::edge::Domain;
use waas_platform::secrets::mask;

use super::{CliError, Invocation, follow};
use crate::alerts::length;
use crate::tenants::{self, Container, Estate, Registered, Reported, Slug, Tenant};
use crate::tenants::{Job, Wanted, Wished, wish};

/// What is done with tenants.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// All tenants by name
    List {
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        /// Where the page before ended
        #[arg(long)]
        cursor: Option<String>,
    },
    /// One tenant with containers and telemetry
    Show {
        /// Its name
        slug: Slug,
    },
    /// What its containers print
    Logs {
        /// Its name
        slug: Slug,
        /// Only this service
        #[arg(long)]
        service: Option<String>,
        /// Only lines of the last 10m, 2h, 1d
        #[arg(long, value_parser = time)]
        since: Option<Duration>,
        /// At most so many last lines of each service
        #[arg(long, default_value_t = 100)]
        tail: u32,
        /// Go on with lines as they come
        #[arg(long)]
        follow: bool,
    },
    /// End its containers and begin them again
    Restart {
        /// Its name
        slug: Slug,
        /// Only this service
        service: Option<String>,
    },
    /// End its containers; the data stays
    Stop {
        /// Its name
        slug: Slug,
    },
    /// Bring its containers up again
    Start {
        /// Its name
        slug: Slug,
    },
    /// Stop it and take it off the edge; the data is kept for the grace time
    Delete {
        /// Its name
        slug: Slug,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Take a delete back
    Restore {
        /// Its name
        slug: Slug,
    },
    /// Remove everything of it, now and for good
    Erase {
        /// Its name
        slug: Slug,
        /// Its name once more
        #[arg(long, value_name = "SLUG")]
        confirm: String,
    },
    /// Add a tenant that runs elsewhere, for telemetry and alerts
    Register {
        /// Its name
        slug: Slug,
        /// Its host name
        #[arg(long)]
        domain: String,
    },
}

/// A tenant as `--json` shows it.
#[derive(Serialize)]
struct Shown {
    slug: String,
    domain: String,
    kind: String,
    state: &'static str,
    health: &'static str,
    template: Option<String>,
    version: Option<String>,
    containers: Vec<ShownContainer>,
    last_heartbeat_at: Option<DateTime<Utc>>,
    telemetry: ShownTelemetry,
    url: String,
    port: Option<u16>,
    created_at: DateTime<Utc>,
    erase_after: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
struct ShownContainer {
    service: String,
    name: String,
    state: String,
    /// In the words of the state: a container without a health check has none.
    health: Option<String>,
}

#[derive(Serialize)]
struct ShownTelemetry {
    received: u64,
    rejected: u64,
    lost: u64,
    unknown_since: Option<DateTime<Utc>>,
}

impl Shown {
    fn of(estate: &Estate, tenant: Tenant, containers: Vec<Container>, reported: Reported) -> Self {
        Self {
            url: estate.url(&tenant.domain),
            slug: tenant.slug.to_string(),
            domain: tenant.domain,
            kind: tenant.kind,
            state: tenant.state.word(),
            health: tenant.health.word(),
            template: tenant.template,
            version: tenant.template_version,
            containers: containers.into_iter().map(ShownContainer::of).collect(),
            last_heartbeat_at: reported.last_heartbeat_at,
            telemetry: ShownTelemetry {
                received: reported.received,
                rejected: reported.rejected,
                lost: reported.lost,
                unknown_since: reported.unknown_since,
            },
            port: tenant.port,
            created_at: tenant.created_at,
            erase_after: tenant.erase_after,
        }
    }

    fn row(&self) -> Vec<String> {
        [self.slug.as_str(), self.state, self.health, &self.domain, self.template.as_deref().unwrap_or("-")]
            .map(str::to_owned)
            .to_vec()
    }

    fn human(&self) -> String {
        let mut text = format!("{} is {}, {}\n{}\n", self.slug, self.state, self.health, self.url);
        for container in &self.containers {
            text.push_str(&format!("  {:<30} {}\n", container.name, container.state));
        }
        let beat = self.last_heartbeat_at.map_or_else(|| "never".to_owned(), |at| at.format("%F %T UTC").to_string());
        let ShownTelemetry { received, rejected, lost, .. } = self.telemetry;
        text.push_str(&format!(
            "last heartbeat {beat}\nmessages: {received} received, {rejected} refused, {lost} lost\n"
        ));
        text
    }
}

impl ShownContainer {
    fn of(container: Container) -> Self {
        let known = matches!(container.state.as_str(), "healthy" | "unhealthy" | "starting");
        Self {
            health: known.then(|| container.state.clone()),
            service: container.service,
            name: container.name,
            state: container.state,
        }
    }
}

/// Does it.
///
/// # Errors
/// By the exit codes of the contract.
pub(super) async fn run(
    action: Action,
    invocation: &Invocation,
    estate: &Estate,
    engine: &Engine,
) -> Result<(), CliError> {
    let (slug, job, service) = match action {
        Action::List { limit, cursor } => {
            return list(invocation, estate, limit, cursor.as_deref()).await;
        }
        Action::Show { slug } => {
            let mut conn = estate.pool.acquire().await.context("Postgres (database.url)")?;
            let tenant = find(&mut conn, &slug).await?;
            let shown = facts(&mut conn, estate, tenant).await?;
            return invocation.result(&shown, Shown::human);
        }
        Action::Logs { slug, service, since, tail, follow } => {
            let since = since.map(|since| estate.clock.now() - since);
            let query = LogQuery { tail: Some(tail), since };
            return logs(invocation, estate, &slug, service.as_deref(), &query, follow).await;
        }
        Action::Register { slug, domain } => {
            return register(invocation, estate, &slug, &domain).await;
        }
        Action::Restart { slug, service } => (slug, Job::Restart, service),
        Action::Stop { slug } => (slug, Job::Stop, None),
        Action::Start { slug } => (slug, Job::Start, None),
        Action::Restore { slug } => (slug, Job::Restore, None),
        Action::Delete { slug, yes } => {
            let days = estate.settings.delete_grace.as_secs() / 86_400;
            find(&mut *estate.pool.acquire().await.context("Postgres (database.url)")?, &slug).await?;
            follow::ask(&format!("Delete {slug}? It stops; its data is kept for {days} days."), yes)?;
            (slug, Job::Delete, None)
        }
        Action::Erase { slug, confirm } => {
            if confirm != slug.as_str() {
                return Err(CliError::Usage(format!("--confirm {confirm} is not {slug}; nothing was done")));
            }
            (slug, Job::Erase, None)
        }
    };
    let mut tx = estate.pool.begin().await.context("Postgres (database.url)")?;
    let tenant = find(&mut tx, &slug).await?;
    let wanted = Wanted { job, service, version: None, place: None };
    let wished = wish(&mut tx, estate, &invocation.actor(), &tenant, &wanted).await?;
    tx.commit().await.context("Postgres (database.url)")?;
    match wished {
        Wished::Begun(view) => follow::to_end(invocation, &estate.pool, engine, view.id).await,
        Wished::Already(state) => {
            invocation.note(&format!("{slug} is {} already; nothing was done", state.word()));
            Ok(())
        }
        Wished::Busy(view) => Err(CliError::Refused(format!(
            "another job is at work on {slug}: {} {} is {}; nothing was begun (hub job show {})",
            view.kind,
            view.id,
            view.state.as_str(),
            view.id
        ))),
        Wished::Refused(refused) => Err(CliError::Refused(format!("{slug}: {refused}; nothing was changed"))),
        Wished::Changed => Err(CliError::Refused(format!("{slug} changed in this moment; nothing was done"))),
        Wished::NotOurs => Err(CliError::Refused(format!("{slug} runs elsewhere; the hub only listens to it"))),
        Wished::NoService(services) => {
            Err(CliError::NotFound(format!("{slug} has no such service; it has {}", services.join(", "))))
        }
    }
}

async fn list(invocation: &Invocation, estate: &Estate, limit: u16, cursor: Option<&str>) -> Result<(), CliError> {
    let mut conn = estate.pool.acquire().await.context("Postgres (database.url)")?;
    let mut page = tenants::page(&mut conn, cursor, i64::from(limit) + 1).await.context("reading tenants")?;
    let more = page.len() > usize::from(limit);
    page.truncate(usize::from(limit));
    let next = page.last().filter(|_| more).map(|last| last.slug.to_string());
    let mut items = Vec::with_capacity(page.len());
    for tenant in page {
        items.push(facts(&mut conn, estate, tenant).await?);
    }
    invocation.list(&items, next, &["name", "state", "health", "domain", "template"], Shown::row)
}

async fn facts(conn: &mut PgConnection, estate: &Estate, tenant: Tenant) -> Result<Shown, CliError> {
    let containers = tenants::containers(conn, &tenant.slug).await.context("reading the tenant")?;
    let reported = estate.figures.of(conn, &tenant.slug).await?;
    Ok(Shown::of(estate, tenant, containers, reported))
}

async fn find(conn: &mut PgConnection, slug: &Slug) -> Result<Tenant, CliError> {
    let found = tenants::find(conn, slug).await.context("reading the tenant")?;
    found.ok_or_else(|| CliError::NotFound(format!("there is no tenant {slug}; hub tenant list shows them")))
}

async fn register(invocation: &Invocation, estate: &Estate, slug: &Slug, domain: &str) -> Result<(), CliError> {
    let domain: Domain = domain.parse().map_err(|error| CliError::Usage(format!("--domain {domain}: {error}")))?;
    let mut tx = estate.pool.begin().await.context("Postgres (database.url)")?;
    let registered = tenants::register(&mut tx, &invocation.actor(), slug, domain.as_str()).await;
    if let Registered::Taken(holder) = registered.context("registering the tenant")? {
        return Err(CliError::Refused(format!("the name or the domain is taken by {holder}; nothing was changed")));
    }
    let tenant = find(&mut tx, slug).await?;
    let shown = facts(&mut tx, estate, tenant).await?;
    tx.commit().await.context("Postgres (database.url)")?;
    invocation.result(&shown, Shown::human)
}

/// A line as it is printed.
#[derive(Serialize)]
struct Line {
    service: String,
    at: Option<DateTime<Utc>>,
    text: String,
}

impl Line {
    fn of(service: &str, line: LogLine) -> Self {
        Self { service: service.to_owned(), at: line.at, text: mask::text(&line.text).into_owned() }
    }
}

async fn logs(
    invocation: &Invocation,
    estate: &Estate,
    slug: &Slug,
    service: Option<&str>,
    query: &LogQuery,
    follow: bool,
) -> Result<(), CliError> {
    find(&mut *estate.pool.acquire().await.context("Postgres (database.url)")?, slug).await?;
    let engine = estate.stacks.engine();
    let mut found = engine.list(&estate.stacks.filter(slug)).await.map_err(anyhow::Error::from)?;
    found.retain(|container| service.is_none_or(|wanted| wanted == container.service));
    if found.is_empty() {
        return Err(CliError::NotFound(format!("{slug} has no such container")));
    }
    if !follow {
        let mut lines = Vec::new();
        for container in &found {
            let read = engine.logs(&container.id, query).await.map_err(anyhow::Error::from)?;
            lines.extend(read.into_iter().map(|line| Line::of(&container.service, line)));
        }
        lines.sort_by_key(|line| line.at);
        if invocation.json() {
            return invocation.list(&lines, None, &[], |_| Vec::new());
        }
        return lines.iter().try_for_each(|line| print(line, false));
    }
    let mut streams = Vec::new();
    for container in &found {
        let service = container.service.clone();
        let stream = engine.follow_logs(&container.id, query).await.map_err(anyhow::Error::from)?;
        streams.push(stream.map(move |line| line.map(|line| Line::of(&service, line))).boxed());
    }
    let mut lines = select_all(streams);
    while let Some(line) = lines.next().await {
        print(&line.map_err(anyhow::Error::from)?, invocation.json())?;
    }
    Ok(())
}

fn print(line: &Line, json: bool) -> Result<(), CliError> {
    let text = if json {
        serde_json::to_string(line).map_err(anyhow::Error::from)?
    } else {
        format!("{:<10} {}", line.service, line.text)
    };
    writeln!(io::stdout().lock(), "{text}").map_err(anyhow::Error::from)?;
    Ok(())
}

fn time(text: &str) -> Result<Duration, String> {
    length(text).ok_or_else(|| "a time, like 90s, 30m, 2h or 1d".to_owned())
}
