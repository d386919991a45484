//! Updates waiting for a bot, with the offset rules of `getUpdates` and the lanes of a webhook.

use super::lanes::{Lane, Lanes};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Updates are forgotten after a day.
pub(crate) const RETENTION_MS: i64 = 24 * 3600 * 1000;
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

/// One update, as it was when it happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Queued {
    pub(crate) id: i64,
    pub(crate) created_ms: i64,
    /// Among which others a webhook gets it in order.
    #[serde(default)]
    pub(crate) lane: Lane,
    /// The whole update as JSON.
    pub(crate) json: String,
}

/// The updates of one bot, by id.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Queue {
    #[serde(with = "as_list")]
    waiting: BTreeMap<i64, Queued>,
    next_id: i64,
    /// Only while a webhook takes the updates.
    #[serde(skip)]
    lanes: Option<Lanes>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), next_id: random_first_id(), lanes: None }
    }
}

/// The real sequence begins somewhere; a bot must not believe in 1.
fn random_first_id() -> i64 {
    rand::random_range(100_000_000..900_000_000)
}

impl Queue {
    /// Adds an update whose body is `"<kind>":{…}`.
    pub(crate) fn push(&mut self, kind: UpdateKind, lane: Lane, body: &str, now_ms: i64) {
        let id = self.next_id;
        self.next_id += 1;
        if self.waiting.len() >= CAPACITY {
            self.waiting.pop_first();
        }
        let json = format!("{{\"update_id\":{id},\"{}\":{body}}}", kind.name());
        self.waiting.insert(id, Queued { id, created_ms: now_ms, lane, json });
        if let Some(lanes) = &mut self.lanes {
            lanes.add(lane, id);
        }
    }

    /// Confirms by the offset and says from which position reading begins.
    pub(crate) fn confirm(&mut self, offset: i64, now_ms: i64) {
        while self.waiting.first_entry().is_some_and(|u| u.get().created_ms + RETENTION_MS <= now_ms) {
            self.waiting.pop_first();
        }
        if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            while self.waiting.len() > keep {
                self.waiting.pop_first();
            }
        } else if offset > 0 && offset <= self.next_id + FURTHEST_OFFSET {
            while self.waiting.first_entry().is_some_and(|u| *u.key() < offset) {
                self.waiting.pop_first();
            }
        }
    }

    /// The first updates as a JSON array, or `None` when there are none.
    pub(crate) fn read(&self, limit: usize) -> Option<String> {
        if self.waiting.is_empty() {
            return None;
        }
        let parts: Vec<&str> = self.waiting.values().take(limit).map(|u| u.json.as_str()).collect();
        Some(format!("[{}]", parts.join(",")))
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        if self.lanes.is_some() {
            self.open_lanes();
        }
    }

    /// Sorts what waits into lanes, from the beginning; later updates join them.
    pub(crate) fn open_lanes(&mut self) {
        let mut lanes = Lanes::default();
        for update in self.waiting.values() {
            lanes.add(update.lane, update.id);
        }
        self.lanes = Some(lanes);
    }

    pub(crate) fn close_lanes(&mut self) {
        self.lanes = None;
    }

    /// The lanes; `None` without a webhook.
    pub(crate) fn lanes(&mut self) -> Option<&mut Lanes> {
        self.lanes.as_mut()
    }

    /// The next update that a webhook may get; those that waited a day are forgotten.
    pub(crate) fn next_delivery(&mut self, now_ms: i64) -> Option<Queued> {
        let lanes = self.lanes.as_mut()?;
        while let Some((lane, id)) = lanes.next(now_ms) {
            match self.waiting.get(&id) {
                Some(update) if update.created_ms + RETENTION_MS > now_ms => return Some(update.clone()),
                _ => {
                    self.waiting.remove(&id);
                    lanes.done(lane);
                }
            }
        }
        None
    }

    /// A webhook took the update, or it is given up.
    pub(crate) fn delivered(&mut self, update: &Queued) {
        self.waiting.remove(&update.id);
        if let Some(lanes) = &mut self.lanes {
            lanes.done(update.lane);
        }
    }
}

/// The map's values alone: each knows its id.
mod as_list {
    use super::Queued;
    use serde::{Deserialize, Deserializer, Serializer};
    use std::collections::BTreeMap;

    pub(crate) fn serialize<S: Serializer>(map: &BTreeMap<i64, Queued>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map.values())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<i64, Queued>, D::Error> {
        Ok(Vec::<Queued>::deserialize(from)?.into_iter().map(|u| (u.id, u)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(n: usize) -> Queue {
        let mut queue = Queue { next_id: 100, ..Queue::default() };
        for _ in 0..n {
            queue.push(UpdateKind::Message, Lane::Other, "{}", 0);
        }
        queue
    }

    fn ids(queue: &Queue) -> Vec<i64> {
        queue.waiting.keys().copied().collect()
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
