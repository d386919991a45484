//! Bots: tokens, command menus, and the queue of updates that each has not confirmed.

use super::person::User;
use super::update::{Queue, UpdateKind};
use super::webhook::Webhook;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A bot account.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Bot {
    pub(crate) user: User,
    pub(crate) token: String,
    /// Group privacy mode: without it the bot reads everything said in its groups.
    pub(crate) privacy: bool,
    pub(crate) queue: Queue,
    /// Who takes the updates, when the bot does not poll.
    #[serde(default)]
    pub(crate) webhook: Option<Webhook>,
    /// Kinds of updates that are queued at all.
    pub(crate) allowed: BTreeSet<UpdateKind>,
    /// Command lists by scope and language.
    #[serde(with = "commands_as_list")]
    pub(crate) commands: BTreeMap<(Scope, String), Vec<Command>>,
    /// Message ids of private chats count through all of a bot's chats.
    pub(crate) next_message_id: i64,
    /// Grows with each long poll, so that the earlier one sees that it was replaced.
    #[serde(skip)]
    pub(crate) poll: u64,
    /// When the webhook was last changed, in milliseconds.
    #[serde(skip)]
    pub(crate) webhook_changed_ms: Option<i64>,
    /// Offset and start, in milliseconds, of the last poll.
    #[serde(skip)]
    pub(crate) last_poll: Option<(i64, i64)>,
}

/// One row of a command menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Command {
    pub(crate) command: String,
    pub(crate) description: String,
}

/// Whom a command list is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Scope {
    Default,
    AllPrivateChats,
    AllGroupChats,
    AllChatAdministrators,
    Chat { chat_id: i64 },
    ChatAdministrators { chat_id: i64 },
    ChatMember { chat_id: i64, user_id: i64 },
}

impl Bot {
    pub(crate) fn new(user: User, token: String) -> Self {
        Self {
            user,
            token,
            privacy: true,
            queue: Queue::default(),
            webhook: None,
            allowed: UpdateKind::default_set(),
            commands: BTreeMap::new(),
            next_message_id: 1,
            poll: 0,
            webhook_changed_ms: None,
            last_poll: None,
        }
    }

    pub(crate) fn username(&self) -> &str {
        // Every bot gets a username when it is registered; the fallback only keeps the type total.
        self.user.username.as_deref().unwrap_or_default()
    }

    /// The menu that a person sees: the first list from the narrowest scope to the widest, in their language or in none.
    pub(crate) fn menu(&self, scopes: &[Scope], language: &str) -> &[Command] {
        scopes
            .iter()
            .flat_map(|scope| [(scope.clone(), language.to_owned()), (scope.clone(), String::new())])
            .find_map(|key| self.commands.get(&key))
            .map_or(&[], Vec::as_slice)
    }
}

/// Parts of a token: the bot's id and its secret; `None` when the form is wrong.
pub(crate) fn parse_token(token: &str) -> Option<i64> {
    let (id, secret) = token.split_once(':')?;
    let plain = |s: &str| s.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let well_formed = token.len() <= 80
        && !id.starts_with('0')
        && id.chars().all(|c| c.is_ascii_digit())
        && !secret.is_empty()
        && plain(secret);
    if !well_formed {
        return None;
    }
    id.parse().ok().filter(|&id: &i64| id > 0 && id < 1 << 52)
}

mod commands_as_list {
    use super::{Command, Scope};
    use serde::{Deserialize, Deserializer, Serializer};
    use std::collections::BTreeMap;

    type Lists = BTreeMap<(Scope, String), Vec<Command>>;

    pub(crate) fn serialize<S: Serializer>(map: &Lists, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map.iter())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Lists, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_an_id_and_a_secret() {
        assert_eq!(parse_token("123:abc_-D"), Some(123));
        for bad in ["", "123", "abc:def", "0:abc", "1:", "1:a b", "-5:abc", ":abc"] {
            assert_eq!(parse_token(bad), None, "{bad}");
        }
        assert_eq!(parse_token(&format!("1:{}", "a".repeat(80))), None);
    }
}
