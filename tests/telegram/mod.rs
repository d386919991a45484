//! The Telegram machine against a strict Bot API server over HTTP and a real database: updates in, messages out, and
//! everything that may go wrong on the way.

mod emulator;
mod guards;
mod hub;
mod lapses;
mod pictures;
mod policies;
mod presses;
mod rescue;
mod route;
mod sending;
mod texts;
mod turns;
mod urgent;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono_tz::Tz;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use waas_hub::access::{self, Role};
use waas_hub::audit::Actor;
use waas_hub::delivery::Delivery;
use waas_hub::front::Front;
use waas_platform::clock::Clock;
use waas_platform::db::{PgPool, Signals};
use waas_platform::durable::Leases;
use waas_platform::render::{Html, Missing, Renderer, Share, Words};
use waas_platform::secrets::{MasterKey, Secret};
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::sender::Sending;
use waas_platform::telegram::{Api, BotId, Button, Person, Place, Priority, SIGNALS, Settings, View, outbox};
use waas_world::until;

use emulator::Emulator;

/// Longer means that what is waited for does not come.
const SOON: Duration = Duration::from_secs(20);

fn front() -> Front {
    let share = Share::default();
    let words = Arc::new(Words::load(&share, Missing::Refuse).expect("our catalogues"));
    Front::new(Arc::new(Renderer::load(&share, words).expect("our layouts")), "en", Tz::UTC)
}

/// Quick where it may be, with limits that no test meets.
fn settings(emulator: &Emulator) -> Settings {
    Settings {
        api_url: emulator.url().to_owned(),
        poll_timeout: Duration::from_secs(5),
        call_timeout: Duration::from_millis(500),
        global_per_s: 1_000,
        chat_per_s: 1_000,
        chat_burst: 1_000,
        group_per_min: 60_000,
        turn_backoff: Duration::from_millis(20),
        send_backoff: Duration::from_millis(20),
        ..Settings::default()
    }
}

/// A bot on a server of its own.
struct Stage {
    pool: PgPool,
    emulator: Emulator,
    api: Api,
    bot: BotId,
    settings: Settings,
    signals: Signals,
    clock: Clock,
    stop: CancellationToken,
    running: Vec<JoinHandle<()>>,
}

impl Stage {
    async fn new(pool: &PgPool) -> anyhow::Result<Self> {
        Self::on(pool, Emulator::start().await?).await
    }

    async fn on(pool: &PgPool, emulator: Emulator) -> anyhow::Result<Self> {
        let settings = settings(&emulator);
        let token = Secret::new(emulator::TOKEN.to_owned());
        let api = Api::new(&settings.api_url, token, settings.call_timeout)?;
        let bot = api.identity().await?.id;
        let (signals, stop) = (Signals::new(SIGNALS), CancellationToken::new());
        let listening = tokio::spawn(signals.clone().listen(pool.clone(), stop.clone()));
        Ok(Self {
            pool: pool.clone(),
            emulator,
            api,
            bot,
            settings,
            signals,
            clock: Clock::system(),
            stop,
            running: vec![listening],
        })
    }

    /// With a sender at work.
    async fn sending(pool: &PgPool) -> anyhow::Result<Self> {
        let mut stage = Self::new(pool).await?;
        stage.start_sender();
        Ok(stage)
    }

    fn start_sender(&mut self) {
        let sending = Sending {
            pool: self.pool.clone(),
            leases: Leases::new(self.pool.clone()),
            api: self.api.clone(),
            bot: self.bot,
            keys: Arc::new(keys()),
            delivery: Arc::new(Delivery { front: front(), clock: self.clock.clone() }),
            clock: self.clock.clone(),
            settings: self.settings.clone(),
        };
        let (signals, stop) = (self.signals.clone(), self.stop.clone());
        self.running.push(tokio::spawn(async move { sending.run(&signals, stop).await }));
    }

    async fn end(self) -> anyhow::Result<()> {
        self.stop.cancel();
        for task in self.running {
            task.await?;
        }
        Ok(())
    }

    /// Somebody with a private chat, and their id.
    async fn person(&self, name: &str) -> anyhow::Result<i64> {
        let id = self.emulator.person(name).await?;
        self.emulator.send(id, "/start").await?;
        self.emulator.forget_updates().await?;
        let person = Person { id, first_name: name.to_owned(), last_name: None, username: None, language: None };
        access::remember(&mut *self.pool.acquire().await?, &person).await?;
        Ok(id)
    }

    /// An owner: whose private chat is where operators are told things.
    async fn owner(&self, name: &str) -> anyhow::Result<i64> {
        let id = self.person(name).await?;
        let (keys, now) = (keys(), self.clock.now());
        let person = Person { id, first_name: name.to_owned(), last_name: None, username: None, language: None };
        let mut conn = self.pool.acquire().await?;
        let actor = Actor::Terminal("test".to_owned());
        let life = chrono::Duration::minutes(10);
        let code = access::make_code(&mut conn, &keys, &actor, Role::Owner, now, life).await?;
        access::enrol(&mut conn, &keys, &person, &code.code, now).await?;
        Ok(id)
    }

    fn place(&self, chat: i64) -> Place {
        Place { bot: self.bot, chat, topic: None }
    }

    async fn say(&self, place: Place, text: &str, priority: Priority) -> anyhow::Result<()> {
        let view = View::text(Html::escape(text));
        Ok(outbox::say(&mut *self.pool.acquire().await?, &self.clock, place, view, priority).await?)
    }

    /// Puts a card with one button, or changes what it shows.
    async fn card(&self, place: Place, subject: &str, text: &str, priority: Priority) -> anyhow::Result<()> {
        let view = View::text(Html::escape(text)).row([Button::press("Do it", "test.act", subject)]);
        let mut tx = self.pool.begin().await?;
        cards::put(&mut tx, &self.clock, place, &key(subject), &view, priority, Placement::Here).await?;
        Ok(tx.commit().await?)
    }

    /// What a person has on their screen in a chat, oldest first, from the bot only.
    async fn texts(&self, chat: i64, reader: i64) -> anyhow::Result<Vec<String>> {
        let messages = self.messages(chat, reader).await?;
        Ok(messages.iter().map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect())
    }

    async fn messages(&self, chat: i64, reader: i64) -> anyhow::Result<Vec<Value>> {
        let all = self.emulator.messages(chat, reader).await?;
        Ok(all.into_iter().filter(|message| message["from"]["is_bot"] == true).collect())
    }

    /// Waits until the screen is as described.
    async fn sees(
        &self,
        chat: i64,
        reader: i64,
        what: &str,
        there: impl Fn(&[String]) -> bool,
    ) -> anyhow::Result<Vec<String>> {
        let seen = until(what, SOON, async || {
            let texts = self.texts(chat, reader).await?;
            Ok(there(&texts).then_some(texts))
        })
        .await;
        match seen {
            Ok(seen) => Ok(seen.value),
            Err(error) => {
                let rows = self.outbox().await?;
                Err(error.context(format!("screen: {:#?}\noutbox: {rows:#?}", self.texts(chat, reader).await?)))
            }
        }
    }

    /// Waits until nothing is to be sent any more.
    async fn settles(&self) -> anyhow::Result<()> {
        until("the outbox to be empty", SOON, async || {
            let left = "select count(*) from outbox where state in ('waiting', 'sending')";
            let left: i64 = sqlx::query_scalar(left).fetch_one(&self.pool).await?;
            Ok((left == 0).then_some(()))
        })
        .await
        .with_context(|| "what is left does not go")?;
        Ok(())
    }

    async fn outbox(&self) -> anyhow::Result<Vec<(i64, String, i32, Option<String>)>> {
        let rows = "select id, state, attempts, last_error from outbox order by id";
        Ok(sqlx::query_as(rows).fetch_all(&self.pool).await?)
    }

    /// A figure of the database.
    async fn number(&self, sql: &'static str) -> anyhow::Result<i64> {
        Ok(sqlx::query_scalar(sql).fetch_one(&self.pool).await?)
    }

    async fn reasons(&self) -> anyhow::Result<Vec<String>> {
        Ok(sqlx::query_scalar("select reason from dead_letters order by id").fetch_all(&self.pool).await?)
    }
}

fn key(subject: &str) -> CardKey {
    CardKey { kind: "test", subject: subject.to_owned() }
}

fn keys() -> MasterKey {
    let key = Secret::new("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned());
    MasterKey::parse(&key).expect("32 bytes")
}
