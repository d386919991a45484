//! How many leads a source sent lately.

use chrono::{DateTime, Utc};
use waas_platform::db::PgConnection;

use super::super::flood::Flood;

/// The flood of a source, or its quiet; nobody else counts there until the transaction ends.
pub(in crate::leads) async fn hold(conn: &mut PgConnection, source: &str, now: DateTime<Utc>) -> sqlx::Result<Flood> {
    sqlx::query!(
        "insert into lead_floods (source, began_at, last_at, carded, digested) values ($1, $2, $2, 0, 0)
         on conflict do nothing",
        source,
        now
    )
    .execute(&mut *conn)
    .await?;
    let row = sqlx::query!(
        "select began_at, last_at, carded, digested from lead_floods where source = $1 for update",
        source
    )
    .fetch_one(conn)
    .await?;
    Ok(Flood { began_at: row.began_at, last_at: row.last_at, carded: row.carded, digested: row.digested })
}

pub(in crate::leads) async fn keep(conn: &mut PgConnection, source: &str, flood: &Flood) -> sqlx::Result<()> {
    sqlx::query!(
        "update lead_floods set began_at = $2, last_at = $3, carded = $4, digested = $5 where source = $1",
        source,
        flood.began_at,
        flood.last_at,
        flood.carded,
        flood.digested
    )
    .execute(conn)
    .await?;
    Ok(())
}
