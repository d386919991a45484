//! Who talks, what they say, and what they must be asked then.

use crate::telegram::{Telegram, Webhook};
use anyhow::{Context as _, ensure};
use reqwest::Client;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// A reply that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// What questions begin with, in their order; after the last comes the first.
const QUESTIONS: [&str; 3] = ["1/3 What", "2/3 Which", "3/3 Which"];

/// Hands out people, each with a chat of their own.
#[derive(Debug)]
pub(crate) struct People {
    next: AtomicI64,
    /// What each of them says at most.
    texts: usize,
    /// How many questions they were asked before they say anything.
    asked: usize,
}

impl People {
    pub(crate) fn new(first_chat: i64, texts: usize, asked: usize) -> Self {
        Self { next: AtomicI64::new(first_chat), texts, asked }
    }

    /// Somebody who has said nothing yet.
    pub(crate) fn next(&self) -> Conversation {
        Conversation { chat: self.next.fetch_add(1, Ordering::Relaxed), said: 0, asked: self.asked }
    }

    /// The same person, or somebody new when they have said everything.
    pub(crate) fn or_next(&self, person: Conversation) -> Conversation {
        if person.said < self.texts { person } else { self.next() }
    }
}

/// One person and how far the survey with them has come.
#[derive(Debug)]
pub(crate) struct Conversation {
    chat: i64,
    said: usize,
    asked: usize,
}

impl Conversation {
    /// Says one text and returns the time from `since` until its reply came.
    pub(crate) async fn say(
        &mut self,
        telegram: &Telegram,
        webhook: &Webhook,
        http: &Client,
        since: Instant,
    ) -> anyhow::Result<Duration> {
        let expected = QUESTIONS[(self.said + self.asked) % QUESTIONS.len()];
        self.said += 1;
        let reply = telegram.next_message(self.chat);
        let update = telegram.update(self.chat, "Müller & Sons");
        let post = async {
            let request = http.post(&webhook.url).header("X-Telegram-Bot-Api-Secret-Token", &webhook.secret_token);
            let response = request.json(&update).send().await?;
            ensure!(response.status().is_success(), "the webhook said {}", response.status());
            response.bytes().await?;
            Ok(())
        };
        let reply = async {
            let text = tokio::time::timeout(PATIENCE, reply).await.context("no reply")??;
            Ok((text, since.elapsed()))
        };
        let ((), (text, took)) = tokio::try_join!(post, reply)?;
        ensure!(text.contains(expected), "{text:?} instead of {expected}");
        Ok(took)
    }
}
