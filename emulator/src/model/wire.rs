//! The Bot API's JSON for what the emulator remembers.

use super::Telegram;
use super::chat::{Place, Standing};
use super::message::{Content, Message};
use super::person::User;
use crate::markup::Keyboard;
use crate::text::FormattedText;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// For whom a message is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Bots see inline keyboards only, like on the real server.
    Bot,
    /// A person's client also shows reply keyboards.
    Person,
}

impl Telegram {
    /// The account with that id, person or bot.
    pub(crate) fn user(&self, id: i64) -> Option<&User> {
        let person = self.store.people.get(&id).map(|p| &p.user);
        person.or_else(|| self.store.bots.get(&id).map(|b| &b.user))
    }

    /// The `User` object of an account; `null` for ids that nobody has.
    pub(crate) fn user_json(&self, id: i64) -> Value {
        json!(self.user(id))
    }

    /// The `Chat` object of a place, as its bots see it.
    pub(crate) fn chat_json(&self, place: Place) -> Value {
        json!(ChatView { telegram: self, place })
    }

    /// A message with the one that it answers; in a topic that is the one that opened it, unless it answers another.
    pub(crate) fn message_view<'a>(&'a self, place: Place, message: &'a Message, reader: Reader) -> MessageView<'a> {
        let opener = message.topic.filter(|&id| id != message.id);
        let answered = message.reply_to.or(opener).and_then(|id| self.message(place, id));
        MessageView { telegram: self, place, message, reader, answered }
    }

    /// The same as a value, where something is still to be done with it.
    pub(crate) fn message_json(&self, place: Place, message: &Message, reader: Reader) -> Value {
        json!(self.message_view(place, message, reader))
    }

    /// The `ChatMember` object of an account in a group.
    pub(crate) fn member_json(&self, id: i64, standing: Standing) -> Value {
        let mut member = json!({"user": self.user_json(id), "status": standing.name()});
        let rights: &[&str] = match standing {
            Standing::Administrator => &[
                "can_manage_chat",
                "can_delete_messages",
                "can_manage_video_chats",
                "can_restrict_members",
                "can_promote_members",
                "can_change_info",
                "can_invite_users",
                "can_post_stories",
                "can_edit_stories",
                "can_delete_stories",
                "can_pin_messages",
                "can_manage_topics",
            ],
            _ => &[],
        };
        for right in rights {
            member[right] = true.into();
        }
        match standing {
            Standing::Creator => member["is_anonymous"] = false.into(),
            Standing::Administrator => {
                member["is_anonymous"] = false.into();
                member["can_be_edited"] = false.into();
            }
            Standing::Kicked => member["until_date"] = 0.into(),
            Standing::Member | Standing::Left => {}
        }
        member
    }
}

/// What is ready for the wire, as JSON text.
pub(crate) fn written(view: &impl Serialize) -> String {
    // Views have text keys and finite numbers, which is all that JSON asks for.
    serde_json::to_string(view).unwrap_or_else(|_| "null".to_owned())
}

/// A `Message` that is written straight to JSON, since this is done for every call and every update.
pub(crate) struct MessageView<'a> {
    telegram: &'a Telegram,
    place: Place,
    message: &'a Message,
    reader: Reader,
    answered: Option<&'a Message>,
}

impl Serialize for MessageView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { telegram, place, message, .. } = *self;
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("message_id", &message.id)?;
        if let Some(topic) = message.topic {
            fields.serialize_entry("message_thread_id", &topic)?;
            fields.serialize_entry("is_topic_message", &true)?;
        }
        fields.serialize_entry("from", &telegram.user(message.from))?;
        fields.serialize_entry("chat", &ChatView { telegram, place })?;
        fields.serialize_entry("date", &message.date)?;
        if let Some(date) = message.edit_date {
            fields.serialize_entry("edit_date", &date)?;
        }
        if let Some(album) = &message.album {
            fields.serialize_entry("media_group_id", album)?;
        }
        if let Some(answered) = self.answered {
            let answered = MessageView { message: answered, reader: Reader::Bot, answered: None, ..*self };
            fields.serialize_entry("reply_to_message", &answered)?;
        }
        match &message.content {
            Content::Text(text) => text_fields(&mut fields, "text", "entities", text)?,
            Content::Photo { sizes, caption } => {
                fields.serialize_entry("photo", sizes)?;
                text_fields(&mut fields, "caption", "caption_entities", caption)?;
            }
            Content::Document { document, caption } => {
                fields.serialize_entry("document", document)?;
                text_fields(&mut fields, "caption", "caption_entities", caption)?;
            }
            Content::Contact(contact) => fields.serialize_entry("contact", contact)?,
            Content::Location(location) => fields.serialize_entry("location", location)?,
            Content::Service(service) => {
                let (name, value) = telegram.service_json(place, service);
                fields.serialize_entry(name, &value)?;
            }
        }
        let is_shown = |k: &&Keyboard| self.reader == Reader::Person || matches!(k, Keyboard::Inline { .. });
        if let Some(keyboard) = message.keyboard.as_ref().filter(is_shown) {
            fields.serialize_entry("reply_markup", keyboard)?;
        }
        fields.end()
    }
}

/// A `Chat`.
struct ChatView<'a> {
    telegram: &'a Telegram,
    place: Place,
}

impl Serialize for ChatView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("id", &self.place.chat_id())?;
        match self.place {
            Place::Private { person, .. } => {
                fields.serialize_entry("type", "private")?;
                if let Some(user) = self.telegram.user(person) {
                    fields.serialize_entry("first_name", &user.first_name)?;
                    if let Some(name) = &user.last_name {
                        fields.serialize_entry("last_name", name)?;
                    }
                    if let Some(name) = &user.username {
                        fields.serialize_entry("username", name)?;
                    }
                }
            }
            Place::Group { group } => {
                if let Some(group) = self.telegram.store.groups.get(&group) {
                    fields.serialize_entry("type", group.kind.name())?;
                    fields.serialize_entry("title", &group.title)?;
                    if group.is_forum {
                        fields.serialize_entry("is_forum", &true)?;
                    }
                }
            }
        }
        fields.end()
    }
}

fn text_fields<M: SerializeMap>(
    fields: &mut M,
    text: &str,
    entities: &str,
    value: &FormattedText,
) -> Result<(), M::Error> {
    if value.text.is_empty() {
        return Ok(());
    }
    fields.serialize_entry(text, &value.text)?;
    if !value.entities.is_empty() {
        fields.serialize_entry(entities, &value.entities)?;
    }
    Ok(())
}
