//! Time and randomness: the only place that asks the machine for either.
//!
//! Code that decides by time takes a [`Clock`]; tests inject one that they move by hand. Leases are not decided here:
//! they use the database's own time, which all replicas share.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, Utc};

/// A source of the present moment, cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `start` until [`Clock::advance`] moves it.
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self(Source::Manual(Arc::new(Mutex::new(start))))
    }

    /// The present moment, cut to microseconds, which is what Postgres keeps.
    pub fn now(&self) -> DateTime<Utc> {
        let now = match &self.0 {
            Source::System => Utc::now(),
            Source::Manual(at) => *at.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        };
        cut_to_micros(now)
    }

    /// Moves a manual clock forward; the system clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(at) = &self.0 {
            let mut at = at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *at += by;
        }
    }
}

fn cut_to_micros(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}

/// Random values of the sizes that the house uses.
pub mod random {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    /// `N` bytes from the operating system's generator.
    pub fn bytes<const N: usize>() -> [u8; N] {
        rand::random()
    }

    /// An unguessable token: 192 bits as 32 characters of `A-Za-z0-9_-`, safe in a deep link and in callback data.
    pub fn token() -> String {
        URL_SAFE_NO_PAD.encode(bytes::<24>())
    }

    /// A password of `length` letters and digits without look-alikes (no `0 O 1 l I`).
    pub fn password(length: usize) -> String {
        const LETTERS: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        (0..length).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())])).collect()
    }

    /// A new time-ordered identifier.
    pub fn id() -> uuid::Uuid {
        uuid::Uuid::now_v7()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let start = DateTime::from_timestamp(1_700_000_000, 0).expect("a valid time");
        let clock = Clock::manual(start);
        assert_eq!(clock.now(), start);
        clock.advance(Duration::seconds(90));
        assert_eq!(clock.now(), start + Duration::seconds(90));
    }

    #[test]
    fn tokens_fit_a_deep_link_and_differ() {
        let (one, two) = (random::token(), random::token());
        assert_eq!(one.len(), 32);
        assert_ne!(one, two);
        assert!(one.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    }
}
