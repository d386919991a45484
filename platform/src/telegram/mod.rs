//! Telegram in and out, and nothing of what is said.
//!
//! In: [`poller`] or [`webhook`] stores every update raw in the [`inbox`] before it is confirmed; [`turn`] works them off,
//! in order within a conversation and side by side across them, each in one transaction; [`presses`] sees to it that no
//! spinner waits for a slow one. Out: handlers never call Telegram; they
//! put [`cards`], messages and callback answers into the [`outbox`] of that transaction, and one [`sender`] a bot, held
//! by a lease, brings them out within Telegram's [`limits`].
//!
//! teloxide gives the types and the request payloads; its dispatcher, dialogue storage and throttle are not used, since
//! they lose updates on a kill, freeze the whole bot on one 429 and cannot order across replicas.

pub mod api;
pub mod buttons;
pub mod cards;
mod chats;
mod claims;
mod dispatch;
pub mod inbox;
pub mod incoming;
pub mod limits;
pub mod outbox;
pub mod poller;
pub mod presses;
pub mod prompts;
pub mod reach;
pub mod sender;
pub mod topics;
pub mod turn;
pub mod view;
pub mod webhook;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use api::{Api, ApiError, Failure};
pub use incoming::{Event, Group, Incoming, Person, Press};
pub use outbox::Priority;
pub use reach::Reach;
pub use sender::Delivery;
pub use turn::Turn;
pub use view::{Button, View};

/// dptree, so that capabilities can hang their branches into the menu without naming the crate themselves.
pub use dptree;

/// The Postgres channels that [`Turns`](turn::Turns) and [`Sending`](sender::Sending) are woken by.
pub const SIGNALS: [&str; 2] = [inbox::WAKE, outbox::WAKE];

/// A bot's numeric id: the part of its token before the colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BotId(pub i64);

impl BotId {
    /// The id as a token tells it; `None` when the token has no number before a colon.
    pub fn of_token(token: &str) -> Option<Self> {
        token.split_once(':')?.0.parse().ok().map(Self)
    }
}

/// Who the bot is, as `getMe` told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotIdentity {
    /// Its numeric id.
    pub id: BotId,
    /// Its username without `@`.
    pub username: String,
}

impl BotIdentity {
    /// The deep link that sends `/start payload`; a payload is at most 64 characters of `A-Za-z0-9_-`.
    pub fn deep_link(&self, payload: &str) -> String {
        format!("https://t.me/{}?start={payload}", self.username)
    }
}

/// Where a message stands: a chat and, in a forum, a topic of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The bot that speaks there.
    pub bot: BotId,
    /// The chat's id; equal to the person's id in a private chat.
    pub chat: i64,
    /// The forum topic; `None` in a private chat, a plain group, and the General topic.
    pub topic: Option<Topic>,
}

/// A topic of a forum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Topic {
    /// One that stands there, by the id of its thread.
    Thread(i64),
    /// One that the bot keeps ([`topics`]), whether it stands there already or not.
    Kept {
        /// The id of its row.
        kept: i64,
    },
}

impl Topic {
    /// The thread, of a topic that the bot does not keep.
    pub(crate) fn thread(self) -> Option<i64> {
        match self {
            Self::Thread(id) => Some(id),
            Self::Kept { .. } => None,
        }
    }

    /// The row, of a topic that the bot keeps.
    pub(crate) fn kept(self) -> Option<i64> {
        match self {
            Self::Thread(_) => None,
            Self::Kept { kept } => Some(kept),
        }
    }

    /// As it is stored beside a card: where it belongs, else where it stands.
    pub(crate) fn stored(kept: Option<i64>, thread: Option<i64>) -> Option<Self> {
        kept.map(|kept| Self::Kept { kept }).or(thread.map(Self::Thread))
    }
}

impl Place {
    /// The private chat of a person.
    pub const fn private(bot: BotId, person: i64) -> Self {
        Self { bot, chat: person, topic: None }
    }
}

/// Everything about Telegram that behaviour depends on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Base of the Bot API server, without a trailing slash.
    pub api_url: String,
    /// How long one `getUpdates` waits on the server for something new.
    pub poll_timeout: Duration,
    /// Time allowed for any other call; files get four times as much.
    pub call_timeout: Duration,
    /// Messages a second over all chats.
    pub global_per_s: u32,
    /// Messages a second in one chat.
    pub chat_per_s: u32,
    /// As many may go to one chat at once after a pause.
    pub chat_burst: u32,
    /// Messages a minute in one group, all its topics together.
    pub group_per_min: u32,
    /// Turns that run side by side.
    pub turn_workers: usize,
    /// How long one turn may take before it is rolled back and tried again.
    pub turn_deadline: Duration,
    /// How often a turn is tried before it is a dead letter.
    pub turn_attempts: i32,
    /// The pause after a turn's first failure; it doubles with each, up to a minute.
    pub turn_backoff: Duration,
    /// How long a press waits for its turn's own answer before an empty one stops the spinner.
    pub answer_within: Duration,
    /// How often a message with an unknown outcome is sent before it is a dead letter. One that certainly did not go out is
    /// tried for ever.
    pub send_attempts: i32,
    /// The pause after a message's first failure; it doubles with each, up to 32 times as long.
    pub send_backoff: Duration,
    /// How often it is looked for rows that are marked as in flight and are in nobody's hand. Five seconds are added by a
    /// sender that has nothing to do.
    pub strays: Duration,
    /// How long a card that ticks rests between two edits in a group.
    pub progress_pause: Duration,
    /// How long finished updates are kept, so that a repeated one is known.
    pub inbox_kept: Duration,
    /// Life of the leases that say which replica polls and which sends.
    pub lease: Duration,
}

impl Default for Settings {
    /// As the settings of the hub are by default.
    fn default() -> Self {
        Self {
            api_url: "https://api.telegram.org".to_owned(),
            poll_timeout: Duration::from_secs(25),
            call_timeout: Duration::from_secs(30),
            global_per_s: 30,
            chat_per_s: 1,
            chat_burst: 3,
            group_per_min: 20,
            turn_workers: 8,
            turn_deadline: Duration::from_secs(10),
            turn_attempts: 5,
            turn_backoff: Duration::from_millis(500),
            answer_within: Duration::from_millis(600),
            send_attempts: 10,
            send_backoff: Duration::from_millis(500),
            strays: Duration::from_secs(50),
            progress_pause: Duration::from_secs(10),
            inbox_kept: Duration::from_secs(48 * 3600),
            lease: Duration::from_secs(10),
        }
    }
}
