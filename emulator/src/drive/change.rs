//! What people do with messages that are there: edit, delete, react.

use super::send::typed;
use super::{Body, Name, Refused};
use crate::Emulator;
use crate::model::chat::Place;
use crate::model::message::Content;
use crate::model::wire::Reader;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

/// `POST /edit`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Editing {
    from: Name,
    chat: Name,
    message_id: i64,
    /// The new text or caption.
    text: String,
}

/// Changes a person's own message and returns it.
pub(crate) async fn edit(
    State(emulator): State<Emulator>,
    Body(editing): Body<Editing>,
) -> Result<Json<Value>, Refused> {
    let mut telegram = emulator.lock();
    let person = telegram.person_of(&editing.from)?;
    let place = telegram.acting_place(&editing.chat, person)?;
    let id = editing.message_id;
    let text = typed(editing.text)?;
    let message = telegram
        .message(place, id)
        .filter(|m| m.from == person)
        .ok_or_else(|| Refused::missing(format!("the person has no message {id} in that chat")))?;
    let mut content = message.content.clone();
    match &mut content {
        Content::Text(old) if !text.text.is_empty() => *old = text,
        Content::Photo { caption, .. } | Content::Document { caption, .. } => *caption = text,
        _ => return Err(Refused::bad("only texts and captions can be edited, and a text not away")),
    }
    telegram.edit_own(place, id, content);
    emulator.touch();
    let shown = telegram.message(place, id).map(|m| telegram.message_json(place, m, Reader::Person));
    Ok(Json(json!(shown)))
}

/// `POST /delete`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deleting {
    from: Name,
    chat: Name,
    message_id: i64,
}

/// Deletes a message for everybody: any in a private chat, one's own in a group, any there as administrator.
/// Bots are not told, as on the server.
pub(crate) async fn delete(
    State(emulator): State<Emulator>,
    Body(deleting): Body<Deleting>,
) -> Result<Json<Value>, Refused> {
    let mut telegram = emulator.lock();
    let person = telegram.person_of(&deleting.from)?;
    let place = telegram.acting_place(&deleting.chat, person)?;
    let id = deleting.message_id;
    let message = telegram
        .message(place, id)
        .ok_or_else(|| Refused::missing(format!("there is no message {id} in that chat")))?;
    let may = match place {
        Place::Private { .. } => true,
        Place::Group { group } => {
            message.from == person || telegram.store.groups.get(&group).is_some_and(|g| g.standing(person).is_admin())
        }
    };
    if !may {
        return Err(Refused::bad("only administrators delete what others wrote"));
    }
    telegram.delete(place, id);
    emulator.touch();
    Ok(Json(json!({"deleted": true})))
}

/// `POST /react`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reacting {
    from: Name,
    chat: Name,
    message_id: i64,
    /// Missing takes the reaction away.
    emoji: Option<String>,
}

/// Puts a person's reaction on a message.
pub(crate) async fn react(
    State(emulator): State<Emulator>,
    Body(reacting): Body<Reacting>,
) -> Result<Json<Value>, Refused> {
    let mut telegram = emulator.lock();
    let person = telegram.person_of(&reacting.from)?;
    let place = telegram.acting_place(&reacting.chat, person)?;
    let id = reacting.message_id;
    if telegram.message(place, id).is_none_or(|m| m.content.is_service()) {
        return Err(Refused::missing(format!("there is no message {id} to react to")));
    }
    telegram.react(place, id, person, reacting.emoji);
    emulator.touch();
    Ok(Json(json!({"changed": true})))
}
