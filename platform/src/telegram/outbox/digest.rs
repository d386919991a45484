//! The one digest that waits for a chat: what is folded while it does is added to it.

use sqlx::PgConnection;

use super::{Call, Priority, encoded, push};
use crate::render::Html;
use crate::telegram::{BotId, Place, Topic};

/// A digest that waits.
pub(crate) struct Waiting {
    pub(crate) row: i64,
    pub(crate) topic: Option<Topic>,
    /// The pages that it names.
    pub(crate) names: Vec<String>,
}

/// The digest that waits for a chat, held until the transaction ends.
pub(crate) async fn waiting(conn: &mut PgConnection, bot: BotId, chat: i64) -> sqlx::Result<Option<Waiting>> {
    let found = sqlx::query!(
        r#"select id, call as "call!" from outbox
           where bot_id = $1 and chat_id = $2 and state = 'waiting' and priority = $3 and call->>'method' = 'digest'
           order by id limit 1 for update skip locked"#,
        bot.0,
        chat,
        Priority::Page as i16
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.and_then(|found| match serde_json::from_value(found.call) {
        Ok(Call::Digest { topic, names, .. }) => Some(Waiting { row: found.id, topic, names }),
        _ => None,
    }))
}

/// Puts a digest into the outbox, in the place of `row` where one waits.
pub(crate) async fn put(
    conn: &mut PgConnection,
    place: Place,
    row: Option<i64>,
    names: Vec<String>,
    html: Html,
) -> sqlx::Result<()> {
    let call = Call::Digest { topic: place.topic, names, html };
    let Some(row) = row else {
        return push(conn, place.bot, Some(place.chat), Priority::Page, &call).await;
    };
    sqlx::query!("update outbox set call = $2 where id = $1", row, encoded(&call)?).execute(conn).await?;
    Ok(())
}
