//! The SQL of invitations, sessions and pinned definitions.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;
use waas_platform::db::PgConnection;
use waas_platform::telegram::BotId;

use super::model::{NewInvitation, State};

pub(super) mod corrections;

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

/// A survey as stored.
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) dialogue: String,
    pub(super) subject: Uuid,
    pub(super) locale: String,
    pub(super) known: Value,
    pub(super) person: Option<i64>,
    pub(super) bot: Option<i64>,
    pub(super) state: State,
    pub(super) definition: Option<i32>,
    pub(super) session: Option<Value>,
    pub(super) revision: i64,
    pub(super) expires_at: DateTime<Utc>,
}

/// The survey behind a link, held until the transaction ends: of two people who open it at once, one finds it taken.
pub(super) async fn by_link(conn: &mut PgConnection, hash: &[u8]) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        r#"select id, dialogue, subject, locale, known, person_id as person, bot_id as bot, state as "state: State",
                  definition, session, revision, expires_at
           from survey_sessions where token_hash = $1 for update"#,
        hash
    )
    .fetch_optional(conn)
    .await
}

/// A survey by its id, held until the transaction ends: of two taps at once, one finds it changed.
pub(super) async fn by_id(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        r#"select id, dialogue, subject, locale, known, person_id as person, bot_id as bot, state as "state: State",
                  definition, session, revision, expires_at
           from survey_sessions where id = $1 for update"#,
        id
    )
    .fetch_optional(conn)
    .await
}

/// The survey that a person answers at present: the one they touched last.
pub(super) async fn answered_by(conn: &mut PgConnection, person: i64, bot: BotId) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        r#"select id, dialogue, subject, locale, known, person_id as person, bot_id as bot, state as "state: State",
                  definition, session, revision, expires_at
           from survey_sessions where person_id = $1 and bot_id = $2 and state = 'active'
           order by updated_at desc, id desc limit 1 for update"#,
        person,
        bot.0
    )
    .fetch_optional(conn)
    .await
}

/// Whether a person opened any survey.
pub(super) async fn has(conn: &mut PgConnection, bot: BotId, person: i64) -> sqlx::Result<bool> {
    let has = sqlx::query_scalar!(
        r#"select exists (select from survey_sessions where person_id = $1 and bot_id = $2) as "has!""#,
        person,
        bot.0
    );
    has.fetch_one(conn).await
}

/// The survey about a subject that was sent in last.
pub(super) async fn sent_in(conn: &mut PgConnection, subject: Uuid) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        r#"select id, dialogue, subject, locale, known, person_id as person, bot_id as bot, state as "state: State",
                  definition, session, revision, expires_at
           from survey_sessions where subject = $1 and state = 'submitted'
           order by submitted_at desc limit 1"#,
        subject
    )
    .fetch_optional(conn)
    .await
}

/// Writes what moves of a survey; its revision grows. The row must be held.
pub(super) async fn keep(conn: &mut PgConnection, row: &Row, now: DateTime<Utc>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "update survey_sessions
         set person_id = $2, bot_id = $3, state = $4, definition = $5, session = $6,
             revision = revision + 1, updated_at = $7,
             submitted_at = case when $4 = 'submitted' then coalesce(submitted_at, $7) end
         where id = $1
         returning revision",
        row.id,
        row.person,
        row.bot,
        row.state.word(),
        row.definition,
        row.session,
        now
    )
    .fetch_one(conn)
    .await
}

/// Keeps the text of a version, unless that version is kept already.
pub(super) async fn keep_definition(
    conn: &mut PgConnection,
    name: &str,
    version: i32,
    source: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into survey_definitions (name, version, source) values ($1, $2, $3) on conflict do nothing",
        name,
        version,
        source
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The text of a version that was used.
pub(super) async fn definition(conn: &mut PgConnection, name: &str, version: i32) -> sqlx::Result<String> {
    sqlx::query_scalar!("select source from survey_definitions where name = $1 and version = $2", name, version)
        .fetch_one(conn)
        .await
}
