//! The survey without any library for bots: what Postgres, axum and an HTTP client can do when nothing else is asked.
//!
//! `bare --port 9000 --api http://127.0.0.1:8081 --token 1:A --database postgres://…`
//!
//! An update is taken (200) when it and the new state of its conversation are committed. All updates that came while a
//! commit was under way share the next one.

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use clap::Parser;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, NoTls, Statement};

const SECRET: &str = "a-secret_of-this-run";
const QUESTIONS: [&str; 3] =
    ["1/3 What is your business called?", "2/3 Which city is it in?", "3/3 Which number may we print?"];
/// The most updates in one commit.
const BATCH: usize = 500;

/// Made anew with every start: a run numbers its updates from 1.
const TABLES: &str = "
    drop table if exists bare_inbox, bare_conversation;
    create table bare_inbox (update_id bigint primary key, chat bigint not null, body text not null);
    create table bare_conversation (chat bigint primary key, question int not null);";

/// Keeps updates and moves their conversations on; one update a chat. A known update moves nothing.
const TAKE: &str = "
    with taken as (
        insert into bare_inbox (update_id, chat, body)
        select * from unnest($1::bigint[], $2::bigint[], $3::text[])
        on conflict do nothing
        returning chat
    )
    insert into bare_conversation as conversation (chat, question)
    select chat, 0 from taken
    on conflict (chat) do update set question = (conversation.question + 1) % 3
    returning chat, question";

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
    /// Where the inbox and the state are.
    #[arg(long)]
    database: String,
}

/// What is read of an update.
#[derive(Debug, Deserialize)]
struct Update {
    update_id: i64,
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

/// An update on its way into the database.
#[derive(Debug)]
struct Arrival {
    update: i64,
    chat: i64,
    body: String,
    /// Told the question to ask once that is committed; `None` for an update that was there already.
    committed: oneshot::Sender<Option<usize>>,
}

#[derive(Debug)]
struct Bot {
    http: reqwest::Client,
    api: String,
    arrivals: mpsc::Sender<Arrival>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (database, connection) = tokio_postgres::connect(&arguments.database, NoTls).await?;
    tokio::spawn(connection);
    database.batch_execute(TABLES).await?;
    let take = database.prepare(TAKE).await?;
    let (arrivals, queue) = mpsc::channel(10_000);
    tokio::spawn(async move {
        // The handlers find the queue closed and refuse.
        if let Err(error) = commit_batches(&database, &take, queue).await {
            eprintln!("bare: {error:#}");
        }
    });

    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    let api = format!("{}/bot{}", arguments.api, arguments.token);
    let bot = Arc::new(Bot { http: reqwest::Client::new(), api, arrivals });
    bot.call(
        "setWebhook",
        &json!({"url": format!("http://127.0.0.1:{}/hook", arguments.port), "secret_token": SECRET}),
    )
    .await?;
    axum::serve(listener, Router::new().route("/hook", post(take_update)).with_state(bot)).await?;
    Ok(())
}

impl Bot {
    async fn call(&self, method: &str, parameters: &serde_json::Value) -> anyhow::Result<()> {
        let response = self.http.post(format!("{}/{method}", self.api)).json(parameters).send().await?;
        response.error_for_status()?.bytes().await?;
        Ok(())
    }
}

async fn take_update(State(bot): State<Arc<Bot>>, headers: HeaderMap, body: String) -> StatusCode {
    if headers.get("x-telegram-bot-api-secret-token").is_none_or(|secret| secret != SECRET) {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(update) = serde_json::from_str::<Update>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let chat = update.message.chat.id;
    let (committed, outcome) = oneshot::channel();
    if bot.arrivals.send(Arrival { update: update.update_id, chat, body, committed }).await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let Ok(question) = outcome.await else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    if let Some(text) = question.and_then(|number| QUESTIONS.get(number)) {
        tokio::spawn(async move {
            if let Err(error) = bot.call("sendMessage", &json!({"chat_id": chat, "text": text})).await {
                eprintln!("bare: {error:#}");
            }
        });
    }
    StatusCode::OK
}

async fn commit_batches(database: &Client, take: &Statement, mut queue: mpsc::Receiver<Arrival>) -> anyhow::Result<()> {
    let mut waiting = Vec::new();
    loop {
        if waiting.is_empty() && queue.recv_many(&mut waiting, BATCH).await == 0 {
            return Ok(());
        }
        while waiting.len() < BATCH
            && let Ok(arrival) = queue.try_recv()
        {
            waiting.push(arrival);
        }
        // A conversation moves one step in a commit; what else it said waits for the next.
        let mut batch: HashMap<i64, Arrival> = HashMap::with_capacity(waiting.len());
        for arrival in std::mem::take(&mut waiting) {
            match batch.entry(arrival.chat) {
                Entry::Vacant(place) => {
                    place.insert(arrival);
                }
                Entry::Occupied(_) => waiting.push(arrival),
            }
        }
        commit(database, take, batch).await?;
    }
}

async fn commit(database: &Client, take: &Statement, mut batch: HashMap<i64, Arrival>) -> anyhow::Result<()> {
    let rows = {
        let updates: Vec<i64> = batch.values().map(|arrival| arrival.update).collect();
        let chats: Vec<i64> = batch.values().map(|arrival| arrival.chat).collect();
        let bodies: Vec<&str> = batch.values().map(|arrival| arrival.body.as_str()).collect();
        database.query(take, &[&updates, &chats, &bodies]).await.context("commit")?
    };
    for row in rows {
        let (chat, question): (i64, i32) = (row.get(0), row.get(1));
        if let Some(arrival) = batch.remove(&chat) {
            // A handler whose client went away does not listen.
            let _ = arrival.committed.send(usize::try_from(question).ok());
        }
    }
    for arrival in batch.into_values() {
        let _ = arrival.committed.send(None);
    }
    Ok(())
}
