//! Tenants: the sites that run, what they are called, where they stand and how they are doing.
//!
//! Knows audit, access and jobs; knows nothing of leads, surveys, plans or alerts: what these want to hear they hear through
//! [`ContainerListener`].

pub mod card;
pub mod chat;
pub mod estate;
pub mod lifecycle;
pub mod model;
pub mod stack;
mod store;
pub mod watch;
pub mod work;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use waas_platform::db::PgConnection;

use crate::audit::{Act, Actor};
pub use estate::{Estate, Figures, LifeListener, Reported};
pub use lifecycle::{Job, Wanted, Wished, wish};
pub use model::{BadSlug, Health, Move, Refused, Slug, TenantState};
pub use stack::Stacks;
pub use store::{Container, NewTenant, Tenant};

/// How a wish to change a tenant ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It stands in this state now.
    To(TenantState),
    /// The state forbids it.
    Refused(Refused),
    /// There is no such tenant.
    NotFound,
}

/// Told in the same transaction when a container's state changed.
pub trait ContainerListener: Send + Sync {
    /// `before` is `None` for a container that was not known.
    fn changed<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        tenant: &'a Tenant,
        before: Option<&'a Container>,
        now: &'a Container,
        at: DateTime<Utc>,
    ) -> BoxFuture<'a, anyhow::Result<()>>;
}

/// The tenant of this name.
///
/// # Errors
/// The database refuses.
pub async fn find(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<Option<Tenant>> {
    store::find(conn, slug).await
}

/// A page of tenants by name, after `cursor`.
///
/// # Errors
/// The database refuses.
pub async fn page(conn: &mut PgConnection, cursor: Option<&str>, limit: i64) -> sqlx::Result<Vec<Tenant>> {
    store::page(conn, cursor, limit).await
}

/// Which of these names are tenants, in no order.
///
/// # Errors
/// The database refuses.
pub async fn existing(conn: &mut PgConnection, names: &[String]) -> sqlx::Result<Vec<String>> {
    store::existing(conn, names).await
}

/// The containers of a tenant as last seen.
///
/// # Errors
/// The database refuses.
pub async fn containers(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<Vec<Container>> {
    store::containers(conn, slug).await
}

/// Moves a tenant by the one transition function, and says so in the audit.
///
/// # Errors
/// The database refuses, or somebody changed the tenant in the same moment.
pub async fn change(
    conn: &mut PgConnection,
    actor: &Actor,
    slug: &Slug,
    step: Move,
    now: DateTime<Utc>,
    erase_after: Option<DateTime<Utc>>,
) -> anyhow::Result<Changed> {
    let Some(tenant) = store::find(conn, slug).await? else {
        return Ok(Changed::NotFound);
    };
    let state = match tenant.state.after(step, tenant.state_before) {
        Ok(state) => state,
        Err(refused) => return Ok(Changed::Refused(refused)),
    };
    if state != tenant.state {
        anyhow::ensure!(
            store::set_state(conn, &tenant, state, now, erase_after).await?,
            "tenant {slug} was changed by somebody else in this moment"
        );
        let detail = serde_json::json!({ "from": tenant.state.word(), "to": state.word() });
        Act::done(actor, "tenant.state", format!("tenant:{slug}")).detail(detail).record(conn).await?;
    }
    Ok(Changed::To(state))
}

/// How a registration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// It is there now.
    New,
    /// It was registered just so before.
    Already,
    /// Name, label or domain belong to this tenant.
    Taken(String),
}

/// Adds a tenant that runs elsewhere and only reports.
///
/// # Errors
/// The database refuses.
pub async fn register(conn: &mut PgConnection, actor: &Actor, slug: &Slug, domain: &str) -> sqlx::Result<Registered> {
    if store::register(conn, slug, domain).await? {
        let detail = serde_json::json!({ "domain": domain });
        Act::done(actor, "tenant.register", format!("tenant:{slug}")).detail(detail).record(conn).await?;
        return Ok(Registered::New);
    }
    let same = store::find(conn, slug).await?;
    if same.is_some_and(|tenant| tenant.domain == domain && tenant.state == TenantState::Registered) {
        return Ok(Registered::Already);
    }
    let holder = store::holder(conn, Some(slug), Some(domain)).await?;
    Ok(Registered::Taken(holder.unwrap_or_else(|| slug.to_string())))
}

/// Writes how a tenant that runs elsewhere is, by what it lets hear. One that stands here is judged by its containers.
///
/// # Errors
/// The database refuses.
pub async fn hear(conn: &mut PgConnection, slug: &str, health: Health) -> sqlx::Result<()> {
    store::hear(conn, slug, health).await
}

/// Writes what was seen of a tenant's containers, judges its health, and tells the listener about each change.
/// `front` is the service that people see.
///
/// # Errors
/// The database refuses, or the listener fails.
pub async fn see_containers(
    conn: &mut PgConnection,
    slug: &Slug,
    front: &str,
    seen: &[Container],
    now: DateTime<Utc>,
    listener: &dyn ContainerListener,
) -> anyhow::Result<()> {
    // Of two who look at the same time one waits here, so that each change is told once.
    store::lock(conn, slug).await?;
    let Some(tenant) = store::find(conn, slug).await? else {
        return Ok(());
    };
    let known = store::containers(conn, slug).await?;
    store::see_containers(conn, slug, seen, now).await?;
    let health = Health::of(seen.iter().map(|c| (c.service.as_str(), c.state.as_str())), front);
    store::set_health(conn, slug, health).await?;
    for container in seen {
        let before = known.iter().find(|c| c.service == container.service);
        if !before.is_some_and(|before| container.stands_as(before)) {
            listener.changed(conn, &tenant, before, container, now).await?;
        }
    }
    Ok(())
}

/// What the steps of building and erasing write; each is repeatable.
pub mod records {
    pub use super::store::{NewTenant, Tenant};
    use super::{PgConnection, Slug, store};

    /// Adds a planned tenant; `false` when slug, label or domain is taken.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn add(conn: &mut PgConnection, new: &NewTenant) -> sqlx::Result<bool> {
        store::insert(conn, new).await
    }

    /// Whether the saga with this id is what made the tenant: a repeated step meets its own work, a foreign one does not.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn built_by(conn: &mut PgConnection, slug: &Slug, saga: &str) -> sqlx::Result<bool> {
        store::built_by(conn, slug, saga).await
    }

    /// The tenant that holds this slug (or its label) or this domain.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn holder(
        conn: &mut PgConnection,
        slug: Option<&Slug>,
        domain: Option<&str>,
    ) -> sqlx::Result<Option<String>> {
        store::holder(conn, slug, domain).await
    }

    /// Removes a tenant with its claims and secrets; history and audit stay.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn remove(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<()> {
        store::remove(conn, slug).await
    }

    /// Keeps the client who took the credentials; the first one stays.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn set_client(conn: &mut PgConnection, slug: &Slug, person: i64) -> sqlx::Result<()> {
        store::set_client(conn, slug, person).await
    }

    /// Keeps the hash of the spec that runs.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn set_spec_hash(conn: &mut PgConnection, slug: &Slug, hash: &str) -> sqlx::Result<()> {
        store::set_spec_hash(conn, slug, hash).await
    }

    /// Claims a port; `false` when another tenant has it.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn claim_port(conn: &mut PgConnection, slug: &Slug, port: u16) -> sqlx::Result<bool> {
        store::claim_port(conn, slug, port).await
    }

    /// Gives the tenant's port back.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn release_port(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<()> {
        store::release_port(conn, slug).await
    }

    /// Ports that tenants have.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn claimed_ports(conn: &mut PgConnection) -> sqlx::Result<Vec<u16>> {
        store::claimed_ports(conn).await
    }

    /// Keeps a sealed secret; the first one of a name stays.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn keep_secret(conn: &mut PgConnection, slug: &Slug, name: &str, sealed: &[u8]) -> sqlx::Result<()> {
        store::keep_secret(conn, slug, name, sealed).await
    }

    /// Sealed secrets by name.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn secrets(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<Vec<(String, Vec<u8>)>> {
        store::secrets(conn, slug).await
    }

    /// Removes the secrets of a tenant.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn forget_secrets(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<()> {
        store::forget_secrets(conn, slug).await
    }
}
