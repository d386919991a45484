//! The operators' chat: bound, in topics, moved, lost and had again.

mod anonymous;
mod bind;
mod changes;
mod many;
mod people;
mod topics;

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;
use waas_world::{Group, Message, Options, Person, World, until};

/// A world whose sends are not limited: what is looked at is where they go.
async fn world() -> Result<World> {
    World::start_with(Options { no_limits: true, ..Options::default() }.set("HUB_TELEMETRY__MISSED_LEAST", "1s")).await
}

/// A world whose owner has bound a group of that kind, with nobody else in it; `admin`: the bot is one.
async fn operators_in(kind: &str, admin: bool) -> Result<(World, Person, Group)> {
    let world = world().await?;
    let bo = world.owner("Bo").await?;
    let ops = world.group(kind, "Ops", &[&bo], admin).await?;
    bound(&ops, &bo).await?;
    Ok((world, bo, ops))
}

/// A lead comes in.
async fn lead(world: &World, name: &str) -> Result<()> {
    world.gateway().push(&world.lead(name)).await
}

/// The card of somebody's lead, with its buttons.
fn card_of(name: &str) -> impl Fn(&Message) -> bool {
    move |message| message.says(name) && message.offers("Onboard")
}

/// Bo says `/bind` there and is told that it holds.
async fn bound(group: &Group, bo: &Person) -> Result<()> {
    group.hears(bo, None, "/bind").await?;
    group.shows("that it is bound", |m| m.says("operators’ chat now") && m.topic().is_none()).await?;
    Ok(())
}

/// A tenant that runs elsewhere lets hear of itself once, and no more: that is an alert after a few seconds.
async fn falls_silent(world: &World, slug: &str) -> Result<()> {
    let domain = format!("{}.example", slug.replace('_', "-"));
    world.hub().cli(&["tenant", "register", slug, "--domain", &domain]).await?.expect(0)?;
    let mut seq = 0;
    until("a heartbeat to arrive", Duration::from_secs(15), async || {
        seq += 1;
        let beat = json!({ "type": "heartbeat", "service": "backend", "boot": "one", "seq": seq, "version": "1",
            "ts": chrono::Utc::now().to_rfc3339(), "uptime_s": 1, "interval_s": 1 });
        world.gateway().publish(slug, &beat).await?;
        Ok((world.hub().json(&["tenant", "show", slug]).await?["health"] == "up").then_some(()))
    })
    .await?;
    Ok(())
}

/// The state of the newest lead, as the terminal shows it.
async fn newest_lead(world: &World) -> Result<serde_json::Value> {
    let leads = world.hub().list(&["lead", "list"]).await?;
    leads.into_iter().next().context("no lead")
}
