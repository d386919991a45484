//! What has to leave for Telegram, written in the transaction of whatever causes it.

mod backlog;
mod call;
pub(crate) mod digest;
mod documents;
mod picture;
mod relay;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::buttons;
use super::view::View;
use super::{BotId, Place, chats};
use crate::clock::Clock;
use crate::db::{in_portions, signals};
use crate::render::Html;
use crate::secrets::{MasterKey, Secret};

pub use backlog::{Backlog, backlog};
pub(crate) use call::Call;
pub(crate) use documents::whole;
pub use documents::{document, document_of};
pub use picture::picture;
pub(crate) use picture::png;
pub use relay::{Relayed, relay};

/// The Postgres channel on which a commit with something to send wakes the sender.
pub(crate) const WAKE: &str = "hub_outbox";

/// Who goes first when both wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Priority {
    /// An alert somebody must see now.
    Page = 0,
    /// The spinner on a pressed button.
    CallbackAnswer = 1,
    /// The answer to what a person just wrote.
    Reply = 2,
    /// A card that changed.
    Card = 3,
    /// Something that is due but not urgent.
    Reminder = 4,
    /// Summaries and tidying.
    Digest = 5,
}

impl Priority {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 6] =
        [Self::Page, Self::CallbackAnswer, Self::Reply, Self::Card, Self::Reminder, Self::Digest];

    /// The word in metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::CallbackAnswer => "callback_answer",
            Self::Reply => "reply",
            Self::Card => "card",
            Self::Reminder => "reminder",
            Self::Digest => "digest",
        }
    }

    /// As stored; anything unknown is the least urgent.
    pub(crate) fn of_stored(number: i16) -> Self {
        Self::ALL.into_iter().find(|priority| *priority as i16 == number).unwrap_or(Self::Digest)
    }
}

/// A message that is said once and not edited later.
pub async fn say(
    conn: &mut PgConnection,
    clock: &Clock,
    place: Place,
    view: View,
    priority: Priority,
) -> sqlx::Result<()> {
    let place = chats::present_place(conn, place).await?;
    let keyboard = buttons::mint(conn, &view.rows, place, clock.now()).await?;
    let call = Call::Say { topic: place.topic, html: view.html, keyboard, ask_contact: None, ask_reply: false };
    push(conn, place.bot, Some(place.chat), priority, &call).await
}

/// A question that is answered by a reply to it; the field for that opens for those whom the text names. In a group no
/// other answer reaches a bot that does not read everything.
///
/// # Errors
/// The database refuses.
pub async fn ask_reply(conn: &mut PgConnection, place: Place, html: Html) -> sqlx::Result<()> {
    let call = Call::Say { topic: place.topic, html, keyboard: Vec::new(), ask_contact: None, ask_reply: true };
    push(conn, place.bot, Some(place.chat), Priority::Reply, &call).await
}

/// What a whispered text is sealed for; it opens nowhere else.
pub(crate) const WHISPER: &str = "outbox:whisper";

/// A message with a secret in it: sealed while it waits, forgotten once it is sent, and deleted from the chat
/// `delete_after` later.
pub async fn whisper(
    conn: &mut PgConnection,
    keys: &MasterKey,
    place: Place,
    html: Html,
    delete_after: Duration,
) -> sqlx::Result<()> {
    let sealed = keys.seal(WHISPER, &Secret::new(String::from(html)));
    let call = Call::Whisper { sealed: STANDARD.encode(sealed.as_bytes()), delete_after_s: delete_after.as_secs() };
    push(conn, place.bot, Some(place.chat), Priority::Reply, &call).await
}

/// A message that brings the reply keyboard with one button, `label`, that shares the person's own phone number.
pub async fn ask_contact(conn: &mut PgConnection, place: Place, view: View, label: String) -> sqlx::Result<()> {
    let (topic, html, keyboard) = (place.topic, view.html, Vec::new());
    let call = Call::Say { topic, html, keyboard, ask_contact: Some(label), ask_reply: false };
    push(conn, place.bot, Some(place.chat), Priority::Reply, &call).await
}

/// Puts another text in place of a message that is no card any more.
pub(crate) async fn rewrite(
    conn: &mut PgConnection,
    bot: BotId,
    chat: i64,
    message_id: i64,
    html: Html,
) -> sqlx::Result<()> {
    push(conn, bot, Some(chat), Priority::Reply, &Call::Rewrite { message_id, html }).await
}

/// Stops the spinner on a pressed button, with a short text (cut at 200 characters) or none. `false` when the press has been
/// answered already: then nothing is said.
pub(crate) async fn answer_callback(
    conn: &mut PgConnection,
    bot: BotId,
    id: &str,
    text: Option<&str>,
    alert: bool,
) -> sqlx::Result<bool> {
    let text = text.map(|text| text.chars().take(200).collect());
    let call = encoded(&Call::AnswerCallback { id: id.to_owned(), text, alert })?;
    let first = sqlx::query!(
        "insert into outbox (bot_id, priority, call, callback_id) values ($1, $2, $3, $4)
         on conflict (bot_id, callback_id) where callback_id is not null do nothing",
        bot.0,
        Priority::CallbackAnswer as i16,
        call,
        id
    )
    .execute(&mut *conn)
    .await?
    .rows_affected()
        == 1;
    if first {
        wake(conn).await?;
    }
    Ok(first)
}

/// Takes the buttons off a message that is no card any more.
pub(crate) async fn strip_keyboard(
    conn: &mut PgConnection,
    bot: BotId,
    chat: i64,
    message_id: i64,
) -> sqlx::Result<()> {
    push(conn, bot, Some(chat), Priority::Digest, &Call::StripKeyboard { message_id }).await
}

/// Deletes a message of the bot, for example one that showed a secret.
pub async fn delete(conn: &mut PgConnection, bot: BotId, chat: i64, message_id: i64) -> sqlx::Result<()> {
    push(conn, bot, Some(chat), Priority::Reply, &Call::Delete { message_id }).await
}

/// Deletes a message once `after` has passed.
pub(crate) async fn delete_later(
    conn: &mut PgConnection,
    bot: BotId,
    chat: i64,
    message_id: i64,
    after: Duration,
) -> sqlx::Result<()> {
    let call = encoded(&Call::Delete { message_id })?;
    sqlx::query!(
        "insert into outbox (bot_id, chat_id, priority, call, not_before)
         values ($1, $2, $3, $4, now() + make_interval(secs => $5))",
        bot.0,
        chat,
        Priority::Reply as i16,
        call,
        after.as_secs_f64()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whose menu it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MenuOf {
    /// Everybody's in their private chats, whatever their app speaks.
    Everybody,
    /// Everybody's whose app speaks this language, by its two letters.
    Speakers(String),
    /// One chat's; it hides the other two there.
    Chat(i64),
    /// One person's in a group, where it hides the group's own. Without commands the group's shows again.
    Member {
        /// The group.
        chat: i64,
        /// Who is offered it.
        person: i64,
    },
}

/// Sets a command menu: names with what they do.
pub async fn set_commands(
    conn: &mut PgConnection,
    bot: BotId,
    of: MenuOf,
    commands: Vec<(String, String)>,
) -> sqlx::Result<()> {
    let (scope_chat, scope_member, language) = match of {
        MenuOf::Everybody => (None, None, None),
        MenuOf::Speakers(language) => (None, None, Some(language)),
        MenuOf::Chat(chat) => (Some(chat), None, None),
        MenuOf::Member { chat, person } => (Some(chat), Some(person), None),
    };
    let call = Call::SetCommands { scope_chat, scope_member, language, commands };
    push(conn, bot, None, Priority::Reminder, &call).await
}

async fn push(
    conn: &mut PgConnection,
    bot: BotId,
    chat: Option<i64>,
    priority: Priority,
    call: &Call,
) -> sqlx::Result<()> {
    let chat = match chat {
        Some(chat) => Some(chats::present(conn, bot, chat).await?),
        None => None,
    };
    sqlx::query!(
        "insert into outbox (bot_id, chat_id, priority, call) values ($1, $2, $3, $4)",
        bot.0,
        chat,
        priority as i16,
        encoded(call)?
    )
    .execute(&mut *conn)
    .await?;
    wake(conn).await
}

fn encoded(call: &Call) -> sqlx::Result<Value> {
    serde_json::to_value(call).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// Asks for a card to be drawn. A draw that already waits serves: it will draw the newest state.
pub(crate) async fn push_card(
    conn: &mut PgConnection,
    bot: BotId,
    chat: i64,
    card: Uuid,
    priority: Priority,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into outbox (bot_id, chat_id, priority, card_id) values ($1, $2, $3, $4)
         on conflict (card_id) where state = 'waiting' and card_id is not null
         do update set priority = least(outbox.priority, excluded.priority)",
        bot.0,
        chat,
        priority as i16,
        card
    )
    .execute(&mut *conn)
    .await?;
    wake(conn).await
}

pub(crate) async fn wake(conn: &mut PgConnection) -> sqlx::Result<()> {
    signals::notify(conn, WAKE).await
}

/// Removes what was sent or had lost its point before `before`, and holds that are over. What is a dead letter stays until
/// somebody decides.
///
/// # Errors
/// The database refuses.
pub async fn forget(pool: &PgPool, before: DateTime<Utc>) -> sqlx::Result<u64> {
    sqlx::query!("delete from chat_holds where until < now()").execute(pool).await?;
    in_portions(|portion| async move {
        let gone = sqlx::query!(
            "delete from outbox where id = any (array(
               select id from outbox where state in ('sent', 'dropped') and finished_at < $1 limit $2))",
            before,
            portion
        );
        Ok(gone.execute(pool).await?.rows_affected())
    })
    .await
}

/// Sends a message once more that was given up, by the row that its dead letter names. `false` when the row is gone, or
/// a newer draw of its card waits or was sent.
///
/// # Errors
/// The database refuses.
pub async fn retry(conn: &mut PgConnection, row: i64) -> sqlx::Result<bool> {
    let again = sqlx::query!(
        "update outbox o set state = 'waiting', attempts = 0, not_before = now(), finished_at = null
         where o.id = $1 and o.state = 'dead'
           and not exists (select 1 from outbox w where w.card_id = o.card_id and w.state = 'waiting')",
        row
    )
    .execute(&mut *conn)
    .await?
    .rows_affected()
        == 1;
    wake(conn).await?;
    Ok(again)
}
