//! What the hub does about messages that do not arrive, wired to the platform's sender.

use futures_util::future::BoxFuture;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::mail;
use waas_platform::render::{Context, Html};
use waas_platform::telegram::topics::Refusal;
use waas_platform::telegram::{self, BotId, Place};

use crate::access::{self, Desk};
use crate::dead_letters::{self, Source};
use crate::front::Front;

/// Tells the operators.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Layouts and words.
    pub front: Front,
    /// Time.
    pub clock: Clock,
}

impl telegram::Delivery for Delivery {
    fn shut_out<'a>(&'a self, conn: &'a mut PgConnection, bot: BotId, chat: i64) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(access::lost(conn, &self.clock, &self.front, bot, chat, true))
    }

    fn moved<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        from: i64,
        to: i64,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move { Ok(access::chat_moved(conn, &self.clock, &self.front, bot, from, to).await?) })
    }

    fn elsewhere<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        chat: i64,
    ) -> BoxFuture<'a, anyhow::Result<Option<Place>>> {
        Box::pin(async move { Ok(access::operators_place(conn, bot).await?.filter(|place| place.chat != chat)) })
    }

    fn given_up<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        chat: Option<i64>,
        reason: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            // What cannot be said to the operators' chat cannot be announced there either.
            let place = access::desk(conn, &self.clock, &self.front, bot, Desk::Platform).await?;
            match place.filter(|place| Some(place.chat) != chat) {
                Some(place) => {
                    dead_letters::announce(conn, &self.clock, &self.front, place, Source::Message, reason).await
                }
                None => Ok(()),
            }
        })
    }

    fn no_topic<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        chat: i64,
        why: &'a Refusal,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(access::desk::no_topic(conn, &self.clock, &self.front, bot, chat, why))
    }

    fn digest<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        chat: i64,
        pages: &'a [String],
    ) -> BoxFuture<'a, anyhow::Result<Html>> {
        Box::pin(async move {
            let place = Place { bot, chat, topic: None };
            let reader = access::reader_at(conn, &self.front, place, self.clock.now()).await?;
            let context = Context::new().with("pages", pages).with("count", &pages.len());
            Ok(self.front.say(&reader, "alerts/pages.html", &context)?)
        })
    }
}

/// Tells the operators of mails that are given up.
#[derive(Clone, Debug)]
pub struct MailGivenUp {
    /// Layouts and words.
    pub front: Front,
    /// Time.
    pub clock: Clock,
    /// Where they are told; without a bot the dead letter alone tells it.
    pub bot: Option<BotId>,
}

impl mail::GivenUp for MailGivenUp {
    fn given_up<'a>(&'a self, conn: &'a mut PgConnection, reason: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let place = match self.bot {
                Some(bot) => access::operators_place(conn, bot).await?,
                None => None,
            };
            match place {
                Some(place) => {
                    dead_letters::announce(conn, &self.clock, &self.front, place, Source::Message, reason).await
                }
                None => Ok(()),
            }
        })
    }
}
