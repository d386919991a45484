//! Presses on inline buttons.

use super::{Body, Name, Refused};
use crate::Emulator;
use crate::markup::{Action, InlineButton, bare_label};
use crate::model::Answer;
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
    button: Which,
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
        let rows = message
            .keyboard
            .as_ref()
            .and_then(|k| k.inline())
            .ok_or_else(|| Refused::missing(format!("message {id} has no buttons")))?;
        let button = find(rows, &pressing.button)?;
        let bot = message.from;
        match button.action.clone() {
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
