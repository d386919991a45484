//! What people send, and whom they block.

use super::{Body, Name, Refused};
use crate::Emulator;
use crate::model::Telegram;
use crate::model::acts::Extra;
use crate::model::chat::{Permission, Place};
use crate::model::message::{Contact, Content, Location};
use crate::model::wire::Reader;
use crate::text::{self, FormattedText};
use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

/// Longest text and caption that a client sends, in characters.
const MAX_TEXT: usize = 4096;

/// `POST /send`: one of text, contact, location, photo, document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sending {
    from: Name,
    chat: Name,
    text: Option<String>,
    contact: Option<ContactInput>,
    location: Option<Location>,
    photo: Option<FileInput>,
    document: Option<FileInput>,
    caption: Option<String>,
    topic: Option<i64>,
    reply_to: Option<i64>,
}

/// `true` shares the sender's own contact; an object gives any.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ContactInput {
    Own(bool),
    Given { phone_number: Option<String>, first_name: Option<String>, last_name: Option<String>, user_id: Option<i64> },
}

/// Base64 text alone, or with a name and a type.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum FileInput {
    Bare(String),
    Named { file_name: Option<String>, mime_type: Option<String>, data: String },
}

struct File {
    name: Option<String>,
    mime_type: Option<String>,
    content: Bytes,
}

impl FileInput {
    fn read(self) -> Result<File, Refused> {
        let (name, mime_type, data) = match self {
            Self::Bare(data) => (None, None, data),
            Self::Named { file_name, mime_type, data } => (file_name, mime_type, data),
        };
        let content = STANDARD.decode(data.trim()).map_err(|e| Refused::bad(format!("data is not base64: {e}")))?;
        if content.is_empty() {
            return Err(Refused::bad("the file is empty"));
        }
        Ok(File { name, mime_type, content: Bytes::from(content) })
    }
}

/// Sends a message and returns it.
pub(crate) async fn send(
    State(emulator): State<Emulator>,
    Body(sending): Body<Sending>,
) -> Result<Json<Value>, Refused> {
    let mut telegram = emulator.lock();
    let person = telegram.person_of(&sending.from)?;
    let place = telegram.acting_place(&sending.chat, person)?;
    let topic = telegram.open_topic_for(place, person, sending.topic)?;
    let extra = Extra { topic, reply_to: sending.reply_to, ..Extra::default() };
    if sending.reply_to.is_some_and(|id| telegram.message(place, id).is_none()) {
        return Err(Refused::missing("the message to answer is not there"));
    }
    let is_start = sending.text.as_deref().is_some_and(|t| t == "/start" || t.starts_with("/start "));
    if telegram.is_blocked(place) && !is_start {
        return Err(Refused::bad(
            "the person blocked the bot; /start or POST /block with blocked=false opens the chat again",
        ));
    }
    let content = content(&mut telegram, person, place, sending)?;
    if let Place::Private { bot, person } = place {
        telegram.open_private(bot, person);
        telegram.set_permission(bot, person, Permission::Open);
    }
    let id = telegram.post(place, person, content, extra);
    emulator.touch();
    let sent = telegram.message(place, id).map(|m| telegram.message_json(place, m, Reader::Person));
    Ok(Json(json!(sent)))
}

fn content(telegram: &mut Telegram, person: i64, place: Place, sending: Sending) -> Result<Content, Refused> {
    let caption = typed(sending.caption.unwrap_or_default())?;
    let bots = telegram.bots_in(place);
    let mut contents = Vec::new();
    if let Some(text) = sending.text {
        let text = typed(text)?;
        if text.text.is_empty() {
            return Err(Refused::bad("the text is empty"));
        }
        contents.push(Content::Text(text));
    }
    if let Some(contact) = sending.contact {
        contents.push(Content::Contact(shared(telegram, person, contact)?));
    }
    if let Some(location) = sending.location {
        contents.push(Content::Location(location));
    }
    if let Some(photo) = sending.photo {
        let sizes = telegram.store_photo(photo.read()?.content, &bots);
        contents.push(Content::Photo { sizes, caption: caption.clone() });
    }
    if let Some(document) = sending.document {
        let file = document.read()?;
        let document = telegram.store_document(file.name, file.mime_type, file.content, &bots);
        contents.push(Content::Document { document, caption });
    }
    let only = contents.pop();
    match only {
        Some(content) if contents.is_empty() => Ok(content),
        _ => Err(Refused::bad("exactly one of text, contact, location, photo, document is needed")),
    }
}

pub(super) fn typed(text: String) -> Result<FormattedText, Refused> {
    let text = text::typed(&text);
    if text.chars() > MAX_TEXT {
        return Err(Refused::bad(format!("a client sends at most {MAX_TEXT} characters at once")));
    }
    Ok(text)
}

fn shared(telegram: &Telegram, person: i64, input: ContactInput) -> Result<Contact, Refused> {
    let own = telegram.store.people.get(&person).ok_or_else(|| Refused::missing("there is no such person"))?;
    Ok(match input {
        ContactInput::Own(false) => return Err(Refused::bad("contact is true or an object")),
        ContactInput::Own(true) => Contact {
            phone_number: own.phone_number.clone(),
            first_name: own.user.first_name.clone(),
            last_name: own.user.last_name.clone(),
            user_id: Some(person),
        },
        ContactInput::Given { phone_number, first_name, last_name, user_id } => {
            // Nobody else named means that the person shares themselves.
            let is_own = first_name.is_none() && user_id.is_none();
            Contact {
                phone_number: phone_number.unwrap_or_else(|| own.phone_number.clone()),
                first_name: first_name.unwrap_or_else(|| own.user.first_name.clone()),
                last_name: last_name.or_else(|| own.user.last_name.clone().filter(|_| is_own)),
                user_id: user_id.or(is_own.then_some(person)),
            }
        }
    })
}

impl Telegram {
    /// The topic that a person writes into, if it takes messages of theirs; General without an id.
    fn open_topic_for(&self, place: Place, person: i64, topic: Option<i64>) -> Result<Option<i64>, Refused> {
        let topic = topic.filter(|&id| id > 1);
        let group = match place {
            Place::Group { group } => self.store.groups.get(&group).filter(|g| g.is_forum),
            Place::Private { .. } => None,
        };
        let missing = || Refused::bad("there is no such topic");
        let Some(group) = group else {
            return if topic.is_some() { Err(missing()) } else { Ok(None) };
        };
        let closed = match topic {
            Some(id) => group.topics.get(&id).ok_or_else(missing)?.closed,
            None => group.general.closed,
        };
        if closed && !group.standing(person).is_admin() {
            return Err(Refused::bad("the topic is closed"));
        }
        Ok(topic)
    }
}

/// `POST /block`.
#[derive(Debug, Deserialize)]
pub(crate) struct Blocking {
    from: Name,
    chat: Name,
    blocked: bool,
}

/// Blocks or unblocks a bot; says whether that changed anything.
pub(crate) async fn block(
    State(emulator): State<Emulator>,
    Body(blocking): Body<Blocking>,
) -> Result<Json<Value>, Refused> {
    let mut telegram = emulator.lock();
    let person = telegram.person_of(&blocking.from)?;
    let Place::Private { bot, person } = telegram.place_of(&blocking.chat, Some(person))? else {
        return Err(Refused::bad("only bots can be blocked"));
    };
    if !telegram.store.private.contains_key(&(bot, person)) {
        return Err(Refused::missing("the person has no chat with that bot"));
    }
    let permission = if blocking.blocked { Permission::Blocked } else { Permission::Open };
    let changed = telegram.set_permission(bot, person, permission);
    emulator.touch();
    Ok(Json(json!({"changed": changed})))
}
