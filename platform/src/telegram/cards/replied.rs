//! Replies to cards: to the message that shows one, and to what one leaves behind in its chat (its former messages, files
//! that belong to it).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::CardKey;
use crate::db::in_portions;
use crate::telegram::{BotId, Place};

/// The card that a message shows or belongs to, for whoever replies to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replied {
    /// Its kind, as in its [`CardKey`].
    pub kind: String,
    /// Whose card it is.
    pub subject: String,
}

impl From<&CardKey> for Replied {
    fn from(key: &CardKey) -> Self {
        Self { kind: key.kind.to_owned(), subject: key.subject.clone() }
    }
}

/// The card that a message shows at present, or that it belongs to.
pub(crate) async fn shown_by(conn: &mut PgConnection, place: Place, message: i64) -> sqlx::Result<Option<Replied>> {
    sqlx::query_as!(
        Replied,
        r#"select kind as "kind!", subject as "subject!" from cards
           where bot_id = $1 and chat_id = $2 and message_id = $3
           union all
           select kind, subject from card_traces where bot_id = $1 and chat_id = $2 and message_id = $3
           limit 1"#,
        place.bot.0,
        place.chat,
        message
    )
    .fetch_optional(conn)
    .await
}

/// A message belongs to a card.
pub(crate) async fn trace(
    conn: &mut PgConnection,
    bot: BotId,
    chat: i64,
    message: i64,
    of: &Replied,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into card_traces (bot_id, chat_id, message_id, kind, subject) values ($1, $2, $3, $4, $5)
         on conflict do nothing",
        bot.0,
        chat,
        message,
        of.kind,
        of.subject
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What cards of these kinds left behind in a chat means nothing any more; `keep` are the kinds that go on.
pub(crate) async fn forget_chat(conn: &mut PgConnection, bot: BotId, chat: i64, keep: &[String]) -> sqlx::Result<()> {
    sqlx::query!("delete from card_traces where bot_id = $1 and chat_id = $2 and kind <> all ($3)", bot.0, chat, keep)
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes what was left behind before `before`: a reply to it is an ordinary message from then on.
///
/// # Errors
/// The database refuses.
pub async fn forget_traces(pool: &PgPool, before: DateTime<Utc>) -> sqlx::Result<u64> {
    in_portions(|portion| async move {
        let gone = sqlx::query!(
            "delete from card_traces where ctid = any (array(
               select ctid from card_traces where left_at < $1 limit $2))",
            before,
            portion
        );
        Ok(gone.execute(pool).await?.rows_affected())
    })
    .await
}
