//! Step 9: the same by terminal.

use std::time::Duration;

use anyhow::Result;

use super::{Story, ensure, seconds};

impl Story<'_> {
    /// Plans, then builds a site that stays.
    ///
    /// # Errors
    /// It did not go that way.
    pub async fn built_by_terminal(&self) -> Result<()> {
        let began = std::time::Instant::now();
        let hub = self.world.hub();
        let command = ["init-project", "--type", "fastapi", "--client", &self.shop, "--domain", &self.shop_domain];
        let with =
            |more: &[&'static str]| -> Vec<&str> { command.iter().copied().chain(more.iter().copied()).collect() };
        let plan = hub.json(&with(&["--plan"])).await?;
        for field in ["hash", "slug", "domain", "files", "containers", "ports", "networks"] {
            ensure(!plan[field].is_null(), || format!("the plan has no {field}: {plan}"))?;
        }
        ensure(plan["slug"] == self.shop.as_str(), || format!("the plan is for another slug: {plan}"))?;
        ensure(self.tenant(&self.shop).await?.is_none_or(|t| t["state"] == "planned"), || {
            "--plan built something".to_owned()
        })?;

        let job = hub.json(&with(&["--yes"])).await?;
        ensure(job["state"] == "done", || format!("the job ended otherwise: {job}"))?;
        // Same arguments again: nothing to do.
        hub.json(&with(&["--yes"])).await?;
        let site = self.world.site(&self.shop_domain)?;
        site.answers("/", 200, Duration::from_secs(10)).await?;
        self.done("by terminal", format!("{} after {}; this one stays", site.url(), seconds(began.elapsed())));
        Ok(())
    }
}
