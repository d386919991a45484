//! No bot: answers every update with a reply at once, by hand-written HTTP. What `measure` reaches with it is what
//! `measure` itself can do.
//!
//! `null --port 9000 --api http://127.0.0.1:8081 --token 1:A`

use anyhow::Context as _;
use clap::Parser;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const QUESTIONS: [&str; 3] =
    ["1/3 What is your business called?", "2/3 Which city is it in?", "3/3 Which number may we print?"];
const TAKEN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

#[derive(Debug, Parser)]
struct Arguments {
    /// Where updates are posted to, on this machine.
    #[arg(long)]
    port: u16,
    /// The Bot API server.
    #[arg(long)]
    api: String,
    #[arg(long)]
    token: String,
}

/// What is read of an update.
#[derive(Debug, Deserialize)]
struct Update {
    message: Message,
}

#[derive(Debug, Deserialize)]
struct Message {
    chat: Chat,
}

#[derive(Debug, Deserialize)]
struct Chat {
    id: i64,
}

#[derive(Debug)]
struct Bot {
    /// Host and port.
    api: String,
    token: String,
    /// How many questions each chat was asked.
    asked: Mutex<HashMap<i64, usize>>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    let api = arguments.api.strip_prefix("http://").context("only http is spoken")?.to_owned();
    let bot = Arc::new(Bot { api, token: arguments.token, asked: Mutex::default() });
    let mut line = Line::to(&bot.api).await?;
    let url = format!("http://127.0.0.1:{}/hook", arguments.port);
    bot.call(&mut line, "setWebhook", &json!({"url": url})).await?;
    loop {
        let (socket, _) = listener.accept().await?;
        let bot = bot.clone();
        tokio::spawn(async move {
            if let Err(error) = bot.serve(socket).await {
                eprintln!("null: {error:#}");
            }
        });
    }
}

impl Bot {
    /// Takes updates from one connection until it is closed; replies go by one of their own.
    async fn serve(&self, socket: TcpStream) -> anyhow::Result<()> {
        let (mut updates, mut replies) = (Line::over(socket)?, Line::to(&self.api).await?);
        while let Some(body) = updates.body().await? {
            let chat = serde_json::from_slice::<Update>(&body)?.message.chat.id;
            updates.socket.write_all(TAKEN).await?;
            let text = self.next_question(chat);
            self.call(&mut replies, "sendMessage", &json!({"chat_id": chat, "text": text})).await?;
        }
        Ok(())
    }

    fn next_question(&self, chat: i64) -> &'static str {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let count = asked.entry(chat).or_default();
        *count += 1;
        QUESTIONS[(*count - 1) % QUESTIONS.len()]
    }

    async fn call(&self, line: &mut Line, method: &str, parameters: &serde_json::Value) -> anyhow::Result<()> {
        let body = parameters.to_string();
        let request = format!(
            "POST /bot{}/{method} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            self.api,
            body.len()
        );
        line.socket.write_all(request.as_bytes()).await?;
        line.body().await?.context("the Bot API hung up").map(drop)
    }
}

/// A connection over which messages with a length come.
#[derive(Debug)]
struct Line {
    socket: TcpStream,
    read: Vec<u8>,
}

impl Line {
    async fn to(address: &str) -> anyhow::Result<Self> {
        Self::over(TcpStream::connect(address).await?)
    }

    fn over(socket: TcpStream) -> anyhow::Result<Self> {
        socket.set_nodelay(true)?;
        Ok(Self { socket, read: Vec::new() })
    }

    /// The body of the next message; none when the other side is gone.
    async fn body(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        loop {
            if let Some(begin) = self.read.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) {
                let head = String::from_utf8_lossy(&self.read[..begin]).to_ascii_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
                let end = begin + length.context("a message without a length")?.trim().parse::<usize>()?;
                if self.read.len() >= end {
                    let rest = self.read.split_off(end);
                    let mut message = std::mem::replace(&mut self.read, rest);
                    return Ok(Some(message.split_off(begin)));
                }
            }
            if self.socket.read_buf(&mut self.read).await? == 0 {
                return Ok(None);
            }
        }
    }
}
