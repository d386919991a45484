//! Step 7: the backend dies, then falls silent; each becomes one card that is calm again in the end.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::{Story, ensure, seconds};
use crate::deadline::until;
use crate::message::Message;

/// From the death of a container to its card.
const CARD: Duration = Duration::from_secs(5);
/// Three intervals of the template's heartbeat (at least 10 s), the look for it, and a slow machine.
const SILENCE: Duration = Duration::from_secs(60);
/// For a container to be healthy again, by its own health check.
const RECOVERY: Duration = Duration::from_secs(90);

const CARD_BUTTONS: [&str; 5] = ["Ack", "Silence", "Logs", "Restart", "Resolve"];

impl Story<'_> {
    fn backend(&self) -> String {
        format!("{}-backend-1", self.slug)
    }

    /// Killed from outside; acknowledged, restarted, resolved, all on one card.
    ///
    /// # Errors
    /// It did not go that way.
    pub async fn container_dies(&self) -> Result<()> {
        let bo = &self.bo;
        bo.begin().await?;
        self.world.engine().kill(&self.backend()).await?;
        let card = bo.sees_within("an alert card", Duration::from_secs(20), |m| self.is_alert(m)).await?;
        ensure(card.took <= CARD, || format!("the card took {}, promised is {}", seconds(card.took), seconds(CARD)))?;
        let took = card.took;
        let card = card.value;
        ensure(card.says("backend"), || format!("the card does not say what died:\n{card}"))?;
        self.done("alert", format!("one card {} after the backend was killed", seconds(took)));

        bo.presses_on(&card, "Ack").await?;
        let acked = bo
            .watches(&card, "who acknowledged", Duration::from_secs(10), |m| m.says("Bo") && m.offers("Unack"))
            .await?
            .value;
        self.done("acknowledged", "the card names Bo");

        bo.presses_on(&acked, "Restart").await?;
        self.healthy_again().await?;
        let resolved = bo.watches(&card, "the same card at rest", RECOVERY, is_calm).await?;
        ensure(resolved.value.says("Bo"), || format!("the card forgot who acknowledged:\n{}", resolved.value))?;
        self.no_open_alert().await?;
        self.done("resolved", "restarted by button; the same card tells the whole course");
        Ok(())
    }

    /// The process is stopped in its tracks: the container runs, and says nothing.
    ///
    /// # Errors
    /// It did not go that way.
    pub async fn heartbeat_stops(&self) -> Result<()> {
        let bo = &self.bo;
        bo.begin().await?;
        self.world.engine().signal(&self.backend(), "SIGSTOP").await?;
        let missed = until("an alert by missed heartbeats", SILENCE, async || {
            let open = self.world.hub().list(&["alert", "list"]).await?;
            Ok(open.into_iter().find(|a| a["source"] == "heartbeat" && self.is_mine(a)))
        })
        .await;
        let card = bo.sees("a card for the silence", |m| self.is_alert(m)).await;
        self.world.engine().signal(&self.backend(), "SIGCONT").await?;
        let (missed, card) = (missed?, card?);
        bo.watches(&card, "the same card at rest", RECOVERY, is_calm).await?;
        self.no_open_alert().await?;
        self.healthy_again().await?;
        self.done(
            "heartbeat",
            format!("silence was noticed after {}, and over with the next heartbeat", seconds(missed.took)),
        );
        Ok(())
    }

    fn is_mine(&self, alert: &Value) -> bool {
        alert["tenant"] == self.slug.as_str()
    }

    fn is_alert(&self, message: &Message) -> bool {
        message.offers_all(&CARD_BUTTONS) && message.says(&self.slug)
    }

    async fn healthy_again(&self) -> Result<()> {
        let name = self.backend();
        until(&format!("{name} to be healthy"), RECOVERY, async || {
            let found = self.world.engine().container(&name).await?;
            Ok(found.filter(|c| c.running && c.health == "healthy"))
        })
        .await?;
        Ok(())
    }

    async fn no_open_alert(&self) -> Result<()> {
        let mut open = Vec::new();
        let waited = until("all alerts to be resolved", RECOVERY, async || {
            open = self.world.hub().list(&["alert", "list"]).await?;
            open.retain(|alert| self.is_mine(alert));
            Ok(open.is_empty().then_some(()))
        })
        .await;
        waited.map(drop).map_err(|error| {
            let titles: Vec<&str> = open.iter().filter_map(|a| a["title"].as_str()).collect();
            error.context(format!("still open: {titles:?}"))
        })
    }
}

/// Nothing is left to decide.
fn is_calm(message: &Message) -> bool {
    !["Ack", "Unack", "Resolve"].iter().any(|label| message.offers(label))
}
