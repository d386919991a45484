//! Texts as files.

use sqlx::PgConnection;

use super::{Call, Priority, push};
use crate::telegram::Place;

/// A text as a file, for what does not fit a message.
pub async fn document(
    conn: &mut PgConnection,
    place: Place,
    name: String,
    text: String,
    priority: Priority,
) -> sqlx::Result<()> {
    let call = Call::Document { topic: place.topic, name, text, reply_to: None };
    push(conn, place.bot, Some(place.chat), priority, &call).await
}

/// The whole of a text that was cut, as a file in reply to what was sent of it. A row of its own, so that it is sent, tried
/// again and buried like any other message.
pub(crate) async fn whole(
    conn: &mut PgConnection,
    place: Place,
    text: String,
    reply_to: i64,
    priority: Priority,
) -> sqlx::Result<()> {
    let call = Call::Document { topic: place.topic, name: "message.txt".to_owned(), text, reply_to: Some(reply_to) };
    push(conn, place.bot, Some(place.chat), priority, &call).await
}
