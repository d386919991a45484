//! Containers and heartbeats as sources of alerts.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use waas_platform::db::PgConnection;
use waas_platform::durable::operations;

use super::Alerts;
use super::notice::{Notice, Says, Severity, Source};
use super::route::HUB;
use super::title::Own;
use crate::telemetry::{Beat, HeartbeatListener, Missed};
use crate::tenants::{self, Container, ContainerListener, Health, Tenant};

/// That nobody can be heard, as an alert of the hub's own.
const DEAF: &str = "redis";

/// What a container's state says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Well,
    Ill,
    /// It is on its way up: neither.
    Open,
}

impl Verdict {
    fn of(state: &str) -> Self {
        match state {
            "running" | "healthy" => Self::Well,
            "exited" | "unhealthy" | "missing" => Self::Ill,
            _ => Self::Open,
        }
    }
}

impl ContainerListener for Alerts {
    fn changed<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        tenant: &'a Tenant,
        before: Option<&'a Container>,
        now: &'a Container,
        at: DateTime<Utc>,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let verdict = Verdict::of(&now.state);
            // What is stopped on purpose is well as it is.
            if verdict == Verdict::Well || !tenant.state.should_run() {
                let over = over(fingerprint("container", &now.service), &now.service, at);
                self.receive(conn, tenant.slug.as_str(), Source::Container, &over, None).await?;
                return Ok(());
            }
            let same = before.is_some_and(|before| before.state == now.state && before.exit_code == now.exit_code);
            // A job that rebuilds or restarts it stops containers too; it speaks for itself.
            if verdict == Verdict::Open || same || operations::is_at_work(conn, tenant.slug.as_str()).await? {
                return Ok(());
            }
            // Down means that the service that people see is ill.
            let health = tenants::find(conn, &tenant.slug).await?.map(|tenant| tenant.health);
            let severity = if health == Some(Health::Down) { Severity::Critical } else { Severity::Warning };
            let notice = Notice {
                fingerprint: fingerprint("container", &now.service),
                starts_at: Some(at),
                ..Notice::firing(severity, title_of(now), Some(&now.service))
            };
            let tail = now.log_tail.as_deref();
            self.receive(conn, tenant.slug.as_str(), Source::Container, &notice, tail).await?;
            Ok(())
        })
    }
}

impl HeartbeatListener for Alerts {
    fn missed<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        tenant: &'a Tenant,
        beat: &'a Beat,
        at: DateTime<Utc>,
    ) -> BoxFuture<'a, anyhow::Result<Missed>> {
        Box::pin(async move {
            // A container that has ended cannot speak, and that it has ended is told by itself.
            let containers = tenants::containers(conn, &tenant.slug).await?;
            let ended = |c: &Container| matches!(c.state.as_str(), "exited" | "missing");
            if containers.iter().any(|container| container.service == beat.service && ended(container)) {
                return Ok(Missed::Known);
            }
            let silent_s = (at - beat.received_at).num_seconds();
            let title = Own::HeartbeatMissed { service: beat.service.clone(), silent_s };
            let notice = Notice {
                fingerprint: fingerprint("heartbeat", &beat.service),
                starts_at: Some(beat.received_at),
                ..Notice::firing(Severity::Critical, title, Some(&beat.service))
            };
            self.receive(conn, tenant.slug.as_str(), Source::Heartbeat, &notice, None).await?;
            Ok(Missed::Told)
        })
    }

    fn deaf<'a>(&'a self, conn: &'a mut PgConnection, at: DateTime<Utc>) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let notice = Notice {
                fingerprint: DEAF.to_owned(),
                starts_at: Some(at),
                ..Notice::firing(Severity::Critical, Own::RedisAway, None)
            };
            self.receive(conn, HUB, Source::Hub, &notice, None).await.map(drop)
        })
    }

    fn hears<'a>(&'a self, conn: &'a mut PgConnection, at: DateTime<Utc>) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let over = Notice {
                fingerprint: DEAF.to_owned(),
                says: Says::Resolved,
                ends_at: Some(at),
                ..Notice::firing(Severity::Critical, Own::RedisAway, None)
            };
            self.receive(conn, HUB, Source::Hub, &over, None).await.map(drop)
        })
    }

    fn back<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        tenant: &'a str,
        service: &'a str,
        at: DateTime<Utc>,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let over = over(fingerprint("heartbeat", service), service, at);
            self.receive(conn, tenant, Source::Heartbeat, &over, None).await?;
            Ok(())
        })
    }
}

fn title_of(container: &Container) -> Own {
    let service = container.service.clone();
    match (container.state.as_str(), container.exit_code) {
        ("unhealthy", _) => Own::ContainerUnhealthy { service },
        ("exited", Some(code)) => Own::ContainerExited { service, code },
        ("exited", None) => Own::ContainerEnded { service },
        _ => Own::ContainerMissing { service },
    }
}

/// One incident a service: whatever else is wrong with it while it is open belongs to it.
fn fingerprint(source: &str, service: &str) -> String {
    format!("{source}:{service}")
}

fn over(fingerprint: String, service: &str, at: DateTime<Utc>) -> Notice {
    Notice {
        says: Says::Resolved,
        fingerprint,
        ends_at: Some(at),
        ..Notice::firing(Severity::Info, String::new(), Some(service))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_a_container_has_its_verdict() {
        let migration = include_str!("../../migrations/0005_tenants.sql");
        for (state, verdict) in [
            ("running", Verdict::Well),
            ("starting", Verdict::Open),
            ("healthy", Verdict::Well),
            ("unhealthy", Verdict::Ill),
            ("exited", Verdict::Ill),
            ("missing", Verdict::Ill),
        ] {
            assert_eq!(Verdict::of(state), verdict, "{state}");
            assert!(migration.contains(&format!("'{state}'")));
        }
    }
}
