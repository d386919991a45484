//! Steps 1 and 2: Bo becomes owner, a stranger becomes nothing, a lead becomes a card.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;

use super::{Story, ensure, seconds};

/// From the push to Redis to the card in the chat.
const CARD: Duration = Duration::from_secs(1);

const CARD_BUTTONS: [&str; 5] = ["Take", "Call back", "Qualify", "Reject", "Onboard"];

impl Story<'_> {
    /// Bo enrols with a code from the command line; Max writes and is told politely that there is nothing for him.
    ///
    /// # Errors
    /// It did not go that way.
    pub async fn enrolled(&self) -> Result<()> {
        let printed = self.world.hub().json(&["enrol", "--role", "owner"]).await?;
        let code = printed["code"].as_str().context("`hub enrol` printed no code")?;
        self.bo.opens(&format!("enrol_{code}")).await?;
        self.bo.sees("a welcome as owner", |m| m.says("owner")).await?;
        let menu = self.menu_with("leads").await?;

        self.max.sends("Hello, what is this?").await?;
        self.max.sees("a polite answer", |_| true).await?;
        self.max.opens(&format!("enrol_{code}")).await?;
        self.max.sees("that the code is used up", |m| !m.says("owner")).await?;
        self.max.sends("/tenants").await?;
        self.max.sees("how to be let in", |m| m.buttons.is_empty()).await?;
        let answers = self.max.messages().await?;
        let answers = answers.iter().filter(|m| m.from_bot).count();
        ensure(answers == 3, || format!("Max wrote three times and was answered {answers} times"))?;
        self.done(
            "enrolled",
            format!("Bo is owner and has a menu of {menu} commands; Max got one polite answer each and no rights"),
        );
        Ok(())
    }

    async fn menu_with(&self, command: &str) -> Result<usize> {
        let what = format!("Bo's menu to hold /{command}");
        let menu = crate::until(&what, Duration::from_secs(10), async || {
            let menu = self.bo.menu().await?;
            Ok(menu.iter().any(|c| c == command).then_some(menu))
        });
        Ok(menu.await?.value.len())
    }

    /// A gateway pushes a lead; Bo takes it and gets the link for Ann, which is returned.
    ///
    /// # Errors
    /// It did not go that way.
    pub async fn lead_arrives(&self) -> Result<String> {
        let mut lead = self.world.lead("Ann Weber");
        lead["domain"] = self.domain.as_str().into();
        lead["answers"] = json!({"staff": 3});
        self.bo.begin().await?;
        self.world.gateway().push(&lead).await?;
        let card = self
            .bo
            .sees_within("a card for the lead", Duration::from_secs(10), |m| m.offers_all(&CARD_BUTTONS))
            .await?;
        ensure(card.took <= CARD, || format!("the card took {}, promised is {}", seconds(card.took), seconds(CARD)))?;
        let took = card.took;
        let card = card.value;
        for fact in ["Ann Weber", "salon", "ann@new-salon.example"] {
            ensure(card.says(fact), || format!("the card does not say {fact}:\n{card}"))?;
        }
        // The same lead again is the same lead.
        self.world.gateway().push(&lead).await?;
        self.done("lead", format!("one card in Bo's chat after {}", seconds(took)));

        self.bo.presses_on(&card, "Take").await?;
        let taken = self
            .bo
            .watches(&card, "who took it on the card", Duration::from_secs(10), |m| m.says("Bo") && !m.offers("Take"))
            .await?;
        self.done("taken", format!("the card names Bo after {}", seconds(taken.took)));

        self.bo.presses_on(&taken.value, "Onboard").await?;
        let link = self.bo.sees("the link to forward", |m| m.text.contains("start=onb_")).await?;
        let cards = self.bo.messages().await?;
        let cards = cards.iter().filter(|m| m.says("ann@new-salon.example")).count();
        ensure(cards == 1, || format!("one lead, {cards} cards"))?;
        link.deep_link("onb_").context("the link has no token")
    }
}
