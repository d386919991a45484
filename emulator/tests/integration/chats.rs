//! Who may write where; groups; blocking.

use crate::server::{BOT, Server};
use serde_json::{Value, json};

async fn send(server: &Server, chat: Value) -> String {
    server.refused("sendMessage", json!({"chat_id": chat, "text": "x"})).await
}

#[tokio::test]
async fn unknown_chats_and_strangers_are_refused() {
    let server = Server::start().await;
    let eve = server.stranger("Eve").await;
    assert_eq!(server.refused("sendMessage", json!({"text": "x"})).await, "400 Bad Request: chat_id is empty");
    for nobody in [json!(5), json!(-100_123), json!("@nobody")] {
        assert_eq!(send(&server, nobody).await, "400 Bad Request: chat not found");
    }
    assert_eq!(send(&server, json!(eve)).await, "403 Forbidden: bot can't initiate conversation with a user");
    assert_eq!(server.refused("getChat", json!({"chat_id": eve})).await, "400 Bad Request: chat not found");
}

#[tokio::test]
async fn blocking_is_told_and_start_opens_again() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    server.drive("block", json!({"from": ann, "chat": BOT, "blocked": true})).await;
    assert_eq!(send(&server, json!(ann)).await, "403 Forbidden: bot was blocked by the user");
    let (status, _) = server.try_drive("send", json!({"from": ann, "chat": BOT, "text": "hi"})).await;
    assert_eq!(status, 400);
    server.says(ann, "/start").await;
    let updates = server.updates().await;
    let change = |u: &Value| {
        let m = &u["my_chat_member"];
        (m["old_chat_member"]["status"].clone(), m["new_chat_member"]["status"].clone())
    };
    assert_eq!(change(&updates[0]), (json!("member"), json!("kicked")));
    assert_eq!(change(&updates[1]), (json!("kicked"), json!("member")));
    assert_eq!(updates[2]["message"]["text"], json!("/start"));
    server.bot_says(ann, "welcome back").await;
}

#[tokio::test]
async fn chats_and_members_can_be_looked_up() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let chat = server.ok("getChat", json!({"chat_id": ann})).await;
    assert_eq!((&chat["type"], &chat["first_name"]), (&json!("private"), &json!("Ann")));
    let group = server
        .drive(
            "chats",
            json!({"type": "supergroup", "title": "Ops", "is_forum": true, "members": [ann], "admins": [BOT], "bots": [BOT]}),
        )
        .await;
    let chat = server.ok("getChat", json!({"chat_id": group["id"]})).await;
    assert_eq!((&chat["title"], &chat["is_forum"]), (&json!("Ops"), &json!(true)));
    let status = |user: i64| {
        let (server, id) = (&server, &group["id"]);
        async move { server.ok("getChatMember", json!({"chat_id": id, "user_id": user})).await["status"].clone() }
    };
    assert_eq!(status(ann).await, json!("creator"));
    assert_eq!(status(7_000_001).await, json!("administrator"));
}

#[tokio::test]
async fn group_privacy_lets_commands_and_answers_through() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let group = server
        .drive("chats", json!({"type": "supergroup", "title": "Team", "members": [ann], "bots": [BOT]}))
        .await["id"]
        .clone();
    let said = server.ok("sendMessage", json!({"chat_id": group, "text": "Hello, team"})).await;
    for body in [
        json!({"text": "just talk"}),
        json!({"text": "/status@another_bot"}),
        json!({"text": "/status"}),
        json!({"text": "/status@salon_bot"}),
        json!({"text": "an answer", "reply_to": said["message_id"]}),
        json!({"text": "ask @salon_bot"}),
    ] {
        let mut body = body;
        body["from"] = ann.into();
        body["chat"] = group.clone();
        server.drive("send", body).await;
    }
    let heard: Vec<String> =
        server.updates().await.iter().filter_map(|u| u["message"]["text"].as_str().map(str::to_owned)).collect();
    assert_eq!(heard, ["/status", "/status@salon_bot", "an answer", "ask @salon_bot"]);
}

#[tokio::test]
async fn a_bot_outside_a_group_cannot_write_there() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    for (kind, words) in [
        ("group", "403 Forbidden: bot is not a member of the group chat"),
        ("supergroup", "403 Forbidden: bot is not a member of the supergroup chat"),
    ] {
        let group = server.drive("chats", json!({"type": kind, "title": "Private", "members": [ann]})).await;
        assert_eq!(send(&server, group["id"].clone()).await, words);
    }
}

#[tokio::test]
async fn an_unknown_topic_is_refused_in_forums_and_ignored_elsewhere() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let forum = server
        .drive(
            "chats",
            json!({"type": "supergroup", "title": "Ops", "is_forum": true, "members": [ann], "bots": [BOT]}),
        )
        .await;
    for topic in [1, 77] {
        assert_eq!(
            server
                .refused("sendMessage", json!({"chat_id": forum["id"], "text": "x", "message_thread_id": topic}))
                .await,
            "400 Bad Request: message thread not found"
        );
    }
    server.ok("sendMessage", json!({"chat_id": ann, "text": "x", "message_thread_id": 77})).await;
}

#[tokio::test]
async fn chat_actions_are_checked() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    server.ok("sendChatAction", json!({"chat_id": ann, "action": "typing"})).await;
    assert_eq!(
        server.refused("sendChatAction", json!({"chat_id": ann, "action": "dancing"})).await,
        "400 Bad Request: wrong parameter action in request"
    );
}
