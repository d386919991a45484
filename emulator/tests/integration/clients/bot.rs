//! A bot in its own process, and the people who talk to it.

use crate::events::Events;
use crate::server::{BOT, Server, TOKEN};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::process::{Child, Command};

/// How long a bot may take for anything, its start on a busy machine included: only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Library {
    Aiogram,
    PythonTelegramBot,
}

/// What went wrong with a call, by the name that a library has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Refused,
    Forbidden,
    Flood,
    Migrated,
    Server,
    Network,
}

impl Library {
    fn program(self) -> &'static str {
        match self {
            Self::Aiogram => "aiogram_bot.py",
            Self::PythonTelegramBot => "telegram_bot.py",
        }
    }

    /// The class of the exception.
    pub(super) fn name_of(self, trouble: Trouble) -> &'static str {
        match (self, trouble) {
            (Self::Aiogram, Trouble::Refused) => "TelegramBadRequest",
            (Self::Aiogram, Trouble::Forbidden) => "TelegramForbiddenError",
            (Self::Aiogram, Trouble::Flood) => "TelegramRetryAfter",
            (Self::Aiogram, Trouble::Migrated) => "TelegramMigrateToChat",
            (Self::Aiogram, Trouble::Server) => "TelegramServerError",
            (Self::Aiogram, Trouble::Network) => "TelegramNetworkError",
            (Self::PythonTelegramBot, Trouble::Refused) => "BadRequest",
            (Self::PythonTelegramBot, Trouble::Forbidden) => "Forbidden",
            (Self::PythonTelegramBot, Trouble::Flood) => "RetryAfter",
            (Self::PythonTelegramBot, Trouble::Migrated) => "ChatMigrated",
            (Self::PythonTelegramBot, Trouble::Server | Trouble::Network) => "NetworkError",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Polling,
    Webhook,
    /// The bot calls methods in its answers to the webhook; only aiogram can.
    AnsweredWebhook,
}

pub(super) struct Bot {
    pub(super) library: Library,
    delivery: Delivery,
    pub(super) server: Server,
    /// Ends with the test.
    _process: Child,
}

impl Bot {
    pub(super) async fn start(library: Library, delivery: Delivery) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join("../target/clients/bin/python");
        assert!(python.exists(), "there is no target/clients: `docker/setup tests` makes it");
        let server = Server::start().await;
        let mut command = Command::new(python);
        command.arg(root.join("tests/clients").join(library.program()));
        command.args(["--api", &server.url, "--token", TOKEN]);
        match delivery {
            Delivery::Polling => &mut command,
            Delivery::Webhook => command.arg("--webhook"),
            Delivery::AnsweredWebhook => command.args(["--webhook", "--answering"]),
        };
        let process = command.kill_on_drop(true).spawn().unwrap();
        Self { library, delivery, server, _process: process }
    }

    /// A new person whom the bot has welcomed.
    pub(super) async fn person(&self, name: &str) -> Person<'_> {
        let mut person = self.stranger(name).await;
        person.says("/start").await;
        assert_eq!(person.hears().await["text"], json!(format!("Welcome, {name}")));
        person
    }

    /// A new person who has not said anything.
    pub(super) async fn stranger(&self, name: &str) -> Person<'_> {
        let id = self.server.stranger(name).await;
        Person { id, server: &self.server, events: Events::of(&self.server, id).await }
    }

    /// Updates came the way that is tried, each at the first attempt.
    pub(super) async fn updates_came_as_wanted(&self) {
        let deliveries = self.server.look("transcript?method=webhook").await;
        let deliveries = deliveries.as_array().unwrap();
        assert_eq!(deliveries.is_empty(), self.delivery == Delivery::Polling);
        let failed: Vec<&Value> = deliveries.iter().filter(|delivery| delivery["verdict"] != json!("ok")).collect();
        assert!(failed.is_empty(), "{failed:?}");
    }

    /// The libraries called nothing that the emulator does not know or remarks on.
    pub(super) async fn nothing_was_odd(&self) {
        let calls = self.server.look("transcript").await;
        let is_odd = |call: &&Value| {
            call["warnings"] != json!([]) || call["verdict"].as_str().is_some_and(|verdict| verdict.starts_with("404"))
        };
        let odd: Vec<&Value> = calls.as_array().unwrap().iter().filter(is_odd).collect();
        assert!(odd.is_empty(), "{odd:?}");
    }
}

pub(super) struct Person<'a> {
    pub(super) id: i64,
    server: &'a Server,
    events: Events,
}

impl Person<'_> {
    pub(super) async fn says(&self, text: &str) -> Value {
        self.server.says(self.id, text).await
    }

    /// Sends anything: the driving API's fields without the sender; to the bot unless it names a chat.
    pub(super) async fn sends(&self, mut what: Value) {
        what["from"] = self.id.into();
        if what["chat"].is_null() {
            what["chat"] = BOT.into();
        }
        self.server.drive("send", what).await;
    }

    /// Presses a button and gets what the bot answers.
    pub(super) async fn presses(&self, message: &Value, button: &str) -> Value {
        let body = json!({"from": self.id, "chat": BOT, "message_id": message["message_id"], "button": button});
        self.server.drive("press", body).await
    }

    /// The bot's next message to this person alone.
    pub(super) async fn hears(&mut self) -> Value {
        self.hears_in(self.id).await
    }

    /// The bot's next message in a chat.
    pub(super) async fn hears_in(&mut self, chat: i64) -> Value {
        self.next("new_message", chat).await
    }

    /// The bot's next change of a message to this person alone.
    pub(super) async fn sees_changed(&mut self) -> Value {
        self.next("edited_message", self.id).await
    }

    async fn next(&mut self, kind: &str, chat: i64) -> Value {
        let found = async {
            loop {
                let mut event = self.events.next().await;
                let message = &event["message"];
                let is_meant = event["type"] == json!(kind)
                    && message["from"]["is_bot"] == json!(true)
                    && message["chat"]["id"] == json!(chat);
                if is_meant {
                    return event["message"].take();
                }
            }
        };
        let waited = tokio::time::timeout(PATIENCE, found).await;
        waited.unwrap_or_else(|_| panic!("the bot sent no {kind} within {PATIENCE:?}"))
    }

    /// Has the bot try something: `None` when it went well, else the exception's class, its words and its detail.
    pub(super) async fn has_it_attempt(&mut self, what: &str) -> Option<Failure> {
        self.says(&format!("/attempt {what}")).await;
        let answer = self.hears().await;
        let outcome: Value = serde_json::from_str(answer["text"].as_str().unwrap()).unwrap();
        let class = outcome["error"].as_str()?.to_owned();
        Some(Failure { class, words: outcome["says"].as_str().unwrap().to_owned(), detail: outcome["detail"].clone() })
    }
}

/// An exception as the library raised it.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) class: String,
    pub(super) words: String,
    /// Seconds to wait, or the chat's new id.
    pub(super) detail: Value,
}
