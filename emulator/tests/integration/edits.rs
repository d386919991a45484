//! Edits, deletions, reactions.

use crate::server::Server;
use serde_json::json;

const NOT_MODIFIED: &str = "400 Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message";

#[tokio::test]
async fn an_edit_changes_what_people_see() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let id = server.bot_says(ann, "one").await["message_id"].clone();
    let edited = server.ok("editMessageText", json!({"chat_id": ann, "message_id": id, "text": "two"})).await;
    assert_eq!(edited["text"], json!("two"));
    assert!(edited["edit_date"].is_i64());
    assert_eq!(server.sees(ann).await.last(), Some(&edited));
}

#[tokio::test]
async fn an_edit_to_the_same_is_refused() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let markup = json!({"inline_keyboard": [[{"text": "a", "callback_data": "1"}]]});
    let id = server
        .ok("sendMessage", json!({"chat_id": ann, "text": "<b>x</b>", "parse_mode": "HTML", "reply_markup": markup}))
        .await["message_id"]
        .clone();
    let same =
        json!({"chat_id": ann, "message_id": id, "text": "<b>x</b>", "parse_mode": "HTML", "reply_markup": markup});
    assert_eq!(server.refused("editMessageText", same).await, NOT_MODIFIED);
    assert_eq!(
        server
            .refused("editMessageReplyMarkup", json!({"chat_id": ann, "message_id": id, "reply_markup": markup}))
            .await,
        NOT_MODIFIED
    );
    // Other entities, or no keyboard, are a change.
    let plain = json!({"chat_id": ann, "message_id": id, "text": "x", "reply_markup": markup});
    server.ok("editMessageText", plain).await;
    let bare = server.ok("editMessageReplyMarkup", json!({"chat_id": ann, "message_id": id})).await;
    assert_eq!(bare.get("reply_markup"), None);
}

#[tokio::test]
async fn what_cannot_be_edited_is_named() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let theirs = server.says(ann, "mine").await["message_id"].clone();
    let edit = |id: &serde_json::Value| json!({"chat_id": ann, "message_id": id, "text": "x"});
    assert_eq!(
        server.refused("editMessageText", edit(&json!(999))).await,
        "400 Bad Request: message to edit not found"
    );
    assert_eq!(server.refused("editMessageText", edit(&theirs)).await, "400 Bad Request: message can't be edited");
    let keyboard = json!({"chat_id": ann, "text": "x", "reply_markup": {"keyboard": [["a"]]}});
    let id = server.ok("sendMessage", keyboard).await["message_id"].clone();
    assert_eq!(server.refused("editMessageText", edit(&id)).await, "400 Bad Request: message can't be edited");
    assert_eq!(
        server.refused("editMessageText", json!({"chat_id": ann, "text": "x"})).await,
        "400 Bad Request: message identifier is not specified"
    );
}

#[tokio::test]
async fn deleted_messages_are_gone_and_old_ones_stay() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let id = server.bot_says(ann, "x").await["message_id"].clone();
    let delete = json!({"chat_id": ann, "message_id": id});
    server.ok("deleteMessage", delete.clone()).await;
    assert_eq!(server.refused("deleteMessage", delete).await, "400 Bad Request: message to delete not found");
    let id = server.bot_says(ann, "y").await["message_id"].clone();
    server.drive("clock", json!({"advance": 48 * 3600 + 1})).await;
    assert_eq!(
        server.refused("deleteMessage", json!({"chat_id": ann, "message_id": id})).await,
        "400 Bad Request: message can't be deleted"
    );
    server.ok("deleteMessages", json!({"chat_id": ann, "message_ids": [id, 999]})).await;
    assert_eq!(
        server.refused("deleteMessages", json!({"chat_id": ann, "message_ids": []})).await,
        "400 Bad Request: too many message identifiers specified"
    );
}

#[tokio::test]
async fn replies_need_their_message() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let question = server.says(ann, "price?").await["message_id"].clone();
    let answer = server
        .ok("sendMessage", json!({"chat_id": ann, "text": "40", "reply_parameters": {"message_id": question}}))
        .await;
    assert_eq!(answer["reply_to_message"]["text"], json!("price?"));
    assert_eq!(
        server
            .refused("sendMessage", json!({"chat_id": ann, "text": "40", "reply_parameters": {"message_id": 999}}))
            .await,
        "400 Bad Request: message to be replied not found"
    );
    server
        .ok(
            "sendMessage",
            json!({"chat_id": ann, "text": "40", "reply_parameters": {"message_id": 999, "allow_sending_without_reply": true}}),
        )
        .await;
}

#[tokio::test]
async fn a_bot_reacts_with_one_known_emoji() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let id = server.says(ann, "thanks").await["message_id"].clone();
    let react = |emoji: &[&str]| {
        let list: Vec<_> = emoji.iter().map(|e| json!({"type": "emoji", "emoji": e})).collect();
        json!({"chat_id": ann, "message_id": id, "reaction": list})
    };
    server.ok("setMessageReaction", react(&["👍"])).await;
    server.ok("setMessageReaction", react(&[])).await;
    for bad in [&["👍", "🔥"][..], &["🧯"]] {
        assert_eq!(server.refused("setMessageReaction", react(bad)).await, "400 Bad Request: REACTION_INVALID");
    }
}
