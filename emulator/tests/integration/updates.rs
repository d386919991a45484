//! `getUpdates`: offsets, waiting, filters, conflicts.

use crate::server::{BOT, Server};
use serde_json::{Value, json};
use std::sync::Arc;

fn texts(updates: &Value) -> Vec<&str> {
    updates.as_array().unwrap().iter().map(|u| u["message"]["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_offset_confirms_and_updates_come_again_until_then() {
    let server = Server::start().await;
    let ann = server.stranger("Ann").await;
    for text in ["one", "two", "three"] {
        server.says(ann, text).await;
    }
    let first = server.ok("getUpdates", json!({"limit": 2})).await;
    assert_eq!(texts(&first), ["one", "two"]);
    let again = server.ok("getUpdates", json!({})).await;
    assert_eq!(texts(&again), ["one", "two", "three"]);
    let next = first[1]["update_id"].as_i64().unwrap() + 1;
    let rest = server.ok("getUpdates", json!({"offset": next})).await;
    assert_eq!(texts(&rest), ["three"]);
    assert_eq!(rest[0]["update_id"].as_i64().unwrap(), next, "ids are consecutive");
    let still = server.ok("getUpdates", json!({"offset": 0})).await;
    assert_eq!(texts(&still), ["three"]);
}

#[tokio::test]
async fn a_negative_offset_forgets_all_but_the_last() {
    let server = Server::start().await;
    let ann = server.stranger("Ann").await;
    for text in ["one", "two", "three"] {
        server.says(ann, text).await;
    }
    let last = server.ok("getUpdates", json!({"offset": -1})).await;
    assert_eq!(texts(&last), ["three"]);
    let all = server.ok("getUpdates", json!({})).await;
    assert_eq!(texts(&all), ["three"]);
}

#[tokio::test]
async fn a_waiting_poll_is_woken_by_a_message() {
    let server = Arc::new(Server::start().await);
    let ann = server.stranger("Ann").await;
    let poll = tokio::spawn({
        let server = server.clone();
        async move { server.ok("getUpdates", json!({"timeout": 50})).await }
    });
    server.says(ann, "wake up").await;
    assert_eq!(texts(&poll.await.unwrap()), ["wake up"]);
}

#[tokio::test]
async fn the_earlier_of_two_polls_gets_409() {
    let server = Arc::new(Server::start().await);
    let earlier = tokio::spawn({
        let server = server.clone();
        async move { server.refused("getUpdates", json!({"timeout": 50})).await }
    });
    // A poll that does not wait ends the waiting one as soon as that one is there; before that, it may be the
    // earlier one itself.
    while !earlier.is_finished() {
        server.call("getUpdates", json!({})).await;
    }
    assert_eq!(
        earlier.await.unwrap(),
        "409 Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    );
}

#[tokio::test]
async fn allowed_updates_filter_at_creation_and_are_remembered() {
    let server = Server::start().await;
    let ann = server.stranger("Ann").await;
    server.ok("getUpdates", json!({"allowed_updates": ["callback_query"]})).await;
    server.says(ann, "unheard").await;
    assert_eq!(server.ok("getUpdates", json!({})).await, json!([]));
    server.ok("getUpdates", json!({"allowed_updates": []})).await;
    server.says(ann, "heard").await;
    let updates = server.ok("getUpdates", json!({})).await;
    assert_eq!(texts(&updates), ["heard"]);
}

#[tokio::test]
async fn a_message_update_has_the_form_of_the_real_one() {
    let server = Server::start().await;
    let ann = server
        .drive(
            "people",
            json!({"first_name": "Ann", "last_name": "Weber", "username": "annaweber", "language_code": "de"}),
        )
        .await["id"]
        .clone();
    server.drive("send", json!({"from": ann, "chat": BOT, "text": "/start onb_1 x@y.de"})).await;
    let update = &server.updates().await[0];
    assert!(update["update_id"].is_i64());
    let message = &update["message"];
    assert_eq!(
        message["from"],
        json!({"id": ann, "is_bot": false, "first_name": "Ann", "last_name": "Weber", "username": "annaweber", "language_code": "de"})
    );
    assert_eq!(
        message["chat"],
        json!({"id": ann, "type": "private", "first_name": "Ann", "last_name": "Weber", "username": "annaweber"})
    );
    assert_eq!(
        message["entities"],
        json!([
            {"type": "bot_command", "offset": 0, "length": 6},
            {"type": "email", "offset": 13, "length": 6}
        ])
    );
    assert!(message["date"].as_i64().unwrap() > 1_700_000_000);
}

#[tokio::test]
async fn contact_location_photo_and_document_arrive() {
    let server = Server::start().await;
    let ann = server.stranger("Ann").await;
    for content in [
        json!({"contact": true}),
        json!({"location": {"latitude": 52.5, "longitude": 13.4}}),
        json!({"photo": "iVBORw0KGgoAAAANSUhEUgAAAoAAAAHg", "caption": "look"}),
        json!({"document": {"file_name": "a.txt", "mime_type": "text/plain", "data": "aGVsbG8="}}),
    ] {
        let mut body = content;
        body["from"] = ann.into();
        body["chat"] = BOT.into();
        server.drive("send", body).await;
    }
    let updates = server.updates().await;
    let contact = &updates[0]["message"]["contact"];
    assert_eq!((&contact["user_id"], &contact["first_name"]), (&json!(ann), &json!("Ann")));
    assert!(contact["phone_number"].is_string());
    assert_eq!(updates[1]["message"]["location"]["latitude"], json!(52.5));
    let photo = updates[2]["message"]["photo"].as_array().unwrap();
    assert_eq!((&photo[0]["width"], &photo[0]["height"]), (&json!(320), &json!(240)));
    assert_eq!((&photo[1]["width"], &photo[1]["height"]), (&json!(640), &json!(480)));
    assert_eq!(updates[2]["message"]["caption"], json!("look"));
    let document = &updates[3]["message"]["document"];
    assert_eq!((&document["file_name"], &document["file_size"]), (&json!("a.txt"), &json!(5)));
}

#[tokio::test]
async fn updates_are_forgotten_after_a_day_of_the_emulators_clock() {
    let server = Server::start().await;
    let ann = server.stranger("Ann").await;
    server.says(ann, "old").await;
    server.drive("clock", json!({"advance": 23 * 3600})).await;
    server.says(ann, "young").await;
    server.drive("clock", json!({"advance": 3600})).await;
    assert_eq!(texts(&server.ok("getUpdates", json!({})).await), ["young"]);
}
