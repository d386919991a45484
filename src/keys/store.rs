//! The SQL of keys, and of the calls that were signed with them.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use waas_platform::db::PgConnection;

use super::{Gateway, Holder, Listed};
use crate::tenants::Slug;

pub(super) async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    holder: &Holder,
    bearer_hash: &[u8],
    webhook_secret: &[u8],
) -> sqlx::Result<()> {
    let (tenant, gateway) = match holder {
        Holder::Tenant(slug) => (Some(slug.as_str()), None),
        Holder::Gateway(gateway) => (None, Some(gateway.as_str())),
    };
    sqlx::query!(
        "insert into keys (id, tenant, gateway, bearer_hash, webhook_secret) values ($1, $2, $3, $4, $5)",
        id,
        tenant,
        gateway,
        bearer_hash,
        webhook_secret
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn holder(tenant: Option<String>, gateway: Option<String>) -> sqlx::Result<Holder> {
    let unreadable = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
    match (tenant, gateway) {
        (Some(slug), _) => {
            slug.parse::<Slug>().map(Holder::Tenant).map_err(|error| unreadable(error.to_string().into()))
        }
        (None, Some(name)) => name.parse::<Gateway>().map(Holder::Gateway).map_err(|error| unreadable(error.into())),
        (None, None) => Err(unreadable("a key that nobody has".into())),
    }
}

/// A key that may call.
pub(super) struct Living {
    pub(super) id: Uuid,
    pub(super) holder: Holder,
    pub(super) bearer_hash: Vec<u8>,
    pub(super) webhook_secret: Vec<u8>,
}

pub(super) async fn living(conn: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Vec<Living>> {
    let rows = sqlx::query!(
        "select id, tenant, gateway, bearer_hash, webhook_secret from keys
         where state = 'active' and (expires_at is null or expires_at > $1)",
        now
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Living {
                id: row.id,
                holder: holder(row.tenant, row.gateway)?,
                bearer_hash: row.bearer_hash,
                webhook_secret: row.webhook_secret,
            })
        })
        .collect()
}

/// Those of `ids` that may call. Held against a revocation until the transaction ends.
pub(super) async fn still_hold(conn: &mut PgConnection, ids: &[Uuid], now: DateTime<Utc>) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from keys
         where id = any($1) and state = 'active' and (expires_at is null or expires_at > $2)
         order by id for share",
        ids,
        now
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn page(conn: &mut PgConnection, after: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<Listed>> {
    let rows = sqlx::query!(
        "select id, tenant, gateway, created_at, expires_at, revoked_at from keys
         where $1::uuid is null or id > $1 order by id limit $2",
        after,
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Listed {
                id: row.id,
                holder: holder(row.tenant, row.gateway)?,
                created_at: row.created_at,
                expires_at: row.expires_at,
                revoked_at: row.revoked_at,
            })
        })
        .collect()
}

/// Whose key, when it is there and may call; nobody else changes it until the transaction ends.
pub(super) async fn hold(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<(Holder, bool)>> {
    let row = sqlx::query!("select tenant, gateway, state from keys where id = $1 for update", id)
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok((holder(row.tenant, row.gateway)?, row.state == "active"))).transpose()
}

pub(super) async fn revoke(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("update keys set state = 'revoked', revoked_at = $2 where id = $1", id, now).execute(conn).await?;
    Ok(())
}

/// The key ends then, unless it ends earlier; when it ends.
pub(super) async fn expire(conn: &mut PgConnection, id: Uuid, at: DateTime<Utc>) -> sqlx::Result<DateTime<Utc>> {
    sqlx::query_scalar!(
        r#"update keys set expires_at = least(expires_at, $2) where id = $1 returning expires_at as "at!""#,
        id,
        at
    )
    .fetch_one(conn)
    .await
}

/// Keeps a call's id; the hash of the body that came with it before, if one did.
pub(super) async fn remember_call(
    conn: &mut PgConnection,
    key: Uuid,
    call: &str,
    body_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Vec<u8>>> {
    let new = sqlx::query!(
        "insert into webhook_calls (key_id, call_id, body_hash, at) values ($1, $2, $3, $4) on conflict do nothing",
        key,
        call,
        body_hash,
        now
    )
    .execute(&mut *conn)
    .await?;
    if new.rows_affected() == 1 {
        return Ok(None);
    }
    sqlx::query_scalar!("select body_hash from webhook_calls where key_id = $1 and call_id = $2", key, call)
        .fetch_optional(conn)
        .await
}

pub(super) async fn forget_calls(conn: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<u64> {
    Ok(sqlx::query!("delete from webhook_calls where at < $1", before).execute(conn).await?.rows_affected())
}
