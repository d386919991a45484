//! The driving API itself.

use crate::events::Events;
use crate::server::{BOT, Server};
use serde_json::json;

#[tokio::test]
async fn people_are_made_changed_and_listed() {
    let server = Server::start().await;
    let ann = server.drive("people", json!({"first_name": "Ann", "username": "ann_w", "id": 42})).await;
    assert_eq!((&ann["id"], &ann["is_bot"]), (&json!(42), &json!(false)));
    assert_eq!(ann["language_code"], json!("en"));
    let (status, _) = server.try_drive("people", json!({"first_name": "Eve", "username": "ANN_W"})).await;
    assert_eq!(status, 409);
    server.drive("people", json!({"first_name": "Anna", "username": "ann_w", "id": 42})).await;
    assert_eq!(server.look("people").await[0]["first_name"], json!("Anna"));
    let bots = server.look("bots").await;
    assert_eq!(bots[0]["username"], json!(BOT));
    assert!(!bots.to_string().contains("AAtest"));
}

#[tokio::test]
async fn bad_sendings_say_what_is_wrong() {
    let server = Server::start().await;
    let ann = server.stranger("Ann").await;
    for (body, status, words) in [
        (json!({"from": 5, "chat": BOT, "text": "x"}), 404, "no person"),
        (json!({"from": ann, "chat": "nobody_bot", "text": "x"}), 404, "no group or bot"),
        (json!({"from": ann, "chat": BOT}), 400, "exactly one of"),
        (json!({"from": ann, "chat": BOT, "txet": "x"}), 422, "txet"),
        (json!([]), 422, ""),
        (json!({"from": ann, "chat": BOT, "text": " "}), 400, "empty"),
        (json!({"from": ann, "chat": BOT, "photo": "&&"}), 400, "base64"),
        (json!({"from": ann, "chat": BOT, "text": "x", "reply_to": 9}), 404, "answer"),
        (json!({"from": ann, "chat": BOT, "text": "x".repeat(4097)}), 400, "4096"),
    ] {
        let (got, answer) = server.try_drive("send", body).await;
        assert_eq!(got, status, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(words), "{answer}");
    }
}

#[tokio::test]
async fn events_tell_what_clients_show() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let bo = server.person("Bo").await;
    let mut events = Events::of(&server, ann).await;
    server.bot_says(bo, "not for Ann").await;
    let id = server.bot_says(ann, "one").await["message_id"].clone();
    server.ok("editMessageText", json!({"chat_id": ann, "message_id": id, "text": "two"})).await;
    server.ok("deleteMessage", json!({"chat_id": ann, "message_id": id})).await;
    let new = events.next().await;
    assert_eq!((&new["type"], &new["message"]["text"]), (&json!("new_message"), &json!("one")));
    assert_eq!((&new["bot"], &new["person"]), (&json!(BOT), &json!(ann)));
    assert_eq!(events.next().await["message"]["text"], json!("two"));
    let gone = events.next().await;
    assert_eq!((&gone["type"], &gone["message_id"]), (&json!("deleted_message"), &id));
}
