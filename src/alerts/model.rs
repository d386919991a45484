//! The incident: its status, its legal moves, its timeline. No IO.
//!
//! What is stored are facts (resolved when, acknowledged by whom until when, silenced until when); the status follows from
//! them and the time, so that a lease that runs out needs nobody to write it down.

use chrono::{DateTime, Utc};

use super::notice::{Notice, Says, Severity};

/// Where an incident stands: the first that holds of resolved, silenced, acked, firing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nobody has it. In: a firing notice, or a lease or silence that ran out or was taken back. Out: any move.
    Firing,
    /// Somebody has it until their lease ends. In: *Ack*. Out: *Unack*, the lease's end, *Silence*, a resolve.
    Acked,
    /// It may not disturb until the silence ends. In: *Silence*. Out: *Unsilence*, the silence's end, a resolve.
    Silenced,
    /// It is over for good; a later firing is another incident. In: the source, or *Resolve*. Out: nobody.
    Resolved,
}

impl Status {
    /// The status as it is shown in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Acked => "acked",
            Self::Silenced => "silenced",
            Self::Resolved => "resolved",
        }
    }
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Telegram id; `None`: not a person in Telegram (the command line, the source itself).
    pub id: Option<i64>,
    /// The name that is shown.
    pub name: String,
}

/// Somebody has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Who.
    pub by: Actor,
    /// Since when.
    pub at: DateTime<Utc>,
    /// Until when, unless renewed; `None`: until it is resolved.
    pub until: Option<DateTime<Utc>>,
}

/// It may not disturb. A silence outlives the incident: the next of the same fingerprint is born with what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Who.
    pub by: Actor,
    /// Since when.
    pub at: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
    /// Why, where somebody said so.
    pub reason: Option<String>,
}

/// The moving parts of one incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// How bad, as the last firing notice said.
    pub severity: Severity,
    /// Firing notices, the first included.
    pub count: u64,
    /// Since when.
    pub starts_at: DateTime<Utc>,
    /// Until when; set exactly when it is resolved.
    pub ends_at: Option<DateTime<Utc>>,
    /// When the hub learned that it is over.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The last acknowledgement, run out or not.
    pub ack: Option<Ack>,
    /// The last silence, run out or not.
    pub silence: Option<Silence>,
}

/// What somebody wants to do with an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// The source says again that it is wrong, and how bad.
    Fire {
        /// The severity of this notice.
        severity: Severity,
    },
    /// A person has it, until their lease ends.
    Ack {
        /// Who.
        by: Actor,
        /// Until when; `None`: until it is resolved.
        until: Option<DateTime<Utc>>,
    },
    /// The acknowledgement is taken back.
    Unack {
        /// Who.
        by: Actor,
    },
    /// It may not disturb for a while.
    Silence {
        /// Who.
        by: Actor,
        /// Until when.
        until: DateTime<Utc>,
        /// Why.
        reason: Option<String>,
    },
    /// The silence is taken back.
    Unsilence {
        /// Who.
        by: Actor,
    },
    /// It is over.
    Resolve {
        /// Who: a person, or the source.
        by: Actor,
        /// Since when, by the source; `None`: now.
        ends_at: Option<DateTime<Utc>>,
    },
    /// What ran out is taken off: the silence first, then the acknowledgement.
    Lapse,
}

/// Why a move changes nothing. Not an error: the person is told the present state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is over: nothing touches it any more. An *Ack* never beats a resolve.
    Resolved,
    /// Somebody else has it.
    AckedBy(Actor),
    /// There is no acknowledgement to take back.
    NotAcked,
    /// There is no silence to take back.
    NotSilenced,
    /// The time given is over already.
    InThePast,
    /// Nothing has run out.
    NothingLapsed,
}

/// One entry of an incident's timeline. The same words stand in the check of `alert_events.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The first notice.
    Opened,
    /// The source said so again.
    FiredAgain,
    /// Somebody has it, or goes on having it.
    Acked,
    /// The acknowledgement was taken back.
    Unacked,
    /// Its lease ran out.
    AckExpired,
    /// It may not disturb for a while.
    Silenced,
    /// The silence was taken back.
    Unsilenced,
    /// The silence ran out.
    SilenceExpired,
    /// Somebody asked for a restart from the card.
    RestartAsked,
    /// It is over.
    Resolved,
}

impl EventKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Opened,
        Self::FiredAgain,
        Self::Acked,
        Self::Unacked,
        Self::AckExpired,
        Self::Silenced,
        Self::Unsilenced,
        Self::SilenceExpired,
        Self::RestartAsked,
        Self::Resolved,
    ];

    /// The kind as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::FiredAgain => "fired_again",
            Self::Acked => "acked",
            Self::Unacked => "unacked",
            Self::AckExpired => "ack_expired",
            Self::Silenced => "silenced",
            Self::Unsilenced => "unsilenced",
            Self::SilenceExpired => "silence_expired",
            Self::RestartAsked => "restart_asked",
            Self::Resolved => "resolved",
        }
    }
}

/// What a notice means, given the last incident of its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A new incident begins.
    Opens(Alert),
    /// The open incident goes on.
    Continues(Move),
    /// Nothing: it repeats what is over, or says that nothing is over.
    Stale,
}

impl Alert {
    /// What `notice` means at `now`, `last` being the latest incident of its (tenant, source, fingerprint).
    pub fn meaning(last: Option<&Self>, notice: &Notice, now: DateTime<Utc>) -> Meaning {
        // A sender whose clock runs ahead must not block the future.
        let starts_at = notice.starts_at.unwrap_or(now).min(now);
        match (notice.says, last) {
            (Says::Firing, Some(open)) if open.resolved_at.is_none() => {
                Meaning::Continues(Move::Fire { severity: notice.severity })
            }
            (Says::Firing, Some(over)) if over.ends_at.is_some_and(|ended| starts_at <= ended) => Meaning::Stale,
            (Says::Firing, over) => {
                let silence = over.and_then(|over| over.silence.clone()).filter(|silence| silence.until > now);
                Meaning::Opens(Self {
                    severity: notice.severity,
                    count: 1,
                    starts_at,
                    ends_at: None,
                    resolved_at: None,
                    ack: None,
                    silence,
                })
            }
            (Says::Resolved, Some(open)) if open.resolved_at.is_none() => {
                // The end of an earlier one that comes late does not end this one.
                if notice.ends_at.is_some_and(|ended| ended < open.starts_at) {
                    return Meaning::Stale;
                }
                let source = Actor { id: None, name: String::new() };
                Meaning::Continues(Move::Resolve { by: source, ends_at: notice.ends_at })
            }
            (Says::Resolved, _) => Meaning::Stale,
        }
    }

    /// Where it stands at `now`.
    pub fn status(&self, now: DateTime<Utc>) -> Status {
        if self.resolved_at.is_some() {
            Status::Resolved
        } else if self.live_silence(now).is_some() {
            Status::Silenced
        } else if self.live_ack(now).is_some() {
            Status::Acked
        } else {
            Status::Firing
        }
    }

    /// The acknowledgement that holds at `now`.
    pub fn live_ack(&self, now: DateTime<Utc>) -> Option<&Ack> {
        self.ack.as_ref().filter(|ack| ack.until.is_none_or(|until| until > now))
    }

    /// The silence that holds at `now`.
    pub fn live_silence(&self, now: DateTime<Utc>) -> Option<&Silence> {
        self.silence.as_ref().filter(|silence| silence.until > now)
    }

    /// When its status changes by itself, the soonest; for the timer that redraws its card.
    pub fn changes_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.resolved_at.is_some() {
            return None;
        }
        let ack = self.live_ack(now).and_then(|ack| ack.until);
        let silence = self.live_silence(now).map(|silence| silence.until);
        [ack, silence].into_iter().flatten().min()
    }

    /// The only way from one state to another: the incident after the move, and what goes into its timeline.
    ///
    /// # Errors
    /// [`Refused`]: the move changes nothing here.
    pub fn after(&self, wanted: Move, now: DateTime<Utc>) -> Result<(Self, EventKind), Refused> {
        if self.resolved_at.is_some() {
            return Err(Refused::Resolved);
        }
        let mut next = self.clone();
        let event = match wanted {
            Move::Fire { severity } => {
                next.count += 1;
                next.severity = severity;
                EventKind::FiredAgain
            }
            Move::Ack { by, until } => {
                if until.is_some_and(|until| until <= now) {
                    return Err(Refused::InThePast);
                }
                let held = self.live_ack(now);
                if let Some(other) = held.filter(|ack| !ack.by.is_same_person_as(&by)) {
                    return Err(Refused::AckedBy(other.by.clone()));
                }
                // A renewed lease keeps its beginning.
                let at = held.map_or(now, |ack| ack.at);
                next.ack = Some(Ack { by, at, until });
                EventKind::Acked
            }
            Move::Unack { .. } => {
                self.live_ack(now).ok_or(Refused::NotAcked)?;
                next.ack = None;
                EventKind::Unacked
            }
            Move::Silence { by, until, reason } => {
                if until <= now {
                    return Err(Refused::InThePast);
                }
                next.silence = Some(Silence { by, at: now, until, reason });
                EventKind::Silenced
            }
            Move::Unsilence { .. } => {
                self.live_silence(now).ok_or(Refused::NotSilenced)?;
                next.silence = None;
                EventKind::Unsilenced
            }
            Move::Lapse => {
                if next.silence.take_if(|silence| silence.until <= now).is_some() {
                    EventKind::SilenceExpired
                } else if next.ack.take_if(|ack| ack.until.is_some_and(|until| until <= now)).is_some() {
                    EventKind::AckExpired
                } else {
                    return Err(Refused::NothingLapsed);
                }
            }
            Move::Resolve { ends_at, .. } => {
                next.resolved_at = Some(now);
                next.ends_at = Some(ends_at.unwrap_or(now).min(now).max(self.starts_at));
                EventKind::Resolved
            }
        };
        Ok((next, event))
    }
}

impl Actor {
    pub(super) fn is_same_person_as(&self, other: &Self) -> bool {
        match (self.id, other.id) {
            (Some(one), Some(two)) => one == two,
            (None, None) => self.name == other.name,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
