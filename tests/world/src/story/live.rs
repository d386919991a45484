//! Steps 5 and 6: the site, its admin's room, and what the tenant reports.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{Story, ensure, seconds};
use crate::message::Message;

impl Story<'_> {
    /// The page holds what Ann answered.
    ///
    /// # Errors
    /// It did not go that way.
    pub async fn site_answers(&self) -> Result<()> {
        let site = self.world.site(&self.domain)?;
        let health = site.get("/health").await?;
        ensure(health.status == 200, || format!("/health answers {}", health.status))?;
        let page = site.get("/").await?;
        ensure(page.status == 200, || format!("the page answers {}", page.status))?;
        for fact in [self.business.as_str(), "Haircut", "Colouring", "10–19"] {
            ensure(page.body.contains(fact), || format!("the page does not show {fact}:\n{}", page.body))?;
        }
        let nobody = self.world.site("nobody.localhost")?.get("/").await?;
        ensure(nobody.status == 404, || format!("a domain that nobody owns answers {}", nobody.status))?;
        self.done("site answers", format!("{} shows “{}” and its services", site.url(), self.business));
        Ok(())
    }

    /// Ann reads her credentials once, enters the admin's room, and cannot read them again.
    ///
    /// # Errors
    /// It did not go that way.
    pub async fn credentials_delivered(&self) -> Result<()> {
        let ann = &self.ann;
        let patience = Duration::from_secs(20);
        let offered = ann.finds("a link to her credentials", patience, |m| m.deep_link("cred_").is_some()).await?.value;
        let link = offered.deep_link("cred_").context("the link has no token")?;
        ann.finds("the address on her card", patience, |m| m.offers("Ask for help") && m.says(&self.domain)).await?;
        ann.opens(&link).await?;
        let offer = ann.sees("a button to show them", |m| m.offers("Show")).await?;
        ann.presses("Show").await?;
        let shown = ann.sees("her credentials", |m| !m.codes().is_empty()).await?;
        ann.finds("the offer without its button", patience, |m| m.id == offer.id && !m.offers("Show")).await?;
        let password = self.enters(&shown).await?;

        ann.opens(&link).await?;
        let second = ann.sees("that they are gone", |_| true).await?;
        ensure(!second.offers("Show") && !second.text.contains(&password), || {
            format!("the credentials can be read a second time:\n{second}")
        })?;
        self.max.opens(&link).await?;
        self.max.sees("nothing", |m| !m.offers("Show") && !m.text.contains(&password)).await?;
        self.done("credentials", "shown once to Ann; she entered the admin's room with them");
        Ok(())
    }

    /// Signs in with what the message holds; gives the password that worked.
    async fn enters(&self, shown: &Message) -> Result<String> {
        let site = self.world.site(&self.domain)?;
        let closed = site.get("/admin").await?;
        ensure(!closed.body.contains("logout"), || "the admin's room is open to everybody".to_owned())?;
        let codes = shown.codes();
        let words: Vec<&str> = codes.iter().map(String::as_str).filter(|code| !code.contains('/')).collect();
        let [username, password] = words.as_slice() else {
            bail!("the message should hold a user name and a password to copy:\n{shown}");
        };
        let form = [("username", *username), ("password", *password)];
        let entered = site.post("/admin/login", &form).await?;
        let cookie = entered
            .cookie
            .with_context(|| format!("the admin's room stays closed ({}) to:\n{shown}", entered.status))?;
        let inside = site.get_as("/admin", &cookie).await?;
        ensure(inside.status == 200 && inside.body.contains("logout"), || {
            format!("signed in, and still outside ({}):\n{}", inside.status, inside.body)
        })?;
        Ok((*password).to_owned())
    }

    /// Heartbeats and figures arrive, and Bo can ask for them.
    ///
    /// # Errors
    /// It did not go that way.
    pub async fn tenant_reports(&self) -> Result<()> {
        let users = self.world.gateway().users().await?;
        ensure(users.iter().any(|user| user.contains(&self.slug)), || {
            format!("no Redis user is {}'s own: {users:?}", self.slug)
        })?;
        let up = self
            .tenant_is(&self.slug, "heartbeats and figures", Duration::from_secs(60), |t| {
                t["health"] == "up"
                    && t["last_heartbeat_at"].is_string()
                    && t["telemetry"]["received"].as_i64() > Some(1)
            })
            .await?;
        ensure(up.value["telemetry"]["rejected"] == 0, || format!("telemetry was refused: {}", up.value["telemetry"]))?;
        let bo = &self.bo;
        bo.sends("/status").await?;
        bo.sees("the state of everything", |m| m.says(&self.slug) || m.says("1 ")).await?;
        bo.sends(&format!("/tenant {}", self.slug)).await?;
        bo.sees("the tenant, up", |m| m.says(&self.slug) && m.says(&self.domain) && m.says("up")).await?;
        self.done(
            "telemetry",
            format!(
                "{} messages received, up after {}; /status and /tenant show it",
                up.value["telemetry"]["received"],
                seconds(up.took)
            ),
        );
        Ok(())
    }

    /// Bo writes to Ann from the card of her site, and she answers.
    ///
    /// # Errors
    /// It did not go that way.
    pub async fn client_written_to(&self) -> Result<()> {
        let (ann, bo) = (&self.ann, &self.bo);
        let lead = |m: &Message| m.says("Ann Weber") && m.offers("Write to the client");
        bo.finds("the same on the lead that was won", Duration::from_secs(10), lead).await?;
        bo.sends(&format!("/tenant {}", self.slug)).await?;
        let card = bo.sees("her site's card", |m| m.says(&self.domain) && m.offers("Write to the client")).await?;
        bo.presses_on(&card, "Write to the client").await?;
        bo.sees("what is to be written", |m| m.offers("Cancel")).await?;
        ann.begin().await?;
        bo.sends("How do you like your site?").await?;
        ann.sees("his words", |m| m.says("How do you like your site?") && !m.says("Bo")).await?;
        bo.begin().await?;
        ann.sends("Very much.").await?;
        let thread = bo.sees("her answer", |m| m.says("Very much.") && m.offers("Done")).await?;
        bo.presses_on(&thread, "Done").await?;
        self.done("written to", "Bo wrote to Ann from the card of her site, and she answered");
        Ok(())
    }
}
