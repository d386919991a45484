//! What a process tells about the work that waits, and who looks after pages that wait too long.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio_util::sync::CancellationToken;
use waas_platform::db::PgPool;
use waas_platform::durable::operations;
use waas_platform::route::Way;
use waas_platform::telegram::{BotId, outbox};
use waas_platform::web::Finding;

use super::hub::{Hub, Telegram};
use super::parts::Parts;
use crate::config::SecondRoute;
use crate::{alerts, dead_letters};

/// How often the figures of the database are looked up for `/metrics`.
const FIGURES: Duration = Duration::from_secs(5);

/// Keeps gauges of what waits: `hub_outbox_oldest_seconds`, `hub_outbox_waiting`, `hub_dead_letters`, `hub_jobs`.
pub(super) fn start_figures(hub: &Hub, parts: &mut Parts) {
    let (pool, bot) = (hub.pool.clone(), hub.alerts.bot);
    parts.serve("figures", move |stop| keep_figures(pool, bot, stop));
}

async fn keep_figures(pool: PgPool, bot: Option<BotId>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(FIGURES);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        if let Err(error) = figures(&pool, bot).await {
            tracing::debug!(%error, "what waits cannot be counted");
        }
    }
}

async fn figures(pool: &PgPool, bot: Option<BotId>) -> sqlx::Result<()> {
    let mut conn = pool.acquire().await?;
    for of in outbox::backlog(&mut conn, bot).await? {
        metrics::gauge!("hub_outbox_oldest_seconds", "priority" => of.priority.word()).set(of.oldest_s);
        metrics::gauge!("hub_outbox_waiting", "priority" => of.priority.word()).set(count(of.count));
    }
    for (source, letters) in dead_letters::by_source(&mut conn).await? {
        metrics::gauge!("hub_dead_letters", "source" => source.word()).set(count(letters));
    }
    for (state, jobs) in operations::counts(&mut conn).await? {
        metrics::gauge!("hub_jobs", "state" => state.as_str()).set(count(jobs));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
fn count(rows: i64) -> f64 {
    rows as f64
}

/// The watch over pages.
///
/// # Errors
/// A setting of the second route is no address.
pub(super) fn start_watch(hub: &Hub, parts: &mut Parts) -> Result<()> {
    let Some(telegram) = hub.telegram.clone() else {
        return Ok(());
    };
    let watch = alerts::Watch {
        pool: hub.pool.clone(),
        leases: hub.leases.clone(),
        alerts: Arc::clone(&hub.alerts),
        api: telegram.api,
        ways: ways(&hub.config.second_route)?,
        settings: alerts::WatchSettings {
            page_wait: hub.config.alerts.page_wait,
            route_after: hub.config.second_route.after,
            every: hub.config.alerts.page_watch,
            lease: hub.config.telegram.lease,
        },
    };
    parts.serve("page watch", move |stop| watch.run(stop));
    Ok(())
}

fn ways(from: &SecondRoute) -> Result<Vec<Way>> {
    let mut ways = Vec::new();
    if let (Some(url), Some(sender), Some(readers)) = (&from.smtp_url, &from.mail_from, &from.mail_to) {
        ways.push(Way::mail(url, sender, readers)?);
    }
    if let Some(url) = from.webhook_url.clone() {
        ways.push(Way::hook(url)?);
    }
    Ok(ways)
}

/// How Telegram stands, for `/readyz`.
pub(super) async fn look_at_telegram(hub: Hub, telegram: Telegram) -> Finding {
    match telegram.api.identity().await {
        Ok(bot) => Finding::well(format!("@{}", bot.username)),
        Err(error) => {
            let lost = telegram.api.reach().lost_for().unwrap_or_default();
            let route = &hub.config.second_route;
            let set = route.smtp_url.is_some() || route.webhook_url.is_some();
            let route = match (set, lost >= route.after) {
                (false, _) => "no second route is set",
                (true, false) => "the second route is not taken yet",
                (true, true) => "critical alerts go out by the second route",
            };
            Finding::ill(format!("{error}; not reached for {} s; {route}", lost.as_secs()))
        }
    }
}

/// Whether a page cannot be sent, for `/readyz`.
pub(super) async fn look_at_pages(hub: Hub) -> Finding {
    let oldest = async { alerts::oldest_page(&mut *hub.pool.acquire().await?, hub.alerts.bot).await };
    match oldest.await {
        Ok(waits) if waits <= hub.config.alerts.page_wait => Finding::well("none waits too long"),
        Ok(waits) => Finding::ill(format!("one has waited for {} s", waits.as_secs())),
        Err(error) => Finding::ill(error),
    }
}
