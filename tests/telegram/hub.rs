//! The shipped process: updates by webhook, a rolling restart, dead letters at the terminal, figures.

use anyhow::Context as _;
use waas_world::{Options, World, until};

use super::SOON;

fn by_webhook() -> Options {
    Options::default().set("HUB_TELEGRAM__MODE", "webhook").set("HUB_TELEGRAM__WEBHOOK_SECRET", "secret-of_a-world")
}

#[tokio::test]
async fn a_hub_with_a_webhook_answers_and_what_comes_while_it_is_away_waits() -> anyhow::Result<()> {
    let world = World::start_with(by_webhook()).await?;
    let bo = world.owner("Bo").await?;
    bo.sends("/whoami").await?;
    bo.sees("who Bo is", |m| m.says("owner")).await?;
    world.hub().stop().await?;
    bo.sends("/deadletters").await?;
    world.hub().start().await?;
    bo.sees("an answer to what came meanwhile", |m| m.says("Everything could be handled")).await?;
    let calls = world.emulator().transcript().await?;
    assert!(!calls.iter().any(|call| call["method"] == "deleteWebhook"), "never deleted at a stop");
    assert!(!calls.iter().any(|call| call["method"] == "getUpdates"));
    let (_, metrics) = world.hub().get("/metrics").await?;
    let counted = r#"hub_updates_total{mode="webhook",kind="message"}"#;
    assert!(metrics.contains(counted), "{metrics}");
    for figure in
        ["hub_outbox_oldest_seconds{priority=\"page\"}", "hub_dead_letters{source=\"lead\"}", "hub_jobs{state="]
    {
        until(figure, SOON, async || Ok(world.hub().get("/metrics").await?.1.contains(figure).then_some(()))).await?;
    }
    world.end().await
}

#[tokio::test]
async fn a_dead_letter_is_decided_about_at_the_terminal() -> anyhow::Result<()> {
    let world = World::start_with(by_webhook()).await?;
    let bo = world.owner("Bo").await?;
    world.gateway().push_raw(b"no lead").await?;
    bo.sees("the notice", |m| m.says("malformed")).await?;
    let letters = world.hub().list(&["dead-letter", "list"]).await?;
    let id = letters[0]["id"].as_str().context("an id")?;
    world.hub().cli(&["dead-letter", "retry", id]).await?.expect(4)?;
    let dropped = world.hub().json(&["dead-letter", "drop", id]).await?;
    assert_eq!(dropped["state"], "dropped");
    world.hub().cli(&["dead-letter", "drop", id]).await?.expect(4)?;
    let nobody = uuid::Uuid::nil().to_string();
    world.hub().cli(&["dead-letter", "retry", &nobody]).await?.expect(3)?;
    assert!(world.hub().list(&["dead-letter", "list"]).await?.is_empty());
    world.end().await
}
