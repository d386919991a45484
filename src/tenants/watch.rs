//! The watcher: what happens to tenants' containers is seen as it happens, and everything is looked at now and then.
//!
//! Events are hints: for each the tenant is looked at, and only what was looked at is written. The engine may tell of a
//! death before its own list shows it, so an event is followed by a second look. While the engine is away the watcher
//! waits, says so once, and looks at everything when the engine is back.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use waas_platform::docker::{DockerError, Signal};

use super::estate::Estate;
use super::model::Slug;
use super::stack::TENANT_LABEL;
use super::store;

/// The pause before tenants that could not be looked at are tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Looks that an event asks for: at once, and when the engine's list has caught up.
const LOOKS: u8 = 2;

/// Who is to be looked at, and how often yet.
type Due = BTreeMap<Slug, u8>;

/// Watches until cancelled; nothing that goes wrong ends it.
pub async fn run(estate: Estate, stop: CancellationToken) {
    let mut events = pin!(estate.stacks.engine().events(estate.stacks.all(), None));
    let mut sweep = interval(estate.settings.sweep);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut due = Due::new();
    let mut away = false;
    loop {
        let wait = if due.is_empty() { estate.settings.sweep } else { AGAIN };
        tokio::select! {
            () = stop.cancelled() => return,
            signal = events.next() => match signal {
                Some(Signal::Event(event)) => {
                    let slug = event.labels.get(TENANT_LABEL).and_then(|name| name.parse().ok());
                    due.extend(slug.map(|slug| (slug, LOOKS)));
                }
                Some(Signal::Resync) => {
                    if away {
                        tracing::info!("Docker is back; all tenants are looked at");
                    }
                    away = false;
                    all(&estate, &mut due).await;
                }
                Some(Signal::Lost { detail }) => {
                    away = true;
                    tracing::warn!(detail, "Docker cannot be reached; tenants are not watched until it is back");
                }
                None => return,
            },
            _ = sweep.tick() => all(&estate, &mut due).await,
            () = tokio::time::sleep(wait) => {}
        }
        // An engine that is away says when it is back; until then looking would only fill the log.
        if !away {
            look(&estate, &mut due).await;
        }
    }
}

async fn all(estate: &Estate, due: &mut Due) {
    let found = async { store::built(&mut *estate.pool.acquire().await?).await };
    match found.await {
        Ok(slugs) => due.extend(slugs.into_iter().map(|slug| (slug, 1))),
        Err(error) => {
            tracing::warn!(%error, "tenants cannot be listed; the next sweep tries again")
        }
    }
}

/// Looks at those that are due; what may pass stays due.
async fn look(estate: &Estate, due: &mut Due) {
    let mut again = Due::new();
    for (slug, looks) in std::mem::take(due) {
        let Err(error) = estate.see(&slug).await else {
            if looks > 1 {
                again.insert(slug, looks - 1);
            }
            continue;
        };
        let engine = error.downcast_ref::<DockerError>().is_some_and(DockerError::is_passing);
        if engine || error.downcast_ref::<sqlx::Error>().is_some() {
            tracing::debug!(tenant = %slug, error = format!("{error:#}"), "a tenant could not be looked at; trying again");
            again.insert(slug, looks);
        } else {
            // Being built or erased, its folder may be half there; else the next event or sweep comes by.
            tracing::info!(tenant = %slug, error = format!("{error:#}"), "a tenant could not be looked at");
        }
    }
    *due = again;
}
