//! One outbox row carried out: the call, and what its outcome means for the row and its card.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sqlx::PgConnection;
use teloxide::payloads::{
    AnswerCallbackQuery, AnswerCallbackQuerySetters, DeleteMessage, EditMessageReplyMarkup, EditMessageText,
    EditMessageTextSetters, SendMessage, SendMessageSetters, SetMyCommands, SetMyCommandsSetters,
};
use teloxide::types::{
    BotCommand, BotCommandScope, ButtonRequest, CallbackQueryId, ChatId, InlineKeyboardButton, InlineKeyboardMarkup,
    KeyboardButton, KeyboardMarkup, LinkPreviewOptions, MessageId, ParseMode, Recipient, ReplyMarkup, ThreadId,
};

use super::Sending;
use super::queue::Row;
use super::verdict::{self, Patience, Verdict};
use crate::clock::random;
use crate::render::{Html, TEXT_LIMIT};
use crate::secrets::{MasterKey, Sealed};
use crate::telegram::buttons::{KeyDoes, Keyboard};
use crate::telegram::cards::{self, Card};
use crate::telegram::outbox::{self, Call};
use crate::telegram::{Api, ApiError, BotId, Failure};

/// The part of a sent message that is kept.
#[derive(Deserialize)]
struct Sent {
    message_id: i64,
}

/// Calls Telegram for one row and records the outcome.
pub(super) async fn carry_out(with: &Sending, row: Row) -> anyhow::Result<()> {
    let Sending { pool, api, keys, bot, .. } = with;
    let bot = *bot;
    match (&row.card, &row.call) {
        (Some(card), _) => {
            let card = cards::load(&mut *pool.acquire().await?, *card).await?;
            draw(with, &row, &card).await
        }
        (None, Some(call)) => {
            let call: Call = serde_json::from_value(call.clone())?;
            let chat = row.chat.unwrap_or_default();
            let outcome = perform(api, keys, chat, &call).await?;
            let mut tx = pool.begin().await?;
            match outcome {
                Ok(message_id) => {
                    if let (Call::Whisper { delete_after_s, .. }, Some(message_id)) = (&call, message_id) {
                        forget_whisper(&mut tx, row.id).await?;
                        let after = Duration::from_secs(*delete_after_s);
                        outbox::delete_later(&mut tx, bot, chat, message_id, after).await?;
                    }
                    finish(&mut tx, row.id, "sent", message_id, None).await?;
                }
                Err(error) => settle(&mut tx, bot, with.patience(), &row, None, &error).await?,
            }
            Ok(tx.commit().await?)
        }
        (None, None) => Ok(()),
    }
}

async fn draw(with: &Sending, row: &Row, card: &Card) -> anyhow::Result<()> {
    let Sending { pool, api, bot, .. } = with;
    let chat = row.chat.unwrap_or_default();
    if card.message_id.is_some() && card.sent_version >= card.version {
        finish(&mut *pool.acquire().await?, row.id, "sent", card.message_id, None).await?;
        return Ok(());
    }
    let text = Text { html: &card.drawn.html, keyboard: &card.drawn.keyboard, topic: card.topic, ask_contact: None };
    let outcome = match card.message_id {
        Some(message_id) => edit(api, chat, message_id, &text).await.map(|()| message_id),
        None => send(api, chat, &text).await,
    };
    let mut tx = pool.begin().await?;
    match outcome {
        Ok(message_id) => {
            cards::sent(&mut tx, card, message_id).await?;
            finish(&mut tx, row.id, "sent", Some(message_id), None).await?;
        }
        Err(error) => settle(&mut tx, *bot, with.patience(), row, Some(card), &error).await?,
    }
    Ok(tx.commit().await?)
}

/// Records what a failure means.
async fn settle(
    conn: &mut PgConnection,
    bot: BotId,
    patience: Patience,
    row: &Row,
    card: Option<&Card>,
    error: &ApiError,
) -> anyhow::Result<()> {
    let verdict = verdict::on(&error.failure, row.attempts + 1, patience);
    let said = error.to_string();
    metrics::counter!("hub_telegram_failures_total", "failure" => format!("{:?}", error.failure)).increment(1);
    match verdict {
        Verdict::Done => {
            if let Some((card, message_id)) = card.and_then(|card| Some((card, card.message_id?))) {
                cards::sent(conn, card, message_id).await?;
            }
            finish(conn, row.id, "sent", None, None).await?;
        }
        Verdict::Hold(wait) => again(conn, bot, row, wait, &said).await?,
        Verdict::AgainUnknown(wait) => {
            if card.is_some_and(|card| card.message_id.is_none()) {
                sqlx::query!("update cards set unknown_sends = unknown_sends + 1 where id = $1", row.card)
                    .execute(&mut *conn)
                    .await?;
            }
            metrics::counter!("hub_outbox_unknown_total").increment(1);
            again(conn, bot, row, wait, &said).await?;
        }
        Verdict::SendAnew => match card {
            Some(card) => {
                cards::lost(conn, card.id).await?;
                again(conn, bot, row, Duration::ZERO, &said).await?;
            }
            None => finish(conn, row.id, "dropped", None, Some(&said)).await?,
        },
        Verdict::Move(chat) => {
            move_chat(conn, bot, row.chat.unwrap_or_default(), chat).await?;
            again(conn, bot, &Row { chat: Some(chat), ..blank(row) }, Duration::ZERO, &said).await?;
        }
        Verdict::Drop => finish(conn, row.id, "dropped", None, Some(&said)).await?,
        // These three are mended within the call; when they come back here the mended form was refused as well.
        Verdict::Plain | Verdict::AsFile | Verdict::WithoutTopic | Verdict::Bury => {
            tracing::warn!(outbox = row.id, error = said, "a message cannot be sent; it is a dead letter");
            bury(conn, row, &said).await?;
            finish(conn, row.id, "dead", None, Some(&said)).await?;
        }
    }
    Ok(())
}

fn blank(row: &Row) -> Row {
    Row { id: row.id, chat: row.chat, card: row.card, call: None, attempts: row.attempts }
}

/// Back into the queue; the chat rests, so that order within it is kept.
async fn again(conn: &mut PgConnection, bot: BotId, row: &Row, wait: Duration, error: &str) -> sqlx::Result<()> {
    // A newer draw of the same card may wait already; then this row is needless.
    let needless = sqlx::query_scalar!(
        r#"select exists (select 1 from outbox where card_id = $1 and state = 'waiting') as "needless!""#,
        row.card
    )
    .fetch_one(&mut *conn)
    .await?;
    if needless && row.card.is_some() {
        finish(conn, row.id, "dropped", None, Some("a newer draw waits")).await?;
    } else {
        let not_before = if row.chat.is_none() { wait.as_secs_f64() } else { 0.0 };
        sqlx::query!(
            "update outbox set state = 'waiting', last_error = $2, not_before = now() + make_interval(secs => $3)
             where id = $1",
            row.id,
            error,
            not_before
        )
        .execute(&mut *conn)
        .await?;
    }
    if let (Some(chat), false) = (row.chat, wait.is_zero()) {
        sqlx::query!(
            "insert into chat_holds (bot_id, chat_id, until) values ($1, $2, now() + make_interval(secs => $3))
             on conflict (bot_id, chat_id) do update set until = greatest(chat_holds.until, excluded.until)",
            bot.0,
            chat,
            wait.as_secs_f64()
        )
        .execute(conn)
        .await?;
    }
    Ok(())
}

async fn finish(
    conn: &mut PgConnection,
    id: i64,
    state: &str,
    message_id: Option<i64>,
    error: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update outbox set state = $2, message_id = $3, last_error = coalesce($4, last_error), finished_at = now()
         where id = $1",
        id,
        state,
        message_id,
        error
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn bury(conn: &mut PgConnection, row: &Row, reason: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into dead_letters (id, source, reason, attempts, raw, origin)
         select $1, 'message', $2, o.attempts,
                convert_to(coalesce(o.call, c.view)::text, 'UTF8'), o.id::text
         from outbox o left join cards c on c.id = o.card_id where o.id = $3",
        random::id(),
        reason,
        row.id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A group became a supergroup: its id changes wherever the platform keeps it.
async fn move_chat(conn: &mut PgConnection, bot: BotId, from: i64, to: i64) -> sqlx::Result<()> {
    sqlx::query!("update cards set chat_id = $3 where bot_id = $1 and chat_id = $2", bot.0, from, to)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("update buttons set chat_id = $2 where chat_id = $1", from, to).execute(&mut *conn).await?;
    sqlx::query!(
        "update outbox set chat_id = $3 where bot_id = $1 and chat_id = $2 and state in ('waiting', 'sending')",
        bot.0,
        from,
        to
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Anything that is not a card. Returns the message that came of it, if one did.
///
/// # Errors
/// A whisper cannot be opened: it was sealed with another master key.
async fn perform(api: &Api, keys: &MasterKey, chat: i64, call: &Call) -> anyhow::Result<Result<Option<i64>, ApiError>> {
    Ok(match call {
        Call::Whisper { sealed, .. } => {
            let opened = keys.open(outbox::WHISPER, &Sealed::from(STANDARD.decode(sealed)?))?;
            let html = Html::parse(opened.expose())?;
            let text = Text { html: &html, keyboard: &Vec::new(), topic: None, ask_contact: None };
            send(api, chat, &text).await.map(Some)
        }
        Call::Say { topic, html, keyboard, ask_contact } => {
            let text = Text { html, keyboard, topic: *topic, ask_contact: ask_contact.as_deref() };
            send(api, chat, &text).await.map(Some)
        }
        Call::Document { topic, name, text } => document(api, chat, *topic, name, text).await.map(Some),
        Call::AnswerCallback { id, text, alert } => {
            let mut payload = AnswerCallbackQuery::new(CallbackQueryId(id.clone())).show_alert(*alert);
            payload.text = text.clone();
            api.call::<_, bool>(&payload).await.map(|_| None)
        }
        Call::StripKeyboard { message_id } => {
            let payload = EditMessageReplyMarkup::new(recipient(chat), message(*message_id));
            api.call::<_, Sent>(&payload).await.map(|_| None)
        }
        Call::Delete { message_id } => {
            api.call::<_, bool>(&DeleteMessage::new(recipient(chat), message(*message_id))).await.map(|_| None)
        }
        Call::SetCommands { scope_chat, commands } => {
            let commands = commands.iter().map(|(name, text)| BotCommand::new(name.clone(), text.clone()));
            let scope = match scope_chat {
                Some(chat) => BotCommandScope::Chat { chat_id: recipient(*chat) },
                None => BotCommandScope::AllPrivateChats,
            };
            api.call::<_, bool>(&SetMyCommands::new(commands).scope(scope)).await.map(|_| None)
        }
    })
}

/// A whisper that was heard is not kept.
async fn forget_whisper(conn: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("update outbox set call = call || '{\"sealed\": \"\"}' where id = $1", id).execute(conn).await?;
    Ok(())
}

/// What one message shows.
struct Text<'a> {
    html: &'a Html,
    keyboard: &'a Keyboard,
    topic: Option<i64>,
    /// The label of a reply keyboard that shares the person's phone number.
    ask_contact: Option<&'a str>,
}

/// Sends a text; what does not parse goes as plain text, what is too long as its beginning and a file, what has lost its
/// topic without one: a message is never replaced by an apology.
async fn send(api: &Api, chat: i64, text: &Text<'_>) -> Result<i64, ApiError> {
    let attempt = |html: String, parse: bool, topic: Option<i64>| {
        let mut payload = SendMessage::new(recipient(chat), html).link_preview_options(no_preview());
        payload.parse_mode = parse.then_some(ParseMode::Html);
        payload.message_thread_id = topic.and_then(thread);
        payload.reply_markup = markup(text);
        async move { api.call::<_, Sent>(&payload).await.map(|sent| sent.message_id) }
    };
    let mut outcome = attempt(text.html.as_str().to_owned(), true, text.topic).await;
    if failed_with(&outcome, &Failure::TopicGone) {
        outcome = attempt(text.html.as_str().to_owned(), true, None).await;
    }
    if failed_with(&outcome, &Failure::BadMarkup) {
        outcome = attempt(text.html.plain(), false, text.topic).await;
    }
    if failed_with(&outcome, &Failure::TooLong) {
        outcome = attempt(text.html.cut(TEXT_LIMIT).into(), true, text.topic).await;
        if outcome.is_ok() {
            document(api, chat, text.topic, "message.txt", &text.html.plain()).await?;
        }
    }
    outcome
}

async fn edit(api: &Api, chat: i64, message_id: i64, text: &Text<'_>) -> Result<(), ApiError> {
    let attempt = |html: String, parse: bool| {
        let mut payload =
            EditMessageText::new(recipient(chat), message(message_id), html).link_preview_options(no_preview());
        payload.parse_mode = parse.then_some(ParseMode::Html);
        payload.reply_markup = Some(inline(text.keyboard));
        async move { api.call::<_, Sent>(&payload).await.map(|_| ()) }
    };
    let mut outcome = attempt(text.html.as_str().to_owned(), true).await;
    if failed_with(&outcome, &Failure::BadMarkup) {
        outcome = attempt(text.html.plain(), false).await;
    }
    if failed_with(&outcome, &Failure::TooLong) {
        outcome = attempt(text.html.cut(TEXT_LIMIT).into(), true).await;
    }
    outcome
}

async fn document(api: &Api, chat: i64, topic: Option<i64>, name: &str, text: &str) -> Result<i64, ApiError> {
    let mut fields = vec![("chat_id", chat.to_string())];
    if let Some(topic) = topic {
        fields.push(("message_thread_id", topic.to_string()));
    }
    let sent: Sent = api.send_document(fields, name.to_owned(), text.as_bytes().to_vec()).await?;
    Ok(sent.message_id)
}

fn failed_with<T>(outcome: &Result<T, ApiError>, failure: &Failure) -> bool {
    matches!(outcome, Err(error) if error.failure == *failure)
}

fn recipient(chat: i64) -> Recipient {
    Recipient::Id(ChatId(chat))
}

fn message(id: i64) -> MessageId {
    MessageId(i32::try_from(id).unwrap_or(i32::MAX))
}

fn thread(topic: i64) -> Option<ThreadId> {
    i32::try_from(topic).ok().map(|id| ThreadId(MessageId(id)))
}

fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

fn markup(text: &Text<'_>) -> Option<ReplyMarkup> {
    if let Some(label) = text.ask_contact {
        let share = KeyboardButton::new(label).request(ButtonRequest::Contact);
        return Some(KeyboardMarkup::new([[share]]).resize_keyboard().one_time_keyboard().into());
    }
    (!text.keyboard.is_empty()).then(|| inline(text.keyboard).into())
}

fn inline(keyboard: &Keyboard) -> InlineKeyboardMarkup {
    InlineKeyboardMarkup::new(keyboard.iter().map(|row| {
        row.iter().filter_map(|key| match &key.does {
            KeyDoes::Token(token) => Some(InlineKeyboardButton::callback(key.label.clone(), token.clone())),
            // A link that does not parse would make Telegram refuse the whole message.
            KeyDoes::Url(url) => Some(InlineKeyboardButton::url(key.label.clone(), url.parse().ok()?)),
        })
    }))
}
