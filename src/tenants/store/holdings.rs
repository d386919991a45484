//! What a tenant holds alone: its port on loopback, its sealed secrets.

use waas_platform::db::PgConnection;

use crate::tenants::model::Slug;

/// Claims a port for a tenant; `false` when another tenant has it. Repeating it is no change.
pub(in crate::tenants) async fn claim_port(conn: &mut PgConnection, slug: &Slug, port: u16) -> sqlx::Result<bool> {
    let claimed = sqlx::query!(
        "insert into ports (port, tenant) values ($1, $2)
         on conflict (port) do update set tenant = excluded.tenant where ports.tenant = excluded.tenant",
        i32::from(port),
        slug.as_str()
    )
    .execute(&mut *conn)
    .await?
    .rows_affected()
        == 1;
    if claimed {
        sqlx::query!("update tenants set port = $2 where slug = $1", slug.as_str(), i32::from(port))
            .execute(conn)
            .await?;
    }
    Ok(claimed)
}

pub(in crate::tenants) async fn release_port(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<()> {
    sqlx::query!("delete from ports where tenant = $1", slug.as_str()).execute(&mut *conn).await?;
    sqlx::query!("update tenants set port = null where slug = $1", slug.as_str()).execute(conn).await?;
    Ok(())
}

/// Ports that some tenant has.
pub(in crate::tenants) async fn claimed_ports(conn: &mut PgConnection) -> sqlx::Result<Vec<u16>> {
    let ports = sqlx::query_scalar!("select port from ports order by port").fetch_all(conn).await?;
    Ok(ports.into_iter().filter_map(|port| u16::try_from(port).ok()).collect())
}

/// Keeps a sealed secret; the first one wins, so that a repeated step makes no new password.
pub(in crate::tenants) async fn keep_secret(
    conn: &mut PgConnection,
    slug: &Slug,
    name: &str,
    sealed: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into tenant_secrets (tenant, name, sealed) values ($1, $2, $3) on conflict (tenant, name) do nothing",
        slug.as_str(),
        name,
        sealed
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The sealed secrets of a tenant by name.
pub(in crate::tenants) async fn secrets(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<Vec<(String, Vec<u8>)>> {
    let rows = sqlx::query!("select name, sealed from tenant_secrets where tenant = $1 order by name", slug.as_str())
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.sealed)).collect())
}

pub(in crate::tenants) async fn forget_secrets(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<()> {
    sqlx::query!("delete from tenant_secrets where tenant = $1", slug.as_str()).execute(conn).await?;
    Ok(())
}
