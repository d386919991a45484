//! The Bot API server as a process, and the routes by which its people are driven.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The bot of every stage.
pub(super) const TOKEN: &str = "7000:token-of-a-test-that-nobody-else-uses";
const BOT: &str = "stage_bot";

/// A server of its own, gone with the test.
pub(super) struct Emulator {
    url: String,
    http: reqwest::Client,
    _child: Child,
}

impl Emulator {
    pub(super) async fn start() -> anyhow::Result<Self> {
        Self::with_limits("off").await
    }

    /// One that keeps Telegram's limits of sending.
    pub(super) async fn strict() -> anyhow::Result<Self> {
        Self::with_limits("real").await
    }

    async fn with_limits(limits: &str) -> anyhow::Result<Self> {
        let arguments = ["--listen", "127.0.0.1:0", "--local", "--limits", limits, "--webhook-retry-cap", "1"];
        let mut child = Command::new(binary()?)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let out = child.stdout.take().context("a pipe")?;
        let first = BufReader::new(out).lines().next_line().await?.context("the emulator ended at once")?;
        let url = first.strip_prefix("listening on ").context("no address")?.to_owned();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        let emulator = Self { url, http, _child: child };
        emulator.post("/bots", &json!({ "token": TOKEN, "username": BOT })).await?;
        Ok(emulator)
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.http.post(format!("{}/_emulator{path}", self.url)).json(body);
        read(path, request.send().await?).await
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        read(path, self.http.get(format!("{}/_emulator{path}", self.url)).send().await?).await
    }

    /// A Bot API call past the hub.
    pub(super) async fn call(&self, method: &str, parameters: &Value) -> anyhow::Result<Value> {
        let url = format!("{}/bot{TOKEN}/{method}", self.url);
        Ok(self.http.post(url).json(parameters).send().await?.json().await?)
    }

    /// What waits for the bot is confirmed unseen.
    pub(super) async fn forget_updates(&self) -> anyhow::Result<()> {
        let waiting = self.call("getUpdates", &json!({})).await?;
        let last = waiting["result"].as_array().and_then(|all| all.last()?["update_id"].as_i64());
        if let Some(last) = last {
            self.call("getUpdates", &json!({ "offset": last + 1 })).await?;
        }
        Ok(())
    }

    pub(super) async fn fault(&self, rule: &Value) -> anyhow::Result<()> {
        self.post("/faults", rule).await.map(drop)
    }

    pub(super) async fn no_faults(&self) -> anyhow::Result<()> {
        let url = format!("{}/_emulator/faults", self.url);
        read("/faults", self.http.delete(url).send().await?).await.map(drop)
    }

    pub(super) async fn person(&self, name: &str) -> anyhow::Result<i64> {
        let person = self.post("/people", &json!({ "first_name": name })).await?;
        person["id"].as_i64().context("an id")
    }

    pub(super) async fn send(&self, from: i64, text: &str) -> anyhow::Result<Value> {
        self.post("/send", &json!({ "from": from, "chat": BOT, "text": text })).await
    }

    pub(super) async fn block(&self, person: i64, blocked: bool) -> anyhow::Result<()> {
        self.post("/block", &json!({ "from": person, "chat": BOT, "blocked": blocked })).await.map(drop)
    }

    /// A group with the bot and one member in it.
    pub(super) async fn group(&self, kind: &str, member: i64) -> anyhow::Result<i64> {
        self.group_of(kind, &[member]).await
    }

    pub(super) async fn group_of(&self, kind: &str, members: &[i64]) -> anyhow::Result<i64> {
        let body = json!({ "type": kind, "title": "Ops", "members": members, "admins": [BOT], "bots": [BOT] });
        self.post("/chats", &body).await?["id"].as_i64().context("an id")
    }

    pub(super) async fn press(&self, from: i64, chat: i64, message: &Value, label: &str) -> anyhow::Result<Value> {
        let chat = if chat == from { json!(BOT) } else { json!(chat) };
        let press = json!({ "from": from, "chat": chat, "message_id": message["message_id"], "button": label });
        self.post("/press", &press).await
    }

    pub(super) async fn messages(&self, chat: i64, reader: i64) -> anyhow::Result<Vec<Value>> {
        let chat = if chat == reader { BOT.to_owned() } else { chat.to_string() };
        let messages = self.get(&format!("/chats/{chat}/messages?for={reader}")).await?;
        Ok(messages.as_array().cloned().unwrap_or_default())
    }

    /// The calls of one method so far.
    pub(super) async fn calls(&self, method: &str) -> anyhow::Result<Vec<Value>> {
        let calls = self.get(&format!("/transcript?method={method}&limit=1000")).await?;
        Ok(calls.as_array().cloned().unwrap_or_default())
    }
}

async fn read(path: &str, answer: reqwest::Response) -> anyhow::Result<Value> {
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        bail!("the emulator refused {path} ({status}): {text}");
    }
    Ok(serde_json::from_str(&text)?)
}

/// Beside this test's own binary, or where `WAAS_EMULATOR_BIN` says.
fn binary() -> anyhow::Result<PathBuf> {
    if let Some(given) = std::env::var_os("WAAS_EMULATOR_BIN") {
        return Ok(given.into());
    }
    let exe = std::env::current_exe()?;
    let folder = exe.ancestors().nth(2).context("test binaries stand in `deps`")?;
    Ok(folder.join("telegram-emulator"))
}
