//! One delivery over HTTP and what the receiver says to it.

use crate::Emulator;
use crate::api;
use crate::api::params::Params;
use crate::model::webhook::Webhook;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use std::error::Error as _;
use std::io;
use std::time::Duration;

const SECRET_HEADER: &str = "X-Telegram-Bot-Api-Secret-Token";
/// Largest answer that is looked at for a method call, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// Where deliveries go.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// `None` when this machine cannot make one; then nothing can be reached.
    client: Option<Client>,
    url: String,
    secret: Option<String>,
}

/// What became of a delivery.
#[derive(Debug)]
pub(super) enum Landing {
    /// Any 2xx.
    Taken,
    Refused {
        message: String,
        /// Seconds, when the receiver asks for some.
        retry_after: Option<u64>,
        /// It says that it is gone for good.
        gone: bool,
    },
    /// No connection could be made.
    Unreachable(String),
}

impl Landing {
    /// The failure in the words of `getWebhookInfo`.
    pub(super) fn error(&self) -> Option<&str> {
        match self {
            Self::Taken => None,
            Self::Refused { message, .. } | Self::Unreachable(message) => Some(message),
        }
    }

    /// As the transcript has it.
    pub(super) fn verdict(&self) -> &str {
        self.error().unwrap_or("ok")
    }
}

impl Target {
    /// `timeout` is how long an answer is awaited.
    pub(super) fn new(webhook: &Webhook, timeout: Duration) -> Self {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(timeout)
            .tcp_nodelay(true)
            .pool_max_idle_per_host(webhook.max_connections)
            .build();
        if let Err(error) = &client {
            tracing::error!("no HTTP client for webhooks: {error}");
        }
        Self { client: client.ok(), url: webhook.url.clone(), secret: webhook.secret.clone() }
    }

    /// Posts an update and runs the method that a good answer may carry.
    pub(super) async fn post(&self, emulator: &Emulator, bot: i64, update: &str) -> Landing {
        let Some(client) = &self.client else {
            return Landing::Unreachable("Connection failed".to_owned());
        };
        let mut request = client.post(&self.url).header(CONTENT_TYPE, "application/json").body(update.to_owned());
        if let Some(secret) = &self.secret {
            request = request.header(SECRET_HEADER, secret);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return broken(&error),
        };
        let status = response.status();
        if status.is_success() {
            return match follow(emulator, bot, response).await {
                Ok(()) => Landing::Taken,
                Err(error) => broken(&error),
            };
        }
        let retry_after =
            response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse().ok());
        Landing::Refused {
            message: format!("Wrong response from the webhook: {status}"),
            retry_after: retry_after.filter(|&s| s > 0),
            gone: status == StatusCode::GONE,
        }
    }
}

/// Reads an answer; the method in it, if there is one, is called for the bot and its result is told to nobody.
async fn follow(emulator: &Emulator, bot: i64, response: Response) -> Result<(), reqwest::Error> {
    let kind = response.headers().get(CONTENT_TYPE).cloned();
    let body = response.bytes().await?;
    let Some(kind) = kind.filter(|_| !body.is_empty() && body.len() <= MAX_ANSWER) else {
        return Ok(());
    };
    let mut request = Request::new(Body::from(body));
    request.headers_mut().insert(CONTENT_TYPE, kind);
    // What cannot be read is no call, as on the server.
    if let Ok(params) = Params::read(request, MAX_ANSWER).await
        && let Some(method) = params.text("method").filter(|m| may_answer_with(m))
    {
        api::execute(emulator, bot, method, &params).await;
    }
    Ok(())
}

/// Methods whose result somebody would have to read, and those about the webhook itself, are not run.
fn may_answer_with(method: &str) -> bool {
    let method = method.to_ascii_lowercase();
    !method.starts_with("get") && !matches!(method.as_str(), "setwebhook" | "deletewebhook" | "close" | "logout")
}

fn broken(error: &reqwest::Error) -> Landing {
    if error.is_connect() {
        return Landing::Unreachable(reason(error).to_owned());
    }
    let message = if error.is_timeout() { "Read timeout expired" } else { "Connection closed" };
    Landing::Refused { message: message.to_owned(), retry_after: None, gone: false }
}

/// Why no connection could be made.
fn reason(error: &reqwest::Error) -> &'static str {
    let mut cause = error.source();
    while let Some(inner) = cause {
        match inner.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => return "Connection refused",
            Some(io::ErrorKind::TimedOut) => return "Connection timed out",
            _ => cause = inner.source(),
        }
    }
    "Connection failed"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_may_act_but_not_ask() {
        assert!(may_answer_with("sendMessage"));
        for method in ["getMe", "GETUPDATES", "setWebhook", "deleteWebhook", "close", "logOut"] {
            assert!(!may_answer_with(method), "{method}");
        }
    }
}
