//! The menu: which handler takes an update. Capabilities hang in their branches; the order here decides.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::render::{Context, Html, RenderError};
use waas_platform::telegram::buttons::Pressed;
use waas_platform::telegram::turn::{Branch, LastWords, command};
use waas_platform::telegram::{BotIdentity, Event, Incoming, Place, Priority, Turn, View, dptree, outbox};

use crate::access::Desk;
use crate::dead_letters::{self, Source};
use crate::front::Front;
use crate::surveys::{self, Surveys};
use crate::{access, alerts, clients, jobs, leads, provisioning, tenants};

/// The handler tree: deep links, commands, presses and open questions of every capability, then what is left.
pub fn menu() -> Branch {
    let capabilities = [
        access::chat::branches(),
        leads::chat::branches(),
        surveys::chat::branches(),
        clients::chat::branches(),
        provisioning::chat::branches(),
        tenants::chat::branches(),
        jobs::chat::branches(),
        alerts::chat::branches(),
        dead_letters::chat::branches(),
    ];
    capabilities
        .into_iter()
        .flatten()
        .fold(dptree::entry().branch(access::chat::reachability()).branch(access::chat::left_behind()), Branch::branch)
        .branch(command("start").endpoint(start))
        .branch(dptree::filter(|incoming: Incoming| matches!(incoming.event, Event::Press(_))).endpoint(dead_press))
        .branch(dptree::endpoint(anything_else))
}

/// `/start` without a link that anybody knows: goes on with an open survey, shows clients how far their site is, else greets.
async fn start(turn: Turn, front: Front, surveys: Arc<Surveys>) -> anyhow::Result<()> {
    if surveys::chat::resume(&turn, &front, &surveys).await? {
        return Ok(());
    }
    if clients::chat::start(&turn, &front).await? {
        return Ok(());
    }
    access::chat::start(turn, front).await
}

/// A press that changes nothing: the subject has moved on, or it was never this chat's.
async fn dead_press(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(caller) = access::chat::caller(&turn, &front).await? else {
        return Ok(());
    };
    let key = match turn.pressed() {
        Some(Pressed::Foreign) => "press-foreign",
        Some(Pressed::Live(_) | Pressed::Stale(_)) | None => "press-stale",
    };
    turn.toast(front.word(&caller.reader, key)).await;
    Ok(())
}

/// What is neither link, command, press nor an answer to an open question.
async fn anything_else(
    turn: Turn,
    front: Front,
    surveys: Arc<Surveys>,
    talk: Arc<clients::Settings>,
) -> anyhow::Result<()> {
    if surveys::chat::message(&turn, &front, &surveys).await? || clients::chat::message(&turn, &front, &talk).await? {
        return Ok(());
    }
    // In a group nothing else says that a reply to the bot reached nobody.
    let to_us = turn.incoming().group.as_ref().is_some_and(|group| group.replies_to_us);
    if (turn.replied().is_some() || to_us) && access::chat::replied_in_vain(&turn, &front).await? {
        return Ok(());
    }
    // What no team could be told in words: they see how far it is.
    if turn.incoming().private && clients::chat::start(&turn, &front).await? {
        return Ok(());
    }
    access::chat::not_understood(turn, front).await
}

/// What is said when a turn is given up.
pub struct Apology {
    /// Layouts and words.
    pub front: Front,
    /// Time.
    pub clock: Clock,
}

impl LastWords for Apology {
    fn say<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: &'a BotIdentity,
        incoming: &'a Incoming,
        error: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            match self.apologise(conn, bot, incoming, error).await {
                // The update must be buried even when nothing can be said about it.
                Err(unsaid) if unsaid.is::<RenderError>() => {
                    tracing::error!(error = format!("{unsaid:#}"), "nobody could be told of a dead letter");
                    Ok(())
                }
                said => said,
            }
        })
    }

    fn pointer(&self, incoming: &Incoming, link: Option<&str>) -> anyhow::Result<Option<Html>> {
        let language = incoming.person.as_ref().and_then(|person| person.language.as_deref());
        let reader = self.front.reader(language, self.clock.now());
        Ok(Some(self.front.say(&reader, "access/pointer.html", &Context::new().with("link", &link))?))
    }
}

impl Apology {
    async fn apologise(
        &self,
        conn: &mut PgConnection,
        bot: &BotIdentity,
        incoming: &Incoming,
        error: &str,
    ) -> anyhow::Result<()> {
        if let (Some(person), true) = (&incoming.person, incoming.private) {
            let reader = access::reader_of(conn, &self.front, person.id, self.clock.now()).await?;
            let html = self.front.say(&reader, "access/turn_failed.html", &Context::new())?;
            let place = Place::private(bot.id, person.id);
            outbox::say(conn, &self.clock, place, View::text(html), Priority::Reply).await?;
        }
        if let Some(place) = access::desk(conn, &self.clock, &self.front, bot.id, Desk::Platform).await? {
            dead_letters::announce(conn, &self.clock, &self.front, place, Source::Update, error).await?;
        }
        Ok(())
    }
}
