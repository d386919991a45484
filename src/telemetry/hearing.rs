//! Whether the hub hears at all: silence is a tenant's only while somebody listens.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// What one process knows of its hearing.
#[derive(Debug)]
pub struct Hearing(Mutex<State>);

#[derive(Clone, Copy, Debug)]
struct State {
    deaf: bool,
    /// Since when it hears, when it does.
    since: DateTime<Utc>,
}

/// What a look at Redis changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It hears nothing from now on.
    Lost,
    /// It hears again.
    Back,
}

impl Hearing {
    /// Of a process that begins to listen now.
    pub const fn from(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(State { deaf: false, since: now }))
    }

    fn state(&self) -> State {
        // Copied whole and written whole: a panic elsewhere leaves nothing half done.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it would change that Redis answers or does not.
    pub(super) fn change(&self, answers: bool) -> Option<Change> {
        match (self.state().deaf, answers) {
            (false, false) => Some(Change::Lost),
            (true, true) => Some(Change::Back),
            _ => None,
        }
    }

    /// Remembers a change, once it is told.
    pub(super) fn remember(&self, change: Change, now: DateTime<Utc>) {
        let state = match change {
            Change::Lost => State { deaf: true, ..self.state() },
            Change::Back => State { deaf: false, since: now },
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Since when something could be heard, should Redis answer at `now`; none when it does not.
    pub(super) fn since(&self, answers: bool, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let state = self.state();
        answers.then_some(if state.deaf { now } else { state.since })
    }

    /// Whether it heard nothing at the last look.
    pub(super) fn is_deaf(&self) -> bool {
        self.state().deaf
    }
}
