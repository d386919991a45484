//! What a handler is handed: the turn, and the branches by which it is found.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::clock::Clock;
use crate::db::KeptTx;
use crate::render::Html;
use crate::telegram::buttons::{Meaning, Pressed};
use crate::telegram::cards::Replied;
use crate::telegram::incoming::{Event, Incoming, Person};
use crate::telegram::outbox::{self, Priority};
use crate::telegram::view::View;
use crate::telegram::{BotIdentity, Place};

/// A branch of the menu: what a capability hangs into the handler tree.
pub type Branch = dptree::Handler<'static, anyhow::Result<()>>;

/// What a handler works with. Cheap to clone; all clones share the one transaction.
#[derive(Clone)]
pub struct Turn(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub(super) tx: Arc<Mutex<KeptTx>>,
    pub(super) incoming: Incoming,
    pub(super) pressed: Option<Pressed>,
    pub(super) prompted: Option<Meaning>,
    pub(super) replied: Option<Replied>,
    pub(super) bot: BotIdentity,
    pub(super) clock: Clock,
    /// What stops the spinner, and whether as a box that must be closed.
    pub(super) answer: Mutex<Option<(String, bool)>>,
}

impl Turn {
    /// The transaction; hold it only as long as needed within the handler.
    pub async fn tx(&self) -> OwnedMutexGuard<KeptTx> {
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

    /// The card that this message replies to.
    pub fn replied(&self) -> Option<&Replied> {
        self.0.replied.as_ref()
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

    /// As [`Turn::reply`], with a question whose answer is the person's next text. In a group it opens the field for a reply
    /// to it, and only such a reply is taken for an answer.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn ask(&self, html: Html) -> anyhow::Result<()> {
        match (self.actor(), &self.0.incoming.group) {
            (Some((person, place)), Some(_)) => {
                // The field opens for those whom the text names.
                let name = Html::escape(&person.first_name);
                let mention = format!("<a href=\"tg://user?id={}\">{name}</a>\n", person.id);
                let mut named = Html::parse(mention)?;
                named.push(&html);
                let mut tx = self.tx().await;
                Ok(outbox::ask_reply(&mut tx, place, named).await?)
            }
            _ => self.reply(View::text(html)).await,
        }
    }

    /// What the presser is told when the spinner stops: a short notice.
    pub async fn toast(&self, text: impl Into<String>) {
        *self.0.answer.lock().await = Some((text.into(), false));
    }

    /// As [`Turn::toast`], as a box that must be closed.
    pub async fn alert(&self, text: impl Into<String>) {
        *self.0.answer.lock().await = Some((text.into(), true));
    }

    /// Who acted and where, when both are known: what every handler that answers needs.
    pub fn actor(&self) -> Option<(&Person, Place)> {
        Some((self.0.incoming.person.as_ref()?, self.0.incoming.place?))
    }
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

/// A branch that is taken for a message, but no command, that replies to a card of this kind (`lead`).
pub fn reply_to(kind: &'static str) -> Branch {
    let said = |turn: &Turn| !matches!(turn.incoming().event, Event::Command { .. });
    dptree::filter(move |turn: Turn| said(&turn) && turn.replied().is_some_and(|card| card.kind == kind))
}

/// A branch that is taken for a press of `action` on what has moved on since: it must change nothing, and can say more than
/// that.
pub fn late_press(action: &'static str) -> Branch {
    dptree::filter(
        move |turn: Turn| matches!(turn.pressed(), Some(Pressed::Stale(meaning)) if meaning.action == action),
    )
}

/// A branch that is taken for any press that must change nothing.
pub fn dead_press() -> Branch {
    dptree::filter(|turn: Turn| matches!(turn.pressed(), Some(Pressed::Stale(_) | Pressed::Foreign)))
}
