//! People who answer a survey: as quickly as they are asked, or at a given rate.

use crate::people::{Conversation, People};
use crate::telegram::Telegram;
use anyhow::Context as _;
use reqwest::Client;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Timers tick in milliseconds: what is due before the next tick is sent with it, and is not late for that.
const TICK: Duration = Duration::from_millis(2);

/// What came of a run.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Milliseconds until each reply, ascending.
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

    fn sorted(mut self) -> Self {
        self.latencies.sort_by(f64::total_cmp);
        self
    }

    fn note(&mut self, said: anyhow::Result<Duration>) {
        match said {
            Ok(took) => self.latencies.push(took.as_secs_f64() * 1000.0),
            Err(error) => self.failures.push(format!("{error:#}")),
        }
    }
}

/// Who talks to which bot.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    telegram: Arc<Telegram>,
    people: Arc<People>,
    http: Client,
}

impl Load {
    pub(crate) fn new(telegram: Arc<Telegram>, people: People) -> anyhow::Result<Self> {
        let http = Client::builder().no_proxy().tcp_nodelay(true).build()?;
        Ok(Self { telegram, people: Arc::new(people), http })
    }

    /// So many conversations side by side, each of which says its next text when the reply to the one before came.
    ///
    /// # Errors
    /// When the bot has no webhook.
    pub(crate) async fn closed(&self, conversations: usize, time: Duration) -> anyhow::Result<Outcome> {
        let webhook = Arc::new(self.telegram.webhook()?);
        let end = Instant::now() + time;
        let mut talking = JoinSet::new();
        for _ in 0..conversations {
            let (load, webhook) = (self.clone(), webhook.clone());
            talking.spawn(async move {
                let mut outcome = Outcome::default();
                let mut person = load.people.next();
                while Instant::now() < end && outcome.failures.is_empty() {
                    person = load.people.or_next(person);
                    outcome.note(person.say(&load.telegram, &webhook, &load.http, Instant::now()).await);
                }
                outcome
            });
        }
        let mut all = Outcome::default();
        while let Some(one) = talking.join_next().await {
            let one = one?;
            all.latencies.extend(one.latencies);
            all.failures.extend(one.failures);
        }
        Ok(all.sorted())
    }

    /// So many texts a second, whatever becomes of those before. A text for which nobody is free waits for somebody, and
    /// that time counts.
    ///
    /// # Errors
    /// When the bot has no webhook.
    pub(crate) async fn open(&self, conversations: usize, rate: f64, time: Duration) -> anyhow::Result<Outcome> {
        let webhook = Arc::new(self.telegram.webhook()?);
        let (freed, mut free) = mpsc::unbounded_channel::<Conversation>();
        for _ in 0..conversations {
            freed.send(self.people.next())?;
        }
        let mut talking = JoinSet::new();
        let begin = Instant::now();
        for nth in 0..(rate * time.as_secs_f64()) as u32 {
            let due = begin + Duration::from_secs_f64(f64::from(nth) / rate);
            sleep_until(due).await;
            let ticked = Instant::now();
            let since = if ticked - due < TICK { ticked } else { due };
            let mut person = self.people.or_next(free.recv().await.context("nobody is left")?);
            let (load, webhook, freed) = (self.clone(), webhook.clone(), freed.clone());
            talking.spawn(async move {
                let said = person.say(&load.telegram, &webhook, &load.http, since).await;
                // Whose reply is lost or wrong says no more; somebody new takes the place.
                let next = if said.is_ok() { person } else { load.people.next() };
                // The other end is gone with the last text.
                let _ = freed.send(next);
                said
            });
        }
        let mut outcome = Outcome::default();
        while let Some(said) = talking.join_next().await {
            outcome.note(said?);
        }
        Ok(outcome.sorted())
    }
}
