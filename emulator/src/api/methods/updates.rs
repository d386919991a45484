//! `getUpdates`: the long poll.

use crate::Emulator;
use crate::api::call::{Outcome, Reply};
use crate::api::error::ApiError;
use crate::api::params::Params;
use crate::model::bot::Bot;
use crate::model::update::UpdateKind;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// Longest long poll in seconds.
const MAX_TIMEOUT: i64 = 50;
/// The same offset again within this many milliseconds lengthens a short poll …
const HAMMER_MS: i64 = 3000;
/// … and within this many gives one update only.
const HAMMER_HARD_MS: i64 = 500;

/// The long poll: answers at once when something waits, else when something comes or time is up.
pub(crate) async fn get_updates(emulator: &Emulator, bot: i64, params: &Params) -> Reply {
    let offset: i64 = params.number("offset").unwrap_or(0);
    let mut limit = params.number("limit").unwrap_or(100_i64).clamp(1, 100);
    let mut timeout = params.number("timeout").unwrap_or(0_i64).clamp(0, MAX_TIMEOUT);
    let (wake, poll) = {
        let mut telegram = emulator.lock();
        let now = telegram.now_ms();
        let wake = telegram.wake(bot);
        let account = known(telegram.store.bots.get_mut(&bot))?;
        if account.webhook.is_some() {
            return Err(ApiError::conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            ));
        }
        remember_allowed(account, params)?;
        if let Some((last, started)) = account.last_poll.filter(|_| emulator.options().limits) {
            let since = now - started;
            if last == offset && since < HAMMER_MS && timeout < 3 {
                timeout = 3;
            }
            if last == offset && since < HAMMER_HARD_MS {
                limit = 1;
            }
        }
        account.last_poll = Some((offset, now));
        account.queue.confirm(offset, now);
        account.poll += 1;
        (wake, account.poll)
    };
    // Whoever waits on this bot already has to see that it was replaced.
    wake.notify_waiters();
    emulator.touch();
    let deadline = Instant::now() + Duration::from_secs(timeout.unsigned_abs());
    loop {
        let woken = wake.notified();
        tokio::pin!(woken);
        // Registered before looking, so that nothing falls between the look and the wait.
        woken.as_mut().enable();
        {
            let telegram = emulator.lock();
            let account = known(telegram.store.bots.get(&bot))?;
            if account.webhook.is_some() {
                return Err(ApiError::conflict("terminated by setWebhook request"));
            }
            if account.poll != poll {
                return Err(ApiError::conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance is running",
                ));
            }
            let limit = usize::try_from(limit).unwrap_or(1);
            if let Some(json) = account.queue.read(limit) {
                return Ok(Outcome { json, description: None });
            }
        }
        if tokio::time::timeout_at(deadline, woken).await.is_err() {
            return Ok(Outcome::of(json!([])));
        }
    }
}

/// The bot can only be missing when it was replaced under a waiting call.
pub(crate) fn known<B>(bot: Option<B>) -> Result<B, ApiError> {
    bot.ok_or_else(|| ApiError::new(401, "Unauthorized"))
}

/// Keeps `allowed_updates` when given; an empty list means the default kinds.
pub(crate) fn remember_allowed(bot: &mut Bot, params: &Params) -> Result<(), ApiError> {
    let Some(value) = params.json("allowed_updates") else {
        return Ok(());
    };
    let names = match value {
        Ok(Value::Array(names)) => names,
        _ => return Err(ApiError::bad_request("can't parse allowed updates list")),
    };
    bot.allowed = if names.is_empty() {
        UpdateKind::default_set()
    } else {
        names.iter().filter_map(Value::as_str).filter_map(UpdateKind::of).collect()
    };
    Ok(())
}
