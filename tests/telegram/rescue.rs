//! What must not get lost between the outbox and the screen when something breaks on the way.

use std::time::Duration;

use serde_json::json;
use waas_platform::render::Html;
use waas_platform::secrets::Secret;
use waas_platform::telegram::{Api, Priority, outbox};
use waas_world::until;

use super::{SOON, Stage, emulator, keys};
use crate::database::with_database;

#[tokio::test]
async fn what_a_former_holder_left_is_looked_after_even_when_that_fails_at_first() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let ann = stage.person("Ann").await?;
        stage.card(stage.place(ann), "s", "left in flight", Priority::Card).await?;
        sqlx::query("update outbox set state = 'sending', attempts = 1").execute(&pool).await?;
        sqlx::query("alter table cards rename column unknown_sends to away").execute(&pool).await?;
        stage.start_sender();
        until("the lease to be taken", SOON, async || {
            let taken = "select count(*) from leases where name like 'send:%' and expires_at > now()";
            Ok((stage.number(taken).await? == 1).then_some(()))
        })
        .await?;
        sqlx::query("alter table cards rename column away to unknown_sends").execute(&pool).await?;
        stage.sees(ann, ann, "the card", |texts| texts == ["left in flight"]).await?;
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_row_that_was_claimed_for_nothing_goes_back() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        stage.card(stage.place(ann), "s", "first", Priority::Card).await?;
        stage.sees(ann, ann, "the card", |texts| texts == ["first"]).await?;
        stage.settles().await?;
        // The state of the card cannot be read after the claim.
        sqlx::query("alter table cards rename column sent_version to away").execute(&pool).await?;
        sqlx::query("update cards set view = jsonb_set(view, '{html}', '\"second\"'), version = version + 1")
            .execute(&pool)
            .await?;
        sqlx::query("insert into outbox (bot_id, chat_id, priority, card_id) select bot_id, chat_id, 3, id from cards")
            .execute(&pool)
            .await?;
        sqlx::query("select pg_notify('hub_outbox', '')").execute(&pool).await?;
        until("the claim", SOON, async || {
            Ok((stage.number("select max(attempts)::bigint from outbox where id > 1").await? > 0).then_some(()))
        })
        .await?;
        sqlx::query("alter table cards rename column away to sent_version").execute(&pool).await?;
        stage.sees(ann, ann, "the newer state", |texts| texts == ["second"]).await?;
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_page_that_changes_while_it_is_on_its_way_stays_a_page() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let ann = stage.person("Ann").await?;
        let place = stage.place(ann);
        stage.card(place, "s", "it burns", Priority::Page).await?;
        sqlx::query("update outbox set state = 'sending', attempts = 1, created_at = now() - interval '90 s'")
            .execute(&pool)
            .await?;
        stage.card(place, "s", "it burns still", Priority::Card).await?;
        stage.say(place, "a reply", Priority::Reply).await?;
        // The former holder died; whether the page arrived is unknown.
        stage.start_sender();
        stage.sees(ann, ann, "the page first", |texts| texts == ["it burns still", "a reply"]).await?;
        let waited = "select count(*) from outbox where state = 'sent' and priority = 0
                      and created_at < now() - interval '80 s'";
        assert_eq!(stage.number(waited).await?, 1, "it has waited since it was first asked for");
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn files_that_hang_keep_no_page_and_no_reply_waiting() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        stage.api = Api::new(stage.emulator.url(), Secret::new(emulator::TOKEN.to_owned()), Duration::from_secs(20))?;
        for number in 0..30 {
            let place = stage.place(stage.person(&format!("P{number}")).await?);
            let (name, text) = ("file.txt".to_owned(), "long".to_owned());
            outbox::document(&mut *pool.acquire().await?, place, name, text, Priority::Reply).await?;
        }
        let (ann, bo) = (stage.person("Ann").await?, stage.person("Bo").await?);
        stage.emulator.fault(&json!({ "fault": "hang", "method": "sendDocument", "seconds": 8 })).await?;
        stage.start_sender();
        let flying = "select count(*) from outbox where state = 'sending'";
        until("their places to be taken", SOON, async || Ok((stage.number(flying).await? >= 16).then_some(()))).await?;
        stage.say(stage.place(ann), "page", Priority::Page).await?;
        stage.say(stage.place(bo), "reply", Priority::Reply).await?;
        stage.sees(ann, ann, "the page", |texts| texts == ["page"]).await?;
        stage.sees(bo, bo, "the reply", |texts| texts == ["reply"]).await?;
        let tried = "select count(*) from outbox where call ->> 'method' = 'document' and attempts > 1";
        assert_eq!(stage.number(tried).await?, 0, "none of the files has ended");
        stage.emulator.no_faults().await?;
        drop(stage);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_whisper_without_an_answer_leaves_no_second_secret() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        for method in ["sendMessage", "editMessageText"] {
            let lost = json!({ "fault": "lose_answer", "method": method, "count": 1 });
            stage.emulator.fault(&lost).await?;
        }
        let mut conn = pool.acquire().await?;
        let html = Html::escape("hunter2");
        outbox::whisper(&mut conn, &keys(), stage.place(ann), html, Duration::from_secs(3)).await?;
        drop(conn);
        stage.sees(ann, ann, "the secret", |texts| texts.iter().any(|text| text == "hunter2")).await?;
        let secrets = |texts: &[String]| texts.iter().filter(|text| *text == "hunter2").count();
        assert_eq!(secrets(&stage.texts(ann, ann).await?), 1);
        stage.sees(ann, ann, "no secret", |texts| secrets(texts) == 0).await?;
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_page_on_its_way_is_not_folded_into_a_digest() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        stage.api = Api::new(stage.emulator.url(), Secret::new(emulator::TOKEN.to_owned()), Duration::from_secs(20))?;
        let (ann, bo) = (stage.person("Ann").await?, stage.person("Bo").await?);
        let hang = json!({ "fault": "hang", "method": "sendMessage", "chat": ann, "count": 1, "seconds": 8 });
        stage.emulator.fault(&hang).await?;
        stage.start_sender();
        stage.card(stage.place(ann), "first", "it burns", Priority::Page).await?;
        let flying = "select count(*) from outbox where state = 'sending'";
        until("the call", SOON, async || Ok((stage.number(flying).await? == 1).then_some(()))).await?;
        for number in 0..12 {
            stage.card(stage.place(ann), &number.to_string(), &format!("page {number}"), Priority::Page).await?;
        }
        stage.card(stage.place(ann), "first", "it burns still", Priority::Page).await?;
        // A page of another chat makes the sender fold what is too much.
        stage.say(stage.place(bo), "page", Priority::Page).await?;
        stage.sees(bo, bo, "the page", |texts| texts == ["page"]).await?;
        assert_eq!(stage.number("select count(*) from cards where subject = '11'").await?, 0, "folded");
        assert_eq!(stage.number("select count(*) from cards where subject = 'first'").await?, 1);
        stage.emulator.no_faults().await?;
        drop(stage);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn holds_that_are_over_are_tidied() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::new(&pool).await?;
        sqlx::query("insert into chat_holds values (1, 1, now() - interval '1 s'), (1, 2, now() + interval '1 h')")
            .execute(&pool)
            .await?;
        outbox::forget(&pool, stage.clock.now()).await?;
        assert_eq!(stage.number("select sum(chat_id)::bigint from chat_holds").await?, 2);
        stage.end().await
    })
    .await
}
