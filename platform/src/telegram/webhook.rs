//! Updates that Telegram brings: stored, committed, and only then answered with 200.
//!
//! Each call waits while a batcher stores what has come together in one transaction: the next batch gathers while the
//! one before it commits, so that many updates share the price of a commit and none is confirmed before it. Any number of
//! replicas may receive at once: an update that comes twice is stored once.
//!
//! The webhook is set at every start, with our address, secret and kinds of updates, and never deleted at a stop: in a
//! rolling deploy the old process would take away what the new one has just set.

use std::fmt;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use sqlx::PgPool;
use teloxide::payloads::{SetWebhook, SetWebhookSetters};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::poller::Pause;
use super::{Api, BotId, inbox};
use crate::db::Signals;
use crate::secrets::{self, Secret};
use crate::web::{BODY_LIMIT, Problem};

/// Where Telegram calls, below the public address.
pub const PATH: &str = "/telegram/webhook";

const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";
/// Updates that may wait for a batch; more callers wait before they are heard.
const QUEUE: usize = 1024;
/// The most updates of one transaction.
const BATCH: usize = 256;
/// Calls that Telegram may have open at once: enough to fill batches, few enough for any proxy in front of us.
const CONNECTIONS: u8 = 100;

/// What came in one call.
#[derive(Debug, PartialEq)]
enum Came {
    Update(Value),
    /// From Telegram, as the secret proves, and yet no update: kept as a dead letter, since nobody would send it better.
    Unreadable(Bytes),
}

/// A call that waits for its commit.
#[derive(Debug)]
struct Waiting {
    came: Came,
    /// Told whether it is stored; dropped when it is not.
    stored: oneshot::Sender<()>,
}

/// The route's side.
#[derive(Clone)]
struct Door {
    secret: Secret,
    queue: mpsc::Sender<Waiting>,
}

/// The batcher's side: stores what comes through the route.
pub struct Receiver {
    pool: PgPool,
    bot: BotId,
    signals: Signals,
    queue: mpsc::Receiver<Waiting>,
}

/// The route for one bot's updates, and what must run beside it.
pub fn open(pool: PgPool, bot: BotId, secret: Secret, signals: Signals) -> (Router, Receiver) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let door = Door { secret, queue: sender };
    let routes = Router::new().route(PATH, post(receive)).layer(DefaultBodyLimit::max(BODY_LIMIT)).with_state(door);
    (routes, Receiver { pool, bot, signals, queue: receiver })
}

async fn receive(State(door): State<Door>, request: Request) -> Response {
    if !is_telegram(request.headers(), &door.secret) {
        return Problem::new(StatusCode::UNAUTHORIZED).detail("The secret token is missing or wrong.").into_response();
    }
    let body = match Bytes::from_request(request, &()).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let (stored, told) = oneshot::channel();
    let waiting = Waiting { came: read(body), stored };
    // Both fail only while the batcher is gone or could not store: Telegram then brings the update again.
    if door.queue.send(waiting).await.is_err() || told.await.is_err() {
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE)
            .detail("The update could not be stored. Bring it again.")
            .retry_after(1)
            .into_response();
    }
    StatusCode::OK.into_response()
}

/// Compared in constant time, and before anything of the body is read. Telegram gives one secret: who gives two is guessing.
fn is_telegram(headers: &HeaderMap, secret: &Secret) -> bool {
    let mut given = headers.get_all(SECRET_HEADER).iter();
    let (Some(one), None) = (given.next(), given.next()) else { return false };
    secrets::same(one.as_bytes(), secret.expose().as_bytes())
}

fn read(body: Bytes) -> Came {
    match serde_json::from_slice::<Value>(&body) {
        Ok(update) if update["update_id"].is_i64() => Came::Update(update),
        Ok(_) | Err(_) => Came::Unreadable(body),
    }
}

impl Receiver {
    /// Stores batches until cancelled; calls that wait then are stored first.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                came = self.queue.recv_many(&mut batch, BATCH) => if came == 0 { return },
                () = stop.cancelled() => return,
            }
            let (came, told): (Vec<Came>, Vec<oneshot::Sender<()>>) =
                batch.drain(..).map(|waiting| (waiting.came, waiting.stored)).unzip();
            match self.store(came).await {
                Ok(kinds) => {
                    self.signals.wake(inbox::WAKE);
                    // A caller that hung up comes again and is found to be a duplicate.
                    for told in told {
                        let _ = told.send(());
                    }
                    inbox::count("webhook", kinds);
                }
                Err(error) => {
                    tracing::warn!(%error, updates = told.len(), "updates cannot be stored; Telegram brings them again");
                }
            }
        }
    }

    async fn store(&self, came: Vec<Came>) -> sqlx::Result<Vec<String>> {
        let (mut updates, mut unreadable) = (Vec::with_capacity(came.len()), Vec::new());
        for came in came {
            match came {
                Came::Update(update) => updates.push(update),
                Came::Unreadable(raw) => unreadable.push(raw),
            }
        }
        let mut tx = self.pool.begin().await?;
        let kinds = inbox::store(&mut tx, self.bot, &updates).await?;
        for raw in unreadable {
            tracing::error!(bytes = raw.len(), "Telegram brought what is no update; it is a dead letter");
            inbox::keep_unreadable(&mut tx, &raw).await?;
        }
        tx.commit().await?;
        Ok(kinds)
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("bot", &self.bot).finish_non_exhaustive()
    }
}

/// Tells Telegram where to bring updates, however long that takes; then waits until cancelled. Setting what is set already
/// changes nothing, so that every replica does it. Where the Bot API server does not accept the address for good, that is
/// in the log and in `/readyz`.
pub async fn announce(api: Api, public_url: Url, secret: Secret, stop: CancellationToken) {
    let set = async {
        let mut pause = Pause::default();
        while let Err(error) = set(&api, &public_url, &secret).await {
            let wait = pause.after(&error);
            tracing::warn!(%error, wait_ms = wait.as_millis(), "the webhook is not set yet; trying again");
            tokio::time::sleep(wait).await;
        }
        tracing::info!("the webhook is set");
    };
    tokio::select! {
        () = stop.cancelled() => return,
        () = set => {}
    }
    stop.cancelled().await;
}

async fn set(api: &Api, public_url: &Url, secret: &Secret) -> Result<(), super::ApiError> {
    let mut url = public_url.clone();
    url.set_path(&format!("{}{PATH}", public_url.path().trim_end_matches('/')));
    let request = SetWebhook::new(url)
        .secret_token(secret.expose())
        .allowed_updates(inbox::wanted())
        .max_connections(CONNECTIONS);
    api.call::<_, bool>(&request).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(secret: Option<&str>) -> HeaderMap {
        secret
            .into_iter()
            .map(|text| (SECRET_HEADER.parse().expect("a name"), text.parse().expect("a value")))
            .collect()
    }

    #[test]
    fn only_the_secret_itself_opens_the_door() {
        let secret = Secret::new("s3cret".to_owned());
        assert!(is_telegram(&headers(Some("s3cret")), &secret));
        for wrong in [None, Some(""), Some("s3cre"), Some("s3crets"), Some("S3cret")] {
            assert!(!is_telegram(&headers(wrong), &secret), "{wrong:?}");
        }
    }

    #[test]
    fn what_has_no_id_is_no_update() {
        assert!(matches!(read(Bytes::from_static(br#"{"update_id":1,"new_kind":{}}"#)), Came::Update(_)));
        for body in ["", "{", "[]", "{}", r#"{"update_id":"1"}"#] {
            assert!(matches!(read(Bytes::from_static(body.as_bytes())), Came::Unreadable(_)), "{body}");
        }
    }
}
