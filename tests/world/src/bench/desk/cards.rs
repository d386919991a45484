//! From the push of a lead to its card, in one chat, beside all the leads that are there already.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::bench::figure::{Figure, Unit, milliseconds, percentile};
use crate::deadline::rest;
use crate::events::Events;
use crate::world::World;

const RUNS: usize = 3;
/// Of each run.
const LEADS: usize = 100;
/// Between two of them.
const APART: Duration = Duration::from_millis(100);
/// Gateways that send them in turn: one that sends this many would be told of by a digest.
const GATEWAYS: usize = 50;
/// For the last card of a run.
const PATIENCE: Duration = Duration::from_secs(20);

const HOW: &str =
    "from `LPUSH` to the event in the chat; 10 leads a second from 50 gateways into one chat, limits of sending lifted";

/// Pushes leads and watches the chat.
///
/// # Errors
/// A part of the world fails, or a card does not come.
pub(super) async fn measure(world: &World) -> Result<Vec<Figure>> {
    let mut events = world.emulator().events().await?;
    let (mut middle, mut tail) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        world.settles().await?;
        let took = milliseconds(&once(world, &mut events, run).await?);
        middle.push(percentile(&took, 50.0));
        tail.push(percentile(&took, 99.0));
    }
    let of = |which, values| Figure::new(what(which), HOW, Unit::Milliseconds, values);
    Ok(vec![of("p50", middle), of("p99", tail)])
}

fn what(which: &str) -> String {
    format!("lead pushed → card received, 100,000 leads stored, {which}")
}

async fn once(world: &World, events: &mut Events, run: usize) -> Result<Vec<Duration>> {
    let began = Instant::now();
    let mut pushed = HashMap::new();
    let mut took = Vec::new();
    for nth in 0..LEADS {
        let due = began + APART * u32::try_from(nth)?;
        watch(events, &mut pushed, &mut took, due).await?;
        let number = run * LEADS + nth;
        let name = format!("Person {number:06}");
        let mut lead = world.lead(&name);
        lead["source"] = json!(format!("gateway-{}.example", nth % GATEWAYS));
        // Somebody else each time: a card names those who may be the same person.
        lead["phone"] = json!(format!("+49 30 9{number:07}"));
        lead["email"] = json!(format!("person{number}@new-salon.example"));
        pushed.insert(name, Instant::now());
        world.gateway().push(&lead).await?;
    }
    let end = Instant::now() + PATIENCE;
    while !pushed.is_empty() {
        if Instant::now() >= end {
            bail!("{} of {LEADS} cards did not come within {PATIENCE:?}", pushed.len());
        }
        watch(events, &mut pushed, &mut took, Instant::now() + Duration::from_millis(20)).await?;
    }
    Ok(took)
}

/// Notes the cards that appear until `end`.
async fn watch(
    events: &mut Events,
    pushed: &mut HashMap<String, Instant>,
    took: &mut Vec<Duration>,
    end: Instant,
) -> Result<()> {
    let mut over = std::pin::pin!(rest(end.saturating_duration_since(Instant::now())));
    loop {
        let event = tokio::select! {
            () = &mut over => return Ok(()),
            event = events.next() => event?,
        };
        let at = Instant::now();
        let text = event["message"]["text"].as_str().unwrap_or_default();
        let name = pushed.keys().find(|name| text.contains(name.as_str())).cloned();
        if event["type"] == "new_message"
            && let Some(name) = name
        {
            let then = pushed.remove(&name).context("it was just there")?;
            took.push(at - then);
        }
    }
}
