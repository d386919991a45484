//! What people do with messages that are there: edit, delete, react.

use crate::server::{BOT, Server};
use serde_json::json;

#[tokio::test]
async fn people_edit_their_own_messages() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let said = server.says(ann, "/lead 1").await["message_id"].clone();
    server.confirm_all().await;
    let edit = |id: &serde_json::Value, text: &str| json!({"from": ann, "chat": BOT, "message_id": id, "text": text});
    server.drive("edit", edit(&said, "/lead 2")).await;
    let update = server.updates().await[0]["edited_message"].clone();
    assert_eq!((&update["message_id"], &update["text"]), (&said, &json!("/lead 2")));
    assert!(update["edit_date"].is_i64());
    let foreign = server.bot_says(ann, "mine").await["message_id"].clone();
    assert_eq!(server.try_drive("edit", edit(&foreign, "x")).await.0, 404);
    assert_eq!(server.try_drive("edit", edit(&said, "")).await.0, 400);
}

#[tokio::test]
async fn a_message_that_a_person_deleted_cannot_be_edited_by_the_bot() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let card = server.bot_says(ann, "card").await["message_id"].clone();
    server.drive("delete", json!({"from": ann, "chat": BOT, "message_id": card})).await;
    assert_eq!(
        server.refused("editMessageText", json!({"chat_id": ann, "message_id": card, "text": "x"})).await,
        "400 Bad Request: message to edit not found"
    );
    assert_eq!(server.ok("getUpdates", json!({})).await, json!([]), "bots are not told of deletions");
}

#[tokio::test]
async fn reactions_of_people_are_told_to_those_who_asked() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let card = server.bot_says(ann, "card").await["message_id"].clone();
    let react = |emoji: Option<&str>| json!({"from": ann, "chat": BOT, "message_id": card, "emoji": emoji});
    server.drive("react", react(Some("👍"))).await;
    assert_eq!(server.ok("getUpdates", json!({"allowed_updates": ["message_reaction"]})).await, json!([]));
    server.drive("react", react(Some("🔥"))).await;
    server.drive("react", react(None)).await;
    let updates = server.updates().await;
    let changed = |n: usize| {
        let reaction = &updates[n]["message_reaction"];
        (reaction["old_reaction"][0]["emoji"].clone(), reaction["new_reaction"][0]["emoji"].clone())
    };
    assert_eq!(changed(0), (json!("👍"), json!("🔥")));
    assert_eq!(changed(1), (json!("🔥"), json!(null)));
    assert_eq!(updates[0]["message_reaction"]["user"]["id"], json!(ann));
}

#[tokio::test]
async fn in_groups_only_administrators_are_told_of_reactions() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    server.ok("getUpdates", json!({"allowed_updates": ["message_reaction"]})).await;
    let chat = json!({"type": "group", "title": "Team", "members": [ann], "bots": [BOT]});
    let chat = server.drive("chats", chat).await["id"].as_i64().unwrap();
    let card = server.bot_says(chat, "card").await["message_id"].clone();
    let react = |emoji: &str| json!({"from": ann, "chat": chat, "message_id": card, "emoji": emoji});
    server.drive("react", react("👍")).await;
    assert_eq!(server.ok("getUpdates", json!({})).await, json!([]));
    server.drive("members", json!({"chat": chat, "member": BOT, "status": "administrator"})).await;
    server.drive("react", react("🔥")).await;
    assert_eq!(server.updates().await[0]["message_reaction"]["chat"]["id"], json!(chat));
}
