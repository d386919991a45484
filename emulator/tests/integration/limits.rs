//! 429: what stops a flood and what never stops a polite sender.

use crate::server::Server;
use serde_json::json;
use telegram_emulator::Options;

#[tokio::test]
async fn a_flood_in_a_chat_gets_429_with_the_time_to_wait() {
    let server = Server::with(Options::default()).await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "/start").await;
    let mut refusal = None;
    for _ in 0..10 {
        let (status, body) = server.call("sendMessage", json!({"chat_id": ann, "text": "x"})).await;
        if status != 200 {
            refusal = Some((status, body));
            break;
        }
    }
    let (status, body) = refusal.expect("ten at once are too many");
    assert_eq!(status, 429);
    assert_eq!(body["description"], json!("Too Many Requests: retry after 1"));
    assert_eq!(body["parameters"], json!({"retry_after": 1}));
    let waited = json!({"advance": 1});
    server.drive("clock", waited).await;
    server.bot_says(ann, "after the wait").await;
}

#[tokio::test]
async fn three_at_once_and_one_a_second_is_polite() {
    let server = Server::with(Options::default()).await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "/start").await;
    for _ in 0..3 {
        server.bot_says(ann, "burst").await;
    }
    for _ in 0..30 {
        server.drive("clock", json!({"advance": 1})).await;
        server.bot_says(ann, "steady").await;
    }
}

#[tokio::test]
async fn a_group_takes_20_a_minute() {
    let server = Server::with(Options::default()).await;
    let ann = server.stranger("Ann").await;
    let group = server
        .drive("chats", json!({"type": "supergroup", "title": "Ops", "members": [ann], "bots": ["salon_bot"]}))
        .await;
    let mut passed = 0;
    for _ in 0..60 {
        server.drive("clock", json!({"advance": 1})).await;
        let (status, _) = server.call("sendMessage", json!({"chat_id": group["id"], "text": "x"})).await;
        passed += i32::from(status == 200);
    }
    assert!((40..=43).contains(&passed), "{passed}");
}
