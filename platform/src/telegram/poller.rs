//! Long polling by the one replica that holds the lease. An update is stored before the offset that confirms it moves.
//!
//! A webhook of before would keep every poll from its answer, so it is deleted once, at the start of the process and
//! without dropping what waits. Never later: a replica that goes on polling while the mode is changed would take away the
//! webhook that the new ones have set.

use std::time::Duration;

use serde_json::Value;
use sqlx::PgPool;
use teloxide::payloads::{DeleteWebhook, DeleteWebhookSetters, GetUpdates, GetUpdatesSetters};
use tokio_util::sync::CancellationToken;

use super::{Api, ApiError, BotId, Failure, Settings, inbox};
use crate::durable::Leases;

/// How often a replica that waits looks whether the lease is free.
const LEASE_RETRY: Duration = Duration::from_secs(1);

/// Polls until cancelled; waits for the lease while another replica has it.
pub async fn run(pool: PgPool, leases: Leases, api: Api, bot: BotId, settings: Settings, stop: CancellationToken) {
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
            () = poll(&pool, &api, bot, &settings) => {}
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
async fn poll(pool: &PgPool, api: &Api, bot: BotId, settings: &Settings) {
    let mut pause = Pause::default();
    loop {
        match poll_once(pool, api, bot, settings).await {
            Ok(()) => pause = Pause::default(),
            Err(error) => {
                let wait = pause.next(&error);
                tracing::warn!(%error, wait_ms = wait.as_millis(), "polling failed");
                tokio::time::sleep(wait).await;
            }
        }
    }
}

async fn poll_once(pool: &PgPool, api: &Api, bot: BotId, settings: &Settings) -> Result<(), PollError> {
    let offset = inbox::next_offset(&mut *pool.acquire().await?, bot).await?;
    let mut request = GetUpdates::new()
        .timeout(u32::try_from(settings.poll_timeout.as_secs()).unwrap_or(u32::MAX))
        .allowed_updates(inbox::wanted());
    if offset > 0 {
        request = request.offset(i32::try_from(offset).unwrap_or(i32::MAX));
    }
    let updates: Vec<Value> = api.call(&request).await?;
    // The newest, not the highest: ids may have begun anew within the batch.
    let Some(last) = updates.iter().rev().find_map(|raw| raw["update_id"].as_i64()) else {
        return Ok(());
    };
    let mut tx = pool.begin().await?;
    let kinds = inbox::store(&mut tx, bot, &updates).await?;
    inbox::move_offset(&mut tx, bot, last + 1).await?;
    tx.commit().await?;
    inbox::count("polling", kinds);
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum PollError {
    #[error(transparent)]
    Api(#[from] ApiError),
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
            PollError::Database(_) => self.double(),
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
