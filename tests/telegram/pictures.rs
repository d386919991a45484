//! Pictures that were drawn here: they wait with their bytes, and arrive whole.

use serde_json::{Value, json};
use waas_platform::db::PgPool;
use waas_platform::render::Html;
use waas_platform::telegram::{Place, Priority, Topic, outbox};

use super::Stage;
use super::policies::refusal;
use crate::database::with_database;

/// The smallest PNG: one white pixel.
const PNG: &[u8] = &[
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 31, 21, 196,
    137, 0, 0, 0, 13, 73, 68, 65, 84, 120, 218, 99, 252, 255, 255, 255, 127, 0, 9, 251, 3, 253, 5, 67, 69, 202, 0, 0,
    0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
];

async fn send(pool: &PgPool, place: Place, caption: &str) -> anyhow::Result<()> {
    let caption = Html::parse(caption)?;
    Ok(outbox::picture(&mut *pool.acquire().await?, place, PNG, caption, Priority::Reply).await?)
}

/// What stands below each picture in a chat, and where it stands.
async fn pictures(stage: &Stage, chat: i64, reader: i64) -> anyhow::Result<Vec<(String, Option<i64>)>> {
    let messages = stage.messages(chat, reader).await?;
    let mut found = Vec::new();
    for message in messages.iter().filter(|message| message["photo"].is_array()) {
        let id = message["photo"][0]["file_id"].as_str().unwrap_or_default();
        assert_eq!(stage.api.download(id, 1 << 20).await?, PNG, "as it was drawn");
        let caption = message["caption"].as_str().unwrap_or_default().to_owned();
        found.push((caption, message["message_thread_id"].as_i64()));
    }
    Ok(found)
}

#[tokio::test]
async fn a_picture_waits_for_a_sender_and_for_a_server_that_is_ill() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let ann = stage.person("Ann").await?;
        send(&pool, stage.place(ann), "<b>Figures</b> &amp; more").await?;
        stage.say(stage.place(ann), "after it", Priority::Reply).await?;
        stage.emulator.fault(&refusal("sendPhoto", 500, "Internal Server Error", 2)).await?;
        stage.start_sender();
        stage.settles().await?;
        assert_eq!(pictures(&stage, ann, ann).await?, [("Figures & more".to_owned(), None)]);
        let messages = stage.messages(ann, ann).await?;
        assert_eq!(messages.last().map(|last| &last["text"]), Some(&json!("after it")), "the order is kept");
        assert_eq!(messages[messages.len() - 2]["caption_entities"][0]["type"], "bold");
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_picture_goes_to_its_topic_and_without_one_that_is_gone() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let eva = stage.owner("Eva").await?;
        let body = json!({ "type": "supergroup", "title": "Ops", "is_forum": true, "members": [eva],
            "admins": ["stage_bot"], "bots": ["stage_bot"] });
        let forum = stage.emulator.post("/chats", &body).await?["id"].as_i64().unwrap_or_default();
        let made = stage.emulator.call("createForumTopic", &json!({ "chat_id": forum, "name": "new_salon" })).await?;
        let topic = made["result"]["message_thread_id"].as_i64().unwrap_or_default();
        let place = Place { topic: Some(Topic::Thread(topic)), ..stage.place(forum) };
        send(&pool, place, "there").await?;
        stage.settles().await?;
        assert_eq!(pictures(&stage, forum, eva).await?, [("there".to_owned(), Some(topic))]);
        let act = json!({ "from": eva, "chat": forum, "act": "delete", "topic": topic });
        stage.emulator.post("/topics", &act).await?;
        send(&pool, place, "in General").await?;
        stage.settles().await?;
        let found = pictures(&stage, forum, eva).await?;
        assert!(found.contains(&("in General".to_owned(), None)), "{found:?}");
        assert!(stage.reasons().await?.is_empty());
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn words_whose_markup_is_refused_go_plain_and_a_picture_that_is_refused_is_a_dead_letter() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        let words = "Bad Request: can't parse entities: Unclosed start tag at byte offset 3";
        stage.emulator.fault(&refusal("sendPhoto", 400, words, 1)).await?;
        send(&pool, stage.place(ann), "<b>a</b> &lt; b").await?;
        stage.settles().await?;
        assert_eq!(pictures(&stage, ann, ann).await?, [("a < b".to_owned(), None)]);

        stage.emulator.fault(&refusal("sendPhoto", 400, "Bad Request: IMAGE_PROCESS_FAILED", 1)).await?;
        send(&pool, stage.place(ann), "no picture").await?;
        stage.settles().await?;
        // Nor is there an attempt that could help when the bytes are gone.
        let mut tx = pool.begin().await?;
        let caption = Html::escape("gone");
        outbox::picture(&mut tx, stage.place(ann), PNG, caption, Priority::Reply).await?;
        sqlx::query("delete from outbox_pictures where outbox_id = (select max(id) from outbox)")
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        stage.settles().await?;
        let reasons = stage.reasons().await?;
        assert_eq!(reasons.len(), 2, "{reasons:?}");
        assert!(reasons.iter().any(|reason| reason.contains("IMAGE_PROCESS_FAILED")), "{reasons:?}");
        assert!(reasons.iter().any(|reason| reason.contains("bytes are gone")), "{reasons:?}");
        // What was given up can be sent again: its bytes are kept until somebody decides.
        let row: i64 = sqlx::query_scalar(
            "select o.id from outbox o join outbox_pictures p on p.outbox_id = o.id where o.state = 'dead'",
        )
        .fetch_one(&pool)
        .await?;
        assert!(outbox::retry(&mut *pool.acquire().await?, row).await?);
        stage.settles().await?;
        assert_eq!(pictures(&stage, ann, ann).await?.len(), 2);
        // They go with their row.
        outbox::forget(&pool, stage.clock.now() + chrono::TimeDelta::minutes(1)).await?;
        let left: Vec<Value> = sqlx::query_scalar("select to_jsonb(p) from outbox_pictures p").fetch_all(&pool).await?;
        assert!(left.is_empty(), "{left:?}");
        stage.end().await
    })
    .await
}
