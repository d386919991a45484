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
    match call(&emulator, token, name, request).await {
        Ok(response) => response,
        Err(error) => refuse(&error),
    }
}

/// The id of the bot that a token belongs to; its first call makes the bot.
fn authenticate(emulator: &Emulator, token: &str) -> Result<i64, ApiError> {
    let id = parse_token(token).ok_or_else(|| ApiError::new(401, "Unauthorized: invalid token specified"))?;
    let mut telegram = emulator.lock();
    telegram.bot_of_token(id, token).map(|bot| bot.user.id).ok_or_else(|| ApiError::new(401, "Unauthorized"))
}

async fn call(emulator: &Emulator, token: &str, name: &str, request: Request) -> Result<Response, ApiError> {
    let bot = authenticate(emulator, token)?;
    let limit = if emulator.options().local { MAX_BODY_LOCAL } else { MAX_BODY };
    let params = Params::read(request, limit).await?;
    match execute(emulator, bot, name, &params).await {
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
pub(crate) async fn execute(emulator: &Emulator, bot: i64, name: &str, params: &Params) -> Ending {
    let mut record = Record::begin(emulator, bot, name, params.for_transcript());
    let fault = emulator.faults().strike(bot, name, params.text("chat_id"));
    record.fault = fault.as_ref().map(Fault::name);
    let reply = match &fault {
        Some(Fault::Fail(error)) => Err(error.clone()),
        Some(Fault::Reset) => {
            record.finish(emulator, "connection cut before the call");
            return Ending::Cut;
        }
        Some(Fault::Hang) => {
            record.finish(emulator, "left hanging");
            return Ending::Hung;
        }
        Some(Fault::LoseAnswer) | None => match Method::named(name) {
            None => Err(ApiError::new(404, "Not Found: method not found")),
            Some(Method::GetUpdates) => methods::updates::get_updates(emulator, bot, params).await,
            Some(Method::Wide(run)) => run(emulator, bot, params),
            Some(Method::Quick(run)) => {
                let (reply, warnings) = emulator.run(bot, params, run);
                record.warnings = warnings;
                reply
            }
        },
    };
    match &reply {
        Ok(_) => record.finish(emulator, "ok"),
        Err(error) => record.finish(emulator, &format!("{} {}", error.code, error.description)),
    }
    match fault {
        Some(Fault::LoseAnswer) => Ending::Cut,
        _ => Ending::Answered(reply),
    }
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
    let bot = authenticate(emulator, token)?;
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
