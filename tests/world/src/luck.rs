//! Chance that can be had again, and counts that grow on demand.

use std::time::Duration;

use anyhow::{Context as _, Result};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::deadline;

/// Random choices of one test. Its seed is printed; `WAAS_SEED` gives it again.
#[derive(Debug)]
pub struct Luck {
    random: StdRng,
}

impl Luck {
    /// Chance for the test of this name.
    ///
    /// # Errors
    /// `WAAS_SEED` is set and is no number.
    pub fn of(test: &str) -> Result<Self> {
        let seed = match std::env::var("WAAS_SEED") {
            Ok(given) => given.parse().context("WAAS_SEED must be a number")?,
            Err(_) => rand::random(),
        };
        // A reporter shows it for a test that fails; the long run shows all of them.
        eprintln!("{test}: WAAS_SEED={seed}");
        let random = StdRng::seed_from_u64(seed);
        Ok(Self { random })
    }

    /// One of `0..count`; `count` must not be 0.
    pub fn below(&mut self, count: usize) -> usize {
        self.random.random_range(0..count)
    }

    /// Heads or tails.
    pub fn heads(&mut self) -> bool {
        self.random.random()
    }

    /// Lets a random time of at most `longest` go by: the moment of a blow that may fall at any.
    pub async fn moment(&mut self, longest: Duration) {
        deadline::rest(longest.mul_f64(self.random.random())).await;
    }
}

/// How often a test tries its luck: `usual`, or `long` with `WAAS_TEST_LONG=1` (`make test-long`).
pub fn rounds(usual: usize, long: usize) -> usize {
    let is_long = std::env::var_os("WAAS_TEST_LONG").is_some_and(|value| value == "1");
    if is_long { long } else { usual }
}
