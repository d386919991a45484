//! A bot's own HTTP server, to which webhooks are posted.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// A delivery that waits for its answer.
pub(crate) struct Delivery {
    pub(crate) headers: HeaderMap,
    pub(crate) update: Value,
    answer: oneshot::Sender<Response>,
}

impl Delivery {
    pub(crate) fn text(&self) -> &str {
        self.update["message"]["text"].as_str().unwrap()
    }

    pub(crate) fn accept(self) {
        self.answer(StatusCode::OK.into_response());
    }

    pub(crate) fn answer(self, response: Response) {
        // The emulator may have given up waiting.
        let _ = self.answer.send(response);
    }
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    deliveries: mpsc::UnboundedReceiver<Delivery>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) fn on(listener: TcpListener) -> Self {
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, deliveries) = mpsc::unbounded_channel();
        let router = Router::new().fallback(receive).with_state(sender);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, deliveries }
    }

    /// The next delivery.
    pub(crate) async fn next(&mut self) -> Delivery {
        self.deliveries.recv().await.unwrap()
    }

    /// Whether nothing has come.
    pub(crate) fn is_idle(&mut self) -> bool {
        self.deliveries.try_recv().is_err()
    }
}

async fn receive(State(sender): State<mpsc::UnboundedSender<Delivery>>, headers: HeaderMap, body: Bytes) -> Response {
    let (answer, answered) = oneshot::channel();
    let update = serde_json::from_slice(&body).unwrap();
    sender.send(Delivery { headers, update, answer }).unwrap();
    answered.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
