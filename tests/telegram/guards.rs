//! Guards of the machine beside their twins: the same course with the guard off.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use waas_hub::menu::Apology;
use waas_platform::durable::Leases;
use waas_platform::render::Html;
use waas_platform::telegram::cards::{self, Placement};
use waas_platform::telegram::turn::{Turns, command};
use waas_platform::telegram::{BotIdentity, Button, Priority, Settings, Turn, View, dptree, poller};
use waas_world::until;

use super::emulator::Emulator;
use super::{SOON, Stage, front, key};
use crate::database::with_database;

/// Longer than a turn that waits for nobody takes.
const OVERTAKEN: Duration = Duration::from_millis(1_500);

/// Where the slow one waits.
#[derive(Clone)]
struct Gate(Arc<Semaphore>);

async fn slow(turn: Turn, gate: Gate) -> anyhow::Result<()> {
    gate.0.acquire().await?.forget();
    turn.reply(View::text(Html::escape("slow"))).await
}

async fn quick(turn: Turn) -> anyhow::Result<()> {
    turn.reply(View::text(Html::escape("quick"))).await
}

/// Ann writes `/slow`, which waits, and `/quick` behind it: into the same conversation, or by way of a group of hers, which is
/// another one. Whether the second was answered first.
async fn overtakes(pool: sqlx::PgPool, in_a_group: bool) -> anyhow::Result<bool> {
    let stage = Stage::sending(&pool).await?;
    let ann = stage.person("Ann").await?;
    let group = stage.emulator.group("supergroup", ann).await?;
    stage.emulator.forget_updates().await?;
    let gate = Gate(Arc::new(Semaphore::new(0)));
    let menu = dptree::entry().branch(command("slow").endpoint(slow)).branch(command("quick").endpoint(quick));
    let turns = Turns {
        pool: stage.pool.clone(),
        bot: BotIdentity { id: stage.bot, username: "stage_bot".to_owned() },
        menu,
        services: dptree::deps![gate.clone()],
        last_words: Arc::new(Apology { front: front(), clock: stage.clock.clone() }),
        clock: stage.clock.clone(),
        settings: Settings { turn_workers: 4, turn_deadline: Duration::from_secs(60), ..stage.settings.clone() },
    };
    turns.check();
    let stop = CancellationToken::new();
    let (signals, stopped) = (stage.signals.clone(), stop.clone());
    let working = tokio::spawn(async move { turns.run(&signals, stopped).await });
    let (leases, api, settings) = (Leases::new(pool.clone()), stage.api.clone(), stage.settings.clone());
    let signals = stage.signals.clone();
    let polling = tokio::spawn(poller::run(pool.clone(), leases, api, stage.bot, settings, signals, stop.clone()));

    stage.emulator.send(ann, "/slow").await?;
    let chat = if in_a_group {
        stage.emulator.post("/send", &json!({ "from": ann, "chat": group, "text": "/quick@stage_bot" })).await?;
        group
    } else {
        stage.emulator.send(ann, "/quick").await?;
        ann
    };
    until("both to be stored", SOON, async || {
        Ok((stage.number("select count(*) from inbox where kind = 'message'").await? == 2).then_some(()))
    })
    .await?;
    let answered = until("the quick answer", OVERTAKEN, async || {
        let texts = stage.texts(chat, ann).await?;
        Ok(texts.iter().any(|text| text == "quick").then_some(()))
    })
    .await;
    gate.0.add_permits(1);
    stage.sees(ann, ann, "the slow answer", |texts| texts.iter().any(|text| text == "slow")).await?;
    if !in_a_group {
        stage
            .sees(ann, ann, "both in order", |texts| texts.ends_with(&["slow".to_owned(), "quick".to_owned()]))
            .await?;
    }
    stop.cancel();
    working.await?;
    polling.await?;
    stage.end().await?;
    Ok(answered.is_ok())
}

#[tokio::test]
async fn within_a_conversation_turns_keep_their_order_however_many_workers_are_free() -> anyhow::Result<()> {
    with_database(|pool| async move {
        assert!(!overtakes(pool, false).await?);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn twin_a_turn_of_another_conversation_overtakes() -> anyhow::Result<()> {
    with_database(|pool| async move {
        assert!(overtakes(pool, true).await?);
        Ok(())
    })
    .await
}

/// Sends more than a chat may get at once to a server that keeps Telegram's limits; how often that refused.
async fn refusals(pool: sqlx::PgPool, limits: Settings) -> anyhow::Result<usize> {
    let mut stage = Stage::on(&pool, Emulator::strict().await?).await?;
    let ann = stage.person("Ann").await?;
    stage.settings = Settings { api_url: stage.settings.api_url.clone(), ..limits };
    for number in 0..8 {
        stage.say(stage.place(ann), &format!("message {number}"), Priority::Reply).await?;
    }
    stage.start_sender();
    stage.settles().await?;
    let texts = stage.texts(ann, ann).await?;
    assert_eq!(texts, (0..8).map(|number| format!("message {number}")).collect::<Vec<_>>(), "late, and in order");
    let calls = stage.emulator.calls("sendMessage").await?;
    stage.end().await?;
    Ok(calls.iter().filter(|call| call["verdict"].as_str().is_some_and(|verdict| verdict.contains("429"))).count())
}

#[tokio::test]
async fn within_the_limits_of_the_settings_the_server_refuses_nothing() -> anyhow::Result<()> {
    with_database(|pool| async move {
        assert_eq!(refusals(pool, Settings::default()).await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn twin_without_limits_the_server_refuses() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let lifted = Settings { global_per_s: 1_000, chat_per_s: 1_000, chat_burst: 1_000, ..Settings::default() };
        assert!(refusals(pool, lifted).await? > 0);
        Ok(())
    })
    .await
}

/// Puts the same card twice; how many calls that cost.
async fn calls_for_the_same(pool: sqlx::PgPool, placement: Placement) -> anyhow::Result<usize> {
    let stage = Stage::sending(&pool).await?;
    let ann = stage.person("Ann").await?;
    for _ in 0..2 {
        let view = View::text(Html::escape("as it stands")).row([Button::press("Do it", "test.act", "s")]);
        let mut tx = pool.begin().await?;
        cards::put(&mut tx, &stage.clock, stage.place(ann), &key("s"), &view, Priority::Card, placement).await?;
        tx.commit().await?;
        stage.settles().await?;
    }
    let calls = stage.emulator.calls("sendMessage").await?.len() + stage.emulator.calls("editMessageText").await?.len();
    stage.end().await?;
    Ok(calls)
}

#[tokio::test]
async fn a_card_that_shows_what_it_showed_costs_no_call() -> anyhow::Result<()> {
    with_database(|pool| async move {
        assert_eq!(calls_for_the_same(pool, Placement::Here).await?, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn twin_a_card_put_anew_is_sent_though_nothing_changed() -> anyhow::Result<()> {
    with_database(|pool| async move {
        assert_eq!(calls_for_the_same(pool, Placement::Anew).await?, 2);
        Ok(())
    })
    .await
}
