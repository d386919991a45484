//! An update as the hub reads it: who, where, and what they did.

use serde_json::Value;
use teloxide::types::{
    CallbackQuery, Chat, ChatKind, ChatMemberKind, ChatMemberUpdated, Message, MessageEntityKind, PublicChatKind, User,
};

use super::{BotIdentity, Place, Topic};

/// The sender of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The numeric id, the only thing that identifies a person.
    pub id: i64,
    /// As they call themselves; never a proof of who they are.
    pub first_name: String,
    /// As they call themselves.
    pub last_name: Option<String>,
    /// Without `@`; may pass to somebody else tomorrow.
    pub username: Option<String>,
    /// Their app's language, an IETF tag.
    pub language: Option<String>,
}

/// One update.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// Who acted; `None` for channel posts and anonymous admins, who have no rights here.
    pub person: Option<Person>,
    /// Where; `None` for updates that belong to no chat.
    pub place: Option<Place>,
    /// Whether that is a private chat.
    pub private: bool,
    /// What is known of a group that it came from.
    pub group: Option<Group>,
    /// The message that came, or that the pressed button hangs on.
    pub message_id: Option<i64>,
    /// The bot's message that this one replies to.
    pub reply_to: Option<i64>,
    /// What they did.
    pub event: Event,
}

/// A group as an update tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// As it calls itself.
    pub title: String,
    /// Whether it has topics.
    pub is_forum: bool,
    /// An admin wrote in the name of the group: nobody can know who it was.
    pub anonymous: bool,
    /// Whether the message replies to one of this bot.
    pub replies_to_us: bool,
}

/// What a person did.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// `/name args`, addressed to this bot or to nobody in particular.
    Command {
        /// Lower case, without slash and `@bot`.
        name: String,
        /// The rest of the line, trimmed.
        args: String,
    },
    /// Any other text; a command that was forwarded, or written by way of another bot, is one too.
    Text(String),
    /// A shared contact.
    Contact {
        /// As Telegram gives it, with or without `+`.
        phone: String,
        /// Whether it is the sender's own.
        own: bool,
    },
    /// A photo, in its largest size.
    Photo {
        /// To fetch it with.
        file_id: String,
        /// To tell it from others by.
        unique_id: String,
        /// What was written below it.
        caption: Option<String>,
    },
    /// A file.
    Document {
        /// To fetch it with.
        file_id: String,
        /// To tell it from others by.
        unique_id: String,
        /// As the sender's device named it.
        name: Option<String>,
        /// As the sender's device typed it.
        mime: Option<String>,
        /// What was written below it.
        caption: Option<String>,
    },
    /// A position.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
    },
    /// A pressed button; what it means is looked up in the turn's transaction.
    Press(Press),
    /// The person blocked the bot (`false`) or let it in again (`true`); or the bot was put out of a group, or may not
    /// write there (`false`), or was let in, or given other rights there (`true`).
    Reachable(bool),
    /// People opened a topic again that was closed.
    TopicReopened,
    /// The group became a supergroup. Told twice, by the old chat and by the new one.
    Migrated {
        /// Its former id.
        from: i64,
        /// Its id from now on.
        to: i64,
    },
    /// A message of a kind that no handler reads (sticker, voice, …).
    OtherMessage,
    /// An update that is not for us or that this version does not know; kept in the inbox.
    Other,
}

/// A press as Telegram reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// To stop the spinner with.
    pub callback_id: String,
    /// The button's token.
    pub token: String,
}

impl Incoming {
    /// Reads a raw update. Whatever cannot be read is [`Event::Other`], never an error: it stays in the inbox.
    pub fn read(bot: &BotIdentity, raw: &Value) -> Self {
        let nothing = Self {
            person: None,
            place: None,
            private: false,
            group: None,
            message_id: None,
            reply_to: None,
            event: Event::Other,
        };
        // Not through teloxide's `Update`: it finds the kind only in a map whose keys are borrowed, which no map is that
        // comes from a stored value.
        if let Some(message) = part::<Message>(raw, "message") {
            read_message(bot, &message)
        } else if let Some(query) = part::<CallbackQuery>(raw, "callback_query") {
            read_press(bot, query).unwrap_or(nothing)
        } else if let Some(change) = part::<ChatMemberUpdated>(raw, "my_chat_member") {
            read_membership(bot, &change)
        } else {
            nothing
        }
    }

    /// The command's arguments when this is `/name`.
    pub fn command(&self, name: &str) -> Option<&str> {
        match &self.event {
            Event::Command { name: said, args } if said == name => Some(args),
            _ => None,
        }
    }
}

fn part<T: serde::de::DeserializeOwned>(raw: &Value, name: &str) -> Option<T> {
    serde_json::from_value(raw.get(name)?.clone()).ok()
}

fn read_message(bot: &BotIdentity, message: &Message) -> Incoming {
    let event = if let Some(text) = message.text() {
        let is_command = message.entities().is_some_and(|entities| {
            entities.iter().any(|entity| entity.offset == 0 && entity.kind == MessageEntityKind::BotCommand)
        });
        // What somebody else wrote is no command of who passes it on, nor is what another bot put into their mouth.
        let own = message.forward_origin().is_none() && message.via_bot.is_none();
        if is_command && own { read_command(bot, text) } else { Event::Text(text.to_owned()) }
    } else if let Some(contact) = message.contact() {
        let own = matches!((contact.user_id, message.from.as_ref()), (Some(id), Some(from)) if id == from.id);
        Event::Contact { phone: contact.phone_number.clone(), own }
    } else if let Some(largest) =
        message.photo().and_then(|sizes| sizes.iter().max_by_key(|size| size.width * size.height))
    {
        Event::Photo {
            file_id: largest.file.id.0.clone(),
            unique_id: largest.file.unique_id.0.clone(),
            caption: message.caption().map(str::to_owned),
        }
    } else if let Some(document) = message.document() {
        Event::Document {
            file_id: document.file.id.0.clone(),
            unique_id: document.file.unique_id.0.clone(),
            name: document.file_name.clone(),
            mime: document.mime_type.as_ref().map(ToString::to_string),
            caption: message.caption().map(str::to_owned),
        }
    } else if let Some(to) = message.migrate_to_chat_id() {
        Event::Migrated { from: message.chat.id.0, to: to.0 }
    } else if let Some(from) = message.migrate_from_chat_id() {
        Event::Migrated { from: from.0, to: message.chat.id.0 }
    } else if let Some(location) = message.location() {
        Event::Location { latitude: location.latitude, longitude: location.longitude }
    } else if message.forum_topic_reopened().is_some() {
        Event::TopicReopened
    } else {
        Event::OtherMessage
    };
    Incoming {
        // A sender chat is a channel or an anonymous admin: it proves nothing about a person.
        person: message.from.as_ref().filter(|_| message.sender_chat.is_none()).and_then(person),
        place: Some(place(bot, message)),
        private: message.chat.is_private(),
        group: group(bot, &message.chat, Some(message)),
        message_id: Some(i64::from(message.id.0)),
        reply_to: reply_to(bot, message),
        event,
    }
}

fn group(bot: &BotIdentity, chat: &Chat, message: Option<&Message>) -> Option<Group> {
    let ChatKind::Public(public) = &chat.kind else { return None };
    let is_forum = match &public.kind {
        PublicChatKind::Channel(_) => return None,
        PublicChatKind::Group => false,
        PublicChatKind::Supergroup(supergroup) => supergroup.is_forum,
    };
    Some(Group {
        title: public.title.clone().unwrap_or_default(),
        is_forum,
        anonymous: message.and_then(|message| message.sender_chat.as_ref()).is_some_and(|sender| sender.id == chat.id),
        replies_to_us: message.is_some_and(|message| reply_to(bot, message).is_some()),
    })
}

/// The message of this bot's that is replied to; replies to what others said are none of its business. What stands in a
/// topic and answers nobody comes as an answer to the message that opened the topic, which is the bot's.
fn reply_to(bot: &BotIdentity, message: &Message) -> Option<i64> {
    let opened = message.thread_id.map(|thread| thread.0);
    let answered = message.reply_to_message().filter(|answered| Some(answered.id) != opened)?;
    let ours = answered.from.as_ref().and_then(|from| i64::try_from(from.id.0).ok()) == Some(bot.id.0);
    ours.then_some(i64::from(answered.id.0))
}

fn place(bot: &BotIdentity, message: &Message) -> Place {
    let topic = message.thread_id.filter(|_| message.is_topic_message);
    let topic = topic.map(|thread| Topic::Thread(i64::from(thread.0.0)));
    Place { bot: bot.id, chat: message.chat.id.0, topic }
}

/// `/cmd@other_bot` is not for us.
fn read_command(bot: &BotIdentity, text: &str) -> Event {
    let (head, args) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let name = head.trim_start_matches('/');
    let name = match name.split_once('@') {
        Some((_, addressee)) if !addressee.eq_ignore_ascii_case(&bot.username) => {
            return Event::Other;
        }
        Some((name, _)) => name,
        None => name,
    };
    Event::Command { name: name.to_ascii_lowercase(), args: args.trim().to_owned() }
}

fn read_press(bot: &BotIdentity, query: CallbackQuery) -> Option<Incoming> {
    let message = query.message?;
    let chat = message.chat();
    let topic = message.regular_message().and_then(|message| place(bot, message).topic);
    Some(Incoming {
        person: person(&query.from),
        place: Some(Place { bot: bot.id, chat: chat.id.0, topic }),
        private: chat.is_private(),
        group: group(bot, chat, None),
        message_id: Some(i64::from(message.id().0)),
        reply_to: None,
        event: Event::Press(Press { callback_id: query.id.0, token: query.data.unwrap_or_default() }),
    })
}

fn read_membership(bot: &BotIdentity, change: &ChatMemberUpdated) -> Incoming {
    let reachable = match &change.new_chat_member.kind {
        ChatMemberKind::Banned(_) | ChatMemberKind::Left => false,
        ChatMemberKind::Restricted(restricted) => restricted.is_member && restricted.can_send_messages,
        ChatMemberKind::Owner(_) | ChatMemberKind::Administrator(_) | ChatMemberKind::Member(_) => true,
    };
    Incoming {
        person: person(&change.from),
        place: Some(Place { bot: bot.id, chat: change.chat.id.0, topic: None }),
        private: change.chat.is_private(),
        group: group(bot, &change.chat, None),
        message_id: None,
        reply_to: None,
        event: Event::Reachable(reachable),
    }
}

/// Bots have no rights and are not talked to.
fn person(user: &User) -> Option<Person> {
    if user.is_bot {
        return None;
    }
    Some(Person {
        id: i64::try_from(user.id.0).ok()?,
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        username: user.username.clone(),
        language: user.language_code.clone(),
    })
}

/// The update's kind (`message`) and conversation, read from the raw JSON without understanding it.
pub(crate) fn address(raw: &Value) -> (String, String) {
    let kind = raw
        .as_object()
        .and_then(|fields| fields.keys().find(|key| *key != "update_id"))
        .cloned()
        .unwrap_or_else(|| "empty".to_owned());
    let body = &raw[&kind];
    let message = if body["message"].is_object() { &body["message"] } else { body };
    let number = |value: &Value| value.as_i64().unwrap_or(0);
    let topic =
        if message["is_topic_message"].as_bool().unwrap_or(false) { number(&message["message_thread_id"]) } else { 0 };
    let conversation = format!("{}:{}:{}", number(&message["chat"]["id"]), topic, number(&body["from"]["id"]));
    (kind, conversation)
}

#[cfg(test)]
mod tests;
