//! The Bot API's JSON for what the emulator remembers.

use super::Telegram;
use super::chat::{Group, Place, Standing};
use super::message::{Content, Message};
use super::person::User;
use crate::markup::Keyboard;
use crate::text::FormattedText;
use serde_json::{Map, Value, json};

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
        match place {
            Place::Private { person, .. } => {
                let mut chat = self.user_json(person);
                if let Some(fields) = chat.as_object_mut() {
                    fields.remove("is_bot");
                    fields.remove("language_code");
                    fields.insert("type".into(), "private".into());
                }
                chat
            }
            Place::Group { group } => self.store.groups.get(&group).map_or(Value::Null, group_json),
        }
    }

    /// A message with the one that it answers; in a topic that is the one that opened it, unless it answers another.
    pub(crate) fn message_json(&self, place: Place, message: &Message, reader: Reader) -> Value {
        let mut fields = self.bare_message(place, message, reader);
        let opener = message.topic.filter(|&id| id != message.id);
        let answered = message.reply_to.or(opener).and_then(|id| self.message(place, id));
        if let Some(answered) = answered {
            let answered = self.bare_message(place, answered, Reader::Bot);
            fields.insert("reply_to_message".into(), Value::Object(answered));
        }
        Value::Object(fields)
    }

    fn bare_message(&self, place: Place, message: &Message, reader: Reader) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        set("message_id", message.id.into());
        if let Some(topic) = message.topic {
            set("message_thread_id", topic.into());
            set("is_topic_message", true.into());
        }
        set("from", self.user_json(message.from));
        set("chat", self.chat_json(place));
        set("date", message.date.into());
        if let Some(date) = message.edit_date {
            set("edit_date", date.into());
        }
        match &message.content {
            Content::Text(text) => text_fields(&mut fields, "text", "entities", text),
            Content::Photo { sizes, caption } => {
                set("photo", json!(sizes));
                text_fields(&mut fields, "caption", "caption_entities", caption);
            }
            Content::Document { document, caption } => {
                set("document", json!(document));
                text_fields(&mut fields, "caption", "caption_entities", caption);
            }
            Content::Contact(contact) => {
                set("contact", json!(contact));
            }
            Content::Location(location) => {
                set("location", json!(location));
            }
            Content::Service(service) => {
                let (name, value) = self.service_json(place, service);
                set(name, value);
            }
        }
        let keyboard =
            message.keyboard.as_ref().filter(|k| reader == Reader::Person || matches!(k, Keyboard::Inline { .. }));
        if let Some(keyboard) = keyboard {
            fields.insert("reply_markup".into(), json!(keyboard));
        }
        fields
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

/// The `Chat` object of a group.
fn group_json(group: &Group) -> Value {
    let mut chat = json!({"id": group.id, "title": group.title, "type": group.kind.name()});
    if group.is_forum {
        chat["is_forum"] = true.into();
    }
    chat
}

fn text_fields(fields: &mut Map<String, Value>, text: &str, entities: &str, value: &FormattedText) {
    if value.text.is_empty() {
        return;
    }
    fields.insert(text.to_owned(), value.text.clone().into());
    if !value.entities.is_empty() {
        fields.insert(entities.to_owned(), json!(value.entities));
    }
}
