//! What the tenants' jobs, watcher and chat work with; the composition root fills it in.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::Serialize;
use waas_platform::bus::Bus;
use waas_platform::clock::Clock;
use waas_platform::db::{PgConnection, PgPool};
use waas_platform::docker::Started;
use waas_platform::telegram::BotId;

use super::model::Slug;
use super::{ContainerListener, Stacks, Tenant, card};
use crate::audit::Actor;
use crate::front::Front;

/// What a tenant reports, as far as cards and `tenant show` tell of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reported {
    /// When it last beat.
    pub last_heartbeat_at: Option<DateTime<Utc>>,
    /// Messages taken.
    pub received: u64,
    /// Messages refused.
    pub rejected: u64,
    /// Messages that never came.
    pub lost: u64,
    /// From when on it is not known whether something was lost.
    pub unknown_since: Option<DateTime<Utc>>,
    /// The latest value of each figure, by name.
    pub metrics: Vec<(String, f64)>,
}

/// What lies above tenants and is shown with them; wired by the composition root.
pub trait Figures: Send + Sync {
    /// What this tenant reports.
    fn of<'a>(&'a self, conn: &'a mut PgConnection, slug: &'a Slug) -> BoxFuture<'a, anyhow::Result<Reported>>;

    /// Counts that `/status` shows besides its own, each by the name that its words have in `status-count`
    /// (`alerts`, `dead-letters`, …).
    fn counts<'a>(&'a self, conn: &'a mut PgConnection) -> BoxFuture<'a, anyhow::Result<Vec<(&'static str, u64)>>>;
}

/// Told of a tenant's turns of life, in the same transaction.
pub trait LifeListener: Send + Sync {
    /// Somebody asked for a restart, of one service or of all.
    fn restart_asked<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        tenant: &'a Tenant,
        service: Option<&'a str>,
        by: &'a Actor,
    ) -> BoxFuture<'a, anyhow::Result<()>>;

    /// It is erased: what others keep of it for the present must go, since its name may be given to another. History stays.
    fn erased<'a>(&'a self, conn: &'a mut PgConnection, slug: &'a Slug) -> BoxFuture<'a, anyhow::Result<()>>;
}

/// What behaviour depends on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a deleted tenant's data is kept.
    pub delete_grace: Duration,
    /// How often all containers are looked at, whatever the events said.
    pub sweep: Duration,
    /// The port at which sites answer.
    pub site_port: u16,
}

/// Everything that changing and showing tenants takes. Cheap to clone.
#[derive(Clone)]
pub struct Estate {
    /// The database.
    pub pool: PgPool,
    /// Engine, edge and folders.
    pub stacks: Stacks,
    /// Where tenants' users are.
    pub bus: Bus,
    /// Time.
    pub clock: Clock,
    /// Speaks to people.
    pub front: Front,
    /// Whose chat hears of jobs in trouble; none without a bot.
    pub bot: Option<BotId>,
    /// Hears of containers.
    pub containers: Arc<dyn ContainerListener>,
    /// Hears of turns of life.
    pub life: Arc<dyn LifeListener>,
    /// What is shown with tenants.
    pub figures: Arc<dyn Figures>,
    /// What behaviour depends on.
    pub settings: Settings,
}

impl Estate {
    /// Looks at a tenant's containers and writes what is seen; listeners and cards follow in the same transaction.
    ///
    /// # Errors
    /// The engine or the database does not answer, the folder cannot be read, or a listener fails.
    pub async fn see(&self, slug: &Slug) -> anyhow::Result<()> {
        let seen = self.stacks.look(slug).await?;
        let front_service = self.stacks.front_service(slug);
        let mut tx = self.pool.begin().await?;
        let now = self.clock.now();
        super::see_containers(&mut tx, slug, &front_service, &seen, now, &*self.containers).await?;
        card::redraw(&mut tx, self, slug).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Where people find a domain.
    pub fn url(&self, domain: &str) -> String {
        match self.settings.site_port {
            80 => format!("http://{domain}"),
            port => format!("http://{domain}:{port}"),
        }
    }
}

/// `None` when all stand.
pub(super) fn failure(started: Started) -> Option<String> {
    match started {
        Started::Ready => None,
        Started::Failed(failure) => Some(failure.to_string()),
    }
}
