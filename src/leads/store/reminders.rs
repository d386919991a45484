//! Leads that somebody is to be reminded of.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use waas_platform::db::PgConnection;

use super::{Lead, Row, read};

/// Promised calls whose time has come and whose holder was not told. Held until the transaction ends.
pub(in crate::leads) async fn promised(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Lead>> {
    read(
        select_leads!(
            "where state = 'contacted' and reminded = 0 and call_at <= $1 order by call_at limit $2 for update skip locked",
            now,
            limit
        )
        .fetch_all(conn)
        .await?,
    )
}

/// Leads that somebody took and did nothing with since then.
pub(in crate::leads) async fn idle(
    conn: &mut PgConnection,
    since: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Lead>> {
    read(
        select_leads!(
            "where state = 'taken' and reminded = 0 and updated_at <= $1 order by updated_at limit $2 for update skip locked",
            since,
            limit
        )
        .fetch_all(conn)
        .await?,
    )
}

/// Leads for which all are called: nobody touched them since then, or their holder was reminded in vain.
pub(in crate::leads) async fn for_all(
    conn: &mut PgConnection,
    untouched_since: DateTime<Utc>,
    reminded_since: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Lead>> {
    read(
        select_leads!(
            "where merged_into is null and reminded < 2 and state in ('new', 'taken', 'contacted') and ((state = 'new' and updated_at <= $1) or (reminded = 1 and reminded_at <= $2)) order by updated_at limit $3 for update skip locked",
            untouched_since,
            reminded_since,
            limit
        )
        .fetch_all(conn)
        .await?,
    )
}

/// They were reminded of: 1 for their holder, 2 for all.
pub(in crate::leads) async fn set(
    conn: &mut PgConnection,
    ids: &[Uuid],
    reminded: i16,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!("update leads set reminded = $2, reminded_at = $3 where id = any($1)", ids, reminded, now)
        .execute(conn)
        .await?;
    Ok(())
}
