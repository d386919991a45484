//! Pictures and files that are at Telegram already: sent on by their id, without having them.

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::{Call, Priority, push};
use crate::render::{CAPTION_LIMIT, Html};
use crate::telegram::cards::CardKey;
use crate::telegram::{Place, chats};

/// What somebody sent to this bot and what it can send on without having it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Relayed {
    /// A picture.
    Photo {
        /// The bot's name of it at Telegram.
        file_id: String,
    },
    /// A file.
    Document {
        /// The bot's name of it at Telegram.
        file_id: String,
    },
}

/// Sends on what somebody sent to this bot. The caption is cut to what one holds. A reply to what belongs to a card is a reply
/// to the card.
///
/// # Errors
/// The database refuses.
pub async fn relay(
    conn: &mut PgConnection,
    place: Place,
    file: Relayed,
    caption: Html,
    of: Option<&CardKey>,
    priority: Priority,
) -> sqlx::Result<()> {
    let place = chats::present_place(conn, place).await?;
    let call = Call::Relay { topic: place.topic, file, caption: caption.cut(CAPTION_LIMIT), about: of.map(Into::into) };
    push(conn, place.bot, Some(place.chat), priority, &call).await
}
