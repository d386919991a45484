//! How far a client was told their site is, and what is said between them and the operators. No IO.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use waas_platform::telegram::outbox::Relayed;
use waas_platform::telegram::{BotId, Event};

/// How clients are spoken to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The house's name, under which operators' messages reach a client; without one it is "our team".
    pub house: Option<String>,
    /// Messages that a client may write without an answer; what comes beyond is not passed on.
    pub most_unanswered: i32,
    /// The shortest time between two moves of a thread's card to the bottom of the operators' chat.
    pub pace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { house: None, most_unanswered: 30, pace: Duration::seconds(60) }
    }
}

/// Pictures and files among the messages that a client may send without an answer.
pub const MOST_FILES: i32 = 10;
/// Characters of one message that are passed on; Telegram allows as many.
pub const MESSAGE_CHARS: usize = 4_096;

/// How far a client was told that their site is. The same words stand in the check of `client_sites.stage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// We have their answers. In: *Submit*. Out: a confirmed plan, *Refuse*.
    Received,
    /// It is being built. In: the first step of a confirmed plan. Out: live, *Refuse*. A plan that is undone and tried again
    /// changes nothing for them.
    Building,
    /// It is live. In: the last step of a plan, or credentials taken over.
    Ready,
    /// We said no. In: *Refuse*.
    Refused,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Received, Self::Building, Self::Ready, Self::Refused];

    /// The word in the database and in layouts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Building => "building",
            Self::Ready => "ready",
            Self::Refused => "refused",
        }
    }

    /// The word read back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.word() == word)
    }

    /// Whether somebody who was told this is to be told `next`: nobody hears the same twice, nor that it went back.
    pub const fn leads_to(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Received, Self::Building | Self::Ready | Self::Refused)
                | (Self::Building, Self::Ready | Self::Refused)
        )
    }
}

/// A site as its client was told of it last.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// The row.
    pub id: Uuid,
    /// The lead that it came from.
    pub lead: Option<Uuid>,
    /// The slug, once it is built.
    pub tenant: Option<String>,
    /// The client, by Telegram id.
    pub person: i64,
    /// The bot they spoke with.
    pub bot: BotId,
    /// What their business is called.
    pub name: String,
    /// Where it is found, once it is built.
    pub address: Option<String>,
    /// How far it is.
    pub stage: Stage,
    /// Why it was refused.
    pub why: Option<String>,
}

/// A conversation between a client and the operators.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    /// Its id.
    pub id: Uuid,
    /// The bot that carries it.
    pub bot: BotId,
    /// The client, by Telegram id.
    pub person: i64,
    /// The lead that the operators asked about.
    pub lead: Option<Uuid>,
    /// Whether it goes on.
    pub open: bool,
    /// Messages of the client since the operators' last answer.
    pub unanswered: i32,
    /// Files among them.
    pub files: i32,
    /// When the operators' card last came to the bottom of their chat.
    pub noticed_at: Option<DateTime<Utc>>,
}

/// One message of a thread.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// When.
    pub at: DateTime<Utc>,
    /// Who wrote it, by Telegram id.
    pub person: i64,
    /// Whether that was the client.
    pub by_client: bool,
    /// What was written.
    pub body: String,
    /// `photo` or `document`, when one came with it.
    pub file: Option<String>,
}

/// What can be passed on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// A text.
    Text(String),
    /// A picture or a file, at Telegram, with what was written below it.
    File(Relayed, String),
}

impl Content {
    /// What somebody sent; `None` for what is not passed on.
    pub fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::Text(text) => Self::Text(text.clone()),
            Event::Contact { phone, .. } => Self::Text(phone.clone()),
            Event::Photo { file_id, caption, .. } => {
                Self::File(Relayed::Photo { file_id: file_id.clone() }, caption.clone().unwrap_or_default())
            }
            Event::Document { file_id, caption, .. } => {
                Self::File(Relayed::Document { file_id: file_id.clone() }, caption.clone().unwrap_or_default())
            }
            _ => return None,
        })
    }

    /// The text, or what was written below the file.
    pub fn body(&self) -> &str {
        match self {
            Self::Text(text) | Self::File(_, text) => text,
        }
    }

    /// The word in `client_messages.file`.
    pub const fn file(&self) -> Option<&'static str> {
        match self {
            Self::Text(_) => None,
            Self::File(Relayed::Photo { .. }, _) => Some("photo"),
            Self::File(Relayed::Document { .. }, _) => Some("document"),
        }
    }
}

/// What became of a client's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is passed on, and is the first since the operators' last answer.
    First,
    /// It is passed on.
    More,
    /// They wrote so much without an answer that this is not passed on; the first of that kind.
    TooMuch,
    /// Another one of that kind.
    StillTooMuch,
}

impl Thread {
    /// What becomes of one more message, and the counts afterwards. One message beyond a limit is counted, so that its
    /// writer is told once.
    pub fn hears(&self, file: bool, most: i32) -> (Heard, i32, i32) {
        let (messages, files) = (self.unanswered, self.files);
        if messages > most || (file && files > MOST_FILES) {
            return (Heard::StillTooMuch, messages, files);
        }
        if messages == most {
            return (Heard::TooMuch, messages + 1, files);
        }
        if file && files == MOST_FILES {
            return (Heard::TooMuch, messages, files + 1);
        }
        let heard = if messages == 0 { Heard::First } else { Heard::More };
        (heard, messages + 1, files + i32::from(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_hears_the_same_twice_nor_that_it_went_back() {
        for stage in Stage::ALL {
            for next in Stage::ALL {
                let forward = next > stage && stage != Stage::Ready;
                assert_eq!(stage.leads_to(next), forward, "{stage:?} to {next:?}");
            }
            assert_eq!(Stage::from_word(stage.word()), Some(stage));
        }
    }

    #[test]
    fn a_flood_is_told_once_and_goes_no_further() {
        let mut thread = Thread {
            id: Uuid::nil(),
            bot: BotId(1),
            person: 1,
            lead: None,
            open: true,
            unanswered: 0,
            files: 0,
            noticed_at: None,
        };
        let mut hear = |file| {
            let (heard, unanswered, files) = thread.hears(file, 12);
            (thread.unanswered, thread.files) = (unanswered, files);
            heard
        };
        assert_eq!(hear(true), Heard::First);
        assert!((0..9).all(|_| hear(true) == Heard::More));
        assert_eq!([hear(true), hear(true)], [Heard::TooMuch, Heard::StillTooMuch], "ten files are enough");
        assert_eq!([hear(false), hear(false)], [Heard::More, Heard::More]);
        assert_eq!([hear(false), hear(false)], [Heard::TooMuch, Heard::StillTooMuch]);
    }
}
