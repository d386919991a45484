//! The chat's turns over leads: updates in, what is to be sent out. Telegram itself is not needed here.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Context as _;
use chrono::Duration;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use waas_hub::access::Role;
use waas_hub::dead_letters::{Again, Doors, Letter};
use waas_hub::{dead_letters, leads, surveys};
use waas_platform::clock::Clock;
use waas_platform::db::{PgConnection, PgPool};
use waas_platform::telegram::turn::{LastWords, Turns, dead_press};
use waas_platform::telegram::{BotIdentity, Incoming, Settings, dptree, inbox};

use super::{BO, BOT, EVA, accept, anna, cards, count, enrol, front, keys, one_lead, rules};
use crate::database::with_database;

/// A turn that is given up fails the test by its dead letter; nothing more is to be said.
struct Silent;

impl LastWords for Silent {
    fn say<'a>(
        &'a self,
        _: &'a mut PgConnection,
        _: &'a BotIdentity,
        _: &'a Incoming,
        _: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

/// No door takes anything in again.
struct Closed;

impl Doors for Closed {
    fn again<'a>(&'a self, _: &'a mut PgConnection, _: &'a Letter) -> BoxFuture<'a, anyhow::Result<Again>> {
        Box::pin(async { Ok(Again::Refused("closed".to_owned())) })
    }
}

/// Where operators work together.
const GROUP: i64 = -1_001;

/// The bot with the branches of leads and dead letters.
pub(super) struct Bot {
    pool: PgPool,
    turns: Turns,
    last: AtomicI64,
}

impl Bot {
    pub(super) fn new(pool: &PgPool) -> Self {
        let mut menu = dptree::entry();
        for branch in leads::chat::branches().into_iter().chain(dead_letters::chat::branches()) {
            menu = menu.branch(branch);
        }
        let menu = menu.branch(dead_press().endpoint(|| async { Ok(()) }));
        let surveys = Arc::new(surveys::Settings { link_ttl: Duration::days(14), by_mail: false });
        let turns = Turns {
            pool: pool.clone(),
            bot: BotIdentity { id: BOT, username: "waas_bot".to_owned() },
            menu,
            services: dptree::deps![
                front(),
                Arc::new(keys()),
                surveys,
                Arc::new(rules()),
                Arc::new(Closed) as Arc<dyn Doors>
            ],
            last_words: Arc::new(Silent),
            clock: Clock::system(),
            settings: Settings {
                turn_workers: 1,
                turn_deadline: std::time::Duration::from_secs(30),
                ..Settings::default()
            },
        };
        turns.check();
        Self { pool: pool.clone(), turns, last: AtomicI64::new(0) }
    }

    async fn handle(&self, mut update: Value) -> anyhow::Result<()> {
        update["update_id"] = json!(self.last.fetch_add(1, Ordering::Relaxed));
        inbox::store(&mut *self.pool.acquire().await?, BOT, &[update]).await?;
        anyhow::ensure!(self.turns.one().await?, "the update was not due");
        let failed: Option<String> = sqlx::query_scalar("select reason from dead_letters where source = 'update'")
            .fetch_optional(&self.pool)
            .await?;
        anyhow::ensure!(failed.is_none(), "the turn failed: {failed:?}");
        Ok(())
    }

    /// `person` writes a command into the operators' chat, which is Bo's private one.
    pub(super) async fn hears(&self, person: i64, text: &str) -> anyhow::Result<()> {
        let length = text.split_whitespace().next().unwrap_or_default().len();
        self.handle(json!({ "message": {
            "message_id": 1, "date": 1_700_000_000, "text": text,
            "chat": { "id": BO, "type": "private", "first_name": "Bo" },
            "from": { "id": person, "is_bot": false, "first_name": name(person) },
            "entities": [{ "type": "bot_command", "offset": 0, "length": length }]
        } }))
        .await
    }

    /// `person` writes something that is no command there.
    pub(super) async fn writes(&self, person: i64, text: &str) -> anyhow::Result<()> {
        self.handle(json!({ "message": {
            "message_id": 1, "date": 1_700_000_000, "text": text,
            "chat": { "id": BO, "type": "private", "first_name": "Bo" },
            "from": { "id": person, "is_bot": false, "first_name": name(person) }
        } }))
        .await
    }

    /// `person` presses a button of which they have the token; the answer that stops the spinner.
    pub(super) async fn pressed(&self, person: i64, token: &str) -> anyhow::Result<String> {
        self.handle(json!({ "callback_query": {
            "id": self.last.load(Ordering::Relaxed).to_string(), "chat_instance": "1", "data": token,
            "from": { "id": person, "is_bot": false, "first_name": name(person) },
            "message": { "message_id": 1, "date": 1_700_000_000, "text": "card",
                "chat": { "id": BO, "type": "private", "first_name": "Bo" } }
        } }))
        .await?;
        let calls = self.calls("answer_callback").await?;
        let answer = calls.last().context("every press is answered")?;
        Ok(answer["text"].as_str().unwrap_or_default().to_owned())
    }

    /// As [`Bot::hears`], in the group where operators work.
    pub(super) async fn hears_in_group(&self, person: i64, text: &str) -> anyhow::Result<()> {
        self.handle(json!({ "message": {
            "message_id": 1, "date": 1_700_000_000, "text": text,
            "chat": { "id": GROUP, "type": "supergroup", "title": "Ops" },
            "from": { "id": person, "is_bot": false, "first_name": name(person) },
            "entities": [{ "type": "bot_command", "offset": 0, "length": text.split(' ').next().unwrap_or_default().len() }]
        } }))
        .await
    }

    /// As [`Bot::pressed`], in the group where operators work.
    pub(super) async fn pressed_in_group(&self, person: i64, token: &str) -> anyhow::Result<()> {
        self.handle(json!({ "callback_query": {
            "id": self.last.load(Ordering::Relaxed).to_string(), "chat_instance": "1", "data": token,
            "from": { "id": person, "is_bot": false, "first_name": name(person) },
            "message": { "message_id": 1, "date": 1_700_000_000, "text": "card",
                "chat": { "id": GROUP, "type": "supergroup", "title": "Ops" } }
        } }))
        .await
    }

    /// The newest button that means this.
    pub(super) async fn token(&self, action: &str) -> anyhow::Result<String> {
        let newest = "select token from buttons where action = $1 order by card_version desc, created_at desc limit 1";
        Ok(sqlx::query_scalar(newest).bind(action).fetch_one(&self.pool).await?)
    }

    /// As [`Bot::token`], the one that brings this along.
    pub(super) async fn token_with(&self, action: &str, args: Value) -> anyhow::Result<String> {
        let newest = "select token from buttons where action = $1 and args @> $2 order by created_at desc limit 1";
        Ok(sqlx::query_scalar(newest).bind(action).bind(args).fetch_one(&self.pool).await?)
    }

    /// What is to be sent by a method, in order.
    pub(super) async fn calls(&self, method: &str) -> anyhow::Result<Vec<Value>> {
        let all = "select call from outbox where call ->> 'method' = $1 order by id";
        Ok(sqlx::query_scalar(all).bind(method).fetch_all(&self.pool).await?)
    }

    /// The text of the last message that is no card.
    pub(super) async fn said(&self) -> anyhow::Result<String> {
        let calls = self.calls("say").await?;
        Ok(calls.last().context("nothing was said")?["html"].as_str().unwrap_or_default().to_owned())
    }
}

fn name(person: i64) -> &'static str {
    if person == BO { "Bo" } else { "Eva" }
}

pub(super) async fn two_operators(pool: &PgPool) -> anyhow::Result<Bot> {
    let mut conn = pool.acquire().await?;
    enrol(&mut conn, BO, "Bo", Role::Owner).await?;
    enrol(&mut conn, EVA, "Eva", Role::Operator).await?;
    Ok(Bot::new(pool))
}

pub(super) async fn shown_lead(pool: &PgPool) -> anyhow::Result<leads::Lead> {
    let mut conn = pool.acquire().await?;
    let lead = one_lead(&mut conn).await?;
    leads::show(&mut conn, &Clock::system(), &front(), BOT, std::slice::from_ref(&lead), leads::FloodLimit::default())
        .await?;
    Ok(lead)
}

#[tokio::test]
async fn a_take_names_the_holder_and_whoever_comes_late_is_told() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        shown_lead(&pool).await?;
        let take = bot.token("lead.take").await?;
        assert_eq!(bot.pressed(BO, &take).await?, "It is yours.");
        assert!(cards(&pool, "lead").await?[0].contains("with Bo"));
        // The same button again: it belongs to a card that has moved on.
        assert_eq!(bot.pressed(EVA, &take).await?, "Bo has it. It stands at: Taken.");
        assert_eq!(bot.pressed(BO, &take).await?, "You have it already. It stands at: Taken.");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn onboard_answers_with_one_message_to_forward() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        shown_lead(&pool).await?;
        let answer = bot.pressed(BO, &bot.token("lead.onboard").await?).await?;
        assert_eq!(answer, "Here is the link to forward.");
        assert_eq!(bot.calls("say").await?.len(), 1);
        let said = bot.said().await?;
        assert!(said.lines().any(|line| line.starts_with("https://t.me/waas_bot?start=onb_")), "{said}");
        assert!(cards(&pool, "lead").await?[0].contains("Onboarding"));
        bot.pressed(BO, &bot.token("lead.onboard").await?).await?;
        assert_eq!(bot.said().await?, said);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn leads_are_listed_paged_and_opened() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        let sent: Vec<Value> = (1..=10).map(|n| anna(&n.to_string())).collect();
        accept(&mut *pool.acquire().await?, &sent).await?;
        bot.hears(BO, "/leads new").await?;
        let page = cards(&pool, "lead_list").await?.remove(0);
        assert!(page.contains("#10<") && page.contains("#3<") && !page.contains("#2<"), "{page}");
        bot.pressed(BO, &bot.token("lead.page").await?).await?;
        let pages = cards(&pool, "lead_list").await?;
        assert_eq!(pages.len(), 1);
        assert!(pages[0].contains("#2<") && !pages[0].contains("#3<"), "{}", pages[0]);

        bot.pressed(BO, &bot.token("lead.open").await?).await?;
        bot.hears(BO, "/lead 10").await?;
        assert_eq!(cards(&pool, "lead").await?.len(), 2);
        let lists = cards(&pool, "lead_list").await?.len();
        bot.hears(BO, "/lead").await?;
        assert_eq!(cards(&pool, "lead_list").await?.len(), lists + 1, "which one? the list has a button for each");
        for (asked, answer) in [("/lead 99", "no lead 99"), ("/leads <nwe>", "Nothing is found with “&lt;nwe&gt;”")]
        {
            bot.hears(BO, asked).await?;
            let said = bot.said().await?;
            assert!(said.contains(answer), "{asked}: {said}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_stranger_sees_no_lead_and_moves_none() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        shown_lead(&pool).await?;
        assert_eq!(bot.pressed(999, &bot.token("lead.take").await?).await?, "This button is not for you.");
        for asked in ["/leads", "/lead 1", "/deadletters"] {
            bot.hears(999, asked).await?;
            assert!(!bot.said().await?.contains("Anna"));
        }
        assert_eq!(bot.calls("say").await?.len(), 3);
        assert_eq!(count(&pool, "leads where state = 'new'").await?, 1);
        assert_eq!(count(&pool, "cards").await?, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn dead_letters_are_listed_and_come_whole_as_a_file() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        let raw = "x".repeat(10_000);
        let now = Clock::system().now();
        let lead = dead_letters::Source::Lead;
        dead_letters::keep(&mut *pool.acquire().await?, lead, "malformed", raw.as_bytes(), now).await?;
        bot.hears(BO, "/deadletters").await?;
        assert!(bot.said().await?.contains("lead: malformed"));
        bot.pressed(BO, &bot.token("dead_letter.show").await?).await?;
        assert_eq!(bot.calls("document").await?[0]["text"], json!(raw));
        let (retry, discard) = (bot.token("dead_letter.retry").await?, bot.token("dead_letter.drop").await?);
        assert_eq!(bot.pressed(BO, &retry).await?, "It was not taken: closed");
        assert_eq!(count(&pool, "dead_letters where state = 'undecided'").await?, 1, "it waits for another decision");
        assert!(bot.pressed(BO, &discard).await?.contains("content is kept"));
        assert!(bot.pressed(BO, &retry).await?.contains("decided already"));
        assert_eq!(count(&pool, "dead_letters where state = 'dropped'").await?, 1);
        assert_eq!(count(&pool, "audit where act like 'dead_letter.%'").await?, 2);
        Ok(())
    })
    .await
}
