//! Bad luck: the hub is killed at every kind of moment, and what it needs goes away and comes back. Whatever happens,
//! everything goes on afterwards, once.

mod ack;
mod card;
mod checkpoint;
mod dialogue;
mod leads;
mod outage;
mod picture;
mod provisioning;
mod reconnect;
mod storm;
mod survey;
mod triage;
mod updates;
mod workshop;

use std::time::Duration;

use anyhow::{Context as _, Result};
use waas_world::{Options, Person, World};

/// Promised for the time between the death of a hub and the moment when its work goes on, by the shipped settings.
const TAKEOVER: Duration = Duration::from_secs(15);

/// A hub whose rights to poll, send and work pass on after two seconds of silence instead of ten, so that many kills fit
/// into a short test. Nothing else differs.
pub(crate) fn quick_heirs() -> Options {
    Options::default().set("HUB_TELEGRAM__LEASE", "2s").set("HUB_DURABLE__LEASE", "2s")
}

/// A lead named `name` arrives, Bo onboards it, and this is the payload of the link for the client.
pub(crate) async fn invited(world: &World, bo: &Person, name: &str) -> Result<String> {
    bo.begin().await?;
    world.gateway().push(&world.lead(name)).await?;
    let card = bo.sees("a card for the lead", |m| m.offers("Onboard") && m.says(name)).await?;
    bo.presses_on(&card, "Onboard").await?;
    let link = bo.sees("the link to forward", |m| m.text.contains("start=onb_")).await?;
    link.deep_link("onb_").context("the link has no token")
}
