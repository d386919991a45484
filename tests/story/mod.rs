//! Issue 3's story, the same that `make demo` plays.

use anyhow::Result;
use waas_world::World;
use waas_world::story::Story;

#[tokio::test]
async fn a_lead_becomes_a_live_site_and_an_alert_becomes_calm() -> Result<()> {
    let world = World::start().await?;
    let story = Story::begin(&world, &world.mark(), |line| eprintln!("{line}")).await?;
    story.play().await?;
    let shop = story.shop.clone();
    drop(story);
    world.end_with(&[&shop]).await
}
