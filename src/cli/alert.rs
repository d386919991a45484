//! `hub alert`: the chat's verbs for alerts.

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::render::{FALLBACK, Reader};
use waas_platform::telegram::BotId;

use super::{CliError, Invocation};
use crate::alerts::{self, Acted, Alerts, Incident, Name, Person, Verb, length, refusal};
use crate::app;
use crate::audit::Actor;
use crate::config::Config;
use crate::front::Front;

/// What is done with alerts.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Open alerts, newest first
    List {
        /// Resolved ones too
        #[arg(long)]
        all: bool,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        /// Where the page before ended
        #[arg(long)]
        cursor: Option<i64>,
    },
    /// One alert with its timeline
    Show {
        /// Its number or id
        alert: Name,
    },
    /// You have it; nobody else is disturbed until your time ends
    Ack {
        /// Its number or id
        alert: Name,
        /// How long (30m, 2h, 1d); not given: the setting alerts.ack_lease
        #[arg(long = "for", value_name = "TIME", value_parser = time)]
        time: Option<Duration>,
    },
    /// You give it back
    Unack {
        /// Its number or id
        alert: Name,
    },
    /// It may not disturb for a while
    Silence {
        /// Its number or id
        alert: Name,
        /// How long (30m, 2h, 1d); not given: the setting alerts.silence
        #[arg(long = "for", value_name = "TIME", value_parser = time)]
        time: Option<Duration>,
        /// Why
        #[arg(long)]
        reason: Option<String>,
    },
    /// It may disturb again
    Unsilence {
        /// Its number or id
        alert: Name,
    },
    /// It is over
    Resolve {
        /// Its number or id
        alert: Name,
    },
}

/// An alert as `--json` shows it.
#[derive(Serialize)]
struct Shown {
    id: Uuid,
    number: i64,
    tenant: String,
    source: &'static str,
    fingerprint: String,
    status: &'static str,
    severity: &'static str,
    title: String,
    service: Option<String>,
    count: u64,
    starts_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
    acked_by: Option<String>,
    acked_until: Option<DateTime<Utc>>,
    silenced_by: Option<String>,
    silenced_until: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    timeline: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    at: DateTime<Utc>,
    event: String,
    by: Option<String>,
    until: Option<DateTime<Utc>>,
    note: Option<String>,
}

impl Shown {
    fn of(incident: Incident, front: &Front) -> Self {
        let reader = terminal(front);
        let (title, now) = (incident.title.words(front, &reader), reader.now);
        let alert = incident.alert;
        Self {
            id: incident.id,
            number: incident.number,
            tenant: incident.tenant,
            source: incident.source.as_str(),
            fingerprint: incident.fingerprint,
            status: alert.status(now).as_str(),
            severity: alert.severity.as_str(),
            title,
            service: incident.service,
            count: alert.count,
            starts_at: alert.starts_at,
            ends_at: alert.ends_at,
            acked_until: alert.ack.as_ref().and_then(|ack| ack.until),
            acked_by: alert.ack.map(|ack| ack.by.name),
            silenced_until: alert.silence.as_ref().map(|silence| silence.until),
            silenced_by: alert.silence.map(|silence| silence.by.name),
            timeline: Vec::new(),
        }
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.number.to_string(),
            self.status.to_owned(),
            self.severity.to_owned(),
            self.tenant.clone(),
            self.starts_at.format("%F %T").to_string(),
            self.title.clone(),
        ]
    }

    fn human(&self) -> String {
        let mut text = format!(
            "#{} {} {} ({}, {})\n{}\nsince {}, reported {} times\n",
            self.number, self.tenant, self.status, self.severity, self.source, self.title, self.starts_at, self.count
        );
        for entry in &self.timeline {
            let by = entry.by.as_deref().unwrap_or("-");
            text.push_str(&format!("  {}  {:<16} {by}\n", entry.at.format("%F %T"), entry.event));
        }
        text
    }
}

pub(super) async fn run(action: Action, invocation: &Invocation) -> Result<(), CliError> {
    let config = invocation.config()?;
    let pool = app::open_database(&config).await?;
    let (name, verb) = match action {
        Action::List { all, limit, cursor } => {
            let mut conn = pool.acquire().await.context("Postgres (database.url)")?;
            return list(&mut conn, invocation, &front(&config, invocation)?, all, limit, cursor).await;
        }
        Action::Show { alert } => {
            let mut conn = pool.acquire().await.context("Postgres (database.url)")?;
            return show(&mut conn, invocation, &front(&config, invocation)?, alert).await;
        }
        Action::Ack { alert, time } => (alert, Verb::Ack(time)),
        Action::Unack { alert } => (alert, Verb::Unack),
        Action::Silence { alert, time, reason } => (alert, Verb::Silence(time, reason)),
        Action::Unsilence { alert } => (alert, Verb::Unsilence),
        Action::Resolve { alert } => (alert, Verb::Resolve),
    };
    let alerts = use_cases(&config, invocation)?;
    let mut tx = pool.begin().await.context("Postgres (database.url)")?;
    let acted = alerts.act(&mut tx, name, verb, &at_terminal()).await?;
    tx.commit().await.context("Postgres (database.url)")?;
    match acted {
        Acted::Done(incident) => invocation.result(&Shown::of(incident, &alerts.front), Shown::human),
        Acted::Refused(_, refused) => {
            Err(CliError::Refused(refusal(&alerts.front, &terminal(&alerts.front), &refused)))
        }
        Acted::NotFound => Err(no_such_alert()),
    }
}

async fn list(
    conn: &mut waas_platform::db::PgConnection,
    invocation: &Invocation,
    front: &Front,
    all: bool,
    limit: u16,
    cursor: Option<i64>,
) -> Result<(), CliError> {
    let mut page = alerts::page(conn, all, cursor, i64::from(limit) + 1).await.context("reading alerts")?;
    let more = page.len() > usize::from(limit);
    page.truncate(usize::from(limit));
    let next = page.last().filter(|_| more).map(|last| last.number.to_string());
    let items: Vec<Shown> = page.into_iter().map(|incident| Shown::of(incident, front)).collect();
    invocation.list(&items, next, &["#", "status", "severity", "tenant", "since (UTC)", "what"], Shown::row)
}

async fn show(
    conn: &mut waas_platform::db::PgConnection,
    invocation: &Invocation,
    front: &Front,
    name: Name,
) -> Result<(), CliError> {
    let incident = alerts::find(conn, name).await.context("reading the alert")?.ok_or_else(no_such_alert)?;
    let events = alerts::timeline(conn, incident.id).await.context("reading the alert")?;
    let timeline = events.into_iter().map(|event| Entry {
        at: event.at,
        event: event.kind,
        by: event.actor,
        until: event.until,
        note: event.note,
    });
    let shown = Shown { timeline: timeline.collect(), ..Shown::of(incident, front) };
    invocation.result(&shown, Shown::human)
}

fn front(config: &Config, invocation: &Invocation) -> Result<Front, CliError> {
    Ok(Front::open(&invocation.share(), config.locale.clone(), config.timezone)?)
}

/// The terminal speaks English whatever the chats do.
fn terminal(front: &Front) -> Reader {
    front.reader(Some(FALLBACK), Clock::system().now())
}

/// The use cases as the service has them, so that a card in the chat follows what is done here.
fn use_cases(config: &Config, invocation: &Invocation) -> Result<Alerts, CliError> {
    let bot = config.telegram.token.as_ref().and_then(|token| {
        let (id, _) = token.expose().split_once(':')?;
        id.parse().ok().map(BotId)
    });
    Ok(Alerts {
        front: front(config, invocation)?,
        clock: Clock::system(),
        bot,
        settings: alerts::Settings {
            ack_lease: Duration::from_std(config.alerts.ack_lease).map_err(anyhow::Error::from)?,
            silence: Duration::from_std(config.alerts.silence).map_err(anyhow::Error::from)?,
        },
    })
}

/// Whoever sits at the server's terminal, by login name.
pub(super) fn at_terminal() -> Person {
    let login = ["SUDO_USER", "LOGNAME", "USER"].into_iter().find_map(|name| std::env::var(name).ok());
    let login = login.filter(|name| !name.is_empty()).unwrap_or_else(|| "terminal".to_owned());
    Person { actor: Actor::Terminal(login.clone()), name: login }
}

fn no_such_alert() -> CliError {
    CliError::NotFound("there is no such alert; hub alert list --all shows them".to_owned())
}

pub(super) fn time(text: &str) -> Result<Duration, String> {
    length(text).ok_or_else(|| "a time, like 90s, 30m, 2h or 1d".to_owned())
}
