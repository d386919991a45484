//! How often somebody may call: so many a minute, with a burst on top of a pause. Counted in this process alone.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use uuid::Uuid;

/// Callers that are remembered before those that were quiet are forgotten.
const REMEMBERED: usize = 10_000;

/// The pace of each caller by itself.
pub struct Pace {
    limiter: DefaultKeyedRateLimiter<Uuid>,
    clock: DefaultClock,
}

impl Pace {
    /// `per_minute` calls in the long run and `burst` at once; each is at least one.
    pub fn new(per_minute: u32, burst: u32) -> Self {
        let least = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(least(per_minute)).allow_burst(least(burst));
        Self { limiter: RateLimiter::keyed(quota), clock: DefaultClock::default() }
    }

    /// Counts a call of this caller.
    ///
    /// # Errors
    /// Too many: how long to wait, in whole seconds from one up.
    pub fn take(&self, caller: Uuid) -> Result<(), Duration> {
        if self.limiter.len() > REMEMBERED {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&caller).map_err(|refused| {
            let wait = refused.wait_time_from(self.clock.now());
            Duration::from_secs(wait.as_secs() + 1)
        })
    }
}

impl std::fmt::Debug for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pace").field("callers", &self.limiter.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_only_the_pace_and_each_counts_alone() {
        let pace = Pace::new(60, 300);
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let passed = (0..400).filter(|_| pace.take(one).is_ok()).count();
        assert!((300..=302).contains(&passed), "{passed}");
        let wait = pace.take(one).expect_err("too many");
        assert!((1..=2).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(pace.take(other), Ok(()));
    }
}
