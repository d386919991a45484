//! The order in which messages leave, and what happens to many of them.

use std::time::Duration;

use serde_json::{Value, json};
use waas_platform::render::Html;
use waas_platform::telegram::cards::{self, Placement};
use waas_platform::telegram::{Button, Priority, View, outbox};
use waas_world::until;

use super::{SOON, Stage, key};
use crate::database::with_database;

#[tokio::test]
async fn pages_beyond_ten_after_an_outage_are_one_digest_that_names_each() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let eva = stage.owner("Eva").await?;
        for number in 1..=25 {
            stage
                .card(stage.place(eva), &number.to_string(), &format!("page {number} <&>\nmore"), Priority::Page)
                .await?;
        }
        stage.start_sender();
        stage.settles().await?;
        let texts = stage.texts(eva, eva).await?;
        assert_eq!(texts.len(), 11, "{texts:#?}");
        for number in 1..=10 {
            assert!(texts.contains(&format!("page {number} <&>\nmore")), "{number}: {texts:#?}");
        }
        for number in 11..=25 {
            let named = format!("page {number} <&> – more");
            assert!(texts[10].lines().any(|line| line == named), "{number}: {}", texts[10]);
        }
        // A folded page whose subject goes on to matter stands as a card again.
        stage.card(stage.place(eva), "25", "page 25 again", Priority::Page).await?;
        stage.sees(eva, eva, "its card", |texts| texts.iter().any(|text| text == "page 25 again")).await?;
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_digest_speaks_as_who_receives_it() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let eva = stage.owner("Eva").await?;
        let speaks = "update people set app_language = 'de' where id = $1";
        sqlx::query(speaks).bind(eva).execute(&pool).await?;
        for number in 1..=12 {
            stage.card(stage.place(eva), &number.to_string(), &format!("page {number}"), Priority::Page).await?;
        }
        stage.start_sender();
        stage.settles().await?;
        let texts = stage.texts(eva, eva).await?;
        let digest = texts.last().map_or("", String::as_str);
        assert!(digest.contains("/alerts holt die Karten") && digest.contains("page 12"), "{digest}");
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn ten_pages_come_one_by_one() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let eva = stage.owner("Eva").await?;
        for number in 1..=10 {
            stage.card(stage.place(eva), &number.to_string(), &format!("page {number}"), Priority::Page).await?;
        }
        stage.start_sender();
        stage.settles().await?;
        assert_eq!(stage.texts(eva, eva).await?.len(), 10);
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn the_urgent_goes_first_and_a_newer_state_replaces_the_waiting_one() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let ann = stage.person("Ann").await?;
        let place = stage.place(ann);
        stage.say(place, "digest", Priority::Digest).await?;
        stage.say(place, "reminder", Priority::Reminder).await?;
        for state in 1..=50 {
            stage.card(place, "s", &format!("card {state}"), Priority::Card).await?;
        }
        stage.say(place, "reply", Priority::Reply).await?;
        stage.say(place, "page", Priority::Page).await?;
        stage.start_sender();
        stage.settles().await?;
        assert_eq!(stage.texts(ann, ann).await?, ["page", "reply", "card 50", "reminder", "digest"]);
        assert_eq!(stage.emulator.calls("sendMessage").await?.len(), 5);
        stage.end().await
    })
    .await
}

fn edits(calls: &[Value]) -> Vec<chrono::DateTime<chrono::Utc>> {
    calls.iter().filter_map(|call| call["time"].as_str()?.parse().ok()).collect()
}

#[tokio::test]
async fn progress_rests_between_edits_in_a_group_and_its_end_does_not_wait() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let eva = stage.owner("Eva").await?;
        let group = stage.emulator.group("supergroup", eva).await?;
        let pause = Duration::from_secs(2);
        stage.settings.progress_pause = pause;
        stage.start_sender();
        let place = stage.place(group);
        stage.card(place, "s", "0 of 9", Priority::Card).await?;
        stage.sees(group, eva, "the card", |texts| texts == ["0 of 9"]).await?;
        for step in 1..=9 {
            let mut tx = pool.begin().await?;
            let view = View::text(Html::escape(&format!("{step} of 9")));
            cards::tick(&mut tx, &stage.clock, place, &key("s"), &view).await?;
            tx.commit().await?;
        }
        // Nothing that rests keeps what is urgent, or anything else, from the group.
        stage.say(place, "page", Priority::Page).await?;
        stage.say(place, "late", Priority::Digest).await?;
        stage.sees(group, eva, "the others", |texts| texts == ["0 of 9", "page", "late"]).await?;
        stage.sees(group, eva, "the newest step", |texts| texts[0] == "9 of 9").await?;
        let sent = edits(&stage.emulator.calls("sendMessage").await?);
        let ticks = edits(&stage.emulator.calls("editMessageText").await?);
        assert_eq!(ticks.len(), 1, "nine steps in one edit");
        let rested = ticks[0] - sent[0];
        assert!(rested >= chrono::Duration::from_std(pause)? - chrono::Duration::milliseconds(100), "{rested}");

        stage.card(place, "s", "done", Priority::Card).await?;
        stage.sees(group, eva, "the end", |texts| texts[0] == "done").await?;
        let ticks = edits(&stage.emulator.calls("editMessageText").await?);
        assert!(ticks[1] - ticks[0] < chrono::Duration::from_std(pause)?, "the end waited");
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn what_arrived_but_could_not_be_recorded_is_recorded_later_and_stands_once() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        stage.say(stage.place(ann), "before", Priority::Reply).await?;
        stage.settles().await?;
        // From now on the outcome cannot be written: no column for it.
        sqlx::query("alter table outbox rename column finished_at to finished_at_away").execute(&pool).await?;
        stage.say(stage.place(ann), "once", Priority::Reply).await?;
        stage.sees(ann, ann, "the message", |texts| texts == ["before", "once"]).await?;
        sqlx::query("alter table outbox rename column finished_at_away to finished_at").execute(&pool).await?;
        stage.settles().await?;
        let states = stage.outbox().await?;
        assert!(states.iter().all(|(_, state, ..)| state == "sent"), "{states:?}");
        assert_eq!(stage.emulator.calls("sendMessage").await?.len(), 2, "its outcome was known all the time");
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn hanging_messages_hold_up_no_spinner() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        stage.settings.call_timeout = Duration::from_secs(20);
        let mut people = Vec::new();
        for number in 0..30 {
            people.push(stage.person(&format!("P{number}")).await?);
        }
        for person in &people {
            stage.card(stage.place(*person), &person.to_string(), "card", Priority::Card).await?;
        }
        stage.start_sender();
        stage.settles().await?;
        let token = waas_platform::secrets::Secret::new(super::emulator::TOKEN.to_owned());
        let patient = waas_platform::telegram::Api::new(stage.emulator.url(), token, Duration::from_secs(20))?;
        stage.stop.cancel();
        stage.api = patient;
        stage.stop = tokio_util::sync::CancellationToken::new();
        let listening = stage.signals.clone().listen(pool.clone(), stage.stop.clone());
        stage.running.push(tokio::spawn(listening));
        stage.emulator.fault(&json!({ "fault": "hang", "method": "sendMessage", "seconds": 8 })).await?;
        for person in &people {
            stage.say(stage.place(*person), "hangs", Priority::Page).await?;
        }
        stage.start_sender();
        until("all places to be taken", SOON, async || {
            let flying = "select count(*) from outbox where state = 'sending'";
            Ok((stage.number(flying).await? >= 24).then_some(()))
        })
        .await?;
        let mut bot = super::presses::Bot::new(&stage);
        bot.start(&stage);
        let card = stage.messages(people[0], people[0]).await?.remove(0);
        let began = std::time::Instant::now();
        let answer = stage.emulator.press(people[0], people[0], &card, "Do it").await?;
        assert_eq!(answer["answered"], true);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        bot.end().await?;
        drop(stage);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_backlog_tells_how_much_waits_and_how_long() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::new(&pool).await?;
        let ann = stage.person("Ann").await?;
        stage.say(stage.place(ann), "page", Priority::Page).await?;
        sqlx::query(
            "update outbox set created_at = now() - interval '90 s', not_before = created_at - interval '90 s'",
        )
        .execute(&pool)
        .await?;
        let backlog = outbox::backlog(&mut *pool.acquire().await?, Some(stage.bot)).await?;
        assert_eq!(backlog.len(), Priority::ALL.len());
        assert_eq!((backlog[0].priority, backlog[0].count), (Priority::Page, 1));
        assert!((89.0..120.0).contains(&backlog[0].oldest_s), "{backlog:?}");
        assert!(backlog[1..].iter().all(|of| of.count == 0 && of.oldest_s == 0.0));
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_card_put_to_the_bottom_during_its_first_send_is_a_new_message_and_the_first_loses_its_buttons()
-> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let ann = stage.person("Ann").await?;
        let place = stage.place(ann);
        stage.card(place, "s", "first", Priority::Reply).await?;
        let mut tx = pool.begin().await?;
        // Whoever holds the card keeps the outcome of its first send from being recorded.
        sqlx::query("select id from cards for update").execute(&mut *tx).await?;
        stage.start_sender();
        stage.sees(ann, ann, "the first send", |texts| texts == ["first"]).await?;
        let view = View::text(Html::escape("again")).row([Button::press("Do it", "test.act", "s")]);
        cards::put(&mut tx, &stage.clock, place, &key("s"), &view, Priority::Reply, Placement::Anew).await?;
        tx.commit().await?;
        stage.sees(ann, ann, "the card anew", |texts| texts == ["first", "again"]).await?;
        stage.settles().await?;
        let buttons: Vec<bool> =
            stage.messages(ann, ann).await?.iter().map(|message| message["reply_markup"].is_object()).collect();
        assert_eq!(buttons, [false, true]);
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn pages_that_come_while_a_digest_waits_are_added_to_it() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let eva = stage.owner("Eva").await?;
        // Nothing arrives, but what is too much is folded.
        stage.emulator.fault(&json!({ "fault": "fail", "method": "sendMessage", "status": 502 })).await?;
        stage.start_sender();
        for number in 1..=30 {
            stage.card(stage.place(eva), &number.to_string(), &format!("page {number}"), Priority::Page).await?;
            if number % 10 == 0 {
                let folded = "select count(*) from outbox where state in ('waiting', 'sending')";
                until("what is too much to be folded", SOON, async || {
                    Ok((stage.number(folded).await? <= 11).then_some(()))
                })
                .await?;
            }
        }
        stage.emulator.no_faults().await?;
        stage.settles().await?;
        let texts = stage.texts(eva, eva).await?;
        assert_eq!(texts.len(), 11, "{texts:#?}");
        stage.end().await
    })
    .await
}
