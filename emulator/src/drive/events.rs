//! What clients would show, as server-sent events.

use super::{Name, Refused};
use crate::Emulator;
use crate::model::Event;
use crate::model::Telegram;
use crate::model::chat::Place;
use axum::extract::{Query, State};
use axum::response::sse::{self, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use std::convert::Infallible;
use tokio_stream::wrappers::BroadcastStream;

/// `GET /events`; everybody's without a person.
#[derive(Debug, Deserialize)]
pub(crate) struct Watch {
    #[serde(rename = "for")]
    person: Option<String>,
}

/// The stream: first `{"type":"ready"}`, then each event as it happens; `{"type":"lagged"}` when some were missed.
pub(crate) async fn events(
    State(emulator): State<Emulator>,
    Query(watch): Query<Watch>,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, Refused> {
    let (person, receiver) = {
        let telegram = emulator.lock();
        let person = match &watch.person {
            Some(name) => Some(telegram.person_of(&Name::of(name))?),
            None => None,
        };
        (person, telegram.subscribe())
    };
    let ready = futures_util::stream::once(async { json!({"type": "ready"}) });
    let rest = BroadcastStream::new(receiver).filter_map(move |event| {
        let shown = match event {
            Ok(event) => {
                let telegram = emulator.lock();
                let visible = person.is_none_or(|p| telegram.concerns(&event, p));
                visible.then(|| telegram.event_json(&event))
            }
            Err(_) => Some(json!({"type": "lagged"})),
        };
        std::future::ready(shown)
    });
    let stream = ready.chain(rest).map(|data| Ok(sse::Event::default().data(data.to_string())));
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

impl Telegram {
    /// Whether a person's client would show an event.
    pub(crate) fn concerns(&self, event: &Event, person: i64) -> bool {
        match event.place {
            Place::Private { person: whose, .. } => whose == person,
            Place::Group { group } => self.store.groups.get(&group).is_some_and(|g| g.standing(person).is_inside()),
        }
    }

    /// An event as the driving API gives it.
    fn event_json(&self, event: &Event) -> Value {
        let (bot, person) = match event.place {
            Place::Private { bot, person } => (self.store.bots.get(&bot).map(|b| b.username()), Some(person)),
            Place::Group { .. } => (None, None),
        };
        json!({
            "type": event.kind,
            "chat": event.place.chat_id(),
            "bot": bot,
            "person": person,
            "message_id": event.message_id,
            "message": event.message,
            "detail": event.detail,
        })
    }
}
