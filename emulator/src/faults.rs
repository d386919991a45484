//! Misfortunes on demand: calls that fail, hang, break, or lose their answer; updates that come twice or out of order.

use crate::api::error::ApiError;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is refused and does nothing.
    Fail(ApiError),
    /// It is never answered and does nothing.
    Hang,
    /// The connection is cut and it does nothing.
    Reset,
    /// It is done, but the connection is cut instead of the answer.
    LoseAnswer,
}

impl Fault {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Fail(_) => "fail",
            Self::Hang => "hang",
            Self::Reset => "reset",
            Self::LoseAnswer => "lose_answer",
        }
    }
}

/// The kinds by the names of the driving API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Fail,
    TooManyRequests,
    Hang,
    Reset,
    LoseAnswer,
    Duplicate,
    Reorder,
}

/// What can happen to an update on its way to the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disorder {
    /// It comes twice.
    Duplicate,
    /// It comes after the one behind it.
    Reorder,
}

/// Which calls a fault strikes, how, and how often. Times are real seconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) fault: Kind,
    /// Any bot when missing.
    #[serde(default)]
    pub(crate) bot: Option<i64>,
    /// Any method when missing; case does not matter.
    #[serde(default)]
    pub(crate) method: Option<String>,
    /// Any chat, and calls without one, when missing.
    #[serde(default)]
    pub(crate) chat: Option<i64>,
    /// Status of `fail`; 500 when missing.
    #[serde(default)]
    pub(crate) status: Option<u16>,
    /// Description of `fail`.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// How long the rule lasts; for `too_many_requests` also what `retry_after` counts down from.
    #[serde(default)]
    pub(crate) seconds: Option<u64>,
    /// How many calls it strikes; without end when missing.
    #[serde(default)]
    pub(crate) count: Option<u64>,
}

/// A rule in force.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Active {
    pub(crate) id: u64,
    #[serde(flatten)]
    pub(crate) rule: Rule,
    pub(crate) hits: u64,
    #[serde(skip)]
    until: Option<Instant>,
}

impl Active {
    /// Real seconds until it ends by itself.
    pub(crate) fn seconds_left(&self) -> Option<u64> {
        self.until.map(|until| until.saturating_duration_since(Instant::now()).as_secs())
    }
}

/// All rules in force, in the order they were set.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    active: Vec<Active>,
    next: u64,
}

impl Faults {
    /// Puts a rule in force and returns its id.
    pub(crate) fn add(&mut self, rule: Rule) -> u64 {
        self.next += 1;
        let until = rule.seconds.map(|s| Instant::now() + Duration::from_secs(s));
        self.active.push(Active { id: self.next, rule, hits: 0, until });
        self.next
    }

    /// Ends one rule, or all of them; says how many.
    pub(crate) fn remove(&mut self, id: Option<u64>) -> usize {
        let before = self.active.len();
        self.active.retain(|a| id.is_some_and(|id| a.id != id));
        before - self.active.len()
    }

    pub(crate) fn list(&self) -> &[Active] {
        &self.active
    }

    /// The fault that strikes a call, counted; the first rule that fits wins.
    pub(crate) fn strike(&mut self, bot: i64, method: &str, chat: Option<&str>) -> Option<Fault> {
        if self.active.is_empty() {
            return None;
        }
        let chat = chat.and_then(|c| c.parse().ok());
        let (hit, now) = self.hit(bot, method, chat, |kind| !matches!(kind, Kind::Duplicate | Kind::Reorder))?;
        match hit.rule.fault {
            Kind::Hang => Some(Fault::Hang),
            Kind::Reset => Some(Fault::Reset),
            Kind::LoseAnswer => Some(Fault::LoseAnswer),
            Kind::TooManyRequests => {
                let left = hit.until.map_or(Duration::from_secs(1), |u| u - now);
                let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
                Some(Fault::Fail(ApiError::too_many(seconds.max(1))))
            }
            Kind::Fail => {
                let code = hit.rule.status.unwrap_or(500);
                let text = hit.rule.description.clone();
                Some(Fault::Fail(ApiError::new(code, text.unwrap_or_else(|| "Internal Server Error".to_owned()))))
            }
            Kind::Duplicate | Kind::Reorder => None,
        }
    }

    /// Whether an update of a chat suffers that on its way by `getUpdates` or `webhook`; counted.
    pub(crate) fn disturbs(&mut self, disorder: Disorder, bot: i64, way: &str, chat: Option<i64>) -> bool {
        let wanted = match disorder {
            Disorder::Duplicate => Kind::Duplicate,
            Disorder::Reorder => Kind::Reorder,
        };
        !self.active.is_empty() && self.hit(bot, way, chat, |kind| kind == wanted).is_some()
    }

    /// The first rule in force that fits, counted, and the time it was looked up.
    fn hit(
        &mut self,
        bot: i64,
        method: &str,
        chat: Option<i64>,
        wanted: impl Fn(Kind) -> bool,
    ) -> Option<(&Active, Instant)> {
        let now = Instant::now();
        self.active.retain(|a| a.until.is_none_or(|u| u > now));
        let hit = self.active.iter_mut().find(|a| {
            let rule = &a.rule;
            wanted(rule.fault)
                && rule.count.is_none_or(|n| a.hits < n)
                && rule.bot.is_none_or(|b| b == bot)
                && rule.chat.is_none_or(|c| Some(c) == chat)
                && rule.method.as_ref().is_none_or(|m| m.eq_ignore_ascii_case(method))
        })?;
        hit.hits += 1;
        Some((hit, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(json: &str) -> Rule {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_rule_strikes_what_it_names_as_often_as_it_says() {
        let mut faults = Faults::default();
        faults.add(rule(
            r#"{"fault":"fail","method":"sendMessage","chat":7,"status":502,"description":"Bad Gateway","count":1}"#,
        ));
        assert_eq!(faults.strike(1, "getMe", None), None);
        assert_eq!(faults.strike(1, "sendMessage", Some("8")), None);
        assert_eq!(faults.strike(1, "SENDMESSAGE", Some("7")), Some(Fault::Fail(ApiError::new(502, "Bad Gateway"))));
        assert_eq!(faults.strike(1, "sendMessage", Some("7")), None);
    }

    #[test]
    fn disorder_strikes_updates_and_no_calls() {
        let mut faults = Faults::default();
        faults.add(rule(r#"{"fault":"duplicate","method":"webhook","chat":7,"count":1}"#));
        assert_eq!(faults.strike(1, "webhook", Some("7")), None);
        assert!(!faults.disturbs(Disorder::Reorder, 1, "webhook", Some(7)));
        assert!(!faults.disturbs(Disorder::Duplicate, 1, "getUpdates", Some(7)));
        assert!(!faults.disturbs(Disorder::Duplicate, 1, "webhook", Some(8)));
        assert!(faults.disturbs(Disorder::Duplicate, 1, "webhook", Some(7)));
        assert!(!faults.disturbs(Disorder::Duplicate, 1, "webhook", Some(7)));
    }

    #[test]
    fn rules_end_when_removed() {
        let mut faults = Faults::default();
        let id = faults.add(rule(r#"{"fault":"hang"}"#));
        faults.add(rule(r#"{"fault":"reset"}"#));
        assert_eq!(faults.strike(1, "getMe", None), Some(Fault::Hang));
        assert_eq!(faults.remove(Some(id)), 1);
        assert_eq!(faults.strike(1, "getMe", None), Some(Fault::Reset));
        assert_eq!(faults.remove(None), 1);
        assert_eq!(faults.strike(1, "getMe", None), None);
    }
}
