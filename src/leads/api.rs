//! `POST /v1/leads`: leads from gateways that speak HTTP, one or many, by bearer token or signature.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::header::WWW_AUTHENTICATE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use chrono::TimeDelta;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};
use waas_platform::clock::Clock;
use waas_platform::db::PgPool;
use waas_platform::intake::Rejection;
use waas_platform::web::auth::Claim;
use waas_platform::web::{BODY_LIMIT, Pace, Problem};

use super::model::NewLead;
use super::receiver::{Call, Receiver, Stored, Waiting};
use super::score::Rules;
use crate::keys::{Holder, KeyHolder, Ring};

/// Where gateways call.
const PATH: &str = "/v1/leads";
/// Calls that may wait for a batch; more callers wait before they are heard.
pub(super) const QUEUE: usize = 256;
/// The most leads of one call. Beyond it the answer alone could be larger than what came.
const LEADS: usize = 5_000;

/// Everything about the door that behaviour depends on.
#[derive(Clone, Copy, Debug)]
pub struct HttpSettings {
    /// The largest lead that is read, in bytes.
    pub max_bytes: usize,
    /// Posts a minute of one key.
    pub per_minute: u32,
    /// Posts of one key at once after a pause.
    pub burst: u32,
    /// How far the time of a signature may be away.
    pub tolerance: TimeDelta,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long the id of a signed call is remembered.
    pub remembered: TimeDelta,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            max_bytes: super::model::MAX_BYTES,
            per_minute: 600,
            burst: 300,
            tolerance: TimeDelta::seconds(300),
            body_timeout: Duration::from_secs(10),
            remembered: TimeDelta::hours(24),
        }
    }
}

/// The route's side.
#[derive(Clone)]
struct Door {
    ring: Arc<Ring>,
    pace: Arc<Pace>,
    clock: Clock,
    settings: HttpSettings,
    queue: mpsc::Sender<Waiting>,
}

/// The route, and what must run beside it.
pub fn open(
    pool: PgPool,
    ring: Arc<Ring>,
    rules: Arc<Rules>,
    clock: Clock,
    settings: HttpSettings,
) -> (Router, Receiver) {
    let (queue, calls) = mpsc::channel(QUEUE);
    let receiver = Receiver::new(pool, rules, clock.clone(), settings.remembered, calls);
    let pace = Arc::new(Pace::new(settings.per_minute, settings.burst));
    let door = Door { ring, pace, clock, settings, queue };
    let routes = Router::new().route(PATH, post(receive)).layer(DefaultBodyLimit::max(BODY_LIMIT)).with_state(door);
    (routes, receiver)
}

/// What a call is answered with.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Answer {
    accepted: usize,
    duplicates: usize,
    rejected: Vec<Refused>,
}

/// One lead that was not taken.
#[derive(Debug, PartialEq, Serialize)]
struct Refused {
    index: usize,
    reason: String,
}

async fn receive(State(door): State<Door>, request: Request) -> Response {
    door.receive(request).await.unwrap_or_else(|refused| refused)
}

impl Door {
    async fn receive(&self, request: Request) -> Result<Response, Response> {
        let claim = Claim::read(request.headers(), self.clock.now(), self.settings.tolerance)
            .map_err(|unproven| unauthorized(&unproven.to_string()))?;
        // A token is looked at before anything of the body is read; a signature can only be held against all of it.
        let (key, body, call) = match claim {
            Claim::Bearer(_) => (self.admit(&claim, b"").await?, self.body(request).await?, None),
            Claim::Signed(ref signed) => {
                let (id, body) = (signed.id().to_owned(), self.body(request).await?);
                (self.admit(&claim, &body).await?, body.clone(), Some(Call { id, body }))
            }
        };
        let (read, mut rejected) = read(&body, self.settings.max_bytes).map_err(IntoResponse::into_response)?;
        let (indices, leads): (Vec<usize>, Vec<NewLead>) = read.into_iter().unzip();
        metrics::counter!("hub_leads_total", "outcome" => "refused").increment(rejected.len() as u64);
        let (done, told) = oneshot::channel();
        // Both fail only while the receiver is gone or could not store: the sender comes again.
        let waiting = Waiting { key, call, leads, done };
        let heard = self.queue.send(waiting).await.is_ok();
        let stored = if heard { told.await.ok() } else { None };
        let answer = match stored.ok_or_else(away)? {
            Stored::Kept { accepted, duplicates } => Answer { accepted, duplicates, rejected },
            Stored::Unstorable { .. } => {
                let reason = Rejection::Malformed.to_string();
                rejected.extend(indices.into_iter().map(|index| Refused { index, reason: reason.clone() }));
                rejected.sort_by_key(|refused| refused.index);
                Answer { rejected, ..Answer::default() }
            }
            Stored::Replayed => Answer::default(),
            Stored::Changed => {
                let detail = "Another body came under this webhook-id before. Nothing was changed.";
                return Err(Problem::status(409).detail(detail).into_response());
            }
            Stored::Revoked => return Err(unauthorized("This key does not hold any more.")),
        };
        Ok((axum::http::StatusCode::ACCEPTED, Json(answer)).into_response())
    }

    /// The gateway that calls, if it may call now.
    async fn admit(&self, claim: &Claim, body: &[u8]) -> Result<KeyHolder, Response> {
        let key = self.ring.whose(claim, body).await.map_err(|_| away())?;
        let key = key.ok_or_else(|| unauthorized("Nobody of ours has this key."))?;
        if matches!(key.holder, Holder::Tenant(_)) {
            let detail = "This key is a tenant's. Leads come by the key of a gateway.";
            return Err(Problem::status(403).detail(detail).into_response());
        }
        self.pace.take(key.id).map_err(|wait| {
            Problem::status(429).detail("Too many calls with this key.").retry_after(wait.as_secs()).into_response()
        })?;
        Ok(key)
    }

    async fn body(&self, request: Request) -> Result<Bytes, Response> {
        let read = tokio::time::timeout(self.settings.body_timeout, Bytes::from_request(request, &())).await;
        let in_time = read.map_err(|_| Problem::status(408).detail("The body took too long.").into_response())?;
        in_time.map_err(IntoResponse::into_response)
    }
}

/// What a body holds: leads that can be stored, each with its place in it, and what is wrong with the others.
type Read = (Vec<(usize, NewLead)>, Vec<Refused>);

/// Takes a body apart.
fn read(body: &[u8], max_bytes: usize) -> Result<Read, Problem> {
    let is_array = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let unreadable = |_| Problem::status(400).detail("The body is no JSON: a lead, or an array of them, is expected.");
    let parts: Vec<&RawValue> = if is_array {
        serde_json::from_slice(body).map_err(unreadable)?
    } else {
        vec![serde_json::from_slice(body).map_err(unreadable)?]
    };
    if parts.len() > LEADS {
        return Err(Problem::status(413).detail(format!("More than {LEADS} leads at once; send them in parts.")));
    }
    let (mut leads, mut rejected) = (Vec::with_capacity(parts.len()), Vec::new());
    for (index, part) in parts.into_iter().enumerate() {
        match NewLead::parse(part.get().as_bytes(), max_bytes) {
            Ok(lead) => leads.push((index, lead)),
            Err(reason) => rejected.push(Refused { index, reason: reason.to_string() }),
        }
    }
    Ok((leads, rejected))
}

fn unauthorized(detail: &str) -> Response {
    ([(WWW_AUTHENTICATE, "Bearer")], Problem::status(401).detail(detail)).into_response()
}

fn away() -> Response {
    Problem::status(503).detail("The leads could not be stored. Send them again.").retry_after(1).into_response()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn reasons(body: &str) -> Vec<(usize, String)> {
        let (_, rejected) = read(body.as_bytes(), 200).expect("JSON");
        rejected.into_iter().map(|refused| (refused.index, refused.reason)).collect()
    }

    #[test]
    fn each_lead_of_an_array_is_judged_alone() {
        let lead = json!({"id": "1", "source": "s", "name": "n", "phone": "1"});
        let body = json!([lead, 7, {"id": "2"}, lead, {"id": "3", "source": "s", "name": "x".repeat(200)}]).to_string();
        let told = [(1, "malformed"), (2, "missing:source"), (4, "too_large")].map(|(at, why)| (at, why.to_owned()));
        assert_eq!(reasons(&body), told);
        let places: Vec<usize> = read(body.as_bytes(), 200).expect("JSON").0.iter().map(|(index, _)| *index).collect();
        assert_eq!(places, [0, 3]);
        assert_eq!(reasons(&lead.to_string()), []);
        assert_eq!(reasons(" []"), []);
    }

    #[test]
    fn what_is_no_json_or_too_much_is_refused_whole() {
        for body in ["", "{", "[{}", "nonsense", "\u{feff}{}"] {
            assert_eq!(read(body.as_bytes(), 200).expect_err(body).code(), 400);
        }
        let many = format!("[{}0]", "0,".repeat(LEADS));
        assert_eq!(read(many.as_bytes(), 200).expect_err("too many").code(), 413);
    }

    proptest! {
        #[test]
        fn no_body_breaks_it(body: Vec<u8>) {
            let _ = read(&body, 200);
        }
    }
}
