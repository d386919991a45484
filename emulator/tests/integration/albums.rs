//! Albums: several photos or documents at once.

use crate::server::{BOT, Server};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

/// The header of a PNG of 640 by 480, which is all that is looked at.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0";
const PNG_BASE64: &str = "iVBORw0KGgoAAAANSUhEUgAAAoAAAAHg";

fn form(chat: i64, media: &Value) -> Form {
    let file = |name: &str| Part::bytes(PNG).file_name(name.to_owned());
    Form::new()
        .text("chat_id", chat.to_string())
        .text("media", media.to_string())
        .part("a", file("a.png"))
        .part("b", file("b.png"))
}

#[tokio::test]
async fn a_bot_sends_an_album() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let media = json!([
        {"type": "photo", "media": "attach://a", "caption": "*both*", "parse_mode": "MarkdownV2"},
        {"type": "photo", "media": "attach://b"}
    ]);
    let (status, body) = server.multipart("sendMediaGroup", form(ann, &media)).await;
    assert_eq!(status, 200, "{body}");
    let sent = body["result"].as_array().unwrap();
    assert_eq!(sent.len(), 2);
    assert!(sent[0]["media_group_id"].is_string());
    assert_eq!(sent[0]["media_group_id"], sent[1]["media_group_id"]);
    assert_eq!((&sent[0]["caption"], &sent[0]["caption_entities"][0]["type"]), (&json!("both"), &json!("bold")));
    assert_eq!(&server.sees(ann).await[1..], sent);
    let again: Vec<Value> = sent.iter().map(|m| json!({"type": "photo", "media": m["photo"][0]["file_id"]})).collect();
    server.ok("sendMediaGroup", json!({"chat_id": ann, "media": again})).await;
}

#[tokio::test]
async fn an_album_has_2_to_10_of_one_kind() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let photo = json!({"type": "photo", "media": "attach://a"});
    let document = json!({"type": "document", "media": "attach://b"});
    for (media, words) in [
        (json!("no list"), "can't parse media JSON object"),
        (json!([]), "there are no messages to send"),
        (json!([photo]), "an album has at least 2 media"),
        (json!(vec![&photo; 11]), "too many messages to send as an album"),
        (json!([photo, document]), "document can't be mixed with other media types"),
        (json!([photo, {"type": "photo", "media": "unknown"}]), "wrong file identifier/HTTP URL specified"),
        (json!([photo, {"type": "poll", "media": "attach://a"}]), "can't parse InputMedia: unsupported type"),
        (json!([photo, {"type": "photo"}]), "media not found"),
    ] {
        let (status, body) = server.multipart("sendMediaGroup", form(ann, &media)).await;
        assert_eq!((status, &body["description"]), (400, &json!(format!("Bad Request: {words}"))));
    }
    assert_eq!(server.sees(ann).await.len(), 1, "nothing of a refused album is sent");
}

#[tokio::test]
async fn a_person_sends_an_album() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let album = json!([{"photo": PNG_BASE64, "caption": "the salon"}, {"photo": PNG_BASE64}]);
    let sent = server.drive("send", json!({"from": ann, "chat": BOT, "album": album})).await;
    assert_eq!(sent.as_array().unwrap().len(), 2);
    let updates = server.updates().await;
    let groups: Vec<&Value> = updates.iter().map(|u| &u["message"]["media_group_id"]).collect();
    assert!(groups.len() == 2 && groups[0].is_string() && groups[0] == groups[1]);
    assert_eq!(updates[0]["message"]["caption"], json!("the salon"));
    let one = json!({"from": ann, "chat": BOT, "album": [{"photo": PNG_BASE64}]});
    assert_eq!(server.try_drive("send", one).await.0, 400);
}
