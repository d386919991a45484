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
        assert_eq!(page.contains("class=\"reply-keys\""), stands);
    }
}

/// Reads a stream of fragments until it holds all of these.
async fn reads(server: &Server, path: &str, wanted: &[&str]) -> String {
    let mut stream = server.get(path).await.bytes_stream();
    let mut seen = String::new();
    while !wanted.iter().all(|piece| seen.contains(piece)) {
        let chunk = stream.next().await.unwrap().unwrap();
        seen.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    seen
}

/// The number of the last event that a page has seen when it is drawn.
fn serial(page: &str) -> u64 {
    let (_, rest) = page.split_once("data-serial=\"").unwrap();
    rest.split_once('"').unwrap().0.parse().unwrap()
}

#[tokio::test]
async fn an_open_pane_gets_what_changes_and_only_that() {
    let server = Server::start().await;
    let (ann, bo) = (server.person("Ann").await, server.person("Bo").await);
    let page = html(&server, &format!("/?as={ann}&chat={BOT}")).await;
    let path = format!("/app/stream?people={bo},{ann}:{BOT}&since={}", serial(&page));
    let mut stream = server.get(&path).await.bytes_stream();
    server.bot_says(ann, "live").await;
    let mut seen = String::new();
    while !(seen.contains("event: message") && seen.contains("\"part\":\"list\"")) {
        let chunk = stream.next().await.unwrap().unwrap();
        seen.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(seen.contains("live") && seen.contains("\"pane\":1") && !seen.contains("\"pane\":0"), "{seen}");
    assert!(!seen.contains("event: reload"), "{seen}");
}

#[tokio::test]
async fn a_pane_that_missed_something_is_told_to_look_again() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let page = html(&server, &format!("/?as={ann}&chat={BOT}")).await;
    server.bot_says(ann, "missed").await;
    reads(&server, &format!("/app/stream?people={ann}:{BOT}&since={}", serial(&page)), &["event: reload"]).await;
    let now = html(&server, &format!("/app/pane?people={ann}:{BOT}")).await;
    assert!(now.contains("missed") && serial(&now) > serial(&page), "{now}");
}

#[tokio::test]
async fn what_was_not_seen_yet_is_counted() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let chats = format!("/?as={ann}");
    server.bot_says(ann, "one").await;
    server.bot_says(ann, "two").await;
    server.says(ann, "my own").await;
    let unread = html(&server, &chats).await;
    assert!(unread.contains("<span class=\"badge\">2<"), "{unread}");
    html(&server, &format!("/?as={ann}&chat={BOT}")).await;
    assert!(!html(&server, &chats).await.contains("badge"));
}

#[tokio::test]
async fn the_panel_shows_calls_and_faults_as_they_come() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let rule =
        json!({"fault": "fail", "method": "sendMessage", "status": 502, "description": "Bad Gateway", "count": 1});
    server.drive("faults", rule).await;
    server.refused("sendMessage", json!({"chat_id": ann, "text": "<i>lost</i>"})).await;
    server.bot_says(ann, "arrived").await;
    let panel = html(&server, "/panel").await;
    for piece in ["502 Bad Gateway", "&lt;i&gt;lost", "struck 1 of 1"] {
        assert!(panel.contains(piece), "{piece} is missing in {panel}");
    }
    let trouble = html(&server, "/app/panel?trouble=1").await;
    assert!(trouble.contains("lost") && !trouble.contains("arrived"), "{trouble}");
    let seen = reads(&server, "/app/stream?panel=1&after=0&method=send", &["event: calls", "event: faults"]).await;
    assert!(seen.contains("arrived") && !seen.contains("setMyCommands"), "{seen}");
    assert!(!seen.contains("7000001:"), "a token stands in {seen}");
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
async fn a_forum_shows_its_topics_and_one_of_them() {
    let server = Server::start().await;
    let (ann, bo) = (server.person("Ann").await, server.person("Bo").await);
    let chat =
        json!({"type": "supergroup", "title": "Ops", "is_forum": true, "members": [ann, bo], "admins": [ann, BOT]});
    let chat = server.drive("chats", chat).await["id"].as_i64().unwrap();
    let topic = json!({"chat_id": chat, "name": "new_salon", "icon_color": 16_766_590});
    let id = server.ok("createForumTopic", topic).await["message_thread_id"].clone();
    server.ok("sendMessage", json!({"chat_id": chat, "text": "up", "message_thread_id": id})).await;
    server.ok("sendMessage", json!({"chat_id": chat, "text": "elsewhere"})).await;
    let path = format!("/?as={bo}&chat={chat}");
    let topics = html(&server, &path).await;
    for piece in ["Choose a topic", "General", "new_salon", "tffd67e", &format!("data-open=\"{bo}:{chat}:{id}\"")] {
        assert!(topics.contains(piece), "{piece} is missing in {topics}");
    }
    let open = html(&server, &format!("/app/pane?people={bo}:{chat}:{id}")).await;
    let (_, messages) = open.split_once("role=\"log\"").unwrap();
    assert!(messages.contains("up") && !messages.contains("elsewhere"), "{messages}");
    let all = html(&server, &format!("{path}&topic=all")).await;
    assert!(all.contains("# new_salon"), "{all}");
    server.ok("closeForumTopic", json!({"chat_id": chat, "message_thread_id": id})).await;
    let closed = html(&server, &format!("{path}&topic={id}")).await;
    assert!(closed.contains("This topic is closed") && !closed.contains("<textarea"), "{closed}");
    // Who manages topics may still write.
    assert!(html(&server, &format!("/?as={ann}&chat={chat}&topic={id}")).await.contains("<textarea"));
}
