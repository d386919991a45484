//! A pattern of channels listened to, on a connection of its own.
//!
//! Publish and subscribe loses: what is published while nobody listens is gone, and a server cuts off a slow listener. So the
//! socket is always drained at once into a bounded buffer, a lost connection is replaced, and each way to lose something is
//! told as a [`Gap`]. How much was lost in a gap is for the caller to count, from sequence numbers in the messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use redis::Client;
use redis::aio::{PubSubSink, PubSubStream};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::backoff::Backoff;
use super::{BusError, Settings};

/// Bounds of the buffer between the socket and a slow listener.
#[derive(Clone, Debug)]
pub struct SubscriptionLimits {
    /// The most messages that wait.
    pub messages: usize,
    /// The most payload bytes that wait in all.
    pub bytes: usize,
    /// The largest payload handed over; of larger ones only the head is.
    pub payload: usize,
    /// A connection that was silent for that long is asked whether it still lives.
    pub idle: Duration,
}

impl Default for SubscriptionLimits {
    fn default() -> Self {
        Self { messages: 16_384, bytes: 32 << 20, payload: 256 << 10, idle: Duration::from_secs(5) }
    }
}

/// What a subscription yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message as it was published.
    Message {
        /// The channel that it was published to.
        channel: String,
        /// The whole payload.
        payload: Bytes,
    },
    /// A message above [`SubscriptionLimits::payload`].
    TooLarge {
        /// The channel that it was published to.
        channel: String,
        /// Its size in bytes.
        size: usize,
        /// Its first bytes, at most 1 KiB.
        head: Bytes,
    },
    /// Something was or may have been missed here.
    Gap(Gap),
}

/// Why something was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The connection was lost and is back: what was published between is not known.
    Reconnected,
    /// The buffer was full: that many messages were dropped.
    Overflowed(u64),
}

/// A running subscription; dropping it ends it.
#[derive(Debug)]
pub struct Subscription {
    heard: mpsc::Receiver<Heard>,
    waiting_bytes: Arc<AtomicUsize>,
    _pump: AbortOnDropHandle<()>,
}

impl Subscription {
    pub(super) async fn open(
        client: Client,
        reach: Settings,
        pattern: String,
        limits: SubscriptionLimits,
    ) -> Result<Self, BusError> {
        let listening = listen(&client, &reach, &pattern).await?;
        let (sender, heard) = mpsc::channel(limits.messages.max(1));
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let buffer =
            Buffer { sender, waiting_bytes: Arc::clone(&waiting_bytes), limits, dropped: 0, reconnected: false };
        let pump = tokio::spawn(pump(client, reach, pattern, listening, buffer));
        Ok(Self { heard, waiting_bytes, _pump: AbortOnDropHandle::new(pump) })
    }

    /// The next thing heard, in the order of arrival. Waits while Redis is away. May be dropped while waiting.
    pub async fn next(&mut self) -> Heard {
        match self.heard.recv().await {
            Some(heard) => {
                self.waiting_bytes.fetch_sub(weight(&heard), Ordering::Relaxed);
                heard
            }
            // The pump ends only with this value: nothing will ever come.
            None => std::future::pending().await,
        }
    }
}

fn weight(heard: &Heard) -> usize {
    match heard {
        Heard::Message { payload, .. } => payload.len(),
        Heard::TooLarge { head, .. } => head.len(),
        Heard::Gap(_) => 0,
    }
}

type Listening = (PubSubSink, PubSubStream);

async fn listen(client: &Client, reach: &Settings, pattern: &str) -> Result<Listening, BusError> {
    let attempt = async {
        let (mut sink, stream) = client.get_async_pubsub().await?.split();
        sink.psubscribe(pattern).await?;
        Ok::<_, redis::RedisError>((sink, stream))
    };
    match tokio::time::timeout(reach.connect_timeout, attempt).await {
        Ok(listening) => Ok(listening?),
        Err(_) => Err(BusError::Away("no subscription in time".to_owned())),
    }
}

/// Drains the socket into the buffer for ever, replacing the connection when it is lost.
async fn pump(client: Client, reach: Settings, pattern: String, mut listening: Listening, mut buffer: Buffer) {
    loop {
        drain(&mut listening, &reach, &mut buffer).await;
        tracing::warn!(pattern, "lost the connection to Redis, subscribing again");
        let mut backoff = Backoff::new(reach.max_backoff);
        listening = loop {
            match listen(&client, &reach, &pattern).await {
                Ok(listening) => break listening,
                Err(error) => {
                    tracing::debug!(pattern, %error, "no subscription yet");
                    backoff.wait().await;
                }
            }
        };
        buffer.reconnected = true;
        buffer.tell_gaps();
    }
}

/// Returns when the connection is lost.
async fn drain((sink, stream): &mut Listening, reach: &Settings, buffer: &mut Buffer) {
    loop {
        match tokio::time::timeout(buffer.limits.idle, stream.next()).await {
            Ok(Some(message)) => buffer.offer(message.get_channel_name(), message.get_payload_bytes()),
            Ok(None) => return,
            Err(_) => {
                buffer.tell_gaps();
                // A half-open connection is silent for ever; only asking tells.
                let asked = tokio::time::timeout(reach.response_timeout, sink.ping::<redis::Value>());
                if !matches!(asked.await, Ok(Ok(_))) {
                    return;
                }
            }
        }
    }
}

/// The writing end of the bounded buffer. It never waits, so that the socket is always drained.
struct Buffer {
    sender: mpsc::Sender<Heard>,
    waiting_bytes: Arc<AtomicUsize>,
    limits: SubscriptionLimits,
    /// Messages dropped since the listener was last told.
    dropped: u64,
    /// The connection was replaced and the listener was not told yet.
    reconnected: bool,
}

impl Buffer {
    fn offer(&mut self, channel: &str, payload: &[u8]) {
        self.tell_gaps();
        let channel = channel.to_owned();
        let heard = if payload.len() > self.limits.payload {
            let head = Bytes::copy_from_slice(&payload[..payload.len().min(1024)]);
            Heard::TooLarge { channel, size: payload.len(), head }
        } else {
            Heard::Message { channel, payload: Bytes::copy_from_slice(payload) }
        };
        let weight = weight(&heard);
        let fits = self.waiting_bytes.load(Ordering::Relaxed) + weight <= self.limits.bytes;
        // A gap that could not be told yet keeps its place: what follows it is dropped rather than handed over before it.
        if !fits || self.dropped > 0 || self.reconnected {
            self.dropped += 1;
            return;
        }
        self.waiting_bytes.fetch_add(weight, Ordering::Relaxed);
        if self.sender.try_send(heard).is_err() {
            self.waiting_bytes.fetch_sub(weight, Ordering::Relaxed);
            self.dropped += 1;
        }
    }

    fn tell_gaps(&mut self) {
        if self.reconnected && self.sender.try_send(Heard::Gap(Gap::Reconnected)).is_ok() {
            self.reconnected = false;
        }
        if self.dropped > 0 && self.sender.try_send(Heard::Gap(Gap::Overflowed(self.dropped))).is_ok() {
            self.dropped = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(limits: SubscriptionLimits) -> (Buffer, mpsc::Receiver<Heard>) {
        let (sender, heard) = mpsc::channel(limits.messages);
        (Buffer { sender, waiting_bytes: Arc::default(), limits, dropped: 0, reconnected: false }, heard)
    }

    #[test]
    fn what_does_not_fit_is_counted_and_told_before_what_comes_next() {
        let (mut buffer, mut heard) = buffer(SubscriptionLimits { messages: 2, ..SubscriptionLimits::default() });
        for payload in ["1", "2", "3", "4"] {
            buffer.offer("c", payload.as_bytes());
        }
        heard.try_recv().expect("1 stands");
        heard.try_recv().expect("2 stands");
        buffer.offer("c", b"5");
        assert_eq!(heard.try_recv().expect("the gap"), Heard::Gap(Gap::Overflowed(2)));
        let five = Heard::Message { channel: "c".to_owned(), payload: Bytes::from_static(b"5") };
        assert_eq!(heard.try_recv().expect("what follows the gap"), five);
    }

    #[test]
    fn bytes_are_bounded_too_and_large_payloads_come_as_their_head() {
        let limits = SubscriptionLimits { bytes: 3000, payload: 2000, ..SubscriptionLimits::default() };
        let (mut buffer, mut heard) = buffer(limits);
        buffer.offer("c", &[b'x'; 2001]);
        buffer.offer("c", &[b'y'; 1976]);
        buffer.offer("c", b"z");
        assert!(matches!(heard.try_recv(), Ok(Heard::TooLarge { size: 2001, head, .. }) if head.len() == 1024));
        assert!(matches!(heard.try_recv(), Ok(Heard::Message { .. })));
        assert!(heard.try_recv().is_err());
        assert_eq!(buffer.dropped, 1);
    }
}
