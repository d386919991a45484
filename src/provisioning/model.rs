//! What is wanted, and the states of requests. No IO.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::inputs::Inputs;
use crate::tenants::Slug;

/// Everything that a tenant is to be: what a plan shows and a saga builds. Secret inputs stand in it sealed only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The template's name.
    pub template: String,
    /// The tenant's name.
    pub slug: Slug,
    /// Its host name, as stored (punycode).
    pub domain: String,
    /// Its language.
    pub locale: String,
    /// Its time zone.
    pub timezone: String,
    /// A key of the template's sizes.
    pub size: String,
    /// Open inputs.
    pub inputs: Inputs,
    /// Secret inputs: base64 of what is sealed for `input:<slug>:<name>`.
    #[serde(default)]
    pub sealed_inputs: BTreeMap<String, String>,
    /// File inputs: the chat's id of each file that is fetched.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// The request it answers.
    pub request: Option<Uuid>,
    /// The lead it comes from.
    pub lead: Option<Uuid>,
    /// The client, when known.
    pub client: Option<i64>,
    /// The port on loopback, chosen when the plan was made.
    pub port: u16,
}

/// What a client asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its id.
    pub id: Uuid,
    /// The lead it came from.
    pub lead: Option<Uuid>,
    /// Who asked.
    pub client: Option<i64>,
    /// Bare answers by step.
    pub answers: serde_json::Map<String, Value>,
    /// The language they answered in.
    pub locale: String,
    /// Proposed, or as an operator changed it.
    pub slug: String,
    /// Proposed, or as an operator changed it.
    pub domain: String,
    /// Where it stands.
    pub state: RequestState,
}

/// Where a request stands. The same words stand in the check of `tenant_requests.state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// Nobody confirmed a plan yet. In: submit, an undone saga. Out: a confirmed plan, refuse.
    Open,
    /// A saga builds it. In: a confirmed plan. Out: the saga.
    Provisioning,
    /// Its tenant is live. In: the saga's last step.
    Done,
    /// An operator said no.
    Refused,
}

impl RequestState {
    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Provisioning => "provisioning",
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }

    /// The word read back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Provisioning, Self::Done, Self::Refused].into_iter().find(|state| state.word() == word)
    }
}

/// Where a plan stands. The same words stand in the check of `plans.state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanState {
    /// Shown, may be confirmed.
    Open,
    /// A saga follows it.
    Confirmed,
    /// Put aside.
    Cancelled,
}

impl PlanState {
    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The word read back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Confirmed, Self::Cancelled].into_iter().find(|state| state.word() == word)
    }
}
