//! The HTTP listeners: the hub's own, and the tenants' one on the bridge gateway.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use waas_platform::db;
use waas_platform::observe::Metrics;
use waas_platform::telegram::webhook;
use waas_platform::web::{self, Finding, Health};

use super::hub::Hub;
use super::parts::Parts;
use super::settings::{self, TENANTS_PORT};
use super::{Role, Roles, bot, pulse, work};
use crate::config::EdgeMode;
use crate::keys::Ring;
use crate::leads;

/// The network whose gateway containers see the host as.
const BRIDGE: &str = "bridge";
/// The pause before the tenants' address is tried again.
const BIND_AGAIN: Duration = Duration::from_secs(5);

/// How the tenants' listener stands, for `/readyz`.
type Standing = Arc<Mutex<Finding>>;

/// Opens both. The hub's own address must be free; the tenants' one is tried until it can be had.
pub(super) async fn start(hub: &Hub, roles: &Roles, metrics: Metrics, parts: &mut Parts) -> Result<()> {
    let standing = Standing::new(Mutex::new(Finding::ill("not open yet")));
    let (all, told) = (hub.clone(), Arc::clone(&standing));
    parts.serve("tenants' http", move |stop| async move { serve_tenants(&all, &told, &stop).await });

    let mut routes = health(hub, roles, standing).routes(Some(metrics));
    if let (Some(telegram), Some(secret)) = (&hub.telegram, bot::webhook_secret(&hub.config)) {
        let (door, receiver) = webhook::open(hub.pool.clone(), telegram.id, secret, hub.signals.clone());
        // Before the listener, and so stopped after it: what came in is stored.
        parts.serve("webhook receiver", move |stop| receiver.run(stop));
        routes = routes.merge(door);
    }
    let ring = Arc::new(Ring::new(hub.pool.clone(), Arc::clone(&hub.keys), hub.clock.clone()));
    let settings = settings::of_http_leads(&hub.config)?;
    let (door, receiver) =
        leads::api::open(hub.pool.clone(), ring, Arc::clone(&hub.rules), hub.clock.clone(), settings);
    parts.serve("lead receiver", move |stop| receiver.run(stop));
    routes = routes.merge(door);
    work::start_showing(hub, parts);
    let address = hub.config.http.listen;
    let listener = TcpListener::bind(address).await.with_context(|| format!("http.listen {address}"))?;
    let drain = hub.config.drain;
    parts.start("http", move |stop| async move { Ok(web::serve(listener, routes, stop, drain).await?) });
    Ok(())
}

async fn serve_tenants(hub: &Hub, standing: &Standing, stop: &CancellationToken) {
    let tell = |finding| *standing.lock().unwrap_or_else(PoisonError::into_inner) = finding;
    while !stop.is_cancelled() {
        match open_for_tenants(hub).await {
            Ok((address, listener)) => {
                tell(Finding::well(format!("listens at {address}")));
                tracing::info!(%address, "open for tenants");
                let ended = web::serve(listener, web::alive(), stop.clone(), hub.config.drain).await;
                if let Err(error) = ended {
                    tracing::warn!(%error, "the tenants' listener broke; opening it again");
                    tell(Finding::ill(error));
                }
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "not open for tenants; trying again");
                tell(Finding::ill(error));
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(BIND_AGAIN) => {}
        }
    }
}

async fn open_for_tenants(hub: &Hub) -> Result<(SocketAddr, TcpListener)> {
    let address = match hub.config.tenants.listen {
        Some(address) => address,
        None => {
            let gateway = hub.stacks.engine().gateway(BRIDGE).await?;
            let gateway =
                gateway.with_context(|| format!("the network {BRIDGE} has no gateway; set tenants.listen"))?;
            SocketAddr::new(gateway, TENANTS_PORT)
        }
    };
    let listener = TcpListener::bind(address).await.with_context(|| format!("tenants.listen {address}"))?;
    Ok((address, listener))
}

fn health(hub: &Hub, roles: &Roles, tenants: Standing) -> Health {
    let health = Health::new(hub.config.http.probe_timeout);
    let health = roles.iter().fold(health, |health, role| health.role(&role.to_string(), "running"));
    let (postgres, migrations, redis, docker) =
        (hub.pool.clone(), hub.pool.clone(), hub.bus.clone(), hub.stacks.engine().clone());
    let health = health
        .probe("postgres", true, move || {
            let pool = postgres.clone();
            async move { pool.acquire().await.map_or_else(Finding::ill, |_| Finding::well("answers")) }
        })
        .probe("migrations", true, move || {
            let pool = migrations.clone();
            async move {
                match db::schema(&pool).await {
                    Ok(schema) if schema.pending == 0 => Finding::well(format!("at {}", schema.version)),
                    Ok(schema) => Finding::ill(format!("{} pending", schema.pending)),
                    Err(error) => Finding::ill(error),
                }
            }
        })
        .probe("redis", true, move || {
            let bus = redis.clone();
            async move { bus.ping().await.map_or_else(Finding::ill, |()| Finding::well("answers")) }
        })
        .probe("docker", false, move || {
            let engine = docker.clone();
            async move { engine.ping().await.map_or_else(Finding::ill, |()| Finding::well("answers")) }
        })
        .probe("tenants", false, move || {
            let finding = tenants.lock().unwrap_or_else(PoisonError::into_inner).clone();
            async move { finding }
        });
    let health = match hub.telegram.clone() {
        Some(telegram) => {
            let (all, pages) = (hub.clone(), hub.clone());
            health
                .probe("telegram", false, move || pulse::look_at_telegram(all.clone(), telegram.clone()))
                // The one thing of Telegram's that makes it red: somebody should be told and is not.
                .probe("pages", true, move || pulse::look_at_pages(pages.clone()))
        }
        None => health,
    };
    if roles.contains(&Role::Worker) {
        let all = hub.clone();
        return health.probe("edge", false, move || look_at_edge(all.clone()));
    }
    health
}

async fn look_at_edge(hub: Hub) -> Finding {
    if hub.config.edge.mode == EdgeMode::None {
        return Finding::well("not used (edge.mode = none)");
    }
    match hub.stacks.edge().await {
        Ok(edge) if edge.is_running().await => Finding::well(format!("http {}", edge.http_port())),
        Ok(_) => Finding::ill("nginx does not run"),
        Err(error) => Finding::ill(error),
    }
}
