//! The HTTP server shell: what every route gets without asking. It knows no route of a capability.
//!
//! Every answer carries a request id, every error is a problem document (RFC 9457), a panic is a 500 and not a dead
//! connection, bodies are limited, and a stop waits for the requests that are under way.

pub mod auth;
mod health;
mod pace;
mod problem;

use std::any::Any;
use std::io;
use std::time::Duration;

pub use axum;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Router, serve::ListenerExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

pub use health::{Finding, Health, HealthShape, alive};
pub use pace::Pace;
pub use problem::{PROBLEM_JSON, Problem};

/// The largest body that a route takes unless it says otherwise by a `DefaultBodyLimit` of its own: 1 MiB.
pub const BODY_LIMIT: usize = 1024 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request being answered, as an extension of it.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Puts the shell around routes.
pub fn shell(routes: Router) -> Router {
    routes
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(as_problem))
        .layer(middleware::from_fn(with_request_id))
}

/// Serves until `stop` is cancelled, then lets requests finish for at most `drain`.
///
/// # Errors
/// The listener breaks.
pub async fn serve(listener: TcpListener, routes: Router, stop: CancellationToken, drain: Duration) -> io::Result<()> {
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
    });
    let served = axum::serve(listener, shell(routes)).with_graceful_shutdown(stop.clone().cancelled_owned());
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        result = served.into_future() => result,
        () = too_late => {
            tracing::warn!(?drain, "requests were still under way and are cut");
            Ok(())
        }
    }
}

/// Takes over a sender's id when it is harmless, else makes one; logs the request under it.
async fn with_request_id(mut request: Request, next: Next) -> Response {
    let harmless = |text: &&str| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let given = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok()).filter(harmless);
    let id = given.map_or_else(|| crate::clock::random::id().simple().to_string(), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    // The path only: a query may carry a token.
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Turns what the router and its extractors refuse in their own words (404, 405, 413, 415, 422 …) into problems.
async fn as_problem(request: Request, next: Next) -> Response {
    /// The words of a refusal are short; what is longer is no refusal of ours.
    const WORDS: usize = 4096;
    let response = next.run(request).await;
    let status = response.status();
    let refused = status.is_client_error() || status.is_server_error();
    let plain = response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !refused || !plain {
        return response;
    }
    let (mut parts, body): (_, Body) = response.into_parts();
    let detail = to_bytes(body, WORDS).await.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let problem = Problem::new(status).detail(detail.unwrap_or_default()).into_response();
    let (made, body) = problem.into_parts();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    parts.headers.extend(made.headers);
    Response::from_parts(parts, body)
}

fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("of an unknown kind"), "a request handler panicked");
    Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR)
        .detail("This is a fault of the hub. Nothing was accepted; try again later.")
        .into_response()
}

#[cfg(test)]
mod tests;
