//! How much waits to be sent, and for how long.

use sqlx::PgConnection;

use super::{BotId, Priority};

/// What waits to be sent, of one priority.
#[derive(Clone, Debug, PartialEq)]
pub struct Backlog {
    /// Whose.
    pub priority: Priority,
    /// Messages.
    pub count: i64,
    /// Seconds that the oldest has waited beyond the moment from which it may be sent.
    pub oldest_s: f64,
}

/// What waits to be sent by a bot (nothing does without one), by priority; those of which nothing waits are among them. A
/// page that was given up waits until somebody decides about its dead letter.
///
/// # Errors
/// The database refuses.
pub async fn backlog(conn: &mut PgConnection, bot: Option<BotId>) -> sqlx::Result<Vec<Backlog>> {
    let rows = sqlx::query!(
        r#"select priority as "priority!", count(*) as "count!",
                  extract(epoch from now() - min(greatest(created_at, not_before)))::float8 as "oldest!"
           from (
             select priority, created_at, not_before from outbox
             where bot_id = $1 and state in ('waiting', 'sending') and not_before <= now()
             union all
             select o.priority, o.created_at, o.not_before from outbox o
             where o.bot_id = $1 and o.state = 'dead' and o.priority = 0
               and exists (select 1 from dead_letters d
                           where d.source = 'message' and d.origin = o.id::text and d.state = 'undecided')
           ) waits
           group by priority"#,
        bot.map(|bot| bot.0)
    )
    .fetch_all(conn)
    .await?;
    Ok(Priority::ALL
        .into_iter()
        .map(|priority| {
            let found = rows.iter().find(|row| row.priority == priority as i16);
            Backlog {
                priority,
                count: found.map_or(0, |row| row.count),
                oldest_s: found.map_or(0.0, |row| row.oldest.max(0.0)),
            }
        })
        .collect())
}
