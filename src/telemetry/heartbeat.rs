//! When a heartbeat is missed. No IO.

use chrono::{DateTime, Duration, Utc};

/// What the last heartbeat of a service says now. The same words stand in the check of `heartbeats.state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeartbeatState {
    /// The next is not due yet. In: any heartbeat. Out: the due moment passes, or a `bye`.
    Alive,
    /// The due moment passed in silence: an alert is up. In: the check of due moments. Out: the next heartbeat.
    Missed,
    /// The process said `bye`: silence is right. In: that event. Out: the next heartbeat.
    Stopped,
}

impl HeartbeatState {
    /// The state as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Missed => "missed",
            Self::Stopped => "stopped",
        }
    }
}

/// When a heartbeat counts as missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissedAfter {
    /// So many of its own intervals without the next (setting `telemetry.missed_after_intervals`).
    pub intervals: u32,
    /// But never sooner than this (setting `telemetry.missed_min`).
    pub at_least: Duration,
}

impl Default for MissedAfter {
    fn default() -> Self {
        Self { intervals: 3, at_least: Duration::seconds(10) }
    }
}

impl MissedAfter {
    /// The moment from which a heartbeat received at `received_at` is missed, unless another comes. Our clock decides, since
    /// a tenant's may be wrong.
    pub fn due_at(self, received_at: DateTime<Utc>, interval_s: u32) -> DateTime<Utc> {
        let intervals = Duration::seconds(i64::from(self.intervals) * i64::from(interval_s));
        received_at + intervals.max(self.at_least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_is_missed_after_three_intervals_but_not_within_ten_seconds() {
        let at: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().expect("a time");
        let rule = MissedAfter::default();
        assert_eq!(rule.due_at(at, 1), at + Duration::seconds(10));
        assert_eq!(rule.due_at(at, 30), at + Duration::seconds(90));
    }

    #[test]
    fn the_database_knows_the_same_states() {
        let migration = include_str!("../../migrations/0006_telemetry.sql");
        let states = [HeartbeatState::Alive, HeartbeatState::Missed, HeartbeatState::Stopped];
        let states = states.map(|state| format!("'{}'", state.as_str()));
        assert!(migration.contains(&format!("check (state in ({}))", states.join(", "))));
    }
}
