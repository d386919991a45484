//! What becomes of a message when Telegram refuses it or does not answer: one test a policy.

use std::time::Duration;

use serde_json::{Value, json};
use waas_platform::telegram::{Place, Priority, Topic};
use waas_world::until;

use super::{SOON, Stage};
use crate::database::with_database;

fn fault(kind: &str, method: &str, more: &Value) -> Value {
    let mut rule = json!({ "fault": kind, "method": method });
    if let (Value::Object(rule), Value::Object(more)) = (&mut rule, more) {
        rule.extend(more.clone());
    }
    rule
}

pub(super) fn refusal(method: &str, code: u16, description: &str, count: u32) -> Value {
    fault("fail", method, &json!({ "status": code, "description": description, "count": count }))
}

#[tokio::test]
async fn a_429_holds_its_chat_for_as_long_as_it_says_and_no_other() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let (ann, bo) = (stage.person("Ann").await?, stage.person("Bo").await?);
        let limit = json!({ "chat": ann, "seconds": 2 });
        stage.emulator.fault(&fault("too_many_requests", "sendMessage", &limit)).await?;
        stage.say(stage.place(ann), "one", Priority::Reply).await?;
        until("the refusal", SOON, async || {
            Ok((stage.number("select count(*) from chat_holds").await? == 1).then_some(()))
        })
        .await?;
        stage.say(stage.place(ann), "two", Priority::Page).await?;
        stage.say(stage.place(bo), "beside", Priority::Digest).await?;
        stage.sees(bo, bo, "the other chat's message", |texts| texts == ["beside"]).await?;
        assert!(stage.texts(ann, ann).await?.is_empty(), "the chat rests while the other one is served");
        stage.sees(ann, ann, "both, the page first", |texts| texts == ["two", "one"]).await?;

        let calls = stage.emulator.calls("sendMessage").await?;
        let of_ann = calls.iter().filter(|call| call["params"]["chat_id"] == ann);
        assert_eq!(of_ann.count(), 3, "no call into the hold");
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_sick_server_is_waited_out() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        stage.emulator.fault(&refusal("sendMessage", 502, "Bad Gateway", 12)).await?;
        for text in ["one", "two"] {
            stage.say(stage.place(ann), text, Priority::Reply).await?;
        }
        stage.sees(ann, ann, "both in order", |texts| texts == ["one", "two"]).await?;
        assert!(stage.reasons().await?.is_empty());
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_first_send_without_an_answer_is_sent_again_and_counted() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        for (subject, kind, stands) in [("hang", "hang", 1), ("reset", "reset", 1), ("lost", "lose_answer", 2)] {
            stage.emulator.fault(&fault(kind, "sendMessage", &json!({ "count": 1 }))).await?;
            stage.card(stage.place(ann), subject, subject, Priority::Card).await?;
            let there = |texts: &[String]| texts.iter().filter(|text| *text == subject).count() == stands;
            stage.sees(ann, ann, "the card, as often as it arrived", there).await?;
            stage.settles().await?;
        }
        let unknown = stage.number("select sum(unknown_sends)::bigint from cards where unknown_sends = 1").await?;
        assert_eq!(unknown, 3, "each counts one possible orphan");
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn an_edit_without_an_answer_is_repeated_and_shows_nothing_twice() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        stage.card(stage.place(ann), "s", "first", Priority::Card).await?;
        stage.sees(ann, ann, "the card", |texts| texts == ["first"]).await?;
        for (kind, text) in [("lose_answer", "second"), ("hang", "third"), ("reset", "fourth")] {
            stage.emulator.fault(&fault(kind, "editMessageText", &json!({ "count": 1 }))).await?;
            stage.card(stage.place(ann), "s", text, Priority::Card).await?;
            stage.sees(ann, ann, "the edit", |texts| texts == [text]).await?;
            stage.settles().await?;
        }
        assert_eq!(
            stage.number("select count(*) from cards where unknown_sends > 0 or sent_version < version").await?,
            0
        );
        assert!(stage.reasons().await?.is_empty(), "\"not modified\" is a success");
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_chat_that_is_not_there_is_a_dead_letter_that_the_operators_hear_of() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let eva = stage.owner("Eva").await?;
        stage.say(stage.place(4_040_404), "nobody reads this", Priority::Reply).await?;
        stage.sees(eva, eva, "the notice", |texts| texts.iter().any(|text| text.contains("chat not found"))).await?;
        assert!(stage.reasons().await?[0].contains("chat not found"));
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_refusal_in_words_that_nobody_knows_is_a_dead_letter() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let (eva, ann) = (stage.owner("Eva").await?, stage.person("Ann").await?);
        stage.emulator.fault(&refusal("sendMessage", 400, "Bad Request: THE_STARS_ARE_WRONG", 1)).await?;
        stage.say(stage.place(ann), "one", Priority::Reply).await?;
        stage.say(stage.place(ann), "two", Priority::Reply).await?;
        stage.sees(eva, eva, "the notice", |texts| texts.iter().any(|text| text.contains("THE_STARS"))).await?;
        stage.sees(ann, ann, "what came behind it", |texts| texts == ["two"]).await?;
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn whoever_blocked_the_bot_is_marked_and_catches_up_when_they_are_back() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let (eva, ann) = (stage.owner("Eva").await?, stage.person("Ann").await?);
        stage.card(stage.place(ann), "s", "first", Priority::Card).await?;
        stage.sees(ann, ann, "the card", |texts| texts == ["first"]).await?;
        stage.emulator.block(ann, true).await?;
        stage.card(stage.place(ann), "s", "second", Priority::Card).await?;
        stage.card(stage.place(ann), "t", "another", Priority::Card).await?;
        stage.say(stage.place(ann), "a word", Priority::Reply).await?;
        let told = |texts: &[String]| texts.iter().filter(|text| text.contains("Ann cannot be reached")).count() == 1;
        stage.sees(eva, eva, "one notice", told).await?;
        stage.settles().await?;
        assert_eq!(stage.number("select count(*) from people where not reachable").await?, 1);
        assert_eq!(stage.reasons().await?.len(), 1, "the word is kept; cards are drawn as they stand by then");

        let mut turns = super::presses::Bot::new(&stage);
        stage.emulator.block(ann, false).await?;
        turns.start(&stage);
        stage.emulator.send(ann, "/start").await?;
        let back = |texts: &[String]| texts.iter().any(|t| t == "second") && texts.iter().any(|t| t == "another");
        stage.sees(ann, ann, "the cards as they stand", back).await?;
        assert_eq!(stage.number("select count(*) from people where not reachable").await?, 0);
        turns.end().await?;
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_group_that_moved_is_written_to_where_it_is() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let eva = stage.owner("Eva").await?;
        let group = stage.emulator.group("group", eva).await?;
        sqlx::query("insert into operator_chats (bot_id, chat_id, bound_by) values ($1, $2, $3)")
            .bind(stage.bot.0)
            .bind(group)
            .bind(eva)
            .execute(&pool)
            .await?;
        stage.card(stage.place(group), "s", "before", Priority::Card).await?;
        stage.sees(group, eva, "the card", |texts| texts == ["before"]).await?;
        let moved = stage.emulator.post("/migrate", &json!({ "chat": group })).await?;
        let now = moved["id"].as_i64().unwrap_or_default();
        assert_ne!(now, group);

        // By an id that somebody kept, whether before or after the first refusal told of the move.
        for text in ["one", "two"] {
            stage.say(stage.place(group), text, Priority::Reply).await?;
            stage.sees(now, eva, "the message in the new group", |texts| texts.iter().any(|t| t == text)).await?;
        }
        stage.card(stage.place(group), "s", "after", Priority::Card).await?;
        stage.sees(now, eva, "the card in the new group", |texts| texts.iter().any(|t| t == "after")).await?;
        // Buttons keep the id under which they were minted: where they count is found out by a press.
        for table in ["cards", "operator_chats"] {
            let sql = format!("select count(*) from {table} where chat_id = {group}");
            let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&pool).await?;
            assert_eq!(left, 0, "{table}");
        }
        let refused = stage.emulator.calls("sendMessage").await?;
        let refused = refused.iter().filter(|call| call["verdict"] != "ok").count();
        assert_eq!(refused, 1, "the old id is tried once");
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_topic_that_is_gone_or_closed_loses_no_message() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let eva = stage.owner("Eva").await?;
        let body = json!({ "type": "supergroup", "title": "Ops", "is_forum": true, "members": [eva],
            "admins": ["stage_bot"], "bots": ["stage_bot"] });
        let forum = stage.emulator.post("/chats", &body).await?["id"].as_i64().unwrap_or_default();
        let make = json!({ "chat_id": forum, "name": "new_salon" });
        let made = stage.emulator.call("createForumTopic", &make).await?;
        let topic = made["result"]["message_thread_id"].as_i64();
        let place = Place { topic: topic.map(Topic::Thread), ..stage.place(forum) };
        stage.say(place, "in it", Priority::Reply).await?;
        stage.settles().await?;
        let act = |name: &str| json!({ "from": eva, "chat": forum, "act": name, "topic": topic });
        stage.emulator.post("/topics", &act("close")).await?;
        stage.say(place, "closed", Priority::Reply).await?;
        stage.settles().await?;
        stage.emulator.post("/topics", &act("delete")).await?;
        stage.card(place, "s", "gone", Priority::Card).await?;
        waas_platform::telegram::outbox::document(
            &mut *pool.acquire().await?,
            place,
            "file.txt".to_owned(),
            "whole".to_owned(),
            Priority::Reply,
        )
        .await?;
        stage.settles().await?;
        let messages = stage.messages(forum, eva).await?;
        for text in ["closed", "gone"] {
            let found = messages.iter().find(|message| message["text"] == text);
            assert!(found.is_some_and(|message| message["message_thread_id"].is_null()), "{text}: {messages:#?}");
        }
        assert!(messages.iter().any(|message| message["document"]["file_name"] == "file.txt"));
        assert!(stage.reasons().await?.is_empty());
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_message_that_is_gone_is_sent_anew() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        stage.card(stage.place(ann), "s", "first", Priority::Card).await?;
        stage.sees(ann, ann, "the card", |texts| texts == ["first"]).await?;
        let id = stage.messages(ann, ann).await?[0]["message_id"].clone();
        stage.emulator.call("deleteMessage", &json!({ "chat_id": ann, "message_id": id })).await?;
        stage.card(stage.place(ann), "s", "second", Priority::Card).await?;
        stage.sees(ann, ann, "the card again", |texts| texts == ["second"]).await?;
        assert_ne!(stage.messages(ann, ann).await?[0]["message_id"], id);
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_text_whose_markup_is_refused_goes_plain() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        let words = "Bad Request: can't parse entities: Unclosed start tag at byte offset 3";
        stage.emulator.fault(&refusal("sendMessage", 400, words, 1)).await?;
        stage.say(stage.place(ann), "a < b & c", Priority::Reply).await?;
        stage.sees(ann, ann, "the text itself", |texts| texts == ["a < b & c"]).await?;
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_text_that_is_too_long_is_cut_and_follows_whole_as_a_file() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        let long: String = "😀 <b>&amp; مرحبا ".repeat(1_000);
        // The file is not lost with the message's success.
        stage.emulator.fault(&refusal("sendDocument", 500, "Internal Server Error", 2)).await?;
        stage.say(stage.place(ann), &long, Priority::Reply).await?;
        stage.card(stage.place(ann), "s", "short", Priority::Card).await?;
        stage.settles().await?;
        stage.card(stage.place(ann), "s", &long, Priority::Card).await?;
        stage.settles().await?;
        let messages = stage.messages(ann, ann).await?;
        let cut = messages.iter().filter(|message| message["text"].as_str().is_some_and(|text| text.ends_with('…')));
        assert_eq!(cut.count(), 2, "the message and the edited card");
        let files: Vec<&Value> = messages.iter().filter(|message| message["document"].is_object()).collect();
        assert_eq!(files.len(), 2, "{messages:#?}");
        for file in files {
            assert!(file["reply_to_message"].is_object(), "in reply to what was cut");
            let id = file["document"]["file_id"].as_str().unwrap_or_default();
            assert_eq!(String::from_utf8(stage.api.download(id, 1 << 20).await?)?, long);
        }
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_server_that_is_away_costs_a_message_one_attempt() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        stage.emulator.fault(&json!({ "fault": "hang" })).await?;
        stage.card(stage.place(ann), "s", "at last", Priority::Card).await?;
        until("the server to be asked whether it is there", SOON, async || {
            Ok((stage.emulator.calls("getMe").await?.len() > 3).then_some(()))
        })
        .await?;
        assert_eq!(stage.emulator.calls("sendMessage").await?.len(), 1);
        assert!(stage.api.reach().lost_for().is_some_and(|lost| lost > Duration::ZERO));
        stage.emulator.no_faults().await?;
        stage.sees(ann, ann, "the card", |texts| texts == ["at last"]).await?;
        assert_eq!(stage.api.reach().lost_for(), None);
        stage.end().await
    })
    .await
}
