//! A headless Chromium as verbs. Waits are conditions that the page itself looks at; nothing sleeps.

use crate::server::Server;
use axum::http::Method;
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::{Capabilities, TimeoutConfiguration, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::future::Future;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use url::{ParseError, Url};

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) const ENTER: &str = "\u{E007}";
pub(super) const ESCAPE: &str = "\u{E00C}";
pub(super) const DOWN: &str = "\u{E015}";
pub(super) const UP: &str = "\u{E013}";
pub(super) const TAB: &str = "\u{E004}";

/// Runs a scene with a browser and an emulator; the browser ends with it, also when it fails.
pub(super) async fn browse<F>(scene: impl FnOnce(Page) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (mut driver, address) = start_driver().await;
    let profile = TempDir::new().unwrap();
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities(profile.path()))
        .connect(&address)
        .await
        .unwrap();
    let patience = TimeoutConfiguration::new(Some(PATIENCE), Some(PATIENCE), None);
    client.update_timeouts(patience).await.unwrap();
    let server = Arc::new(Server::start().await);
    let played = tokio::spawn(scene(Page { client: client.clone(), server })).await;
    // Closing ends Chromium with its children; then nobody is left to ask the driver anything.
    let closed = client.close().await;
    driver.kill().await.unwrap();
    if let Err(failed) = played {
        std::panic::resume_unwind(failed.into_panic());
    }
    closed.unwrap();
}

async fn start_driver() -> (Child, String) {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("there is no chromedriver: `docker/setup tests` installs it");
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return (driver, format!("http://127.0.0.1:{}", port.trim_end_matches('.')));
        }
    }
    panic!("chromedriver did not start");
}

fn capabilities(profile: &Path) -> Capabilities {
    let mut arguments: Vec<String> = ["--headless=new", "--disable-dev-shm-usage", "--disable-gpu", "--lang=en-US"]
        .into_iter()
        // Tests run as root on most build machines, where Chromium refuses its sandbox; it loads nothing but our page.
        .chain(["--no-sandbox", "--window-size=1440,900"])
        .map(str::to_owned)
        .collect();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    let options = json!({"args": arguments});
    Capabilities::from_iter([("goog:chromeOptions".to_owned(), options)])
}

/// The page in the browser, and the emulator behind it.
#[derive(Clone)]
pub(super) struct Page {
    client: Client,
    pub(super) server: Arc<Server>,
}

impl Page {
    pub(super) async fn goto(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.server.url)).await.unwrap();
    }

    /// The element, as soon as it is there and shown.
    pub(super) async fn sees(&self, css: &str) -> Element {
        self.until(&format!("document.querySelector({})?.checkVisibility()", json!(css))).await;
        self.client.find(Locator::Css(css)).await.unwrap()
    }

    /// Waits until an element says that.
    pub(super) async fn reads(&self, css: &str, text: &str) {
        let (css, text) = (json!(css), json!(text));
        self.until(&format!("[...document.querySelectorAll({css})].some((e) => e.textContent.includes({text}))")).await;
    }

    /// Waits until nothing of that is shown.
    pub(super) async fn misses(&self, css: &str) {
        self.until(&format!("![...document.querySelectorAll({})].some((e) => e.checkVisibility())", json!(css))).await;
    }

    /// Waits until an expression of the page is true.
    pub(super) async fn until(&self, condition: &str) {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             const look = () => (({condition}) ? done(true) : setTimeout(look, 20));
             look();"
        );
        let outcome = self.client.execute_async(&script, Vec::new()).await;
        if let Err(error) = outcome {
            self.shot("failed").await;
            panic!("this did not come true: {condition}: {error}");
        }
    }

    pub(super) async fn asks(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    pub(super) async fn later(&self, script: &str) -> Value {
        self.client.execute_async(script, Vec::new()).await.unwrap()
    }

    /// All text of the first such element.
    pub(super) async fn text(&self, css: &str) -> String {
        self.asks(&format!("return document.querySelector({}).textContent", json!(css)))
            .await
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The colours in force, as styles say it.
    pub(super) async fn colour_scheme(&self) -> String {
        let scheme = self.asks("return getComputedStyle(document.documentElement).colorScheme").await;
        scheme.as_str().unwrap().to_owned()
    }

    pub(super) async fn click(&self, css: &str) {
        let aim = Aim::new();
        while aim.misses(self.sees(css).await.click().await) {}
    }

    pub(super) async fn types(&self, css: &str, text: &str) {
        let aim = Aim::new();
        while aim.misses(self.sees(css).await.send_keys(text).await) {}
    }

    /// Chooses a file for an input, which need not be shown.
    pub(super) async fn uploads(&self, css: &str, file: &Path) {
        let input = self.client.find(Locator::Css(css)).await.unwrap();
        input.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// Presses keys where the focus is.
    pub(super) async fn keys(&self, keys: &str) {
        let aim = Aim::new();
        while aim.misses(self.client.active_element().await.unwrap().send_keys(keys).await) {}
    }

    /// Keeps a picture under `target/tmp/browser`, for eyes.
    pub(super) async fn shot(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.client.screenshot().await.unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    /// The window becomes a phone's.
    pub(super) async fn on_a_phone(&self) {
        let metrics = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// The system is dark or light, which the page follows unless it is told otherwise.
    pub(super) async fn in_colours(&self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    async fn devtools(&self, command: &'static str, parameters: Value) {
        self.client.issue_cmd(DevTools { command, parameters }).await.unwrap();
    }
}

/// What the page draws anew between the look and the act is aimed at once more, as a hand would; within the patience of
/// one look.
struct Aim(Instant);

impl Aim {
    fn new() -> Self {
        Self(Instant::now())
    }

    fn misses(&self, outcome: Result<(), CmdError>) -> bool {
        match outcome {
            Err(error) if error.is_stale_element_reference() && self.0.elapsed() < PATIENCE => true,
            done => {
                done.unwrap();
                false
            }
        }
    }
}

/// A command of Chromium's own, by way of its driver.
#[derive(Debug)]
struct DevTools {
    command: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({"cmd": self.command, "params": self.parameters}).to_string()))
    }
}
