//! Presses: answered in time whatever their work takes, and nothing is done by a button that makes no sense any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use waas_hub::access::{self, Acquaintance, Team, Welcome};
use waas_hub::front::Front;
use waas_hub::menu::Apology;
use waas_platform::db::PgConnection;
use waas_platform::render::Html;
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::cards::{self, Placement};
use waas_platform::telegram::turn::{Turns, command, dead_press, press};
use waas_platform::telegram::{BotId, Button, Priority, Turn, View, dptree, inbox, poller, presses};
use waas_world::until;

use super::{SOON, Stage, front, key};
use crate::database::with_database;
use crate::members::guard::NobodysWork;

/// What the handlers of these tests wait for and count.
#[derive(Clone)]
pub(super) struct Gate {
    open: Arc<Semaphore>,
    inside: Arc<AtomicU32>,
    acted: Arc<AtomicU32>,
}

struct Nobody;

impl Welcome for Nobody {
    fn welcome<'a>(&'a self, _: &'a mut PgConnection, _: BotId) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

impl Acquaintance for Nobody {
    fn knows<'a>(&'a self, _: &'a mut PgConnection, _: BotId, _: i64) -> BoxFuture<'a, anyhow::Result<bool>> {
        Box::pin(async { Ok(false) })
    }
}

/// Polls and handles: `/start`, `/slow` and a slow button that wait at the gate, a quick one that does not.
pub(super) struct Bot {
    turns: Turns,
    pub(super) gate: Gate,
    stop: CancellationToken,
    running: Vec<JoinHandle<()>>,
}

async fn slow(turn: Turn, front: Front, gate: Gate) -> anyhow::Result<()> {
    // Looked up first, as every handler does: the person's row is written in this turn.
    access::caller(&turn, &front).await?;
    gate.inside.fetch_add(1, Ordering::SeqCst);
    gate.open.acquire().await?.forget();
    turn.toast("It took a while.").await;
    Ok(())
}

async fn quick(turn: Turn, front: Front, gate: Gate) -> anyhow::Result<()> {
    access::caller(&turn, &front).await?;
    gate.acted.fetch_add(1, Ordering::SeqCst);
    let subject = turn.meaning().context("a live press")?.subject.clone();
    let (_, place) = turn.actor().context("somebody")?;
    let mut tx = turn.tx().await;
    let view = View::text(Html::escape(&format!("done {}", gate.acted.load(Ordering::SeqCst))));
    cards::put(&mut tx, turn.clock(), place, &key(&subject), &view, Priority::Card, Placement::Here).await?;
    drop(tx);
    turn.toast("Done.").await;
    Ok(())
}

async fn too_late(turn: Turn) -> anyhow::Result<()> {
    turn.toast("It stands as you see.").await;
    Ok(())
}

impl Bot {
    pub(super) fn new(stage: &Stage) -> Self {
        let gate = Gate { open: Arc::new(Semaphore::new(0)), inside: Arc::default(), acted: Arc::default() };
        let mut menu = dptree::entry().branch(access::chat::reachability());
        for branch in access::chat::branches() {
            menu = menu.branch(branch);
        }
        let menu = menu
            .branch(command("start").endpoint(access::chat::start))
            .branch(command("slow").endpoint(slow))
            .branch(press("test.slow").endpoint(slow))
            .branch(press("test.act").endpoint(quick))
            .branch(dead_press().endpoint(too_late));
        let welcome: Arc<dyn Welcome> = Arc::new(Nobody);
        let acquaintance: Arc<dyn Acquaintance> = Arc::new(Nobody);
        let keys: Arc<MasterKey> = Arc::new(super::keys());
        let team = Team {
            front: front(),
            clock: stage.clock.clone(),
            keys: Arc::clone(&keys),
            bot: Some(stage.bot),
            code_life: chrono::Duration::minutes(10),
            leaving: Arc::new(NobodysWork),
        };
        let turns = Turns {
            pool: stage.pool.clone(),
            bot: waas_platform::telegram::BotIdentity { id: stage.bot, username: "stage_bot".to_owned() },
            menu,
            services: dptree::deps![front(), keys, welcome, acquaintance, team, gate.clone()],
            last_words: Arc::new(Apology { front: front(), clock: stage.clock.clone() }),
            clock: stage.clock.clone(),
            settings: waas_platform::telegram::Settings {
                turn_workers: 1,
                turn_deadline: Duration::from_secs(60),
                ..stage.settings.clone()
            },
        };
        turns.check();
        Self { turns, gate, stop: CancellationToken::new(), running: Vec::new() }
    }

    pub(super) fn start(&mut self, stage: &Stage) {
        let (turns, signals, stop) = (self.turns.clone(), stage.signals.clone(), self.stop.clone());
        self.running.push(tokio::spawn(async move { turns.run(&signals, stop).await }));
        let leases = waas_platform::durable::Leases::new(stage.pool.clone());
        let (pool, api, bot, settings) = (stage.pool.clone(), stage.api.clone(), stage.bot, stage.settings.clone());
        let signals = stage.signals.clone();
        self.running.push(tokio::spawn(poller::run(pool, leases, api, bot, settings, signals, self.stop.clone())));
    }

    /// Beside [`start`](Self::start): the watch over slow presses.
    fn watch(&mut self, stage: &Stage) {
        let (pool, signals, stop) = (stage.pool.clone(), stage.signals.clone(), self.stop.clone());
        let (bot, patience) = (stage.bot, stage.settings.answer_within);
        self.running.push(tokio::spawn(async move { presses::run(&pool, bot, patience, &signals, stop).await }));
    }

    pub(super) async fn end(self) -> anyhow::Result<()> {
        self.gate.open.add_permits(100);
        self.stop.cancel();
        for task in self.running {
            task.await?;
        }
        Ok(())
    }

    async fn is_inside(&self) -> anyhow::Result<()> {
        until("a slow turn to be under way", SOON, async || {
            Ok((self.gate.inside.load(Ordering::SeqCst) > 0).then_some(()))
        })
        .await?;
        Ok(())
    }
}

async fn put(stage: &Stage, chat: i64, subject: &str, text: &str, button: Button) -> anyhow::Result<Value> {
    put_into(stage, (chat, chat), subject, text, button).await
}

/// Puts a card into a chat, as somebody sees it there.
async fn put_into(
    stage: &Stage,
    (chat, reader): (i64, i64),
    subject: &str,
    text: &str,
    button: Button,
) -> anyhow::Result<Value> {
    let view = View::text(Html::escape(text)).row([button]);
    let mut tx = stage.pool.begin().await?;
    let place = stage.place(chat);
    cards::put(&mut tx, &stage.clock, place, &key(subject), &view, Priority::Card, Placement::Here).await?;
    tx.commit().await?;
    stage.sees(chat, reader, "the card", |texts| texts.iter().any(|shown| shown == text)).await?;
    let messages = stage.messages(chat, reader).await?;
    messages.into_iter().find(|message| message["text"] == text).context("the card")
}

#[tokio::test]
async fn a_slow_press_is_answered_within_a_second_and_its_words_come_later() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        let card = put(&stage, ann, "s", "slow", Button::press("Do it", "test.slow", "s")).await?;
        let mut bot = Bot::new(&stage);
        bot.start(&stage);
        bot.watch(&stage);
        let began = Instant::now();
        let answer = stage.emulator.press(ann, ann, &card, "Do it").await?;
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        assert_eq!((&answer["answered"], &answer["text"]), (&json!(true), &Value::Null), "{answer}");
        bot.is_inside().await?;
        bot.gate.open.add_permits(1);
        stage.sees(ann, ann, "the words", |texts| texts.iter().any(|text| text == "It took a while.")).await?;
        let answers = stage.emulator.calls("answerCallbackQuery").await?;
        assert_eq!(answers.len(), 1, "one answer a press");
        bot.end().await?;
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn twin_without_the_watch_a_slow_press_waits() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        let card = put(&stage, ann, "s", "slow", Button::press("Do it", "test.slow", "s")).await?;
        let mut bot = Bot::new(&stage);
        bot.start(&stage);
        let press = stage.emulator.press(ann, ann, &card, "Do it");
        assert!(tokio::time::timeout(Duration::from_millis(1_500), press).await.is_err(), "nobody stops the spinner");
        bot.end().await?;
        stage.end().await
    })
    .await
}

/// Ann's `/slow` holds the only worker when she presses a button; whether that is handled meanwhile.
async fn overtakes(pool: sqlx::PgPool, button: Button) -> anyhow::Result<bool> {
    let stage = Stage::sending(&pool).await?;
    let ann = stage.person("Ann").await?;
    let card = put(&stage, ann, "s", "an alert", button).await?;
    let mut bot = Bot::new(&stage);
    bot.start(&stage);
    stage.emulator.send(ann, "/slow").await?;
    bot.is_inside().await?;
    let press = stage.emulator.press(ann, ann, &card, "Ack");
    let answered = tokio::time::timeout(Duration::from_millis(1_500), press).await;
    let acted = bot.gate.acted.load(Ordering::SeqCst) == 1;
    if let Ok(answer) = answered {
        assert_eq!(answer?["text"], "Done.");
    }
    bot.end().await?;
    stage.end().await?;
    Ok(acted)
}

#[tokio::test]
async fn an_ack_overtakes_a_slow_command_of_the_same_person_and_busy_workers() -> anyhow::Result<()> {
    with_database(|pool| async move {
        assert!(overtakes(pool, Button::press("Ack", "test.act", "s").express()).await?);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn twin_a_button_that_is_not_express_keeps_its_place() -> anyhow::Result<()> {
    with_database(|pool| async move {
        assert!(!overtakes(pool, Button::press("Ack", "test.act", "s")).await?);
        Ok(())
    })
    .await
}

/// Ann's press on a slow button is under way when Bob presses the same; what he is answered, and how many are inside.
async fn pressed_twice(pool: sqlx::PgPool, button: Button) -> anyhow::Result<(Value, u32)> {
    let stage = Stage::sending(&pool).await?;
    let (ann, bob) = (stage.person("Ann").await?, stage.person("Bob").await?);
    let group = stage.emulator.group_of("supergroup", &[ann, bob]).await?;
    stage.emulator.forget_updates().await?;
    let card = put_into(&stage, (group, ann), "s", "slow", button).await?;
    let mut bot = Bot::new(&stage);
    bot.turns.settings.turn_workers = 2;
    bot.start(&stage);
    bot.watch(&stage);
    let first = stage.emulator.press(ann, group, &card, "Do it").await?;
    assert_eq!(first["text"], Value::Null, "{first}");
    bot.is_inside().await?;
    let answer = stage.emulator.press(bob, group, &card, "Do it").await?;
    let inside = bot.gate.inside.load(Ordering::SeqCst);
    bot.end().await?;
    stage.end().await?;
    Ok((answer, inside))
}

#[tokio::test]
async fn a_press_waits_for_no_open_turn_of_another_on_the_same_button() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (answer, inside) = pressed_twice(pool, Button::press("Do it", "test.slow", "s")).await?;
        assert_eq!((&answer["answered"], inside), (&json!(true), 2), "{answer}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_single_use_button_that_is_just_being_used_is_used() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (answer, inside) = pressed_twice(pool, Button::press("Do it", "test.slow", "s").once()).await?;
        assert_eq!((&answer["text"], inside), (&json!("It stands as you see."), 1), "{answer}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_press_on_a_former_state_changes_nothing_and_brings_the_present_one() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        let card = put(&stage, ann, "s", "as it was", Button::press("Do it", "test.act", "s")).await?;
        let mut bot = Bot::new(&stage);
        bot.start(&stage);
        // The edit is held up: what Ann sees is older than what is.
        stage.emulator.fault(&json!({ "fault": "fail", "method": "editMessageText", "status": 500 })).await?;
        stage.card(stage.place(ann), "s", "as it is", Priority::Card).await?;
        let answer = stage.emulator.press(ann, ann, &card, "Do it").await?;
        assert_eq!(answer["text"], "It stands as you see.");
        assert_eq!(bot.gate.acted.load(Ordering::SeqCst), 0);
        stage.emulator.no_faults().await?;
        stage.sees(ann, ann, "the present state", |texts| texts == ["as it is"]).await?;
        bot.end().await?;
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn an_express_press_counts_though_its_card_was_drawn_anew() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        let ack = || Button::press("Ack", "test.act", "s").express();
        let card = put(&stage, ann, "s", "fired once", ack()).await?;
        let mut bot = Bot::new(&stage);
        bot.start(&stage);
        stage.emulator.fault(&json!({ "fault": "fail", "method": "editMessageText", "status": 500 })).await?;
        let mut tx = pool.begin().await?;
        let view = View::text(Html::escape("fired twice")).row([ack()]);
        let place = stage.place(ann);
        cards::put(&mut tx, &stage.clock, place, &key("s"), &view, Priority::Card, Placement::Here).await?;
        tx.commit().await?;
        assert_eq!(stage.emulator.press(ann, ann, &card, "Ack").await?["text"], "Done.");
        stage.emulator.no_faults().await?;
        stage.sees(ann, ann, "the act", |texts| texts == ["done 1"]).await?;
        bot.end().await?;
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_press_on_an_orphan_counts_once_and_turns_it_into_a_pointer() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        stage.emulator.fault(&json!({ "fault": "lose_answer", "method": "sendMessage", "count": 1 })).await?;
        stage.card(stage.place(ann), "s", "twice", Priority::Card).await?;
        stage.sees(ann, ann, "both copies", |texts| texts == ["twice", "twice"]).await?;
        stage.settles().await?;
        let orphan = stage.messages(ann, ann).await?.remove(0);
        let mut bot = Bot::new(&stage);
        bot.start(&stage);
        assert_eq!(stage.emulator.press(ann, ann, &orphan, "Do it").await?["text"], "Done.");
        let pointer =
            |texts: &[String]| texts.len() == 2 && texts[0].contains("another message") && texts[1] == "done 1";
        stage.sees(ann, ann, "a pointer and the living card", pointer).await?;
        stage.settles().await?;
        assert!(stage.messages(ann, ann).await?[0]["reply_markup"].is_null());
        bot.end().await?;
        stage.end().await
    })
    .await
}

/// A press by Ann, as it is stored: on data in a chat.
async fn bring(stage: &Stage, update: i64, chat: i64, token: &str) -> anyhow::Result<String> {
    let id = format!("press-{update}");
    let raw = json!({ "update_id": update, "callback_query": { "id": id, "chat_instance": "1", "data": token,
        "from": { "id": 5, "is_bot": false, "first_name": "Ann" },
        "message": { "message_id": 9, "date": 1_700_000_000, "text": "Do it?",
                     "chat": { "id": chat, "type": "supergroup", "title": "Ops" } } } });
    inbox::store(&mut *stage.pool.acquire().await?, stage.bot, &[raw]).await?;
    stage.signals.wake(waas_platform::telegram::SIGNALS[0]);
    let answered = "select coalesce(call ->> 'text', '') from outbox where callback_id = $1";
    let answer = until("the answer", SOON, async || {
        Ok(sqlx::query_scalar(answered).bind(&id).fetch_optional(&stage.pool).await?)
    })
    .await?;
    Ok(answer.value)
}

#[tokio::test]
async fn a_button_counts_where_its_chat_and_its_card_are_by_now() -> anyhow::Result<()> {
    let (old, new, other) = (-5, -1_005, -6);
    with_database(|pool| async move {
        let stage = Stage::new(&pool).await?;
        let mut bot = Bot::new(&stage);
        bot.start(&stage);
        let mint = "insert into buttons (token, action, subject, chat_id, expires_at, card_id, card_version)
                    select t, 'test.act', 's', $1, now() + interval '1 day', c.id, c.version
                    from unnest($2::text[]) t left join cards c on c.subject = t";
        stage.card(stage.place(old), "card", "shown", Priority::Card).await?;
        sqlx::query(mint).bind(old).bind(["word", "card"]).execute(&pool).await?;
        let mut update = 100;
        let mut press = async |chat, token| {
            update += 1;
            bring(&stage, update, chat, token).await
        };
        assert_eq!(press(old, "word").await?, "Done.");
        assert_eq!(press(old, "card").await?, "Done.");
        assert_ne!(press(new, "word").await?, "Done.", "another chat");

        // Its group gets another number: both go along, and the card's is the card's chat wherever that goes.
        sqlx::query("insert into moved_chats values ($1, $2, $3)")
            .bind(stage.bot.0)
            .bind(old)
            .bind(new)
            .execute(&pool)
            .await?;
        assert_eq!(press(new, "word").await?, "Done.");
        assert_ne!(press(old, "word").await?, "Done.");
        sqlx::query("update cards set chat_id = $1 where subject = 'card'").bind(other).execute(&pool).await?;
        assert_eq!(press(other, "card").await?, "Done.");
        assert_ne!(press(new, "card").await?, "Done.");

        // What was minted for a chat before that was forsaken counts no more, but for what was brought elsewhere in time.
        let acted = bot.gate.acted.load(Ordering::SeqCst);
        cards::forsake(&mut *pool.acquire().await?, stage.bot, new, None, &[]).await?;
        assert_ne!(press(new, "word").await?, "Done.");
        assert_eq!(press(other, "card").await?, "Done.");
        cards::forsake(&mut *pool.acquire().await?, stage.bot, other, None, &[]).await?;
        assert_ne!(press(other, "card").await?, "Done.");
        sqlx::query(mint).bind(new).bind(["young"]).execute(&pool).await?;
        assert_eq!(press(new, "young").await?, "Done.", "minted since");
        assert_eq!(bot.gate.acted.load(Ordering::SeqCst), acted + 2);
        bot.end().await?;
        stage.end().await
    })
    .await
}
