//! Issue 3's story, step by step: a lead becomes a live site, an alert becomes calm. The demo plays it for people, the
//! tests play it for us. Every step is asserted, by buttons and facts and not by prose, and only from outside: Bot API
//! emulator, Redis, HTTP, the `hub` command line, the Docker socket.

mod alert;
mod arrival;
mod build;
mod erase;
mod live;
mod survey;
mod terminal;

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::deadline::{Waited, until};
use crate::engine::Inventory;
use crate::person::Person;
use crate::world::World;

/// The longest that a stack may take from *Confirm* to live, its images being there.
const BUILD: Duration = Duration::from_secs(180);

/// Who takes part, what it is about, and who listens.
pub struct Story<'w> {
    /// Where it happens.
    pub world: &'w World,
    /// The operator, and owner of the hub.
    pub bo: Person,
    /// The client.
    pub ann: Person,
    /// Somebody who has no business here.
    pub max: Person,
    /// What Ann's business is called.
    pub business: String,
    /// The slug that the hub makes of it.
    pub slug: String,
    /// The domain that Ann wishes for.
    pub domain: String,
    /// The tenant made by terminal.
    pub shop: String,
    /// Its domain.
    pub shop_domain: String,
    before: Inventory,
    began: Instant,
    tell: Box<dyn Fn(&str) + 'w>,
}

impl<'w> Story<'w> {
    /// Brings the people together. `mark` is put behind every name, so that several stories fit on one engine; the demo
    /// needs none. `tell` gets one line a step.
    ///
    /// # Errors
    /// The emulator or Docker is away.
    pub async fn begin(world: &'w World, mark: &str, tell: impl Fn(&str) + 'w) -> Result<Self> {
        let marked = |name: &str, glue: &str| {
            if mark.is_empty() { name.to_owned() } else { format!("{name}{glue}{mark}") }
        };
        Ok(Self {
            bo: world.person("Bo", "Berg").await?,
            ann: world.person("Ann", "Weber").await?,
            max: world.person("Max", "Fremd").await?,
            business: marked("New Salon", " "),
            slug: marked("new_salon", "_"),
            domain: format!("{}.localhost", marked("new-salon", "-")),
            shop: marked("ann_shop", "_"),
            shop_domain: format!("{}.localhost", marked("ann-shop", "-")),
            before: world.inventory().await?,
            world,
            began: Instant::now(),
            tell: Box::new(tell),
        })
    }

    /// All nine steps.
    ///
    /// # Errors
    /// The first step that did not go as told.
    pub async fn play(&self) -> Result<()> {
        self.enrolled().await.context("step 1, enrolment")?;
        let link = self.lead_arrives().await.context("step 2, the lead")?;
        self.survey_answered(&link).await.context("step 3, the survey")?;
        self.site_built().await.context("step 4, provisioning")?;
        self.site_answers().await.context("step 5, the site")?;
        self.credentials_delivered().await.context("step 5, the credentials")?;
        self.tenant_reports().await.context("step 6, telemetry")?;
        self.client_written_to().await.context("step 6, a word to the client")?;
        self.container_dies().await.context("step 7, the container")?;
        self.heartbeat_stops().await.context("step 7, the heartbeat")?;
        self.tenant_erased().await.context("step 8, the end")?;
        self.built_by_terminal().await.context("step 9, the terminal")
    }

    /// Says that a step is done.
    fn done(&self, step: &str, what: impl Display) {
        let at = self.began.elapsed().as_secs_f64();
        (self.tell)(&format!("[{at:5.1} s] ✓ {step}: {what}"));
    }

    // --- what several steps look at ---

    /// The tenant as the command line shows it; none when there is no such one.
    async fn tenant(&self, slug: &str) -> Result<Option<Value>> {
        let arguments = ["tenant", "show", slug, "--json"];
        let shown = self.world.hub().cli(&arguments).await?;
        if shown.code == 3 {
            return Ok(None);
        }
        Ok(Some(shown.expect(0)?.json()?))
    }

    /// Waits until the tenant is as wished.
    async fn tenant_is(
        &self,
        slug: &str,
        what: &str,
        within: Duration,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<Waited<Value>> {
        let mut last = Value::Null;
        let waited = until(what, within, async || {
            last = self.tenant(slug).await?.unwrap_or_default();
            Ok(fits(&last).then(|| last.clone()))
        })
        .await;
        waited.with_context(|| format!("the tenant {slug}: {last}"))
    }
}

/// A fact of the story.
fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<()> {
    if !holds {
        bail!(what());
    }
    Ok(())
}

/// Seconds as people read them.
fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
