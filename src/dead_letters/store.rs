//! The SQL of dead letters.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use waas_platform::clock::random;
use waas_platform::db::PgConnection;

use super::{DeadLetter, HEAD_CHARS, Letter, Source, one_line};

/// Bytes read for a head: enough for its characters in any script.
const HEAD_BYTES: i32 = HEAD_CHARS as i32 * 4 + 4;

/// The same content again, while nobody decided about it, counts as another attempt: a door that hands something over at
/// least once may do so twice.
pub(super) async fn insert(
    conn: &mut PgConnection,
    source: Source,
    reason: &str,
    raw: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let hash: String = Sha256::digest(raw).iter().map(|byte| format!("{byte:02x}")).collect();
    sqlx::query!(
        "with again as (
           update dead_letters set attempts = attempts + 1
           where source = $2 and origin = $6 and state = 'undecided'
           returning id
         )
         insert into dead_letters (id, source, reason, raw, created_at, origin)
         select $1, $2, $3, $4, $5, $6 where not exists (select from again)",
        random::id(),
        source.word(),
        reason,
        raw,
        now,
        format!("sha256:{hash}")
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn page(conn: &mut PgConnection, before: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<DeadLetter>> {
    let rows = sqlx::query!(
        r#"select id, source, reason, attempts, created_at, substring(raw from 1 for $3) as "head!"
           from dead_letters
           where state = 'undecided' and ($1::uuid is null or id < $1)
           order by id desc limit $2"#,
        before,
        limit,
        HEAD_BYTES
    )
    .fetch_all(conn)
    .await?;
    let letters = rows.into_iter().map(|row| DeadLetter {
        id: row.id,
        source: row.source,
        reason: row.reason,
        attempts: row.attempts,
        created_at: row.created_at,
        head: one_line(&String::from_utf8_lossy(&row.head)),
    });
    Ok(letters.collect())
}

pub(super) async fn find(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<(DeadLetter, Vec<u8>)>> {
    let row = sqlx::query!("select source, reason, attempts, created_at, raw from dead_letters where id = $1", id)
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|row| {
        let head = one_line(&String::from_utf8_lossy(&row.raw));
        let letter = DeadLetter {
            id,
            source: row.source,
            reason: row.reason,
            attempts: row.attempts,
            created_at: row.created_at,
            head,
        };
        (letter, row.raw)
    }))
}

/// One with its content and whether it waits for a decision; nobody else can decide until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<(Letter, bool)>> {
    let row = sqlx::query!(
        "select source, reason, attempts, created_at, raw, origin, state from dead_letters where id = $1 for update",
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let shown = DeadLetter {
            id,
            source: row.source,
            reason: row.reason,
            attempts: row.attempts,
            created_at: row.created_at,
            head: one_line(&String::from_utf8_lossy(&row.raw)),
        };
        (Letter { shown, raw: row.raw, origin: row.origin }, row.state == "undecided")
    }))
}

pub(super) async fn decide(conn: &mut PgConnection, id: Uuid, state: &str) -> sqlx::Result<()> {
    sqlx::query!("update dead_letters set state = $2, decided_at = now() where id = $1", id, state)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn by_source(conn: &mut PgConnection) -> sqlx::Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"select source, count(*) as "count!" from dead_letters where state = 'undecided' group by source"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.source, row.count)).collect())
}

pub(super) async fn undecided(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from dead_letters where state = 'undecided'"#)
        .fetch_one(conn)
        .await
}
