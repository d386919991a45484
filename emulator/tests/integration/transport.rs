//! Paths, tokens, parameters.

use crate::server::{BOT, Server, TOKEN};
use serde_json::json;

#[tokio::test]
async fn wrong_paths_and_methods_are_404() {
    let server = Server::start().await;
    assert_eq!(server.refused("noSuchMethod", json!({})).await, "404 Not Found: method not found");
    let body: serde_json::Value = server.get("/elsewhere").await.json().await.unwrap();
    assert_eq!(body, json!({"ok": false, "error_code": 404, "description": "Not Found"}));
}

#[tokio::test]
async fn tokens_are_checked() {
    let server = Server::start().await;
    for (token, words) in [
        ("nonsense", "Unauthorized: invalid token specified"),
        ("12:a%20b", "Unauthorized: invalid token specified"),
        ("7000001:another_secret", "Unauthorized"),
    ] {
        let (status, body) = server.call_as(token, "getMe", json!({})).await;
        assert_eq!((status, body["description"].as_str()), (401, Some(words)));
    }
}

#[tokio::test]
async fn paths_may_be_percent_encoded() {
    let server = Server::start().await;
    let path = format!("/bot{}/get%4De", TOKEN.replace(':', "%3A"));
    let me: serde_json::Value = server.get(&path).await.json().await.unwrap();
    assert_eq!(me["result"]["username"], json!(BOT));
}

#[tokio::test]
async fn the_first_call_of_a_token_makes_its_bot() {
    let server = Server::start().await;
    let (status, body) = server.call_as("99:fresh_bot", "getMe", json!({})).await;
    assert_eq!((status, &body["result"]["id"]), (200, &json!(99)));
    assert_eq!(body["result"]["is_bot"], json!(true));
}

#[tokio::test]
async fn methods_ignore_case_and_take_get_form_and_multipart() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let me = server.get(&format!("/bot{TOKEN}/GETME")).await;
    let me: serde_json::Value = me.json().await.unwrap();
    assert_eq!(me["result"]["username"], json!(BOT));

    let query = format!("/bot{TOKEN}/sendMessage?chat_id={ann}&text=a%20%26+b");
    let sent: serde_json::Value = server.get(&query).await.json().await.unwrap();
    assert_eq!(sent["result"]["text"], json!("a & b"));

    let form = reqwest::multipart::Form::new().text("chat_id", ann.to_string()).text("text", "multi");
    let (_, sent) = server.multipart("sendMessage", form).await;
    assert_eq!(sent["result"]["text"], json!("multi"));

    let sent: serde_json::Value = reqwest::Client::new()
        .post(format!("{}/bot{TOKEN}/sendMessage", server.url))
        .form(&[("chat_id", ann.to_string()), ("text", "form".into())])
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(sent["result"]["text"], json!("form"));
}

#[tokio::test]
async fn the_transcript_tells_every_call_without_the_token() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    server.bot_says(ann, "hello").await;
    server.refused("sendMessage", json!({"chat_id": ann})).await;
    let calls = server.look("transcript?method=sendMessage").await;
    let calls = calls.as_array().unwrap();
    assert_eq!(calls[0]["params"], json!({"chat_id": ann, "text": "hello"}));
    assert_eq!(calls[0]["verdict"], json!("ok"));
    assert_eq!(calls[0]["bot"], json!(BOT));
    assert_eq!(calls[1]["verdict"], json!("400 Bad Request: message text is empty"));
    assert!(!json!(calls).to_string().contains("AAtestTOKEN"));
}

#[tokio::test]
async fn the_test_data_center_is_the_same() {
    let server = Server::start().await;
    let answer: serde_json::Value = server.get(&format!("/bot{TOKEN}/test/getMe")).await.json().await.unwrap();
    assert_eq!(answer["result"]["username"], json!("salon_bot"));
}
