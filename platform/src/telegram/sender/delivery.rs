//! What the sender asks of the hub.

use futures_util::future::BoxFuture;
use sqlx::PgConnection;

use crate::render::Html;
use crate::telegram::topics::Refusal;
use crate::telegram::{BotId, Place};

/// What the hub does about messages that do not arrive. Called in the transaction that records it.
pub trait Delivery: Send + Sync {
    /// The person blocked the bot, or the bot was put out of the group.
    fn shut_out<'a>(&'a self, conn: &'a mut PgConnection, bot: BotId, chat: i64) -> BoxFuture<'a, anyhow::Result<()>>;

    /// A group has another id now; what the platform keeps is changed already.
    fn moved<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        from: i64,
        to: i64,
    ) -> BoxFuture<'a, anyhow::Result<()>>;

    /// Where a page goes that `chat` does not take; none when there is nobody else.
    fn elsewhere<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        chat: i64,
    ) -> BoxFuture<'a, anyhow::Result<Option<Place>>>;

    /// A message became a dead letter; `chat` is none for calls that address no chat.
    fn given_up<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        chat: Option<i64>,
        reason: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<()>>;

    /// What belongs into a topic of a chat stands in General from now on.
    fn no_topic<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        chat: i64,
        why: &'a Refusal,
    ) -> BoxFuture<'a, anyhow::Result<()>>;

    /// The message that names pages which came to more than `chat` can take, as it is spoken to.
    fn digest<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        chat: i64,
        pages: &'a [String],
    ) -> BoxFuture<'a, anyhow::Result<Html>>;
}
