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
            "where merged_into is null and state = 'contacted' and reminded = 0 and call_at <= $1 order by call_at limit $2 for update skip locked",
            now,
            limit
        )
        .fetch_all(conn)
        .await?,
    )
}

/// Leads that somebody took and did nothing with since then, or since what they did after the last reminder.
pub(in crate::leads) async fn idle(
    conn: &mut PgConnection,
    since: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Lead>> {
    read(
        select_leads!(
            "where merged_into is null and state = 'taken' and (reminded = 0 or reminded = 1 and updated_at > reminded_at) and updated_at <= $1 order by updated_at limit $2 for update skip locked",
            since,
            limit
        )
        .fetch_all(conn)
        .await?,
    )
}

/// Leads with a request of which nobody was told since then, and their requests; what became of these others know.
pub(in crate::leads) async fn requested(
    conn: &mut PgConnection,
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<(Uuid, Uuid)>> {
    let rows = sqlx::query!(
        r#"select id, request_id as "request_id!" from leads
           where merged_into is null and state in ('qualified', 'onboarding') and reminded < 2
             and request_id is not null and updated_at <= $1
           order by updated_at"#,
        since
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.request_id)).collect())
}

/// Those of these that somebody has who was not reminded of them yet. Held until the transaction ends.
pub(in crate::leads) async fn held(conn: &mut PgConnection, ids: &[Uuid], limit: i64) -> sqlx::Result<Vec<Lead>> {
    read(
        select_leads!(
            "where id = any($1) and reminded = 0 and assignee is not null order by updated_at limit $2 for update skip locked",
            ids,
            limit
        )
        .fetch_all(conn)
        .await?,
    )
}

/// For which leads all are called.
pub(in crate::leads) struct Overdue<'a> {
    /// Nobody's that nobody touched since then.
    pub(in crate::leads) untouched_since: DateTime<Utc>,
    /// Somebody's who was reminded by then, and did nothing since.
    pub(in crate::leads) reminded_since: DateTime<Utc>,
    /// Of those with a request only these.
    pub(in crate::leads) unbuilt: &'a [Uuid],
}

/// Marks all leads for which all are called. How many they are, and the first of them.
pub(in crate::leads) async fn call_all(
    conn: &mut PgConnection,
    overdue: &Overdue<'_>,
    named: i32,
    now: DateTime<Utc>,
) -> sqlx::Result<(i64, Vec<Lead>)> {
    // Two looks, each along an index of its own.
    let called = sqlx::query!(
        r#"with early as (
             select id from leads
             where merged_into is null and reminded < 2 and state in ('new', 'taken', 'contacted')
               and ((state = 'new' and updated_at <= $1) or (reminded = 1 and reminded_at <= $2 and updated_at <= reminded_at))
             for update skip locked
           ), late as (
             select id from leads
             where merged_into is null and reminded < 2 and state in ('qualified', 'onboarding') and updated_at <= $1
               and (request_id is null or id = any($5))
               and (assignee is null
                    or id = any($5) and reminded = 1 and reminded_at <= $2 and updated_at <= reminded_at)
             for update skip locked
           ), called as (
             update leads set reminded = 2, reminded_at = $4
             where id in (select id from early union all select id from late)
             returning id, number, updated_at
           )
           select count(*) as "count!", coalesce((array_agg(id order by updated_at, number))[1:$3], '{}') as "first!: Vec<Uuid>"
           from called"#,
        overdue.untouched_since,
        overdue.reminded_since,
        named,
        now,
        overdue.unbuilt
    )
    .fetch_one(&mut *conn)
    .await?;
    Ok((called.count, super::by_ids(conn, &called.first).await?))
}

/// Their holders were reminded of them.
pub(in crate::leads) async fn set(conn: &mut PgConnection, ids: &[Uuid], now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("update leads set reminded = 1, reminded_at = $2 where id = any($1)", ids, now).execute(conn).await?;
    Ok(())
}
