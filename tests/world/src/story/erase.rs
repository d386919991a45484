//! Step 8: the tenant is deleted, which keeps its data, and erased, which keeps nothing.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{Story, ensure, seconds};
use crate::deadline::until;

const STOP: Duration = Duration::from_secs(60);

impl Story<'_> {
    /// Until the inventory is as it was before the story.
    ///
    /// # Errors
    /// It did not go that way.
    pub async fn tenant_erased(&self) -> Result<()> {
        let bo = &self.bo;
        bo.sends(&format!("/delete {}", self.slug)).await?;
        // Cards of this site may change at the same time: only the question has the button.
        let asked = bo.sees("what will happen, and a question", |m| m.offers("Confirm") && m.says(&self.slug)).await?;
        bo.presses_on(&asked, "Confirm").await?;
        self.tenant_is(&self.slug, "the tenant to be deleted", STOP, |t| t["state"] == "deleted").await?;
        // One job a tenant at a time: the state is the first thing a deletion writes, its last step comes later.
        until("the deletion to end", STOP, async || {
            let jobs = self.world.hub().list(&["job", "list"]).await?;
            Ok(jobs.iter().all(|job| job["state"] == "done").then_some(()))
        })
        .await?;
        let kept = self.world.inventory().await?;
        let volumes = kept.kinds.get("volume").map_or(0, |v| v.len());
        ensure(volumes > 0, || "/delete removed the data".to_owned())?;

        bo.sends(&format!("/erase {}", self.slug)).await?;
        let asked = bo.sees("what will go, and a question", |m| m.offers("Confirm") && m.says(&self.slug)).await?;
        bo.presses_on(&asked, "Confirm").await?;
        let mut left = Vec::new();
        let erased = until("the inventory to be as before", STOP, async || {
            let now = self.world.inventory().await?;
            left = now.beyond(&self.before);
            Ok(left.is_empty().then_some(()))
        })
        .await
        .with_context(|| format!("left over: {}", left.join(", ")))?;
        let missing = self.before.beyond(&self.world.inventory().await?);
        ensure(missing.is_empty(), || format!("more went than came: {}", missing.join(", ")))?;
        until("the tenant to be unknown", STOP, async || Ok(self.tenant(&self.slug).await?.is_none().then_some(())))
            .await?;
        self.world.site(&self.domain)?.answers("/", 404, Duration::from_secs(10)).await?;
        self.done("erased", format!("{} left nothing behind, {} after Confirm", self.slug, seconds(erased.took)));
        Ok(())
    }
}
