//! New messages of bots.

use super::files;
use crate::api::call::{Call, Outcome, Reply};
use crate::api::error::ApiError;
use crate::api::limits::Weight;
use crate::model::acts::random_album;
use crate::model::message::Content;
use crate::model::wire::Reader;
use serde_json::{Value, json};

/// What `sendChatAction` may show.
const ACTIONS: &[&str] = &[
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

/// Most media in an album.
const MAX_ALBUM: usize = 10;

/// `sendMessage`.
pub(crate) fn send_message(call: &mut Call<'_>) -> Reply {
    let text = call.message_text()?;
    send(call, |_| Ok(Content::Text(text)))
}

/// `sendPhoto`.
pub(crate) fn send_photo(call: &mut Call<'_>) -> Reply {
    let caption = call.caption()?;
    send(call, |call| {
        let sizes = files::photo(call, call.params.text("photo"))?;
        Ok(Content::Photo { sizes, caption })
    })
}

/// `sendDocument`.
pub(crate) fn send_document(call: &mut Call<'_>) -> Reply {
    let caption = call.caption()?;
    send(call, |call| {
        let document = files::document(call, call.params.text("document"))?;
        Ok(Content::Document { document, caption })
    })
}

/// The order of checks is the server's: keyboard, chat, reply, content, rate.
fn send(call: &mut Call<'_>, content: impl FnOnce(&mut Call<'_>) -> Result<Content, ApiError>) -> Reply {
    let keyboard = call.keyboard(false)?;
    let place = call.writable_chat()?;
    let extra = call.extra(place, keyboard)?;
    call.admit(place, Weight::Send)?;
    let content = content(call)?;
    let id = call.telegram.post(place, call.bot, content, extra);
    Ok(call.show(place, id))
}

/// `sendMediaGroup`: an album of photos, or of documents.
pub(crate) fn send_media_group(call: &mut Call<'_>) -> Reply {
    let media = match call.params.json("media") {
        Some(Ok(Value::Array(media))) => media,
        _ => return Err(ApiError::bad_request("can't parse media JSON object")),
    };
    match media.len() {
        0 => return Err(ApiError::bad_request("there are no messages to send")),
        1 => return Err(ApiError::bad_request("an album has at least 2 media")),
        2..=MAX_ALBUM => {}
        _ => return Err(ApiError::bad_request("too many messages to send as an album")),
    }
    let place = call.writable_chat()?;
    let mut extra = call.extra(place, None)?;
    extra.album = Some(random_album());
    call.admit(place, Weight::Send)?;
    let contents = media.iter().map(|medium| album_part(call, medium)).collect::<Result<Vec<_>, _>>()?;
    let kind = std::mem::discriminant(&contents[0]);
    if contents.iter().any(|c| std::mem::discriminant(c) != kind) {
        return Err(ApiError::bad_request("document can't be mixed with other media types"));
    }
    let bot = call.bot;
    let ids: Vec<i64> =
        contents.into_iter().map(|content| call.telegram.post(place, bot, content, extra.clone())).collect();
    let sent = ids.into_iter().filter_map(|id| call.telegram.message(place, id));
    let sent: Vec<_> = sent.map(|m| call.telegram.message_view(place, m, Reader::Bot)).collect();
    Ok(Outcome::written(&sent))
}

/// One medium of an album.
fn album_part(call: &mut Call<'_>, medium: &Value) -> Result<Content, ApiError> {
    let word = |name: &str| medium[name].as_str().filter(|w| !w.is_empty());
    let entities = Some(medium["caption_entities"].clone()).filter(|e| !e.is_null()).map(Ok);
    let caption = call.captioned(word("caption").unwrap_or_default(), word("parse_mode"), entities)?;
    let file = word("media").ok_or_else(|| ApiError::bad_request("media not found"))?;
    match word("type") {
        Some("photo") => Ok(Content::Photo { sizes: files::photo(call, Some(file))?, caption }),
        Some("document") => Ok(Content::Document { document: files::document(call, Some(file))?, caption }),
        _ => Err(ApiError::bad_request("can't parse InputMedia: unsupported type")),
    }
}

/// `sendChatAction`: shown to the people in the chat and forgotten.
pub(crate) fn send_chat_action(call: &mut Call<'_>) -> Reply {
    let action = call.params.text("action").unwrap_or_default();
    if !ACTIONS.contains(&action) {
        return Err(ApiError::bad_request("wrong parameter action in request"));
    }
    let detail = json!({"from": call.bot, "action": action});
    let place = call.writable_chat()?;
    call.telegram.emit("chat_action", place, None, Some(detail));
    Ok(Outcome::done())
}
