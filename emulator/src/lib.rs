//! A strict Telegram Bot API server with people who can be driven, and a browser chat.
//!
//! Bots talk to it as they talk to `api.telegram.org`; tests drive people through `/_emulator`; persons use the
//! browser chat at `/`. It shares no code with the hub, so that neither can hide a mistake of the other.
//! The README documents every route and field.

mod api;
mod deliver;
mod drive;
mod faults;
mod markup;
mod model;
mod page;
mod snapshot;
mod text;
mod transcript;

use api::call::{Call, Reply};
use api::limits::Limiter;
use api::methods::Quick;
use api::params::Params;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use faults::Faults;
use model::{Store, Telegram};
use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use transcript::Transcript;

/// How strict the emulator is and where it keeps its state.
#[derive(Debug, Clone)]
pub struct Options {
    /// Like the real server's local mode: no cap on downloads, uploads up to 2000 MB.
    pub local: bool,
    /// Whether rate limits are enforced.
    pub limits: bool,
    /// How long after a press its callback query can be answered.
    pub callback_window: Duration,
    /// How long an answer of a webhook is awaited.
    pub webhook_timeout: Duration,
    /// Longest wait in seconds before a webhook that refuses is tried again; drawn between this and its double.
    pub webhook_retry_cap: u64,
    /// File that keeps the state across restarts.
    pub data: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            local: false,
            limits: true,
            callback_window: Duration::from_secs(15),
            webhook_timeout: Duration::from_secs(60),
            webhook_retry_cap: 60,
            data: None,
        }
    }
}

/// A running emulation; clones share it.
#[derive(Debug, Clone)]
pub struct Emulator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    telegram: Mutex<Telegram>,
    limiter: Mutex<Limiter>,
    faults: Mutex<Faults>,
    transcript: Mutex<Transcript>,
    /// The task that serves each bot's webhook.
    couriers: Mutex<HashMap<i64, AbortHandle>>,
    options: Options,
    touched: AtomicBool,
}

impl Emulator {
    /// An emulation with the state of its data file, if it has one.
    ///
    /// # Errors
    /// When the data file exists but cannot be read.
    pub fn new(options: Options) -> anyhow::Result<Self> {
        let store = match &options.data {
            Some(path) => snapshot::load(path)?,
            None => Store::default(),
        };
        Ok(Self(Arc::new(Inner {
            telegram: Mutex::new(Telegram::new(store)),
            limiter: Mutex::default(),
            faults: Mutex::default(),
            transcript: Mutex::default(),
            couriers: Mutex::default(),
            options,
            touched: AtomicBool::new(false),
        })))
    }

    /// All routes: Bot API, driving, browser chat.
    pub fn router(&self) -> Router {
        Router::new()
            .nest("/_emulator", drive::routes())
            .merge(page::routes())
            .fallback(api::door)
            // Each door counts bytes itself, to refuse in its own words.
            .layer(DefaultBodyLimit::disable())
            .with_state(self.clone())
    }

    /// Serves until `stop` resolves, then saves and returns at once, whatever is still waiting.
    ///
    /// # Errors
    /// When the listener fails or the last state cannot be written.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        deliver::resume(&self);
        let saver = self.0.options.data.clone().map(|path| tokio::spawn(snapshot::keep_saving(self.clone(), path)));
        let served = tokio::select! {
            served = async { axum::serve(listener, self.router()).await } => served,
            () = stop => Ok(()),
        };
        if let Some(saver) = saver {
            saver.abort();
        }
        self.couriers().drain().for_each(|(_, courier)| courier.abort());
        if let Some(path) = &self.0.options.data {
            snapshot::save(&self, path)?;
        }
        served.map_err(Into::into)
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Telegram> {
        open(&self.0.telegram)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        open(&self.0.faults)
    }

    pub(crate) fn transcript(&self) -> MutexGuard<'_, Transcript> {
        open(&self.0.transcript)
    }

    pub(crate) fn couriers(&self) -> MutexGuard<'_, HashMap<i64, AbortHandle>> {
        open(&self.0.couriers)
    }

    /// Remembers that there is something to save.
    pub(crate) fn touch(&self) {
        self.0.touched.store(true, Ordering::Relaxed);
    }

    pub(crate) fn take_touched(&self) -> bool {
        self.0.touched.swap(false, Ordering::Relaxed)
    }

    /// Runs a method that answers at once; also returns remarks for the transcript.
    pub(crate) fn run(&self, bot: i64, params: &Params, method: Quick) -> (Reply, Vec<String>) {
        let mut telegram = self.lock();
        let mut limiter = open(&self.0.limiter);
        let mut call = Call {
            telegram: &mut telegram,
            limiter: &mut limiter,
            options: &self.0.options,
            params,
            bot,
            warnings: Vec::new(),
        };
        let reply = method(&mut call);
        self.touch();
        (reply, call.warnings)
    }
}

/// A lock whose last holder panicked is still good: every act leaves whole values behind.
fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
