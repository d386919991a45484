//! `hub check`: tries every setting and connection, says what is wrong and how to mend it.
//!
//! A probe is a name and a future; [`probes`] lists them. They run side by side, each within `http.probe_timeout`.

use std::fmt::Display;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::process::Command;
use waas_platform::bus::{self, Bus};
use waas_platform::db;
use waas_platform::secrets::mask;
use waas_platform::telegram::Api;

use super::{CliError, Invocation, Table};
use crate::config::{Config, EdgeMode, may_bind_low_ports};

/// What a look found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What was looked at.
    pub name: String,
    /// Whether it is well.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// What to do when it is not well.
    pub mend: Option<String>,
}

/// What `hub check --json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether everything is well.
    pub ok: bool,
    /// Each look.
    pub items: Vec<Item>,
}

/// What one probe says: found, or what is wrong and how to mend it.
pub type Look = Result<String, (String, String)>;

/// A named look at one thing.
pub struct Probe {
    name: &'static str,
    look: BoxFuture<'static, Look>,
}

impl Probe {
    /// A probe.
    pub fn new(name: &'static str, look: impl Future<Output = Look> + Send + 'static) -> Self {
        Self {
            name,
            look: Box::pin(look),
        }
    }
}

pub(super) async fn run(invocation: &Invocation) -> Result<(), CliError> {
    let loaded = invocation.load();
    let mut items: Vec<Item> = Vec::new();
    match loaded.config {
        Ok(config) => {
            let count = loaded.settings.len();
            items.push(item("config", Ok(format!("{count} settings fit"))));
            items.extend(look_at(probes(&config), config.http.probe_timeout).await);
        }
        Err(faults) => {
            let fault = |f: &crate::config::Fault| {
                item(
                    "config",
                    Err((format!("{}: {} {}", f.place, f.key, f.what), f.mend.clone())),
                )
            };
            items.extend(faults.iter().map(fault));
        }
    }
    let report = Report {
        ok: items.iter().all(|item| item.ok),
        items,
    };
    invocation.result(&report, human)?;
    if report.ok {
        Ok(())
    } else {
        Err(CliError::FoundWrong)
    }
}

/// All probes for a configuration that fits.
pub fn probes(config: &Config) -> Vec<Probe> {
    vec![
        Probe::new("postgres", postgres(config.clone())),
        Probe::new("migrations", migrations(config.clone())),
        Probe::new("redis", redis(config.clone())),
        Probe::new("telegram", telegram(config.clone())),
        Probe::new("nginx", nginx(config.clone())),
        Probe::new("edge ports", edge_ports(config.clone())),
        Probe::new("http.listen", listens(config.http.listen, "http.listen")),
        Probe::new("data_dir", data_dir(config.clone())),
    ]
}

/// Runs probes side by side; one that takes longer than `patience` is not well.
pub async fn look_at(probes: Vec<Probe>, patience: Duration) -> Vec<Item> {
    let looks = probes.into_iter().map(|probe| async move {
        let look = tokio::time::timeout(patience, probe.look)
            .await
            .unwrap_or_else(|_| {
                Err((
                    format!("no answer within {patience:?}"),
                    "see whether it runs and is reachable".into(),
                ))
            });
        item(probe.name, look)
    });
    join_all(looks).await
}

fn item(name: &str, look: Look) -> Item {
    let (ok, found, mend) = match look {
        Ok(found) => (true, found, None),
        Err((found, mend)) => (false, found, Some(mend)),
    };
    Item {
        name: name.to_owned(),
        ok,
        found: mask::text(&found).into_owned(),
        mend,
    }
}

fn human(report: &Report) -> String {
    let mut table = Table::new(&["", "what", "found", "how to mend it"]);
    for item in &report.items {
        let mark = if item.ok { "ok" } else { "WRONG" };
        table.row(vec![
            mark.into(),
            item.name.clone(),
            item.found.clone(),
            item.mend.clone().unwrap_or_default(),
        ]);
    }
    table.to_string()
}

fn ill<E: Display>(mend: &str) -> impl Fn(E) -> (String, String) {
    let mend = mend.to_owned();
    move |error| (error.to_string(), mend.clone())
}

async fn connect(config: &Config) -> Result<db::PgPool, (String, String)> {
    let settings = db::Settings {
        url: config.database.url.expose().to_owned(),
        max_connections: 1,
        acquire_timeout: config.database.acquire_timeout,
    };
    let mend = format!(
        "see whether Postgres runs and database.url ({:?}) is right",
        config.database.url
    );
    db::connect(&settings).await.map_err(ill(&mend))
}

async fn postgres(config: Config) -> Look {
    connect(&config)
        .await
        .map(|_| format!("answers at {:?}", config.database.url))
}

async fn migrations(config: Config) -> Look {
    let pool = connect(&config).await?;
    let schema = db::schema(&pool)
        .await
        .map_err(ill("see whether the database user may read its tables"))?;
    if schema.unknown > 0 {
        let found = format!("{} migrations of a newer hub", schema.unknown);
        return Err((
            found,
            "run the newer hub, or restore a database of this version".to_owned(),
        ));
    }
    if schema.pending > 0 {
        return Err((
            format!("{} pending", schema.pending),
            "hub migrate (hub run does it too)".to_owned(),
        ));
    }
    Ok(format!("at {}", schema.version))
}

async fn redis(config: Config) -> Look {
    let mend = format!(
        "see whether Redis runs and redis.url ({:?}) is right",
        config.redis.url
    );
    let bus = Bus::connect(bus::Settings::new(config.redis.url.expose()))
        .await
        .map_err(ill(&mend))?;
    match bus.is_open_to_strangers().await {
        Ok(false) => Ok(format!("answers at {:?}", config.redis.url)),
        Ok(true) => Ok(format!(
            "answers at {:?}, also without a password: tenants' users are no limit to those who can reach it",
            config.redis.url
        )),
        Err(error) => Err(ill(&mend)(error)),
    }
}

async fn telegram(config: Config) -> Look {
    let Some(token) = config.telegram.token else {
        return Err((
            "no token".to_owned(),
            "get one from @BotFather and set HUB_TELEGRAM__TOKEN".to_owned(),
        ));
    };
    let mend = format!(
        "see whether the token is right and {} can be reached",
        config.telegram.api_url
    );
    let api = Api::new(
        config.telegram.api_url.as_str(),
        token,
        config.telegram.request_timeout,
    )
    .map_err(ill(&mend))?;
    let bot = api.identity().await.map_err(ill(&mend))?;
    Ok(format!("@{} at {}", bot.username, config.telegram.api_url))
}

async fn nginx(config: Config) -> Look {
    match config.edge.mode {
        EdgeMode::Managed => {}
        EdgeMode::System => return Ok("the machine's own (edge.mode = system)".to_owned()),
        EdgeMode::None => return Ok("not used (edge.mode = none)".to_owned()),
    }
    let mend = "install nginx, or set edge.nginx to where it is";
    let output = Command::new(&config.edge.nginx)
        .arg("-v")
        .output()
        .await
        .map_err(ill(mend))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() {
        Ok(said)
    } else {
        Err((said, mend.to_owned()))
    }
}

async fn edge_ports(config: Config) -> Look {
    if config.edge.mode != EdgeMode::Managed {
        return Ok("not ours".to_owned());
    }
    let (http, https) = config.edge.ports(may_bind_low_ports());
    for (port, key) in [(http, "edge.http_port"), (https, "edge.https_port")] {
        listens(
            SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port),
            key,
        )
        .await?;
    }
    Ok(format!("http {http}, https {https}"))
}

/// Whether an address may be listened on. Taken is well when it is this hub that runs there; that cannot be told from
/// outside, so it is said and not counted as wrong.
async fn listens(address: SocketAddr, key: &str) -> Look {
    match TcpListener::bind(address).await {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Ok(format!(
            "{address} is in use: by the running hub, or else set {key}"
        )),
        Err(error) => Err((
            format!("{address}: {error}"),
            format!("set {key} to an address and port that the hub may use"),
        )),
    }
}

async fn data_dir(config: Config) -> Look {
    let mend = format!(
        "let the hub's user write to {} or set data_dir",
        config.data_dir.display()
    );
    tokio::fs::create_dir_all(&config.data_dir)
        .await
        .map_err(ill(&mend))?;
    let trial = config
        .data_dir
        .join(format!(".check-{}", std::process::id()));
    tokio::fs::write(&trial, b"").await.map_err(ill(&mend))?;
    tokio::fs::remove_file(&trial).await.map_err(ill(&mend))?;
    Ok(format!("{} can be written", config.data_dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn probes_run_side_by_side_and_a_silent_one_is_not_well() {
        let both = tokio::sync::Barrier::new(2);
        let both = std::sync::Arc::new(both);
        let wait = |both: std::sync::Arc<tokio::sync::Barrier>| async move {
            both.wait().await;
            Ok("met".to_owned())
        };
        let probes = vec![
            Probe::new("one", wait(both.clone())),
            Probe::new("two", wait(both)),
            Probe::new("silent", std::future::pending()),
        ];
        let items = look_at(probes, Duration::from_millis(300)).await;
        assert_eq!(
            items.iter().map(|item| item.ok).collect::<Vec<_>>(),
            [true, true, false]
        );
        assert!(items[2].found.contains("no answer") && items[2].mend.is_some());
    }

    #[test]
    fn the_json_has_the_fields_of_the_contract() {
        let report = Report {
            ok: false,
            items: vec![item("redis", Err(("refused".into(), "start it".into())))],
        };
        let json = serde_json::to_value(&report).expect("json");
        assert_eq!(
            json,
            serde_json::json!({"ok": false, "items": [{"name": "redis", "ok": false, "found": "refused", "mend": "start it"}]})
        );
    }

    #[tokio::test]
    async fn a_port_that_may_not_be_used_says_how_to_mend_it() {
        let nowhere: SocketAddr = "192.0.2.1:80".parse().expect("an address");
        let (_, mend) = listens(nowhere, "http.listen")
            .await
            .expect_err("not an address of this machine");
        assert!(mend.contains("http.listen"));
    }
}
