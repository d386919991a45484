//! The intake: leads from the queue into the database, with their cards, in one transaction a batch.
//!
//! An item leaves the queue only after the commit that stored it. Redis or the database away: it waits and goes on; a
//! kill at any moment: the item comes again and is found to be there already.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sqlx::Acquire as _;
use tokio_util::sync::CancellationToken;
use waas_platform::bus::{self, Bus, Handoff, HandoffSettings};
use waas_platform::clock::Clock;
use waas_platform::db::{PgConnection, PgPool};
use waas_platform::intake::Rejection;
use waas_platform::render::RenderError;
use waas_platform::telegram::BotId;

use super::flood::FloodLimit;
use super::model::NewLead;
use super::score::Rules;
use super::store::Lead;
use crate::access::{self, Desk};
use crate::dead_letters::{self, Source};
use crate::front::Front;

/// The first wait after a failure; it doubles up to [`Settings::max_backoff`].
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// Everything about the intake that behaviour depends on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The Redis list that gateways push to.
    pub queue: String,
    /// The largest lead that is read, in bytes.
    pub max_bytes: usize,
    /// How long one read waits on the server for a lead.
    pub poll: Duration,
    /// The longest wait between two attempts to reach Redis or the database.
    pub max_backoff: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            queue: "hub:leads".to_owned(),
            max_bytes: super::model::MAX_BYTES,
            poll: Duration::from_secs(1),
            max_backoff: Duration::from_secs(2),
        }
    }
}

/// Takes leads from the queue.
#[derive(Clone, Debug)]
pub struct Intake {
    /// The database.
    pub pool: PgPool,
    /// How leads are scored.
    pub rules: Arc<Rules>,
    /// How their cards are drawn.
    pub front: Front,
    /// Time.
    pub clock: Clock,
    /// The bot that shows them; without one they are stored and wait.
    pub bot: Option<BotId>,
    /// How many of one source get cards of their own.
    pub limit: FloodLimit,
    /// The queue and its limits.
    pub settings: Settings,
}

impl Intake {
    /// Works until cancelled; a batch in hand is finished first. Waits for Redis however long it is away.
    pub async fn run(self, redis: bus::Settings, stop: CancellationToken) {
        let mut wait = FIRST_WAIT;
        while !stop.is_cancelled() {
            match Bus::connect(redis.clone()).await {
                Ok(bus) => {
                    let patience = HandoffSettings { block: self.settings.poll, ..HandoffSettings::default() };
                    return self.drain(bus.handoff(&self.settings.queue, patience), &stop).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "the lead queue cannot be reached; trying again");
                    self.rest(&mut wait, &stop).await;
                }
            }
        }
    }

    async fn drain(&self, mut queue: Handoff, stop: &CancellationToken) {
        let mut wait = FIRST_WAIT;
        loop {
            let items = tokio::select! {
                () = stop.cancelled() => return,
                items = queue.next() => items,
            };
            match items {
                Ok(items) => {
                    wait = FIRST_WAIT;
                    if !self.keep(&items, stop).await {
                        return;
                    }
                    if let Err(error) = queue.done(&items).await {
                        tracing::warn!(%error, "stored leads could not be taken off the queue; they will be met again");
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the lead queue does not answer; trying again");
                    self.rest(&mut wait, stop).await;
                }
            }
        }
    }

    /// Stores items however long the database is away; `false` when told to stop before that.
    async fn keep(&self, items: &[Bytes], stop: &CancellationToken) -> bool {
        let mut wait = FIRST_WAIT;
        loop {
            match self.store_or_bury(items).await {
                Ok(()) => return true,
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::warn!(error, leads = items.len(), "leads cannot be stored yet; trying again");
                    if stop.is_cancelled() {
                        return false;
                    }
                    self.rest(&mut wait, stop).await;
                }
            }
        }
    }

    /// One item that the database will not have, whatever we try, must not hold up the others.
    async fn store_or_bury(&self, items: &[Bytes]) -> anyhow::Result<()> {
        match self.store(items).await {
            Err(error) if error.downcast_ref().is_some_and(blames_data) => {}
            stored => return stored,
        }
        for item in items {
            match self.store(std::slice::from_ref(item)).await {
                Err(error) if error.downcast_ref().is_some_and(blames_data) => {
                    tracing::error!(error = format!("{error:#}"), "the database refuses a lead; it is a dead letter");
                    let mut tx = self.pool.begin().await?;
                    self.refuse(&mut tx, &[(item, Rejection::Malformed)]).await?;
                    tx.commit().await?;
                }
                stored => stored?,
            }
        }
        Ok(())
    }

    async fn store(&self, items: &[Bytes]) -> anyhow::Result<()> {
        let (mut leads, mut refused) = (Vec::new(), Vec::new());
        for item in items {
            match NewLead::parse(item, self.settings.max_bytes) {
                Ok(lead) => leads.push(lead),
                Err(reason) => refused.push((item, reason)),
            }
        }
        let mut tx = self.pool.begin().await?;
        let accepted = super::accept(&mut tx, &self.rules, &leads, self.clock.now()).await?;
        self.refuse(&mut tx, &refused).await?;
        self.tell(&mut tx, &accepted.new, refused.last().map(|(_, reason)| reason)).await?;
        tx.commit().await?;
        let count = |outcome: &'static str, n: usize| {
            metrics::counter!("hub_leads_total", "outcome" => outcome).increment(n as u64);
        };
        count("new", accepted.new.len());
        count("duplicate", accepted.duplicates);
        count("refused", refused.len());
        Ok(())
    }

    async fn refuse(&self, conn: &mut PgConnection, items: &[(&Bytes, Rejection)]) -> sqlx::Result<()> {
        for (raw, reason) in items {
            dead_letters::keep(conn, Source::Lead, &reason.to_string(), raw, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Tells the operators. What cannot be drawn is left undone and logged: a lead is worth more than its card.
    async fn tell(&self, conn: &mut PgConnection, new: &[Lead], refused: Option<&Rejection>) -> anyhow::Result<()> {
        let Some(bot) = self.bot else { return Ok(()) };
        let mut attempt = conn.begin().await?;
        let told = async {
            super::show(&mut attempt, &self.clock, &self.front, bot, new, self.limit).await?;
            let place = access::desk(&mut attempt, &self.clock, &self.front, bot, Desk::Platform).await?;
            if let (Some(reason), Some(place)) = (refused, place) {
                let reason = reason.to_string();
                dead_letters::announce(&mut attempt, &self.clock, &self.front, place, Source::Lead, &reason).await?;
            }
            anyhow::Ok(())
        };
        match told.await {
            Ok(()) => Ok(attempt.commit().await?),
            Err(error) if error.is::<RenderError>() => {
                tracing::error!(error = format!("{error:#}"), "the card of a lead cannot be drawn; the lead is kept");
                Ok(attempt.rollback().await?)
            }
            Err(error) => Err(error),
        }
    }

    async fn rest(&self, wait: &mut Duration, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(*wait) => {}
        }
        *wait = (*wait * 2).min(self.settings.max_backoff);
    }
}

/// Whether the database said that this content cannot be stored (data exception, violated constraint): then waiting
/// does not help.
pub(super) fn blames_data(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|refused| refused.code());
    code.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}
