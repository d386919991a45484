//! How long a page takes to arrive while a thousand messages of the lowest priority wait, with the limits that are shipped.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::bench::figure::{Figure, Unit, milliseconds, percentile};
use crate::deadline::rest;
use crate::events::Events;
use crate::person::Person;
use crate::world::World;

/// Chats that messages go to.
const CHATS: usize = 40;
/// Messages of the lowest priority that wait at the beginning.
const WAITING: usize = 1000;
/// Pages put beside them, to one chat after another.
const PAGES: usize = 20;
/// Between two pages.
const APART: Duration = Duration::from_secs(1);
/// For the last of them.
const PATIENCE: Duration = Duration::from_secs(30);

/// A digest; the numbers are those of the hub's outbox.
const LEAST: i16 = 5;
const PAGE: i16 = 0;

/// Fills the outbox and puts pages beside it.
///
/// # Errors
/// A part of the world fails, or a page does not come.
pub(super) async fn measure(tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let world = super::super::world().await?;
    let measured = pages(&world, tell).await;
    let cleared = world.abandon().await;
    let figures = measured?;
    cleared?;
    Ok(figures)
}

async fn pages(world: &World, tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    world.hub().start().await?;
    let mut people = Vec::new();
    for nth in 0..CHATS {
        let person = world.person(&format!("Person {nth}"), "").await?;
        person.sends("Hello").await?;
        people.push(person);
    }
    world.settles().await?;
    let mut events = world.emulator().events().await?;
    put(world, &people, WAITING, LEAST, "a digest").await?;
    let began = Instant::now();
    let mut put_at = HashMap::new();
    let mut took = Vec::new();
    for nth in 0..PAGES {
        let due = began + APART * u32::try_from(nth + 1)?;
        watch(&mut events, &mut put_at, &mut took, due).await?;
        let text = format!("page {nth:04}");
        let person = people.get(nth % CHATS).context("there are that many")?;
        put_at.insert(text.clone(), Instant::now());
        put(world, std::slice::from_ref(person), 1, PAGE, &text).await?;
    }
    let left = waiting(world).await?;
    let end = Instant::now() + PATIENCE;
    while !put_at.is_empty() {
        if Instant::now() >= end {
            bail!("{} of {PAGES} pages did not come", put_at.len());
        }
        watch(&mut events, &mut put_at, &mut took, Instant::now() + Duration::from_millis(50)).await?;
    }
    tell(&format!("{left} of {WAITING} messages still waited when the last page was put"));
    let how = "from before its commit to the event in the chat; a page a second to one of 40 chats whose 1,000 digests wait, limits as shipped; both put into the outbox by SQL";
    let took = milliseconds(&took);
    let figures: Vec<Figure> = [("p50", 50.0), ("p99", 99.0)]
        .map(|(which, percent)| {
            let what = format!("a page past 1,000 lesser messages, {which}");
            Figure::new(what, how, Unit::Milliseconds, vec![percentile(&took, percent)])
        })
        .into();
    figures.iter().for_each(|figure| tell(&figure.to_string()));
    Ok(figures)
}

/// Writes messages as a commit of the hub would, and wakes its sender.
async fn put(world: &World, people: &[Person], count: usize, priority: i16, text: &str) -> Result<()> {
    let chats: Vec<i64> = people.iter().map(|person| person.id).cycle().take(count).collect();
    let call = json!({"method": "say", "topic": null, "html": text, "keyboard": [], "ask_contact": null});
    let mut database = world.database().await?;
    let put = "with put as (
                 insert into outbox (bot_id, chat_id, priority, call)
                 select (select max(bot_id) from inbox), chat, $2, $3 from unnest($1::bigint[]) chat returning 1)
               select pg_notify('hub_outbox', ''), (select count(*) from put)";
    sqlx::query(put).bind(&chats).bind(priority).bind(&call).execute(&mut database).await?;
    Ok(())
}

async fn waiting(world: &World) -> Result<i64> {
    let count = sqlx::query_scalar("select count(*) from outbox where state = 'waiting'");
    Ok(count.fetch_one(&mut world.database().await?).await?)
}

/// Notes the pages that appear until `end`.
async fn watch(
    events: &mut Events,
    put_at: &mut HashMap<String, Instant>,
    took: &mut Vec<Duration>,
    end: Instant,
) -> Result<()> {
    let mut over = std::pin::pin!(rest(end.saturating_duration_since(Instant::now())));
    loop {
        let event = tokio::select! {
            () = &mut over => return Ok(()),
            event = events.next() => event?,
        };
        let text = event["message"]["text"].as_str().unwrap_or_default();
        if event["type"] == "new_message"
            && let Some(then) = put_at.remove(text)
        {
            took.push(then.elapsed());
        }
    }
}
