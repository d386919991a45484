//! New messages of bots.

use super::files;
use crate::api::call::{Call, Outcome, Reply};
use crate::api::error::ApiError;
use crate::api::limits::Weight;
use crate::model::message::Content;
use serde_json::json;

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

/// `sendMessage`.
pub(crate) fn send_message(call: &mut Call<'_>) -> Reply {
    let text = call.message_text()?;
    send(call, |_| Ok(Content::Text(text)))
}

/// `sendPhoto`.
pub(crate) fn send_photo(call: &mut Call<'_>) -> Reply {
    let caption = call.caption()?;
    send(call, |call| {
        let sizes = files::photo(call)?;
        Ok(Content::Photo { sizes, caption })
    })
}

/// `sendDocument`.
pub(crate) fn send_document(call: &mut Call<'_>) -> Reply {
    let caption = call.caption()?;
    send(call, |call| {
        let document = files::document(call)?;
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
