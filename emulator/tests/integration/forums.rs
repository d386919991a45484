//! Topics of forum groups.

use crate::server::{BOT, Server};
use serde_json::{Value, json};

/// A forum with the bot in it, and its creator.
async fn forum(server: &Server, bot_is_admin: bool) -> (i64, i64) {
    let ann = server.person("Ann").await;
    let admins = if bot_is_admin { json!([ann, BOT]) } else { json!([ann]) };
    let chat = json!({"type": "supergroup", "title": "Ops", "is_forum": true, "members": [ann], "admins": admins, "bots": [BOT]});
    let chat = server.drive("chats", chat).await["id"].as_i64().unwrap();
    server.confirm_all().await;
    (chat, ann)
}

async fn open(server: &Server, chat: i64, name: &str) -> i64 {
    server.ok("createForumTopic", json!({"chat_id": chat, "name": name})).await["message_thread_id"].as_i64().unwrap()
}

async fn all(server: &Server, chat: i64) -> Vec<Value> {
    server.look(&format!("chats/{chat}/messages")).await.as_array().unwrap().clone()
}

#[tokio::test]
async fn a_topic_is_opened_and_written_into() {
    let server = Server::start().await;
    let (chat, ann) = forum(&server, true).await;
    let topic =
        server.ok("createForumTopic", json!({"chat_id": chat, "name": " New Salon ", "icon_color": 7_322_096})).await;
    let id = topic["message_thread_id"].as_i64().unwrap();
    assert_eq!(topic, json!({"message_thread_id": id, "name": "New Salon", "icon_color": 7_322_096}));
    let sent = server.ok("sendMessage", json!({"chat_id": chat, "text": "up", "message_thread_id": id})).await;
    assert_eq!((&sent["message_thread_id"], &sent["is_topic_message"]), (&json!(id), &json!(true)));
    assert_eq!(sent["reply_to_message"]["forum_topic_created"]["name"], json!("New Salon"));
    // An answer goes where the answered message stands.
    let answer = json!({"chat_id": chat, "text": "and down", "reply_parameters": {"message_id": sent["message_id"]}});
    assert_eq!(server.ok("sendMessage", answer).await["message_thread_id"], json!(id));
    server.drive("send", json!({"from": ann, "chat": chat, "topic": id, "text": "/status"})).await;
    let update = server.updates().await[0]["message"].clone();
    assert_eq!((&update["message_thread_id"], &update["text"]), (&json!(id), &json!("/status")));
}

#[tokio::test]
async fn opening_needs_a_forum_rights_a_name_and_a_known_color() {
    let server = Server::start().await;
    let (chat, ann) = forum(&server, true).await;
    let create = |body: Value| server.refused("createForumTopic", body);
    assert_eq!(create(json!({"chat_id": ann, "name": "x"})).await, "400 Bad Request: the chat is not a forum");
    assert_eq!(create(json!({"chat_id": chat})).await, "400 Bad Request: title must be non-empty");
    assert_eq!(
        create(json!({"chat_id": chat, "name": "x", "icon_color": 1})).await,
        "400 Bad Request: invalid topic icon color specified"
    );
    let long = server.ok("createForumTopic", json!({"chat_id": chat, "name": "x".repeat(129)})).await;
    assert_eq!(long["name"], json!("x".repeat(128)));
    let (chat, _) = forum(&server, false).await;
    assert_eq!(
        create(json!({"chat_id": chat, "name": "x"})).await,
        "400 Bad Request: not enough rights to create a topic"
    );
}

#[tokio::test]
async fn a_closed_topic_takes_no_messages_until_reopened() {
    let server = Server::start().await;
    let (chat, ann) = forum(&server, true).await;
    let id = open(&server, chat, "New Salon").await;
    let topic = json!({"chat_id": chat, "message_thread_id": id});
    let send = json!({"chat_id": chat, "text": "x", "message_thread_id": id});
    server.drive("topics", json!({"from": ann, "chat": chat, "topic": id, "act": "close"})).await;
    assert_eq!(server.updates().await[0]["message"]["forum_topic_closed"], json!({}));
    assert_eq!(server.refused("sendMessage", send.clone()).await, "400 Bad Request: TOPIC_CLOSED");
    assert_eq!(server.refused("closeForumTopic", topic.clone()).await, "400 Bad Request: TOPIC_NOT_MODIFIED");
    server.ok("reopenForumTopic", topic).await;
    server.ok("sendMessage", send).await;
    let all = all(&server, chat).await;
    assert!(all.iter().any(|m| m["forum_topic_reopened"] == json!({}) && m["message_thread_id"] == json!(id)));
}

#[tokio::test]
async fn a_deleted_topic_is_gone_with_its_messages() {
    let server = Server::start().await;
    let (chat, ann) = forum(&server, true).await;
    let id = open(&server, chat, "New Salon").await;
    let send = json!({"chat_id": chat, "text": "x", "message_thread_id": id});
    server.ok("sendMessage", send.clone()).await;
    server.drive("topics", json!({"from": ann, "chat": chat, "topic": id, "act": "delete"})).await;
    assert_eq!(server.refused("sendMessage", send).await, "400 Bad Request: message thread not found");
    assert!(all(&server, chat).await.iter().all(|m| m["message_thread_id"] != json!(id)));
    for method in ["deleteForumTopic", "closeForumTopic", "editForumTopic"] {
        let body = json!({"chat_id": chat, "message_thread_id": id, "name": "y"});
        assert_eq!(server.refused(method, body).await, "400 Bad Request: TOPIC_ID_INVALID", "{method}");
    }
    let again = open(&server, chat, "New Salon").await;
    server.ok("deleteForumTopic", json!({"chat_id": chat, "message_thread_id": again})).await;
}

#[tokio::test]
async fn a_group_without_topics_ignores_their_ids() {
    let server = Server::start().await;
    let (chat, ann) = forum(&server, true).await;
    let id = open(&server, chat, "New Salon").await;
    let send = json!({"chat_id": chat, "text": "x", "message_thread_id": id});
    let off = server.drive("forum", json!({"chat": chat, "is_forum": false})).await;
    assert_eq!(off["is_forum"], Value::Null);
    assert_eq!(server.ok("sendMessage", send.clone()).await["message_thread_id"], Value::Null);
    let refused = server.refused("createForumTopic", json!({"chat_id": chat, "name": "y"})).await;
    assert_eq!(refused, "400 Bad Request: the chat is not a forum");
    server.drive("send", json!({"from": ann, "chat": chat, "text": "/status"})).await;
    assert_eq!(server.updates().await[0]["message"]["chat"]["is_forum"], Value::Null);
    server.drive("forum", json!({"chat": chat, "is_forum": true})).await;
    assert_eq!(server.ok("sendMessage", send).await["message_thread_id"], json!(id));
}

#[tokio::test]
async fn topics_are_renamed() {
    let server = Server::start().await;
    let (chat, ann) = forum(&server, true).await;
    let id = open(&server, chat, "New Salon").await;
    let rename = json!({"chat_id": chat, "message_thread_id": id, "name": "Old Salon"});
    server.ok("editForumTopic", rename.clone()).await;
    assert_eq!(server.refused("editForumTopic", rename).await, "400 Bad Request: TOPIC_NOT_MODIFIED");
    let renamed =
        server.drive("topics", json!({"from": ann, "chat": chat, "topic": id, "act": "edit", "name": "Salon"})).await;
    assert_eq!(renamed["name"], json!("Salon"));
    let update = &server.updates().await[0]["message"];
    assert_eq!(update["forum_topic_edited"], json!({"name": "Salon"}));
}

#[tokio::test]
async fn general_is_addressed_by_leaving_the_id_out() {
    let server = Server::start().await;
    let (chat, _) = forum(&server, true).await;
    let general = json!({"chat_id": chat});
    let send = json!({"chat_id": chat, "text": "x"});
    let with_id = json!({"chat_id": chat, "text": "x", "message_thread_id": 1});
    assert_eq!(server.refused("sendMessage", with_id).await, "400 Bad Request: message thread not found");
    assert_eq!(server.ok("sendMessage", send.clone()).await.get("message_thread_id"), None);
    server.ok("closeGeneralForumTopic", general.clone()).await;
    assert_eq!(server.refused("sendMessage", send.clone()).await, "400 Bad Request: TOPIC_CLOSED");
    server.ok("reopenGeneralForumTopic", general.clone()).await;
    server.ok("hideGeneralForumTopic", general.clone()).await;
    assert_eq!(server.refused("sendMessage", send.clone()).await, "400 Bad Request: TOPIC_CLOSED");
    server.ok("unhideGeneralForumTopic", general.clone()).await;
    server.ok("reopenGeneralForumTopic", general).await;
    server.ok("editGeneralForumTopic", json!({"chat_id": chat, "name": "Lobby"})).await;
    server.ok("sendMessage", send).await;
    assert_eq!(server.ok("getForumTopicIconStickers", json!({})).await, json!([]));
}

#[tokio::test]
async fn people_write_where_they_may() {
    let server = Server::start().await;
    let (chat, ann) = forum(&server, true).await;
    let bo = server.person("Bo").await;
    server.drive("members", json!({"chat": chat, "member": bo, "status": "member"})).await;
    let made = server.drive("topics", json!({"from": ann, "chat": chat, "act": "create", "name": "Leads"})).await;
    let id = made["message_thread_id"].clone();
    server.drive("send", json!({"from": bo, "chat": chat, "topic": id, "text": "hi"})).await;
    server.drive("topics", json!({"from": ann, "chat": chat, "topic": id, "act": "close"})).await;
    let (status, _) = server.try_drive("send", json!({"from": bo, "chat": chat, "topic": id, "text": "hi"})).await;
    assert_eq!(status, 400);
    server.drive("send", json!({"from": ann, "chat": chat, "topic": id, "text": "an admin may"})).await;
    let (status, _) = server.try_drive("send", json!({"from": bo, "chat": chat, "topic": 999, "text": "hi"})).await;
    assert_eq!(status, 400);
}
