//! A question whose answer is the person's next text in that chat, kept in the database until it comes.

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use super::Place;
use super::buttons::Meaning;

/// How long an answer is waited for; a text that comes later is an ordinary text.
const LIFE: Duration = Duration::hours(1);

/// Waits for the next text of `person` in `place` and gives it to the branch of `action`.
///
/// # Errors
/// The database refuses.
pub async fn ask(
    conn: &mut PgConnection,
    place: Place,
    person: i64,
    action: &str,
    subject: &str,
    args: Value,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into prompts (bot_id, chat_id, person_id, action, subject, args, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (bot_id, chat_id, person_id) do update
           set action = excluded.action, subject = excluded.subject, args = excluded.args, expires_at = excluded.expires_at",
        place.bot.0,
        place.chat,
        person,
        action,
        subject,
        args,
        now + LIFE
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the question that a text answers, if one is open; with `about`, only one about that subject.
pub(crate) async fn take(
    conn: &mut PgConnection,
    place: Place,
    person: i64,
    about: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Meaning>> {
    let row = sqlx::query!(
        "delete from prompts
         where bot_id = $1 and chat_id = $2 and person_id = $3 and ($4::text is null or subject = $4)
         returning action, subject, args, expires_at",
        place.bot.0,
        place.chat,
        person,
        about
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.filter(|row| row.expires_at > now).map(|row| Meaning {
        action: row.action,
        subject: row.subject,
        args: row.args,
        late: false,
    }))
}

/// Waits no longer for an answer of this person in this chat; what they were asked, if that is open still.
///
/// # Errors
/// The database refuses.
pub async fn end(
    conn: &mut PgConnection,
    place: Place,
    person: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Meaning>> {
    take(conn, place, person, None, now).await
}

/// Waits no longer for the text that answers this question: it was answered in another way. Another question in that chat
/// stays open.
///
/// # Errors
/// The database refuses.
pub async fn drop(conn: &mut PgConnection, place: Place, person: i64, action: &str, subject: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from prompts where bot_id = $1 and chat_id = $2 and person_id = $3 and action = $4 and subject = $5",
        place.bot.0,
        place.chat,
        person,
        action,
        subject
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Waits for no answer of this person any more, in whatever chat: what they were asked is not theirs to answer now.
///
/// # Errors
/// The database refuses.
pub async fn end_all(conn: &mut PgConnection, person: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from prompts where person_id = $1", person).execute(conn).await?;
    Ok(())
}

/// Removes questions that were not answered before `before`.
///
/// # Errors
/// The database refuses.
pub async fn forget(pool: &PgPool, before: DateTime<Utc>) -> sqlx::Result<u64> {
    Ok(sqlx::query!("delete from prompts where expires_at < $1", before).execute(pool).await?.rows_affected())
}
