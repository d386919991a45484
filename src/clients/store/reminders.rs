//! Threads in which a client waits.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use waas_platform::db::PgConnection;
use waas_platform::telegram::BotId;

use super::super::model::Thread;

/// Open threads whose client waits since then or longer, and since when; without those of which the operators were reminded
/// since the client began to wait. Held until the transaction ends.
pub(in crate::clients) async fn waiting(
    conn: &mut PgConnection,
    bot: BotId,
    since: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<(Thread, DateTime<Utc>)>> {
    let rows = sqlx::query!(
        r#"select t.id, t.bot_id, t.person_id, t.lead_id, t.unanswered, t.files, t.noticed_at, w.since as "since!"
           from client_threads t cross join lateral (
             select min(m.at) as since from client_messages m
             where m.thread_id = t.id and m.by_client
               and m.id > coalesce((select max(a.id) from client_messages a where a.thread_id = t.id and not a.by_client), 0)
           ) w
           where t.bot_id = $1 and t.state = 'open' and t.unanswered > 0 and w.since <= $2
             and (t.reminded_at is null or t.reminded_at < w.since)
           order by w.since limit $3 for update of t skip locked"#,
        bot.0,
        since,
        limit
    )
    .fetch_all(conn)
    .await?;
    let read = rows.into_iter().map(|row| {
        let thread = Thread {
            id: row.id,
            bot: BotId(row.bot_id),
            person: row.person_id,
            lead: row.lead_id,
            open: true,
            unanswered: row.unanswered,
            files: row.files,
            noticed_at: row.noticed_at,
        };
        (thread, row.since)
    });
    Ok(read.collect())
}

/// The operators were reminded of it.
pub(in crate::clients) async fn set(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("update client_threads set reminded_at = $2 where id = $1", id, now).execute(conn).await?;
    Ok(())
}
