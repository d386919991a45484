//! Commands that nobody knows, and those that miss something.

use anyhow::{Result, ensure};
use waas_world::World;

#[tokio::test]
async fn a_command_that_nobody_knows_is_answered_with_those_that_are() -> Result<()> {
    let world = World::start().await?;
    let bo = world.owner("Bo").await?;
    for line in [
        "/frobnicate",
        "what now?",
        "/lead",
        "/lead seventeen",
        "/lead 999",
        "/leads purple",
        "/alert 999",
        "/silence",
        "/provision",
    ] {
        bo.sends(line).await?;
        let answer = bo.sees(&format!("an answer to {line}"), |_| true).await?;
        ensure!(!answer.says("wrong on our side") && answer.text.len() > 20, "{line}:\n{answer}");
    }
    bo.sends("/frobnicate").await?;
    bo.sees("what there is", |m| m.says("/leads") && m.says("/whoami")).await?;
    world.settles().await?;
    ensure!(world.hub().list(&["dead-letter", "list"]).await?.is_empty());
    world.end().await
}
