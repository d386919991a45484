//! What goes wrong: each refusal as the exception that the library has for it.

use super::bot::{Bot, Failure, Trouble};
use crate::server::BOT;
use serde_json::json;

/// The library may write the server's words with a capital letter or within others.
pub(super) fn check(bot: &Bot, failure: Option<&Failure>, trouble: Trouble, words: &str) {
    let failure = failure.unwrap_or_else(|| panic!("nothing failed, but should have: {words}"));
    assert_eq!(failure.class, bot.library.name_of(trouble), "{failure:?}");
    assert!(failure.words.to_lowercase().contains(&words.to_lowercase()), "{failure:?} instead of {words}");
}

pub(super) async fn texts_that_are_refused(bot: &Bot) {
    let mut ops = bot.person("Ops").await;
    let mut ann = bot.person("Ann").await;
    ann.says("hello").await;
    let echo = ann.hears().await;
    let edit = format!("edit {} {}", ann.id, echo["message_id"]);
    for (what, words) in [
        (format!("long {}", ann.id), "message is too long"),
        (format!("broken {}", ann.id), "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        (
            format!("{edit} hello"),
            "message is not modified: specified new message content and reply markup are exactly the same",
        ),
        (format!("edit {} 99999 hello", ann.id), "message to edit not found"),
    ] {
        let failure = ops.has_it_attempt(&what).await;
        check(bot, failure.as_ref(), Trouble::Refused, words);
    }
    assert!(ops.has_it_attempt(&format!("{edit} changed")).await.is_none());
    assert_eq!(ann.sees_changed().await["text"], json!("changed"));
}

pub(super) async fn chats_that_are_closed(bot: &Bot) {
    let mut ops = bot.person("Ops").await;
    let eve = bot.stranger("Eve").await;
    let mut ann = bot.person("Ann").await;
    let failure = ops.has_it_attempt("send 5").await;
    check(bot, failure.as_ref(), Trouble::Refused, "chat not found");
    let failure = ops.has_it_attempt(&format!("send {}", eve.id)).await;
    check(bot, failure.as_ref(), Trouble::Forbidden, "bot can't initiate conversation with a user");

    bot.server.drive("block", json!({"from": ann.id, "chat": BOT, "blocked": true})).await;
    let failure = ops.has_it_attempt(&format!("send {}", ann.id)).await;
    check(bot, failure.as_ref(), Trouble::Forbidden, "bot was blocked by the user");
    ann.says("/start").await;
    assert_eq!(ann.hears().await["text"], json!("Welcome, Ann"));
    assert!(ops.has_it_attempt(&format!("send {}", ann.id)).await.is_none());
}

pub(super) async fn a_flood_says_how_long_to_wait(bot: &Bot) {
    let mut ops = bot.person("Ops").await;
    let ann = bot.person("Ann").await;
    let fault = json!({"fault": "too_many_requests", "chat": ann.id, "seconds": 600, "count": 1});
    bot.server.drive("faults", fault).await;
    let send = format!("send {}", ann.id);
    let failure = ops.has_it_attempt(&send).await;
    check(bot, failure.as_ref(), Trouble::Flood, "flood control exceeded");
    // It counts down.
    let seconds = failure.and_then(|failure| failure.detail.as_u64());
    assert!(seconds.is_some_and(|seconds| (500..=600).contains(&seconds)), "{seconds:?}");
    assert!(ops.has_it_attempt(&send).await.is_none());
}

pub(super) async fn a_server_in_trouble(bot: &Bot) {
    let mut ops = bot.person("Ops").await;
    let ann = bot.person("Ann").await;
    let send = format!("send {}", ann.id);
    for (fault, trouble, words) in [
        (json!({"fault": "fail", "status": 502, "description": "Bad Gateway"}), Trouble::Server, "bad gateway"),
        (json!({"fault": "reset"}), Trouble::Network, ""),
        (json!({"fault": "lose_answer"}), Trouble::Network, ""),
    ] {
        let mut fault = fault;
        fault["method"] = "sendMessage".into();
        fault["chat"] = ann.id.into();
        fault["count"] = 1.into();
        bot.server.drive("faults", fault).await;
        let failure = ops.has_it_attempt(&send).await;
        check(bot, failure.as_ref(), trouble, words);
    }
    assert!(ops.has_it_attempt(&send).await.is_none());
}
