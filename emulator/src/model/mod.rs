//! What the emulator remembers: bots, people, conversations, messages, files; and the acts that change it.
//!
//! Knows no HTTP. Everything lives behind one lock; acts are short and never wait.

pub(crate) mod acts;
pub(crate) mod bot;
pub(crate) mod chat;
pub(crate) mod clock;
pub(crate) mod file;
pub(crate) mod forum;
pub(crate) mod lanes;
pub(crate) mod membership;
pub(crate) mod message;
pub(crate) mod person;
pub(crate) mod reading;
pub(crate) mod register;
pub(crate) mod service;
pub(crate) mod update;
pub(crate) mod webhook;
pub(crate) mod wire;

use bot::Bot;
use chat::{Conversation, Group, Place};
use clock::Clock;
use file::StoredFile;
use person::Person;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Notify, broadcast, oneshot};

/// Events kept for a subscriber that reads slowly; one that falls further behind is told to reload.
const EVENT_BUFFER: usize = 4096;

/// Everything that a data file keeps.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Store {
    pub(crate) bots: BTreeMap<i64, Bot>,
    pub(crate) people: BTreeMap<i64, Person>,
    /// Private chats, by (bot, person).
    #[serde(with = "as_list")]
    pub(crate) private: HashMap<(i64, i64), Conversation>,
    pub(crate) groups: BTreeMap<i64, Group>,
    /// Files by `file_id`.
    pub(crate) files: BTreeMap<String, StoredFile>,
    /// Pressed buttons by callback query id, until they are too old to be answered.
    pub(crate) callbacks: HashMap<String, Callback>,
    /// Their ids, the oldest first.
    #[serde(default)]
    pub(crate) callback_order: VecDeque<String>,
    pub(crate) clock: Clock,
    pub(crate) next_file: u64,
    /// How far each person has read, for the browser chat.
    #[serde(default)]
    pub(crate) reading: reading::Reading,
}

/// A pressed button that its bot has to answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Callback {
    pub(crate) bot: i64,
    pub(crate) person: i64,
    pub(crate) place: Place,
    pub(crate) message_id: i64,
    /// Milliseconds of the emulator's clock.
    pub(crate) pressed_at: i64,
}

/// What a bot answered to a press, as the person's client shows it.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Answer {
    pub(crate) answered: bool,
    pub(crate) text: Option<String>,
    pub(crate) alert: bool,
    pub(crate) url: Option<String>,
}

/// Something that a person's client would show at once.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// Counts all events, so that a page that begins to listen knows whether it missed any since it was drawn.
    pub(crate) serial: u64,
    /// `new_message`, `edited_message`, `deleted_message`, `callback_answered`, `chat_action`, `reaction`, `chat`.
    pub(crate) kind: &'static str,
    pub(crate) place: Place,
    pub(crate) message_id: Option<i64>,
    /// The message as it stands after the change; null for deleted ones.
    pub(crate) message: Option<Value>,
    /// The rest of what is known: the callback's answer, the action.
    pub(crate) detail: Option<Value>,
}

/// What is gone when the process ends.
#[derive(Debug)]
struct Live {
    events: broadcast::Sender<Event>,
    /// Of the last event.
    serial: AtomicU64,
    /// Wakes the long poll of a bot.
    wake: HashMap<i64, Arc<Notify>>,
    /// People who wait for the answer to their press.
    waiting: HashMap<String, oneshot::Sender<Answer>>,
    /// Most messages remembered of a chat.
    keep_messages: usize,
}

/// The emulated service.
#[derive(Debug)]
pub(crate) struct Telegram {
    pub(crate) store: Store,
    live: Live,
}

impl Telegram {
    /// `keep_messages`: most messages remembered of a chat; the oldest are forgotten.
    pub(crate) fn new(store: Store, keep_messages: usize) -> Self {
        let events = broadcast::channel(EVENT_BUFFER).0;
        let serial = AtomicU64::new(0);
        Self { store, live: Live { events, serial, wake: HashMap::new(), waiting: HashMap::new(), keep_messages } }
    }

    /// Milliseconds since the epoch by the emulator's clock.
    pub(crate) fn now_ms(&self) -> i64 {
        self.store.clock.now_ms()
    }

    /// Seconds since the epoch by the emulator's clock, the unit of the Bot API.
    pub(crate) fn now(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.live.events.subscribe()
    }

    /// Number of the last event.
    pub(crate) fn serial(&self) -> u64 {
        self.live.serial.load(Ordering::Relaxed)
    }

    /// The signal that a bot's long poll and its webhook wait on.
    pub(crate) fn wake(&mut self, bot: i64) -> Arc<Notify> {
        self.live.wake.entry(bot).or_default().clone()
    }

    /// Wakes everything that waits for a time by the emulator's clock.
    pub(crate) fn wake_all(&self) {
        self.live.wake.values().for_each(|wake| wake.notify_waiters());
    }

    /// Registers a wait for the answer to a press.
    pub(crate) fn wait_for_answer(&mut self, callback: &str) -> oneshot::Receiver<Answer> {
        let (sender, receiver) = oneshot::channel();
        self.live.waiting.insert(callback.to_owned(), sender);
        receiver
    }

    /// Hands an answer to the person who waits, if anybody still does.
    pub(crate) fn deliver_answer(&mut self, callback: &str, answer: Answer) {
        if let Some(sender) = self.live.waiting.remove(callback) {
            // The person may have gone away; then nobody is shown anything, as in a real client.
            let _ = sender.send(answer);
        }
    }

    /// The person does not wait any longer.
    pub(crate) fn give_up(&mut self, callback: &str) {
        self.live.waiting.remove(callback);
    }

    /// Tells every subscriber; the message is rendered only when somebody listens.
    pub(crate) fn emit(&self, kind: &'static str, place: Place, message_id: Option<i64>, detail: Option<Value>) {
        let serial = self.live.serial.fetch_add(1, Ordering::Relaxed) + 1;
        if self.live.events.receiver_count() == 0 {
            return;
        }
        let message = message_id
            .and_then(|id| self.message(place, id))
            .map(|m| self.message_json(place, m, wire::Reader::Person));
        // Sending fails only when the last subscriber left meanwhile.
        let _ = self.live.events.send(Event { serial, kind, place, message_id, message, detail });
    }
}

/// Maps with composite keys as lists of pairs, since JSON keys are strings.
mod as_list {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::HashMap;
    use std::hash::Hash;

    pub(crate) fn serialize<S, K, V>(map: &HashMap<K, V>, serializer: S) -> Result<S::Ok, S::Error>
    where
        S: Serializer,
        K: Serialize,
        V: Serialize,
    {
        serializer.collect_seq(map.iter())
    }

    pub(crate) fn deserialize<'de, D, K, V>(deserializer: D) -> Result<HashMap<K, V>, D::Error>
    where
        D: Deserializer<'de>,
        K: Deserialize<'de> + Eq + Hash,
        V: Deserialize<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}
