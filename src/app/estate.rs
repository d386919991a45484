//! What lies above tenants, told to them: figures for their cards, and the alerts that follow their turns of life.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::telegram::outbox;

use crate::alerts::{self, Alerts};
use crate::audit::Actor;
use crate::tenants::estate::{Figures, LifeListener, Reported};
use crate::tenants::{Slug, Tenant};
use crate::{dead_letters, telemetry};

/// Looks at telemetry, alerts and dead letters on behalf of the tenants' cards.
pub(super) struct Above {
    pub(super) alerts: Arc<Alerts>,
    pub(super) clock: Clock,
}

impl Figures for Above {
    fn of<'a>(&'a self, conn: &'a mut PgConnection, slug: &'a Slug) -> BoxFuture<'a, anyhow::Result<Reported>> {
        Box::pin(async move {
            let figures = telemetry::figures(conn, slug, self.clock.now()).await?;
            Ok(Reported {
                last_heartbeat_at: figures.last_heartbeat_at,
                received: figures.totals.received,
                rejected: figures.totals.rejected,
                lost: figures.totals.lost,
                unknown_since: figures.totals.unknown_since,
                metrics: figures
                    .metrics
                    .into_iter()
                    .map(|figure| (format!("{}.{}", figure.service, figure.name), figure.value))
                    .collect(),
            })
        })
    }

    fn counts<'a>(&'a self, conn: &'a mut PgConnection) -> BoxFuture<'a, anyhow::Result<Vec<(&'static str, u64)>>> {
        Box::pin(async move {
            let alerts = alerts::open(conn).await?;
            let letters = dead_letters::undecided(conn).await?;
            let backlog = outbox::backlog(conn, self.alerts.bot).await?;
            let waiting: i64 = backlog.iter().map(|of| of.count).sum();
            let oldest = backlog.iter().map(|of| of.oldest_s).fold(0.0, f64::max);
            let mut counts = vec![
                ("alerts", alerts),
                ("dead-letters", u64::try_from(letters).unwrap_or_default()),
                ("outbox", u64::try_from(waiting).unwrap_or_default()),
            ];
            if waiting > 0 {
                counts.push(("outbox-oldest", std::time::Duration::from_secs_f64(oldest).as_secs()));
            }
            Ok(counts)
        })
    }
}

impl LifeListener for Above {
    fn restart_asked<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        tenant: &'a Tenant,
        service: Option<&'a str>,
        by: &'a Actor,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let name = match by {
                Actor::Person(id) => crate::access::first_name(conn, *id).await?.unwrap_or_else(|| id.to_string()),
                Actor::Terminal(login) => login.clone(),
                Actor::System(part) => (*part).to_owned(),
            };
            let person = alerts::Person { actor: by.clone(), name };
            self.alerts.restart_asked(conn, &tenant.slug, service, &person).await
        })
    }

    fn erased<'a>(&'a self, conn: &'a mut PgConnection, slug: &'a Slug) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let person = alerts::Person { actor: Actor::System("tenants"), name: "hub".to_owned() };
            self.alerts.tenant_gone(conn, slug, &person).await?;
            Ok(telemetry::forget(conn, slug).await?)
        })
    }
}
