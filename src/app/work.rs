//! The roles `ingest` and `worker`: what comes through Redis, and what lasts longer than a turn.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio_util::sync::CancellationToken;
use waas_platform::clock::random;
use waas_platform::durable::{Engine, Timers};
use waas_platform::mail::{self, Postman};

use super::desk::Living;
use super::hub::Hub;
use super::parts::Parts;
use super::settings;
use crate::delivery::MailGivenUp;
use crate::telemetry::hearing::Hearing;
use crate::telemetry::work::{HeartbeatWatch, Ingest};
use crate::{access, alerts, audit, clients, leads, provisioning, telemetry, tenants};

/// What the leases of running workers begin with; what follows is different for each.
pub const SERVICE_LEASE: &str = "service:";

/// How long sagas wait for the bot's name at the very first start; later it is known from the database.
const INTRODUCED: Duration = Duration::from_secs(10);
/// The pause before the edge is tried again.
const EDGE_AGAIN: Duration = Duration::from_secs(10);

/// All sagas, with what their steps work with.
///
/// # Errors
/// A definition contradicts itself: a bug that every start finds.
pub fn engine(hub: &Hub) -> Result<Engine> {
    let engine = Engine::builder(hub.pool.clone(), hub.wake.clone(), settings::of_durable(&hub.config))
        .saga(provisioning::work::definition(), &hub.builder());
    Ok(tenants::work::register(engine, &hub.estate).build()?)
}

/// Notices of the database, for everything else that runs.
pub(super) fn start_wakes(hub: &Hub, parts: &mut Parts) {
    let (signals, pool) = (hub.signals.clone(), hub.pool.clone());
    parts.serve("signals", move |stop| signals.listen(pool, stop));
    let (wake, pool) = (hub.wake.clone(), hub.pool.clone());
    parts.serve("wake", move |stop| async move { wake.listen(&pool, &stop).await });
}

/// Sagas, timers, the watch over heartbeats, and the edge.
pub(super) fn start_worker(hub: &Hub, parts: &mut Parts) -> Result<()> {
    // Built once here so that a broken definition stops the start, not a task.
    engine(hub)?;
    let all = hub.clone();
    parts.start("sagas", move |stop| async move {
        if let Some(telegram) = &all.telegram {
            // Credentials are handed over by a link to the bot; without Telegram they go without one.
            let _ = tokio::time::timeout(INTRODUCED, telegram.identity(&stop)).await;
        }
        engine(&all)?.run(&stop).await;
        Ok(())
    });
    let timers = Timers::builder(hub.pool.clone(), hub.clock.clone(), hub.wake.clone(), Default::default());
    let timers = alerts::work::timers(timers, Arc::clone(&hub.alerts));
    let reminders = settings::reminders(hub)?;
    let of_clients = clients::reminders::Reminders {
        front: hub.front.clone(),
        clock: hub.clock.clone(),
        bot: reminders.bot,
        settings: reminders.settings,
    };
    let timers = leads::reminders::timers(timers, reminders);
    let timers = clients::reminders::timers(timers, of_clients);
    let timers = access::desk::timers(
        timers,
        vec![Arc::new(Living::of(hub)), Arc::clone(&hub.alerts) as Arc<dyn access::Belongings>],
    );
    let timers = audit::work::timers(timers, settings::linking(hub)?);
    let timers = tenants::work::register_timers(timers, &hub.estate).build();
    let (pool, clock) = (hub.pool.clone(), hub.clock.clone());
    parts.serve("audit", move |stop| async move { audit::work::begin(&pool, &clock, &stop).await });
    let (pool, clock) = (hub.pool.clone(), hub.clock.clone());
    parts.serve("lead reminders", move |stop| async move { leads::reminders::begin(&pool, &clock, &stop).await });
    let (pool, clock) = (hub.pool.clone(), hub.clock.clone());
    parts.serve("client reminders", move |stop| async move { clients::reminders::begin(&pool, &clock, &stop).await });
    parts.serve("timers", move |stop| async move { timers.run(&stop).await });
    let watch = HeartbeatWatch {
        pool: hub.pool.clone(),
        clock: hub.clock.clone(),
        settings: Arc::clone(&hub.telemetry_settings),
        bus: hub.bus.clone(),
        hearing: Arc::new(Hearing::from(hub.clock.now())),
        listener: Arc::clone(&hub.alerts) as _,
    };
    let unreckoned = hub.signals.of(telemetry::HEARTBEATS);
    parts.serve("heartbeat watch", move |stop| watch.run(unreckoned, stop));
    start_postman(hub, parts)?;
    let estate = hub.estate.clone();
    parts.serve("container watcher", move |stop| tenants::watch::run(estate, stop));
    let edge = hub.clone();
    parts.serve("edge", move |stop| async move { keep_edge(&edge, &stop).await });
    let lease = hub.clone();
    parts.serve("service lease", move |stop| async move { hold_lease(&lease, &stop).await });
    Ok(())
}

/// Mails to people outside, where there is a server for them.
fn start_postman(hub: &Hub, parts: &mut Parts) -> Result<()> {
    let from = &hub.config.mail;
    let (Some(url), Some(sender)) = (&from.smtp_url, &from.from) else { return Ok(()) };
    let bot = hub.telegram.as_ref().map(|telegram| telegram.id);
    let postman = Postman {
        pool: hub.pool.clone(),
        keys: Arc::clone(&hub.keys),
        server: mail::Server::new(url, sender)?,
        attempts: i32::try_from(from.attempts)?,
        backoff: from.backoff,
        given_up: Arc::new(MailGivenUp { front: hub.front.clone(), clock: hub.clock.clone(), bot }),
    };
    let due = hub.signals.of(mail::WAKE);
    parts.serve("postman", move |stop| postman.run(due, stop));
    Ok(())
}

/// Starts the edge, so that sites answer after a restart of the machine, and leaves it running: sites outlive the hub.
async fn keep_edge(hub: &Hub, stop: &CancellationToken) {
    let start = async {
        while let Err(error) = hub.stacks.edge().await {
            tracing::warn!(%error, "the edge does not run; trying again");
            tokio::time::sleep(EDGE_AGAIN).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => return,
        () = start => {}
    }
    stop.cancelled().await;
}

/// Tells the command line that a service is there to do the work.
async fn hold_lease(hub: &Hub, stop: &CancellationToken) {
    let name = format!("{SERVICE_LEASE}{}", random::id());
    let (ttl, retry) = (hub.config.durable.lease, hub.config.durable.poll);
    while let Some(lease) = hub.leases.acquire_when_free(&name, ttl, retry, stop).await {
        tokio::select! {
            () = stop.cancelled() => {}
            () = lease.lost() => {}
        }
        lease.release().await;
    }
}

/// The cards of leads that came by HTTP, which does not wait for them.
pub(super) fn start_showing(hub: &Hub, parts: &mut Parts) {
    let Some(telegram) = &hub.telegram else { return };
    let showing = leads::Showing {
        pool: hub.pool.clone(),
        front: hub.front.clone(),
        clock: hub.clock.clone(),
        bot: telegram.id,
        limit: hub.flood,
    };
    let waiting = hub.signals.of(leads::WAITING);
    parts.serve("lead cards", move |stop| showing.run(waiting, stop));
}

/// Leads and telemetry.
pub(super) fn start_ingest(hub: &Hub, parts: &mut Parts) {
    let intake = leads::Intake {
        pool: hub.pool.clone(),
        rules: Arc::clone(&hub.rules),
        front: hub.front.clone(),
        clock: hub.clock.clone(),
        bot: hub.telegram.as_ref().map(|telegram| telegram.id),
        limit: hub.flood,
        settings: settings::of_leads(&hub.config),
    };
    let redis = settings::of_bus(&hub.config);
    parts.serve("lead intake", move |stop| intake.run(redis, stop));
    let ingest = Ingest {
        pool: hub.pool.clone(),
        bus: hub.bus.clone(),
        keys: Arc::clone(&hub.keys),
        clock: hub.clock.clone(),
        settings: Arc::clone(&hub.telemetry_settings),
        listener: Arc::clone(&hub.alerts) as _,
    };
    let passwords = hub.signals.of(telemetry::PASSWORDS);
    parts.serve("telemetry", move |stop| ingest.run(passwords, stop));
}
