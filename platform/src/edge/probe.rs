//! One small HTTP request through the edge, as a visitor would make it.
//!
//! Written out here, since it must go to our own port whatever the name resolves to, and needs nothing else of HTTP:
//! with version 1.0 the answer ends with the connection.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{EdgeError, Result};

/// The most that is read of an answer.
const MAX_ANSWER: u64 = 256 * 1024;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, and their values, in order.
    pub headers: Vec<(String, String)>,
    /// The first 256 KiB.
    pub body: String,
}

impl Answer {
    /// The first value of a header, asked for in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

pub(super) async fn get(port: u16, host: &str, path: &str, limit: Duration) -> Result<Answer> {
    let no_answer = |detail: String| EdgeError::NoAnswer { port, detail };
    let exchange = async {
        let mut stream = TcpStream::connect((IpAddr::V4(Ipv4Addr::LOCALHOST), port)).await?;
        // A path comes from our own code; anything that could begin a second line is cut off all the same.
        let path = path.split([' ', '\r', '\n']).next().unwrap_or("/");
        let request = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\nUser-Agent: waas-hub-probe\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.take(MAX_ANSWER).read_to_end(&mut bytes).await?;
        std::io::Result::Ok(bytes)
    };
    let bytes = tokio::time::timeout(limit, exchange)
        .await
        .map_err(|_| no_answer(format!("no answer within {} ms", limit.as_millis())))?
        .map_err(|error| no_answer(error.to_string()))?;
    parse(&String::from_utf8_lossy(&bytes)).ok_or_else(|| no_answer("what answers is not HTTP".to_owned()))
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Some(Answer { status, headers, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_apart() {
        let answer =
            parse("HTTP/1.1 404 Not Found\r\nServer: x\r\nX-A: b: c\r\n\r\nbody\r\n\r\nmore").expect("an answer");
        assert_eq!(
            (answer.status, answer.header("x-a"), answer.body.as_str()),
            (404, Some("b: c"), "body\r\n\r\nmore")
        );
        for text in ["", "hello", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 abc\r\n\r\n"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
