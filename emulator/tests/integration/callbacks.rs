//! Pressing inline buttons and answering.

use crate::server::{BOT, Server};
use serde_json::{Value, json};
use std::sync::Arc;

const TOO_OLD: &str = "400 Bad Request: query is too old and response timeout expired or query ID is invalid";

async fn card(server: &Server, chat: i64) -> i64 {
    let markup = json!({"inline_keyboard": [
        [{"text": "✅ Take", "callback_data": "take:1"}, {"text": "Reject", "callback_data": "reject:1"}],
        [{"text": "Site", "url": "https://new-salon.de/"}]
    ]});
    let sent = server.ok("sendMessage", json!({"chat_id": chat, "text": "Lead", "reply_markup": markup})).await;
    sent["message_id"].as_i64().unwrap()
}

fn press(server: &Arc<Server>, from: i64, id: i64, button: Value) -> tokio::task::JoinHandle<Value> {
    let server = server.clone();
    tokio::spawn(async move {
        let body = json!({"from": from, "chat": BOT, "message_id": id, "button": button});
        server.drive("press", body).await
    })
}

#[tokio::test]
async fn a_press_waits_for_its_answer() {
    let server = Arc::new(Server::start().await);
    let ann = server.person("Ann").await;
    let id = card(&server, ann).await;
    let press = press(&server, ann, id, json!("Take"));
    let query = server.updates().await[0]["callback_query"].clone();
    assert_eq!(query["data"], json!("take:1"));
    assert_eq!(query["from"]["id"], json!(ann));
    assert_eq!(query["message"]["message_id"], json!(id));
    assert!(query["chat_instance"].is_string());
    let answer = json!({"callback_query_id": query["id"], "text": "Taken", "show_alert": true});
    assert_eq!(server.ok("answerCallbackQuery", answer).await, json!(true));
    assert_eq!(press.await.unwrap(), json!({"answered": true, "text": "Taken", "alert": true, "url": null}));
}

#[tokio::test]
async fn buttons_are_found_by_place_and_links_open_at_once() {
    let server = Arc::new(Server::start().await);
    let ann = server.person("Ann").await;
    let id = card(&server, ann).await;
    let answer = press(&server, ann, id, json!([1, 0])).await.unwrap();
    assert_eq!(answer["url"], json!("https://new-salon.de/"));
    let body = json!({"from": ann, "chat": BOT, "message_id": id, "button": "Nothing"});
    let (status, body) = server.try_drive("press", body).await;
    assert_eq!(status, 404);
    assert!(body["error"].as_str().unwrap().contains("Reject"), "{body}");
}

#[tokio::test]
async fn an_old_or_foreign_query_cannot_be_answered() {
    let server = Arc::new(Server::start().await);
    let ann = server.person("Ann").await;
    let id = card(&server, ann).await;
    let press = press(&server, ann, id, json!("Take"));
    let query = server.updates().await[0]["callback_query"]["id"].clone();
    let answer = json!({"callback_query_id": query});
    let (status, body) = server.call_as("99:other_bot", "answerCallbackQuery", answer.clone()).await;
    assert_eq!(format!("{status} {}", body["description"].as_str().unwrap()), TOO_OLD);
    server.drive("clock", json!({"advance": 16})).await;
    assert_eq!(server.refused("answerCallbackQuery", answer).await, TOO_OLD);
    assert_eq!(server.refused("answerCallbackQuery", json!({"callback_query_id": "12"})).await, TOO_OLD);
    press.abort();
}

#[tokio::test]
async fn answers_have_at_most_200_characters() {
    let server = Server::start().await;
    assert_eq!(
        server.refused("answerCallbackQuery", json!({"callback_query_id": "1", "text": "x".repeat(201)})).await,
        "400 Bad Request: MESSAGE_TOO_LONG"
    );
}

#[tokio::test]
async fn a_press_on_a_message_without_buttons_is_refused() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let id = server.bot_says(ann, "plain").await["message_id"].clone();
    let body = json!({"from": ann, "chat": BOT, "message_id": id, "button": "Take"});
    assert_eq!(server.try_drive("press", body).await.0, 404);
}

#[tokio::test]
async fn raw_data_presses_an_earlier_or_a_forged_button() {
    let server = Arc::new(Server::start().await);
    let ann = server.person("Ann").await;
    let id = card(&server, ann).await;
    server.ok("editMessageText", json!({"chat_id": ann, "message_id": id, "text": "Taken by Bo"})).await;
    let pressing = tokio::spawn({
        let server = server.clone();
        async move {
            let body = json!({"from": ann, "chat": BOT, "message_id": id, "data": "take:1"});
            server.drive("press", body).await
        }
    });
    let query = server.updates().await[0]["callback_query"].clone();
    assert_eq!((&query["data"], &query["message"]["text"]), (&json!("take:1"), &json!("Taken by Bo")));
    server.ok("answerCallbackQuery", json!({"callback_query_id": query["id"], "text": "Too late"})).await;
    assert_eq!(pressing.await.unwrap()["text"], json!("Too late"));
    let too_long = "x".repeat(65);
    for (body, status) in [
        (json!({"data": ""}), 400),
        (json!({"data": too_long}), 400),
        (json!({}), 400),
        (json!({"data": "x", "button": "Take"}), 400),
        (json!({"data": "x", "message_id": 999}), 404),
        (json!({"data": "x", "message_id": 1}), 400),
    ] {
        let mut pressing = json!({"from": ann, "chat": BOT, "message_id": id});
        pressing.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        assert_eq!(server.try_drive("press", pressing).await.0, status, "{body}");
    }
}

#[tokio::test]
async fn two_presses_at_once_are_two_queries() {
    let server = Arc::new(Server::start().await);
    let ann = server.person("Ann").await;
    let id = card(&server, ann).await;
    let presses = [press(&server, ann, id, json!("Take")), press(&server, ann, id, json!("Take"))];
    let mut queries = server.updates().await;
    while queries.len() < 2 {
        queries = server.updates().await;
    }
    assert_ne!(queries[0]["callback_query"]["id"], queries[1]["callback_query"]["id"]);
    for (query, text) in queries.iter().zip(["Taken", "Taken already"]) {
        let answer = json!({"callback_query_id": query["callback_query"]["id"], "text": text});
        server.ok("answerCallbackQuery", answer).await;
    }
    let mut texts = Vec::new();
    for press in presses {
        texts.push(press.await.unwrap()["text"].as_str().unwrap().to_owned());
    }
    texts.sort();
    assert_eq!(texts, ["Taken", "Taken already"]);
}
