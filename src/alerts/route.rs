//! Pages that do not reach anybody: an alert of the hub's own when one waits too long, and the second route when Telegram
//! cannot be reached.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use waas_platform::db::{PgConnection, PgPool};
use waas_platform::durable::Leases;
use waas_platform::route::Way;
use waas_platform::telegram::{Api, BotId, Priority, outbox};

use super::Alerts;
use super::notice::{Notice, Says, Severity, Source};
use super::store::untold;
use super::title::Own;

/// What the hub's own alerts are filed under; no tenant may have this name.
pub(super) const HUB: &str = "hub";
const FINGERPRINT: &str = "page-waits";
/// How often a replica that waits looks whether the lease is free.
const LEASE_RETRY: Duration = Duration::from_secs(1);

/// Times of the watch.
#[derive(Clone, Debug)]
pub struct WatchSettings {
    /// A page that waits longer is an alert itself.
    pub page_wait: Duration,
    /// When a page waits, or Telegram is away, for longer, the second route is taken.
    pub route_after: Duration,
    /// Between two looks.
    pub every: Duration,
    /// Life of the lease that says which replica watches.
    pub lease: Duration,
}

/// Looks after pages on behalf of all replicas.
#[derive(Clone)]
pub struct Watch {
    /// The database.
    pub pool: PgPool,
    /// Who alone watches.
    pub leases: Leases,
    /// Raises the alert.
    pub alerts: Arc<Alerts>,
    /// The way that may be closed.
    pub api: Api,
    /// The other ones; all of them are taken.
    pub ways: Vec<Way>,
    /// Times.
    pub settings: WatchSettings,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("ways", &self.ways).field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Watch {
    /// Watches until cancelled.
    pub async fn run(self, stop: CancellationToken) {
        while let Some(lease) =
            self.leases.acquire_when_free("page watch", self.settings.lease, LEASE_RETRY, &stop).await
        {
            tokio::select! {
                () = stop.cancelled() => {}
                () = lease.lost() => {}
                () = self.keep_looking() => {}
            }
            lease.release().await;
        }
    }

    async fn keep_looking(&self) {
        let mut raised = None;
        loop {
            if let Err(error) = self.look(&mut raised).await {
                tracing::warn!(error = format!("{error:#}"), "pages cannot be looked after; trying again");
            }
            tokio::time::sleep(self.settings.every).await;
        }
    }

    /// One look; `raised` remembers whether the alert is up, none before the first.
    ///
    /// # Errors
    /// The database refuses, or no way took the message.
    pub async fn look(&self, raised: &mut Option<bool>) -> anyhow::Result<()> {
        // Its answer is not needed: the attempt tells whether the server can be reached.
        let _ = self.api.identity().await;
        let away = self.api.reach().lost_for().unwrap_or_default();
        let mut conn = self.pool.acquire().await?;
        let waits = oldest_page(&mut conn, self.alerts.bot).await?;
        let too_long = waits > self.settings.page_wait;
        if *raised != Some(too_long) && (too_long || waits.is_zero()) {
            let mut tx = self.pool.begin().await?;
            let notice = self.notice(too_long);
            self.alerts.receive(&mut tx, HUB, Source::Hub, &notice, None).await?;
            tx.commit().await?;
            *raised = Some(too_long);
        }
        if waits.max(away) >= self.settings.route_after && !self.ways.is_empty() {
            self.take_second_route(&mut conn).await?;
        }
        Ok(())
    }

    fn notice(&self, firing: bool) -> Notice {
        let now = self.alerts.clock.now();
        let fired = Notice::firing(Severity::Critical, Own::PageWaits, None);
        let notice = Notice { fingerprint: FINGERPRINT.to_owned(), ..fired };
        if firing {
            Notice { starts_at: Some(now), ..notice }
        } else {
            Notice { says: Says::Resolved, ends_at: Some(now), ..notice }
        }
    }

    /// Names every critical alert that is open and on nobody's screen, once.
    async fn take_second_route(&self, conn: &mut PgConnection) -> anyhow::Result<()> {
        let now = self.alerts.clock.now();
        let untold = untold::critical(conn, now).await?;
        if untold.is_empty() {
            return Ok(());
        }
        let front = &self.alerts.front;
        let reader = front.reader(None, now);
        let title = front.word_with(&reader, "alerts-route-title", &[("count", untold.len().into())]);
        let lines = untold.iter().map(|one| {
            let since = front.renderer().words().local_time(&reader.lang, one.starts_at, reader.zone, "time-date-time");
            format!(
                "#{} {} · {} · {since}",
                one.number,
                one.tenant,
                super::card::short(&one.title.words(front, &reader))
            )
        });
        let text: Vec<String> =
            std::iter::once(front.word(&reader, "alerts-route-text")).chain([String::new()]).chain(lines).collect();
        let mut last = None;
        let mut taken = false;
        for way in &self.ways {
            match way.send(&title, &text.join("\n")).await {
                Ok(()) => taken = true,
                Err(error) => {
                    tracing::error!(%error, way = way.name(), "the second route is closed as well");
                    last = Some(error);
                }
            }
        }
        if !taken {
            return Err(last.map_or_else(|| anyhow::anyhow!("there is no second route"), Into::into));
        }
        tracing::warn!(alerts = untold.len(), "critical alerts went out by the second route");
        metrics::counter!("hub_second_route_total").increment(untold.len() as u64);
        let ids: Vec<_> = untold.iter().map(|one| one.id).collect();
        Ok(untold::told(conn, &ids, now).await?)
    }
}

/// For how long the oldest page of a bot has waited; zero when none does.
///
/// # Errors
/// The database refuses.
pub async fn oldest_page(conn: &mut PgConnection, bot: Option<BotId>) -> sqlx::Result<Duration> {
    let backlog = outbox::backlog(conn, bot).await?;
    let page = backlog.into_iter().find(|of| of.priority == Priority::Page);
    Ok(page.map_or(Duration::ZERO, |of| Duration::from_secs_f64(of.oldest_s)))
}
