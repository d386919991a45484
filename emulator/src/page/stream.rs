//! Live changes of one page: rendered fragments of each of its panes, and of its panel, as server-sent events.

use super::panel;
use super::spec::{Looking, Spec};
use super::transcript::Filter;
use crate::Emulator;
use crate::model::reading::Window;
use crate::model::{Event, Telegram};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{self, KeepAlive, Sse};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use std::convert::Infallible;
use tokio_stream::wrappers::BroadcastStream;

/// One change: the event's name and what it says.
pub(super) type Change = (&'static str, Value);

/// `GET /app/stream?people=SPEC,SPEC…&since=SERIAL`, with the panel also `&panel=1&after=SEQ` and its filter.
#[derive(Debug, Deserialize)]
pub(super) struct Watch {
    people: Option<String>,
    since: Option<u64>,
    panel: Option<String>,
    after: Option<u64>,
}

pub(super) async fn stream(
    State(emulator): State<Emulator>,
    Query(watch): Query<Watch>,
    Query(filter): Query<Filter>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let specs = watch.people.as_deref().map(Spec::list).unwrap_or_default();
    // A browser that connects again names the last event that it got.
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let known = resumed.or(watch.since);
    let (receiver, serial) = {
        let telegram = emulator.lock();
        (telegram.subscribe(), telegram.serial())
    };
    let missed = known.is_some_and(|known| known != serial);
    let first = missed.then(|| numbered(serial, ("reload", json!({}))));
    let panel: BoxStream<'_, Change> = match watch.panel {
        Some(_) => panel::changes(emulator.clone(), filter, watch.after.unwrap_or_default()).boxed(),
        None => stream::pending().boxed(),
    };
    let panes = BroadcastStream::new(receiver).flat_map(move |event| {
        let changes = match event {
            Ok(event) => {
                let mut telegram = emulator.lock();
                let panes = specs.iter().enumerate();
                let mut changes: Vec<Change> =
                    panes.flat_map(|(index, spec)| telegram.changes(&event, index, spec)).collect();
                if changes.is_empty() {
                    // The page has missed nothing, which it can only know by the number.
                    changes.push(("seen", json!({})));
                }
                changes.into_iter().map(|change| numbered(event.serial, change)).collect()
            }
            Err(_) => vec![named(("reload", json!({})))],
        };
        stream::iter(changes)
    });
    let all = stream::select(stream::iter(first).chain(panes), panel.map(named));
    Sse::new(all.map(Ok)).keep_alive(KeepAlive::default())
}

fn named((name, data): Change) -> sse::Event {
    sse::Event::default().event(name).data(data.to_string())
}

fn numbered(serial: u64, change: Change) -> sse::Event {
    named(change).id(serial.to_string())
}

impl Telegram {
    /// What an event changes in a pane; what becomes visible by it has been read.
    fn changes(&mut self, event: &Event, index: usize, spec: &Spec) -> Vec<Change> {
        let Some(looking) = self.look(spec) else {
            return Vec::new();
        };
        let here = looking.place == Some(event.place);
        if self.must_reload(event, spec, &looking, here) {
            return vec![("reload", json!({"pane": index}))];
        }
        if !self.concerns(event, looking.person) || event.kind == "callback_answered" {
            return Vec::new();
        }
        if event.kind == "chat_action" {
            let action = event.detail.as_ref().map(|d| d["action"].clone());
            return if here { vec![("typing", json!({"pane": index, "action": action}))] } else { Vec::new() };
        }
        let mut changes = Vec::new();
        if here && looking.window != Window::Closed {
            self.message_changes(event, index, &looking, &mut changes);
        }
        changes.push(part(index, "list", self.list(&looking).0));
        changes
    }

    /// Whether the chat itself is another: its members, its permission, its open topic.
    fn must_reload(&self, event: &Event, spec: &Spec, looking: &Looking, here: bool) -> bool {
        let about_them = || event.detail.as_ref().is_some_and(|d| d["member"] == json!(looking.person));
        let lost_topic = here && looking.window == Window::Closed && spec.names_a_topic();
        lost_topic || event.kind == "chat" && (here || self.means(spec, event.place) || about_them())
    }

    fn message_changes(&mut self, event: &Event, index: usize, looking: &Looking, changes: &mut Vec<Change>) {
        let Some(id) = event.message_id else {
            return;
        };
        let place = event.place;
        if event.kind == "deleted_message" {
            changes.push(("gone", json!({"pane": index, "id": id})));
        } else if let Some(message) = self.message(place, id).filter(|m| looking.window.shows(m.topic)) {
            let html = self.bubble(place, message, looking).0;
            let (own, topic) = (message.from == looking.person, message.topic);
            changes.push(("message", json!({"pane": index, "id": id, "own": own, "html": html})));
            self.mark_seen(looking.person, place, topic, id);
        }
        if matches!(event.kind, "new_message" | "deleted_message") {
            changes.push(part(index, "head", self.head(place, looking).0));
            changes.push(part(index, "composer", self.composer(place, looking, None).0));
        }
    }
}

fn part(index: usize, name: &str, html: String) -> Change {
    ("part", json!({"pane": index, "part": name, "html": html}))
}
