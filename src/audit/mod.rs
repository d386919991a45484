//! Who did what, when, from where, with what outcome.
//!
//! A row is written in the transaction of the act, so that neither stands without the other. This capability knows no
//! other; everybody may call it.

mod store;

use serde_json::Value;
use waas_platform::db::PgConnection;

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person in a chat, by numeric id.
    Person(i64),
    /// Somebody at the server's terminal, by login name.
    Terminal(String),
    /// A part of the hub that acts by itself.
    System(&'static str),
}

impl Actor {
    /// The words stored in `audit.actor_kind` and `audit.actor`.
    fn words(&self) -> (&'static str, String) {
        match self {
            Self::Person(id) => ("person", id.to_string()),
            Self::Terminal(login) => ("terminal", login.clone()),
            Self::System(part) => ("system", (*part).to_owned()),
        }
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, who) = self.words();
        write!(f, "{kind}:{who}")
    }
}

/// How the act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It took place.
    Done,
    /// Rights, state or a conflict forbade it.
    Refused,
    /// It was tried and went wrong.
    Failed,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// One line of the audit.
#[derive(Clone, Debug)]
pub struct Act<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// What, as `capability.verb`.
    pub act: &'static str,
    /// On what, as `kind:id`.
    pub subject: String,
    /// From which chat, if from one.
    pub chat: Option<i64>,
    /// How it ended.
    pub outcome: Outcome,
    /// What else a reader will want; never a secret.
    pub detail: Value,
}

impl<'a> Act<'a> {
    /// An act that took place.
    pub fn done(actor: &'a Actor, act: &'static str, subject: impl Into<String>) -> Self {
        Self { actor, act, subject: subject.into(), chat: None, outcome: Outcome::Done, detail: Value::Null }
    }

    /// An act that was refused.
    pub fn refused(actor: &'a Actor, act: &'static str, subject: impl Into<String>) -> Self {
        Self { outcome: Outcome::Refused, ..Self::done(actor, act, subject) }
    }

    /// Says from which chat.
    #[must_use]
    pub fn from_chat(mut self, chat: Option<i64>) -> Self {
        self.chat = chat;
        self
    }

    /// Adds what a reader will want to know.
    #[must_use]
    pub fn detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }

    /// Writes the row.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn record(self, conn: &mut PgConnection) -> sqlx::Result<()> {
        store::insert(conn, &self).await
    }
}
