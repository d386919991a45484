//! The hub as a process: started, killed, asked by command line and HTTP.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::deadline::until;
use crate::process::{self, Program};

/// What the contract promises for a stop, and a moment for the process to end.
const DRAIN: Duration = Duration::from_secs(11);

/// One hub; several may share a database.
#[derive(Debug)]
pub struct Hub {
    binary: PathBuf,
    roles: Vec<String>,
    environment: Vec<(String, String)>,
    log: PathBuf,
    port: u16,
    url: String,
    http: reqwest::Client,
    program: Mutex<Option<Program>>,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// Results.
    pub stdout: String,
    /// Progress and complaints.
    pub stderr: String,
    command: String,
}

impl Hub {
    pub(crate) fn new(binary: &Path, environment: Vec<(String, String)>, log: PathBuf, port: u16) -> Result<Self> {
        Ok(Self {
            binary: binary.to_owned(),
            roles: Vec::new(),
            environment,
            log,
            port,
            url: format!("http://127.0.0.1:{port}"),
            http: reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?,
            program: Mutex::new(None),
        })
    }

    /// The same hub with settings of its own and only these roles: a replica.
    pub(crate) fn replica(
        &self,
        roles: &[&str],
        settings: Vec<(String, String)>,
        log: PathBuf,
        port: u16,
    ) -> Result<Self> {
        let environment = self.environment.iter().cloned().chain(settings).collect();
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        Ok(Self { roles, ..Self::new(&self.binary, environment, log, port)? })
    }

    /// The program and its settings, for those who start it themselves.
    pub(crate) fn command(&self) -> (&Path, &[(String, String)]) {
        (&self.binary, &self.environment)
    }

    /// Starts `hub run` and waits until it is ready; says how long that took.
    ///
    /// # Errors
    /// It ends by itself or is not ready within 20 s.
    pub async fn start(&self) -> Result<Duration> {
        let began = Instant::now();
        self.spawn().await?;
        let ready = until("the hub to be ready", Duration::from_secs(20), async || {
            if let Some(program) = self.program.lock().await.as_mut() {
                program.expect_alive()?;
            }
            let answer = self.http.get(format!("{}/readyz", self.url)).send().await;
            Ok(answer.is_ok_and(|a| a.status().is_success()).then_some(()))
        })
        .await;
        match ready {
            Ok(_) => Ok(began.elapsed()),
            Err(error) => {
                let readyz = self.get("/readyz").await.map(|(_, body)| body);
                Err(error.context(format!(
                    "/readyz says {}; the hub's log ends with:\n{}",
                    readyz.unwrap_or_else(|e| format!("nothing ({e})")),
                    self.log_tail()
                )))
            }
        }
    }

    /// Starts `hub run` and does not wait: with Postgres or Redis away it may never be ready.
    ///
    /// # Errors
    /// It runs already, or cannot be started.
    pub async fn spawn(&self) -> Result<()> {
        let mut program = self.program.lock().await;
        if program.is_some() {
            bail!("the hub runs already");
        }
        let roles = self.roles.iter().flat_map(|role| ["--role", role.as_str()]);
        let arguments = ["run"].into_iter().chain(roles);
        *program = Some(Program::start(&self.binary, arguments, &self.environment, None, &self.log)?);
        Ok(())
    }

    /// Ends it as a crash would. What it was doing stays as it is.
    ///
    /// # Errors
    /// It does not run.
    pub async fn kill9(&self) -> Result<()> {
        let mut program = self.taken().await?;
        program.kill9().await
    }

    /// Asks it to stop and waits for the promised time.
    ///
    /// # Errors
    /// It does not run, does not stop in time, or ends with a complaint.
    pub async fn stop(&self) -> Result<()> {
        let mut program = self.taken().await?;
        let status = program.stop(DRAIN).await?;
        if !status.success() {
            bail!("the hub stopped with {status}:\n{}", self.log_tail());
        }
        Ok(())
    }

    /// Kills it and starts it anew.
    ///
    /// # Errors
    /// Either fails.
    pub async fn crashes(&self) -> Result<Duration> {
        self.kill9().await?;
        self.start().await
    }

    async fn taken(&self) -> Result<Program> {
        let program = self.program.lock().await.take();
        program.context("the hub does not run")
    }

    /// Whether it was started and not stopped since.
    pub async fn runs(&self) -> bool {
        self.program.lock().await.is_some()
    }

    /// Its process id.
    pub async fn pid(&self) -> Option<u32> {
        self.program.lock().await.as_ref().and_then(Program::id)
    }

    /// `hub …` with the settings of this world.
    ///
    /// # Errors
    /// It cannot be started, or takes longer than three minutes.
    pub async fn cli(&self, arguments: &[&str]) -> Result<Outcome> {
        self.cli_with(arguments, &[]).await
    }

    /// The same with more settings (name and value of environment variables).
    ///
    /// # Errors
    /// It cannot be started, or takes longer than three minutes.
    pub async fn cli_with(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Result<Outcome> {
        let command = format!("hub {}", arguments.join(" "));
        let mut process = Command::new(&self.binary);
        process::without_settings(process.as_std_mut());
        process
            .args(arguments)
            .envs(self.environment.iter().map(|(k, v)| (k, v)))
            .envs(settings.iter().copied())
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(Duration::from_secs(180), process.output())
            .await
            .with_context(|| format!("`{command}` did not end within 180 s"))??;
        Ok(Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            command,
        })
    }

    /// `hub … --json`, which must succeed.
    ///
    /// # Errors
    /// It ends with another code than 0, or prints something else than JSON.
    pub async fn json(&self, arguments: &[&str]) -> Result<Value> {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        self.cli(&arguments).await?.expect(0)?.json()
    }

    /// The `items` of a list.
    ///
    /// # Errors
    /// As for [`json`](Self::json).
    pub async fn list(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        let list = self.json(arguments).await?;
        let items = list["items"].as_array().cloned();
        items.with_context(|| format!("`hub {}` printed no items: {list}", arguments.join(" ")))
    }

    /// Status and body of a route of the hub's own listener.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn get(&self, path: &str) -> Result<(u16, String)> {
        let answer = self
            .http
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .with_context(|| format!("the hub does not answer {path}"))?;
        let status = answer.status().as_u16();
        Ok((status, answer.text().await?))
    }

    /// The port of its listener.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its listener is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The whole log so far.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.log)?)
    }

    pub(crate) fn log_tail(&self) -> String {
        process::tail(&self.log, 40)
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.log.clone()
    }
}

impl Outcome {
    /// Itself when the exit code is this one.
    ///
    /// # Errors
    /// It is another; the error shows what the command said.
    pub fn expect(self, code: i32) -> Result<Self> {
        if self.code != code {
            bail!("`{}` ended with {} instead of {code}\n{}{}", self.command, self.code, self.stdout, self.stderr);
        }
        Ok(self)
    }

    /// What it printed, as JSON.
    ///
    /// # Errors
    /// It is none.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.stdout)
            .with_context(|| format!("`{}` printed no JSON:\n{}", self.command, self.stdout))
    }
}
