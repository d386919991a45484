//! Keys: how tenants' systems and gateways prove who they are.
//!
//! A key is a bearer token and a secret for signed webhooks; a tenant's comes with its Redis user. All of it is shown once,
//! when it is made. Knows tenants by name and the Redis user's password by its place; knows no route and no message.
//!
//! | file | holds |
//! |---|---|
//! | [`Ring`] | who calls, known without asking the database |

mod ring;
mod store;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use waas_platform::bus::{Bus, BusError};
use waas_platform::clock::random;
use waas_platform::db::PgConnection;
use waas_platform::secrets::{MasterKey, OpenError, Sealed, Secret};

use crate::audit::{Act, Actor};
use crate::telemetry::acl;
use crate::tenants::{self, Slug, TenantState, records};
pub use ring::{Away, KeyHolder, Ring};

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

impl std::fmt::Display for Holder {
    /// `tenant:SLUG` or `gateway:NAME`, as the audit names it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tenant(slug) => write!(f, "tenant:{slug}"),
            Self::Gateway(gateway) => write!(f, "gateway:{}", gateway.as_str()),
        }
    }
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
    Act::done(by, "key.create", holder.to_string()).detail(serde_json::json!({ "key": id })).record(conn).await?;
    Ok(Created::Key(NewKey { id, webhook_secret, bearer, redis }))
}

/// A key as it is listed: nothing of what it proves itself by.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its id.
    pub id: Uuid,
    /// Whose.
    pub holder: Holder,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends by itself: it was rotated.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Listed {
    /// `active`, `ending` (rotated, and still works), `expired` or `revoked`.
    pub fn state(&self, now: DateTime<Utc>) -> &'static str {
        match (self.revoked_at, self.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(at)) if at <= now => "expired",
            (None, Some(_)) => "ending",
            (None, None) => "active",
        }
    }
}

/// A page of keys, oldest first: at most `limit` of those that were made after that one.
///
/// # Errors
/// The database refuses.
pub async fn page(conn: &mut PgConnection, after: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<Listed>> {
    store::page(conn, after, limit).await
}

/// How the wish to end a key ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// It opens nothing from now on.
    Done(Holder),
    /// It did not any more.
    Already,
    /// There is no such key.
    NotFound,
}

/// Ends a key at once.
///
/// # Errors
/// The database refuses.
pub async fn revoke(conn: &mut PgConnection, id: Uuid, by: &Actor, now: DateTime<Utc>) -> sqlx::Result<Revoked> {
    let Some((holder, active)) = store::hold(conn, id).await? else {
        return Ok(Revoked::NotFound);
    };
    if !active {
        return Ok(Revoked::Already);
    }
    store::revoke(conn, id, now).await?;
    Act::done(by, "key.revoke", holder.to_string()).detail(serde_json::json!({ "key": id })).record(conn).await?;
    Ok(Revoked::Done(holder))
}

/// How the wish to replace a key ended.
#[derive(Clone, Debug)]
pub enum Rotated {
    /// The new one, and whose; the old one works until then.
    Key(Box<NewKey>, Holder, DateTime<Utc>),
    /// It is revoked: make one with `create`.
    Revoked,
    /// There is no such key, or its tenant is gone.
    NotFound,
}

/// Makes a new key for the holder of an old one, which goes on working for `overlap`.
///
/// # Errors
/// The database refuses, or the tenant's password does not open.
pub async fn rotate(
    conn: &mut PgConnection,
    keys: &MasterKey,
    id: Uuid,
    by: &Actor,
    now: DateTime<Utc>,
    overlap: TimeDelta,
) -> anyhow::Result<Rotated> {
    let (holder, active) = match store::hold(conn, id).await? {
        Some(found) => found,
        None => return Ok(Rotated::NotFound),
    };
    if !active {
        return Ok(Rotated::Revoked);
    }
    let Created::Key(new) = create(conn, keys, &holder, by).await? else {
        return Ok(Rotated::NotFound);
    };
    let until = store::expire(conn, id, now + overlap).await?;
    let detail = serde_json::json!({ "key": id, "new": new.id, "until": until });
    Act::done(by, "key.rotate", holder.to_string()).detail(detail).record(conn).await?;
    Ok(Rotated::Key(Box::new(new), holder, until))
}

/// Those of `ids` that may still call, in the transaction of what they call for.
///
/// # Errors
/// The database refuses.
pub async fn still_hold(conn: &mut PgConnection, ids: &[Uuid], now: DateTime<Utc>) -> sqlx::Result<Vec<Uuid>> {
    store::still_hold(conn, ids, now).await
}

/// Whether a signed call was met before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// It is new, and known from now on.
    Never,
    /// The same call came again.
    Before,
    /// Another body came under its id.
    Changed,
}

/// Keeps the id of a signed call, in the transaction of what it calls for. Another body under a known id is audited.
///
/// # Errors
/// The database refuses.
pub async fn meet(
    conn: &mut PgConnection,
    key: &KeyHolder,
    call: &str,
    body: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Met> {
    let hash = Sha256::digest(body);
    match store::remember_call(conn, key.id, call, &hash, now).await? {
        None => Ok(Met::Never),
        Some(before) if before == hash.as_slice() => Ok(Met::Before),
        Some(_) => {
            let detail = serde_json::json!({ "key": key.id, "webhook_id": call });
            let actor = Actor::System("http");
            Act::refused(&actor, "key.call_changed", key.holder.to_string()).detail(detail).record(conn).await?;
            Ok(Met::Changed)
        }
    }
}

/// Forgets calls that came before then; how many.
///
/// # Errors
/// The database refuses.
pub async fn forget_calls(conn: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<u64> {
    store::forget_calls(conn, before).await
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
