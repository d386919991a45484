//! What people's clients show, as it happens: the emulator's server-sent events.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

/// The stream outlives any ordinary call.
const LIFE: Duration = Duration::from_secs(3600);

/// An open stream.
#[derive(Debug)]
pub(crate) struct Events {
    answer: reqwest::Response,
    unread: Vec<u8>,
}

impl Events {
    /// Opens the stream; nothing that happens after the return is missed.
    pub(crate) async fn open(http: &reqwest::Client, url: &str) -> Result<Self> {
        let answer = http.get(url).timeout(LIFE).send().await?.error_for_status()?;
        let mut events = Self { answer, unread: Vec::new() };
        // The first one says that the stream stands.
        events.next().await?;
        Ok(events)
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Result<Value> {
        loop {
            while let Some(event) = take_event(&mut self.unread) {
                if let Some(data) = data_of(&event) {
                    return serde_json::from_str(&data).context("an event is no JSON");
                }
            }
            let more = self.answer.chunk().await?;
            self.unread.extend_from_slice(&more.context("the emulator ended its stream of events")?);
        }
    }
}

/// Takes the first whole event from what was read: all up to an empty line.
fn take_event(unread: &mut Vec<u8>) -> Option<String> {
    let end = unread.windows(2).position(|pair| pair == b"\n\n")? + 2;
    let event: Vec<u8> = unread.drain(..end).collect();
    Some(String::from_utf8_lossy(&event).into_owned())
}

/// Its data; none for the comments that keep a connection open.
fn data_of(event: &str) -> Option<String> {
    let lines: Vec<&str> = event.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim_start).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_taken_whole_however_they_arrive() {
        let mut unread = b": keep\n\ndata: {\"a\":1}\n\ndata: {\"b\"".to_vec();
        assert_eq!(take_event(&mut unread).as_deref().map(data_of), Some(None));
        let first = take_event(&mut unread);
        assert_eq!(first.as_deref().and_then(data_of).as_deref(), Some("{\"a\":1}"));
        assert_eq!(take_event(&mut unread), None);
        unread.extend_from_slice(b":2}\n\n");
        let second = take_event(&mut unread);
        assert_eq!(second.as_deref().and_then(data_of).as_deref(), Some("{\"b\":2}"));
        assert!(unread.is_empty());
    }
}
