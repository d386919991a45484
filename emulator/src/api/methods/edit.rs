//! Changes of messages: edits, deletions, reactions.

use crate::api::call::{Call, Outcome, Reply};
use crate::api::error::ApiError;
use crate::api::limits::Weight;
use crate::markup::Keyboard;
use crate::model::chat::Place;
use crate::model::message::Content;
use crate::text::FormattedText;
use serde_json::Value;

const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message";
/// Messages can be deleted for two days, in seconds.
const DELETABLE_FOR: i64 = 48 * 3600;
/// What a bot may react with.
const REACTIONS: &[&str] = &[
    "❤", "👍", "👎", "🔥", "🥰", "👏", "😁", "🤔", "🤯", "😱", "🤬", "😢", "🎉", "🤩", "🤮", "💩", "🙏", "👌", "🕊",
    "🤡", "🥱", "🥴", "😍", "🐳", "🌚", "🌭", "💯", "🤣", "⚡", "🍌", "🏆", "💔", "🤨", "😐", "🍓", "🍾", "💋", "🖕",
    "😈", "😴", "😭", "🤓", "👻", "👀", "🎃", "🙈", "😇", "😨", "🤝", "✍", "🤗", "🫡", "🎅", "🎄", "☃", "💅", "🤪",
    "🗿", "🆒", "💘", "🙉", "🦄", "😘", "💊", "🙊", "😎", "👾", "😡",
];

/// `editMessageText`.
pub(crate) fn edit_message_text(call: &mut Call<'_>) -> Reply {
    let text = call.message_text()?;
    let keyboard = call.keyboard(true)?;
    let (place, message) = call.message_to_edit()?;
    let id = message.id;
    let Content::Text(old) = &message.content else {
        return Err(ApiError::bad_request("there is no text in the message to edit"));
    };
    if *old == text && message.keyboard == keyboard {
        return Err(ApiError::bad_request(NOT_MODIFIED));
    }
    apply(call, place, id, Some(Content::Text(text)), keyboard)
}

/// `editMessageCaption`.
pub(crate) fn edit_message_caption(call: &mut Call<'_>) -> Reply {
    let new = call.caption()?;
    let keyboard = call.keyboard(true)?;
    let (place, message) = call.message_to_edit()?;
    let id = message.id;
    let mut content = message.content.clone();
    let old: &mut FormattedText = match &mut content {
        Content::Photo { caption, .. } | Content::Document { caption, .. } => caption,
        _ => {
            return Err(ApiError::bad_request("there is no caption in the message to edit"));
        }
    };
    if *old == new && message.keyboard == keyboard {
        return Err(ApiError::bad_request(NOT_MODIFIED));
    }
    *old = new;
    apply(call, place, id, Some(content), keyboard)
}

/// `editMessageReplyMarkup`; without a keyboard it takes the present one away.
pub(crate) fn edit_message_reply_markup(call: &mut Call<'_>) -> Reply {
    let keyboard = call.keyboard(true)?;
    let (place, message) = call.message_to_edit()?;
    let id = message.id;
    if message.keyboard == keyboard {
        return Err(ApiError::bad_request(NOT_MODIFIED));
    }
    apply(call, place, id, None, keyboard)
}

fn apply(call: &mut Call<'_>, place: Place, id: i64, content: Option<Content>, keyboard: Option<Keyboard>) -> Reply {
    call.admit(place, Weight::Edit)?;
    call.telegram.edit(place, id, |message| {
        if let Some(content) = content {
            message.content = content;
        }
        message.keyboard = keyboard;
    });
    Ok(call.show(place, id))
}

/// `deleteMessage`.
pub(crate) fn delete_message(call: &mut Call<'_>) -> Reply {
    let Some(id) = call.params.number("message_id") else {
        return Err(ApiError::bad_request("message identifier is not specified"));
    };
    let place = call.chat()?;
    call.check_membership(place)?;
    delete(call, place, id)?;
    Ok(Outcome::done())
}

/// `deleteMessages`: those that cannot be deleted are skipped.
pub(crate) fn delete_messages(call: &mut Call<'_>) -> Reply {
    let ids: Vec<i64> = call
        .params
        .json("message_ids")
        .and_then(Result::ok)
        .and_then(|v| serde_json::from_value(v).ok())
        .ok_or_else(|| ApiError::bad_request("message identifiers are not specified"))?;
    if ids.is_empty() || ids.len() > 100 {
        return Err(ApiError::bad_request("too many message identifiers specified"));
    }
    let place = call.chat()?;
    call.check_membership(place)?;
    for id in ids {
        // Missing and undeletable ones are skipped by definition of the method.
        let _ = delete(call, place, id);
    }
    Ok(Outcome::done())
}

fn delete(call: &mut Call<'_>, place: Place, id: i64) -> Result<(), ApiError> {
    let Some(message) = call.telegram.message(place, id) else {
        return Err(ApiError::bad_request("message to delete not found"));
    };
    let too_old = call.telegram.now() - message.date > DELETABLE_FOR;
    // In groups only admins delete what others wrote.
    let foreign = match place {
        Place::Private { .. } => false,
        Place::Group { group } => {
            message.from != call.bot
                && !call.telegram.store.groups.get(&group).is_some_and(|g| g.standing(call.bot).is_admin())
        }
    };
    if too_old || foreign {
        return Err(ApiError::bad_request("message can't be deleted"));
    }
    call.telegram.delete(place, id);
    Ok(())
}

/// `setMessageReaction`: at most one emoji; none takes it away.
pub(crate) fn set_message_reaction(call: &mut Call<'_>) -> Reply {
    let emoji = match call.params.json("reaction") {
        None => None,
        Some(Ok(Value::Array(list))) if list.is_empty() => None,
        Some(Ok(Value::Array(list))) => {
            let emoji = list[0]["emoji"].as_str().unwrap_or_default();
            let plain = emoji.trim_end_matches('\u{fe0f}');
            if list.len() > 1 || !REACTIONS.contains(&plain) {
                return Err(ApiError::bad_request("REACTION_INVALID"));
            }
            Some(plain.to_owned())
        }
        Some(_) => {
            return Err(ApiError::bad_request("can't parse reaction types JSON object"));
        }
    };
    let place = call.writable_chat()?;
    let id = call.params.number("message_id").unwrap_or(0);
    match call.telegram.message(place, id) {
        None => Err(ApiError::bad_request("message to react not found")),
        Some(m) if m.content.is_service() => Err(ApiError::bad_request("message can't be reacted")),
        Some(_) => {
            call.telegram.react(place, id, call.bot, emoji);
            Ok(Outcome::done())
        }
    }
}
