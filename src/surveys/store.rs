//! The SQL of invitations, sessions and pinned definitions.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use waas_platform::db::PgConnection;

use super::model::NewInvitation;

/// A living link as stored.
pub(super) struct Link {
    pub(super) id: Uuid,
    pub(super) sealed: Vec<u8>,
    pub(super) expires_at: DateTime<Utc>,
}

/// Ends the links of a subject whose time is over, so that a new one can live.
pub(super) async fn expire_of(conn: &mut PgConnection, new: &NewInvitation, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "update survey_sessions set state = 'expired', updated_at = $3
         where subject = $1 and dialogue = $2 and state in ('invited', 'active', 'cancelled') and expires_at <= $3",
        new.subject,
        new.dialogue,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds an invitation; `false` when the subject has a living one.
pub(super) async fn add(
    conn: &mut PgConnection,
    link: &Link,
    hash: &[u8],
    new: &NewInvitation,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let known = serde_json::to_value(&new.known).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let added = sqlx::query!(
        "insert into survey_sessions
           (id, token_hash, token_sealed, dialogue, subject, locale, known, expires_at, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
         on conflict (subject, dialogue) where state in ('invited', 'active', 'cancelled') do nothing",
        link.id,
        hash,
        link.sealed,
        new.dialogue,
        new.subject,
        new.locale,
        known,
        link.expires_at,
        now
    )
    .execute(conn)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// The living link of a subject.
pub(super) async fn living(conn: &mut PgConnection, new: &NewInvitation) -> sqlx::Result<Link> {
    sqlx::query_as!(
        Link,
        "select id, token_sealed as sealed, expires_at from survey_sessions
         where subject = $1 and dialogue = $2 and state in ('invited', 'active', 'cancelled')",
        new.subject,
        new.dialogue
    )
    .fetch_one(conn)
    .await
}
