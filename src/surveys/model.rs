//! The nouns of surveys: invitations, their states and the legal moves.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

/// How surveys behave.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a link works, from the invitation on.
    pub link_ttl: Duration,
    /// Whether there is a mail server that brings links to people who are not at Telegram.
    pub by_mail: bool,
}

/// A wish to ask somebody.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// The definition's name (`onboarding`).
    pub dialogue: String,
    /// Whom it is about; surveys do not know what that is.
    pub subject: Uuid,
    /// The language to ask in while the person's own is not known: a language tag.
    pub locale: String,
    /// What can be offered as answers, by the names that steps have as `prefill` (`lead.phone`).
    pub known: BTreeMap<String, String>,
}

/// A living link into a survey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The survey's id.
    pub id: Uuid,
    /// What stands behind `?start=` in the deep link: `onb_TOKEN`. Whoever opens it first owns the survey.
    pub payload: String,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

/// Where a survey stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    /// The link exists, nobody opened it. In: an invitation. Out: begun, expired.
    Invited,
    /// Somebody answers. In: the first opening, or opening again after a cancel. Out: submitted, cancelled, expired.
    Active,
    /// Sent in. In: *Submit*. Out: nothing.
    Submitted,
    /// Broken off and forgotten. In: *Throw away*, or *Cancel* while there is no answer. Out: begun afresh by the same link, expired.
    Cancelled,
    /// The link's time is over. In: time. Out: nothing.
    Expired,
}

/// What happens to a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// The person opens the link and gets the first question.
    Begin,
    /// The person sends it in.
    Submit,
    /// The person breaks it off.
    Cancel,
    /// The link's time is over.
    Expire,
}

impl State {
    /// The word stored in `survey_sessions.state`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Submitted => "submitted",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// The state after a move; `None` when the move is not legal here.
    pub const fn after(self, happens: Move) -> Option<Self> {
        match (self, happens) {
            (Self::Invited | Self::Cancelled, Move::Begin) => Some(Self::Active),
            (Self::Active, Move::Submit) => Some(Self::Submitted),
            (Self::Active, Move::Cancel) => Some(Self::Cancelled),
            (Self::Invited | Self::Active | Self::Cancelled, Move::Expire) => Some(Self::Expired),
            _ => None,
        }
    }
}
