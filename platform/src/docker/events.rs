//! What happens to containers, as it happens. A hint, never the truth: after each [`Signal::Resync`] the listener looks
//! at everything itself.

use std::collections::HashMap;
use std::pin::Pin;
use std::time::Duration;

use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptions;
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt, stream};

use super::engine::{Engine, Result};
use super::error::DockerError;
use super::inventory::LabelFilter;
use super::labels::{self, Labels};

/// Pauses between attempts to listen again: from the first, doubled, to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(5);

/// What a listener gets.
#[derive(Clone, Debug)]
pub enum Signal {
    /// Listening begins, or begins again after a gap: look at everything once.
    Resync,
    /// Something happened.
    Event(ContainerEvent),
    /// The engine is gone; the stream goes on trying. Said once a gap.
    Lost {
        /// What the connection said.
        detail: String,
    },
}

/// Something that happened to a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerEvent {
    /// What.
    pub kind: EventKind,
    /// Full id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Service in its compose project; empty for none.
    pub service: String,
    /// Its labels, and other attributes of the event.
    pub labels: Labels,
    /// When, by the engine's clock.
    pub at: DateTime<Utc>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It was started.
    Started,
    /// Its process ended.
    Died {
        /// Exit code, 137 for a kill.
        exit_code: i64,
    },
    /// The kernel ended it for its memory.
    OutOfMemory,
    /// Its health checks pass again.
    Healthy,
    /// Its health checks fail.
    Unhealthy,
    /// It was removed.
    Removed,
}

type Messages = Pin<Box<dyn Stream<Item = std::result::Result<EventMessage, bollard::errors::Error>> + Send>>;

struct Listener {
    engine: Engine,
    filter: LabelFilter,
    /// In nanoseconds of the engine's clock; what came before is not told again.
    since: Option<i64>,
    open: Option<Messages>,
    pause: Duration,
    lost: bool,
}

impl Engine {
    /// Listens to the containers that carry the labels, for ever: lost connections are opened again from where they
    /// broke. With `since` what happened from then on is told first; otherwise it begins now by the engine's clock.
    pub fn events(
        &self,
        filter: LabelFilter,
        since: Option<DateTime<Utc>>,
    ) -> impl Stream<Item = Signal> + Send + use<> {
        let listener = Listener {
            engine: self.clone(),
            filter,
            since: since.and_then(|at| at.timestamp_nanos_opt()),
            open: None,
            pause: FIRST_PAUSE,
            lost: false,
        };
        stream::unfold(listener, |mut listener| async move {
            let signal = listener.next().await;
            Some((signal, listener))
        })
    }

    /// The moment by the engine's clock, in nanoseconds.
    async fn now(&self) -> Result<i64> {
        let client = self.client().await?;
        let info = client.info().await.map_err(|error| self.fail(error, "info"))?;
        let told = info.system_time.unwrap_or_default();
        let parsed = DateTime::parse_from_rfc3339(&told).ok().and_then(|at| at.timestamp_nanos_opt());
        parsed.ok_or_else(|| DockerError::Other { detail: format!("no time in {told:?}"), passing: false })
    }
}

impl Listener {
    async fn next(&mut self) -> Signal {
        loop {
            let Some(open) = self.open.as_mut() else {
                match self.listen().await {
                    Ok(()) => {
                        self.lost = false;
                        return Signal::Resync;
                    }
                    Err(error) if self.lost => {
                        tracing::debug!(%error, "still no engine to listen to");
                        tokio::time::sleep(self.pause).await;
                        self.pause = (self.pause * 2).min(LAST_PAUSE);
                    }
                    Err(error) => return self.gone(error.to_string()),
                }
                continue;
            };
            match open.next().await {
                Some(Ok(message)) => {
                    self.pause = FIRST_PAUSE;
                    // One past the last, since the engine counts the bound itself in.
                    self.since = message.time_nano.map(|at| at + 1).or(self.since);
                    if let Some(event) = event(message) {
                        return Signal::Event(event);
                    }
                }
                Some(Err(bollard::errors::Error::JsonDataError { message, .. })) => {
                    tracing::warn!(message, "an event of the engine could not be read");
                }
                Some(Err(error)) => {
                    let error = self.engine.fail(error, "listen to events");
                    return self.gone(error.to_string());
                }
                None => return self.gone("the event stream ended".to_owned()),
            }
        }
    }

    fn gone(&mut self, detail: String) -> Signal {
        self.open = None;
        self.lost = true;
        Signal::Lost { detail }
    }

    async fn listen(&mut self) -> Result<()> {
        // Asked each time: it is also the proof that somebody is there before "resync" is said.
        let now = self.engine.now().await?;
        let since = *self.since.get_or_insert(now);
        let client = self.engine.client().await?;
        let kinds = ["start", "die", "oom", "health_status", "destroy"];
        let mut filters: HashMap<String, Vec<String>> = self.filter.filters();
        filters.insert("type".to_owned(), vec!["container".to_owned()]);
        filters.insert("event".to_owned(), kinds.map(String::from).to_vec());
        let since = format!("{}.{:09}", since.div_euclid(1_000_000_000), since.rem_euclid(1_000_000_000));
        let options = EventsOptions { since: Some(since), until: None, filters: Some(filters) };
        self.open = Some(Box::pin(owned(client, options)));
        Ok(())
    }
}

/// bollard's stream borrows its client; this one takes it along.
fn owned(
    client: bollard::Docker,
    options: EventsOptions,
) -> impl Stream<Item = std::result::Result<EventMessage, bollard::errors::Error>> + Send {
    client.events(Some(options))
}

fn event(message: EventMessage) -> Option<ContainerEvent> {
    let action = message.action?;
    let actor = message.actor.unwrap_or_default();
    let labels: Labels = actor.attributes.unwrap_or_default().into_iter().collect();
    let kind = match action.as_str() {
        "start" => EventKind::Started,
        "die" => {
            EventKind::Died { exit_code: labels.get("exitCode").and_then(|code| code.parse().ok()).unwrap_or_default() }
        }
        "oom" => EventKind::OutOfMemory,
        "destroy" => EventKind::Removed,
        // The status stands inside the action.
        "health_status: healthy" => EventKind::Healthy,
        "health_status: unhealthy" => EventKind::Unhealthy,
        _ => return None,
    };
    Some(ContainerEvent {
        kind,
        id: actor.id.unwrap_or_default(),
        name: labels.get("name").cloned().unwrap_or_default(),
        service: labels.get(labels::SERVICE).cloned().unwrap_or_default(),
        at: DateTime::from_timestamp_nanos(message.time_nano.unwrap_or_default()),
        labels,
    })
}

#[cfg(test)]
mod tests {
    use bollard::models::EventActor;

    use super::*;

    #[test]
    fn actions_become_kinds_and_others_are_passed_over() {
        let message = |action: &str| EventMessage {
            action: Some(action.to_owned()),
            actor: Some(EventActor {
                id: Some("c1".to_owned()),
                attributes: Some(
                    [("name", "a-b-1"), ("exitCode", "137"), (labels::SERVICE, "b")]
                        .map(|(k, v)| (k.into(), v.into()))
                        .into(),
                ),
            }),
            time_nano: Some(1_700_000_000_000_000_000),
            ..Default::default()
        };
        let died = event(message("die")).expect("an event");
        assert_eq!(died.kind, EventKind::Died { exit_code: 137 });
        assert_eq!((died.name.as_str(), died.service.as_str()), ("a-b-1", "b"));
        assert_eq!(event(message("health_status: unhealthy")).map(|e| e.kind), Some(EventKind::Unhealthy));
        assert_eq!(event(message("exec_start: curl")), None);
    }
}
