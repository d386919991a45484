//! Updates waiting for a bot, with the offset rules of `getUpdates` and the lanes of a webhook.

use super::chat::Place;
use super::lanes::{Lane, Lanes};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Updates are forgotten after a day.
pub(crate) const RETENTION_MS: i64 = 24 * 3600 * 1000;
/// After this long without an update the ids begin somewhere else.
const QUIET_MS: i64 = 7 * 24 * 3600 * 1000;
/// A bot's queue holds at most this many …
const CAPACITY: usize = 100_000;
/// … of at most this many bytes together; what would not fit is lost.
const CAPACITY_BYTES: usize = 128 * 1024 * 1024;
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

/// Where an update comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) chat: i64,
    pub(crate) lane: Lane,
}

impl Origin {
    /// Something in a chat.
    pub(crate) fn chat(place: Place) -> Self {
        Self { chat: place.chat_id(), lane: Lane::Chat(place.chat_id()) }
    }

    /// A press of a person there.
    pub(crate) fn press(place: Place, person: i64) -> Self {
        Self { chat: place.chat_id(), lane: Lane::Presses(person) }
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
    /// The chat it happened in.
    #[serde(default)]
    pub(crate) chat: Option<i64>,
    /// The whole update as JSON.
    pub(crate) json: String,
}

/// What a poll reads.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) updates: Vec<Queued>,
    /// From here on they are read for the first time by this poll.
    pub(crate) fresh: usize,
}

/// The updates of one bot, by id.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Queue {
    #[serde(with = "as_list")]
    waiting: BTreeMap<i64, Queued>,
    /// Of all that wait together.
    #[serde(default)]
    bytes: usize,
    next_id: i64,
    /// When the last one was made, in milliseconds.
    #[serde(default)]
    last_ms: Option<i64>,
    /// Those that a fault delivers to the next poll once more, confirmed or not.
    #[serde(skip)]
    repeated: Vec<Queued>,
    /// Only while a webhook takes the updates.
    #[serde(skip)]
    lanes: Option<Lanes>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            waiting: BTreeMap::new(),
            bytes: 0,
            next_id: random_first_id(),
            last_ms: None,
            repeated: Vec::new(),
            lanes: None,
        }
    }
}

/// The real sequence begins somewhere; a bot must not believe in 1.
fn random_first_id() -> i64 {
    rand::random_range(100_000_000..900_000_000)
}

impl Queue {
    /// Adds an update whose body is `"<kind>":{…}`.
    pub(crate) fn push(&mut self, kind: UpdateKind, origin: Origin, body: &str, now_ms: i64) {
        if self.last_ms.is_some_and(|last| now_ms - last >= QUIET_MS) {
            self.next_id = random_first_id();
        }
        self.last_ms = Some(now_ms);
        self.forget_expired(now_ms);
        if self.waiting.len() >= CAPACITY || self.bytes + body.len() > CAPACITY_BYTES {
            return;
        }
        let id = self.next_id;
        self.next_id += 1;
        let json = format!("{{\"update_id\":{id},\"{}\":{body}}}", kind.name());
        let Origin { chat, lane } = origin;
        self.bytes += json.len();
        self.waiting.insert(id, Queued { id, created_ms: now_ms, lane, chat: Some(chat), json });
        if let Some(lanes) = &mut self.lanes {
            lanes.add(lane, id);
        }
    }

    /// Confirms by the offset and says from which position reading begins.
    pub(crate) fn confirm(&mut self, offset: i64, now_ms: i64) {
        self.forget_expired(now_ms);
        if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            while self.waiting.len() > keep {
                self.forget_first();
            }
        } else if offset > 0 && offset <= self.next_id + FURTHEST_OFFSET {
            while self.waiting.first_entry().is_some_and(|u| *u.key() < offset) {
                self.forget_first();
            }
        }
    }

    fn forget_expired(&mut self, now_ms: i64) {
        while self.waiting.first_entry().is_some_and(|u| u.get().created_ms + RETENTION_MS <= now_ms) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, update)) = self.waiting.pop_first() {
            self.bytes = self.bytes.saturating_sub(update.json.len());
        }
    }

    fn forget(&mut self, id: i64) {
        if let Some(update) = self.waiting.remove(&id) {
            self.bytes = self.bytes.saturating_sub(update.json.len());
        }
    }

    /// The first updates: what has to come once more, then what waits.
    pub(crate) fn read(&mut self, limit: usize) -> Batch {
        let again = std::mem::take(&mut self.repeated);
        let rest = limit.saturating_sub(again.len());
        Batch {
            fresh: again.len(),
            updates: again.into_iter().chain(self.waiting.values().take(rest).cloned()).collect(),
        }
    }

    /// Lets the next poll read an update once more, confirmed or not.
    pub(crate) fn repeat(&mut self, update: Queued) {
        self.repeated.push(update);
    }

    /// Goes on with another id, a random one by default. Ids never change under updates that wait: then `None`.
    pub(crate) fn restart(&mut self, next_id: Option<i64>) -> Option<i64> {
        if !self.waiting.is_empty() {
            return None;
        }
        self.next_id = next_id.unwrap_or_else(random_first_id);
        Some(self.next_id)
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.bytes = 0;
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
        self.forget_expired(now_ms);
        let lanes = self.lanes.as_mut()?;
        while let Some((lane, id)) = lanes.next(now_ms) {
            match self.waiting.get(&id) {
                Some(update) => return Some(update.clone()),
                None => lanes.done(lane),
            }
        }
        None
    }

    /// A webhook took the update, or it is given up.
    pub(crate) fn delivered(&mut self, update: &Queued) {
        self.forget(update.id);
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

    const HERE: Origin = Origin { chat: 1, lane: Lane::Chat(1) };

    fn queue(n: usize) -> Queue {
        let mut queue = Queue { next_id: 100, ..Queue::default() };
        for _ in 0..n {
            queue.push(UpdateKind::Message, HERE, "{}", 0);
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
    fn a_full_queue_takes_nothing_new() {
        let mut q = queue(CAPACITY + 1);
        assert_eq!(q.len(), CAPACITY);
        assert_eq!(q.waiting.last_key_value().map(|(id, _)| *id), Some(99 + 100_000));
        q.confirm(101, 0);
        q.push(UpdateKind::Message, HERE, "{}", 0);
        assert_eq!(q.len(), CAPACITY);

        let mut q = queue(0);
        let large = "x".repeat(CAPACITY_BYTES / 3);
        for _ in 0..4 {
            q.push(UpdateKind::Message, HERE, &large, 0);
        }
        assert_eq!(q.len(), 2, "what stands around a body counts too");
        q.clear();
        assert_eq!(q.bytes, 0);
    }

    #[test]
    fn ids_begin_anew_after_a_quiet_week() {
        let mut q = queue(1);
        q.push(UpdateKind::Message, HERE, "{}", QUIET_MS - 1);
        assert_eq!(ids(&q), [101]);
        q.push(UpdateKind::Message, HERE, "{}", 2 * QUIET_MS);
        assert!(ids(&q)[0] > 102);
    }

    #[test]
    fn ids_are_not_changed_under_waiting_updates() {
        let mut q = queue(1);
        assert_eq!(q.restart(Some(5)), None);
        q.clear();
        assert_eq!(q.restart(Some(5)), Some(5));
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
