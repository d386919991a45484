//! Critical alerts that nobody can have seen.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use waas_platform::db::PgConnection;

use super::super::title::Title;
use super::title;

/// The most that one message names.
const AT_ONCE: i64 = 100;

/// One of them.
#[derive(Debug)]
pub(in crate::alerts) struct Untold {
    pub(in crate::alerts) id: Uuid,
    pub(in crate::alerts) number: i64,
    pub(in crate::alerts) tenant: String,
    pub(in crate::alerts) title: Title,
    pub(in crate::alerts) starts_at: DateTime<Utc>,
}

/// Those that are open, not silenced, on no screen, and did not go out by the second route.
pub(in crate::alerts) async fn critical(conn: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Vec<Untold>> {
    let rows = sqlx::query!(
        "select a.id, a.number, a.tenant, a.title, a.own_title, a.starts_at from alerts a
         where a.severity = 'critical' and a.resolved_at is null and a.second_route_at is null
           and (a.silenced_until is null or a.silenced_until <= $1)
           and not exists (select 1 from cards c
                           where c.kind = 'alert' and c.subject = a.id::text and c.message_id is not null)
         order by a.number limit $2",
        now,
        AT_ONCE
    )
    .fetch_all(conn)
    .await?;
    let untold = rows.into_iter().map(|row| {
        let title = title(row.title, row.own_title)?;
        Ok(Untold { id: row.id, number: row.number, tenant: row.tenant, title, starts_at: row.starts_at })
    });
    untold.collect()
}

pub(in crate::alerts) async fn told(conn: &mut PgConnection, ids: &[Uuid], now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("update alerts set second_route_at = $2 where id = any ($1)", ids, now).execute(conn).await?;
    Ok(())
}
