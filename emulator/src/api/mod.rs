//! The Bot API door: `/bot<token>/<method>` and `/file/bot<token>/<path>`.
//!
//! Reads a call, lets faults have their way, runs the method, writes the transcript.

pub(crate) mod call;
pub(crate) mod error;
pub(crate) mod limits;
pub(crate) mod methods;
pub(crate) mod params;

use crate::Emulator;
use crate::faults::Fault;
use crate::model::Telegram;
use crate::model::bot::parse_token;
use crate::transcript::Record;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use call::{Outcome, Reply};
use error::ApiError;
use methods::Method;
use params::Params;
use percent_encoding::percent_decode_str;
use serde_json::json;
use std::borrow::Cow;
use std::io;

/// Largest request body in bytes: 50 MB of file and some room for the other fields.
const MAX_BODY: usize = 51 * 1024 * 1024;
/// The same in local mode.
const MAX_BODY_LOCAL: usize = 2001 * 1024 * 1024;

/// Everything that no other route takes.
pub(crate) async fn door(State(emulator): State<Emulator>, request: Request) -> Response {
    // Some libraries write even the colon of a token as `%3A`.
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy().into_owned();
    if let Some(rest) = path.strip_prefix("/file/bot") {
        return file(&emulator, rest).unwrap_or_else(|e| refuse(&e));
    }
    let Some((token, name)) = path.strip_prefix("/bot").and_then(|r| r.split_once('/')) else {
        return refuse(&ApiError::not_found());
    };
    // The test data center of the real service; here it is all the same.
    let name = name.strip_prefix("test/").unwrap_or(name);
    match call(&emulator, token, name, request).await {
        Ok(response) => response,
        Err(error) => refuse(&error),
    }
}

/// Who calls, and when by the emulator's clock.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) bot: i64,
    /// Username.
    pub(crate) name: String,
    /// Milliseconds.
    pub(crate) now: i64,
}

impl Caller {
    /// A bot that calls by itself, without a token.
    pub(crate) fn of(telegram: &Telegram, bot: i64) -> Self {
        let name = telegram.store.bots.get(&bot).map_or_else(String::new, |b| b.username().to_owned());
        Self { bot, name, now: telegram.now_ms() }
    }
}

/// The bot that a token belongs to; its first call makes the bot.
fn authenticate(emulator: &Emulator, token: &str) -> Result<Caller, ApiError> {
    let id = parse_token(token).ok_or_else(|| ApiError::new(401, "Unauthorized: invalid token specified"))?;
    let mut telegram = emulator.lock();
    if telegram.bot_of_token(id, token).is_none() {
        return Err(ApiError::new(401, "Unauthorized"));
    }
    Ok(Caller::of(&telegram, id))
}

async fn call(emulator: &Emulator, token: &str, name: &str, request: Request) -> Result<Response, ApiError> {
    let caller = authenticate(emulator, token)?;
    let limit = if emulator.options().local { MAX_BODY_LOCAL } else { MAX_BODY };
    let params = Params::read(request, limit).await?;
    match execute(emulator, caller, name, params).await {
        Ending::Answered(reply) => reply.map(succeed),
        Ending::Cut => Ok(cut()),
        Ending::Hung => std::future::pending().await,
    }
}

/// How a call ends.
pub(crate) enum Ending {
    Answered(Reply),
    /// The connection breaks instead of an answer.
    Cut,
    /// There never is an answer.
    Hung,
}

/// Runs a method as its caller, lets faults strike, and writes it down.
pub(crate) async fn execute(emulator: &Emulator, caller: Caller, name: &str, params: Params) -> Ending {
    let bot = caller.bot;
    let fault = emulator.faults().strike(bot, name, params.text("chat_id"));
    let mut warnings = Vec::new();
    let (ending, verdict) = match &fault {
        Some(Fault::Fail(error)) => answered(Err(error.clone())),
        Some(Fault::Reset) => (Ending::Cut, "connection cut before the call".into()),
        Some(Fault::Hang) => (Ending::Hung, "left hanging".into()),
        Some(Fault::LoseAnswer) | None => {
            let reply = match Method::named(name) {
                None => Err(ApiError::new(404, "Not Found: method not found")),
                Some(Method::GetUpdates) => methods::updates::get_updates(emulator, bot, &params).await,
                Some(Method::Wide(run)) => run(emulator, bot, &params),
                Some(Method::Quick(run)) => {
                    let (reply, remarks) = emulator.run(bot, &params, run);
                    warnings = remarks;
                    reply
                }
            };
            answered(reply)
        }
    };
    emulator.transcript().push(Record {
        seq: 0,
        time: caller.now,
        bot: caller.name,
        method: spelled(name),
        params: params.shown(),
        verdict,
        fault: fault.as_ref().map(Fault::name),
        warnings,
    });
    if matches!(fault, Some(Fault::LoseAnswer)) { Ending::Cut } else { ending }
}

/// A method's name as the documentation spells it, however the caller does: its case does not matter to the server, but to
/// whoever looks for it in the transcript.
fn spelled(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

fn answered(reply: Reply) -> (Ending, Cow<'static, str>) {
    let verdict = match &reply {
        Ok(_) => Cow::Borrowed("ok"),
        Err(error) => Cow::Owned(format!("{} {}", error.code, error.description)),
    };
    (Ending::Answered(reply), verdict)
}

fn succeed(outcome: Outcome) -> Response {
    let description = outcome.description.map_or_else(String::new, |d| format!(",\"description\":{}", json!(d)));
    let body = format!("{{\"ok\":true,\"result\":{}{description}}}", outcome.json);
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn refuse(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], error.body().to_string()).into_response();
    if let Some(seconds) = error.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// An answer whose body breaks at once, so that the connection is cut.
fn cut() -> Response {
    let broken = futures_util::stream::once(async { Err::<bytes::Bytes, _>(io::Error::other("cut by a fault")) });
    Response::new(Body::from_stream(broken))
}

/// A file's bytes by the path that `getFile` gave.
fn file(emulator: &Emulator, rest: &str) -> Result<Response, ApiError> {
    let (token, path) = rest.split_once('/').ok_or_else(ApiError::not_found)?;
    let bot = authenticate(emulator, token)?.bot;
    let telegram = emulator.lock();
    let file = telegram
        .store
        .files
        .values()
        .find(|f| f.path == path && f.bots.contains(&bot))
        .ok_or_else(ApiError::not_found)?;
    let kind = "application/octet-stream";
    Ok(([(header::CONTENT_TYPE, kind)], file.content.clone()).into_response())
}
