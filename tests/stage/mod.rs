//! The stage itself: that a world stands by itself, and notices what it is there to notice.

use std::time::Duration;

use anyhow::Result;
use waas_world::{Options, World};

fn without_hub() -> Options {
    Options { hub_stopped: true, ..Options::default() }
}

#[tokio::test]
async fn two_worlds_do_not_see_each_other() -> Result<()> {
    let (here, there) = tokio::try_join!(World::start_with(without_hub()), World::start_with(without_hub()))?;
    here.gateway().push(&here.lead("Ann")).await?;
    assert_eq!(here.gateway().depth().await?, (1, 0));
    assert_eq!(there.gateway().depth().await?, (0, 0));
    assert_ne!(here.mark(), there.mark());

    let ann = here.person("Ann", "Weber").await?;
    ann.sends("Is anybody there?").await?;
    assert_eq!(ann.messages().await?.len(), 1);
    here.end().await?;
    there.end().await
}

#[tokio::test]
async fn what_is_not_there_is_told_with_the_chat_as_it_stands() -> Result<()> {
    let world = World::start_with(without_hub()).await?;
    let ann = world.person("Ann", "Weber").await?;
    ann.sends("Knock, knock").await?;
    let told = ann.sees_within("an answer", Duration::from_millis(100), |_| true).await;
    let told = told.err().map(|e| format!("{e:?}")).unwrap_or_default();
    assert!(told.contains("Ann to see an answer"), "{told}");
    assert!(told.contains("Knock, knock"), "{told}");
    world.end().await
}

#[tokio::test]
async fn a_world_that_lost_its_redis_gets_an_empty_one() -> Result<()> {
    let world = World::start_with(without_hub()).await?;
    world.gateway().push_raw(b"not a lead").await?;
    world.gateway().away().await?;
    assert!(world.gateway().depth().await.is_err());
    world.gateway().back().await?;
    assert_eq!(world.gateway().depth().await?, (0, 0));
    world.end().await
}

#[tokio::test]
async fn a_hub_starts_and_stops_and_an_unfinished_world_is_noticed() -> Result<()> {
    let world = World::start().await?;
    world.settles().await?;
    let (status, _) = world.hub().get("/healthz").await?;
    assert_eq!(status, 200);
    world.hub().stop().await?;

    world.gateway().push(&world.lead("Ann")).await?;
    assert!(world.settles_within(Duration::from_millis(200)).await.is_err(), "a lead that nobody took was not noticed");
    world.end().await
}
