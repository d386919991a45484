//! A turn: one update, handled in one transaction.
//!
//! Inbox row done, business rows, audit rows, outbox rows: together or not at all. A panic, an error or a missed deadline
//! rolls all of it back; the update is tried again with growing pauses and then becomes a dead letter with a notice to
//! the person, and the conversation goes on.

mod handed;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use dptree::di::DependencyMap;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::{PgConnection, PgPool};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::buttons::{self, Meaning, Pressed};
use super::cards::Replied;
use super::claims::{Claimed, Holder, Holding, Lane, Room, Suspects};
use super::dispatch::Dispatcher;
use super::incoming::{Event, Incoming, Press};
use super::outbox::{self, Priority};
use super::view::View;
use super::{BotIdentity, Settings, cards, chats, inbox, prompts};
use crate::clock::Clock;
use crate::db::{KeptTx, PoolConnection, Signals, signals};
use crate::render::Html;
use handed::Shared;
pub use handed::{Branch, Turn, answer_to, command, dead_press, deep_link, late_press, press, reply_to};

/// What the hub says in the platform's stead: when a turn is given up, and where a card stands twice.
pub trait LastWords: Send + Sync {
    /// Writes the notice to the person and to the operators, in the transaction that buries the update.
    fn say<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: &'a BotIdentity,
        incoming: &'a Incoming,
        error: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<()>>;

    /// What a message says that turned out to be a second copy of a card: that the card stands elsewhere, with a link to
    /// it where there is one. None: it only loses its buttons.
    ///
    /// # Errors
    /// The layout is broken.
    fn pointer(&self, _incoming: &Incoming, _link: Option<&str>) -> anyhow::Result<Option<Html>> {
        Ok(None)
    }
}

/// What became of a claimed update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is done, buried, or another replica's.
    Settled,
    /// It failed, and is due again then.
    Again(DateTime<Utc>),
    /// Nothing could be recorded: the row says still that it is ours.
    Lost,
}

/// Works off the inbox of one bot.
#[derive(Clone)]
pub struct Turns {
    /// The database.
    pub pool: PgPool,
    /// Who is spoken to.
    pub bot: BotIdentity,
    /// The handler tree.
    pub menu: Branch,
    /// What handlers ask for besides the turn and the update: the capabilities' services.
    pub services: DependencyMap,
    /// The notice for what cannot be handled.
    pub last_words: Arc<dyn LastWords>,
    /// Time.
    pub clock: Clock,
    /// Deadlines, attempts, workers.
    pub settings: Settings,
}

impl Turns {
    /// Checks that every handler of the menu finds what it asks for; dptree panics with the missing types otherwise.
    pub fn check(&self) {
        let mut given = self.services.clone();
        given.insert(Incoming {
            person: None,
            place: None,
            private: true,
            group: None,
            message_id: None,
            reply_to: None,
            event: Event::Other,
        });
        let assumed = [dptree::Type::of::<Turn>()];
        dptree::type_check(self.menu.sig(), &given, &assumed);
    }

    /// Works until cancelled; turns in hand are finished first.
    pub async fn run(self, signals: &Signals, stop: CancellationToken) {
        Dispatcher::new(self, signals.clone()).run(stop).await;
    }

    /// Handles one update; `false` when none is due.
    ///
    /// # Errors
    /// The database cannot be used; the update stays where it is.
    pub async fn one(&self) -> anyhow::Result<bool> {
        let mut holder = Holder::open(&self.pool, None).await?;
        let room = Room { lane: Lane::Any, places: 1, suspects: Suspects::Any };
        let Some(claimed) = holder.claim(self.bot.id, self.clock.now(), room).await?.pop() else {
            return Ok(false);
        };
        match self.work_off(&claimed, holder.holding(), None, None).await.0 {
            Fate::Settled | Fate::Again(_) => Ok(true),
            Fate::Lost => Err(anyhow::anyhow!("what came of the update could not be recorded")),
        }
    }

    /// Handles a claimed update on a connection that is kept from the turn before, and gives the connection back where it
    /// is well. With `signals`, whoever waits for what the turn wrote is woken after its commit.
    pub(crate) async fn work_off(
        &self,
        claimed: &Claimed,
        holder: Holding,
        spare: Option<PoolConnection>,
        signals: Option<&Signals>,
    ) -> (Fate, Option<PoolConnection>) {
        let incoming = Incoming::read(&self.bot, &claimed.payload);
        if claimed.deaths >= self.settings.turn_attempts {
            let error = format!("{} processes ended while they handled it", claimed.deaths);
            return (self.give_up(claimed, holder, &incoming, claimed.deaths, &error).await, spare);
        }
        let tx = match KeptTx::begin(spare, &self.pool).await {
            Ok(tx) => tx,
            Err(error) => {
                tracing::warn!(%error, "a turn cannot begin; the update is taken again");
                return (Fate::Lost, None);
            }
        };
        let began = Instant::now();
        let turn = self.handle(tx, claimed, holder, incoming.clone());
        let outcome = match signals {
            None => turn.await,
            Some(signals) => {
                let (outcome, collected) = signals::collect(turn).await;
                // Also when it failed: the commit may have gone through, and only its answer was lost.
                signals.wake_all(collected);
                outcome
            }
        };
        metrics::histogram!("hub_turn_seconds", "kind" => claimed.kind.clone()).record(began.elapsed().as_secs_f64());
        match outcome {
            Ok(conn) => (Fate::Settled, conn),
            Err(error) => (self.failed(claimed, holder, &incoming, &format!("{error:#}")).await, None),
        }
    }

    /// Gives the connection back; none when the update turned out to be somebody else's by now, and nothing was left.
    async fn handle(
        &self,
        mut tx: KeptTx,
        claimed: &Claimed,
        holder: Holding,
        incoming: Incoming,
    ) -> anyhow::Result<Option<PoolConnection>> {
        if let Event::Migrated { from, to } = incoming.event {
            chats::migrate(&mut tx, self.bot.id, from, to).await?;
        }
        let (pressed, card) = self.look_up_press(&mut tx, &incoming).await?;
        let stale = matches!(pressed, Some(Pressed::Stale(_)));
        let replied = self.look_up_reply(&mut tx, &incoming).await?;
        let about = replied.as_ref().map(|card| card.subject.as_str());
        let prompted = if claimed.asked { self.look_up_prompt(&mut tx, &incoming, about).await? } else { None };
        let tx = Arc::new(Mutex::new(tx));
        let turn = Turn(Arc::new(Shared {
            tx: Arc::clone(&tx),
            incoming: incoming.clone(),
            pressed,
            prompted,
            replied,
            bot: self.bot.clone(),
            clock: self.clock.clone(),
            answer: Mutex::new(None),
        }));
        let mut given = self.services.clone();
        given.insert(turn.clone());
        given.insert(incoming.clone());
        let handled = AssertUnwindSafe(self.menu.dispatch(given)).catch_unwind();
        let handled = tokio::time::timeout(self.settings.turn_deadline, handled)
            .await
            .map_err(|_| anyhow::anyhow!("the turn took longer than {:?}", self.settings.turn_deadline))?
            .map_err(|panic| anyhow::anyhow!("the handler panicked: {}", panic_text(panic.as_ref())))?;
        match handled {
            std::ops::ControlFlow::Break(result) => result?,
            // Nobody took it; what the handlers were given comes back and still holds the turn.
            std::ops::ControlFlow::Continue(given) => drop(given),
        }
        let answer = turn.0.answer.lock().await.take();
        drop(turn);
        let tx =
            Arc::try_unwrap(tx).map_err(|_| anyhow::anyhow!("a handler left a task behind that holds the turn"))?;
        let mut tx = tx.into_inner();
        if let Event::Press(press) = &incoming.event {
            self.answer(&mut tx, &incoming, press, answer).await?;
        }
        if let (Some(card), Some(message)) = (card, incoming.message_id) {
            let pointer = |link: Option<String>| self.last_words.pointer(&incoming, link.as_deref());
            cards::pressed(&mut tx, card, message, stale, pointer).await?;
        }
        if !inbox::finish(&mut tx, claimed.seq, holder).await? {
            tracing::warn!(update = claimed.seq, "another replica has taken this update; what was done here is undone");
            return Ok(None);
        }
        Ok(Some(tx.commit().await?))
    }

    /// Stops the spinner with the handler's words. When that had to be done before they were there, they are said as a
    /// message: they may be all that tells the person why nothing happened.
    async fn answer(
        &self,
        tx: &mut KeptTx,
        incoming: &Incoming,
        press: &Press,
        answer: Option<(String, bool)>,
    ) -> sqlx::Result<()> {
        let (text, alert) = answer.map_or((None, false), |(text, alert)| (Some(text), alert));
        let in_time = outbox::answer_callback(tx, self.bot.id, &press.callback_id, text.as_deref(), alert).await?;
        if let (false, Some(text), Some(place)) = (in_time, text, incoming.place) {
            outbox::say(tx, &self.clock, place, View::text(Html::escape(&text)), Priority::Reply).await?;
        }
        Ok(())
    }

    /// What the press means, and the card that its button belongs to.
    async fn look_up_press(
        &self,
        tx: &mut KeptTx,
        incoming: &Incoming,
    ) -> anyhow::Result<(Option<Pressed>, Option<Uuid>)> {
        let Event::Press(press) = &incoming.event else {
            return Ok((None, None));
        };
        let (Some(person), Some(place)) = (&incoming.person, incoming.place) else {
            return Ok((Some(Pressed::Foreign), None));
        };
        let found = buttons::press(tx, &press.token, place.chat, person.id, self.clock.now()).await?;
        Ok((Some(found.pressed), found.card))
    }

    /// The card that a message replies to.
    async fn look_up_reply(&self, tx: &mut KeptTx, incoming: &Incoming) -> anyhow::Result<Option<Replied>> {
        match (incoming.reply_to, incoming.place) {
            (Some(message), Some(place)) => Ok(cards::shown_by(tx, place, message).await?),
            _ => Ok(None),
        }
    }

    /// The question that a text answers. A reply to a card about something else leaves it open.
    async fn look_up_prompt(
        &self,
        tx: &mut KeptTx,
        incoming: &Incoming,
        about: Option<&str>,
    ) -> anyhow::Result<Option<Meaning>> {
        let (Event::Text(_), Some(person), Some(place)) = (&incoming.event, &incoming.person, incoming.place) else {
            return Ok(None);
        };
        // In a group people talk to each other: only a reply to the bot answers it.
        if incoming.group.as_ref().is_some_and(|group| !group.replies_to_us) {
            return Ok(None);
        }
        Ok(prompts::take(tx, place, person.id, about, self.clock.now()).await?)
    }

    async fn failed(&self, claimed: &Claimed, holder: Holding, incoming: &Incoming, error: &str) -> Fate {
        let attempt = claimed.attempts + 1;
        if attempt >= self.settings.turn_attempts {
            return self.give_up(claimed, holder, incoming, attempt, error).await;
        }
        let next = self.clock.now() + self.pause_after(attempt);
        tracing::warn!(update = claimed.seq, attempt, error, "a turn failed and will be tried again");
        match inbox::put_back(&self.pool, claimed.seq, holder, error, next).await {
            Ok(()) => Fate::Again(next),
            Err(unrecorded) => {
                tracing::warn!(update = claimed.seq, error = %unrecorded, "a failure could not be recorded");
                Fate::Lost
            }
        }
    }

    async fn give_up(
        &self,
        claimed: &Claimed,
        holder: Holding,
        incoming: &Incoming,
        attempts: i32,
        error: &str,
    ) -> Fate {
        tracing::error!(update = claimed.seq, attempts, error, "a turn is given up; the update is a dead letter");
        match self.bury(claimed, holder, incoming, attempts, error).await {
            Ok(()) => Fate::Settled,
            Err(unburied) => {
                let error = format!("{unburied:#}");
                tracing::error!(update = claimed.seq, error, "an update cannot be buried yet; it is taken again");
                Fate::Lost
            }
        }
    }

    async fn bury(
        &self,
        claimed: &Claimed,
        holder: Holding,
        incoming: &Incoming,
        attempts: i32,
        error: &str,
    ) -> anyhow::Result<()> {
        let mut tx = self.pool.begin().await?;
        if !inbox::bury(&mut tx, claimed, holder, attempts, error).await? {
            return Ok(());
        }
        self.last_words.say(&mut tx, &self.bot, incoming, error).await?;
        if let Event::Press(press) = &incoming.event {
            outbox::answer_callback(&mut tx, self.bot.id, &press.callback_id, None, false).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    fn pause_after(&self, attempt: i32) -> Duration {
        const AT_MOST: Duration = Duration::from_secs(60);
        let doublings = u32::try_from(attempt.clamp(1, 16) - 1).unwrap_or_default();
        self.settings.turn_backoff.saturating_mul(2u32.pow(doublings)).min(AT_MOST)
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
