//! The SQL of keys.

use uuid::Uuid;
use waas_platform::db::PgConnection;

use super::Holder;

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
