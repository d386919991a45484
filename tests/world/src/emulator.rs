//! The Bot API server of a world, a process of its own, and the routes by which its people are driven.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::deadline::until;
use crate::events::Events;
use crate::process::Program;

/// A running emulator; cheap to clone.
#[derive(Clone, Debug)]
pub struct Emulator {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: Client,
    url: String,
    program: tokio::sync::Mutex<Program>,
}

impl Emulator {
    pub(crate) async fn start(binary: &Path, port: u16, limits: bool, log: &Path) -> Result<Self> {
        let listen = format!("127.0.0.1:{port}");
        let limits = if limits { "real" } else { "off" };
        let program = Program::start(binary, ["--listen", &listen, "--limits", limits], &[], None, log)?;
        let emulator = Self {
            inner: Arc::new(Inner {
                http: Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?,
                url: format!("http://{listen}"),
                program: tokio::sync::Mutex::new(program),
            }),
        };
        until("the emulator to listen", Duration::from_secs(10), async || {
            emulator.inner.program.lock().await.expect_alive()?;
            let answer = emulator.call(Method::GET, "/people", None).await;
            Ok(answer.ok())
        })
        .await?;
        Ok(emulator)
    }

    /// Where the browser chat and the Bot API are.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// Ends the process at once: a Bot API server that is away.
    ///
    /// # Errors
    /// The process cannot be waited for.
    pub async fn kill9(&self) -> Result<()> {
        self.inner.program.lock().await.kill9().await
    }

    /// A call to a route under `/_emulator`; the answer must be a success.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request = self.inner.http.request(method, format!("{}/_emulator{path}", self.inner.url));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            bail!("the emulator refused {path} ({status}): {text}");
        }
        serde_json::from_str(&text).with_context(|| format!("the emulator's answer to {path}"))
    }

    /// Makes a bot known before its first call, so that deep links have a name.
    pub(crate) async fn add_bot(&self, token: &str, username: &str) -> Result<()> {
        let bot = json!({"token": token, "username": username});
        self.call(Method::POST, "/bots", Some(&bot)).await?;
        Ok(())
    }

    /// How many updates the bot of that token has not confirmed yet.
    pub(crate) async fn undelivered(&self, token: &str) -> Result<i64> {
        let id = token.split(':').next().and_then(|id| id.parse::<i64>().ok());
        let bots = self.call(Method::GET, "/bots", None).await?;
        let bot = bots.as_array().into_iter().flatten().find(|bot| bot["id"].as_i64() == id);
        bot.and_then(|bot| bot["pending_update_count"].as_i64()).context("the emulator does not know the bot")
    }

    /// Lets something go wrong; the fields are those of the emulator's README.
    ///
    /// # Errors
    /// The emulator does not know such a fault.
    pub async fn fault(&self, rule: &Value) -> Result<()> {
        self.call(Method::POST, "/faults", Some(rule)).await?;
        Ok(())
    }

    /// Everything works again.
    ///
    /// # Errors
    /// The emulator is away.
    pub async fn no_faults(&self) -> Result<()> {
        self.call(Method::DELETE, "/faults", None).await?;
        Ok(())
    }

    /// Lets hours go by on Telegram's side: messages and buttons age.
    ///
    /// # Errors
    /// The emulator is away.
    pub async fn ages(&self, time: Duration) -> Result<()> {
        let later = json!({"advance": time.as_secs()});
        self.call(Method::POST, "/clock", Some(&later)).await?;
        Ok(())
    }

    /// What all people's clients show, from now on.
    pub(crate) async fn events(&self) -> Result<Events> {
        Events::open(&self.inner.http, &format!("{}/_emulator/events", self.inner.url)).await
    }

    /// The Bot API calls so far, with their verdicts.
    ///
    /// # Errors
    /// The emulator is away.
    pub async fn transcript(&self) -> Result<Vec<Value>> {
        let calls = self.call(Method::GET, "/transcript", None).await?;
        Ok(calls.as_array().cloned().unwrap_or_default())
    }
}
