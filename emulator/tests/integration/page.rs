//! The browser chat as HTML and as a stream of fragments.

use crate::server::{BOT, Server};
use futures_util::StreamExt as _;
use serde_json::json;

async fn html(server: &Server, path: &str) -> String {
    let response = server.get(path).await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'self'"), "{policy}");
    response.text().await.unwrap()
}

#[tokio::test]
async fn a_visitor_chooses_who_to_be() {
    let server = Server::start().await;
    let ann = server.stranger("Ann <b>Weber</b>").await;
    let page = html(&server, "/").await;
    assert!(page.contains(&format!("href=\"/?as={ann}\"")), "{page}");
    assert!(page.contains("Ann &lt;b&gt;Weber&lt;/b&gt;"), "{page}");
}

#[tokio::test]
async fn a_chat_shows_messages_keys_and_menu() {
    let server = Server::start().await;
    let ann = server.stranger("Ann").await;
    let path = format!("/?as={ann}&chat={BOT}");
    let begin = html(&server, &format!("{path}&start=onb_1")).await;
    assert!(begin.contains("data-send=\"/start onb_1\""), "{begin}");
    server.says(ann, "/start").await;
    server.ok("setMyCommands", json!({"commands": [{"command": "help", "description": "What I can do"}]})).await;
    let markup = json!({"inline_keyboard": [[{"text": "Take", "callback_data": "1"}, {"text": "Open", "url": "https://t.me/salon_bot?start=abc"}]]});
    server
        .ok(
            "sendMessage",
            json!({"chat_id": ann, "text": "<b>Lead</b> &lt;script&gt; https://t.me/salon_bot?start=xyz", "parse_mode": "HTML", "reply_markup": markup}),
        )
        .await;
    let page = html(&server, &path).await;
    for piece in [
        "<strong>Lead</strong> &lt;script&gt;",
        "data-start=\"xyz\"",
        "data-start=\"abc\"",
        "data-row=\"0\" data-column=\"0\"",
        "data-send=\"/help\"",
    ] {
        assert!(page.contains(piece), "{piece} is missing in {page}");
    }
}

#[tokio::test]
async fn a_reply_keyboard_stands_until_it_is_removed() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let path = format!("/?as={ann}&chat={BOT}");
    let keyboard = json!({"keyboard": [[{"text": "My number", "request_contact": true}]]});
    for (markup, stands) in [(keyboard, true), (json!({"remove_keyboard": true}), false)] {
        server.ok("sendMessage", json!({"chat_id": ann, "text": "x", "reply_markup": markup})).await;
        let page = html(&server, &path).await;
        assert_eq!(page.contains("data-share=\"contact\""), stands);
    }
}

#[tokio::test]
async fn an_open_tab_gets_new_messages() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let mut stream = server.get(&format!("/app/stream?as={ann}&chat={BOT}")).await.bytes_stream();
    server.bot_says(ann, "live").await;
    let mut seen = String::new();
    while !(seen.contains("event: chats") && seen.contains("event: message")) {
        let chunk = stream.next().await.unwrap().unwrap();
        seen.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(seen.contains("live"), "{seen}");
}

#[tokio::test]
async fn uploads_are_never_run_by_the_browser() {
    let server = Server::start().await;
    let ann = server.stranger("Ann").await;
    let body = json!({"from": ann, "chat": BOT, "document": {"file_name": "x.html", "data": "PHNjcmlwdD4="}});
    let sent = server.drive("send", body).await;
    let id = sent["document"]["file_id"].as_str().unwrap();
    let response = server.get(&format!("/app/file/{id}")).await;
    assert_eq!(response.headers()["content-disposition"], "attachment");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn a_forum_shows_its_topics_and_offers_those_that_are_open() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let chat = json!({"type": "supergroup", "title": "Ops", "is_forum": true, "members": [ann], "admins": [ann, BOT]});
    let chat = server.drive("chats", chat).await["id"].as_i64().unwrap();
    let topic = server.ok("createForumTopic", json!({"chat_id": chat, "name": "new_salon"})).await;
    let id = topic["message_thread_id"].clone();
    server.ok("sendMessage", json!({"chat_id": chat, "text": "up", "message_thread_id": id})).await;
    let path = format!("/?as={ann}&chat={chat}");
    let page = html(&server, &path).await;
    for piece in ["opened the topic “new_salon”", "# new_salon", &format!("<option value=\"{id}\">new_salon")] {
        assert!(page.contains(piece), "{piece} is missing in {page}");
    }
    server.ok("closeForumTopic", json!({"chat_id": chat, "message_thread_id": id})).await;
    assert!(!html(&server, &path).await.contains(&format!("<option value=\"{id}\"")));
}
