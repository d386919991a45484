//! What people and bots do: post, edit, delete, press, block. Each act tells the bots and the clients concerned.

use super::chat::{Conversation, Permission, Place, Standing};
use super::lanes::Lane;
use super::message::{Content, Message};
use super::service::Service;
use super::update::UpdateKind;
use super::{Answer, Callback, Telegram, wire::Reader};
use crate::markup::Keyboard;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Presses are forgotten after this long; no window for answers is longer.
const CALLBACK_RETENTION_MS: i64 = 3600 * 1000;

/// What goes with a new message besides its content.
#[derive(Debug, Default)]
pub(crate) struct Extra {
    pub(crate) keyboard: Option<Keyboard>,
    pub(crate) topic: Option<i64>,
    pub(crate) reply_to: Option<i64>,
}

impl Telegram {
    pub(crate) fn messages(&self, place: Place) -> Option<&BTreeMap<i64, Message>> {
        match place {
            Place::Private { bot, person } => self.store.private.get(&(bot, person)).map(|c| &c.messages),
            Place::Group { group } => self.store.groups.get(&group).map(|g| &g.messages),
        }
    }

    fn messages_mut(&mut self, place: Place) -> Option<&mut BTreeMap<i64, Message>> {
        match place {
            Place::Private { bot, person } => self.store.private.get_mut(&(bot, person)).map(|c| &mut c.messages),
            Place::Group { group } => self.store.groups.get_mut(&group).map(|g| &mut g.messages),
        }
    }

    pub(crate) fn message(&self, place: Place, id: i64) -> Option<&Message> {
        self.messages(place)?.get(&id)
    }

    /// Opens the private chat of a person with a bot, or finds it as it is.
    pub(crate) fn open_private(&mut self, bot: i64, person: i64) -> Place {
        self.store
            .private
            .entry((bot, person))
            .or_insert_with(|| Conversation { permission: Permission::Open, messages: BTreeMap::new() });
        Place::Private { bot, person }
    }

    fn next_message_id(&mut self, place: Place) -> i64 {
        let counter = match place {
            Place::Private { bot, .. } => self.store.bots.get_mut(&bot).map(|b| &mut b.next_message_id),
            Place::Group { group } => self.store.groups.get_mut(&group).map(|g| &mut g.next_message_id),
        };
        counter.map_or(0, |next| {
            let id = *next;
            *next += 1;
            id
        })
    }

    /// Puts a message into a place and delivers it to the bots that may read it; returns its id.
    pub(crate) fn post(&mut self, place: Place, from: i64, content: Content, extra: Extra) -> i64 {
        let id = self.next_message_id(place);
        let opens_topic = matches!(content, Content::Service(Service::TopicCreated { .. }));
        let message = Message {
            id,
            from,
            date: self.now(),
            edit_date: None,
            topic: if opens_topic { Some(id) } else { extra.topic },
            reply_to: extra.reply_to,
            content,
            keyboard: extra.keyboard,
            reactions: Vec::new(),
        };
        self.deliver(place, &message, UpdateKind::Message);
        if let Some(messages) = self.messages_mut(place) {
            messages.insert(id, message);
        }
        self.emit("new_message", place, Some(id), None);
        id
    }

    /// Queues a message for the bots that may read it.
    fn deliver(&mut self, place: Place, message: &Message, kind: UpdateKind) {
        let readers: Vec<i64> = self
            .bots_in(place)
            .into_iter()
            .filter(|&bot| bot != message.from && self.may_read(bot, place, message))
            .collect();
        if !readers.is_empty() {
            let json = self.message_json(place, message, Reader::Bot);
            for bot in readers {
                self.queue_update(bot, kind, &json);
            }
        }
    }

    /// Group privacy: outside private chats a plain member bot reads commands, answers to itself and service messages.
    /// Bots never read other bots.
    fn may_read(&self, bot: i64, place: Place, message: &Message) -> bool {
        if self.store.bots.contains_key(&message.from) {
            return false;
        }
        let (Place::Group { group }, Some(account)) = (place, self.store.bots.get(&bot)) else {
            return true;
        };
        let is_admin = self.store.groups.get(&group).is_some_and(|g| g.standing(bot).is_admin());
        if !account.privacy || is_admin || message.content.is_service() {
            return true;
        }
        let answers_it = message.reply_to.and_then(|id| self.message(place, id)).is_some_and(|m| m.from == bot);
        let text = message.content.text();
        let mention = format!("@{}", account.username().to_ascii_lowercase());
        let commanded = text
            .and_then(|t| t.command())
            .is_some_and(|(_, to)| to.is_none_or(|name| name.eq_ignore_ascii_case(account.username())));
        answers_it || commanded || text.is_some_and(|t| t.text.to_ascii_lowercase().contains(&mention))
    }

    /// Queues an update unless the bot does not want its kind, and wakes whoever takes it.
    pub(crate) fn queue_update(&mut self, bot: i64, kind: UpdateKind, body: &Value) {
        let now = self.now_ms();
        let Some(account) = self.store.bots.get_mut(&bot) else {
            return;
        };
        if account.allowed.contains(&kind) {
            account.queue.push(kind, Lane::of(kind, body), &body.to_string(), now);
            self.wake(bot).notify_waiters();
        }
    }

    /// Changes a message through `change` and tells the clients.
    pub(crate) fn edit(&mut self, place: Place, id: i64, change: impl FnOnce(&mut Message)) {
        let now = self.now();
        if let Some(message) = self.messages_mut(place).and_then(|m| m.get_mut(&id)) {
            change(message);
            message.edit_date = Some(now);
            self.emit("edited_message", place, Some(id), None);
        }
    }

    /// A person's change of their own message; the bots that may read it are told.
    pub(crate) fn edit_own(&mut self, place: Place, id: i64, content: Content) {
        self.edit(place, id, |message| message.content = content);
        if let Some(message) = self.message(place, id).cloned() {
            self.deliver(place, &message, UpdateKind::EditedMessage);
        }
    }

    /// Puts one reaction of an account on a message, or takes it away. Bots that asked for it are told of people's: in
    /// groups only as administrators.
    pub(crate) fn react(&mut self, place: Place, id: i64, by: i64, emoji: Option<String>) {
        let Some(message) = self.messages_mut(place).and_then(|m| m.get_mut(&id)) else {
            return;
        };
        let old: Vec<Value> =
            message.reactions.iter().filter(|(who, _)| *who == by).map(|(_, e)| reaction(e)).collect();
        let new: Vec<Value> = emoji.iter().map(|e| reaction(e)).collect();
        message.reactions.retain(|(who, _)| *who != by);
        let detail = json!({"from": by, "emoji": emoji});
        message.reactions.extend(emoji.map(|e| (by, e)));
        self.emit("reaction", place, Some(id), Some(detail));
        if old == new || !self.store.people.contains_key(&by) {
            return;
        }
        let body = json!({
            "chat": self.chat_json(place),
            "message_id": id,
            "user": self.user_json(by),
            "date": self.now(),
            "old_reaction": old,
            "new_reaction": new,
        });
        for bot in self.bots_in(place) {
            let may = match place {
                Place::Private { .. } => true,
                Place::Group { group } => self.store.groups.get(&group).is_some_and(|g| g.standing(bot).is_admin()),
            };
            if may {
                self.queue_update(bot, UpdateKind::MessageReaction, &body);
            }
        }
    }

    pub(crate) fn delete(&mut self, place: Place, id: i64) {
        let removed = self.messages_mut(place).and_then(|m| m.remove(&id));
        if removed.is_some() {
            self.emit("deleted_message", place, Some(id), None);
        }
    }

    /// A person's press on a callback button; returns the query's id. The caller has checked that the message stands.
    pub(crate) fn press(&mut self, bot: i64, person: i64, place: Place, id: i64, data: &str) -> String {
        let now = self.now_ms();
        let query = random_query_id();
        let message = self.message(place, id).map(|m| self.message_json(place, m, Reader::Bot));
        let body = json!({
            "id": query,
            "from": self.user_json(person),
            "message": message,
            "chat_instance": chat_instance(place),
            "data": data,
        });
        self.store.callbacks.retain(|_, c| c.pressed_at + CALLBACK_RETENTION_MS > now);
        self.store.callbacks.insert(query.clone(), Callback { bot, person, place, message_id: id, pressed_at: now });
        self.queue_update(bot, UpdateKind::CallbackQuery, &body);
        query
    }

    /// Shows a person the answer to their press.
    pub(crate) fn answer(&mut self, query: &str, callback: &Callback, answer: Answer) {
        let detail = json!({"from": callback.person, "callback_query_id": query, "answer": answer});
        self.deliver_answer(query, answer);
        self.emit("callback_answered", callback.place, Some(callback.message_id), Some(detail));
    }

    /// Blocks or unblocks a bot; says whether that changed anything.
    pub(crate) fn set_permission(&mut self, bot: i64, person: i64, permission: Permission) -> bool {
        let Some(conversation) = self.store.private.get_mut(&(bot, person)) else {
            return false;
        };
        if conversation.permission == permission {
            return false;
        }
        conversation.permission = permission;
        let (old, new) = match permission {
            Permission::Blocked => (Standing::Member, Standing::Kicked),
            Permission::Open => (Standing::Kicked, Standing::Member),
        };
        let place = Place::Private { bot, person };
        self.queue_membership(bot, person, place, old, new);
        self.emit("chat", place, None, Some(json!({"permission": permission})));
        true
    }
}

/// The Bot API's `ReactionType` of an emoji.
fn reaction(emoji: &str) -> Value {
    json!({"type": "emoji", "emoji": emoji})
}

/// Callback query ids are long decimal numbers.
fn random_query_id() -> String {
    rand::random_range(1_000_000_000_000_000_u64..=u64::MAX / 2).to_string()
}

/// A number that stands for the chat in its callback queries.
fn chat_instance(place: Place) -> String {
    let (a, b) = match place {
        Place::Private { bot, person } => (bot, person),
        Place::Group { group } => (1, group),
    };
    a.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed()).wrapping_add(b.wrapping_mul(2_654_435_761)).to_string()
}
