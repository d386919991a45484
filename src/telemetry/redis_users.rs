//! Each tenant's Redis user: it may publish to the tenant's own channel and do nothing else.
//!
//! The truth is the sealed password in the database; Redis forgets its users with a restart and is told again.

use waas_platform::bus::{AclUser, Bus, BusError, Reconciled};
use waas_platform::db::PgConnection;
use waas_platform::secrets::{MasterKey, Sealed, Secret};

use super::store;
use crate::tenants::{self, Slug, TenantState, records};

/// The secret of a tenant that is its Redis user's password.
pub const PASSWORD: &str = "HUB_REDIS_PASSWORD";

/// Tenants read at once.
const PAGE: i64 = 200;

/// The name of a tenant's user.
pub fn user_name(slug: &Slug) -> String {
    format!("tenant-{slug}")
}

/// The channel that the user may publish to.
pub fn channel(slug: &Slug) -> String {
    format!("{}{slug}", super::work::CHANNELS)
}

/// What the password is sealed for.
pub fn purpose(slug: &Slug) -> String {
    format!("tenant:{slug}:{PASSWORD}")
}

/// Makes a tenant's user, or gives it exactly its rights again.
///
/// # Errors
/// [`BusError`] says whether waiting helps.
pub async fn ensure(bus: &Bus, slug: &Slug, password: &Secret) -> Result<(), BusError> {
    bus.ensure_user(&user(slug, password)?).await
}

/// Removes a tenant's user and cuts its connections; says whether there was one.
///
/// # Errors
/// [`BusError`] says whether waiting helps.
pub async fn remove(bus: &Bus, slug: &Slug) -> Result<bool, BusError> {
    bus.delete_user(&user_name(slug)).await
}

/// Tells whoever keeps the users that a password is new; heard when the transaction commits.
///
/// # Errors
/// The database refuses.
pub async fn announce(conn: &mut PgConnection) -> sqlx::Result<()> {
    store::notify(conn, super::PASSWORDS).await
}

/// Makes all users stand that should. A password that does not open is logged and left out: one tenant's damage must not
/// silence the others.
///
/// # Errors
/// The database or Redis refuses; repeated it ends in the same state.
pub async fn reconcile(bus: &Bus, conn: &mut PgConnection, keys: &MasterKey) -> anyhow::Result<Reconciled> {
    let mut desired = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = tenants::page(conn, cursor.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        cursor = Some(last.slug.to_string());
        for tenant in page.iter().filter(|tenant| may_speak(tenant.state)) {
            let secrets = records::secrets(conn, &tenant.slug).await?;
            let Some((_, sealed)) = secrets.into_iter().find(|(name, _)| name == PASSWORD) else {
                continue;
            };
            match keys.open(&purpose(&tenant.slug), &Sealed::from(sealed)) {
                Ok(password) => desired.push(user(&tenant.slug, &password)?),
                Err(error) => {
                    tracing::error!(tenant = %tenant.slug, %error, "the password of its Redis user does not open")
                }
            }
        }
    }
    Ok(bus.reconcile_users(&desired).await?)
}

fn user(slug: &Slug, password: &Secret) -> Result<AclUser, BusError> {
    AclUser::publisher(&user_name(slug), password.expose(), &channel(slug))
}

/// A deleted tenant's user goes with its erasure, and must not come again while that is under way.
const fn may_speak(state: TenantState) -> bool {
    match state {
        TenantState::Registered
        | TenantState::Provisioning
        | TenantState::Live
        | TenantState::Stopped
        | TenantState::Suspended
        | TenantState::Stuck => true,
        TenantState::Planned | TenantState::Deleted | TenantState::Failed => false,
    }
}
