//! A world that builds the smallest site there is, and its verbs: so that what goes wrong costs seconds, not minutes.
//!
//! The steps are those of every template; only the stack is smaller (`tiny/`).

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use waas_world::{Inventory, Message, Options, Person, World, until};

/// From *Confirm* to an end, good or bad, however often the hub dies meanwhile.
pub(super) const BUILD: Duration = Duration::from_secs(120);

const FILES: [(&str, &str); 3] = [
    ("template.toml", include_str!("tiny/template.toml")),
    ("compose.yaml.tera", include_str!("tiny/compose.yaml.tera")),
    ("app/web.py", include_str!("tiny/app/web.py")),
];
const SITE: &str = include_str!("../../templates/nginx/site.conf.template");

/// A world, an operator, and a site to build.
pub(super) struct Workshop {
    pub(super) world: World,
    pub(super) bo: Person,
    pub(super) slug: String,
    pub(super) domain: String,
    pub(super) before: Inventory,
    share: tempfile::TempDir,
}

impl Workshop {
    pub(super) async fn open(options: Options) -> Result<Self> {
        let share = tempfile::tempdir()?;
        let over = share.path().display().to_string();
        let world = World::start_with(Options { hub_stopped: true, ..options.set("HUB_SHARE_DIR", &over) }).await?;
        let workshop = Self {
            bo: world.person("Bo", "").await?,
            slug: format!("tiny_{}", world.mark()),
            domain: format!("tiny-{}.localhost", world.mark()),
            before: Inventory::default(),
            world,
            share,
        };
        for (name, text) in FILES {
            workshop.shares(&format!("projects/tiny/{name}"), text)?;
        }
        workshop.world.hub().start().await?;
        let bo = workshop.world.owner("Bo").await?;
        let before = workshop.world.inventory().await?;
        Ok(Self { bo, before, ..workshop })
    }

    /// Puts a file over the one that the hub brings with it.
    fn shares(&self, name: &str, text: &str) -> Result<()> {
        let path: PathBuf = self.share.path().join("templates").join(name);
        std::fs::create_dir_all(path.parent().context("a folder")?)?;
        Ok(std::fs::write(path, text)?)
    }

    /// Replaces something in a file of the share folder; by itself, it brings the sound file back.
    pub(super) fn spoils(&self, name: &str, sound: &str, broken: &str) -> Result<()> {
        let text = match name {
            "nginx/site.conf.template" => SITE,
            name => {
                let known = FILES.iter().find(|(file, _)| name.ends_with(file));
                known.with_context(|| format!("no such file: {name}"))?.1
            }
        };
        ensure!(text.contains(sound), "{name} does not hold {sound}");
        self.shares(name, &text.replace(sound, broken))
    }

    /// Asks for the site and gets its plan.
    pub(super) async fn plans(&self, person: &Person) -> Result<Message> {
        person.sends(&format!("/provision tiny {} {}", self.slug, self.domain)).await?;
        person.sees("the plan", |m| m.offers_all(&["Confirm", "Cancel"])).await
    }

    /// From a plan to *Confirm*.
    pub(super) async fn begins(&self) -> Result<Message> {
        let plan = self.plans(&self.bo).await?;
        self.bo.presses_on(&plan, "Confirm").await?;
        Ok(plan)
    }

    /// Waits until the site answers, its job is done and its message says so.
    pub(super) async fn comes_up(&self, plan: &Message) -> Result<()> {
        let (mut job, site) = (Value::Null, self.world.site(&self.domain)?);
        let up = until("the site to come up", BUILD, async || {
            job = self.job("provision").await?;
            if job["state"] == "undone" || job["state"] == "stuck" {
                bail!("the job ended otherwise");
            }
            let page = site.get("/health").await.ok().filter(|page| page.status == 200);
            Ok(page.filter(|_| job["state"] == "done").map(drop))
        });
        up.await.with_context(|| format!("the job: {job}"))?;
        self.bo.watches(plan, "that it is live", BUILD, |m| m.says("live") && m.buttons.is_empty()).await?;
        let tenant = self.world.hub().json(&["tenant", "show", &self.slug]).await?;
        ensure!(tenant["state"] == "live", "{tenant}");
        Ok(())
    }

    /// Waits until the job failed, all of it was taken back, and the message says why and offers *Retry*.
    pub(super) async fn is_taken_back(&self, plan: &Message, why: &str) -> Result<Message> {
        let told = self.bo.watches(plan, "that it failed, with Retry", BUILD, |m| m.offers("Retry")).await?.value;
        ensure!(told.says(why), "the message does not say “{why}”:\n{told}");
        ensure!(told.says("taken back"), "the message does not say what was kept:\n{told}");
        let job = self.job("provision").await?;
        ensure!(job["state"] == "undone", "{job}");
        let now = self.world.inventory().await?;
        ensure!(
            now == self.before,
            "left over: {:?}, missing: {:?}",
            now.beyond(&self.before),
            self.before.beyond(&now)
        );
        let page = self.world.site(&self.domain)?.get("/").await?;
        ensure!(page.status == 404, "nobody owns the domain, and it answers {}", page.status);
        Ok(told)
    }

    /// The newest job of a kind.
    pub(super) async fn job(&self, kind: &str) -> Result<Value> {
        let jobs = self.world.hub().list(&["job", "list"]).await?;
        Ok(jobs.into_iter().find(|job| job["kind"] == kind).unwrap_or_default())
    }

    /// Erases by terminal, and everything is as before.
    pub(super) async fn clears(self) -> Result<()> {
        let erase = ["tenant", "erase", &self.slug, "--confirm", &self.slug];
        self.world.hub().cli(&erase).await?.expect(0)?;
        self.closes().await
    }

    /// Nothing is left but what was there before.
    pub(super) async fn closes(self) -> Result<()> {
        let now = self.world.inventory().await?;
        ensure!(
            now == self.before,
            "left over: {:?}, missing: {:?}",
            now.beyond(&self.before),
            self.before.beyond(&now)
        );
        self.world.end().await
    }
}
