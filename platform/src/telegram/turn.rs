//! A turn: one update, handled in one transaction.
//!
//! Inbox row done, business rows, audit rows, outbox rows: together or not at all. A panic, an error or a missed deadline
//! rolls all of it back; the update is tried again with growing pauses and then becomes a dead letter with a notice to
//! the person, and the conversation goes on.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use dptree::di::DependencyMap;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::{PgConnection, PgPool};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::buttons::{self, Meaning, Pressed};
use super::inbox::{self, Claimed, Lane};
use super::incoming::{Event, Incoming, Person, Press};
use super::outbox::{self, Priority};
use super::view::View;
use super::{BotIdentity, Place, Settings, cards, chats, prompts};
use crate::clock::Clock;
use crate::db::{Signals, Tx};
use crate::render::Html;

/// A branch of the menu: what a capability hangs into the handler tree.
pub type Branch = dptree::Handler<'static, anyhow::Result<()>>;

/// What a handler works with. Cheap to clone; all clones share the one transaction.
#[derive(Clone)]
pub struct Turn(Arc<Shared>);

struct Shared {
    tx: Arc<Mutex<Tx>>,
    incoming: Incoming,
    pressed: Option<Pressed>,
    prompted: Option<Meaning>,
    bot: BotIdentity,
    clock: Clock,
    answer: Mutex<Option<(String, bool)>>,
}

impl Turn {
    /// The transaction; hold it only as long as needed within the handler.
    pub async fn tx(&self) -> OwnedMutexGuard<Tx> {
        Arc::clone(&self.0.tx).lock_owned().await
    }

    /// What came.
    pub fn incoming(&self) -> &Incoming {
        &self.0.incoming
    }

    /// The bot that was spoken to.
    pub fn bot(&self) -> &BotIdentity {
        &self.0.bot
    }

    /// The present moment.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// The clock, for what the platform writes on the turn's behalf.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// What the pressed button means, when this is a press.
    pub fn pressed(&self) -> Option<&Pressed> {
        self.0.pressed.as_ref()
    }

    /// The meaning of a live press.
    pub fn meaning(&self) -> Option<&Meaning> {
        match self.0.pressed.as_ref()? {
            Pressed::Live(meaning) => Some(meaning),
            Pressed::Stale(_) | Pressed::Foreign => None,
        }
    }

    /// The question that this text answers, when one was open.
    pub fn prompted(&self) -> Option<&Meaning> {
        self.0.prompted.as_ref()
    }

    /// Answers where the update came from; an update without a chat gets no answer.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn reply(&self, view: View) -> anyhow::Result<()> {
        if let Some(place) = self.0.incoming.place {
            let mut tx = self.tx().await;
            outbox::say(&mut tx, &self.0.clock, place, view, Priority::Reply).await?;
        }
        Ok(())
    }

    /// What the presser is told when the spinner stops: a short notice.
    pub async fn toast(&self, text: impl Into<String>) {
        *self.0.answer.lock().await = Some((text.into(), false));
    }

    /// As [`Turn::toast`], as a box that must be closed.
    pub async fn alert(&self, text: impl Into<String>) {
        *self.0.answer.lock().await = Some((text.into(), true));
    }
}

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
        given.insert(Incoming { person: None, place: None, private: true, message_id: None, event: Event::Other });
        let assumed = [dptree::Type::of::<Turn>()];
        dptree::type_check(self.menu.sig(), &given, &assumed);
    }

    /// Runs the workers until cancelled; a turn in hand is finished first.
    pub async fn run(self, signals: &Signals, stop: CancellationToken) {
        let mut workers = tokio::task::JoinSet::new();
        let any = std::iter::repeat_n(Lane::Any, self.settings.turn_workers.max(1));
        // Slow turns may keep all workers busy; one is left for what must not wait.
        for lane in any.chain([Lane::Express]) {
            let (turns, mut signal, stop) = (self.clone(), signals.of(inbox::WAKE), stop.clone());
            workers.spawn(async move {
                while !stop.is_cancelled() {
                    match turns.one_of(lane).await {
                        Ok(true) => {}
                        Ok(false) => {
                            let idle = turns.idle_time().await;
                            tokio::select! {
                                () = signal.wait(idle) => {}
                                () = stop.cancelled() => {}
                            }
                        }
                        Err(error) => {
                            tracing::warn!(error = format!("{error:#}"), "no turn can be taken; trying again");
                            signal.wait(Duration::from_secs(1)).await;
                        }
                    }
                }
            });
        }
        while workers.join_next().await.is_some() {}
    }

    /// Handles one update; `false` when none is due.
    ///
    /// # Errors
    /// The database cannot be used; the update stays where it is.
    pub async fn one(&self) -> anyhow::Result<bool> {
        self.one_of(Lane::Any).await
    }

    async fn one_of(&self, lane: Lane) -> anyhow::Result<bool> {
        let mut tx = self.pool.begin().await?;
        let Some(claimed) = inbox::claim(&mut tx, self.bot.id, self.clock.now(), lane).await? else {
            return Ok(false);
        };
        let began = Instant::now();
        let incoming = Incoming::read(&self.bot, &claimed.payload);
        let outcome = self.handle(tx, &claimed, incoming.clone()).await;
        metrics::histogram!("hub_turn_seconds", "kind" => claimed.kind.clone()).record(began.elapsed().as_secs_f64());
        if let Err(error) = outcome {
            self.failed(&claimed, &incoming, &format!("{error:#}")).await?;
        }
        Ok(true)
    }

    async fn handle(&self, mut tx: Tx, claimed: &Claimed, incoming: Incoming) -> anyhow::Result<()> {
        if let Event::Migrated { from, to } = incoming.event {
            chats::migrate(&mut tx, self.bot.id, from, to).await?;
        }
        let (pressed, card) = self.look_up_press(&mut tx, &incoming).await?;
        let stale = matches!(pressed, Some(Pressed::Stale(_)));
        let prompted = self.look_up_prompt(&mut tx, &incoming).await?;
        let tx = Arc::new(Mutex::new(tx));
        let turn = Turn(Arc::new(Shared {
            tx: Arc::clone(&tx),
            incoming: incoming.clone(),
            pressed,
            prompted,
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
        inbox::finish(&mut tx, claimed.seq).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Stops the spinner with the handler's words. When that had to be done before they were there, they are said as a
    /// message: they may be all that tells the person why nothing happened.
    async fn answer(
        &self,
        tx: &mut Tx,
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
    async fn look_up_press(&self, tx: &mut Tx, incoming: &Incoming) -> anyhow::Result<(Option<Pressed>, Option<Uuid>)> {
        let Event::Press(press) = &incoming.event else {
            return Ok((None, None));
        };
        let (Some(person), Some(place)) = (&incoming.person, incoming.place) else {
            return Ok((Some(Pressed::Foreign), None));
        };
        let found = buttons::press(tx, &press.token, place.chat, person.id, self.clock.now()).await?;
        Ok((Some(found.pressed), found.card))
    }

    async fn look_up_prompt(&self, tx: &mut Tx, incoming: &Incoming) -> anyhow::Result<Option<Meaning>> {
        let (Event::Text(_), Some(person), Some(place)) = (&incoming.event, &incoming.person, incoming.place) else {
            return Ok(None);
        };
        Ok(prompts::take(tx, place, person.id, self.clock.now()).await?)
    }

    async fn failed(&self, claimed: &Claimed, incoming: &Incoming, error: &str) -> anyhow::Result<()> {
        let attempt = claimed.attempts + 1;
        if attempt < self.settings.turn_attempts {
            let pause = self.pause_after(attempt);
            tracing::warn!(update = claimed.seq, attempt, error, "a turn failed and will be tried again");
            inbox::put_back(&self.pool, claimed.seq, error, self.clock.now() + pause).await?;
            return Ok(());
        }
        tracing::error!(update = claimed.seq, attempt, error, "a turn is given up; the update is a dead letter");
        let mut tx = self.pool.begin().await?;
        inbox::bury(&mut tx, claimed, error).await?;
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

    /// Until the next put-back update is due, at most five seconds: a missed signal costs no more than that.
    async fn idle_time(&self) -> Duration {
        const AT_MOST: Duration = Duration::from_secs(5);
        match inbox::next_due(&self.pool, self.bot.id).await {
            Ok(Some(due)) => (due - self.clock.now()).to_std().unwrap_or(Duration::from_millis(20)).min(AT_MOST),
            Ok(None) | Err(_) => AT_MOST,
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// A branch that is taken for `/name`.
pub fn command(name: &'static str) -> Branch {
    dptree::filter(move |incoming: Incoming| incoming.command(name).is_some())
}

/// A branch that is taken for a live press of `action`.
pub fn press(action: &'static str) -> Branch {
    dptree::filter(move |turn: Turn| turn.meaning().is_some_and(|meaning| meaning.action == action))
}

/// A branch that is taken for `/start` with a payload that begins with `prefix` (`onb_`).
pub fn deep_link(prefix: &'static str) -> Branch {
    dptree::filter(move |incoming: Incoming| incoming.command("start").is_some_and(|args| args.starts_with(prefix)))
}

/// A branch that is taken for the text that answers a question asked with `action`.
pub fn answer_to(action: &'static str) -> Branch {
    dptree::filter(move |turn: Turn| turn.prompted().is_some_and(|meaning| meaning.action == action))
}

/// A branch that is taken for any press that must change nothing.
pub fn dead_press() -> Branch {
    dptree::filter(|turn: Turn| matches!(turn.pressed(), Some(Pressed::Stale(_) | Pressed::Foreign)))
}

impl Turn {
    /// Who acted and where, when both are known: what every handler that answers needs.
    pub fn actor(&self) -> Option<(&Person, Place)> {
        Some((self.0.incoming.person.as_ref()?, self.0.incoming.place?))
    }
}
