//! One outbox row carried out: which call it is, and what came of it.

use std::time::Duration;

use anyhow::Context as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use teloxide::payloads::{
    AnswerCallbackQuery, AnswerCallbackQuerySetters, DeleteMessage, EditMessageReplyMarkup, SetMyCommands,
    SetMyCommandsSetters,
};
use teloxide::types::{BotCommand, BotCommandScope, CallbackQueryId, UserId};

use super::queue::{Arrived, Row};
use super::settle::{self, Subject};
use super::text::{self, Below, Sent, Shown, Text, message, recipient};
use super::{Office, Sending, picture, queue, relay, topics};
use crate::render::Html;
use crate::secrets::Sealed;
use crate::telegram::cards::{self, Card};
use crate::telegram::outbox::{self, Call};
use crate::telegram::{Api, ApiError, Failure, Place, Priority, Topic};

/// What stands for a moment where a secret will.
const PLACE_OF_A_WHISPER: &str = "…";

/// What stands on the screen after a call; none for calls that leave nothing there.
type Outcome = Result<Option<Shown>, ApiError>;

/// A claimed row, and the card that it draws as it stands since then.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) row: Row,
    pub(super) card: Option<Card>,
}

/// How far a call came.
#[derive(Debug)]
pub(super) enum Ended {
    /// It arrived as it should; that is recorded together with others.
    Arrived(Arrived),
    /// What came of it is recorded.
    Recorded,
    /// The lease is over, or the process stops, and nothing is recorded: the next holder looks after the row.
    Left,
}

/// What is to be recorded by itself.
enum Came {
    Drawn(Card, Result<Shown, ApiError>),
    Said(Call, Outcome),
    /// What no attempt can send (a whisper sealed with another master key) is for a person to look at.
    Unsayable(String),
}

/// Calls Telegram for one row. Right before the call it looks whether the lease still holds: a process that was frozen
/// between the claim and now would put an old state over a newer one.
pub(super) async fn carry_out(office: &Office, work: Work) -> Ended {
    if !office.tenure.holds() {
        return Ended::Left;
    }
    let Work { row, card } = work;
    let came = match (card, &row.call) {
        (Some(card), _) => draw(&office.with, &row, card).await,
        (None, Some(call)) => say(&office.with, &row, call).await,
        (None, None) => Err(unsayable("its card is gone or cannot be read")),
    };
    match came {
        Ok(arrived) => Ended::Arrived(arrived),
        Err(came) => keep_recording(office, &row, &came).await,
    }
}

/// A known outcome is written down until that succeeds: sending again would be the worse way to find out.
async fn keep_recording(office: &Office, row: &Row, came: &Came) -> Ended {
    const LONGEST: Duration = Duration::from_secs(5);
    let mut pause = Duration::from_millis(50);
    loop {
        if !office.tenure.holds() {
            return Ended::Left;
        }
        match record(&office.with, row, came).await {
            Ok(()) => return Ended::Recorded,
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(outbox = row.id, error, "an outcome could not be recorded; trying again");
            }
        }
        tokio::select! {
            () = office.stop.cancelled() => return Ended::Left,
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST),
        }
    }
}

async fn draw(with: &Sending, row: &Row, card: Card) -> Result<Arrived, Box<Came>> {
    let chat = row.chat.unwrap_or_default();
    let arrived = |message_id, thread, card| Arrived { row: row.id, chat: row.chat, message_id, thread, card };
    if card.message_id.is_some() && card.sent_version >= card.version {
        return Ok(arrived(card.message_id, None, None));
    }
    let text = Text { html: &card.drawn.html, keyboard: &card.drawn.keyboard, below: Below::Nothing };
    let outcome = match card.message_id {
        Some(message_id) => text::edit(&with.api, chat, message_id, &text).await,
        None => send(with, row, card.topic, &text).await,
    };
    match outcome {
        Ok(Shown { message_id, cut: false, thread }) => Ok(arrived(Some(message_id), thread, Some(card))),
        outcome => Err(Box::new(Came::Drawn(card, outcome))),
    }
}

async fn send(with: &Sending, row: &Row, topic: Option<Topic>, text: &Text<'_>) -> Result<Shown, ApiError> {
    let (api, chat) = (&with.api, row.chat.unwrap_or_default());
    topics::send(with, chat, topic, row.attempts, |thread| text::send(api, chat, thread, text)).await
}

async fn say(with: &Sending, row: &Row, call: &Value) -> Result<Arrived, Box<Came>> {
    let call: Call = serde_json::from_value(call.clone()).map_err(unsayable)?;
    let outcome = perform(with, row, &call).await.map_err(|error| unsayable(format!("{error:#}")))?;
    match outcome {
        Ok(shown) if is_plain(&call) && !shown.is_some_and(|shown| shown.cut) => {
            let message_id = shown.map(|shown| shown.message_id);
            Ok(Arrived { row: row.id, chat: row.chat, message_id, thread: None, card: None })
        }
        outcome => Err(Box::new(Came::Said(call, outcome))),
    }
}

/// Whether there is nothing to be recorded of it but that it arrived.
fn is_plain(call: &Call) -> bool {
    !matches!(call, Call::Whisper { .. }) && call.about().is_none()
}

fn unsayable(reason: impl ToString) -> Box<Came> {
    Box::new(Came::Unsayable(reason.to_string()))
}

async fn record(with: &Sending, row: &Row, came: &Came) -> anyhow::Result<()> {
    let mut tx = with.pool.begin().await?;
    match came {
        Came::Drawn(card, Ok(shown)) => {
            cards::sent(&mut tx, card, row.chat.unwrap_or_default(), shown.message_id, shown.thread).await?;
            if shown.cut {
                bring_whole(&mut tx, with, row, &card.drawn.html, *shown).await?;
            }
            queue::finish(&mut tx, row.id, "sent", Some(shown.message_id), None).await?;
        }
        Came::Said(call, Ok(shown)) => said(&mut tx, with, row, call, *shown).await?,
        Came::Drawn(card, Err(error)) => settle::settle(&mut tx, with, row, Subject::Card(card), error).await?,
        Came::Said(call, Err(error)) => settle::settle(&mut tx, with, row, Subject::Call(call), error).await?,
        Came::Unsayable(reason) => settle::bury(&mut tx, with, row, reason).await?,
    }
    Ok(tx.commit().await?)
}

async fn said(
    conn: &mut sqlx::PgConnection,
    with: &Sending,
    row: &Row,
    call: &Call,
    shown: Option<Shown>,
) -> sqlx::Result<()> {
    match (call, shown) {
        (Call::Whisper { .. }, Some(shown)) if row.message_id.is_none() => {
            return queue::has_place(conn, row.id, Some(shown.message_id)).await;
        }
        (Call::Whisper { delete_after_s, .. }, Some(shown)) => {
            forget_whisper(conn, row.id).await?;
            let (chat, after) = (row.chat.unwrap_or_default(), Duration::from_secs(*delete_after_s));
            outbox::delete_later(conn, with.bot, chat, shown.message_id, after).await?;
        }
        (Call::Say { html, .. } | Call::Digest { html, .. } | Call::Rewrite { html, .. }, Some(shown)) if shown.cut => {
            bring_whole(conn, with, row, html, shown).await?;
        }
        _ => {}
    }
    if let (Some(about), Some(shown), Some(chat)) = (call.about(), shown, row.chat) {
        cards::trace(conn, with.bot, chat, shown.message_id, about).await?;
    }
    queue::finish(conn, row.id, "sent", shown.map(|shown| shown.message_id), None).await
}

async fn bring_whole(
    conn: &mut sqlx::PgConnection,
    with: &Sending,
    row: &Row,
    html: &Html,
    shown: Shown,
) -> sqlx::Result<()> {
    let place = Place { bot: with.bot, chat: row.chat.unwrap_or_default(), topic: None };
    outbox::whole(conn, place, html.plain(), shown.message_id, Priority::of_stored(row.priority)).await
}

/// Anything that is not a card.
///
/// # Errors
/// A whisper cannot be opened: it was sealed with another master key. A picture's bytes are gone.
async fn perform(with: &Sending, row: &Row, call: &Call) -> anyhow::Result<Outcome> {
    let (api, chat, no_keys) = (&with.api, row.chat.unwrap_or_default(), Vec::new());
    Ok(match call {
        Call::Whisper { sealed, .. } => {
            let opened = with.keys.open(outbox::WHISPER, &Sealed::from(STANDARD.decode(sealed)?))?;
            let secret = Html::parse(opened.expose())?;
            let place = Html::escape(PLACE_OF_A_WHISPER);
            let text = |html| Text { html, keyboard: &no_keys, below: Below::Nothing };
            match row.message_id {
                // An edit may be repeated: should a send be, a copy of the secret would stand there that nobody deletes.
                Some(message_id) => match text::edit(api, chat, message_id, &text(&secret)).await {
                    // It arrived before; only the answer was lost.
                    Err(ApiError { failure: Failure::NotModified, .. }) => {
                        Ok(Some(Shown { message_id, cut: false, thread: None }))
                    }
                    outcome => outcome.map(Some),
                },
                None => text::send(api, chat, None, &text(&place)).await.map(Some),
            }
        }
        Call::Say { topic, html, keyboard, ask_contact, ask_reply } => {
            let below = match ask_contact {
                Some(label) => Below::AskContact(label),
                None if *ask_reply => Below::AskReply,
                None => Below::Nothing,
            };
            send(with, row, *topic, &Text { html, keyboard, below }).await.map(Some)
        }
        Call::Digest { topic, html, .. } => {
            let text = Text { html, keyboard: &no_keys, below: Below::Nothing };
            send(with, row, *topic, &text).await.map(Some)
        }
        Call::Rewrite { message_id, html } => {
            let text = Text { html, keyboard: &no_keys, below: Below::Nothing };
            text::edit(api, chat, *message_id, &text).await.map(Some)
        }
        Call::Document { topic, name, text, reply_to, .. } => {
            let attempt = |thread| document(api, chat, thread, name, text, *reply_to);
            topics::send(with, chat, *topic, row.attempts, attempt).await.map(Some)
        }
        Call::Relay { topic, file, caption, .. } => {
            let attempt = |thread| relay::send(api, chat, thread, file, caption);
            topics::send(with, chat, *topic, row.attempts, attempt).await.map(Some)
        }
        Call::Picture { topic, caption } => {
            picture::send(with, row, *topic, caption).await.context("its bytes are gone")?.map(Some)
        }
        Call::AnswerCallback { id, text, alert } => {
            let mut payload = AnswerCallbackQuery::new(CallbackQueryId(id.clone())).show_alert(*alert);
            payload.text = text.clone();
            api.call::<_, bool>(&payload).await.map(|_| None)
        }
        Call::StripKeyboard { message_id } => {
            let payload = EditMessageReplyMarkup::new(recipient(chat), message(*message_id));
            api.call::<_, Value>(&payload).await.map(|_| None)
        }
        Call::Delete { message_id } => {
            api.call::<_, bool>(&DeleteMessage::new(recipient(chat), message(*message_id))).await.map(|_| None)
        }
        Call::SetCommands { scope_chat, scope_member, language, commands } => {
            let commands = commands.iter().map(|(name, text)| BotCommand::new(name.clone(), text.clone()));
            let person = scope_member.and_then(|person| u64::try_from(person).ok());
            let scope = match (scope_chat, person) {
                (Some(chat), Some(person)) => {
                    BotCommandScope::ChatMember { chat_id: recipient(*chat), user_id: UserId(person) }
                }
                (Some(chat), None) => BotCommandScope::Chat { chat_id: recipient(*chat) },
                (None, _) => BotCommandScope::AllPrivateChats,
            };
            let set = SetMyCommands::new(commands).scope(scope);
            let set = language.iter().fold(set, |set, language| set.language_code(language.clone()));
            api.call::<_, bool>(&set).await.map(|_| None)
        }
    })
}

async fn document(
    api: &Api,
    chat: i64,
    thread: Option<i64>,
    name: &str,
    text: &str,
    reply_to: Option<i64>,
) -> Result<Shown, ApiError> {
    let mut fields = vec![("chat_id", chat.to_string())];
    fields.extend(thread.map(|thread| ("message_thread_id", thread.to_string())));
    fields.extend(reply_to.map(|id| {
        // The file matters more than what it hangs on.
        let reply = serde_json::json!({ "message_id": id, "allow_sending_without_reply": true });
        ("reply_parameters", reply.to_string())
    }));
    let sent: Sent = api.send_document(fields, name.to_owned(), text.as_bytes().to_vec()).await?;
    Ok(sent.shown(false))
}

/// A whisper that was heard is not kept.
async fn forget_whisper(conn: &mut sqlx::PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("update outbox set call = call || '{\"sealed\": \"\"}' where id = $1", id).execute(conn).await?;
    Ok(())
}
