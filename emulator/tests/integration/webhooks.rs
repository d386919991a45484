//! Webhooks: setting, delivery, order, retries, answers.

use crate::receiver::Receiver;
use crate::server::Server;
use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use telegram_emulator::Options;
use tokio::net::TcpListener;

const WEBHOOK_IS_ACTIVE: &str =
    "409 Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";

/// The emulator with a bot whose webhook is set.
async fn hooked(extra: Value) -> (Server, Receiver) {
    let server = Server::start().await;
    let receiver = Receiver::start().await;
    set(&server, &receiver.url, extra).await;
    (server, receiver)
}

async fn set(server: &Server, url: &str, mut extra: Value) -> Value {
    extra["url"] = url.into();
    let (status, body) = server.call("setWebhook", extra).await;
    assert_eq!(status, 200, "{body}");
    body
}

/// What `getWebhookInfo` says once a condition holds.
async fn info_when(server: &Server, holds: impl Fn(&Value) -> bool) -> Value {
    loop {
        let info = server.ok("getWebhookInfo", json!({})).await;
        if holds(&info) {
            return info;
        }
    }
}

#[tokio::test]
async fn what_setting_needs_and_says() {
    let server = Server::start().await;
    let url = "http://127.0.0.1:1/hook";
    for (body, words) in [
        (json!({"url": "http://new-salon.de/"}), "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            json!({"url": "https://new-salon.de:9443/"}),
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        (json!({"url": url, "secret_token": "x".repeat(257)}), "secret token is too long"),
        (json!({"url": url, "secret_token": "a b"}), "secret token contains unallowed characters"),
    ] {
        assert_eq!(server.refused("setWebhook", body).await, format!("400 Bad Request: {words}"));
    }
    let with_secret = json!({"secret_token": "x".repeat(256), "max_connections": 7});
    assert_eq!(set(&server, url, with_secret.clone()).await["description"], "Webhook was set");
    assert_eq!(set(&server, url, with_secret).await["description"], "Webhook is already set");
    let info = server.ok("getWebhookInfo", json!({})).await;
    assert_eq!(
        info,
        json!({"url": url, "has_custom_certificate": false, "pending_update_count": 0, "max_connections": 7})
    );
    for words in ["Webhook was deleted", "Webhook is already deleted"] {
        assert_eq!(server.call("deleteWebhook", json!({})).await.1["description"], words);
    }
    assert_eq!(server.ok("getWebhookInfo", json!({})).await["url"], "");
}

#[tokio::test]
async fn local_mode_posts_anywhere() {
    let server = Server::with(Options { local: true, ..Options::default() }).await;
    set(&server, "http://new-salon.test:9000/", json!({})).await;
}

#[tokio::test]
async fn a_second_change_within_a_second_gets_429() {
    let server = Server::with(Options::default()).await;
    server.drive("clock", json!({"now": "2026-11-20T09:00:00Z"})).await;
    set(&server, "http://127.0.0.1:1/a", json!({})).await;
    let change = json!({"url": "http://127.0.0.1:1/b"});
    let (status, body) = server.call("setWebhook", change.clone()).await;
    assert_eq!((status, &body["parameters"]["retry_after"]), (429, &json!(1)));
    server.drive("clock", json!({"advance": 1})).await;
    server.ok("setWebhook", change).await;
}

#[tokio::test]
async fn polling_and_a_webhook_exclude_each_other() {
    let (server, _receiver) = hooked(json!({})).await;
    assert_eq!(server.refused("getUpdates", json!({})).await, WEBHOOK_IS_ACTIVE);
    server.ok("setWebhook", json!({"url": ""})).await;
    server.ok("getUpdates", json!({})).await;
}

#[tokio::test]
async fn a_waiting_poll_is_ended_by_set_webhook() {
    let server = Arc::new(Server::start().await);
    // Nothing tells when a poll has begun to wait; each round gives it more time to get there before the webhook.
    for round in 0.. {
        let poll = tokio::spawn({
            let server = server.clone();
            async move { server.refused("getUpdates", json!({"timeout": 50})).await }
        });
        for _ in 0..round {
            server.look("people").await;
        }
        set(&server, "http://127.0.0.1:1/hook", json!({})).await;
        let words = poll.await.unwrap();
        if words == "409 Conflict: terminated by setWebhook request" {
            return;
        }
        assert_eq!(words, WEBHOOK_IS_ACTIVE);
        server.ok("deleteWebhook", json!({})).await;
    }
}

#[tokio::test]
async fn an_update_is_posted_with_the_secret_and_taken_by_200() {
    let (server, mut receiver) = hooked(json!({"secret_token": "s-3_cret"})).await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "hello").await;
    let delivery = receiver.next().await;
    assert_eq!(delivery.headers["x-telegram-bot-api-secret-token"], "s-3_cret");
    assert_eq!(delivery.headers["content-type"], "application/json");
    assert!(delivery.update["update_id"].is_i64());
    assert_eq!(delivery.text(), "hello");
    assert_eq!(server.ok("getWebhookInfo", json!({})).await["pending_update_count"], 1);
    delivery.accept();
    let info = info_when(&server, |info| info["pending_update_count"] == 0).await;
    assert_eq!(info.get("last_error_date"), None);
    let seen = server.look("transcript?method=webhook").await;
    assert_eq!(seen[0]["verdict"], "ok");
}

#[tokio::test]
async fn updates_that_waited_are_delivered_or_dropped_on_demand() {
    let server = Server::start().await;
    let mut receiver = Receiver::start().await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "unwanted").await;
    set(&server, &receiver.url, json!({"drop_pending_updates": true})).await;
    server.ok("deleteWebhook", json!({})).await;
    server.says(ann, "waited").await;
    set(&server, &receiver.url, json!({})).await;
    assert_eq!(receiver.next().await.text(), "waited");
}

#[tokio::test]
async fn a_chat_keeps_its_order_while_others_go_beside_it() {
    let (server, mut receiver) = hooked(json!({})).await;
    let ann = server.stranger("Ann").await;
    let bo = server.stranger("Bo").await;
    server.says(ann, "first").await;
    server.says(ann, "second").await;
    let first = receiver.next().await;
    assert_eq!(first.text(), "first");
    server.says(bo, "beside").await;
    let beside = receiver.next().await;
    assert_eq!(beside.text(), "beside");
    first.accept();
    assert_eq!(receiver.next().await.text(), "second");
}

#[tokio::test]
async fn no_more_than_max_connections_at_once() {
    let (server, mut receiver) = hooked(json!({"max_connections": 2})).await;
    for name in ["Ann", "Bo", "Cy"] {
        let id = server.stranger(name).await;
        server.says(id, name).await;
    }
    let one = receiver.next().await;
    let two = receiver.next().await;
    assert!(receiver.is_idle());
    one.accept();
    let three = receiver.next().await;
    let mut names = [two.text(), three.text()];
    names.sort_unstable();
    assert_eq!(names[1], "Cy");
}

#[tokio::test]
async fn a_refused_update_comes_again_at_once_then_after_2_and_4_seconds() {
    let (server, mut receiver) = hooked(json!({})).await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "stubborn").await;
    let fail = StatusCode::INTERNAL_SERVER_ERROR;
    let first = receiver.next().await;
    let id = first.update["update_id"].clone();
    first.answer(fail.into_response());
    let again = receiver.next().await;
    assert_eq!(again.update["update_id"], id);
    let info = server.ok("getWebhookInfo", json!({})).await;
    assert_eq!(info["last_error_message"], "Wrong response from the webhook: 500 Internal Server Error");
    assert!(info["last_error_date"].is_i64());
    again.answer(fail.into_response());
    for (tries, seconds) in [(2, 2), (3, 4)] {
        refusals(&server, tries).await;
        assert!(receiver.is_idle());
        server.drive("clock", json!({"advance": seconds})).await;
        let again = receiver.next().await;
        assert_eq!(again.update["update_id"], id);
        again.answer(fail.into_response());
    }
}

/// Waits until so many deliveries are settled.
async fn refusals(server: &Server, count: usize) {
    while server.look("transcript?method=webhook").await.as_array().unwrap().len() < count {}
}

#[tokio::test]
async fn nothing_is_lost_and_chats_keep_their_order_though_every_first_try_fails() {
    const PEOPLE: usize = 12;
    const EACH: usize = 10;
    let (server, mut receiver) = hooked(json!({"max_connections": 5})).await;
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        people.push(server.stranger(&format!("P{n}")).await);
    }
    for n in 0..EACH {
        for &person in &people {
            server.says(person, &n.to_string()).await;
        }
    }
    let mut tried = HashSet::new();
    let mut heard: HashMap<i64, Vec<String>> = HashMap::new();
    while heard.values().map(Vec::len).sum::<usize>() < PEOPLE * EACH {
        let delivery = receiver.next().await;
        if tried.insert(delivery.update["update_id"].as_i64().unwrap()) {
            delivery.answer(StatusCode::BAD_GATEWAY.into_response());
            continue;
        }
        let from = delivery.update["message"]["from"]["id"].as_i64().unwrap();
        heard.entry(from).or_default().push(delivery.text().to_owned());
        delivery.accept();
    }
    let in_order: Vec<String> = (0..EACH).map(|n| n.to_string()).collect();
    assert!(heard.values().all(|texts| *texts == in_order), "{heard:?}");
    info_when(&server, |info| info["pending_update_count"] == 0).await;
}

#[tokio::test]
async fn redirects_are_failures_and_retry_after_is_kept() {
    let (server, mut receiver) = hooked(json!({})).await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "x").await;
    receiver.next().await.answer((StatusCode::FOUND, [("location", "/elsewhere")]).into_response());
    receiver.next().await.answer((StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "600")]).into_response());
    info_when(&server, |info| info["last_error_message"] == "Wrong response from the webhook: 503 Service Unavailable")
        .await;
    server.drive("clock", json!({"advance": 590})).await;
    assert!(receiver.is_idle());
    server.drive("clock", json!({"advance": 10})).await;
    receiver.next().await.accept();
}

#[tokio::test]
async fn a_silent_receiver_is_given_up_after_the_timeout() {
    let timeout = Duration::from_millis(50);
    let server = Server::with(Options { limits: false, webhook_timeout: timeout, ..Options::default() }).await;
    let mut receiver = Receiver::start().await;
    set(&server, &receiver.url, json!({})).await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "anybody there?").await;
    let _silent = receiver.next().await;
    let again = receiver.next().await;
    assert_eq!(again.text(), "anybody there?");
    let info = server.ok("getWebhookInfo", json!({})).await;
    assert_eq!(info["last_error_message"], "Read timeout expired");
}

#[tokio::test]
async fn a_receiver_that_comes_back_gets_everything() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let server = Server::start().await;
    set(&server, &format!("http://{address}/hook"), json!({})).await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "are you there?").await;
    info_when(&server, |info| info["last_error_message"] == "Connection refused").await;
    let mut receiver = Receiver::on(TcpListener::bind(address).await.unwrap());
    server.drive("clock", json!({"advance": 1})).await;
    assert_eq!(receiver.next().await.text(), "are you there?");
}

#[tokio::test]
async fn an_update_is_given_up_after_a_day() {
    let (server, mut receiver) = hooked(json!({})).await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "old").await;
    for _ in 0..2 {
        receiver.next().await.answer(StatusCode::BAD_GATEWAY.into_response());
    }
    info_when(&server, |info| info["last_error_message"] != Value::Null).await;
    server.drive("clock", json!({"advance": 24 * 3600})).await;
    server.says(ann, "new").await;
    assert_eq!(receiver.next().await.text(), "new");
}

#[tokio::test]
async fn a_receiver_gone_for_23_hours_loses_its_webhook() {
    let (server, mut receiver) = hooked(json!({})).await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "x").await;
    let gone = || (StatusCode::GONE, [("retry-after", "3600")]).into_response();
    receiver.next().await.answer(gone());
    info_when(&server, |info| info["last_error_message"] == "Wrong response from the webhook: 410 Gone").await;
    server.drive("clock", json!({"advance": 23 * 3600})).await;
    receiver.next().await.answer(gone());
    info_when(&server, |info| info["url"] == "").await;
    assert_eq!(server.updates().await[0]["message"]["text"], "x");
}

#[tokio::test]
async fn a_method_in_the_answer_is_called_but_questions_are_not() {
    let (server, mut receiver) = hooked(json!({})).await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "one").await;
    receiver.next().await.answer(Json(json!({"method": "sendMessage", "chat_id": ann, "text": "two"})).into_response());
    info_when(&server, |info| info["pending_update_count"] == 0).await;
    server.says(ann, "three").await;
    receiver.next().await.answer(Json(json!({"method": "deleteWebhook"})).into_response());
    server.says(ann, "four").await;
    receiver.next().await.answer(Json(json!("no call")).into_response());
    info_when(&server, |info| info["pending_update_count"] == 0).await;
    let texts: Vec<Value> = server.sees(ann).await.iter().map(|m| m["text"].clone()).collect();
    assert_eq!(texts, ["one", "two", "three", "four"]);
    assert_eq!(server.look("transcript?method=deleteWebhook").await, json!([]));
}

#[tokio::test]
async fn allowed_updates_are_shared_with_polling() {
    let (server, mut receiver) = hooked(json!({"allowed_updates": ["callback_query"]})).await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "unheard").await;
    let info = server.ok("getWebhookInfo", json!({})).await;
    assert_eq!(info["allowed_updates"], json!(["callback_query"]));
    set(&server, &receiver.url, json!({"allowed_updates": ["message"]})).await;
    server.says(ann, "heard").await;
    assert_eq!(receiver.next().await.text(), "heard");
}

#[tokio::test]
async fn each_bot_has_its_own_webhook() {
    let (server, mut receiver) = hooked(json!({})).await;
    server.drive("bots", json!({"token": "8000001:other", "username": "other_bot"})).await;
    let mut other = Receiver::start().await;
    server.call_as("8000001:other", "setWebhook", json!({"url": other.url})).await;
    let ann = server.stranger("Ann").await;
    server.drive("send", json!({"from": ann, "chat": "other_bot", "text": "to the other"})).await;
    server.says(ann, "to the first").await;
    assert_eq!(receiver.next().await.text(), "to the first");
    assert_eq!(other.next().await.text(), "to the other");
    assert!(receiver.is_idle() && other.is_idle());
}

#[tokio::test]
async fn a_webhook_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.json");
    let mut receiver = Receiver::start().await;
    let server = Server::with_data(data.clone()).await;
    set(&server, &receiver.url, json!({})).await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "undelivered").await;
    let lost = receiver.next().await;
    server.stop().await;
    drop(lost);
    let server = Server::with_data(data).await;
    assert_eq!(receiver.next().await.text(), "undelivered");
    let info = server.ok("getWebhookInfo", json!({})).await;
    assert_eq!((info["url"].as_str(), &info["pending_update_count"]), (Some(receiver.url.as_str()), &json!(1)));
}
