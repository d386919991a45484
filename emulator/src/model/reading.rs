//! How far people have read, so that the browser chat can count what is new to them.

use super::Telegram;
use super::chat::Place;
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

    /// How many messages of others a person has not seen yet, at most one more than `MOST_UNREAD`.
    pub(crate) fn unread(&self, person: i64, place: Place, window: Window) -> usize {
        let is_new = |topic: Option<i64>, id: i64| {
            self.store.reading.last.get(&(person, place, topic)).is_none_or(|&last| id > last)
        };
        let messages = self.messages(place).into_iter().flat_map(|m| m.values().rev());
        messages
            .take(2 * MOST_UNREAD)
            .filter(|m| m.from != person && !m.content.is_service() && window.shows(m.topic) && is_new(m.topic, m.id))
            .take(MOST_UNREAD + 1)
            .count()
    }
}
