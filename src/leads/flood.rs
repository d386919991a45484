//! When a source sends many leads at once: a few get cards of their own, the others are told of together. Pure.

use chrono::{DateTime, TimeDelta, Utc};

/// How many is many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloodLimit {
    /// Cards of one source in one window.
    pub cards: u32,
    /// The window. A flood ends when its source was quiet for as long.
    pub window: TimeDelta,
}

impl Default for FloodLimit {
    fn default() -> Self {
        Self { cards: 100, window: TimeDelta::seconds(60) }
    }
}

/// What one source sent lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flood {
    pub(super) began_at: DateTime<Utc>,
    pub(super) last_at: DateTime<Utc>,
    pub(super) carded: i32,
    pub(super) digested: i32,
}

impl Flood {
    /// Takes `came` more leads; how many of them, from the first on, get cards of their own.
    pub(super) fn take(&mut self, came: usize, limit: FloodLimit, now: DateTime<Utc>) -> usize {
        let flooded = self.digested > 0 && now - self.last_at < limit.window;
        if !flooded && (self.digested > 0 || now - self.began_at >= limit.window) {
            *self = Self { began_at: now, last_at: now, carded: 0, digested: 0 };
        }
        let came = i32::try_from(came).unwrap_or(i32::MAX);
        let free = i32::try_from(limit.cards).unwrap_or(i32::MAX).saturating_sub(self.carded).max(0);
        let cards = if flooded { 0 } else { came.min(free) };
        self.carded = self.carded.saturating_add(cards);
        self.digested = self.digested.saturating_add(came - cards);
        self.last_at = now;
        usize::try_from(cards).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_262_400 + seconds, 0).expect("a valid time")
    }

    fn quiet() -> Flood {
        Flood { began_at: at(0), last_at: at(0), carded: 0, digested: 0 }
    }

    fn limit() -> FloodLimit {
        FloodLimit { cards: 10, window: TimeDelta::seconds(60) }
    }

    #[test]
    fn ten_thousand_in_a_minute_are_ten_cards_and_one_digest() {
        let mut flood = quiet();
        let cards: usize = (0..100).map(|n| flood.take(100, limit(), at(n / 2))).sum();
        assert_eq!((cards, flood.digested), (10, 9_990));
        // It goes on in the same digest, however long, until it was quiet.
        assert_eq!(flood.take(5, limit(), at(100)), 0);
        assert_eq!(flood.take(5, limit(), at(159)), 0);
        assert_eq!((flood.take(5, limit(), at(219)), flood.digested, flood.began_at), (5, 0, at(219)));
    }

    #[test]
    fn who_sends_at_an_even_pace_is_never_digested() {
        let mut flood = quiet();
        for n in 0..500 {
            assert_eq!(flood.take(1, limit(), at(n * 7)), 1, "{n}");
        }
    }

    proptest! {
        #[test]
        fn none_is_lost_and_no_window_has_twice_its_cards(steps in proptest::collection::vec((0_i64..40, 0_usize..30), 1..60)) {
            let (mut flood, mut now, mut shown) = (quiet(), 0, Vec::new());
            for (pause, came) in steps {
                now += pause;
                let before = flood;
                let cards = flood.take(came, limit(), at(now));
                prop_assert!(cards <= came);
                let told = i64::from(flood.carded + flood.digested);
                let known = if flood.began_at == before.began_at { i64::from(before.carded + before.digested) } else { 0 };
                prop_assert_eq!(told - known, i64::try_from(came).unwrap_or_default());
                shown.extend(std::iter::repeat_n(now, cards));
                let lately = shown.iter().filter(|at| now - **at < 60).count();
                prop_assert!(lately <= 20, "{}", lately);
            }
        }
    }
}
