//! One outbox row carried out: which call it is, and what came of it.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use teloxide::payloads::{
    AnswerCallbackQuery, AnswerCallbackQuerySetters, DeleteMessage, EditMessageReplyMarkup, SetMyCommands,
    SetMyCommandsSetters,
};
use teloxide::types::{BotCommand, BotCommandScope, CallbackQueryId};

use super::queue::Row;
use super::settle::{self, Subject};
use super::text::{self, Shown, Text, message, recipient};
use super::{Sending, queue};
use crate::render::Html;
use crate::secrets::{MasterKey, Sealed};
use crate::telegram::cards::{self, Card};
use crate::telegram::outbox::{self, Call};
use crate::telegram::{Api, ApiError, Failure, Place, Priority};

/// What stands on the screen after a call; none for calls that leave nothing there.
type Outcome = Result<Option<Shown>, ApiError>;

/// Calls Telegram for one row and records the outcome.
///
/// # Errors
/// The outcome could not be recorded; the row is in flight still, and whether it arrived is known to nobody.
pub(super) async fn carry_out(with: &Sending, row: &Row) -> anyhow::Result<()> {
    match (row.card, &row.call) {
        (Some(card), _) => {
            let card = cards::load(&mut *with.pool.acquire().await?, card).await?;
            draw(with, row, &card).await
        }
        (None, Some(call)) => say(with, row, call).await,
        (None, None) => Ok(()),
    }
}

async fn draw(with: &Sending, row: &Row, card: &Card) -> anyhow::Result<()> {
    let chat = row.chat.unwrap_or_default();
    if card.message_id.is_some() && card.sent_version >= card.version {
        queue::finish(&mut *with.pool.acquire().await?, row.id, "sent", card.message_id, None).await?;
        return Ok(());
    }
    let text = Text { html: &card.drawn.html, keyboard: &card.drawn.keyboard, topic: card.topic, ask_contact: None };
    let outcome = match card.message_id {
        Some(message_id) => text::edit(&with.api, chat, message_id, &text).await,
        None => text::send(&with.api, chat, &text).await,
    };
    let mut tx = with.pool.begin().await?;
    match outcome {
        Ok(shown) => {
            cards::sent(&mut tx, card, shown.message_id).await?;
            if shown.left_topic {
                cards::left_topic(&mut tx, card.id).await?;
            }
            if shown.cut {
                bring_whole(&mut tx, with, row, &card.drawn.html, shown).await?;
            }
            queue::finish(&mut tx, row.id, "sent", Some(shown.message_id), None).await?;
        }
        Err(error) => settle::settle(&mut tx, with, row, Subject::Card(card), &error).await?,
    }
    Ok(tx.commit().await?)
}

async fn say(with: &Sending, row: &Row, call: &Value) -> anyhow::Result<()> {
    let chat = row.chat.unwrap_or_default();
    let call: Call = match serde_json::from_value(call.clone()) {
        Ok(call) => call,
        Err(error) => return unsayable(with, row, &error.into()).await,
    };
    let outcome = match perform(&with.api, &with.keys, chat, &call).await {
        Ok(outcome) => outcome,
        Err(error) => return unsayable(with, row, &error).await,
    };
    let mut tx = with.pool.begin().await?;
    match outcome {
        Ok(shown) => {
            match (&call, shown) {
                (Call::Whisper { delete_after_s, .. }, Some(shown)) => {
                    forget_whisper(&mut tx, row.id).await?;
                    let after = Duration::from_secs(*delete_after_s);
                    outbox::delete_later(&mut tx, with.bot, chat, shown.message_id, after).await?;
                }
                (Call::Say { html, .. } | Call::Rewrite { html, .. }, Some(shown)) if shown.cut => {
                    bring_whole(&mut tx, with, row, html, shown).await?;
                }
                _ => {}
            }
            queue::finish(&mut tx, row.id, "sent", shown.map(|shown| shown.message_id), None).await?;
        }
        Err(error) => settle::settle(&mut tx, with, row, Subject::Call(&call), &error).await?,
    }
    Ok(tx.commit().await?)
}

/// What no attempt can send (a whisper sealed with another master key) is for a person to look at.
async fn unsayable(with: &Sending, row: &Row, error: &anyhow::Error) -> anyhow::Result<()> {
    let mut tx = with.pool.begin().await?;
    settle::bury(&mut tx, with, row, &format!("{error:#}")).await?;
    Ok(tx.commit().await?)
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
/// A whisper cannot be opened: it was sealed with another master key.
async fn perform(api: &Api, keys: &MasterKey, chat: i64, call: &Call) -> anyhow::Result<Outcome> {
    let no_keys = Vec::new();
    Ok(match call {
        Call::Whisper { sealed, .. } => {
            let opened = keys.open(outbox::WHISPER, &Sealed::from(STANDARD.decode(sealed)?))?;
            let html = Html::parse(opened.expose())?;
            let text = Text { html: &html, keyboard: &no_keys, topic: None, ask_contact: None };
            text::send(api, chat, &text).await.map(Some)
        }
        Call::Say { topic, html, keyboard, ask_contact } => {
            let text = Text { html, keyboard, topic: *topic, ask_contact: ask_contact.as_deref() };
            text::send(api, chat, &text).await.map(Some)
        }
        Call::Rewrite { message_id, html } => {
            let text = Text { html, keyboard: &no_keys, topic: None, ask_contact: None };
            text::edit(api, chat, *message_id, &text).await.map(Some)
        }
        Call::Document { topic, name, text, reply_to } => {
            document(api, chat, *topic, name, text, *reply_to).await.map(Some)
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
        Call::SetCommands { scope_chat, language, commands } => {
            let commands = commands.iter().map(|(name, text)| BotCommand::new(name.clone(), text.clone()));
            let scope = match scope_chat {
                Some(chat) => BotCommandScope::Chat { chat_id: recipient(*chat) },
                None => BotCommandScope::AllPrivateChats,
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
    topic: Option<i64>,
    name: &str,
    text: &str,
    reply_to: Option<i64>,
) -> Result<Shown, ApiError> {
    #[derive(serde::Deserialize)]
    struct Sent {
        message_id: i64,
    }
    let attempt = |topic: Option<i64>| {
        let mut fields = vec![("chat_id", chat.to_string())];
        fields.extend(topic.map(|topic| ("message_thread_id", topic.to_string())));
        fields.extend(reply_to.map(|id| {
            // The file matters more than what it hangs on.
            let reply = serde_json::json!({ "message_id": id, "allow_sending_without_reply": true });
            ("reply_parameters", reply.to_string())
        }));
        api.send_document::<Sent>(fields, name.to_owned(), text.as_bytes().to_vec())
    };
    let (sent, left_topic) = match attempt(topic).await {
        Err(ApiError { failure: Failure::TopicGone, .. }) if topic.is_some() => (attempt(None).await?, true),
        sent => (sent?, false),
    };
    Ok(Shown { message_id: sent.message_id, cut: false, left_topic })
}

/// A whisper that was heard is not kept.
async fn forget_whisper(conn: &mut sqlx::PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("update outbox set call = call || '{\"sealed\": \"\"}' where id = $1", id).execute(conn).await?;
    Ok(())
}
