//! Groups: topics and a new id.

use super::bot::{Bot, Trouble};
use super::errors;
use crate::server::BOT;
use serde_json::{Value, json};

async fn group(bot: &Bot, body: Value) -> i64 {
    bot.server.drive("chats", body).await["id"].as_i64().unwrap()
}

pub(super) async fn answers_stay_in_their_topic(bot: &Bot) {
    let mut ann = bot.person("Ann").await;
    let forum = json!({"type": "supergroup", "title": "Ops", "is_forum": true, "members": [ann.id], "admins": [ann.id, BOT],
        "bots": [BOT]});
    let forum = group(bot, forum).await;
    ann.sends(json!({"chat": forum, "text": "/topic"})).await;
    assert_eq!(ann.hears_in(forum).await["forum_topic_created"]["name"], json!("Leads"));
    let here = ann.hears_in(forum).await;
    let topic = &here["message_thread_id"];
    assert_eq!((&here["text"], topic.is_i64()), (&json!("Here"), true));
    ann.sends(json!({"chat": forum, "topic": topic, "text": "/card"})).await;
    let card = ann.hears_in(forum).await;
    assert_eq!((&card["text"], &card["message_thread_id"]), (&json!("Lead 7: new"), topic));
}

pub(super) async fn a_migrated_group_tells_its_new_id(bot: &Bot) {
    let mut ops = bot.person("Ops").await;
    let old = group(bot, json!({"type": "group", "title": "Team", "members": [ops.id], "bots": [BOT]})).await;
    assert!(ops.has_it_attempt(&format!("send {old}")).await.is_none());
    let new = bot.server.drive("migrate", json!({"chat": old})).await["id"].clone();
    let failure = ops.has_it_attempt(&format!("send {old}")).await;
    errors::check(bot, failure.as_ref(), Trouble::Migrated, "migrated to");
    assert_eq!(failure.map(|failure| failure.detail), Some(new.clone()));
    assert!(ops.has_it_attempt(&format!("send {new}")).await.is_none());
    let messages = bot.server.look(&format!("chats/{new}/messages")).await;
    assert_eq!(messages.as_array().unwrap().last().unwrap()["text"], json!("attempt"));
}
