//! From the push of a lead to its card: 100 leads over 10 operators' chats.
//!
//! A hub has one operators' chat, so ten hubs stand side by side, each with a bot, an owner, a database and a list of its
//! own and with the limits that are shipped. They share the machine with all that drives them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::sync::mpsc;

use super::figure::{Figure, Unit, milliseconds, percentile};
use crate::deadline::rest;
use crate::events::Events;
use crate::world::World;

const CHATS: usize = 10;
const LEADS: usize = 100;
/// Of each kind.
const RUNS: usize = 3;
/// Between two leads when they come evenly: one a second for each chat, as Telegram allows for ever.
const EVENLY: Duration = Duration::from_millis(100);
/// What Telegram allows at once is allowed again after this time.
const RECOVERY: Duration = Duration::from_secs(4);
/// For all cards of one run.
const PATIENCE: Duration = Duration::from_secs(90);

/// A message that appeared in somebody's chat.
struct Seen {
    at: Instant,
    text: String,
}

/// Pushes leads and watches the chats.
///
/// # Errors
/// A part of a world fails, or a card does not come.
pub async fn measure(tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let mut worlds = Vec::new();
    let measured = run(&mut worlds, tell).await;
    let mut cleared = Ok(());
    for world in worlds {
        cleared = world.abandon().await.and(cleared);
    }
    let figures = measured?;
    cleared?;
    Ok(figures)
}

async fn run(worlds: &mut Vec<World>, tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let (sender, mut seen) = mpsc::unbounded_channel();
    for _ in 0..CHATS {
        let world = super::world().await?;
        worlds.push(world);
        let world = worlds.last().context("there is the one just pushed")?;
        world.hub().start().await?;
        world.owner("Bo").await?;
        let events = world.emulator().events().await?;
        tokio::spawn(watch(events, sender.clone()));
    }
    // Whoever ends last closes the channel: a broken stream is noticed as such.
    drop(sender);

    let mut figures = Vec::new();
    let kinds = [
        (
            "all at once",
            Duration::ZERO,
            "from `LPUSH` to the event in the chat; 10 leads a chat in one burst, of which Telegram lets 3 and then 1 a second through",
        ),
        ("evenly", EVENLY, "the same leads, 1 a second a chat, so that no limit of Telegram holds any back"),
    ];
    let mut number = 0;
    for (kind, pause, how) in kinds {
        let (mut middle, mut tail) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            for world in worlds.iter() {
                world.settles().await?;
            }
            rest(RECOVERY).await;
            let took = milliseconds(&once(worlds, &mut seen, pause, &mut number).await?);
            middle.push(percentile(&took, 50.0));
            tail.push(percentile(&took, 99.0));
        }
        for (which, values) in [("p50", middle), ("p99", tail)] {
            let what = format!("lead pushed → card received, {kind}, {which}");
            let figure = Figure::new(what, how, Unit::Milliseconds, values);
            tell(&figure.to_string());
            figures.push(figure);
        }
    }
    let mut memory = Vec::new();
    for world in worlds.iter() {
        let pid = world.hub().pid().await.context("a hub does not run")?;
        memory.push(super::resident(pid)?);
    }
    let how = "resident set of each of the ten hubs after those leads";
    let after = Figure::new("memory of a hub after work", how, Unit::Mebibytes, memory);
    tell(&after.to_string());
    figures.push(after);
    Ok(figures)
}

/// One run: how long each card took.
async fn once(
    worlds: &[World],
    seen: &mut mpsc::UnboundedReceiver<Seen>,
    pause: Duration,
    number: &mut u32,
) -> Result<Vec<Duration>> {
    let mut pushed = HashMap::new();
    let began = Instant::now();
    for nth in 0..LEADS {
        let world = worlds.get(nth % CHATS).context("there are that many")?;
        *number += 1;
        let name = format!("Person {number:06}");
        let due = began + pause * u32::try_from(nth)?;
        rest(due.saturating_duration_since(Instant::now())).await;
        let lead = world.lead(&name);
        pushed.insert(name, Instant::now());
        world.gateway().push(&lead).await?;
    }
    let mut took = Vec::new();
    let all = async {
        while !pushed.is_empty() {
            let Seen { at, text } = seen.recv().await.context("the emulators are gone")?;
            let name = pushed.keys().find(|name| text.contains(name.as_str())).cloned();
            if let Some(then) = name.and_then(|name| pushed.remove(&name)) {
                took.push(at - then);
            }
        }
        anyhow::Ok(())
    };
    match tokio::time::timeout(PATIENCE, all).await {
        Ok(came) => came?,
        Err(_) => bail!("{} of {LEADS} cards did not come within {PATIENCE:?}", pushed.len()),
    }
    Ok(took)
}

/// Notes each new message with the time at which it appeared.
async fn watch(mut events: Events, sender: mpsc::UnboundedSender<Seen>) {
    // It ends with the emulator, or when nobody listens any more.
    while let Ok(event) = events.next().await {
        let at = Instant::now();
        let text = event["message"]["text"].as_str().map(str::to_owned);
        if event["type"] == "new_message"
            && let Some(text) = text
            && sender.send(Seen { at, text }).is_err()
        {
            return;
        }
    }
}
