//! A group with several people, the hub's bot and, in a forum, topics.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::{Value, json};

use crate::deadline::until;
use crate::emulator::Emulator;
use crate::message::Message;
use crate::person::{Answer, Person};
use crate::process;

/// How long people wait for what comes at once, in a chat that takes a message a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// A group, as its members see it.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its number; another one after it became a supergroup.
    pub id: i64,
    emulator: Emulator,
    bot: String,
    hub_log: PathBuf,
    /// Who made it, whose eyes are lent to whoever looks.
    creator: i64,
}

impl Group {
    pub(crate) async fn new(
        emulator: &Emulator,
        bot: &str,
        hub_log: PathBuf,
        kind: &str,
        title: &str,
        people: &[i64],
        admin: bool,
    ) -> Result<Self> {
        let is_forum = kind == "forum";
        let admins: &[&str] = if admin { &[bot] } else { &[] };
        let body = json!({
            "type": if is_forum { "supergroup" } else { kind }, "title": title, "is_forum": is_forum,
            "members": people, "bots": [bot], "admins": admins,
        });
        let made = emulator.call(Method::POST, "/chats", Some(&body)).await?;
        let creator = *people.first().context("a group needs somebody")?;
        let id = made["id"].as_i64().context("the emulator made a group without an id")?;
        Ok(Self { id, emulator: emulator.clone(), bot: bot.to_owned(), hub_log, creator })
    }

    /// Somebody writes there: into a topic, or into General.
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn hears(&self, from: &Person, topic: Option<i64>, text: &str) -> Result<()> {
        self.posts(json!({ "from": from.id, "text": text, "topic": topic })).await
    }

    /// Somebody answers a message there.
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn hears_answer(&self, from: &Person, to: &Message, text: &str) -> Result<()> {
        let answer = json!({ "from": from.id, "text": text, "topic": to.topic(), "reply_to": to.id });
        self.posts(answer).await
    }

    async fn posts(&self, mut message: Value) -> Result<()> {
        message["chat"] = self.id.into();
        self.emulator.call(Method::POST, "/send", Some(&message)).await?;
        Ok(())
    }

    /// Somebody presses a button of that message.
    ///
    /// # Errors
    /// It has no such button, or the bot does not answer the press.
    pub async fn pressed(&self, by: &Person, message: &Message, label: &str) -> Result<Answer> {
        let button = message.find(label).with_context(|| format!("no button {label} on:\n{message}"))?;
        let press = json!({ "from": by.id, "chat": self.id, "message_id": message.id, "data": button.token });
        let began = std::time::Instant::now();
        let answer = self.emulator.call(Method::POST, "/press", Some(&press)).await?;
        anyhow::ensure!(answer["answered"] == true, "the bot did not answer a press of {label}");
        let word = |field: &str| answer[field].as_str().map(str::to_owned);
        Ok(Answer { text: word("text"), url: word("url"), took: began.elapsed() })
    }

    /// All that stands there, oldest first.
    ///
    /// # Errors
    /// The emulator is away.
    pub async fn messages(&self) -> Result<Vec<Message>> {
        let path = format!("/chats/{}/messages?for={}", self.id, self.creator);
        let all = self.emulator.call(Method::GET, &path, None).await?;
        Ok(all.as_array().cloned().unwrap_or_default().into_iter().map(Message::read).collect())
    }

    /// The newest message of the bot that fits, waiting for it.
    ///
    /// # Errors
    /// There is none in time; the error shows the chat.
    pub async fn shows(&self, what: &str, fits: impl Fn(&Message) -> bool) -> Result<Message> {
        let found = until(what, PATIENCE, async || {
            Ok(self.messages().await?.into_iter().rev().find(|message| message.from_bot && fits(message)))
        });
        match found.await {
            Ok(found) => Ok(found.value),
            Err(error) => Err(self.told(error).await),
        }
    }

    async fn told(&self, error: anyhow::Error) -> anyhow::Error {
        let lines = match self.messages().await {
            Ok(all) => all.iter().map(|m| format!("[{:?}] {m}", m.topic())).collect::<Vec<_>>().join("\n"),
            Err(error) => format!("(cannot be read: {error})"),
        };
        let log = process::tail(&self.hub_log, 25);
        error.context(format!("the group shows:\n{lines}\n\nthe hub's log ends with:\n{log}\n"))
    }

    /// The thread of the topic that the bot opened by this title, waiting for it.
    ///
    /// # Errors
    /// There is none.
    pub async fn topic(&self, title: &str) -> Result<i64> {
        self.topic_after(title, 0).await
    }

    /// As [`Group::topic`], one that was opened after another.
    ///
    /// # Errors
    /// There is none.
    pub async fn topic_after(&self, title: &str, other: i64) -> Result<i64> {
        let opened = |message: &Message| message.id > other && message.raw["forum_topic_created"]["name"] == title;
        self.shows(&format!("the topic {title}"), opened).await.map(|message| message.id)
    }

    /// The commands in somebody's menu there.
    ///
    /// # Errors
    /// The emulator is away.
    pub async fn menu(&self, of: &Person) -> Result<Vec<String>> {
        let path = format!("/chats/{}/commands?for={}", self.id, of.id);
        let commands = self.emulator.call(Method::GET, &path, None).await?;
        let names = commands.as_array().into_iter().flatten().filter_map(|c| c["command"].as_str());
        Ok(names.map(str::to_owned).collect())
    }

    /// Whoever made the group does something to a topic: `close`, `reopen`, `delete`, `edit` (to `name`).
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn acts(&self, act: &str, topic: i64, name: Option<&str>) -> Result<()> {
        let body = json!({ "from": self.creator, "chat": self.id, "act": act, "topic": topic, "name": name });
        self.emulator.call(Method::POST, "/topics", Some(&body)).await?;
        Ok(())
    }

    /// The bot is given another standing: `member`, `administrator`, `left`, `kicked`.
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn makes_bot(&self, status: &str) -> Result<()> {
        let body = json!({ "chat": self.id, "member": self.bot, "status": status });
        self.emulator.call(Method::POST, "/members", Some(&body)).await?;
        Ok(())
    }

    /// Topics are switched on or off.
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn has_topics(&self, on: bool) -> Result<()> {
        let body = json!({ "chat": self.id, "is_forum": on });
        self.emulator.call(Method::POST, "/forum", Some(&body)).await?;
        Ok(())
    }

    /// It becomes a supergroup, which has another number.
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn migrates(&self, is_forum: bool) -> Result<Self> {
        let body = json!({ "chat": self.id, "is_forum": is_forum });
        let made = self.emulator.call(Method::POST, "/migrate", Some(&body)).await?;
        Ok(Self { id: made["id"].as_i64().context("no id")?, ..self.clone() })
    }
}
