//! Live changes of one tab: rendered fragments as server-sent events.

use super::{Looking, View};
use crate::Emulator;
use crate::model::{Event, Telegram};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::sse::{self, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _, stream};
use serde_json::{Value, json};
use std::convert::Infallible;
use tokio_stream::wrappers::BroadcastStream;

/// `GET /app/stream?as=PERSON&chat=KEY`.
pub(crate) async fn stream(
    State(emulator): State<Emulator>,
    Query(view): Query<View>,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, StatusCode> {
    let (looking, receiver) = {
        let telegram = emulator.lock();
        let looking = view.resolve(&telegram).ok_or(StatusCode::NOT_FOUND)?;
        (looking, telegram.subscribe())
    };
    let events = BroadcastStream::new(receiver).flat_map(move |event| {
        let fragments = match event {
            Ok(event) => {
                let telegram = emulator.lock();
                // The chat may have begun since the tab was opened.
                let looking = view.resolve(&telegram).unwrap_or(Looking { ..looking });
                telegram.fragments(&event, &looking)
            }
            Err(_) => vec![("reload", json!({}))],
        };
        stream::iter(fragments)
    });
    let events = events.map(|(name, data)| Ok(sse::Event::default().event(name).data(data.to_string())));
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

impl Telegram {
    /// What an event changes in a tab.
    fn fragments(&self, event: &Event, looking: &Looking) -> Vec<(&'static str, Value)> {
        if !self.concerns(event, looking.person) {
            return Vec::new();
        }
        let chats = json!({"html": self.chat_list(looking).0});
        let mut fragments = vec![("chats", chats)];
        if looking.place != Some(event.place) {
            return fragments;
        }
        match (event.kind, event.message_id) {
            ("chat_action", _) => fragments = vec![("typing", json!(event.detail))],
            ("deleted_message", Some(id)) => fragments.push(("gone", json!({"id": id}))),
            ("new_message" | "edited_message" | "reaction", Some(id)) => {
                if let Some(message) = self.message(event.place, id) {
                    let html = self.bubble(event.place, message, looking.person).0;
                    let own = message.from == looking.person;
                    fragments.push(("message", json!({"id": id, "own": own, "html": html})));
                }
            }
            _ => {}
        }
        if matches!(event.kind, "new_message" | "deleted_message" | "chat") {
            let html = self.composer(event.place, looking.person, None).0;
            fragments.push(("composer", json!({"html": html})));
        }
        fragments
    }
}
