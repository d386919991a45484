//! Coming and going: members, migration, deleted groups and accounts.

use crate::server::{BOT, Server};
use serde_json::{Value, json};

const BOT_ID: i64 = 7_000_001;

async fn group(server: &Server, kind: &str) -> (i64, i64) {
    let ann = server.person("Ann").await;
    let chat = json!({"type": kind, "title": "Team", "members": [ann], "bots": [BOT]});
    let chat = server.drive("chats", chat).await["id"].as_i64().unwrap();
    server.confirm_all().await;
    (chat, ann)
}

/// Old and new status in an update about membership.
fn change(update: &Value, kind: &str) -> (String, String) {
    let status = |which: &str| update[kind][which]["status"].as_str().unwrap_or_default().to_owned();
    (status("old_chat_member"), status("new_chat_member"))
}

fn pair(old: &str, new: &str) -> (String, String) {
    (old.to_owned(), new.to_owned())
}

async fn send(server: &Server, chat: i64) -> String {
    server.refused("sendMessage", json!({"chat_id": chat, "text": "x"})).await
}

#[tokio::test]
async fn a_bot_is_promoted_demoted_put_out_and_taken_back() {
    let server = Server::start().await;
    let (chat, ann) = group(&server, "supergroup").await;
    let steps = [("administrator", "member"), ("member", "administrator"), ("kicked", "member"), ("member", "kicked")];
    for (new, old) in steps {
        let step = json!({"from": ann, "chat": chat, "member": BOT, "status": new});
        assert_eq!(server.drive("members", step.clone()).await["changed"], json!(true));
        assert_eq!(server.drive("members", step).await["changed"], json!(false));
        let updates = server.updates().await;
        let update = updates.iter().find(|u| u.get("my_chat_member").is_some()).unwrap();
        assert_eq!(change(update, "my_chat_member"), pair(old, new));
        assert_eq!(update["my_chat_member"]["from"]["id"], json!(ann));
        server.confirm_all().await;
        if new == "kicked" {
            assert_eq!(send(&server, chat).await, "403 Forbidden: bot was kicked from the supergroup chat");
        } else {
            server.bot_says(chat, "here").await;
        }
    }
    server.ok("leaveChat", json!({"chat_id": chat})).await;
    assert_eq!(send(&server, chat).await, "403 Forbidden: bot is not a member of the supergroup chat");
}

#[tokio::test]
async fn people_come_and_go_before_the_bots_eyes() {
    let server = Server::start().await;
    let (chat, ann) = group(&server, "group").await;
    let bo = server.person("Bo").await;
    server.drive("members", json!({"chat": chat, "member": bo, "status": "member"})).await;
    server.drive("members", json!({"from": ann, "chat": chat, "member": bo, "status": "kicked"})).await;
    let updates = server.updates().await;
    assert_eq!(updates[0]["message"]["new_chat_members"][0]["id"], json!(bo));
    assert_eq!(updates[1]["message"]["left_chat_member"]["id"], json!(bo));
    assert_eq!(updates.len(), 2, "a plain member is not told of others");
    server.drive("members", json!({"chat": chat, "member": BOT, "status": "administrator"})).await;
    server.confirm_all().await;
    server.ok("getUpdates", json!({"allowed_updates": ["chat_member"]})).await;
    server.drive("members", json!({"chat": chat, "member": bo, "status": "member"})).await;
    let updates = server.updates().await;
    assert_eq!(change(&updates[0], "chat_member"), pair("kicked", "member"));
    let (status, _) = server.try_drive("members", json!({"chat": chat, "member": bo, "status": "creator"})).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn members_are_counted_and_administrators_listed() {
    let server = Server::start().await;
    let (chat, ann) = group(&server, "group").await;
    assert_eq!(server.ok("getChatMemberCount", json!({"chat_id": chat})).await, json!(2));
    let admins = server.ok("getChatAdministrators", json!({"chat_id": chat})).await;
    assert_eq!((admins.as_array().unwrap().len(), &admins[0]["user"]["id"]), (1, &json!(ann)));
}

#[tokio::test]
async fn a_group_becomes_a_supergroup_under_another_id() {
    let server = Server::start().await;
    let (old, ann) = group(&server, "group").await;
    let new = server.drive("migrate", json!({"chat": old})).await;
    assert_eq!((&new["type"], &new["title"]), (&json!("supergroup"), &json!("Team")));
    let updates = server.updates().await;
    assert_eq!(updates[0]["message"]["chat"]["id"], json!(old));
    assert_eq!(updates[0]["message"]["migrate_to_chat_id"], new["id"]);
    assert_eq!(updates[1]["message"]["chat"]["id"], new["id"]);
    assert_eq!(updates[1]["message"]["migrate_from_chat_id"], json!(old));
    for method in ["sendMessage", "getChat"] {
        let (status, body) = server.call(method, json!({"chat_id": old, "text": "x"})).await;
        assert_eq!(status, 400);
        assert_eq!(body["description"], json!("Bad Request: group chat was upgraded to a supergroup chat"));
        assert_eq!(body["parameters"], json!({"migrate_to_chat_id": new["id"]}));
    }
    server.bot_says(new["id"].as_i64().unwrap(), "here we are").await;
    assert_eq!(server.try_drive("migrate", json!({"chat": old})).await.0, 400);
    assert_eq!(server.try_drive("send", json!({"from": ann, "chat": old, "text": "x"})).await.0, 400);
    server.drive("send", json!({"from": ann, "chat": new["id"], "text": "x"})).await;
}

#[tokio::test]
async fn switching_topics_on_migrates_to_a_forum() {
    let server = Server::start().await;
    let (old, _) = group(&server, "group").await;
    assert_eq!(server.drive("migrate", json!({"chat": old, "is_forum": true})).await["is_forum"], json!(true));
}

#[tokio::test]
async fn deleted_groups_and_accounts_are_forbidden() {
    let server = Server::start().await;
    for (kind, words) in [
        ("group", "403 Forbidden: the group chat was deleted"),
        ("supergroup", "403 Forbidden: bot is not a member of the supergroup chat"),
    ] {
        let (chat, _) = group(&server, kind).await;
        server.remove(&format!("chats/{chat}")).await;
        assert_eq!(send(&server, chat).await, words);
        let update = &server.updates().await[0];
        assert_eq!(change(update, "my_chat_member"), pair("member", "left"));
        assert_eq!(update["my_chat_member"]["new_chat_member"]["user"]["id"], json!(BOT_ID));
    }
    let bo = server.person("Bo").await;
    server.remove(&format!("people/{bo}")).await;
    assert_eq!(send(&server, bo).await, "403 Forbidden: user is deactivated");
}
