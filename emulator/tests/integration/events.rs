//! The stream of what a person's client would show.

use crate::server::Server;
use futures_util::{Stream, StreamExt as _};
use serde_json::{Value, json};
use std::pin::Pin;

pub(crate) struct Events {
    stream: Pin<Box<dyn Stream<Item = Vec<u8>> + Send>>,
    /// What was read of an event that is not yet whole.
    begun: Vec<u8>,
}

impl Events {
    /// Everything that the person is shown from now on.
    pub(crate) async fn of(server: &Server, person: i64) -> Self {
        let response = server.get(&format!("/_emulator/events?for={person}")).await;
        let stream = response.bytes_stream().map(|chunk| chunk.unwrap().to_vec());
        let mut events = Self { stream: Box::pin(stream), begun: Vec::new() };
        assert_eq!(events.next().await["type"], json!("ready"));
        events
    }

    pub(crate) async fn next(&mut self) -> Value {
        loop {
            if let Some(end) = self.begun.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = self.begun.drain(..end + 2).collect();
                // Anything else is a sign of life.
                if let Some(data) = event.strip_prefix(b"data: ") {
                    return serde_json::from_slice(data).unwrap();
                }
                continue;
            }
            let chunk = self.stream.next().await.unwrap();
            self.begun.extend(chunk);
        }
    }
}
