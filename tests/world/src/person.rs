//! A person in front of a private chat with the hub's bot.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::deadline::{Waited, until};
use crate::emulator::Emulator;
use crate::message::{Button, Message};
use crate::process;

/// How long people wait for what comes at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// The smallest picture that is one: a grey pixel as JPEG.
const PICTURE: &str = "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=";

/// Somebody with a chat.
#[derive(Debug)]
pub struct Person {
    /// The number that Telegram knows them by.
    pub id: i64,
    /// What cards call them.
    pub first_name: String,
    emulator: Emulator,
    bot: String,
    hub_log: PathBuf,
    /// The chat as it stood before their last act: what differs from it is an answer to that act.
    before: Mutex<BTreeMap<i64, Message>>,
}

/// How the bot answered a press.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The short notice over the chat, if any.
    pub text: Option<String>,
    /// Where a link button leads.
    pub url: Option<String>,
    /// From the press to its answer.
    pub took: Duration,
}

impl Person {
    pub(crate) async fn new(
        emulator: &Emulator,
        bot: &str,
        hub_log: PathBuf,
        first_name: &str,
        last_name: &str,
        language: &str,
    ) -> Result<Self> {
        let person = json!({"first_name": first_name, "last_name": last_name, "language_code": language});
        let made = emulator.call(Method::POST, "/people", Some(&person)).await?;
        let id = made["id"]
            .as_i64()
            .or_else(|| made["user"]["id"].as_i64())
            .with_context(|| format!("the emulator made a person without an id: {made}"))?;
        Ok(Self {
            id,
            first_name: first_name.to_owned(),
            emulator: emulator.clone(),
            bot: bot.to_owned(),
            hub_log,
            before: Mutex::default(),
        })
    }

    // --- acts ---

    /// Writes a text.
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn sends(&self, text: &str) -> Result<()> {
        self.posts(json!({"text": text})).await
    }

    /// Writes a text in reply to a message.
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn replies(&self, message: &Message, text: &str) -> Result<()> {
        self.posts(json!({"text": text, "reply_to": message.id})).await
    }

    /// Sends a picture in reply to a message.
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn replies_with_photo(&self, message: &Message) -> Result<()> {
        self.posts(json!({"photo": PICTURE, "reply_to": message.id})).await
    }

    /// Sends a picture with words below it, in reply to a message or not.
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn sends_photo_saying(&self, caption: &str, to: Option<&Message>) -> Result<()> {
        self.posts(json!({"photo": PICTURE, "caption": caption, "reply_to": to.map(|message| message.id)})).await
    }

    /// Blocks the bot, or lets it in again.
    ///
    /// # Errors
    /// The emulator is away.
    pub async fn blocks(&self, blocked: bool) -> Result<()> {
        let block = json!({"from": self.id, "chat": self.bot, "blocked": blocked});
        self.emulator.call(Method::POST, "/block", Some(&block)).await.map(drop)
    }

    /// Opens a deep link: Telegram sends its payload behind `/start`.
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn opens(&self, payload: &str) -> Result<()> {
        self.sends(&format!("/start {payload}")).await
    }

    /// Shares their own contact; without a number the one that Telegram knows.
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn shares_contact(&self, phone: Option<&str>) -> Result<()> {
        let contact = match phone {
            None => json!(true),
            Some(number) => json!({"phone_number": number}),
        };
        self.posts(json!({"contact": contact})).await
    }

    /// Sends a picture.
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn sends_photo(&self) -> Result<()> {
        self.posts(json!({"photo": PICTURE})).await
    }

    /// Sends a file.
    ///
    /// # Errors
    /// The emulator refuses it.
    pub async fn sends_document(&self, name: &str, content: &[u8]) -> Result<()> {
        let data = base64::engine::general_purpose::STANDARD.encode(content);
        self.posts(json!({"document": {"file_name": name, "data": data}})).await
    }

    async fn posts(&self, mut content: Value) -> Result<()> {
        self.begin().await?;
        content["from"] = self.id.into();
        content["chat"] = self.bot.as_str().into();
        self.emulator.call(Method::POST, "/send", Some(&content)).await?;
        Ok(())
    }

    /// Presses the newest button with this label, waiting for it when it is not there yet. A key of a reply keyboard
    /// does what it says.
    ///
    /// # Errors
    /// There is no such button, or the bot does not answer the press.
    pub async fn presses(&self, label: &str) -> Result<Answer> {
        let with_it = |m: &Message| m.offers(label) || m.key(label).is_some();
        let message = self.finds(&format!("a button {label}"), PATIENCE, with_it).await?.value;
        if let Some(key) = message.key(label) {
            if key.shares_contact {
                self.shares_contact(None).await?;
            } else {
                self.sends(&key.label).await?;
            }
            return Ok(Answer { text: None, url: None, took: Duration::ZERO });
        }
        self.presses_on(&message, label).await
    }

    /// Presses a button of that message by its label, as a finger does: the message may have moved on since it was read.
    ///
    /// # Errors
    /// It never had such a button, or the bot does not answer the press.
    pub async fn presses_on(&self, message: &Message, label: &str) -> Result<Answer> {
        let button = self.button(message, label)?;
        self.press(message, label, json!({"button": button.label})).await
    }

    /// Presses a button that was on the message when it was read, whatever stands there now: from a phone that was
    /// offline since, or with a finger that was faster than the edit.
    ///
    /// # Errors
    /// As for [`presses_on`](Self::presses_on).
    pub async fn presses_as_seen(&self, message: &Message, label: &str) -> Result<Answer> {
        let button = self.button(message, label)?;
        self.press(message, label, json!({"data": button.token})).await
    }

    fn button<'m>(&self, message: &'m Message, label: &str) -> Result<&'m Button> {
        let found = message.find(label);
        found.with_context(|| format!("{} has no button {label} to press on:\n{message}", self.first_name))
    }

    async fn press(&self, message: &Message, label: &str, mut press: Value) -> Result<Answer> {
        self.begin().await?;
        press["from"] = self.id.into();
        press["chat"] = self.bot.as_str().into();
        press["message_id"] = message.id.into();
        let began = std::time::Instant::now();
        let answer = self.emulator.call(Method::POST, "/press", Some(&press)).await?;
        let took = began.elapsed();
        if answer["answered"] != true {
            let what = format!("the bot did not answer {}'s press of {label}", self.first_name);
            return Err(self.told(anyhow::Error::msg(what)).await);
        }
        let word = |field: &str| answer[field].as_str().map(str::to_owned);
        Ok(Answer { text: word("text"), url: word("url"), took })
    }

    /// Remembers the chat as it stands, so that [`sees`](Self::sees) takes only what changes from now on. Acts do it
    /// by themselves; needed before something that others do.
    ///
    /// # Errors
    /// The emulator is away.
    pub async fn begin(&self) -> Result<()> {
        let now = self.messages().await?;
        *self.seen() = now.into_iter().map(|m| (m.id, m)).collect();
        Ok(())
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<i64, Message>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // --- what they see ---

    /// The chat as it stands, oldest first.
    ///
    /// # Errors
    /// The emulator is away.
    pub async fn messages(&self) -> Result<Vec<Message>> {
        let path = format!("/chats/{}/messages?for={}", self.bot, self.id);
        let all = self.emulator.call(Method::GET, &path, None).await?;
        let all = all.as_array().cloned().unwrap_or_default();
        Ok(all.into_iter().map(Message::read).collect())
    }

    /// One message as it stands now.
    ///
    /// # Errors
    /// It is no longer there.
    pub async fn again(&self, message: &Message) -> Result<Message> {
        let all = self.messages().await?;
        all.into_iter()
            .find(|m| m.id == message.id)
            .with_context(|| format!("message {} is gone from the chat", message.id))
    }

    /// The newest message of the bot that is new or changed since their last act and fits.
    ///
    /// # Errors
    /// Nothing such came; the error shows the chat and the end of the hub's log.
    pub async fn sees(&self, what: &str, fits: impl Fn(&Message) -> bool) -> Result<Message> {
        Ok(self.sees_within(what, PATIENCE, fits).await?.value)
    }

    /// The same, with a deadline of its own and the time it took.
    ///
    /// # Errors
    /// Nothing such came within that time.
    pub async fn sees_within(
        &self,
        what: &str,
        within: Duration,
        fits: impl Fn(&Message) -> bool,
    ) -> Result<Waited<Message>> {
        let before = self.seen().clone();
        self.finds(what, within, |m| before.get(&m.id) != Some(m) && fits(m)).await
    }

    /// The newest message of the bot that fits, whenever it was written.
    ///
    /// # Errors
    /// There is none within that time.
    pub async fn finds(
        &self,
        what: &str,
        within: Duration,
        fits: impl Fn(&Message) -> bool,
    ) -> Result<Waited<Message>> {
        let what = format!("{} to see {what}", self.first_name);
        let found = until(&what, within, async || {
            let all = self.messages().await?;
            Ok(all.into_iter().rev().find(|m| m.from_bot && fits(m)))
        })
        .await;
        match found {
            Ok(found) => Ok(found),
            Err(error) => Err(self.told(error).await),
        }
    }

    /// Waits until that message fits, however often it is edited before.
    ///
    /// # Errors
    /// It does not within that time.
    pub async fn watches(
        &self,
        message: &Message,
        what: &str,
        within: Duration,
        fits: impl Fn(&Message) -> bool,
    ) -> Result<Waited<Message>> {
        self.finds(what, within, |m| m.id == message.id && fits(m)).await
    }

    /// The commands in their menu.
    ///
    /// # Errors
    /// The emulator is away.
    pub async fn menu(&self) -> Result<Vec<String>> {
        Ok(self.described_menu().await?.into_iter().map(|(name, _)| name).collect())
    }

    /// The commands in their menu, each with what it says of itself.
    ///
    /// # Errors
    /// The emulator is away.
    pub async fn described_menu(&self) -> Result<Vec<(String, String)>> {
        let path = format!("/chats/{}/commands?for={}", self.bot, self.id);
        let commands = self.emulator.call(Method::GET, &path, None).await?;
        let commands = commands.as_array().into_iter().flatten();
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        Ok(commands.filter_map(|c| text(&c["command"]).zip(text(&c["description"]))).collect())
    }

    /// Where a browser shows this person's chat.
    pub fn browser(&self) -> String {
        format!("{}/?as={}", self.emulator.url(), self.id)
    }

    /// Where a browser shows this person's chat on the left and another's on the right.
    pub fn browser_beside(&self, other: &Self) -> String {
        format!("{}/desk?people={},{}", self.emulator.url(), self.id, other.id)
    }

    /// An error with what a tester would look at next.
    async fn told(&self, error: anyhow::Error) -> anyhow::Error {
        let chat = match self.messages().await {
            Ok(all) => {
                let last = all.iter().skip(all.len().saturating_sub(8));
                last.map(ToString::to_string).collect::<Vec<_>>().join("\n")
            }
            Err(error) => format!("(cannot be read: {error})"),
        };
        error.context(format!(
            "{}'s chat ends with:\n{chat}\n\nthe hub's log ends with:\n{}\n",
            self.first_name,
            process::tail(&self.hub_log, 25)
        ))
    }
}
