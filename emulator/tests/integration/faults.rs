//! Faults on demand.

use crate::receiver::Receiver;
use crate::server::{BOT, Server, TOKEN};
use serde_json::{Value, json};

#[tokio::test]
async fn a_call_fails_as_told_and_does_nothing() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    server
        .drive(
            "faults",
            json!({"fault": "fail", "method": "sendMessage", "chat": ann, "status": 502, "description": "Bad Gateway", "count": 1}),
        )
        .await;
    let send = json!({"chat_id": ann, "text": "x"});
    assert_eq!(server.refused("sendMessage", send.clone()).await, "502 Bad Gateway");
    assert_eq!(server.sees(ann).await.len(), 1);
    server.ok("sendMessage", send).await;
    assert_eq!(server.look("faults").await[0]["hits"], json!(1));
}

#[tokio::test]
async fn too_many_requests_for_a_while() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let bo = server.person("Bo").await;
    server.drive("faults", json!({"fault": "too_many_requests", "chat": ann, "seconds": 30})).await;
    let (status, body) = server.call("sendMessage", json!({"chat_id": ann, "text": "x"})).await;
    assert_eq!(status, 429);
    assert_eq!(body["parameters"]["retry_after"], json!(30));
    server.bot_says(bo, "not concerned").await;
}

#[tokio::test]
async fn an_answer_is_lost_after_the_work_is_done() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    for (fault, seen) in [("reset", 1), ("lose_answer", 2)] {
        server.drive("faults", json!({"fault": fault, "method": "sendMessage", "count": 1})).await;
        let url = format!("{}/bot{TOKEN}/sendMessage?chat_id={ann}&text=x", server.url);
        let answer = async { reqwest::get(url).await?.bytes().await };
        assert!(answer.await.is_err(), "{fault}");
        assert_eq!(server.sees(ann).await.len(), seen, "{fault}");
    }
}

#[tokio::test]
async fn a_hanging_call_is_in_the_transcript_and_does_nothing() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    server.drive("faults", json!({"fault": "hang", "method": "sendMessage"})).await;
    let url = format!("{}/bot{TOKEN}/sendMessage?chat_id={ann}&text=x", server.url);
    let hanging = tokio::spawn(reqwest::get(url));
    loop {
        let calls = server.look("transcript?method=sendMessage").await;
        if calls[0]["verdict"] == json!("left hanging") {
            break;
        }
    }
    assert_eq!(server.sees(ann).await.len(), 1);
    hanging.abort();
}

#[tokio::test]
async fn an_unknown_fault_is_refused() {
    let server = Server::start().await;
    let (status, body) = server.try_drive("faults", json!({"fault": "explode"})).await;
    assert_eq!(status, 400, "{body}");
}

fn texts(updates: &[Value]) -> Vec<&str> {
    updates.iter().map(|u| u["message"]["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_update_comes_twice_to_a_poll_though_confirmed() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let bo = server.person("Bo").await;
    server.drive("faults", json!({"fault": "duplicate", "chat": ann, "count": 1})).await;
    server.says(bo, "once").await;
    server.says(ann, "twice").await;
    server.says(ann, "once more").await;
    let first = server.updates().await;
    assert_eq!(texts(&first), ["once", "twice", "once more"]);
    let next = first[2]["update_id"].as_i64().unwrap() + 1;
    let again = server.ok("getUpdates", json!({"offset": next})).await;
    assert_eq!(again.as_array().unwrap(), &first[1..2]);
    assert_eq!(server.ok("getUpdates", json!({"offset": next})).await, json!([]));
}

#[tokio::test]
async fn updates_change_places_in_a_poll() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    server.drive("faults", json!({"fault": "reorder", "method": "getUpdates", "count": 1})).await;
    for text in ["one", "two", "three"] {
        server.says(ann, text).await;
    }
    assert_eq!(texts(&server.updates().await), ["two", "one", "three"]);
}

#[tokio::test]
async fn an_update_comes_twice_to_a_webhook_though_taken() {
    let server = Server::start().await;
    let mut receiver = Receiver::start().await;
    server.ok("setWebhook", json!({"url": receiver.url})).await;
    let ann = server.stranger("Ann").await;
    server.drive("faults", json!({"fault": "duplicate", "method": "webhook", "count": 1})).await;
    server.says(ann, "twice").await;
    let first = receiver.next().await;
    let id = first.update["update_id"].clone();
    first.accept();
    let second = receiver.next().await;
    assert_eq!(second.update["update_id"], id);
    second.accept();
    server.says(ann, "once").await;
    assert_eq!(receiver.next().await.text(), "once");
}

#[tokio::test]
async fn updates_of_a_chat_change_places_on_a_webhook() {
    let server = Server::start().await;
    let mut receiver = Receiver::start().await;
    server.ok("setWebhook", json!({"url": receiver.url})).await;
    let ann = server.stranger("Ann").await;
    server.drive("faults", json!({"fault": "reorder"})).await;
    for text in ["one", "two", "three", "four"] {
        server.says(ann, text).await;
    }
    for text in ["two", "one", "four", "three"] {
        let delivery = receiver.next().await;
        assert_eq!(delivery.text(), text);
        delivery.accept();
    }
}

#[tokio::test]
async fn update_ids_are_restarted_when_none_wait() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    server.says(ann, "waiting").await;
    let restart = json!({"bot": BOT, "next": 42});
    assert_eq!(server.try_drive("updates/restart", restart.clone()).await.0, 409);
    server.confirm_all().await;
    assert_eq!(server.drive("updates/restart", restart).await["next"], json!(42));
    server.says(ann, "after a quiet week").await;
    // An offset from before is far beyond the tail, so it confirms nothing.
    let updates = server.ok("getUpdates", json!({"offset": 800_000_000})).await;
    assert_eq!(updates[0]["update_id"], json!(42));
}
