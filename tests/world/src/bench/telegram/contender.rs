//! One way to write the bot, started and measured by `measure` of `benches/peers`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::process::Command;

use super::conversations;
use crate::bench::setting;
use crate::process::without_settings;
use crate::world::World;

pub(super) const HUB: &str = "hub";
pub(super) const AIOGRAM: &str = "aiogram";
pub(super) const TELOXIDE: &str = "teloxide";
pub(super) const BARE: &str = "bare handler";
pub(super) const NULL: &str = "no bot";

/// Before each measurement, in the same load.
const WARM_UP: f64 = 1.0;
/// For one run, with start and stop.
const PATIENCE: Duration = Duration::from_secs(90);

/// How people talk in a run.
pub(super) struct Load {
    people: usize,
    seconds: f64,
    rate: Option<f64>,
}

impl Load {
    /// Each says the next text when the reply to the one before came.
    pub(super) fn closed(people: usize, seconds: f64) -> Self {
        Self { people, seconds, rate: None }
    }

    /// So many texts a second, whoever says them.
    pub(super) fn open(people: usize, seconds: f64, rate: f64) -> Self {
        Self { people, seconds, rate: Some(rate) }
    }
}

/// What `measure` saw in a run.
pub(super) struct Report {
    /// Updates a second.
    pub(super) rate: f64,
    /// Milliseconds from update to reply.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// Milliseconds of the bot's CPU an update.
    pub(super) cpu: f64,
    /// MiB.
    pub(super) memory: f64,
}

/// What it is to be compared as.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// The hub, by the webhook that it announces.
    Hub,
    /// A bot.
    Peer,
    /// What a bot could reach at most.
    Limit,
    /// Nothing at all.
    Null,
}

/// A bot.
pub(super) struct Contender {
    name: &'static str,
    how: &'static str,
    kind: Kind,
    measure: PathBuf,
    command: Vec<String>,
    environment: Vec<(String, String)>,
    /// Of the next run of a hub: each begins with people of its own.
    crowd: i64,
}

/// All of them, in the order of a round.
pub(super) fn all(repository: &Path, world: &World) -> Result<Vec<Contender>> {
    let target = repository.join("target/peers");
    let measure = target.join("release/measure");
    if !measure.is_file() {
        bail!("{} is not built: `make peers` does it", measure.display());
    }
    let python = target.join("python/bin/python").display().to_string();
    let script = |name: &str| repository.join("benches/peers").join(name).display().to_string();
    let binary = |name: &str| target.join("release").join(name).display().to_string();
    let redis = setting(world, "HUB_REDIS__URL")?;
    let database = setting(world, "HUB_DATABASE__URL")?;
    let contender = |name, kind, how, command: Vec<String>| Contender {
        name,
        how,
        kind,
        measure: measure.clone(),
        command,
        environment: Vec::new(),
        crowd: 0,
    };
    let (hub, _) = world.hub().command();
    let closed = "each person says the next text when the reply came; limits of sending lifted";
    Ok(vec![
        Contender {
            environment: conversations::settings(world)?,
            ..contender(
                HUB,
                Kind::Hub,
                "each person answers the next question of a survey; every update and reply committed; limits of sending lifted, the rest as shipped",
                vec![hub.display().to_string(), "run".to_owned()],
            )
        },
        contender(
            AIOGRAM,
            Kind::Peer,
            closed,
            vec![python.clone(), script("aiogram_peer.py"), "--redis".to_owned(), redis.clone()],
        ),
        contender("python-telegram-bot", Kind::Peer, closed, vec![python, script("telegram_peer.py")]),
        contender(TELOXIDE, Kind::Peer, closed, vec![binary("teloxide"), "--redis".to_owned(), redis]),
        contender(BARE, Kind::Limit, closed, vec![binary("bare"), "--database".to_owned(), database]),
        contender(
            NULL,
            Kind::Null,
            "what `measure` reaches with a program that replies and does nothing else",
            vec![binary("null")],
        ),
    ])
}

/// What is measured beside the hub, with the versions of the lock files.
///
/// # Errors
/// A lock file is not there.
pub fn versions(repository: &Path) -> Result<String> {
    let folder = repository.join("benches/peers");
    let python = std::fs::read_to_string(folder.join("requirements.txt"))?;
    let rust = std::fs::read_to_string(folder.join("Cargo.lock"))?;
    let pinned = |name: &str| {
        let line = python.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix("=="));
        line.and_then(|rest| rest.split_whitespace().next()).unwrap_or("unknown").to_owned()
    };
    let locked = |name: &str| {
        let after = rust.split_once(&format!("name = \"{name}\"\nversion = \""));
        after.and_then(|(_, rest)| rest.split('"').next()).unwrap_or("unknown").to_owned()
    };
    Ok(format!(
        "aiogram {}, python-telegram-bot {}, uvloop {}, teloxide {}, axum {}, tokio-postgres {}",
        pinned("aiogram"),
        pinned("python-telegram-bot"),
        pinned("uvloop"),
        locked("teloxide"),
        locked("axum"),
        locked("tokio-postgres")
    ))
}

impl Contender {
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn how(&self) -> &'static str {
        self.how
    }

    pub(super) fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }

    pub(super) fn is_bot(&self) -> bool {
        matches!(self.kind, Kind::Hub | Kind::Peer)
    }

    /// Whether its latency and its growth are looked at, too.
    pub(super) fn is_looked_at_closely(&self) -> bool {
        matches!(self.name, HUB | TELOXIDE)
    }

    /// Starts it, has people talk to it, and stops it.
    pub(super) async fn run(&mut self, load: &Load) -> Result<Report> {
        let mut command = Command::new(&self.measure);
        without_settings(command.as_std_mut());
        command.args(["--conversations", &load.people.to_string(), "--seconds", &load.seconds.to_string()]);
        command.args(["--warm-up", &WARM_UP.to_string(), "--texts", &conversations::TEXTS.to_string()]);
        if let Some(rate) = load.rate {
            command.args(["--rate", &rate.to_string()]);
        }
        if self.kind == Kind::Hub {
            command.args(conversations::arguments(&self.environment, self.crowd)?);
            self.crowd += 1;
        }
        command.arg("--").args(&self.command);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        // A reason, not the way to it.
        command.env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        let output = output.with_context(|| format!("{} was not measured within {PATIENCE:?}", self.name))??;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{} cannot be measured: {}", self.name, said.lines().last().unwrap_or_default());
        }
        Report::read(&String::from_utf8_lossy(&output.stdout)).with_context(|| format!("the report of {}", self.name))
    }
}

impl Report {
    /// The last line; bots may print as well.
    fn read(printed: &str) -> Result<Self> {
        let line = printed.lines().last().context("nothing was printed")?;
        let report: Value = serde_json::from_str(line).with_context(|| format!("no JSON: {line}"))?;
        let number = |name: &str| report[name].as_f64().with_context(|| format!("no {name} in {line}"));
        Ok(Self {
            rate: number("updates_per_second")?,
            p50: number("p50_ms")?,
            p99: number("p99_ms")?,
            cpu: number("cpu_ms_per_update")?,
            memory: number("rss_mib")?,
        })
    }
}
