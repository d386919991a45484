//! Answers to pressed buttons.

use crate::api::call::{Call, Outcome, Reply};
use crate::api::error::ApiError;
use crate::model::Answer;

/// Longest answer in characters.
const MAX_ANSWER: usize = 200;

/// `answerCallbackQuery`, within the window after the press.
pub(crate) fn answer_callback_query(call: &mut Call<'_>) -> Reply {
    let text = call.params.text("text").map(str::to_owned);
    if text.as_ref().is_some_and(|t| t.chars().count() > MAX_ANSWER) {
        return Err(ApiError::bad_request("MESSAGE_TOO_LONG"));
    }
    let url = call.params.text("url").map(str::to_owned);
    let own = format!("t.me/{}?start", call.telegram.store.bots.get(&call.bot).map_or("", |b| b.username()));
    if url.as_ref().is_some_and(|u| !u.contains(&own)) {
        return Err(ApiError::bad_request("URL_INVALID"));
    }
    let query = call.params.text("callback_query_id").unwrap_or_default();
    let now = call.telegram.now_ms();
    let window = call.options.callback_window.as_millis();
    let callback = call
        .telegram
        .store
        .callbacks
        .get(query)
        .filter(|c| c.bot == call.bot)
        .filter(|c| u128::from((now - c.pressed_at).max(0).unsigned_abs()) <= window)
        .cloned()
        .ok_or_else(|| ApiError::bad_request("query is too old and response timeout expired or query ID is invalid"))?;
    let answer = Answer { answered: true, text, alert: call.params.flag("show_alert"), url };
    call.telegram.answer(query, &callback, answer);
    Ok(Outcome::done())
}
