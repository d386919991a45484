//! Updates that Telegram brings, and the change between the two ways.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use waas_platform::secrets::Secret;
use waas_platform::telegram::{poller, webhook};
use waas_platform::{durable, web};
use waas_world::until;

use super::{SOON, Stage};
use crate::database::with_database;

const SECRET: &str = "s3cret-of_a-test";

/// A door for updates, as a replica has it.
async fn open(stage: &mut Stage) -> anyhow::Result<String> {
    let (routes, receiver) =
        webhook::open(stage.pool.clone(), stage.bot, Secret::new(SECRET.to_owned()), stage.signals.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    stage.running.push(tokio::spawn(receiver.run(stage.stop.clone())));
    let stop = stage.stop.clone();
    stage.running.push(tokio::spawn(async move {
        web::serve(listener, routes, stop, Duration::from_secs(1)).await.expect("serves");
    }));
    Ok(url)
}

async fn bring(url: &str, secret: Option<&str>, body: String) -> anyhow::Result<StatusCode> {
    let mut request = reqwest::Client::new().post(format!("{url}{}", webhook::PATH)).body(body);
    if let Some(secret) = secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    Ok(request.send().await?.status())
}

fn message(id: i64, from: i64) -> Value {
    json!({ "update_id": id, "message": { "message_id": id, "date": 1_700_000_000, "text": "hi",
        "chat": { "id": from, "type": "private", "first_name": "Ann" },
        "from": { "id": from, "is_bot": false, "first_name": "Ann" } } })
}

#[tokio::test]
async fn what_is_answered_with_200_is_stored_once_and_nothing_else_is() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let url = open(&mut stage).await?;
        let stored = "select count(*) from inbox";
        for wrong in [None, Some(""), Some("s3cret-of_a-tesT"), Some("s3cret-of_a-test-")] {
            assert_eq!(bring(&url, wrong, message(1, 5).to_string()).await?, StatusCode::UNAUTHORIZED, "{wrong:?}");
        }
        assert_eq!(stage.number(stored).await?, 0);
        for _ in 0..3 {
            assert_eq!(bring(&url, Some(SECRET), message(1, 5).to_string()).await?, StatusCode::OK);
            assert_eq!(stage.number(stored).await?, 1);
        }
        let future = json!({ "update_id": 2, "gift_from_the_future": { "nul": "a\u{0}b" } });
        assert_eq!(bring(&url, Some(SECRET), future.to_string()).await?, StatusCode::OK);
        assert_eq!(stage.number("select count(*) from inbox where kind = 'gift_from_the_future'").await?, 1);
        assert_eq!(bring(&url, Some(SECRET), "no update".to_owned()).await?, StatusCode::OK);
        assert_eq!(stage.reasons().await?, ["malformed"], "kept whole");
        let huge = "x".repeat(web::BODY_LIMIT + 1);
        assert_eq!(bring(&url, Some(SECRET), huge).await?, StatusCode::PAYLOAD_TOO_LARGE);
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_confirmed() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let url = open(&mut stage).await?;
        sqlx::query("alter table inbox rename to inbox_away").execute(&pool).await?;
        let refused = bring(&url, Some(SECRET), message(1, 5).to_string()).await?;
        assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
        sqlx::query("alter table inbox_away rename to inbox").execute(&pool).await?;
        assert_eq!(bring(&url, Some(SECRET), message(1, 5).to_string()).await?, StatusCode::OK);
        assert_eq!(stage.number("select count(*) from inbox").await?, 1);
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn updates_that_come_together_share_a_commit() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let (one, other) = (open(&mut stage).await?, open(&mut stage).await?);
        // The first batch is held up, so that the rest comes together; each goes to both replicas.
        let mut blocker = pool.begin().await?;
        sqlx::query("lock table inbox in exclusive mode").execute(&mut *blocker).await?;
        let calls = (0..200).flat_map(|id| {
            let (one, other) = (one.clone(), other.clone());
            [one, other].map(|url| async move { bring(&url, Some(SECRET), message(id, id % 7).to_string()).await })
        });
        let calls = tokio::spawn(join_all(calls.collect::<Vec<_>>()));
        until("both replicas to be held up", SOON, async || {
            let waiting = "select count(*) from pg_stat_activity
                           where datname = current_database() and wait_event_type = 'Lock'";
            Ok((stage.number(waiting).await? == 2).then_some(()))
        })
        .await?;
        blocker.rollback().await?;
        for answer in calls.await? {
            assert_eq!(answer?, StatusCode::OK);
        }
        assert_eq!(stage.number("select count(*) from inbox").await?, 200);
        let commits = stage.number("select count(distinct xmin::text) from inbox").await?;
        assert!(commits < 100, "{commits} commits for 200 updates");
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn the_mode_is_changed_both_ways_without_losing_an_update() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let ann = stage.emulator.person("Ann").await?;
        stage.emulator.send(ann, "before").await?;
        let url = open(&mut stage).await?;
        let secret = || Secret::new(SECRET.to_owned());
        let says = async |text: &str| {
            let stored = until("the update", SOON, async || {
                let found: Vec<Value> = sqlx::query_scalar("select payload from inbox").fetch_all(&stage.pool).await?;
                let mut texts = found.iter().map(|update| &update["message"]["text"]);
                Ok(texts.any(|stored| stored == text).then_some(()))
            });
            stored.await.map(drop)
        };
        let announced = tokio::spawn(webhook::announce(stage.api.clone(), url.parse()?, secret(), stage.stop.clone()));
        says("before").await?;
        stage.emulator.send(ann, "by webhook").await?;
        says("by webhook").await?;
        let told = stage.emulator.calls("setWebhook").await?;
        let parameters = &told[0]["params"];
        assert!(parameters["allowed_updates"].to_string().contains("my_chat_member"), "{parameters}");

        // A second replica sets the same again; that is no change.
        let again = tokio::spawn(webhook::announce(stage.api.clone(), url.parse()?, secret(), stage.stop.clone()));
        until("the second call", SOON, async || {
            let ok = stage.emulator.calls("setWebhook").await?;
            Ok((ok.iter().filter(|call| call["verdict"] == "ok").count() == 2).then_some(()))
        })
        .await?;

        let stop = CancellationToken::new();
        let polling = tokio::spawn(polling(&stage, stop.clone()));
        until("the webhook to be taken away", SOON, async || {
            Ok((!stage.emulator.calls("deleteWebhook").await?.is_empty()).then_some(()))
        })
        .await?;
        stage.emulator.send(ann, "by polling").await?;
        says("by polling").await?;
        assert_eq!(stage.number("select count(*) from inbox").await?, 3, "each of them once");
        stop.cancel();
        polling.await?;
        stage.stop.cancel();
        announced.await?;
        again.await?;
        stage.end().await
    })
    .await
}

/// A replica that polls.
fn polling(stage: &Stage, stop: CancellationToken) -> impl Future<Output = ()> + use<> {
    let leases = durable::Leases::new(stage.pool.clone());
    let (pool, api, settings) = (stage.pool.clone(), stage.api.clone(), stage.settings.clone());
    poller::run(pool, leases, api, stage.bot, settings, stage.signals.clone(), stop)
}

/// Polls with an offset a little beyond the next id, as after a restart of the sequence; whether the update is seen.
async fn polls_after(pool: sqlx::PgPool, silence: &str) -> anyhow::Result<bool> {
    let stage = Stage::new(&pool).await?;
    let ann = stage.emulator.person("Ann").await?;
    let seen = stage.emulator.send(ann, "first").await?;
    drop(seen);
    let waiting = stage.emulator.call("getUpdates", &json!({})).await?;
    let next = waiting["result"][0]["update_id"].as_i64().unwrap_or_default();
    let position = format!(
        "insert into poll_positions (bot_id, next_offset, moved_at) values ({}, {}, now() - interval '{silence}')",
        stage.bot.0,
        next + 5
    );
    sqlx::query(sqlx::AssertSqlSafe(position)).execute(&pool).await?;
    let stop = CancellationToken::new();
    let polling = tokio::spawn(polling(&stage, stop.clone()));
    // What is confirmed unseen is gone; then nothing waits either.
    until("the update to be taken from the server", SOON, async || {
        let asked = stage.emulator.calls("getUpdates").await?.len() > 1;
        let stored = stage.number("select count(*) from inbox").await? > 0;
        Ok((stored || asked).then_some(()))
    })
    .await?;
    let stored = until("the update", Duration::from_secs(1), async || {
        Ok((stage.number("select count(*) from inbox").await? > 0).then_some(()))
    });
    let stored = stored.await.is_ok();
    stop.cancel();
    polling.await?;
    stage.end().await?;
    Ok(stored)
}

#[tokio::test]
async fn a_sequence_of_ids_that_begins_anew_after_a_silence_hides_nothing() -> anyhow::Result<()> {
    with_database(|pool| async move {
        assert!(polls_after(pool, "8 days").await?);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn twin_an_offset_of_before_the_silence_would_hide_an_update() -> anyhow::Result<()> {
    with_database(|pool| async move {
        assert!(!polls_after(pool, "1 minute").await?);
        Ok(())
    })
    .await
}
