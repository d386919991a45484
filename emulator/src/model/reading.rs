//! How far people have read, so that the browser chat can count what is new to them.

use super::Telegram;
use super::chat::Place;
use super::message::Message;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// More than this is not counted exactly.
pub(crate) const MOST_UNREAD: usize = 99;

/// The last message that each person has seen of each chat, and of each topic of a forum.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Reading {
    #[serde(with = "super::as_list")]
    last: HashMap<(i64, Place, Option<i64>), i64>,
}

/// Which messages of a chat are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    /// All of them.
    Whole,
    /// Those of one topic of a forum; General without an id.
    Topic(Option<i64>),
    /// None: the topics are looked at, to choose one.
    Closed,
}

impl Window {
    pub(crate) fn shows(self, topic: Option<i64>) -> bool {
        match self {
            Self::Whole => true,
            Self::Topic(own) => own == topic,
            Self::Closed => false,
        }
    }
}

impl Telegram {
    /// The person has seen what stands in the window.
    pub(crate) fn mark_read(&mut self, person: i64, place: Place, window: Window) {
        let mut newest: HashMap<Option<i64>, i64> = HashMap::new();
        for message in self.messages(place).into_iter().flat_map(|m| m.values()).filter(|m| window.shows(m.topic)) {
            // Ids grow, so the last of a topic wins.
            newest.insert(message.topic, message.id);
        }
        for (topic, id) in newest {
            self.store.reading.last.insert((person, place, topic), id);
        }
    }

    /// The person has seen one message.
    pub(crate) fn mark_seen(&mut self, person: i64, place: Place, topic: Option<i64>, id: i64) {
        let last = self.store.reading.last.entry((person, place, topic)).or_default();
        *last = id.max(*last);
    }

    /// How many messages of others a person has not seen yet, of the latest; at most one more than `MOST_UNREAD`.
    pub(crate) fn unread(&self, person: i64, place: Place) -> usize {
        let latest = self.messages(place).into_iter().flat_map(|m| m.values().rev()).take(2 * MOST_UNREAD);
        latest.filter(|m| self.is_new(person, place, m)).take(MOST_UNREAD + 1).count()
    }

    /// The last message of each topic, and how many of others a person has not seen yet there.
    pub(crate) fn by_topic(&self, person: i64, place: Place) -> HashMap<Option<i64>, (&Message, usize)> {
        let mut topics = HashMap::new();
        for message in self.messages(place).into_iter().flat_map(|m| m.values()) {
            let (last, unread) = topics.entry(message.topic).or_insert((message, 0));
            *last = message;
            *unread += usize::from(self.is_new(person, place, message));
        }
        topics
    }

    fn is_new(&self, person: i64, place: Place, message: &Message) -> bool {
        let last = self.store.reading.last.get(&(person, place, message.topic));
        message.from != person && !message.content.is_service() && last.is_none_or(|&last| message.id > last)
    }
}
