//! A stored message: its content and its keyboard.

use super::service::Service;
use crate::markup::Keyboard;
use crate::text::FormattedText;
use serde::{Deserialize, Serialize};

/// A message as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: i64,
    /// Id of the person or bot who sent it.
    pub(crate) from: i64,
    /// Seconds since the epoch.
    pub(crate) date: i64,
    pub(crate) edit_date: Option<i64>,
    pub(crate) topic: Option<i64>,
    pub(crate) reply_to: Option<i64>,
    pub(crate) content: Content,
    pub(crate) keyboard: Option<Keyboard>,
    /// Emoji by who put it there.
    pub(crate) reactions: Vec<(i64, String)>,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    Text(FormattedText),
    Photo {
        /// Smallest first; the last is the original.
        sizes: Vec<PhotoSize>,
        caption: FormattedText,
    },
    Document {
        document: Document,
        caption: FormattedText,
    },
    Contact(Contact),
    Location(Location),
    /// Telegram tells what happened.
    Service(Service),
}

impl Content {
    /// The text or caption, where there is one.
    pub(crate) fn text(&self) -> Option<&FormattedText> {
        match self {
            Self::Text(text) => Some(text),
            Self::Photo { caption, .. } | Self::Document { caption, .. } => Some(caption),
            _ => None,
        }
    }

    /// Whether Telegram itself wrote it.
    pub(crate) fn is_service(&self) -> bool {
        matches!(self, Self::Service(_))
    }
}

/// One size of a photo; the emulator does not scale, so all sizes serve the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PhotoSize {
    pub(crate) file_id: String,
    pub(crate) file_unique_id: String,
    pub(crate) file_size: usize,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// The Bot API's `Document`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) file_id: String,
    pub(crate) file_unique_id: String,
    pub(crate) file_size: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) file_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mime_type: Option<String>,
}

/// The Bot API's `Contact`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contact {
    pub(crate) phone_number: String,
    pub(crate) first_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_name: Option<String>,
    /// Set when the contact has a Telegram account; the sender's own id when they shared themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<i64>,
}

/// The Bot API's `Location`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Location {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
}
