//! A picture or file on its way that Telegram has already: it is sent on by its id.

use serde::Serialize;
use teloxide::requests::Payload;

use super::text::{Sent, Shown};
use crate::render::Html;
use crate::telegram::outbox::Relayed;
use crate::telegram::{Api, ApiError, Failure};

/// What both methods take; teloxide's own payloads are made for uploads.
#[derive(Serialize)]
struct Fields<'a> {
    chat_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a str>,
    caption: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parse_mode: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct SendPhoto<'a>(Fields<'a>);

impl Payload for SendPhoto<'_> {
    type Output = Sent;
    const NAME: &'static str = "SendPhoto";
}

#[derive(Serialize)]
#[serde(transparent)]
struct SendDocument<'a>(Fields<'a>);

impl Payload for SendDocument<'_> {
    type Output = Sent;
    const NAME: &'static str = "SendDocument";
}

/// Sends it into a topic or into General, with bare words when their markup is not taken.
pub(super) async fn send(
    api: &Api,
    chat: i64,
    thread: Option<i64>,
    file: &Relayed,
    caption: &Html,
) -> Result<Shown, ApiError> {
    match attempt(api, chat, thread, file, caption, true).await {
        Err(ApiError { failure: Failure::BadMarkup, .. }) => attempt(api, chat, thread, file, caption, false).await,
        sent => sent,
    }
    .map(|sent| sent.shown(false))
}

async fn attempt(
    api: &Api,
    chat: i64,
    topic: Option<i64>,
    file: &Relayed,
    caption: &Html,
    markup: bool,
) -> Result<Sent, ApiError> {
    let bare;
    let caption = if markup {
        caption.as_str()
    } else {
        bare = caption.plain();
        &bare
    };
    let fields = |photo, document| Fields {
        chat_id: chat,
        message_thread_id: topic,
        photo,
        document,
        caption,
        parse_mode: markup.then_some("HTML"),
    };
    match file {
        Relayed::Photo { file_id } => api.call(&SendPhoto(fields(Some(file_id.as_str()), None))).await,
        Relayed::Document { file_id } => api.call(&SendDocument(fields(None, Some(file_id.as_str())))).await,
    }
}
