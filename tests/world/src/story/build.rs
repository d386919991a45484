//! Step 4: Bo looks at the plan, confirms, and watches one message tick.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, bail};

use super::{BUILD, Story, ensure, seconds};
use crate::deadline::until;

impl Story<'_> {
    /// From *Provision* to a tenant that is live.
    ///
    /// # Errors
    /// It did not go that way.
    pub async fn site_built(&self) -> Result<()> {
        let bo = &self.bo;
        bo.presses("Provision").await?;
        let plan = bo.sees("the plan", |m| m.offers_all(&["Confirm", "Cancel"])).await?;
        for fact in [self.slug.as_str(), &self.domain, "backend", "postgres"] {
            ensure(plan.says(fact), || format!("the plan does not say {fact}:\n{plan}"))?;
        }
        self.ann.begin().await?;
        bo.presses_on(&plan, "Confirm").await?;
        self.ann.sees("that the site is being built", |m| m.says("being built") && m.offers("Ask for help")).await?;

        let site = self.world.site(&self.domain)?;
        let mut stages = BTreeSet::new();
        let built = until("the new site to be healthy", BUILD, async || {
            let now = bo.again(&plan).await?;
            if now.offers("Retry") {
                bail!("provisioning failed:\n{now}\n{}", self.world.hub().log_tail());
            }
            stages.insert(now.text);
            let health = site.get("/health").await;
            Ok(health.is_ok_and(|page| page.status == 200).then_some(()))
        })
        .await?;
        ensure(stages.len() > 1, || format!("the plan's message did not tick, it stayed:\n{plan}"))?;
        self.tenant_is(&self.slug, "the tenant to be live", Duration::from_secs(60), |t| t["state"] == "live").await?;
        bo.watches(&plan, "an end of the ticking", Duration::from_secs(15), |m| {
            !m.offers("Confirm") && !m.offers("Cancel")
        })
        .await?;
        self.done(
            "provisioned",
            format!(
                "{} runs {} after Confirm; its message was seen in {} stages",
                self.slug,
                seconds(built.took),
                stages.len()
            ),
        );
        Ok(())
    }
}
