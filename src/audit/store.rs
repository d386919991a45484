//! The audit's SQL: rows are added, and linked once; nothing else.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use waas_platform::db::PgConnection;

use super::chain::{Head, Link, Row};
use super::{Act, Entry, Filter, HEARD_IN};

/// What acts of this transaction come from, unless they say so themselves.
pub(super) async fn heard_in(conn: &mut PgConnection, chat: i64) -> sqlx::Result<()> {
    sqlx::query!(r#"select set_config($1, $2, true) as "chat""#, HEARD_IN, chat.to_string()).fetch_one(conn).await?;
    Ok(())
}

pub(super) async fn insert(conn: &mut PgConnection, act: &Act<'_>) -> sqlx::Result<()> {
    let (kind, actor) = act.actor.words();
    let detail = if act.detail.is_null() { json!({}) } else { Value::clone(&act.detail) };
    sqlx::query!(
        "insert into audit (actor_kind, actor, act, subject, chat_id, outcome, detail)
         values ($1, $2, $3, $4, coalesce($5, nullif(current_setting('hub.chat', true), '')::bigint), $6, $7)",
        kind,
        actor,
        act.act,
        act.subject,
        act.chat,
        act.outcome.word(),
        detail
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Entries that fit, newest first, before this one.
pub(super) async fn page(
    conn: &mut PgConnection,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        r#"select id, at, actor_kind, actor, act, subject, chat_id, outcome, detail, position from audit
           where ($1::bigint is null or id < $1)
             and ($2::text is null or actor = $2)
             and ($3::text[] is null or subject = any ($3))
             and ($4::text is null or act = $4)
             and ($5::timestamptz is null or at >= $5)
           order by id desc limit $6"#,
        before,
        filter.actor,
        filter.subjects.as_deref(),
        filter.act,
        filter.since,
        limit
    )
    .fetch_all(conn)
    .await
}

/// Whether this transaction alone may link; it may until it ends.
pub(super) async fn alone(conn: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock(hashtextextended('audit.link', 0)) as "alone!""#)
        .fetch_one(conn)
        .await
}

/// The last link.
pub(super) async fn head(conn: &mut PgConnection) -> sqlx::Result<Option<Head>> {
    let row = sqlx::query!(
        r#"select position as "position!", mac as "mac!" from audit
           where position is not null order by position desc limit 1"#
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok(Head { position: row.position, mac: mac(row.mac)? })).transpose()
}

/// Rows that nobody linked yet, oldest first.
pub(super) async fn unlinked(conn: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select id, at, actor_kind, actor, act, subject, chat_id, outcome, detail::text as "detail!"
           from audit where position is null order by id limit $1"#,
        limit
    )
    .fetch_all(conn)
    .await
}

/// How many rows nobody linked yet.
pub(super) async fn waiting(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from audit where position is null"#).fetch_one(conn).await
}

/// Gives rows, by id, their places in the chain.
pub(super) async fn link(conn: &mut PgConnection, ids: &[i64], links: &[Head]) -> sqlx::Result<()> {
    let positions: Vec<i64> = links.iter().map(|link| link.position).collect();
    let macs: Vec<Vec<u8>> = links.iter().map(|link| link.mac.to_vec()).collect();
    let linked = sqlx::query!(
        "update audit a set position = l.position, mac = l.mac
         from unnest($1::bigint[], $2::bigint[], $3::bytea[]) l (id, position, mac)
         where a.id = l.id",
        ids,
        &positions,
        &macs
    )
    .execute(conn)
    .await?;
    // What is linked already the table refuses. A row that is gone would leave its signature to the next one's, and to nothing.
    if linked.rows_affected() == ids.len() as u64 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

/// Links after a position, in their order, at most so many.
pub(super) async fn portion(conn: &mut PgConnection, after: i64, limit: i64) -> sqlx::Result<Vec<Link>> {
    let rows = sqlx::query!(
        r#"select position as "position!", mac as "mac!",
                  id, at, actor_kind, actor, act, subject, chat_id, outcome, detail::text as "detail!"
           from audit where position > $1 order by position limit $2"#,
        after,
        limit
    )
    .fetch_all(conn)
    .await?;
    let read = rows.into_iter().map(|row| {
        let head = Head { position: row.position, mac: mac(row.mac)? };
        let row = Row {
            id: row.id,
            at: row.at,
            actor_kind: row.actor_kind,
            actor: row.actor,
            act: row.act,
            subject: row.subject,
            chat_id: row.chat_id,
            outcome: row.outcome,
            detail: row.detail,
        };
        Ok(Link { head, row })
    });
    read.collect()
}

/// The row of a position: its id, its time, its signature.
pub(super) async fn at_position(
    conn: &mut PgConnection,
    position: i64,
) -> sqlx::Result<Option<(i64, DateTime<Utc>, Vec<u8>)>> {
    let row = sqlx::query!(r#"select id, at, mac as "mac!" from audit where position = $1"#, position)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|row| (row.id, row.at, row.mac)))
}

fn mac(bytes: Vec<u8>) -> sqlx::Result<[u8; 32]> {
    // The table's check allows no other length.
    bytes.try_into().map_err(|_| sqlx::Error::Decode("a signature of the audit has another length".into()))
}
