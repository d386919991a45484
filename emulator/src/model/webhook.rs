//! Where a bot wants its updates to be posted.

use serde::{Deserialize, Serialize};

/// A bot's webhook and how it has been doing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    /// Sent along in `X-Telegram-Bot-Api-Secret-Token`.
    pub(crate) secret: Option<String>,
    /// Most deliveries at the same time.
    pub(crate) max_connections: usize,
    /// The last delivery that failed.
    pub(crate) last_error: Option<Mishap>,
    /// Since when, in seconds, the receiver answers 410 and nothing else.
    pub(crate) gone_since: Option<i64>,
}

impl Webhook {
    /// Whether setting the other one would change nothing.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.url == other.url && self.secret == other.secret && self.max_connections == other.max_connections
    }
}

/// A failed delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Mishap {
    /// Seconds since the epoch.
    pub(crate) date: i64,
    /// In the words of `getWebhookInfo`.
    pub(crate) message: String,
}
