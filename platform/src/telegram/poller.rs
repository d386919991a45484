//! Long polling by the one replica that holds the lease. An update is stored before the offset that confirms it moves.
//!
//! A webhook of before would keep every poll from its answer, so it is deleted once, at the start of the process and
//! without dropping what waits. Never later: a replica that goes on polling while the mode is changed would take away the
//! webhook that the new ones have set.

use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;
use sqlx::PgPool;
use teloxide::payloads::{DeleteWebhook, DeleteWebhookSetters, GetUpdates, GetUpdatesSetters};
use tokio_util::sync::CancellationToken;

use super::{Api, ApiError, BotId, Failure, Settings, inbox};
use crate::db::Signals;
use crate::durable::Leases;

/// How often a replica that waits looks whether the lease is free.
const LEASE_RETRY: Duration = Duration::from_secs(1);

/// Polls until cancelled; waits for the lease while another replica has it.
pub async fn run(
    pool: PgPool,
    leases: Leases,
    api: Api,
    bot: BotId,
    settings: Settings,
    signals: Signals,
    stop: CancellationToken,
) {
    tokio::select! {
        () = stop.cancelled() => return,
        () = without_webhook(&api) => {}
    }
    let name = format!("poll:{}", bot.0);
    while let Some(lease) = leases.acquire_when_free(&name, settings.lease, LEASE_RETRY, &stop).await {
        tracing::info!(bot = bot.0, "polling");
        tokio::select! {
            () = stop.cancelled() => {}
            () = lease.lost() => tracing::warn!(bot = bot.0, "the polling lease went to another replica"),
            () = poll(&pool, &api, bot, &settings, &signals) => {}
        }
        lease.release().await;
    }
}

async fn without_webhook(api: &Api) {
    let mut pause = Pause::default();
    while let Err(error) = api.call::<_, bool>(&DeleteWebhook::new().drop_pending_updates(false)).await {
        if !matches!(error.failure, Failure::Passing | Failure::Unknown | Failure::RetryAfter(_)) {
            // Polling itself will tell what is wrong.
            tracing::warn!(%error, "whether a webhook is set is not known");
            return;
        }
        let wait = pause.after(&error);
        tracing::warn!(%error, wait_ms = wait.as_millis(), "cannot begin to poll yet");
        tokio::time::sleep(wait).await;
    }
}

/// Never returns: a failure is waited out.
async fn poll(pool: &PgPool, api: &Api, bot: BotId, settings: &Settings, signals: &Signals) {
    let mut pause = Pause::default();
    loop {
        match poll_once(pool, api, bot, settings, signals).await {
            Ok(()) => pause = Pause::default(),
            Err(error) => {
                let wait = pause.next(&error);
                tracing::warn!(%error, wait_ms = wait.as_millis(), "polling failed");
                tokio::time::sleep(wait).await;
            }
        }
    }
}

async fn poll_once(
    pool: &PgPool,
    api: &Api,
    bot: BotId,
    settings: &Settings,
    signals: &Signals,
) -> Result<(), PollError> {
    let offset = inbox::next_offset(&mut *pool.acquire().await?, bot).await?;
    let mut request = GetUpdates::new()
        .timeout(u32::try_from(settings.poll_timeout.as_secs()).unwrap_or(u32::MAX))
        .allowed_updates(inbox::wanted());
    if offset > 0 {
        request = request.offset(i32::try_from(offset).unwrap_or(i32::MAX));
    }
    let items: Vec<Box<RawValue>> = api.call(&request).await?;
    if items.is_empty() {
        return Ok(());
    }
    let came = read(&items).ok_or(PollError::Unreadable(items.len()))?;
    let mut tx = pool.begin().await?;
    let kinds = inbox::store(&mut tx, bot, &came.updates).await?;
    for raw in came.unreadable {
        tracing::error!(bytes = raw.len(), "Telegram brought what is no update; it is a dead letter");
        inbox::keep_unreadable(&mut tx, raw.as_bytes()).await?;
    }
    inbox::move_offset(&mut tx, bot, came.next).await?;
    tx.commit().await?;
    signals.wake(inbox::WAKE);
    inbox::count("polling", kinds);
    Ok(())
}

/// What came with one poll.
#[derive(Debug, PartialEq)]
struct Came<'a> {
    updates: Vec<Value>,
    /// Kept as dead letters: one of them must not hold up those beside it.
    unreadable: Vec<&'a str>,
    /// The offset that confirms all of it.
    next: i64,
}

/// Reads each item by itself. What has no id can be confirmed only by what follows it; none when nothing has one. The
/// newest id counts, not the highest: ids may have begun anew within the batch.
fn read(items: &[Box<RawValue>]) -> Option<Came<'_>> {
    #[derive(serde::Deserialize)]
    struct Id {
        update_id: i64,
    }
    let id = |raw: &RawValue| serde_json::from_str::<Id>(raw.get()).ok().map(|item| item.update_id);
    let last = items.iter().rposition(|raw| id(raw).is_some())?;
    let next = id(items.get(last)?)? + 1;
    let (mut updates, mut unreadable) = (Vec::with_capacity(items.len()), Vec::new());
    for raw in items.iter().take(last + 1) {
        match serde_json::from_str(raw.get()) {
            Ok(update) if id(raw).is_some() => updates.push(update),
            Ok(_) | Err(_) => unreadable.push(raw.get()),
        }
    }
    Some(Came { updates, unreadable, next })
}

#[derive(Debug, thiserror::Error)]
enum PollError {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("{0} items came, none of them with an id that would confirm it")]
    Unreadable(usize),
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
}

/// How long to wait after failures in a row: doubling, or as long as the server says.
#[derive(Default)]
pub(super) struct Pause(u32);

impl Pause {
    fn next(&mut self, error: &PollError) -> Duration {
        match error {
            PollError::Api(error) => self.after(error),
            PollError::Unreadable(_) | PollError::Database(_) => self.double(),
        }
    }

    pub(super) fn after(&mut self, error: &ApiError) -> Duration {
        match error.failure {
            Failure::RetryAfter(wait) => wait,
            // Somebody else polls: give way for as long as the server makes the loser wait.
            Failure::Conflict => Duration::from_secs(3),
            _ => self.double(),
        }
    }

    /// From half a second to eight.
    fn double(&mut self) -> Duration {
        self.0 = (self.0 + 1).min(5);
        Duration::from_millis(250) * 2u32.pow(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(json: &str) -> Vec<Box<RawValue>> {
        serde_json::from_str(json).expect("a list")
    }

    #[test]
    fn one_item_that_cannot_be_read_holds_up_no_other() {
        let came = items(r#"[{"update_id":1,"message":{}}, "none", {"update_id":2,"size":1e999}, {"update_id":3}]"#);
        let came = read(&came).expect("ids");
        let ids: Vec<_> = came.updates.iter().map(|update| update["update_id"].as_i64()).collect();
        assert_eq!(ids, [Some(1), Some(3)]);
        assert_eq!(came.unreadable, [r#""none""#, r#"{"update_id":2,"size":1e999}"#]);
        assert_eq!(came.next, 4);
    }

    #[test]
    fn what_nothing_would_confirm_is_left_where_it_is() {
        assert_eq!(read(&items(r#"[{"update_id":"7"}, []]"#)), None);
        let came = items(r#"[{"update_id":7}, {}]"#);
        let came = read(&came).expect("an id");
        assert_eq!((came.updates.len(), came.unreadable.len(), came.next), (1, 0, 8));
    }
}
