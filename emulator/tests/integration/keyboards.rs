//! Keyboards: what is accepted, what is refused, who sees what.

use crate::server::Server;
use serde_json::{Value, json};

async fn refused(server: &Server, chat: i64, markup: Value) -> String {
    server.refused("sendMessage", json!({"chat_id": chat, "text": "x", "reply_markup": markup})).await
}

fn one(button: Value) -> Value {
    json!({"inline_keyboard": [[button]]})
}

#[tokio::test]
async fn callback_data_has_1_to_64_bytes() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let data = "ж".repeat(32);
    let sent = server
        .ok(
            "sendMessage",
            json!({"chat_id": ann, "text": "x", "reply_markup": one(json!({"text": "a", "callback_data": data}))}),
        )
        .await;
    assert_eq!(sent["reply_markup"]["inline_keyboard"][0][0]["callback_data"], json!(data));
    assert_eq!(
        refused(&server, ann, one(json!({"text": "a", "callback_data": "a".repeat(65)}))).await,
        "400 Bad Request: BUTTON_DATA_INVALID"
    );
    for empty in [json!({"text": "a", "callback_data": ""}), json!({"text": "a"})] {
        assert_eq!(
            refused(&server, ann, one(empty)).await,
            "400 Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        );
    }
}

#[tokio::test]
async fn buttons_need_good_links() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    for bad in ["nonsense", "http://localhost:80/", "javascript:alert(1)"] {
        assert_eq!(
            refused(&server, ann, one(json!({"text": "a", "url": bad}))).await,
            "400 Bad Request: BUTTON_URL_INVALID"
        );
    }
}

#[tokio::test]
async fn more_than_100_buttons_are_too_many_and_wide_rows_are_noted() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let row: Vec<Value> = (0..9).map(|n| json!({"text": n.to_string(), "callback_data": "x"})).collect();
    let rows = vec![row.clone(); 12];
    assert_eq!(
        refused(&server, ann, json!({"inline_keyboard": rows})).await,
        "400 Bad Request: reply markup is too long"
    );
    server.ok("sendMessage", json!({"chat_id": ann, "text": "x", "reply_markup": {"inline_keyboard": [row]}})).await;
    let calls = server.look("transcript?method=sendMessage&limit=1").await;
    assert_eq!(calls[0]["warnings"], json!(["a row of 9 buttons is cut by clients after 8"]));
}

#[tokio::test]
async fn markup_that_is_no_json_is_refused() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    assert_eq!(
        refused(&server, ann, json!("{oops")).await,
        "400 Bad Request: can't parse reply keyboard markup JSON object"
    );
    assert_eq!(refused(&server, ann, json!("[]")).await, "400 Bad Request: object expected as reply markup");
}

#[tokio::test]
async fn reply_keyboards_are_seen_by_people_only() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let markup =
        json!({"keyboard": [[{"text": "Share", "request_contact": true}, {"text": "Skip"}]], "resize_keyboard": true});
    let sent = server.ok("sendMessage", json!({"chat_id": ann, "text": "x", "reply_markup": markup})).await;
    assert_eq!(sent.get("reply_markup"), None);
    assert_eq!(server.sees(ann).await.last().unwrap()["reply_markup"], markup);
}

#[tokio::test]
async fn contacts_are_asked_for_in_private_chats_only() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let group =
        server.drive("chats", json!({"type": "group", "title": "Team", "members": [ann], "bots": ["salon_bot"]})).await;
    let markup = json!({"keyboard": [[{"text": "Share", "request_contact": true}]]});
    assert_eq!(
        refused(&server, group["id"].as_i64().unwrap(), markup).await,
        "400 Bad Request: phone number can be requested in private chats only"
    );
}
