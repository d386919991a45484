//! Updates waiting for a bot, with the offset rules of `getUpdates`.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};

/// Updates are forgotten after a day.
const RETENTION_MS: i64 = 24 * 3600 * 1000;
/// A bot's queue holds at most this many.
const CAPACITY: usize = 100_000;
/// An offset this far beyond the tail is taken for a mistake and confirms nothing.
const FURTHEST_OFFSET: i64 = 10;

/// Kinds of updates, by the names of `allowed_updates`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UpdateKind {
    Message,
    EditedMessage,
    CallbackQuery,
    MyChatMember,
    ChatMember,
    MessageReaction,
    MessageReactionCount,
}

impl UpdateKind {
    const ALL: [Self; 7] = [
        Self::Message,
        Self::EditedMessage,
        Self::CallbackQuery,
        Self::MyChatMember,
        Self::ChatMember,
        Self::MessageReaction,
        Self::MessageReactionCount,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::EditedMessage => "edited_message",
            Self::CallbackQuery => "callback_query",
            Self::MyChatMember => "my_chat_member",
            Self::ChatMember => "chat_member",
            Self::MessageReaction => "message_reaction",
            Self::MessageReactionCount => "message_reaction_count",
        }
    }

    /// The kind of that name; kinds that the emulator never makes are `None`.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What a bot gets that never asked, or asked with an empty list.
    pub(crate) fn default_set() -> BTreeSet<Self> {
        Self::ALL
            .into_iter()
            .filter(|kind| !matches!(kind, Self::ChatMember | Self::MessageReaction | Self::MessageReactionCount))
            .collect()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Queued {
    id: i64,
    created_ms: i64,
    /// The whole update as JSON, fixed at the moment it happened.
    json: String,
}

/// The updates of one bot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Queue {
    waiting: VecDeque<Queued>,
    next_id: i64,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            // The real sequence begins somewhere; a bot must not believe in 1.
            next_id: rand::random_range(100_000_000..900_000_000),
        }
    }
}

impl Queue {
    /// Adds an update whose body is `"<kind>":{…}`.
    pub(crate) fn push(&mut self, kind: UpdateKind, body: &str, now_ms: i64) {
        let id = self.next_id;
        self.next_id += 1;
        if self.waiting.len() >= CAPACITY {
            self.waiting.pop_front();
        }
        self.waiting.push_back(Queued {
            id,
            created_ms: now_ms,
            json: format!("{{\"update_id\":{id},\"{}\":{body}}}", kind.name()),
        });
    }

    /// Confirms by the offset and says from which position reading begins.
    pub(crate) fn confirm(&mut self, offset: i64, now_ms: i64) {
        while self.waiting.front().is_some_and(|u| u.created_ms + RETENTION_MS <= now_ms) {
            self.waiting.pop_front();
        }
        if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            let drop = self.waiting.len().saturating_sub(keep);
            self.waiting.drain(..drop);
        } else if offset > 0 && offset <= self.next_id + FURTHEST_OFFSET {
            while self.waiting.front().is_some_and(|u| u.id < offset) {
                self.waiting.pop_front();
            }
        }
    }

    /// The first updates as a JSON array, or `None` when there are none.
    pub(crate) fn read(&self, limit: usize) -> Option<String> {
        if self.waiting.is_empty() {
            return None;
        }
        let parts: Vec<&str> = self.waiting.iter().take(limit).map(|u| u.json.as_str()).collect();
        Some(format!("[{}]", parts.join(",")))
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(n: usize) -> Queue {
        let mut queue = Queue { next_id: 100, ..Queue::default() };
        for _ in 0..n {
            queue.push(UpdateKind::Message, "{}", 0);
        }
        queue
    }

    fn ids(queue: &Queue) -> Vec<i64> {
        queue.waiting.iter().map(|u| u.id).collect()
    }

    #[test]
    fn an_offset_confirms_what_is_below_it() {
        let mut q = queue(3);
        q.confirm(102, 0);
        assert_eq!(ids(&q), [102]);
        q.confirm(0, 0);
        assert_eq!(ids(&q), [102]);
    }

    #[test]
    fn a_negative_offset_keeps_the_tail() {
        let mut q = queue(5);
        q.confirm(-2, 0);
        assert_eq!(ids(&q), [103, 104]);
    }

    #[test]
    fn an_absurd_offset_confirms_nothing() {
        let mut q = queue(2);
        q.confirm(102 + FURTHEST_OFFSET + 1, 0);
        assert_eq!(ids(&q), [100, 101]);
        q.confirm(102 + FURTHEST_OFFSET, 0);
        assert!(ids(&q).is_empty());
    }

    #[test]
    fn updates_live_a_day() {
        let mut q = queue(1);
        q.confirm(0, RETENTION_MS - 1);
        assert_eq!(q.len(), 1);
        q.confirm(0, RETENTION_MS);
        assert_eq!(q.len(), 0);
    }
}
