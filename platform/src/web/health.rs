//! `/healthz` and `/health` (alive), `/readyz` (the state of each dependency), `/metrics`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;

use crate::observe::Metrics;

/// What a look at a dependency found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether it can be worked with.
    pub ok: bool,
    /// In words: version, address, or what is wrong. No secrets.
    pub detail: String,
}

impl Finding {
    /// It is well.
    pub fn well(detail: impl Into<String>) -> Self {
        Self { ok: true, detail: detail.into() }
    }

    /// It is not.
    pub fn ill(detail: impl fmt::Display) -> Self {
        Self { ok: false, detail: crate::secrets::mask::text(&detail.to_string()).into_owned() }
    }
}

type Look = Arc<dyn Fn() -> BoxFuture<'static, Finding> + Send + Sync>;

#[derive(Clone)]
struct Probe {
    required: bool,
    look: Look,
}

/// The dependencies of this process and how to look at them.
#[derive(Clone)]
pub struct Health {
    roles: BTreeMap<String, String>,
    probes: BTreeMap<String, Probe>,
    timeout: Duration,
}

/// What `/readyz` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HealthShape {
    /// Whether every required dependency is well.
    pub ready: bool,
    /// The roles of this process and their state.
    pub roles: BTreeMap<String, String>,
    /// Every dependency.
    pub dependencies: BTreeMap<String, Finding>,
}

impl Health {
    /// No dependencies yet; a look that takes longer than `timeout` counts as ill.
    pub fn new(timeout: Duration) -> Self {
        Self { roles: BTreeMap::new(), probes: BTreeMap::new(), timeout }
    }

    /// Shows a role of this process.
    #[must_use]
    pub fn role(mut self, name: &str, state: &str) -> Self {
        self.roles.insert(name.to_owned(), state.to_owned());
        self
    }

    /// Adds a dependency. Only a `required` one makes the process unready; the others are shown.
    #[must_use]
    pub fn probe<F>(mut self, name: &str, required: bool, look: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Finding> + Send + 'static,
    {
        let look: Look = Arc::new(move || Box::pin(look()));
        self.probes.insert(name.to_owned(), Probe { required, look });
        self
    }

    /// Looks at everything at once.
    pub async fn look(&self) -> HealthShape {
        let looks = self.probes.iter().map(|(name, probe)| async move {
            let finding = tokio::time::timeout(self.timeout, (probe.look)())
                .await
                .unwrap_or_else(|_| Finding::ill(format!("no answer within {:?}", self.timeout)));
            (name.clone(), probe.required, finding)
        });
        let found = join_all(looks).await;
        HealthShape {
            ready: found.iter().all(|(_, required, finding)| finding.ok || !required),
            roles: self.roles.clone(),
            dependencies: found.into_iter().map(|(name, _, finding)| (name, finding)).collect(),
        }
    }

    /// The routes `/healthz`, `/health` and `/readyz`, and `/metrics` where there are metrics.
    pub fn routes(self, metrics: Option<Metrics>) -> Router {
        let ready = Router::new().route("/readyz", get(readyz)).with_state(Arc::new(self));
        let routes = alive().merge(ready);
        match metrics {
            Some(metrics) => routes.merge(Router::new().route("/metrics", get(text)).with_state(metrics)),
            None => routes,
        }
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").field("probes", &self.probes.keys()).finish_non_exhaustive()
    }
}

/// `/healthz` and `/health` alone: this process answers.
pub fn alive() -> Router {
    let ok = || async { Json(serde_json::json!({"ok": true})) };
    Router::new().route("/healthz", get(ok)).route("/health", get(ok))
}

async fn readyz(State(health): State<Arc<Health>>) -> Response {
    let shape = health.look().await;
    let status = if shape.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(shape)).into_response()
}

async fn text(State(metrics): State<Metrics>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.text()).into_response()
}
