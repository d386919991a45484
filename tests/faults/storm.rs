//! Minutes in which Telegram refuses, is ill or hangs: every page arrives, and a chat is not buried under them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use waas_world::luck::{self, Luck};
use waas_world::{Message, Person, World, deadline, until};

use super::ack::heartbeat_of;
use super::quick_heirs;

/// Promised for the time between the end of the storm and the last page.
const AFTER: Duration = Duration::from_secs(60);
/// Pages of one chat that come one by one; those beyond are named in a digest.
const ONE_BY_ONE: usize = 10;
/// How long one kind of trouble lasts.
const SPELL: Duration = Duration::from_secs(4);
/// Two kinds overlap by this.
const OVERLAP: Duration = Duration::from_millis(500);
/// From the last heartbeat to its alert, three intervals of a second and a look, within the storm.
const TELLING: Duration = Duration::from_secs(8);

fn slug(n: usize) -> String {
    format!("far_away_{n:02}")
}

/// One kind of trouble after another, none of which lets a message through.
async fn storm(world: &World, luck: &mut Luck, lasts: Duration) -> Result<()> {
    let kinds: [Value; 4] = [
        json!({"fault": "too_many_requests", "method": "sendMessage"}),
        json!({"fault": "fail", "method": "sendMessage", "status": 502, "description": "Bad Gateway"}),
        json!({"fault": "hang"}),
        json!({"fault": "fail", "status": 500, "description": "Internal Server Error"}),
    ];
    let began = Instant::now();
    while began.elapsed() < lasts {
        let mut kind = kinds.get(luck.below(kinds.len())).context("a kind")?.clone();
        kind["seconds"] = SPELL.as_secs().into();
        world.emulator().fault(&kind).await?;
        // The oldest rule in force strikes: the next begins before this one ends.
        deadline::rest(SPELL - OVERLAP).await;
    }
    world.emulator().no_faults().await
}

/// Each site reports once, while the storm goes on, and falls silent: a critical alert.
async fn silences(world: &World, count: usize, over: Duration) -> Result<()> {
    for n in 0..count {
        heartbeat_of(world, &slug(n), &mut 0).await?;
        deadline::rest(over / u32::try_from(count)?).await;
    }
    Ok(())
}

fn pages(messages: &[Message]) -> impl Iterator<Item = &Message> {
    messages.iter().filter(|m| m.from_bot && m.text.contains("far_away_"))
}

/// Waits until every site is named in Bo's chat.
async fn all_are_named(bo: &Person, count: usize) -> Result<Vec<Message>> {
    let mut last = Vec::new();
    let named = until("every page", AFTER, async || {
        last = bo.messages().await?;
        let all = (0..count).all(|n| pages(&last).any(|m| m.text.contains(&slug(n))));
        Ok(all.then_some(()))
    })
    .await;
    let chat = || last.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    named.with_context(|| format!("Bo's chat:\n{}", chat()))?;
    Ok(last)
}

#[tokio::test]
async fn every_page_arrives_within_a_minute_of_a_storm_and_those_beyond_ten_are_named_in_digests() -> Result<()> {
    let mut luck = Luck::of("storm")?;
    let lasts = Duration::from_secs(u64::try_from(luck::rounds(20, 600))?);
    let sites = luck::rounds(14, 40);
    let options = quick_heirs()
        .set("HUB_TELEMETRY__MISSED_LEAST", "1s")
        .set("HUB_TELEGRAM__REQUEST_TIMEOUT", "1s")
        .set("HUB_TELEGRAM__POLL_TIMEOUT", "5s")
        .set("HUB_TELEGRAM__SEND_BACKOFF", "100ms");
    let world = World::start_with(options).await?;
    let bo = world.owner("Bo").await?;
    for n in 0..sites {
        let domain = format!("{}.example", slug(n).replace('_', "-"));
        world.hub().cli(&["tenant", "register", &slug(n), "--domain", &domain]).await?.expect(0)?;
    }
    world.settles().await?;

    let (raged, silent) =
        tokio::join!(storm(&world, &mut luck, lasts), silences(&world, sites, lasts.saturating_sub(TELLING)));
    raged?;
    silent?;
    let open = world.hub().list(&["alert", "list", "--limit", "1000"]).await?;
    let of_sites = open.iter().filter(|a| a["tenant"].as_str().is_some_and(|t| t.starts_with("far_away"))).count();
    ensure!(of_sites == sites, "{sites} silent sites, {of_sites} alerts when the storm ends");

    let messages = all_are_named(&bo, sites).await?;
    world.settles().await?;
    let (cards, digests): (Vec<&Message>, Vec<&Message>) = pages(&messages).partition(|m| m.offers("Ack"));
    eprintln!("storm: {} s, {sites} pages: {} cards, {} digests", lasts.as_secs(), cards.len(), digests.len());
    let mut database = world.database().await?;
    let unknown: i64 =
        sqlx::query_scalar("select coalesce(sum(unknown_sends), 0)::bigint from cards where kind = 'alert'")
            .fetch_one(&mut database)
            .await?;
    ensure!(i64::try_from(cards.len())? <= i64::try_from(ONE_BY_ONE)? + unknown, "{} cards in one chat", cards.len());
    let names: Vec<&str> =
        digests.iter().flat_map(|m| m.text.lines()).filter(|line| line.contains("far_away_")).collect();
    let named: BTreeSet<&str> = names.iter().copied().collect();
    ensure!(!names.is_empty() && named.len() == names.len(), "a page is named twice: {names:?}");
    let told = cards.len() + names.len();
    ensure!(told >= sites && i64::try_from(told - sites)? <= unknown, "{sites} pages, {told} times told");
    world.end().await
}
