//! People and the Bot API's `User`.

use serde::{Deserialize, Serialize};

/// The Bot API's `User` object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) is_bot: bool,
    pub(crate) first_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) language_code: Option<String>,
}

/// Somebody with a telephone and a client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Person {
    #[serde(flatten)]
    pub(crate) user: User,
    /// Without plus sign, as Telegram gives it in a shared contact.
    pub(crate) phone_number: String,
    /// The account was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) deactivated: bool,
}

impl User {
    /// First and last name as clients show them.
    pub(crate) fn full_name(&self) -> String {
        match &self.last_name {
            Some(last) => format!("{} {last}", self.first_name),
            None => self.first_name.clone(),
        }
    }
}

/// Whether a word may be a username: 4 to 32 of letters, digits and `_`, beginning with a letter.
pub(crate) fn is_username(name: &str) -> bool {
    (4..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
