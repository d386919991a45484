//! Replies to cards.

use sqlx::PgConnection;

use crate::telegram::Place;

/// The card that a message shows, for whoever replies to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replied {
    /// Its kind, as in its [`CardKey`](super::CardKey).
    pub kind: String,
    /// Whose card it is.
    pub subject: String,
}

/// The card that a message shows at present.
pub(crate) async fn shown_by(conn: &mut PgConnection, place: Place, message: i64) -> sqlx::Result<Option<Replied>> {
    sqlx::query_as!(
        Replied,
        "select kind, subject from cards where bot_id = $1 and chat_id = $2 and message_id = $3",
        place.bot.0,
        place.chat,
        message
    )
    .fetch_optional(conn)
    .await
}
