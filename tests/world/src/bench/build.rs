//! From `hub init-project` to the site's first answer, beside `docker-compose up -d` of the same folder.
//!
//! Both begin without containers, networks and volumes, with the images there. They take turns, and each goes first
//! every other time, so that neither gets the warmer machine.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::compose::Compose;
use super::figure::{Figure, Unit, seconds};
use crate::deadline::until_exactly;
use crate::hub::Hub;
use crate::world::World;

/// How often each of both is measured, after once that is not.
const RUNS: usize = 5;
/// For one site.
const PATIENCE: Duration = Duration::from_secs(120);

/// Builds sites with the hub, which runs as a service, and with compose.
///
/// # Errors
/// A site is not built.
pub async fn measure(tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let world = super::world().await?;
    let measured = race(&world, tell).await;
    let cleared = world.abandon().await;
    let figures = measured?;
    cleared?;
    Ok(figures)
}

async fn race(world: &World, tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let hub = world.hub();
    hub.start().await?;
    world.owner("Bo").await?;
    // The one that is not measured: its folder is the peer's. Stopped, it leaves the port to the peer and keeps its way
    // to the hub.
    let model = Site::plan(hub, format!("{}_model", world.mark())).await?;
    model.build(hub).await?;
    hub.json(&["tenant", "stop", &model.slug]).await?;
    let project = format!("{}_peer", world.mark());
    let tenants = world.data_dir().join("tenants");
    let beside = world.data_dir().with_file_name("peer");
    let mut peer = Compose::copy(&tenants.join(&model.slug), &beside, &project, model.port).await?;
    peer.up().await?;
    peer.down().await?;

    let (mut first, mut live, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        let hub_first = run % 2 == 0;
        if !hub_first {
            theirs.push(peer.up().await?);
            peer.down().await?;
        }
        let site = Site::plan(hub, format!("{}_run{run}", world.mark())).await?;
        let built = site.build(hub).await?;
        first.push(built.first_answer);
        live.push(built.live);
        hub.json(&["tenant", "erase", &site.slug, "--confirm", &site.slug]).await?;
        if hub_first {
            theirs.push(peer.up().await?);
            peer.down().await?;
        }
    }
    let ratios = seconds(&first).iter().zip(seconds(&theirs)).map(|(ours, theirs)| ours / theirs).collect();
    let figures = vec![
        Figure::new(
            "`init-project` → first 200",
            "from the start of the command to the first 200 of `/health` on the backend's own port; the service runs",
            Unit::Seconds,
            seconds(&first),
        ),
        Figure::new(
            "`docker-compose up -d` → first 200",
            "the same rendered folder, project and volumes of its own, in turn with the above",
            Unit::Seconds,
            seconds(&theirs),
        ),
        Figure::new("the former in terms of the latter", "of the two of each turn", Unit::Times, ratios).at_most(1.10),
        Figure::new(
            "`init-project` → done",
            "to the end of the command: migrated, routed, tried through the edge, announced",
            Unit::Seconds,
            seconds(&live),
        ),
    ];
    figures.iter().for_each(|figure| tell(&figure.to_string()));
    Ok(figures)
}

struct Site {
    slug: String,
    domain: String,
    port: u16,
}

struct Built {
    first_answer: Duration,
    live: Duration,
}

impl Site {
    /// Asks the hub for a plan, which names the port.
    async fn plan(hub: &Hub, slug: String) -> Result<Self> {
        let domain = format!("{}.localhost", slug.replace('_', "-"));
        let mut site = Self { slug, domain, port: 0 };
        let plan = hub.json(&site.command("--plan")).await?;
        let port = plan["ports"].as_array().and_then(|ports| ports.first()).and_then(Value::as_u64);
        site.port = port.with_context(|| format!("a plan without a port: {plan}"))?.try_into()?;
        Ok(site)
    }

    async fn build(&self, hub: &Hub) -> Result<Built> {
        let began = Instant::now();
        let command = self.command("--yes");
        let whole = async {
            let job = hub.json(&command).await?;
            if job["state"] != "done" {
                bail!("the job ended otherwise: {job}");
            }
            Ok(began.elapsed())
        };
        let (first_answer, live) = tokio::try_join!(first_answer(self.port, began), whole)?;
        Ok(Built { first_answer, live })
    }

    fn command<'a>(&'a self, last: &'a str) -> [&'a str; 8] {
        ["init-project", "--type", "fastapi", "--client", &self.slug, "--domain", &self.domain, last]
    }
}

/// Waits for the first 200 of `/health` on a port of this machine; how long after `began` it came.
pub(super) async fn first_answer(port: u16, began: Instant) -> Result<Duration> {
    // Docker's proxy takes connections before the site does: none is kept, and none is waited for long.
    let http =
        reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(Duration::from_millis(500)).build()?;
    let url = format!("http://127.0.0.1:{port}/health");
    until_exactly(&format!("{url} to answer"), PATIENCE, async || {
        let answer = http.get(&url).send().await;
        Ok(answer.is_ok_and(|answer| answer.status().as_u16() == 200).then_some(()))
    })
    .await?;
    Ok(began.elapsed())
}
