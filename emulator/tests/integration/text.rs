//! Texts and captions: lengths, entities, HTML.

use crate::server::Server;
use serde_json::json;

#[tokio::test]
async fn texts_have_limits_before_and_after_parsing() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let send = |text: String, mode: &str| json!({"chat_id": ann, "text": text, "parse_mode": mode});
    server.ok("sendMessage", send("ж".repeat(4096), "")).await;
    assert_eq!(server.refused("sendMessage", send("ж".repeat(4097), "")).await, "400 Bad Request: message is too long");
    let marked = format!("<b>{}</b>", "ж".repeat(4096));
    server.ok("sendMessage", send(marked, "HTML")).await;
    assert_eq!(server.refused("sendMessage", send("a".repeat(32769), "")).await, "400 Bad Request: text is too long");
    assert_eq!(server.refused("sendMessage", send(String::new(), "")).await, "400 Bad Request: message text is empty");
    assert_eq!(server.refused("sendMessage", send(" \n ".into(), "")).await, "400 Bad Request: text must be non-empty");
    assert_eq!(
        server.refused("sendMessage", send("a".into(), "BBCode")).await,
        "400 Bad Request: unsupported parse_mode"
    );
}

#[tokio::test]
async fn html_becomes_entities_in_utf16() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let text = "😀 <b>Lead</b> &lt;<a href=\"https://t.me/salon_bot?start=x\">open</a>&gt;";
    let sent = server.ok("sendMessage", json!({"chat_id": ann, "text": text, "parse_mode": "html"})).await;
    assert_eq!(sent["text"], json!("😀 Lead <open>"));
    assert_eq!(
        sent["entities"],
        json!([
            {"type": "bold", "offset": 3, "length": 4},
            {"type": "text_link", "offset": 9, "length": 4, "url": "https://t.me/salon_bot?start=x"}
        ])
    );
    assert_eq!(server.sees(ann).await.last(), Some(&sent));
}

#[tokio::test]
async fn broken_html_is_refused_in_the_servers_words() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    for (text, words) in [
        ("a<x>b", "Unsupported start tag \"x\" at byte offset 1"),
        ("ж<b", "Unclosed start tag at byte offset 2"),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b>a</i>", "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""),
        ("<b>a", "Can't find end tag corresponding to start tag \"b\""),
        ("<span>a</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
        ("<a =x>a</a>", "Empty attribute name in the tag \"a\" at byte offset 0"),
    ] {
        assert_eq!(
            server.refused("sendMessage", json!({"chat_id": ann, "text": text, "parse_mode": "HTML"})).await,
            format!("400 Bad Request: can't parse entities: {words}")
        );
    }
}

#[tokio::test]
async fn markdown_v2_becomes_entities_in_utf16() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let text = "😀 *Lead \\#1* [open](https://t.me/salon_bot?start=x)";
    let sent = server.ok("sendMessage", json!({"chat_id": ann, "text": text, "parse_mode": "markdownv2"})).await;
    assert_eq!(sent["text"], json!("😀 Lead #1 open"));
    assert_eq!(
        sent["entities"],
        json!([
            {"type": "bold", "offset": 3, "length": 7},
            {"type": "text_link", "offset": 11, "length": 4, "url": "https://t.me/salon_bot?start=x"}
        ])
    );
    let old = server.ok("sendMessage", json!({"chat_id": ann, "text": "*a* b", "parse_mode": "Markdown"})).await;
    assert_eq!(old["entities"], json!([{"type": "bold", "offset": 0, "length": 1}]));
}

#[tokio::test]
async fn broken_markdown_v2_is_refused_in_the_servers_words() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    for (mode, text, words) in [
        ("MarkdownV2", "1. item", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "ж *bold", "Can't find end of Bold entity at byte offset 3"),
        ("MarkdownV2", "[a](b", "Can't find end of a URL at byte offset 4"),
        ("Markdown", "snake_case", "Can't find end of the entity starting at byte offset 5"),
    ] {
        assert_eq!(
            server.refused("sendMessage", json!({"chat_id": ann, "text": text, "parse_mode": mode})).await,
            format!("400 Bad Request: can't parse entities: {words}")
        );
    }
}

#[tokio::test]
async fn given_entities_count_unless_a_parse_mode_stands_beside_them() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let entities = json!([{"type": "italic", "offset": 0, "length": 2}]);
    let sent = server.ok("sendMessage", json!({"chat_id": ann, "text": "abc", "entities": entities})).await;
    assert_eq!(sent["entities"], entities);
    let sent = server
        .ok("sendMessage", json!({"chat_id": ann, "text": "abc", "entities": entities, "parse_mode": "HTML"}))
        .await;
    assert_eq!(sent.get("entities"), None);
}

#[tokio::test]
async fn at_most_100_entities_take_effect() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let text = "<b>x</b> ".repeat(120);
    let sent = server.ok("sendMessage", json!({"chat_id": ann, "text": text, "parse_mode": "HTML"})).await;
    assert_eq!(sent["entities"].as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn a_mention_by_id_needs_a_known_person() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let text = format!("<a href=\"tg://user?id={ann}\">Ann</a> <a href=\"tg://user?id=5\">nobody</a>");
    let sent = server.ok("sendMessage", json!({"chat_id": ann, "text": text, "parse_mode": "HTML"})).await;
    let entities = sent["entities"].as_array().unwrap();
    assert_eq!(entities.len(), 1);
    assert_eq!(entities[0]["user"]["id"], json!(ann));
}
