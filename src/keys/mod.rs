//! Keys: how tenants' systems and gateways prove who they are.
//!
//! A key is a bearer token and a secret for signed webhooks; a tenant's comes with its Redis user. All of it is shown once,
//! when it is made. Knows tenants by name and the Redis user's password by its place; knows no route and no message.

mod store;

use uuid::Uuid;
use waas_platform::bus::{Bus, BusError};
use waas_platform::clock::random;
use waas_platform::db::PgConnection;
use waas_platform::secrets::{MasterKey, OpenError, Sealed, Secret};

use crate::audit::{Act, Actor};
use crate::telemetry::acl;
use crate::tenants::{self, Slug, TenantState, records};

/// What bearer tokens are hashed for.
const BEARER: &str = "key:bearer";
/// Letters and digits of a Redis password that is made here.
const PASSWORD: usize = 32;

/// Whose key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A tenant's systems.
    Tenant(Slug),
    /// A gateway that sends leads.
    Gateway(Gateway),
}

/// A gateway's name: lower-case letters, digits, `_ . -`, at most 64; a host name fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway(String);

/// The text is no name of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a gateway's name is 1 to 64 of a-z, 0-9, _ . -, and begins with a letter or digit")]
pub struct BadGateway;

impl Gateway {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Gateway {
    type Err = BadGateway;

    fn from_str(text: &str) -> Result<Self, BadGateway> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let begins = text.bytes().next().is_some_and(plain);
        let fits = text.len() <= 64 && text.bytes().all(|b| plain(b) || b"_.-".contains(&b));
        if begins && fits { Ok(Self(text.to_owned())) } else { Err(BadGateway) }
    }
}

/// A key as it is shown, once.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its id.
    pub id: Uuid,
    /// Signs webhooks (`whsec_…`).
    pub webhook_secret: Secret,
    /// Goes into `Authorization: Bearer`.
    pub bearer: Secret,
    /// The Redis user, with a tenant's key.
    pub redis: Option<RedisUser>,
}

/// A tenant's Redis user.
#[derive(Clone, Debug)]
pub struct RedisUser {
    /// Whose.
    pub tenant: Slug,
    /// Its password.
    pub password: Secret,
}

impl RedisUser {
    /// Its name.
    pub fn name(&self) -> String {
        acl::user_name(&self.tenant)
    }

    /// Makes it stand in Redis.
    ///
    /// # Errors
    /// [`BusError`] says whether waiting helps; the running service makes it too.
    pub async fn ensure(&self, bus: &Bus) -> Result<(), BusError> {
        acl::ensure(bus, &self.tenant, &self.password).await
    }
}

/// How a wish for a key ended.
#[derive(Clone, Debug)]
pub enum Created {
    /// Here it is; nobody can read it again.
    Key(NewKey),
    /// There is no such tenant.
    NoTenant,
    /// The tenant is on its way out.
    Deleted,
}

/// Makes a key. The Redis password that a tenant already has stays.
///
/// # Errors
/// The database refuses, or the tenant's password does not open.
pub async fn create(conn: &mut PgConnection, keys: &MasterKey, holder: &Holder, by: &Actor) -> anyhow::Result<Created> {
    let redis = match holder {
        Holder::Gateway(_) => None,
        Holder::Tenant(slug) => match tenants::find(conn, slug).await? {
            None => return Ok(Created::NoTenant),
            Some(tenant) if tenant.state == TenantState::Deleted => return Ok(Created::Deleted),
            Some(_) => Some(redis_user(conn, keys, slug).await?),
        },
    };
    let id = random::id();
    let bearer = Secret::token();
    let webhook_secret = Secret::new(format!("whsec_{}", Secret::base64(32).expose()));
    let hash = keys.hash_code(BEARER, bearer.expose());
    let sealed = keys.seal(&purpose(id), &webhook_secret);
    store::insert(conn, id, holder, hash.as_bytes(), sealed.as_bytes()).await?;
    let whose = match holder {
        Holder::Tenant(slug) => format!("tenant:{slug}"),
        Holder::Gateway(gateway) => format!("gateway:{}", gateway.as_str()),
    };
    Act::done(by, "key.create", whose).detail(serde_json::json!({ "key": id })).record(conn).await?;
    Ok(Created::Key(NewKey { id, webhook_secret, bearer, redis }))
}

/// What a key's webhook secret is sealed for.
fn purpose(id: Uuid) -> String {
    format!("key:{id}:webhook")
}

async fn redis_user(conn: &mut PgConnection, keys: &MasterKey, slug: &Slug) -> anyhow::Result<RedisUser> {
    let fresh = keys.seal(&acl::purpose(slug), &Secret::password(PASSWORD));
    // The first one stays, so that a running tenant goes on speaking.
    records::keep_secret(conn, slug, acl::PASSWORD, fresh.as_bytes()).await?;
    acl::announce(conn).await?;
    let kept = records::secrets(conn, slug).await?.into_iter().find(|(name, _)| name == acl::PASSWORD);
    let (_, sealed) = kept.ok_or(OpenError::Malformed)?;
    let password = keys.open(&acl::purpose(slug), &Sealed::from(sealed))?;
    Ok(RedisUser { tenant: slug.clone(), password })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gateways_are_named_like_hosts() {
        assert!("codex-dlc.com".parse::<Gateway>().is_ok());
        for name in ["", ".x", "A", "a b", "a/b", "ü", &"a".repeat(65)] {
            assert_eq!(name.parse::<Gateway>(), Err(BadGateway), "{name:?}");
        }
    }
}
