//! Presses on inline buttons.

use super::{Body, Name, Refused};
use crate::Emulator;
use crate::markup::{Action, InlineButton, MAX_CALLBACK_DATA, bare_label};
use crate::model::message::Message;
use crate::model::{Answer, Telegram};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use std::time::Duration;

/// How long a client shows its spinner.
const PATIENCE: Duration = Duration::from_secs(15);

/// `POST /press`.
#[derive(Debug, Deserialize)]
pub(crate) struct Pressing {
    from: Name,
    chat: Name,
    message_id: i64,
    button: Option<Which>,
    /// Presses with this callback data, whatever the message shows: a button of an earlier state, or a forged one.
    data: Option<String>,
}

/// A button by its label, or by row and column counted from 0.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Which {
    Label(String),
    At(usize, usize),
}

/// Presses a button of the message as it stands and waits for the bot's answer.
pub(crate) async fn press(
    State(emulator): State<Emulator>,
    Body(pressing): Body<Pressing>,
) -> Result<Json<Answer>, Refused> {
    let (query, answer) = {
        let mut telegram = emulator.lock();
        let person = telegram.person_of(&pressing.from)?;
        let place = telegram.acting_place(&pressing.chat, person)?;
        let id = pressing.message_id;
        let message = telegram
            .message(place, id)
            .ok_or_else(|| Refused::missing(format!("there is no message {id} in that chat")))?;
        let bot = message.from;
        match chosen(&telegram, message, pressing.button, pressing.data)? {
            Action::CallbackData(data) => {
                let query = telegram.press(bot, person, place, id, &data);
                let answer = telegram.wait_for_answer(&query);
                emulator.touch();
                (query, answer)
            }
            Action::Url(url) | Action::WebApp { url } => {
                return Ok(Json(Answer { answered: true, url: Some(url), ..Answer::default() }));
            }
            Action::CopyText { text } => {
                return Ok(Json(Answer { answered: true, text: Some(text), ..Answer::default() }));
            }
            Action::SwitchInlineQuery(_) | Action::SwitchInlineQueryCurrentChat(_) => {
                return Err(Refused::bad("inline queries are not emulated"));
            }
        }
    };
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(answer)) => Ok(Json(answer)),
        _ => {
            emulator.lock().give_up(&query);
            Ok(Json(Answer::default()))
        }
    }
}

/// What the press does: that of the named button, or the callback with the given data.
fn chosen(
    telegram: &Telegram,
    message: &Message,
    button: Option<Which>,
    data: Option<String>,
) -> Result<Action, Refused> {
    match (button, data) {
        (Some(which), None) => {
            let rows = message
                .keyboard
                .as_ref()
                .and_then(|k| k.inline())
                .ok_or_else(|| Refused::missing(format!("message {} has no buttons", message.id)))?;
            Ok(find(rows, &which)?.action.clone())
        }
        (None, Some(data)) => {
            if !telegram.store.bots.contains_key(&message.from) {
                return Err(Refused::bad("only messages of bots can be pressed"));
            }
            if data.is_empty() || data.len() > MAX_CALLBACK_DATA {
                return Err(Refused::bad(format!("callback data has 1 to {MAX_CALLBACK_DATA} bytes")));
            }
            Ok(Action::CallbackData(data))
        }
        _ => Err(Refused::bad("give either button (label or [row, column]) or data (callback data)")),
    }
}

fn find<'a>(rows: &'a [Vec<InlineButton>], which: &Which) -> Result<&'a InlineButton, Refused> {
    let mut all = rows.iter().flatten();
    let found = match which {
        Which::At(row, column) => rows.get(*row).and_then(|r| r.get(*column)),
        Which::Label(label) => {
            all.clone().find(|b| b.text == *label).or_else(|| all.find(|b| bare_label(&b.text) == bare_label(label)))
        }
    };
    found.ok_or_else(|| {
        let labels: Vec<&str> = rows.iter().flatten().map(|b| b.text.as_str()).collect();
        Refused::missing(format!("there is no button {which:?}; there are {labels:?}"))
    })
}
