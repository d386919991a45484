//! Who did what, when, from where, with what outcome.
//!
//! A row is written in the transaction of the act, so that neither stands without the other, and becomes part of a chain
//! afterwards ([`Chain`]). It holds ids and words of ours, no texts that people wrote: it is never changed, so nothing in it
//! could be forgotten. This capability knows no other; everybody may call it.

mod chain;
mod store;
pub mod work;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use waas_platform::db::PgConnection;

pub use chain::{Broken, Chain, Fault, Head, NoHead, Verified};

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

/// The setting of a transaction that holds the chat which it was heard in; for who has a statement to spare it in.
pub const HEARD_IN: &str = "hub.chat";

/// What this transaction audits from here on came from that chat, unless an act says otherwise.
///
/// # Errors
/// The database refuses.
pub async fn heard_in(conn: &mut PgConnection, chat: i64) -> sqlx::Result<()> {
    store::heard_in(conn, chat).await
}

/// An entry as it is read back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Its number; later ones are greater, mostly.
    pub id: i64,
    /// When the transaction of the act began.
    pub at: DateTime<Utc>,
    /// `person`, `terminal` or `system`.
    pub actor_kind: String,
    /// The numeric id, the login name, or the part of the hub.
    pub actor: String,
    /// What, as `capability.verb`.
    pub act: String,
    /// On what, as `kind:id`.
    pub subject: String,
    /// From which chat, if from one.
    pub chat_id: Option<i64>,
    /// `done`, `refused` or `failed`.
    pub outcome: String,
    /// What else was kept.
    pub detail: Value,
    /// Its place in the chain; none before it is linked.
    pub position: Option<i64>,
}

/// Which entries; nothing said is nothing left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// By this actor: the id, the login name, or the part.
    pub actor: Option<String>,
    /// On one of these subjects.
    pub subjects: Option<Vec<String>>,
    /// This act alone.
    pub act: Option<String>,
    /// Not older than this.
    pub since: Option<DateTime<Utc>>,
}

/// The kinds of subjects whose ids people name.
const NAMED_KINDS: [&str; 9] =
    ["tenant", "lead", "person", "alert", "survey", "gateway", "plan", "dead_letter", "credentials"];

impl Filter {
    /// About what is called so: a whole subject (`tenant:new_salon`), or its id alone.
    #[must_use]
    pub fn about(mut self, named: &str) -> Self {
        let subjects = if named.contains(':') {
            vec![named.to_owned()]
        } else {
            NAMED_KINDS.iter().map(|kind| format!("{kind}:{named}")).collect()
        };
        self.subjects = Some(subjects);
        self
    }

    /// About this whole subject as well.
    #[must_use]
    pub fn and(mut self, subject: Option<String>) -> Self {
        self.subjects.get_or_insert_default().extend(subject);
        self
    }
}

/// Entries that fit, newest first; before the one with this id.
///
/// # Errors
/// The database refuses.
pub async fn page(
    conn: &mut PgConnection,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Entry>> {
    store::page(conn, filter, before, limit).await
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
