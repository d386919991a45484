//! A lead as a gateway sends it, and the states it goes through. No IO.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;
use waas_platform::intake::{Object, Rejection};

/// The largest lead that is read, unless set otherwise; a larger one is kept as a dead letter. In bytes.
pub const MAX_BYTES: usize = 256 * 1024;

/// A lead that was read and may be stored. `source` and `external_id` together make it one lead, however often it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLead {
    /// The gateway's own id, 1 to 64 characters; the idempotency key within `source`.
    pub external_id: String,
    /// Which gateway sent it, 1 to 253 characters.
    pub source: String,
    /// The person's or the business's name, whole.
    pub name: String,
    /// Kind of business, as the gateway names it.
    pub niche: Option<String>,
    /// Telephone number as it was typed.
    pub phone: Option<String>,
    /// E-mail address as it was typed.
    pub email: Option<String>,
    /// Telegram username, without `@` and without `https://t.me/`.
    pub telegram: Option<String>,
    /// What the person wrote, whole.
    pub message: Option<String>,
    /// Language tag, lower case.
    pub locale: Option<String>,
    /// The domain that the person wishes for, as it was typed.
    pub domain: Option<String>,
    /// Whether the person agreed to be written to with offers; `None`: was not asked.
    pub marketing_consent: Option<bool>,
    /// When the person sent it, by the gateway's clock.
    pub created_at: Option<DateTime<Utc>>,
    /// Everything that was sent, unknown fields included.
    pub raw: Value,
}

impl NewLead {
    /// Reads one lead of at most `max_bytes` from the bytes of a queue item.
    ///
    /// # Errors
    /// The reason in the words of the contract; the caller keeps the bytes as a dead letter.
    pub fn parse(bytes: &[u8], max_bytes: usize) -> Result<Self, Rejection> {
        Self::from_object(Object::read(bytes, max_bytes)?)
    }

    /// Reads one lead from a parsed value, such as one of an array.
    ///
    /// # Errors
    /// As [`NewLead::parse`].
    pub fn from_value(value: Value) -> Result<Self, Rejection> {
        Self::from_object(Object::from_value(value)?)
    }

    fn from_object(lead: Object) -> Result<Self, Rejection> {
        let external_id = text_or_number(&lead, "id", 64)?.ok_or(Rejection::missing("id"))?;
        let source = lead.required_text("source", 253)?;
        let name = lead.required_text("name", usize::MAX)?;
        let phone = text_or_number(&lead, "phone", 64)?;
        let email = lead.text("email", 320)?;
        let telegram = lead.text("telegram", 64)?.and_then(|typed| telegram_username(&typed));
        if phone.is_none() && email.is_none() && telegram.is_none() {
            return Err(Rejection::missing("contact"));
        }
        let consent = lead.object("consent")?;
        Ok(Self {
            external_id,
            source,
            name,
            niche: lead.text("niche", 64)?,
            phone,
            email,
            telegram,
            message: lead.text("message", usize::MAX)?,
            locale: lead.text("locale", 35)?.map(|tag| tag.to_ascii_lowercase()),
            domain: lead.text("domain", 253)?,
            marketing_consent: consent.and_then(|given| given.get("marketing")).and_then(Value::as_bool),
            created_at: lead.time("created_at")?,
            raw: lead.into_value(),
        })
    }
}

/// Gateways send ids and telephone numbers as numbers too; that loses nothing and is no reason to refuse a lead.
fn text_or_number(lead: &Object, field: &'static str, max_chars: usize) -> Result<Option<String>, Rejection> {
    match lead.any(field) {
        Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
        _ => lead.text(field, max_chars),
    }
}

fn telegram_username(typed: &str) -> Option<String> {
    let bare = typed.trim_start_matches("https://").trim_start_matches("http://");
    let bare = bare.trim_start_matches("t.me/").trim_start_matches('@').trim();
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// Where a lead stands. The same words stand in the check of `leads.state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeadState {
    /// Arrived and nobody's. In: the intake; an operator reopens it or gives it back; its operator leaves the team. Out: an
    /// operator.
    New,
    /// An operator said "mine", or was handed it. In: an operator. Out: an operator; its operator leaves the team.
    Taken,
    /// Somebody spoke with the person or promised to, perhaps at a time. In: an operator. Out: an operator; its operator
    /// leaves the team.
    Contacted,
    /// Worth a site. In: an operator. Out: an operator; its operator leaves the team.
    Qualified,
    /// Not for us, with a reason. In: an operator. Out: an operator reopens it.
    Rejected,
    /// Has the link to the onboarding survey. In: an operator; its survey is sent in, wherever it stood. Out: the tenant goes
    /// live, or an operator gives up. When its operator leaves the team it stays, and is nobody's.
    Onboarding,
    /// Has a live site. In: provisioning, when the site is live. Out: nobody.
    Won,
    /// Was worth it and did not come about. In: an operator. Out: an operator reopens it.
    Lost,
}

/// What somebody wants to do with a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadMove {
    /// An operator makes it theirs.
    Take,
    /// An operator spoke with the person, or will.
    CallBack,
    /// An operator finds it worth a site.
    Qualify,
    /// An operator finds it not for us.
    Reject,
    /// An operator asks for the onboarding link.
    Onboard,
    /// Its survey was sent in.
    SendIn,
    /// Its tenant went live.
    Win,
    /// An operator gives up on one that was worth it.
    Lose,
    /// An operator takes a closed one up again.
    Reopen,
    /// Its operator gives it back or leaves.
    Release,
}

impl LeadMove {
    /// The move as the audit and the buttons name it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Take => "lead.take",
            Self::CallBack => "lead.call_back",
            Self::Qualify => "lead.qualify",
            Self::Reject => "lead.reject",
            Self::Onboard => "lead.onboard",
            Self::SendIn => "lead.sent_in",
            Self::Win => "lead.win",
            Self::Lose => "lead.lose",
            Self::Reopen => "lead.reopen",
            Self::Release => "lead.release",
        }
    }

    /// Whether nobody has the lead afterwards.
    pub const fn frees(self) -> bool {
        matches!(self, Self::Reopen | Self::Release)
    }
}

/// A move with what is said to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The move.
    pub wanted: LeadMove,
    /// Why, in a person's words or as one of the reasons that the chat offers.
    pub why: Option<String>,
    /// When somebody will call; with [`LeadMove::CallBack`] only.
    pub call_at: Option<DateTime<Utc>>,
}

impl From<LeadMove> for Wish {
    fn from(wanted: LeadMove) -> Self {
        Self { wanted, why: None, call_at: None }
    }
}

impl LeadMove {
    /// With a reason.
    pub fn because(self, why: Option<String>) -> Wish {
        Wish { why, ..self.into() }
    }
}

/// Reasons that the chat offers for a lead that is closed; each has words in the catalogues.
pub const REASONS: [&str; 5] = ["spam", "no_answer", "budget", "not_ours", "elsewhere"];

/// Why a move changes nothing. Not an error: the person is told the present state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The lead stands where the move leads: somebody was quicker, or pressed twice.
    Already(LeadState),
    /// The move does not begin in this state.
    NotFrom(LeadState),
    /// A request of the lead waits to be built: whose it is must be told when nothing comes of it, which refusing that does.
    Requested(LeadState),
}

impl LeadState {
    /// All states, in the order of a lead's life.
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::Taken,
        Self::Contacted,
        Self::Qualified,
        Self::Rejected,
        Self::Onboarding,
        Self::Won,
        Self::Lost,
    ];

    /// The state as it is stored and shown in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Taken => "taken",
            Self::Contacted => "contacted",
            Self::Qualified => "qualified",
            Self::Rejected => "rejected",
            Self::Onboarding => "onboarding",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    /// The only way from one state to another.
    ///
    /// # Errors
    /// [`Refused`]: the move changes nothing here.
    pub fn after(self, wanted: LeadMove) -> Result<Self, Refused> {
        use LeadState::{Contacted, Lost, New, Onboarding, Qualified, Rejected, Taken, Won};
        let (from, to): (&[Self], Self) = match wanted {
            LeadMove::Take => (&[New], Taken),
            // Once more: another time was promised.
            LeadMove::CallBack => (&[New, Taken, Contacted], Contacted),
            LeadMove::Qualify => (&[New, Taken, Contacted], Qualified),
            LeadMove::Reject => (&[New, Taken, Contacted, Qualified], Rejected),
            LeadMove::Onboard => (&[New, Taken, Contacted, Qualified], Onboarding),
            // Who was given up, or is new again, and then answers all the same: there is something to build.
            LeadMove::SendIn => (&[New, Taken, Contacted, Qualified, Rejected, Lost], Onboarding),
            // From before the onboarding only with a request, of which the state knows nothing.
            LeadMove::Win => (&[New, Taken, Contacted, Qualified, Onboarding], Won),
            LeadMove::Lose => (&[Contacted, Qualified, Onboarding], Lost),
            LeadMove::Reopen => (&[Rejected, Lost], New),
            LeadMove::Release => (&[Taken, Contacted, Qualified], New),
        };
        if from.contains(&self) {
            Ok(to)
        } else if self == to {
            Err(Refused::Already(self))
        } else {
            Err(Refused::NotFrom(self))
        }
    }

    /// Whether a closed lead waits for its reason here.
    pub fn wants_reason(self) -> bool {
        matches!(self, Self::Rejected | Self::Lost)
    }

    /// Whether operators still have something to do here.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Rejected | Self::Won | Self::Lost)
    }
}

impl fmt::Display for LeadState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such lead state: {0}")]
pub struct UnknownState(String);

impl FromStr for LeadState {
    type Err = UnknownState;

    fn from_str(word: &str) -> Result<Self, UnknownState> {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == word);
        known.ok_or_else(|| UnknownState(word.to_owned()))
    }
}

/// How a person names a lead: by its short number or by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadRef {
    /// `12` or `#12`.
    Number(i64),
    /// A whole id.
    Id(Uuid),
}

/// A word that names no lead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no lead: it takes a number such as 12, or an id")]
pub struct NoLeadRef(String);

impl FromStr for LeadRef {
    type Err = NoLeadRef;

    fn from_str(typed: &str) -> Result<Self, NoLeadRef> {
        let bare = typed.trim().trim_start_matches('#');
        let number = bare.parse().ok().filter(|number| *number > 0);
        let id = || Uuid::parse_str(bare).ok().map(Self::Id);
        number.map(Self::Number).or_else(id).ok_or_else(|| NoLeadRef(typed.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn full() -> Value {
        json!({
            "id": "7f0c", "source": "codex-dlc.com", "niche": "beauty_salon", "name": "Anna Weber",
            "phone": "+4930123456", "email": "anna@new-salon.de", "telegram": "@annaweber",
            "message": "Need online booking", "locale": "DE", "domain": "new-salon.de", "answers": {"staff": 3},
            "utm": {"campaign": "autumn"}, "consent": {"privacy": true, "marketing": false},
            "created_at": "2026-11-20T09:00:00Z"
        })
    }

    fn with(field: &str, value: Value) -> Result<NewLead, Rejection> {
        let mut lead = full();
        lead[field] = value;
        NewLead::from_value(lead)
    }

    #[test]
    fn a_full_lead_is_read_and_kept_whole() {
        let lead = NewLead::parse(full().to_string().as_bytes(), MAX_BYTES).expect("a lead");
        assert_eq!((lead.external_id.as_str(), lead.source.as_str()), ("7f0c", "codex-dlc.com"));
        assert_eq!(lead.telegram.as_deref(), Some("annaweber"));
        assert_eq!(lead.locale.as_deref(), Some("de"));
        assert_eq!(lead.marketing_consent, Some(false));
        assert_eq!(lead.raw, full());
    }

    #[test]
    fn what_is_wrong_is_said_in_the_contracts_words() {
        let cases = [
            (with("id", Value::Null), "missing:id"),
            (with("id", json!("x".repeat(65))), "invalid:id"),
            (with("source", json!(" ")), "missing:source"),
            (with("name", json!("")), "missing:name"),
            (with("name", json!(["a"])), "invalid:name"),
            (with("email", json!(5)), "invalid:email"),
            (with("consent", json!("yes")), "invalid:consent"),
            (with("created_at", json!("soon")), "invalid:created_at"),
            (with("answers", json!({"a": "\0"})), "invalid:answers"),
            (NewLead::from_value(json!({"id": "1", "source": "s", "name": "n"})), "missing:contact"),
            (NewLead::from_value(json!({"id": "1", "source": "s", "name": "n", "telegram": "@"})), "missing:contact"),
            (NewLead::parse(b"{not json", MAX_BYTES), "malformed"),
            (NewLead::parse(&vec![b' '; MAX_BYTES + 1], MAX_BYTES), "too_large"),
        ];
        for (read, reason) in cases {
            assert_eq!(read.expect_err(reason).to_string(), reason);
        }
    }

    #[test]
    fn long_and_hostile_text_is_kept_never_refused() {
        let name = format!("<b>&\"{{{{x}}}}{}", "я".repeat(500));
        let lead = with("name", json!(name)).expect("a lead");
        assert_eq!(lead.name, name);
        let message = "m".repeat(100_000);
        assert_eq!(with("message", json!(message)).expect("a lead").message, Some(message));
    }

    #[test]
    fn numbers_serve_as_id_and_telephone() {
        let lead = NewLead::from_value(json!({"id": 7, "source": "s", "name": "n", "phone": 4930123456_u64}));
        let lead = lead.expect("a lead");
        assert_eq!((lead.external_id.as_str(), lead.phone.as_deref()), ("7", Some("4930123456")));
    }

    #[test]
    fn the_usual_way_leads_to_won() {
        use LeadMove::{CallBack, Onboard, Qualify, Take, Win};
        let mut state = LeadState::New;
        for wanted in [Take, CallBack, Qualify, Onboard, Win] {
            state = state.after(wanted).expect("a legal move");
        }
        assert_eq!(state, LeadState::Won);
    }

    #[test]
    fn a_second_press_is_told_what_stands() {
        assert_eq!(LeadState::Taken.after(LeadMove::Take), Err(Refused::Already(LeadState::Taken)));
        assert_eq!(LeadState::Won.after(LeadMove::Reject), Err(Refused::NotFrom(LeadState::Won)));
        assert_eq!(LeadState::Onboarding.after(LeadMove::Take), Err(Refused::NotFrom(LeadState::Onboarding)));
    }

    #[test]
    fn a_lead_is_named_by_number_or_id() {
        assert_eq!("#12".parse(), Ok(LeadRef::Number(12)));
        let id = Uuid::from_u128(7);
        assert_eq!(id.to_string().parse(), Ok(LeadRef::Id(id)));
        for wrong in ["", "0", "-3", "anna", "99999999999999999999"] {
            assert!(wrong.parse::<LeadRef>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_database_knows_the_same_states() {
        let words: Vec<String> = LeadState::ALL.iter().map(|state| format!("'{state}'")).collect();
        let check = format!("check (state in ({}))", words.join(", "));
        assert!(include_str!("../../migrations/0004_leads.sql").contains(&check), "{check}");
        for state in LeadState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_parser(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = NewLead::parse(&bytes, MAX_BYTES);
        }
    }
}
