//! How often a step's function may fail in passing, and how long is waited in between.

use std::time::Duration;

/// What bounds the retries of one function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) attempts: u16,
    pub(super) backoff_first: Duration,
    pub(super) backoff_max: Duration,
}

impl Budget {
    /// The wait after this many failures: doubling, up to the longest.
    pub(super) fn wait(&self, failures: i32) -> Duration {
        let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(0).min(16);
        self.backoff_first.saturating_mul(1 << doublings).min(self.backoff_max)
    }

    pub(super) fn is_spent(&self, failures: i32) -> bool {
        failures >= i32::from(self.attempts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let budget =
            Budget { attempts: 9, backoff_first: Duration::from_secs(1), backoff_max: Duration::from_secs(30) };
        let waits: Vec<u64> = (1..=7).map(|failures| budget.wait(failures).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(budget.wait(i32::MAX), Duration::from_secs(30));
    }
}
