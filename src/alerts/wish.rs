//! What is wanted of incidents and by whom, and how such a wish ends. No IO.

use chrono::Duration;
use uuid::Uuid;

use super::Incident;
use super::model::{Actor, Refused};
use crate::audit;

/// Somebody who does something with an incident: as the audit knows them and as the card names them.
#[derive(Clone, Debug)]
pub struct Person {
    /// For the audit.
    pub actor: audit::Actor,
    /// The name that is shown.
    pub name: String,
}

impl Person {
    pub(super) fn on_card(&self) -> Actor {
        let id = match self.actor {
            audit::Actor::Person(id) => Some(id),
            audit::Actor::Terminal(_) | audit::Actor::System(_) => None,
        };
        Actor { id, name: self.name.clone() }
    }
}

/// What somebody wants done with an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// "I have it", for the setting's time or another.
    Ack(Option<Duration>),
    /// "Somebody else may have it."
    Unack,
    /// "Do not disturb", for the setting's time or another, and why.
    Silence(Option<Duration>, Option<String>),
    /// "Do disturb."
    Unsilence,
    /// "It is over."
    Resolve,
}

impl Verb {
    /// The word in the audit.
    pub(super) const fn act(&self) -> &'static str {
        match self {
            Self::Ack(_) => "alert.ack",
            Self::Unack => "alert.unack",
            Self::Silence(..) => "alert.silence",
            Self::Unsilence => "alert.unsilence",
            Self::Resolve => "alert.resolve",
        }
    }
}

/// How a wish ended.
#[derive(Clone, Debug)]
pub enum Acted {
    /// It took place; the incident as it stands now.
    Done(Incident),
    /// It changes nothing here; the incident as it stands, and why.
    Refused(Incident, Refused),
    /// There is no such incident.
    NotFound,
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It began an incident.
    Opened(Uuid),
    /// It belongs to an open one, which goes on or is over now.
    Continued(Uuid),
    /// It repeats what is over, or ends what is not open.
    Stale,
}

/// How an incident is named: its id, or the short number that people type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The id.
    Id(Uuid),
    /// The number.
    Number(i64),
}

impl std::str::FromStr for Name {
    type Err = NoName;

    fn from_str(text: &str) -> Result<Self, NoName> {
        let text = text.trim().trim_start_matches('#');
        text.parse().map(Self::Number).or_else(|_| text.parse().map(Self::Id)).map_err(|_| NoName)
    }
}

/// The text names no alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an alert is named by its number, like 12, or by its id")]
pub struct NoName;
