//! Kill -9 between any two steps of provisioning and of erasing; and everything that a build can meet.

use std::net::TcpListener;

use anyhow::{Context as _, Result, ensure};
use waas_world::luck::{self, Luck};
use waas_world::{Options, World};

use super::checkpoint::Checkpoint;
use super::quick_heirs;
use super::workshop::{BUILD, Workshop};
use crate::bad_input::unhurried;

/// The steps of `provisioning::work`, but for those that build nothing in a stack without an image of its own.
const BUILDING: [&str; 13] = [
    "reserve",
    "secrets",
    "files",
    "images",
    "telemetry",
    "networks",
    "volumes",
    "containers",
    "start",
    "migrate",
    "route",
    "smoke",
    "live",
];
/// The steps of `tenants::work` for an erasure.
const ERASING: [&str; 10] =
    ["state", "site", "user", "containers", "networks", "volumes", "images", "folder", "leftovers", "records"];

/// Where the hub is killed: a step, and whether it has begun or is done.
type Blow = (&'static str, &'static str);

/// All moments in their order, or some of them by luck: each once, so that the next lies behind it.
fn blows(steps: &[&'static str], luck: &mut Luck, usual: usize) -> Vec<Blow> {
    let all = steps.iter().flat_map(|step| [(*step, "running"), (*step, "done")]);
    let mut all: Vec<Blow> = all.collect();
    let wanted = luck::rounds(usual, all.len());
    while all.len() > wanted {
        all.remove(luck.below(all.len()));
    }
    all
}

/// The first blow is prepared before the job begins, each other when the one before has fallen.
async fn strike(
    world: &World,
    luck: &mut Luck,
    blows: Vec<Blow>,
    begin: impl AsyncFnOnce() -> Result<()>,
) -> Result<()> {
    let mut begin = Some(begin);
    for (step, state) in blows {
        let checkpoint = Checkpoint::at(world, step, state).await?;
        match begin.take() {
            Some(begin) => begin().await?,
            None => drop(world.hub().start().await?),
        }
        checkpoint
            .reached()
            .await?
            .kills(world, luck.heads())
            .await
            .with_context(|| format!("killed at {step} {state}"))?;
    }
    world.hub().start().await?;
    Ok(())
}

#[tokio::test]
async fn killed_between_any_two_steps_a_site_comes_up_once_and_goes_wholly() -> Result<()> {
    let mut luck = Luck::of("provisioning")?;
    let shop = Workshop::open(quick_heirs()).await?;
    let plan = shop.plans(&shop.bo).await?;
    let building = blows(&BUILDING, &mut luck, 4);
    strike(&shop.world, &mut luck, building, async || shop.bo.presses_on(&plan, "Confirm").await.map(drop)).await?;
    shop.comes_up(&plan).await?;
    let jobs = shop.world.hub().list(&["job", "list"]).await?;
    ensure!(jobs.len() == 1, "one Confirm, {} jobs", jobs.len());
    let containers = shop.world.inventory().await?.kinds.get("container").cloned().unwrap_or_default();
    ensure!(containers.len() == 1, "{containers:?}");

    shop.bo.sends(&format!("/erase {}", shop.slug)).await?;
    let asked = shop.bo.sees("what will go, and a question", |m| m.offers("Confirm")).await?;
    let erasing = blows(&ERASING, &mut luck, 3);
    strike(&shop.world, &mut luck, erasing, async || shop.bo.presses_on(&asked, "Confirm").await.map(drop)).await?;
    waas_world::until("the erasure to be done", BUILD, async || {
        let job = shop.job("tenant_erase").await?;
        ensure!(job["state"] != "stuck", "{job}");
        Ok((job["state"] == "done").then_some(()))
    })
    .await?;
    shop.world.hub().cli(&["tenant", "show", &shop.slug]).await?.expect(3)?;
    shop.closes().await
}

#[tokio::test]
async fn two_people_at_once_are_one_job() -> Result<()> {
    let shop = Workshop::open(unhurried()).await?;
    let eva = shop.world.member("Eva", "operator").await?;
    let (his, hers) = tokio::try_join!(shop.plans(&shop.bo), shop.plans(&eva))?;
    shop.bo.begin().await?;
    let (once, _, twice) = tokio::try_join!(
        shop.bo.presses_as_seen(&his, "Confirm"),
        eva.presses_as_seen(&hers, "Confirm"),
        shop.bo.presses_as_seen(&his, "Confirm"),
    )?;
    if once.text.is_none() && twice.text.is_none() {
        // Eva was first: he is told at more length.
        shop.bo.finds("why not", BUILD, |m| m.says("at work") || m.says("taken")).await?;
    }
    let jobs = shop.world.hub().list(&["job", "list"]).await?;
    ensure!(jobs.len() == 1, "{jobs:?}");
    waas_world::until("the one job to be done", BUILD, async || {
        let job = shop.job("provision").await?;
        ensure!(job["state"] != "undone" && job["state"] != "stuck", "{job}");
        Ok((job["state"] == "done").then_some(()))
    })
    .await?;
    // Who came second is told, whoever it was; asking again is refused, and nothing more is built.
    eva.sends(&format!("/provision tiny {} {}", shop.slug, shop.domain)).await?;
    eva.sees("that it is taken", |m| !m.offers("Confirm") && m.says("taken")).await?;
    ensure!(shop.world.hub().list(&["job", "list"]).await?.len() == 1);
    shop.clears().await
}

#[tokio::test]
async fn a_container_that_never_becomes_healthy_is_taken_back_and_retry_goes_on() -> Result<()> {
    let shop = Workshop::open(Options::default()).await?;
    shop.spoils("projects/tiny/app/web.py", "urllib.request.urlopen(", "sys.exit(\"the cat sat on it\"); print(")?;
    let plan = shop.begins().await?;
    let told = shop.is_taken_back(&plan, "the cat sat on it").await?;
    ensure!(told.says("web") && told.says("tiny listens"), "neither service nor log lines:\n{told}");

    shop.spoils("projects/tiny/app/web.py", "tiny listens", "tiny listens again")?;
    shop.bo.presses_on(&told, "Retry").await?;
    shop.comes_up(&plan).await?;
    shop.clears().await
}

#[tokio::test]
async fn a_site_that_nginx_refuses_is_taken_back_and_the_others_serve() -> Result<()> {
    let shop = Workshop::open(Options::default()).await?;
    let hub = shop.world.hub();
    // Templates of the hub's own are read at its start.
    shop.spoils("nginx/site.conf.template", "set $waas_connection \"\";", "set $waas_connection;")?;
    hub.stop().await?;
    hub.start().await?;
    let plan = shop.begins().await?;
    let told = shop.is_taken_back(&plan, "nginx").await?;
    ensure!(told.says("set"), "not nginx's own words:\n{told}");

    shop.spoils("nginx/site.conf.template", "set", "set")?;
    hub.stop().await?;
    hub.start().await?;
    shop.bo.presses_on(&told, "Retry").await?;
    shop.comes_up(&plan).await?;
    shop.clears().await
}

#[tokio::test]
async fn a_missing_image_is_named_and_nothing_is_kept() -> Result<()> {
    let missing = "waas/there-is-none:1";
    let shop = Workshop::open(Options::default().set("HUB_IMAGES__REDIS", missing)).await?;
    let plan = shop.begins().await?;
    let told = shop.is_taken_back(&plan, missing).await?;
    ensure!(told.says("make images"), "no way out is named:\n{told}");
    shop.closes().await
}

/// The port of a plan, by terminal: the same that the chat's plan would have now.
async fn port(shop: &Workshop) -> Result<u16> {
    let command = ["init-project", "--type", "tiny", "--client", &shop.slug, "--domain", &shop.domain, "--plan"];
    let shown = shop.world.hub().json(&command).await?;
    Ok(u16::try_from(shown["ports"][0].as_u64().context("a port")?)?)
}

#[tokio::test]
async fn a_port_taken_before_confirm_changes_the_plan_and_one_taken_later_is_told() -> Result<()> {
    let shop = Workshop::open(Options::default()).await?;
    let plan = shop.plans(&shop.bo).await?;
    let first = port(&shop).await?;
    ensure!(plan.says(&first.to_string()), "no port {first} in the plan:\n{plan}");

    // Somebody takes it while Bo looks at the plan: he is shown another, and asked again.
    let _elsewhere = TcpListener::bind(("127.0.0.1", first))?;
    shop.bo.presses_on(&plan, "Confirm").await?;
    let changed = shop
        .bo
        .watches(&plan, "the plan with another port", BUILD, |m| m.offers("Confirm") && !m.says(&first.to_string()))
        .await?
        .value;
    ensure!(shop.job("provision").await?.is_null(), "begun without consent");

    // And the next one after he agreed, just before the container needs it.
    let second = port(&shop).await?;
    let checkpoint = Checkpoint::at(&shop.world, "containers", "running").await?;
    shop.bo.presses_on(&changed, "Confirm").await?;
    let held = checkpoint.reached().await?;
    let taken = TcpListener::bind(("127.0.0.1", second))?;
    held.passes().await?;
    let told = shop.is_taken_back(&plan, &second.to_string()).await?;
    drop(taken);
    shop.bo.presses_on(&told, "Retry").await?;
    shop.comes_up(&plan).await?;
    shop.clears().await
}
