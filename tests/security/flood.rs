//! SEC28: one who floods the hub waits for themselves. Others are served as before, and memory stays.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use waas_world::{Options, Person, World, luck, until};

use super::{Forger, SECRET, account, by_webhook, knock};
use crate::bad_input::unhurried;

/// Others are answered within this while somebody floods.
const SERVED: Duration = Duration::from_secs(2);
/// What a flood may cost for good: caches and pools that grew, not the flood itself.
const GROWTH: u64 = 64 * 1024 * 1024;

/// Resident bytes of the hub.
async fn memory(world: &World) -> Result<u64> {
    let pid = world.hub().pid().await.context("the hub runs")?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
}

/// How long this person waits for an answer.
async fn answered_in(person: &Person) -> Result<Duration> {
    person.sends("/whoami").await?;
    Ok(person.sees_within("who they are", Duration::from_secs(30), |m| m.says("ID")).await?.took)
}

#[tokio::test]
async fn sec28_a_thousand_presses_and_messages_of_one_person_delay_nobody_else() -> Result<()> {
    let options = by_webhook();
    let settings = options.settings.into_iter().chain(unhurried().settings).collect();
    let world = World::start_with(Options { settings, no_limits: true, ..Options::default() }).await?;
    let ann = world.person("Ann", "Weber").await?;
    let alone = answered_in(&ann).await?;
    let before = memory(&world).await?;

    let max = world.person("Max", "Fremd").await?;
    let (mut forger, by_max) = (Forger::new(), account(max.id, "Max"));
    let count = luck::rounds(150, 1_000);
    let began = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    let http = reqwest::Client::builder().no_proxy().build()?;
    for n in 0..count {
        let update = if n % 2 == 0 {
            forger.press(&by_max, max.id, 1, "no-such-button").0
        } else {
            let message = json!({ "message_id": n, "date": 1_700_000_000, "text": "again!", "from": by_max,
                "chat": { "id": max.id, "type": "private", "first_name": "Max" } });
            forger.update("message", &message)
        };
        let request = http.post(format!("{}/telegram/webhook", world.hub().url())).body(update.to_string());
        let request = request.header(super::HEADER, SECRET);
        calls.spawn(async move { anyhow::Ok(request.send().await?.status()) });
        if calls.len() >= 50 {
            let status = calls.join_next().await.context("a call")???;
            ensure!(status.is_success(), "{status}");
        }
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..5 {
        slowest = slowest.max(answered_in(&ann).await?);
    }
    while let Some(status) = calls.join_next().await {
        ensure!(status??.is_success());
    }
    let flooded = began.elapsed();
    ensure!(slowest < SERVED, "Ann waited {slowest:?} beside a flood of {count}, {alone:?} alone");
    world.settles_within(Duration::from_secs(120)).await?;
    let growth = memory(&world).await?.saturating_sub(before);
    ensure!(growth < GROWTH, "{growth} bytes more after a flood of {count}");
    eprintln!(
        "flood: {count} updates within {flooded:?}; Ann waited {slowest:?} at most, {alone:?} alone; {growth} bytes"
    );
    world.end().await
}

#[tokio::test]
async fn sec28_a_flood_of_leads_from_one_source_keeps_nobody_from_the_bot() -> Result<()> {
    let world = World::start_with(Options { no_limits: true, ..unhurried() }).await?;
    let ann = world.person("Ann", "Weber").await?;
    let count = luck::rounds(300, 10_000);
    let before = memory(&world).await?;
    for n in 0..count {
        world.gateway().push(&world.lead(&format!("Lead {n}"))).await?;
    }
    let waited = answered_in(&ann).await?;
    ensure!(waited < SERVED, "Ann waited {waited:?} beside {count} leads");
    world.settles_within(Duration::from_secs(300)).await?;
    let stored: i64 = sqlx::query_scalar("select count(*) from leads").fetch_one(&mut world.database().await?).await?;
    ensure!(stored == i64::try_from(count)?, "{count} pushed, {stored} stored");
    let growth = memory(&world).await?.saturating_sub(before);
    ensure!(growth < GROWTH, "{growth} bytes more after {count} leads");
    world.end().await
}

#[tokio::test]
async fn sec28_a_message_of_a_megabyte_is_refused_at_the_door_and_a_large_one_is_a_message() -> Result<()> {
    let world = World::start_with(by_webhook()).await?;
    let mut forger = Forger::new();
    let mut message = |bytes: usize| {
        let message = json!({ "message_id": 1, "date": 1_700_000_000, "text": "x".repeat(bytes), "from": account(5, "Eve"),
            "chat": { "id": 5, "type": "private", "first_name": "Eve" } });
        forger.update("message", &message).to_string()
    };
    let refused = knock(&world, &[SECRET], message(1024 * 1024)).await?;
    ensure!(refused == reqwest::StatusCode::PAYLOAD_TOO_LARGE, "{refused}");
    ensure!(knock(&world, &[SECRET], message(900 * 1024)).await? == reqwest::StatusCode::OK);
    let ann = world.person("Ann", "Weber").await?;
    ensure!(answered_in(&ann).await? < SERVED);
    let mut database = world.database().await?;
    until("both updates to be handled", Duration::from_secs(10), async || {
        let handled = "select count(*) from inbox where state = 'done'";
        let handled: i64 = sqlx::query_scalar(handled).fetch_one(&mut database).await?;
        Ok((handled == 2).then_some(()))
    })
    .await?;
    ensure!(world.hub().list(&["dead-letter", "list"]).await?.iter().all(|letter| letter["source"] == "message"));
    world.abandon().await
}

#[tokio::test]
async fn sec28_who_blocks_and_unblocks_fills_nobodys_chat() -> Result<()> {
    let world = World::start_with(Options { no_limits: true, ..unhurried() }).await?;
    let bo = world.owner("Bo").await?;
    let eva = world.member("Eva", "operator").await?;
    let max = world.person("Max", "Fremd").await?;
    max.sends("/start").await?;
    max.sees("what strangers are told", |m| m.says("service desk")).await?;
    let told = async |of: &str| {
        world.settles().await?;
        anyhow::Ok(bo.messages().await?.iter().filter(|m| m.says(&format!("{of} cannot be reached"))).count())
    };
    for person in [&max, &eva] {
        for _ in 0..5 {
            person.blocks(true).await?;
            person.blocks(false).await?;
        }
    }
    ensure!(told("Max").await? == 0, "he has nothing to do with us");
    ensure!(told("Eva").await? == 1, "she works here, and that is told once a day");

    // What is said to him fails: that somebody must know, once.
    let mut database = world.database().await?;
    max.blocks(true).await?;
    world.settles().await?;
    for _ in 0..2 {
        let say = "insert into outbox (bot_id, chat_id, priority, call)
                   select bot_id, $1, priority, call from outbox where call ->> 'method' = 'say' limit 1";
        ensure!(sqlx::query(say).bind(max.id).execute(&mut database).await?.rows_affected() == 1);
    }
    bo.finds("that he cannot be reached", Duration::from_secs(20), |m| m.says("Max cannot be reached")).await?;
    ensure!(told("Max").await? == 1);
    world.end().await
}
