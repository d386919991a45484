//! The doors that dead letters came from, opened once more.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::mail;
use waas_platform::telegram::{BotId, inbox, outbox};

use crate::dead_letters::{Again, Doors, Letter, Source};
use crate::front::Front;
use crate::leads::{self, FloodLimit, NewLead, Rules};

/// Hands dead letters in again, each at its own door.
pub(super) struct InAgain {
    pub(super) rules: Arc<Rules>,
    pub(super) flood: FloodLimit,
    pub(super) front: Front,
    pub(super) clock: Clock,
    pub(super) bot: Option<BotId>,
    /// The largest lead in bytes.
    pub(super) largest_lead: usize,
}

impl Doors for InAgain {
    fn again<'a>(&'a self, conn: &'a mut PgConnection, letter: &'a Letter) -> BoxFuture<'a, anyhow::Result<Again>> {
        Box::pin(async move {
            match Source::from_word(&letter.shown.source) {
                Some(Source::Lead) => self.lead(conn, &letter.raw).await,
                Some(Source::Update) => self.update(conn, &letter.raw).await,
                Some(Source::Message) => message(conn, letter.origin.as_deref()).await,
                Some(Source::Telemetry | Source::Alert | Source::Job) | None => {
                    Ok(Again::Refused(format!("nothing takes in a dead letter of source {}", letter.shown.source)))
                }
            }
        })
    }
}

impl InAgain {
    async fn lead(&self, conn: &mut PgConnection, raw: &[u8]) -> anyhow::Result<Again> {
        let lead = match NewLead::parse(raw, self.largest_lead) {
            Ok(lead) => lead,
            Err(reason) => return Ok(Again::Refused(reason.to_string())),
        };
        let accepted = leads::accept(conn, &self.rules, &[lead], self.clock.now()).await?;
        if let Some(bot) = self.bot {
            leads::show(conn, &self.clock, &self.front, bot, &accepted.new, self.flood).await?;
        }
        Ok(Again::Taken)
    }

    async fn update(&self, conn: &mut PgConnection, raw: &[u8]) -> anyhow::Result<Again> {
        let Some(bot) = self.bot else {
            return Ok(Again::Refused("there is no bot (telegram.token)".to_owned()));
        };
        match serde_json::from_slice::<serde_json::Value>(raw) {
            Ok(update) if update["update_id"].is_i64() => {
                inbox::retry(conn, bot, &update).await?;
                Ok(Again::Taken)
            }
            Ok(_) | Err(_) => Ok(Again::Refused("malformed".to_owned())),
        }
    }
}

async fn message(conn: &mut PgConnection, row: Option<&str>) -> anyhow::Result<Again> {
    let mailed = row.and_then(|row| row.strip_prefix(mail::ORIGIN)).and_then(|row| row.parse().ok());
    let taken = match (mailed, row.and_then(|row| row.parse().ok())) {
        (Some(row), _) => mail::retry(conn, row).await?,
        (None, Some(row)) => outbox::retry(conn, row).await?,
        (None, None) => false,
    };
    Ok(if taken { Again::Taken } else { Again::Refused("something newer went out in its place".to_owned()) })
}
