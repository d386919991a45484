//! The Bot API as far as a survey needs it, as thin as can be.

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest as _, Multipart, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};

/// Between two looks whether the bot listens.
const LOOK: Duration = Duration::from_millis(20);

/// What the bot told and what is awaited from it.
#[derive(Debug)]
pub(crate) struct Telegram {
    bot: i64,
    webhook: watch::Sender<Option<Webhook>>,
    /// Who waits for the next message in a chat.
    awaited: Mutex<HashMap<i64, oneshot::Sender<String>>>,
    messages: AtomicI64,
    updates: AtomicI64,
}

/// Where updates go.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) secret_token: String,
}

#[derive(Debug, Deserialize)]
struct SendMessage {
    chat_id: i64,
    text: String,
}

#[derive(Debug, Deserialize)]
struct Edit {
    chat_id: i64,
    message_id: i64,
    text: Option<String>,
}

impl Telegram {
    /// For the bot of a token.
    pub(crate) fn of(token: &str) -> anyhow::Result<Self> {
        let bot =
            token.split(':').next().unwrap_or_default().parse().context("a token begins with the bot's number")?;
        let (webhook, awaited) = (watch::Sender::default(), Mutex::default());
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        // A bot may remember what an earlier run sent. Libraries keep these numbers in 32 bits.
        let updates = AtomicI64::new(i64::try_from(1 + seconds % 40_000)? * 100_000);
        Ok(Self { bot, webhook, awaited, messages: AtomicI64::new(0), updates })
    }

    /// Until the bot has told its webhook and listens there.
    pub(crate) async fn webhook_answers(&self) -> anyhow::Result<()> {
        let mut told = self.webhook.subscribe();
        let url = told.wait_for(Option::is_some).await?.as_ref().map(|webhook| webhook.url.clone());
        let url: reqwest::Url = url.context("no webhook")?.parse()?;
        let address = (url.host_str().context("no host")?.to_owned(), url.port_or_known_default().context("no port")?);
        // Some libraries tell it before they listen.
        while TcpStream::connect(address.clone()).await.is_err() {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    pub(crate) fn webhook(&self) -> anyhow::Result<Webhook> {
        self.webhook.borrow().clone().context("the bot took its webhook away")
    }

    /// The next message that the bot sends into a chat.
    pub(crate) fn next_message(&self, chat: i64) -> oneshot::Receiver<String> {
        let (sender, receiver) = oneshot::channel();
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner).insert(chat, sender);
        receiver
    }

    /// A text from a person, as it is posted.
    pub(crate) fn update(&self, chat: i64, text: &str) -> Value {
        json!({
            "update_id": self.updates.fetch_add(1, Ordering::Relaxed) + 1,
            "message": {
                "message_id": self.messages.fetch_add(1, Ordering::Relaxed) + 1,
                "date": 1_700_000_000,
                "chat": {"id": chat, "type": "private", "first_name": "Ann"},
                "from": {"id": chat, "is_bot": false, "first_name": "Ann", "language_code": "en"},
                "text": text,
            },
        })
    }

    fn send_message(&self, message: SendMessage) -> Value {
        let awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner).remove(&message.chat_id);
        let id = self.messages.fetch_add(1, Ordering::Relaxed) + 1;
        let sent = self.message(message.chat_id, id, &message.text);
        if let Some(awaited) = awaited {
            // Who waited may have lost patience.
            let _ = awaited.send(message.text);
        }
        sent
    }

    fn message(&self, chat: i64, id: i64, text: &str) -> Value {
        json!({
            "message_id": id,
            "date": 1_700_000_000,
            "chat": {"id": chat, "type": "private", "first_name": "Ann"},
            "from": self.me(),
            "text": text,
        })
    }

    fn me(&self) -> Value {
        json!({
        "id": self.bot, "is_bot": true, "first_name": "Peer", "username": "peer_bot",
        "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false,
        "can_connect_to_business": false, "has_main_web_app": false,
        })
    }
}

pub(crate) fn router(telegram: Arc<Telegram>) -> Router {
    Router::new().route("/{bot}/{method}", post(call)).with_state(telegram)
}

async fn call(
    State(telegram): State<Arc<Telegram>>,
    Path((_, method)): Path<(String, String)>,
    request: Request,
) -> Response {
    match answer(&telegram, &method, request).await {
        Ok(result) => {
            let body = json!({"ok": true, "result": result}).to_string();
            ([(CONTENT_TYPE, "application/json")], body).into_response()
        }
        Err(error) => refuse(&error),
    }
}

async fn answer(telegram: &Telegram, method: &str, request: Request) -> anyhow::Result<Value> {
    Ok(match method.to_ascii_lowercase().as_str() {
        "getme" => telegram.me(),
        "sendmessage" => telegram.send_message(read(request).await?),
        "editmessagetext" | "editmessagereplymarkup" => {
            let edit: Edit = read(request).await?;
            telegram.message(edit.chat_id, edit.message_id, edit.text.as_deref().unwrap_or("an older text"))
        }
        "setwebhook" => {
            telegram.webhook.send_replace(Some(read(request).await?));
            json!(true)
        }
        _ => json!(true),
    })
}

/// Libraries send JSON or forms, and multipart where there could be a file (the certificate of a webhook).
async fn read<T: DeserializeOwned>(request: Request) -> anyhow::Result<T> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("multipart/form-data") {
        let mut form = Multipart::from_request(request, &()).await?;
        let mut fields = Map::new();
        while let Some(field) = form.next_field().await? {
            fields.insert(field.name().unwrap_or_default().to_owned(), field.text().await?.into());
        }
        return Ok(serde_json::from_value(fields.into())?);
    }
    let is_json = kind.starts_with("application/json");
    let body = Bytes::from_request(request, &()).await?;
    if is_json { Ok(serde_json::from_slice(&body)?) } else { Ok(serde_urlencoded::from_bytes(&body)?) }
}

fn refuse(error: &anyhow::Error) -> Response {
    eprintln!("measure: a call cannot be read: {error:#}");
    let body = json!({"ok": false, "error_code": 400, "description": "Bad Request"}).to_string();
    (StatusCode::BAD_REQUEST, [(CONTENT_TYPE, "application/json")], body).into_response()
}
