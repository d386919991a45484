//! The transport: one typed call, and what its failure means.
//!
//! teloxide's own client drops `error_code` and matches error texts exactly, so that today's server falls into
//! "unknown" (docs/decisions/telegram-transport.md). This client keeps code, description and parameters, and never
//! shows the token: reqwest's errors are stripped of their address.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use reqwest::redirect::Policy;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use teloxide::payloads::{GetFile, GetMe};
use teloxide::requests::Payload;

use super::{BotId, BotIdentity, Reach};
use crate::secrets::Secret;

/// A Bot API server and the token of one bot.
#[derive(Clone)]
pub struct Api {
    client: reqwest::Client,
    base: String,
    token: Secret,
    timeout: Duration,
    reach: Reach,
}

/// What the caller should do about a failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Wait this long before the next call to this chat (429).
    RetryAfter(Duration),
    /// The server or the way to it is ill; it certainly did nothing (5xx, connection refused).
    Passing,
    /// Time ran out or the connection broke after the request had left: it may or may not have happened.
    Unknown,
    /// The screen already shows this; a success.
    NotModified,
    /// The message to edit or delete is gone.
    MessageGone,
    /// The text's markup does not parse; it can still go as plain text.
    BadMarkup,
    /// More text than one message holds.
    TooLong,
    /// The person blocked the bot, deleted the account or never pressed Start; or the bot was removed from the chat.
    Unreachable,
    /// There is no such chat.
    ChatNotFound,
    /// The group became a supergroup with this id.
    Migrated(i64),
    /// The topic is deleted.
    TopicGone,
    /// The topic is closed to the bot.
    TopicClosed,
    /// The group has no topics.
    NoForum,
    /// The bot is in the chat and may not do this there.
    NoRights,
    /// The callback can no longer be answered.
    CallbackExpired,
    /// Somebody else polls this token, or a webhook is set.
    Conflict,
    /// The token is refused.
    Unauthorized,
    /// A refusal that the catalogue above does not know; it is counted so that drift shows.
    Refused,
}

impl Failure {
    /// One word for metrics.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::RetryAfter(_) => "retry_after",
            Self::Passing => "passing",
            Self::Unknown => "unknown_outcome",
            Self::NotModified => "not_modified",
            Self::MessageGone => "message_gone",
            Self::BadMarkup => "bad_markup",
            Self::TooLong => "too_long",
            Self::Unreachable => "unreachable",
            Self::ChatNotFound => "chat_not_found",
            Self::Migrated(_) => "migrated",
            Self::TopicGone => "topic_gone",
            Self::TopicClosed => "topic_closed",
            Self::NoForum => "no_forum",
            Self::NoRights => "no_rights",
            Self::CallbackExpired => "callback_expired",
            Self::Conflict => "conflict",
            Self::Unauthorized => "unauthorized",
            Self::Refused => "refused",
        }
    }
}

/// A call that failed: what it means, and the server's own words.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{method}: {description}")]
pub struct ApiError {
    /// The Bot API method.
    pub method: &'static str,
    /// What to do about it.
    pub failure: Failure,
    /// The server's description, or the transport's message without the address.
    pub description: String,
}

#[derive(serde::Deserialize)]
struct Answer {
    ok: bool,
    /// Read by whoever asked: what is strange in it is no reason to doubt the rest.
    result: Option<Box<RawValue>>,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(serde::Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

impl Api {
    /// A client for the server at `base` (no trailing slash).
    ///
    /// # Errors
    /// The TLS back end cannot be set up.
    pub fn new(base: &str, token: Secret, timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            // The address holds the token, and whoever is pointed to would be told it as the referer.
            .redirect(Policy::none())
            .build()?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned(), token, timeout, reach: Reach::default() })
    }

    /// The bot's id as its token tells; `None` when the token has no numeric part before a colon.
    pub fn bot_id(&self) -> Option<BotId> {
        BotId::of_token(self.token.expose())
    }

    /// Whether the server answers.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Asks the server who the bot is.
    ///
    /// # Errors
    /// The call fails.
    pub async fn identity(&self) -> Result<BotIdentity, ApiError> {
        #[derive(serde::Deserialize)]
        struct Me {
            id: i64,
            username: String,
        }
        let me: Me = self.call(&GetMe::new()).await?;
        Ok(BotIdentity { id: BotId(me.id), username: me.username })
    }

    /// One call; the result is read as `T`, which may be less than the payload's whole output type.
    ///
    /// # Errors
    /// The server refuses, cannot be reached, or answers what does not read as `T`.
    pub async fn call<P, T>(&self, payload: &P) -> Result<T, ApiError>
    where
        P: Payload + Serialize,
        T: DeserializeOwned,
    {
        let timeout = self.timeout + payload.timeout_hint().unwrap_or_default();
        let request = self.client.post(self.method_url(P::NAME)).json(payload).timeout(timeout);
        self.finish(P::NAME, request).await
    }

    /// Sends a text as a file into a chat.
    ///
    /// # Errors
    /// As [`Api::call`].
    pub async fn send_document<T: DeserializeOwned>(
        &self,
        fields: Vec<(&'static str, String)>,
        file_name: String,
        content: Vec<u8>,
    ) -> Result<T, ApiError> {
        self.upload("SendDocument", "document", fields, file_name, content).await
    }

    /// Sends a picture into a chat.
    ///
    /// # Errors
    /// As [`Api::call`].
    pub async fn send_photo<T: DeserializeOwned>(
        &self,
        fields: Vec<(&'static str, String)>,
        file_name: String,
        content: Vec<u8>,
    ) -> Result<T, ApiError> {
        self.upload("SendPhoto", "photo", fields, file_name, content).await
    }

    async fn upload<T: DeserializeOwned>(
        &self,
        method: &'static str,
        part: &'static str,
        fields: Vec<(&'static str, String)>,
        file_name: String,
        content: Vec<u8>,
    ) -> Result<T, ApiError> {
        let content = Part::bytes(content).file_name(file_name);
        let form = fields.into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value));
        let form = form.part(part, content);
        let request = self.client.post(self.method_url(method)).multipart(form).timeout(self.timeout * 4);
        self.finish(method, request).await
    }

    /// Fetches a file that a person sent, at most `limit` bytes of it.
    ///
    /// # Errors
    /// The file is unknown, too large, or cannot be fetched.
    pub async fn download(&self, file_id: &str, limit: usize) -> Result<Vec<u8>, ApiError> {
        #[derive(serde::Deserialize)]
        struct File {
            file_path: Option<String>,
        }
        const METHOD: &str = "GetFile";
        let file: File = self.call(&GetFile::new(teloxide::types::FileId(file_id.to_owned()))).await?;
        let path = file.file_path.ok_or_else(|| refused(METHOD, "the server names no path for this file"))?;
        let url = format!("{}/file/bot{}/{path}", self.base, self.token.expose());
        let mut answer = self
            .client
            .get(url)
            .timeout(self.timeout * 4)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(|error| transport(METHOD, error))?;
        let mut content = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| transport(METHOD, error))? {
            if content.len() + chunk.len() > limit {
                return Err(refused(METHOD, "the file is larger than allowed"));
            }
            content.extend_from_slice(&chunk);
        }
        Ok(content)
    }

    fn method_url(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.base, self.token.expose())
    }

    /// Carries a call out, and notes whether the server could be reached.
    async fn finish<T: DeserializeOwned>(
        &self,
        method: &'static str,
        request: reqwest::RequestBuilder,
    ) -> Result<T, ApiError> {
        let outcome = carry_out(method, request).await;
        match &outcome {
            Err(ApiError { failure: Failure::Passing | Failure::Unknown, .. }) => self.reach.failed(),
            Ok(_) | Err(_) => self.reach.answered(),
        }
        outcome
    }
}

async fn carry_out<T: DeserializeOwned>(method: &'static str, request: reqwest::RequestBuilder) -> Result<T, ApiError> {
    let response = request.send().await.map_err(|error| transport(method, error))?;
    let status = response.status();
    let body = response.bytes().await.map_err(|error| transport(method, error))?;
    let result =
        understood(status, &body).map_err(|(failure, description)| ApiError { method, failure, description })?;
    let result = result.as_deref().map_or("null", RawValue::get);
    serde_json::from_str(result).map_err(|error| refused(method, &format!("unreadable result: {error}")))
}

/// The result in an answer, or what its failure means. What is no answer of a Bot API server came from something on the
/// way (a proxy's page, a portal): it refuses nothing in Telegram's name.
fn understood(status: StatusCode, body: &[u8]) -> Result<Option<Box<RawValue>>, (Failure, String)> {
    match serde_json::from_slice(body) {
        Ok(Answer { ok: true, result, .. }) => Ok(result),
        Ok(Answer { error_code: Some(code), description, parameters, .. }) => {
            let description = description.unwrap_or_else(|| format!("HTTP {status}"));
            Err((classify(code, &description, parameters.as_ref()), description))
        }
        Ok(_) | Err(_) => {
            let failure = if status.is_success() { Failure::Unknown } else { Failure::Passing };
            Err((failure, format!("HTTP {status} without a readable answer")))
        }
    }
}

fn refused(method: &'static str, description: &str) -> ApiError {
    ApiError { method, failure: Failure::Refused, description: description.to_owned() }
}

/// A request that never connected did nothing; any other broken one may have been carried out.
fn transport(method: &'static str, error: reqwest::Error) -> ApiError {
    let failure = if error.is_connect() { Failure::Passing } else { Failure::Unknown };
    // The address carries the token.
    let description = format!("{:#}", anyhow::Error::from(error.without_url()));
    ApiError { method, failure, description }
}

/// Reads the server's answer by code, parameters and words; words by substring and without regard to case, since they
/// change between server versions.
fn classify(code: u16, description: &str, parameters: Option<&Parameters>) -> Failure {
    if let Some(seconds) = parameters.and_then(|p| p.retry_after) {
        return Failure::RetryAfter(Duration::from_secs(seconds.max(1)));
    }
    if let Some(chat) = parameters.and_then(|p| p.migrate_to_chat_id) {
        return Failure::Migrated(chat);
    }
    let words = description.to_ascii_lowercase();
    let says = |part: &str| words.contains(part);
    match code {
        429 => Failure::RetryAfter(Duration::from_secs(1)),
        500.. => Failure::Passing,
        401 | 404 => Failure::Unauthorized,
        403 => Failure::Unreachable,
        409 => Failure::Conflict,
        _ if says("message is not modified") || says("topic_not_modified") => Failure::NotModified,
        _ if says("message to edit not found") || says("message to delete not found") => Failure::MessageGone,
        _ if says("message can't be edited") || says("there is no text in the message") => Failure::MessageGone,
        _ if says("can't parse entities") || says("unsupported start tag") => Failure::BadMarkup,
        _ if says("is too long") => Failure::TooLong,
        _ if says("chat not found") || says("peer_id_invalid") => Failure::ChatNotFound,
        _ if says("topic_closed") => Failure::TopicClosed,
        _ if says("thread not found") || says("topic_deleted") || says("topic_id_invalid") => Failure::TopicGone,
        _ if says("is not a forum") => Failure::NoForum,
        // Muted: nothing can be brought there, as if it had been put out.
        _ if says("rights to send") || says("write_forbidden") => Failure::Unreachable,
        _ if says("not enough rights") || says("chat_admin_required") => Failure::NoRights,
        _ if says("query is too old") || says("query id is invalid") => Failure::CallbackExpired,
        _ => Failure::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_words_become_a_decision() {
        let says = |code, text| classify(code, text, None);
        assert_eq!(says(400, "Bad Request: message is not modified: specified new message …"), Failure::NotModified);
        assert_eq!(says(400, "Bad Request: message to edit not found"), Failure::MessageGone);
        assert_eq!(
            says(400, "Bad Request: can't parse entities: Unclosed start tag at byte offset 3"),
            Failure::BadMarkup
        );
        assert_eq!(says(400, "Bad Request: message is too long"), Failure::TooLong);
        assert_eq!(says(403, "Forbidden: bot was blocked by the user"), Failure::Unreachable);
        assert_eq!(says(400, "Bad Request: message thread not found"), Failure::TopicGone);
        assert_eq!(says(400, "Bad Request: TOPIC_ID_INVALID"), Failure::TopicGone);
        assert_eq!(says(400, "Bad Request: TOPIC_CLOSED"), Failure::TopicClosed);
        assert_eq!(says(400, "Bad Request: TOPIC_NOT_MODIFIED"), Failure::NotModified);
        assert_eq!(says(400, "Bad Request: the chat is not a forum"), Failure::NoForum);
        assert_eq!(says(400, "Bad Request: not enough rights to create a topic"), Failure::NoRights);
        let muted = "Bad Request: not enough rights to send text messages to the chat";
        assert_eq!(says(400, muted), Failure::Unreachable);
        assert_eq!(
            says(400, "Bad Request: query is too old and response timeout expired or query ID is invalid"),
            Failure::CallbackExpired
        );
        assert_eq!(says(502, "Bad Gateway"), Failure::Passing);
        assert_eq!(says(400, "Bad Request: something new"), Failure::Refused);
    }

    #[test]
    fn parameters_come_before_words() {
        let wait = Parameters { retry_after: Some(7), migrate_to_chat_id: None };
        assert_eq!(
            classify(429, "Too Many Requests: retry after 7", Some(&wait)),
            Failure::RetryAfter(Duration::from_secs(7))
        );
        let moved = Parameters { retry_after: None, migrate_to_chat_id: Some(-1001) };
        assert_eq!(classify(400, "Bad Request: group chat was upgraded", Some(&moved)), Failure::Migrated(-1001));
    }

    #[test]
    fn a_page_of_something_on_the_way_refuses_nothing() {
        let page = b"<html><body>Forbidden</body></html>".as_slice();
        for (status, failure) in [(403, Failure::Passing), (404, Failure::Passing), (302, Failure::Passing)] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(understood(status, page).expect_err("no answer").0, failure);
            assert_eq!(understood(status, b"{\"ok\": false}").expect_err("no answer").0, failure);
        }
        assert_eq!(understood(StatusCode::OK, page).expect_err("no answer").0, Failure::Unknown);
        let blocked = br#"{"ok": false, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}"#;
        assert_eq!(understood(StatusCode::FORBIDDEN, blocked).expect_err("refused").0, Failure::Unreachable);
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let elsewhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", server.local_addr().expect("its address"));
        let to = elsewhere.local_addr().expect("its address");
        let answering = tokio::spawn(async move {
            let (mut socket, _) = server.accept().await.expect("a call");
            let _ = socket.read(&mut [0; 4096]).await;
            let answer = format!("HTTP/1.1 307 Moved\r\nlocation: http://{to}/\r\ncontent-length: 0\r\n\r\n");
            socket.write_all(answer.as_bytes()).await.expect("written");
        });
        let api = Api::new(&base, Secret::new("12345:canary".to_owned()), Duration::from_secs(5)).expect("a client");
        tokio::select! {
            outcome = api.identity() => assert_eq!(outcome.expect_err("no answer").failure, Failure::Passing),
            _ = elsewhere.accept() => panic!("the token went elsewhere"),
        }
        answering.await.expect("served");
    }

    #[tokio::test]
    async fn a_transport_error_never_shows_the_token() {
        let api = Api::new("http://127.0.0.1:9", Secret::new("12345:canary".to_owned()), Duration::from_secs(1))
            .expect("a client");
        let error = api.identity().await.expect_err("nobody listens there");
        assert_eq!(error.failure, Failure::Passing);
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
