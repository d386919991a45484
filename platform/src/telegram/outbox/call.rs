//! What a row of the outbox says that draws no card.

use serde::{Deserialize, Serialize};

use super::Relayed;
use crate::render::Html;
use crate::telegram::Topic;
use crate::telegram::buttons::Keyboard;
use crate::telegram::cards::Replied;

/// A call that is not a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub(crate) enum Call {
    Say {
        topic: Option<Topic>,
        html: Html,
        keyboard: Keyboard,
        ask_contact: Option<String>,
        /// The field for an answer opens.
        #[serde(default)]
        ask_reply: bool,
    },
    /// Pages that came to more than a chat can take, named in one message; as long as it waits more are added.
    Digest {
        topic: Option<Topic>,
        names: Vec<String>,
        html: Html,
    },
    /// A text that is sealed while it waits and deleted from the chat some time after it was sent.
    Whisper {
        sealed: String,
        delete_after_s: u64,
    },
    Document {
        topic: Option<Topic>,
        name: String,
        text: String,
        /// The message that it belongs to.
        #[serde(default)]
        reply_to: Option<i64>,
        /// The card that a reply to it is a reply to.
        #[serde(default)]
        about: Option<Replied>,
    },
    /// A picture or file that is at Telegram already, with a few words below it.
    Relay {
        topic: Option<Topic>,
        file: Relayed,
        caption: Html,
        /// The card that a reply to it is a reply to.
        #[serde(default)]
        about: Option<Replied>,
    },
    /// A picture that was drawn here, with a few words below it; its bytes wait beside the row.
    Picture {
        topic: Option<Topic>,
        caption: Html,
    },
    /// Another text in place of a message that is no card any more; its buttons go.
    Rewrite {
        message_id: i64,
        html: Html,
    },
    AnswerCallback {
        id: String,
        text: Option<String>,
        alert: bool,
    },
    StripKeyboard {
        message_id: i64,
    },
    Delete {
        message_id: i64,
    },
    SetCommands {
        scope_chat: Option<i64>,
        /// Only for this person there.
        #[serde(default)]
        scope_member: Option<i64>,
        #[serde(default)]
        language: Option<String>,
        commands: Vec<(String, String)>,
    },
}

impl Call {
    /// The card to which what is sent belongs.
    pub(crate) fn about(&self) -> Option<&Replied> {
        match self {
            Self::Document { about, .. } | Self::Relay { about, .. } => about.as_ref(),
            _ => None,
        }
    }
}
