//! Texts as files, for what does not fit a message.

use sqlx::PgConnection;

use super::{Call, Priority, push};
use crate::telegram::Place;
use crate::telegram::cards::CardKey;

/// A text as a file, for what does not fit a message.
pub async fn document(
    conn: &mut PgConnection,
    place: Place,
    name: String,
    text: String,
    priority: Priority,
) -> sqlx::Result<()> {
    let call = Call::Document { topic: place.topic, name, text, reply_to: None, about: None };
    push(conn, place.bot, Some(place.chat), priority, &call).await
}

/// As [`document`], for what belongs to a card: a reply to the file is a reply to the card.
///
/// # Errors
/// The database refuses.
pub async fn document_of(
    conn: &mut PgConnection,
    card: &CardKey,
    place: Place,
    name: String,
    text: String,
    priority: Priority,
) -> sqlx::Result<()> {
    let call = Call::Document { topic: place.topic, name, text, reply_to: None, about: Some(card.into()) };
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
    let (name, reply_to) = ("message.txt".to_owned(), Some(reply_to));
    let call = Call::Document { topic: place.topic, name, text, reply_to, about: None };
    push(conn, place.bot, Some(place.chat), priority, &call).await
}
