//! Where messages stand: private chats and groups.

use super::forum::{General, Topic};
use super::message::Message;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Place {
    /// The private chat of a person with a bot.
    Private {
        /// Id of the bot.
        bot: i64,
        /// Id of the person, which is the chat's id in the Bot API.
        person: i64,
    },
    /// A group, by its (negative) chat id.
    Group {
        /// Id in the Bot API.
        group: i64,
    },
}

impl Place {
    /// The chat's id in the Bot API.
    pub(crate) fn chat_id(self) -> i64 {
        match self {
            Self::Private { person, .. } => person,
            Self::Group { group } => group,
        }
    }
}

/// Whether a person lets a bot write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Permission {
    /// The person has written; the bot may write. Entered by any message, from `Blocked` by `/start`.
    Open,
    /// The person blocked the bot. Entered by blocking, left by unblocking or `/start`.
    Blocked,
}

/// A private chat; it exists from the person's first message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Conversation {
    pub(crate) permission: Permission,
    pub(crate) messages: BTreeMap<i64, Message>,
}

/// What a group member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    Creator,
    Administrator,
    Member,
    Left,
    Kicked,
}

impl Standing {
    /// Whether somebody of this standing is in the group.
    pub(crate) fn is_inside(self) -> bool {
        !matches!(self, Self::Left | Self::Kicked)
    }

    pub(crate) fn is_admin(self) -> bool {
        matches!(self, Self::Creator | Self::Administrator)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Creator => "creator",
            Self::Administrator => "administrator",
            Self::Member => "member",
            Self::Left => "left",
            Self::Kicked => "kicked",
        }
    }
}

/// The two kinds of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GroupKind {
    Group,
    Supergroup,
}

impl GroupKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Supergroup => "supergroup",
        }
    }
}

/// A group of people and bots.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: i64,
    pub(crate) kind: GroupKind,
    pub(crate) title: String,
    pub(crate) is_forum: bool,
    /// People and bots that are or were members.
    pub(crate) members: BTreeMap<i64, Standing>,
    pub(crate) next_message_id: i64,
    pub(crate) messages: BTreeMap<i64, Message>,
    /// Topics of a forum but General, by the id of the message that opened each.
    #[serde(default)]
    pub(crate) topics: BTreeMap<i64, Topic>,
    #[serde(default)]
    pub(crate) general: General,
    /// What became of a group that is no more.
    #[serde(default)]
    pub(crate) ended: Option<End>,
}

/// How a group ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    /// It goes on as the supergroup of that id.
    MigratedTo(i64),
    Deleted,
}

impl Group {
    /// How somebody stands to the group; strangers have left it.
    pub(crate) fn standing(&self, id: i64) -> Standing {
        self.members.get(&id).copied().unwrap_or(Standing::Left)
    }
}
