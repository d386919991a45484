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

/// Marks all leads for which all are called: nobody touched them since then, or their holder was reminded and did nothing since.
/// How many they are, and the first of them.
pub(in crate::leads) async fn call_all(
    conn: &mut PgConnection,
    untouched_since: DateTime<Utc>,
    reminded_since: DateTime<Utc>,
    named: i32,
    now: DateTime<Utc>,
) -> sqlx::Result<(i64, Vec<Lead>)> {
    let called = sqlx::query!(
        r#"with called as (
             update leads set reminded = 2, reminded_at = $4
             where id in (
               select id from leads
               where merged_into is null and reminded < 2 and state in ('new', 'taken', 'contacted')
                 and ((state = 'new' and updated_at <= $1) or (reminded = 1 and reminded_at <= $2 and updated_at <= reminded_at))
               for update skip locked
             )
             returning id, number, updated_at
           )
           select count(*) as "count!", coalesce((array_agg(id order by updated_at, number))[1:$3], '{}') as "first!: Vec<Uuid>"
           from called"#,
        untouched_since,
        reminded_since,
        named,
        now
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
