//! What the hub needs is away, at the start and later.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use waas_world::{Options, Person, World, until};

const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `/readyz` answers `status` with this dependency well or ill.
async fn readiness(world: &World, status: u16, dependency: &str, well: bool) -> Result<Value> {
    let what = format!("/readyz to answer {status} with {dependency} {}", if well { "well" } else { "ill" });
    let waited = until(&what, PATIENCE, async || {
        let Ok((answered, body)) = world.hub().get("/readyz").await else {
            return Ok(None);
        };
        let body: Value = serde_json::from_str(&body)?;
        let fits = answered == status && body["dependencies"][dependency]["ok"] == well;
        Ok(fits.then_some(body))
    });
    Ok(waited.await?.value)
}

async fn lead_becomes_a_card(world: &World, bo: &Person, name: &str) -> Result<()> {
    bo.begin().await?;
    world.gateway().push(&world.lead(name)).await?;
    bo.sees_within("a card for the lead", PATIENCE, |m| m.offers("Take") && m.says(name)).await?;
    Ok(())
}

#[tokio::test]
async fn redis_may_be_away_at_the_start_and_later() -> Result<()> {
    let world = World::start_with(Options { hub_stopped: true, ..Options::default() }).await?;
    world.gateway().away().await?;
    world.hub().spawn().await?;
    let told = readiness(&world, 503, "redis", false).await?;
    ensure!(told["dependencies"]["postgres"]["ok"] == true, "{told}");
    // People are served meanwhile.
    let bo = world.owner("Bo").await?;

    world.gateway().back().await?;
    readiness(&world, 200, "redis", true).await?;
    lead_becomes_a_card(&world, &bo, "First Light").await?;

    world.gateway().away().await?;
    readiness(&world, 503, "redis", false).await?;
    bo.sends("/leads").await?;
    bo.sees("the list of leads", |m| m.says("First Light")).await?;
    world.gateway().back().await?;
    readiness(&world, 200, "redis", true).await?;
    lead_becomes_a_card(&world, &bo, "Second Light").await?;
    world.end().await
}

#[tokio::test]
async fn docker_may_be_away_at_the_start() -> Result<()> {
    let world =
        World::start_with(Options::default().set("HUB_DOCKER__ENDPOINT", "unix:///nowhere/docker.sock")).await?;
    readiness(&world, 200, "docker", false).await?;
    let bo = world.owner("Bo").await?;
    lead_becomes_a_card(&world, &bo, "Ann Weber").await?;

    let checked = world.hub().cli(&["check", "--json"]).await?.expect(1)?.json()?;
    let items = checked["items"].as_array().cloned().unwrap_or_default();
    let docker = items.into_iter().find(|item| item["name"] == "docker").unwrap_or_default();
    ensure!(docker["ok"] == false && docker["mend"].as_str().is_some_and(|mend| !mend.is_empty()), "{checked}");
    world.end().await
}

#[tokio::test]
async fn what_could_not_be_sent_is_sent_when_telegram_is_back() -> Result<()> {
    let world = World::start().await?;
    let bo = world.owner("Bo").await?;
    bo.begin().await?;
    world.emulator().fault(&json!({"fault": "fail", "method": "sendMessage", "status": 502})).await?;
    world.gateway().push(&world.lead("Ann Weber")).await?;
    until("a send to fail", PATIENCE, async || {
        let calls = world.emulator().transcript().await?;
        let struck = calls.iter().any(|call| call["fault"] == "fail");
        Ok(struck.then_some(()))
    })
    .await?;
    world.emulator().no_faults().await?;
    bo.sees_within("the card, once Telegram is back", PATIENCE, |m| m.says("Ann Weber")).await?;
    world.settles().await?;
    let cards = bo.messages().await?.iter().filter(|m| m.says("Ann Weber")).count();
    ensure!(cards == 1, "one lead, {cards} cards");
    world.end().await
}
