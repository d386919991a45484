//! Rate limits of the real service: an overall rate, a rate a chat, a rate a group.
//!
//! Telegram publishes no exact windows. The buckets here hold a little more than a sender that keeps
//! 30/s overall, 1/s a chat with a burst of 3, and 20/min a group could ever ask for, so that such a sender never
//! meets a 429, and one that does not soon does.

use std::collections::HashMap;

/// Messages a second over all chats, and how many at once.
const OVERALL: Rate = Rate { per_second: 30.0, burst: 60.0 };
/// Messages a second in one chat.
const CHAT: Rate = Rate { per_second: 1.0, burst: 5.0 };
/// Messages and edits a minute in one group.
const GROUP: Rate = Rate { per_second: 20.0 / 60.0, burst: 22.0 };

/// Speed and size of a bucket.
#[derive(Debug, Clone, Copy)]
struct Rate {
    per_second: f64,
    burst: f64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    rate: Rate,
    tokens: f64,
    filled_ms: i64,
}

impl Bucket {
    fn new(rate: Rate, now_ms: i64) -> Self {
        Self { rate, tokens: rate.burst, filled_ms: now_ms }
    }

    /// Seconds until one token is there; 0 when there is one.
    fn wait(&mut self, now_ms: i64) -> u64 {
        // Hours at most: the precision of f64 is ample.
        #[expect(clippy::cast_precision_loss, reason = "milliseconds between two calls fit f64")]
        let elapsed = (now_ms - self.filled_ms).max(0) as f64 / 1000.0;
        self.tokens = (self.tokens + elapsed * self.rate.per_second).min(self.rate.burst);
        self.filled_ms = now_ms;
        if self.tokens >= 1.0 {
            return 0;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and 60 by the rates above"
        )]
        let seconds = ((1.0 - self.tokens) / self.rate.per_second).ceil() as u64;
        seconds.max(1)
    }
}

/// What a call counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// A new message.
    Send,
    /// A change of one; in private chats it counts only overall.
    Edit,
}

/// The budgets of all bots.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    overall: HashMap<i64, Bucket>,
    chats: HashMap<(i64, i64), Bucket>,
    groups: HashMap<(i64, i64), Bucket>,
}

impl Limiter {
    /// Takes one from every budget concerned, or says how many seconds to wait and takes nothing.
    pub(crate) fn admit(&mut self, bot: i64, chat: i64, weight: Weight, now_ms: i64) -> Result<(), u64> {
        let is_group = chat < 0;
        let mut concerned = vec![self.overall.entry(bot).or_insert_with(|| Bucket::new(OVERALL, now_ms))];
        if weight == Weight::Send {
            concerned.push(self.chats.entry((bot, chat)).or_insert_with(|| Bucket::new(CHAT, now_ms)));
        }
        if is_group {
            concerned.push(self.groups.entry((bot, chat)).or_insert_with(|| Bucket::new(GROUP, now_ms)));
        }
        let wait = concerned.iter_mut().map(|b| b.wait(now_ms)).max();
        if let Some(seconds) = wait.filter(|&s| s > 0) {
            return Err(seconds);
        }
        for bucket in concerned {
            bucket.tokens -= 1.0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_that_keeps_the_rules_is_never_stopped() {
        let mut limiter = Limiter::default();
        // A burst of three, then one a second, for an hour.
        for _ in 0..3 {
            limiter.admit(1, 10, Weight::Send, 0).unwrap();
        }
        for second in 1..3600 {
            limiter.admit(1, 10, Weight::Send, second * 1000).unwrap();
        }
    }

    #[test]
    fn a_flood_in_one_chat_is_stopped_there_only() {
        let mut limiter = Limiter::default();
        let refused = (0..10).find_map(|_| limiter.admit(1, 10, Weight::Send, 0).err());
        assert_eq!(refused, Some(1));
        assert!(limiter.admit(1, 11, Weight::Send, 0).is_ok());
        assert!(limiter.admit(1, 10, Weight::Send, 1000).is_ok());
    }

    #[test]
    fn a_group_takes_20_a_minute_edits_included() {
        let mut limiter = Limiter::default();
        let passed = (0..60).filter(|s| limiter.admit(1, -5, Weight::Edit, s * 1000).is_ok()).count();
        assert!((40..=42).contains(&passed), "{passed}");
        let wait = limiter.admit(1, -5, Weight::Edit, 59_000).unwrap_err();
        assert!((1..=3).contains(&wait), "{wait}");
    }

    #[test]
    fn thirty_a_second_overall() {
        let mut limiter = Limiter::default();
        let passed = (0..200).filter(|chat| limiter.admit(1, *chat, Weight::Send, 0).is_ok()).count();
        assert_eq!(passed, 60);
    }
}
