//! Command menus.

use crate::server::{BOT, Server};
use serde_json::{Value, json};

fn menu(name: &str) -> Value {
    json!([{"command": name, "description": "does it"}])
}

#[tokio::test]
async fn the_narrowest_scope_in_the_persons_language_wins() {
    let server = Server::start().await;
    let person = json!({"first_name": "Ann", "language_code": "de"});
    let ann = server.drive("people", person).await["id"].clone();
    let id = ann.as_i64().unwrap();
    server.says(id, "/start").await;
    for (name, scope, language) in [
        ("all", json!({"type": "default"}), ""),
        ("alle", json!({"type": "default"}), "de"),
        ("private", json!({"type": "all_private_chats"}), ""),
        ("hers", json!({"type": "chat", "chat_id": ann}), "ru"),
    ] {
        server.ok("setMyCommands", json!({"commands": menu(name), "scope": scope, "language_code": language})).await;
    }
    let path = format!("chats/{BOT}/commands?for={id}");
    assert_eq!(server.look(&path).await, menu("private"));
    let private = json!({"scope": {"type": "all_private_chats"}});
    server.ok("deleteMyCommands", private.clone()).await;
    assert_eq!(server.look(&path).await, menu("alle"));
    assert_eq!(server.ok("getMyCommands", private).await, json!([]));
    assert_eq!(server.ok("getMyCommands", json!({})).await, menu("all"));
}

#[tokio::test]
async fn groups_have_scopes_of_their_own() {
    let server = Server::start().await;
    let (ann, bo) = (server.person("Ann").await, server.person("Bo").await);
    let group = json!({"type": "group", "title": "Ops", "members": [bo, ann], "admins": [bo, BOT]});
    let group = server.drive("chats", group).await["id"].as_i64().unwrap();
    for (name, scope) in [
        ("anybody", json!({"type": "default"})),
        ("private", json!({"type": "all_private_chats"})),
        ("groups", json!({"type": "all_group_chats"})),
        ("admins", json!({"type": "all_chat_administrators"})),
    ] {
        server.ok("setMyCommands", json!({"commands": menu(name), "scope": scope})).await;
    }
    let (hers, his) = (format!("chats/{group}/commands?for={ann}"), format!("chats/{group}/commands?for={bo}"));
    assert_eq!((server.look(&hers).await, server.look(&his).await), (menu("groups"), menu("admins")));
    let member = json!({"type": "chat_member", "chat_id": group, "user_id": ann});
    server.ok("setMyCommands", json!({"commands": menu("hers"), "scope": member})).await;
    assert_eq!((server.look(&hers).await, server.look(&his).await), (menu("hers"), menu("admins")));
}

#[tokio::test]
async fn menus_are_checked() {
    let server = Server::start().await;
    let set = |commands: Value| json!({"commands": commands});
    let many: Vec<Value> = (0..101).map(|n| json!({"command": format!("c{n}"), "description": "x"})).collect();
    for (body, words) in [
        (set(menu("Upper")), "BOT_COMMAND_INVALID"),
        (set(menu(&"a".repeat(33))), "BOT_COMMAND_INVALID"),
        (set(json!([{"command": "a", "description": ""}])), "BOT_COMMAND_DESCRIPTION_INVALID"),
        (set(json!(many)), "BOT_COMMANDS_TOO_MUCH"),
        (
            json!({"commands": menu("a"), "scope": {"type": "everywhere"}}),
            "can't parse BotCommandScope: Unsupported type specified",
        ),
        (json!({"commands": menu("a"), "scope": {"type": "chat", "chat_id": 5}}), "chat not found"),
        (json!({"commands": menu("a"), "language_code": "english"}), "BOT_COMMAND_LANG_CODE_INVALID"),
    ] {
        assert_eq!(server.refused("setMyCommands", body).await, format!("400 Bad Request: {words}"));
    }
}
