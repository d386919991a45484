//! Who posts leads: many connections, each with the next call when the answer to the one before came. HTTP is written by
//! hand, since whoever measures shares the processors with whom it measures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Utc};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Who post side by side: as many calls as the hub puts into one commit.
const CONNECTIONS: usize = 64;
/// For one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where leads are posted to.
pub(super) struct Target {
    /// On loopback.
    pub(super) port: u16,
    /// Without `Bearer`.
    pub(super) token: String,
}

/// What became of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Posted {
    /// Calls that were answered.
    pub(super) calls: u64,
    /// Leads that were new, by the answers.
    pub(super) leads: u64,
    /// From the first call to the last answer.
    pub(super) took: Duration,
}

/// Posts arrays of `size` for `seconds`; no lead has an id of another's. `numbers` counts them.
///
/// # Errors
/// An answer is another than 202, or does not say that all of its leads were new.
pub(super) async fn post(
    target: &Arc<Target>,
    size: u64,
    lasting: Duration,
    numbers: &Arc<AtomicU64>,
) -> Result<Posted> {
    let began = Instant::now();
    let now = Utc::now();
    let spawn = |_| {
        let (target, numbers) = (Arc::clone(target), Arc::clone(numbers));
        tokio::spawn(async move {
            let mut caller = Caller::open(&target).await?;
            let mut calls = 0;
            while began.elapsed() < lasting {
                let first = numbers.fetch_add(size, Ordering::Relaxed);
                let accepted = caller.post(&target, &body(first, size, now)).await?;
                ensure!(accepted == size, "of {size} new leads {accepted} were taken");
                calls += 1;
            }
            anyhow::Ok(calls)
        })
    };
    let callers: Vec<_> = (0..CONNECTIONS).map(spawn).collect();
    let mut calls = 0;
    for caller in callers {
        calls += caller.await??;
    }
    Ok(Posted { calls, leads: calls * size, took: began.elapsed() })
}

/// Leads as a gateway sends them, all of the same length.
fn body(first: u64, size: u64, at: DateTime<Utc>) -> String {
    let mut body = String::with_capacity(usize::try_from(size * 420).unwrap_or_default());
    let at = at.format("%Y-%m-%dT%H:%M:%SZ");
    for number in first..first + size {
        body.push(if number == first { '[' } else { ',' });
        body.push_str(&format!(
            r#"{{"id":"bench-{number:09}","source":"bench.example","niche":"beauty_salon","name":"Anna Weber {number:09}","phone":"+49 30 {:08}","email":"anna{number:09}@new-salon.example","message":"We run a small business and want a site where customers can book a time. Please call in the morning.","locale":"de","created_at":"{at}"}}"#,
            number % 100_000_000
        ));
    }
    body.push(']');
    body
}

/// One connection that is kept.
struct Caller {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Caller {
    async fn open(target: &Target) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", target.port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::new() })
    }

    /// How many leads the answer says were new.
    async fn post(&mut self, target: &Target, body: &str) -> Result<u64> {
        let head = format!(
            "POST /v1/leads HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            target.token,
            body.len()
        );
        self.stream.write_all((head + body).as_bytes()).await?;
        let answer = tokio::time::timeout(PATIENCE, self.answer()).await;
        let answer = answer.with_context(|| format!("a call was not answered within {PATIENCE:?}"))??;
        ensure!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
        accepted(&answer).with_context(|| format!("not the answer that was expected: {answer}"))
    }

    async fn answer(&mut self) -> Result<String> {
        loop {
            if let Some(end) = end_of_message(&self.read) {
                let message: Vec<u8> = self.read.drain(..end).collect();
                return Ok(String::from_utf8_lossy(&message).into_owned());
            }
            ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the connection was closed");
        }
    }
}

/// Where the first answer in the bytes ends, if it is whole.
fn end_of_message(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(bytes.get(..head)?).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse::<usize>().ok()?;
    (bytes.len() >= head + length).then_some(head + length)
}

fn accepted(answer: &str) -> Option<u64> {
    let (_, rest) = answer.split_once("\"accepted\":")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_holds_so_many_different_leads() {
        let leads: Vec<serde_json::Value> = serde_json::from_str(&body(7, 3, Utc::now())).unwrap_or_default();
        let ids: Vec<&str> = leads.iter().filter_map(|lead| lead["id"].as_str()).collect();
        assert_eq!(ids, ["bench-000000007", "bench-000000008", "bench-000000009"]);
    }

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let whole = b"HTTP/1.1 202 Accepted\r\nContent-Length: 14\r\n\r\n{\"accepted\":3}";
        assert_eq!(end_of_message(whole), Some(whole.len()));
        assert_eq!(end_of_message(&whole[..whole.len() - 1]), None);
        assert_eq!(accepted(&String::from_utf8_lossy(whole)), Some(3));
        assert_eq!(accepted("{}"), None);
    }
}
