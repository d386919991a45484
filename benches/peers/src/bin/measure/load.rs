//! People who answer a survey as quickly as they are asked.

use crate::telegram::{Telegram, Webhook};
use anyhow::{Context as _, ensure};
use reqwest::Client;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// A reply that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// How the questions begin, in their order; after the last comes the first.
const QUESTIONS: [&str; 3] = ["1/3", "2/3", "3/3"];

/// One person and how far the survey with them has come.
#[derive(Debug)]
pub(crate) struct Conversation {
    chat: i64,
    said: usize,
}

impl Conversation {
    pub(crate) fn new(chat: i64) -> Self {
        Self { chat, said: 0 }
    }

    /// Sends one text and returns the time until its reply came.
    async fn say(&mut self, telegram: &Telegram, webhook: &Webhook, http: &Client) -> anyhow::Result<Duration> {
        let expected = QUESTIONS[self.said % QUESTIONS.len()];
        self.said += 1;
        let reply = telegram.next_message(self.chat);
        let update = telegram.update(self.chat, "Müller & Sons");
        let begin = Instant::now();
        let post = async {
            let request = http.post(&webhook.url).header("X-Telegram-Bot-Api-Secret-Token", &webhook.secret_token);
            let response = request.json(&update).send().await?;
            ensure!(response.status().is_success(), "the webhook said {}", response.status());
            response.bytes().await?;
            Ok(())
        };
        let reply = async {
            let text = tokio::time::timeout(PATIENCE, reply).await.context("no reply")??;
            Ok((text, begin.elapsed()))
        };
        let ((), (text, took)) = tokio::try_join!(post, reply)?;
        ensure!(text.starts_with(expected), "{text:?} instead of {expected}");
        Ok(took)
    }
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Those who can go on talking.
    pub(crate) people: Vec<Conversation>,
    /// Milliseconds from post to reply, ascending.
    pub(crate) latencies: Vec<f64>,
    /// Why conversations ended before their time.
    pub(crate) failures: Vec<String>,
}

impl Outcome {
    /// In milliseconds; 0 when there was no reply at all.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.latencies.len() * percent).div_ceil(100);
        self.latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

/// Has all people talk until `updates` were sent between them. Whose reply is lost or wrong says no more.
///
/// # Errors
/// When the bot has no webhook.
pub(crate) async fn run(
    telegram: &Arc<Telegram>,
    people: Vec<Conversation>,
    updates: usize,
) -> anyhow::Result<Outcome> {
    let webhook = Arc::new(telegram.webhook()?);
    let http = Client::builder().no_proxy().tcp_nodelay(true).build()?;
    let sent = Arc::new(AtomicUsize::new(0));
    let mut talking = JoinSet::new();
    for mut person in people {
        let (telegram, webhook, http, sent) = (telegram.clone(), webhook.clone(), http.clone(), sent.clone());
        talking.spawn(async move {
            let mut took = Vec::new();
            while sent.fetch_add(1, Ordering::Relaxed) < updates {
                match person.say(&telegram, &webhook, &http).await {
                    Ok(duration) => took.push(duration.as_secs_f64() * 1000.0),
                    Err(error) => return (took, Err(format!("{error:#}"))),
                }
            }
            (took, Ok(person))
        });
    }
    let mut outcome = Outcome { people: Vec::new(), latencies: Vec::with_capacity(updates), failures: Vec::new() };
    while let Some(ended) = talking.join_next().await {
        let (took, end) = ended?;
        outcome.latencies.extend(took);
        match end {
            Ok(person) => outcome.people.push(person),
            Err(failure) => outcome.failures.push(failure),
        }
    }
    outcome.latencies.sort_by(f64::total_cmp);
    Ok(outcome)
}
