//! Webhooks: posts each bot's updates to where the bot wants them, again and again until they are taken.
//!
//! One task a webhook. In order within a lane, side by side across lanes, at most `max_connections` at once.

mod post;

use crate::Emulator;
use crate::api::Caller;
use crate::api::params::Shown;
use crate::faults::Disorder;
use crate::model::update::{Queued, RETENTION_MS};
use crate::model::webhook::Mishap;
use crate::transcript::Record;
use post::{Landing, Target};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// A receiver that cannot be reached is tried again after this many milliseconds.
const RECONNECT_MS: i64 = 1000;
/// A receiver that says 410 for this many seconds loses its webhook.
const GONE_FOR: i64 = 23 * 3600;
/// Longest wait that a receiver may ask for by `Retry-After`, in seconds.
const MAX_RETRY_AFTER: u64 = 3600;
/// A late update waits at most this many milliseconds for one to overtake it.
const YIELD_MS: i64 = 1000;
/// Method name under which deliveries stand in the transcript and in rules of faults.
const WAY: &str = "webhook";

/// Delivers to the bot's webhook from now on, in place of what delivered before.
pub(crate) fn start(emulator: &Emulator, bot: i64) {
    let mut telegram = emulator.lock();
    let Some(account) = telegram.store.bots.get_mut(&bot) else {
        return;
    };
    let Some(webhook) = &account.webhook else {
        return;
    };
    let target = Target::new(webhook, emulator.options().webhook_timeout);
    let connections = webhook.max_connections;
    account.queue.open_lanes();
    drop(telegram);
    let courier = Courier {
        emulator: emulator.clone(),
        bot,
        connections,
        unreachable_until: 0,
        repeated: HashSet::new(),
        overtaken: HashSet::new(),
    };
    let task = tokio::spawn(courier.run(Arc::new(target)));
    if let Some(former) = emulator.couriers().insert(bot, task.abort_handle()) {
        former.abort();
    }
}

/// Delivers nothing more; what is on its way may arrive and will not be counted as taken.
pub(crate) fn stop(emulator: &Emulator, bot: i64) {
    if let Some(courier) = emulator.couriers().remove(&bot) {
        courier.abort();
    }
}

/// Takes up all webhooks that a data file remembers.
pub(crate) fn resume(emulator: &Emulator) {
    let bots: Vec<i64> = emulator.lock().store.bots.values().map(|b| b.user.id).collect();
    for bot in bots {
        start(emulator, bot);
    }
}

/// The deliveries of one bot.
struct Courier {
    emulator: Emulator,
    bot: i64,
    /// Most deliveries at the same time.
    connections: usize,
    /// Nothing leaves before, in milliseconds of the emulator's clock.
    unreachable_until: i64,
    /// Updates that a fault has sent a second time.
    repeated: HashSet<i64>,
    /// Updates that a fault has put behind the next one.
    overtaken: HashSet<i64>,
}

impl Courier {
    async fn run(mut self, target: Arc<Target>) {
        let wake = self.emulator.lock().wake(self.bot);
        let mut flights = JoinSet::new();
        loop {
            let woken = wake.notified();
            tokio::pin!(woken);
            // Registered before looking, so that nothing falls between the look and the wait.
            woken.as_mut().enable();
            let Some(pause) = self.send_out(&target, &mut flights) else {
                return;
            };
            tokio::select! {
                () = woken => {}
                () = tokio::time::sleep(pause) => {}
                Some(landed) = flights.join_next() => {
                    self.settle(landed);
                    while let Some(landed) = flights.try_join_next() {
                        self.settle(landed);
                    }
                }
            }
        }
    }

    /// Sends what may go; says how long until something else may, unless something happens before. `None` when the
    /// webhook is gone.
    fn send_out(&mut self, target: &Arc<Target>, flights: &mut JoinSet<(Queued, Landing)>) -> Option<Duration> {
        let mut telegram = self.emulator.lock();
        let now = telegram.now_ms();
        let account = telegram.store.bots.get_mut(&self.bot).filter(|b| b.webhook.is_some())?;
        if now < self.unreachable_until {
            return Some(Duration::from_millis((self.unreachable_until - now).unsigned_abs()));
        }
        while flights.len() < self.connections {
            let Some(update) = account.queue.next_delivery(now) else {
                break;
            };
            if let Some(lanes) = account.queue.lanes() {
                // Neither one that was overtaken nor the one that overtakes it changes places again.
                let behind = lanes.behind_head(update.lane);
                let settled = [Some(update.id), behind].iter().flatten().any(|id| self.overtaken.contains(id));
                let late = || self.emulator.faults().disturbs(Disorder::Reorder, self.bot, WAY, update.chat);
                if !settled && late() {
                    self.overtaken.insert(update.id);
                    lanes.yield_head(update.lane, now + YIELD_MS);
                    continue;
                }
            }
            let (emulator, bot, target) = (self.emulator.clone(), self.bot, target.clone());
            flights.spawn(async move {
                let landing = target.post(&emulator, bot, update.json.clone()).await;
                (update, landing)
            });
        }
        let due = account.queue.lanes().and_then(|lanes| lanes.due());
        Some(due.map_or(Duration::MAX, |due| Duration::from_millis((due - now).max(0).unsigned_abs())))
    }

    /// Writes down what became of a delivery and decides what follows.
    fn settle(&mut self, landed: Result<(Queued, Landing), tokio::task::JoinError>) {
        let Ok((update, landing)) = landed else {
            // Only a panic ends a delivery like this; the lane would stand still, so everything is sorted anew.
            if let Some(account) = self.emulator.lock().store.bots.get_mut(&self.bot) {
                account.queue.open_lanes();
            }
            return;
        };
        let mut telegram = self.emulator.lock();
        let Caller { name, now, .. } = Caller::of(&telegram, self.bot);
        self.emulator.transcript().push(Record {
            seq: 0,
            time: now,
            bot: name,
            method: WAY.to_owned(),
            params: Shown::of("update_id", update.id),
            verdict: landing.error().map_or("ok".into(), |e| e.to_owned().into()),
            fault: None,
            warnings: Vec::new(),
        });
        let cap = self.emulator.options().webhook_retry_cap;
        let Some(account) = telegram.store.bots.get_mut(&self.bot) else {
            return;
        };
        let Some(webhook) = &mut account.webhook else {
            return;
        };
        let date = now.div_euclid(1000);
        if let Some(message) = landing.error() {
            webhook.last_error = Some(Mishap { date, message: message.to_owned() });
        }
        match landing {
            Landing::Taken => {
                webhook.gone_since = None;
                let twice = || self.emulator.faults().disturbs(Disorder::Duplicate, self.bot, WAY, update.chat);
                if !self.repeated.remove(&update.id) && twice() {
                    self.repeated.insert(update.id);
                    if let Some(lanes) = account.queue.lanes() {
                        lanes.retry(update.lane);
                    }
                } else {
                    self.overtaken.remove(&update.id);
                    account.queue.delivered(&update);
                }
            }
            Landing::Unreachable(_) => {
                self.unreachable_until = now + RECONNECT_MS;
                if let Some(lanes) = account.queue.lanes() {
                    lanes.retry(update.lane);
                }
            }
            Landing::Refused { retry_after, gone, .. } => {
                webhook.gone_since = gone.then(|| webhook.gone_since.unwrap_or(date));
                if webhook.gone_since.is_some_and(|since| date - since >= GONE_FOR) {
                    account.webhook = None;
                    account.queue.close_lanes();
                } else if let Some(lanes) = account.queue.lanes() {
                    let refusals = lanes.refused(update.lane);
                    let wait = retry_after.map_or_else(|| backoff(refusals, cap), |s| s.min(MAX_RETRY_AFTER));
                    let until = now + i64::try_from(wait * 1000).unwrap_or(RETENTION_MS);
                    if until >= update.created_ms + RETENTION_MS {
                        account.queue.delivered(&update);
                    } else {
                        lanes.delay(update.lane, until);
                    }
                }
            }
        }
        self.emulator.touch();
    }
}

/// Seconds until the next try after so many earlier refusals: at once, then 2, 4, 8 … up to a cap that is drawn
/// between its value and its double.
fn backoff(refusals: u32, cap: u64) -> u64 {
    match refusals {
        0 => 0,
        n => 2_u64.saturating_pow(n).min(rand::random_range(cap..=cap.saturating_mul(2))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_random_cap() {
        assert_eq!([0, 1, 2, 3, 4, 5].map(|n| backoff(n, 60)), [0, 2, 4, 8, 16, 32]);
        assert!((6..40).all(|n| (60..=120).contains(&backoff(n, 60))));
    }
}
