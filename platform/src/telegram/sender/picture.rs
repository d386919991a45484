//! A picture of ours on its way: its bytes are read when its turn comes.

use crate::render::Html;
use crate::telegram::{Api, ApiError, Failure, Topic, outbox};

use super::queue::Row;
use super::text::{Sent, Shown};
use super::{Sending, topics};

/// As people see it who save it.
const NAME: &str = "picture.png";

/// Sends it, with bare words when their markup is not taken. `None`: its bytes are gone, and no attempt can send it.
pub(super) async fn send(
    with: &Sending,
    row: &Row,
    topic: Option<Topic>,
    caption: &Html,
) -> Option<Result<Shown, ApiError>> {
    let png = match png(with, row.id).await {
        Ok(png) => png?,
        Err(error) => return Some(Err(unread(&error))),
    };
    let (api, chat) = (&with.api, row.chat.unwrap_or_default());
    Some(topics::send(with, chat, topic, row.attempts, |thread| bring(api, chat, thread, &png, caption)).await)
}

async fn png(with: &Sending, row: i64) -> sqlx::Result<Option<Vec<u8>>> {
    outbox::png(&mut *with.pool.acquire().await?, row).await
}

/// What cannot be read now waits, as if Telegram was away.
fn unread(error: &sqlx::Error) -> ApiError {
    let description = format!("the picture cannot be read: {error}");
    ApiError { method: "SendPhoto", failure: Failure::Passing, description }
}

async fn bring(api: &Api, chat: i64, thread: Option<i64>, png: &[u8], caption: &Html) -> Result<Shown, ApiError> {
    match attempt(api, chat, thread, png, caption, true).await {
        Err(ApiError { failure: Failure::BadMarkup, .. }) => attempt(api, chat, thread, png, caption, false).await,
        sent => sent,
    }
    .map(|sent| sent.shown(false))
}

async fn attempt(
    api: &Api,
    chat: i64,
    thread: Option<i64>,
    png: &[u8],
    caption: &Html,
    markup: bool,
) -> Result<Sent, ApiError> {
    let mut fields = vec![("chat_id", chat.to_string())];
    fields.extend(thread.map(|thread| ("message_thread_id", thread.to_string())));
    if markup {
        fields.extend([("caption", caption.as_str().to_owned()), ("parse_mode", "HTML".to_owned())]);
    } else {
        fields.push(("caption", caption.plain()));
    }
    api.send_photo(fields, NAME.to_owned(), png.to_vec()).await
}
