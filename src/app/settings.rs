//! The settings of the hub as the settings of its parts.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use url::Url;
use waas_platform::{bus, db, docker, durable, edge, telegram};

use super::hub::Hub;
use super::requests::Unbuilt;
use crate::audit::Chain;
use crate::config::{Config, EdgeMode, may_bind_low_ports};
use crate::provisioning::folder::{HubAddresses, Images};
use crate::provisioning::planning::House;
use crate::telemetry::heartbeat::MissedAfter;
use crate::{alerts, audit, clients, leads, surveys, telemetry, tenants};

/// How containers call the machine that they run on.
const HOST: &str = "host.docker.internal";
/// The tenants' listener, where no address is given.
pub(super) const TENANTS_PORT: u16 = 8090;
/// What a request is built from when nobody says otherwise.
const DEFAULT_TEMPLATE: &str = "fastapi";

pub(super) fn of_telegram(config: &Config) -> telegram::Settings {
    let from = &config.telegram;
    telegram::Settings {
        api_url: from.api_url.to_string(),
        poll_timeout: from.poll_timeout,
        call_timeout: from.request_timeout,
        global_per_s: from.limits.global_per_s,
        chat_per_s: from.limits.chat_per_s,
        chat_burst: from.limits.chat_burst,
        group_per_min: from.limits.group_per_min,
        turn_workers: from.turn_workers,
        turn_deadline: from.turn_deadline,
        turn_attempts: i32::try_from(from.turn_attempts).unwrap_or(i32::MAX),
        turn_backoff: from.turn_backoff,
        answer_within: from.answer_within,
        send_attempts: i32::try_from(from.send_attempts).unwrap_or(i32::MAX),
        send_backoff: from.send_backoff,
        strays: from.strays,
        progress_pause: from.progress_pause,
        inbox_kept: from.inbox_kept,
        lease: from.lease,
    }
}

/// How to reach Postgres.
pub fn of_database(config: &Config) -> db::Settings {
    let from = &config.database;
    db::Settings {
        url: from.url.expose().to_owned(),
        max_connections: from.max_connections,
        acquire_timeout: from.acquire_timeout,
        patience: db::Patience {
            statement: from.statement_timeout,
            lock: from.lock_timeout,
            idle_transaction: from.idle_transaction_timeout,
        },
    }
}

pub(super) fn of_bus(config: &Config) -> bus::Settings {
    bus::Settings {
        response_timeout: config.redis.command_timeout,
        max_backoff: config.redis.reconnect_pause,
        ..bus::Settings::new(config.redis.url.expose())
    }
}

pub(super) fn of_durable(config: &Config) -> durable::Settings {
    durable::Settings {
        workers: config.durable.workers,
        lease: config.durable.lease,
        poll: config.durable.poll,
        backoff_first: config.durable.step_backoff,
        // Inside the drain of the whole, with time to hand over.
        drain: config.drain.mul_f32(0.8),
        ..durable::Settings::default()
    }
}

pub(super) fn of_docker(config: &Config) -> docker::Settings {
    docker::Settings {
        request_timeout: config.docker.timeout,
        health_slack: config.docker.health_slack,
        ..docker::Settings::default()
    }
}

pub(super) fn of_edge(config: &Config) -> edge::Settings {
    let from = &config.edge;
    let words = |command: &str| command.split_whitespace().map(str::to_owned).collect();
    let mode = match from.mode {
        EdgeMode::Managed => edge::Mode::Managed,
        EdgeMode::System => edge::Mode::System {
            conf_dir: from.conf_dir.clone(),
            test_command: words(&from.test_command),
            reload_command: words(&from.reload_command),
        },
        EdgeMode::None => edge::Mode::None,
    };
    edge::Settings {
        mode,
        http_port: from.http_port,
        nginx: from.nginx.clone(),
        probe_timeout: from.probe_timeout,
        ..edge::Settings::managed(config.data_dir.join("edge"))
    }
}

pub(super) fn of_leads(config: &Config) -> leads::Settings {
    leads::Settings {
        queue: config.redis.lead_queue.clone(),
        max_bytes: config.leads.max_bytes,
        poll: config.leads.poll,
        ..leads::Settings::default()
    }
}

/// How many leads of one source get cards of their own.
///
/// # Errors
/// The window is longer than any calendar.
pub fn of_floods(config: &Config) -> Result<leads::FloodLimit> {
    let window = calendar(config.leads.flood_window, "leads.flood_window")?;
    Ok(leads::FloodLimit { cards: config.leads.flood_cards, window })
}

/// Who is reminded of leads, and when.
pub(super) fn reminders(hub: &Hub) -> Result<leads::reminders::Reminders> {
    let from = &hub.config.leads;
    Ok(leads::reminders::Reminders {
        front: hub.front.clone(),
        clock: hub.clock.clone(),
        bot: hub.telegram.as_ref().map(|telegram| telegram.id),
        requests: Arc::new(Unbuilt),
        settings: leads::Reminding {
            every: calendar(from.remind_every, "leads.remind_every")?,
            untouched: calendar(from.remind_after, "leads.remind_after")?,
            to_all: calendar(from.remind_all_after, "leads.remind_all_after")?,
            quiet_from: from.quiet_from,
            quiet_to: from.quiet_to,
        },
    })
}

/// How the audit becomes a chain.
pub(super) fn linking(hub: &Hub) -> Result<audit::work::Linking> {
    Ok(audit::work::Linking {
        chain: Chain::new(&hub.keys),
        clock: hub.clock.clone(),
        every: calendar(hub.config.audit.link_every, "audit.link_every")?,
    })
}

/// The door by HTTP.
pub(super) fn of_http_leads(config: &Config) -> Result<leads::HttpSettings> {
    let from = &config.leads;
    Ok(leads::HttpSettings {
        max_bytes: from.max_bytes,
        per_minute: from.http_per_minute,
        burst: from.http_burst,
        tolerance: calendar(from.signature_tolerance, "leads.signature_tolerance")?,
        body_timeout: from.http_body_timeout,
        remembered: calendar(from.signature_remembered, "leads.signature_remembered")?,
    })
}

/// How long links to surveys work, and whether mail brings them.
///
/// # Errors
/// The time is longer than any calendar.
pub fn of_surveys(config: &Config) -> Result<surveys::Settings> {
    let link_ttl = calendar(config.surveys.link_ttl, "surveys.link_ttl")?;
    Ok(surveys::Settings { link_ttl, by_mail: config.mail.smtp_url.is_some() })
}

pub(super) fn of_clients(config: &Config) -> Result<clients::Settings> {
    let from = &config.clients;
    Ok(clients::Settings {
        house: from.house.clone(),
        most_unanswered: i32::try_from(from.most_unanswered).context("clients.most_unanswered")?,
        pace: calendar(from.pace, "clients.pace")?,
    })
}

pub(super) fn of_alerts(config: &Config) -> Result<alerts::Settings> {
    Ok(alerts::Settings {
        ack_lease: calendar(config.alerts.ack_lease, "alerts.ack_lease")?,
        silence: calendar(config.alerts.silence, "alerts.silence")?,
    })
}

pub(super) fn of_telemetry(config: &Config) -> Result<telemetry::Settings> {
    let from = &config.telemetry;
    let defaults = telemetry::Settings::default();
    Ok(telemetry::Settings {
        missed: MissedAfter {
            intervals: from.missed_intervals,
            at_least: calendar(from.missed_least, "telemetry.missed_least")?,
        },
        limits: telemetry::model::Limits { max_age: calendar(from.late, "telemetry.late")?, ..defaults.limits },
        batch: from.batch,
        batch_wait: from.batch_wait,
        check: from.check,
        ..defaults
    })
}

/// Tenants' lifecycle.
pub(super) fn of_estate(config: &Config, site_port: u16) -> tenants::estate::Settings {
    tenants::estate::Settings { delete_grace: config.tenants.delete_grace, sweep: config.docker.sweep, site_port }
}

/// What the installation gives every tenant.
pub(super) fn of_house(config: &Config) -> Result<House> {
    let images = &config.images;
    Ok(House {
        images: Images {
            python: images.python.clone(),
            postgres: images.postgres.clone(),
            redis: images.redis.clone(),
        },
        hub: HubAddresses { http: hub_url(config), redis: redis_address(config)? },
        ports: config.ports.range.first..=config.ports.range.last,
        edge_port: config.edge.ports(may_bind_low_ports()).0,
        locale: config.locale.clone(),
        timezone: config.timezone.to_string(),
        base_domain: config.edge.base_domain.clone(),
        default_template: DEFAULT_TEMPLATE.to_owned(),
        health_interval: config.provisioning.health_interval,
    })
}

fn hub_url(config: &Config) -> String {
    match (&config.tenants.hub_url, config.tenants.listen) {
        (Some(url), _) => url.to_string(),
        (None, Some(listen)) => format!("http://{HOST}:{}", listen.port()),
        (None, None) => format!("http://{HOST}:{TENANTS_PORT}"),
    }
}

/// `host:port` of the Redis that tenants are told.
fn redis_address(config: &Config) -> Result<String> {
    let given = config.tenants.redis_url.as_ref();
    let url: Url = given.unwrap_or(&config.redis.url).expose().parse().context("tenants.redis_url")?;
    let host = if given.is_some() { url.host_str().unwrap_or(HOST) } else { HOST };
    Ok(format!("{host}:{}", url.port().unwrap_or(6379)))
}

fn calendar(length: Duration, key: &'static str) -> Result<chrono::Duration> {
    chrono::Duration::from_std(length).context(key)
}
