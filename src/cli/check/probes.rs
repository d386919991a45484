//! The probes of `hub check`: one function for each thing that can be away or wrong.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::process::Command;
use waas_platform::bus::{self, Bus};
use waas_platform::db;
use waas_platform::docker::{self, Engine};
use waas_platform::telegram::Api;

use super::{Look, Probe};
use crate::app;
use crate::config::{Config, EdgeMode, may_bind_low_ports};

/// The network whose gateway containers see the host as.
const BRIDGE: &str = "bridge";
/// The port of the tenants' listener when no address is given.
const TENANTS_PORT: u16 = 8090;

/// All probes for a configuration that fits.
pub fn probes(config: &Config) -> Vec<Probe> {
    vec![
        Probe::new("postgres", postgres(config.clone())),
        Probe::new("migrations", migrations(config.clone())),
        Probe::new("redis", redis(config.clone())),
        Probe::new("docker", docker(config.clone())),
        Probe::new("images", images(config.clone())),
        Probe::new("tenants.listen", tenants_listen(config.clone())),
        Probe::new("telegram", telegram(config.clone())),
        Probe::new("nginx", nginx(config.clone())),
        Probe::new("edge ports", edge_ports(config.clone())),
        Probe::new("http.listen", listens(config.http.listen, "http.listen")),
        Probe::new("data_dir", data_dir(config.clone())),
    ]
}

fn ill<E: Display>(mend: &str) -> impl Fn(E) -> (String, String) {
    let mend = mend.to_owned();
    move |error| (error.to_string(), mend.clone())
}

async fn connect(config: &Config) -> Result<db::PgPool, (String, String)> {
    let settings = db::Settings { max_connections: 1, ..app::of_database(config) };
    let mend = format!("see whether Postgres runs and database.url ({:?}) is right", config.database.url);
    db::connect(&settings).await.map_err(ill(&mend))
}

async fn postgres(config: Config) -> Look {
    connect(&config).await.map(|_| format!("answers at {:?}", config.database.url))
}

async fn migrations(config: Config) -> Look {
    let pool = connect(&config).await?;
    let schema = db::schema(&pool).await.map_err(ill("see whether the database user may read its tables"))?;
    if schema.unknown > 0 {
        let found = format!("{} migrations of a newer hub", schema.unknown);
        return Err((found, "run the newer hub, or restore a database of this version".to_owned()));
    }
    if schema.pending > 0 {
        return Err((format!("{} pending", schema.pending), "hub migrate (hub run does it too)".to_owned()));
    }
    Ok(format!("at {}", schema.version))
}

async fn redis(config: Config) -> Look {
    let mend = format!("see whether Redis runs and redis.url ({:?}) is right", config.redis.url);
    let bus = Bus::connect(bus::Settings::new(config.redis.url.expose())).await.map_err(ill(&mend))?;
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
        return Err(("no token".to_owned(), "get one from @BotFather and set HUB_TELEGRAM__TOKEN".to_owned()));
    };
    let mend = format!("see whether the token is right and {} can be reached", config.telegram.api_url);
    let api = Api::new(config.telegram.api_url.as_str(), token, config.telegram.request_timeout).map_err(ill(&mend))?;
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
    let output = Command::new(&config.edge.nginx).arg("-v").output().await.map_err(ill(mend))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(said) } else { Err((said, mend.to_owned())) }
}

async fn edge_ports(config: Config) -> Look {
    if config.edge.mode != EdgeMode::Managed {
        return Ok("not ours".to_owned());
    }
    let (http, https) = config.edge.ports(may_bind_low_ports());
    for (port, key) in [(http, "edge.http_port"), (https, "edge.https_port")] {
        listens(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port), key).await?;
    }
    Ok(format!("http {http}, https {https}"))
}

/// Whether an address may be listened on. Taken is well when it is this hub that runs there; that cannot be told from
/// outside, so it is said and not counted as wrong.
async fn listens(address: SocketAddr, key: &str) -> Look {
    match TcpListener::bind(address).await {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{address} is in use: by the running hub, or else set {key}"))
        }
        Err(error) => {
            Err((format!("{address}: {error}"), format!("set {key} to an address and port that the hub may use")))
        }
    }
}

async fn data_dir(config: Config) -> Look {
    let mend = format!("let the hub's user write to {} or set data_dir", config.data_dir.display());
    tokio::fs::create_dir_all(&config.data_dir).await.map_err(ill(&mend))?;
    let trial = config.data_dir.join(format!(".check-{}", std::process::id()));
    tokio::fs::write(&trial, b"").await.map_err(ill(&mend))?;
    tokio::fs::remove_file(&trial).await.map_err(ill(&mend))?;
    Ok(format!("{} can be written", config.data_dir.display()))
}

async fn engine(config: &Config) -> Result<Engine, (String, String)> {
    let mend = format!("see whether Docker runs and the hub may use {}", config.docker.endpoint);
    let settings = docker::Settings { request_timeout: config.http.probe_timeout, ..docker::Settings::default() };
    Engine::connect(&config.docker.endpoint, settings).await.map_err(ill(&mend))
}

async fn docker(config: Config) -> Look {
    let version = engine(&config).await?.version().await.map_err(ill("see whether the engine is well"))?;
    Ok(format!("{} (API {}) at {}", version.release, version.negotiated, config.docker.endpoint))
}

async fn images(config: Config) -> Look {
    let engine = engine(&config).await?;
    let mut missing = Vec::new();
    for image in [&config.images.python, &config.images.postgres, &config.images.redis] {
        let found = engine.image_id(image).await.map_err(ill("see whether the engine is well"))?;
        if found.is_none() {
            missing.push(image.as_str());
        }
    }
    if missing.is_empty() {
        return Ok("all here".to_owned());
    }
    let mend = "make images, or docker pull them, or name others by HUB_IMAGES__…";
    Err((format!("not here: {}", missing.join(", ")), mend.to_owned()))
}

async fn tenants_listen(config: Config) -> Look {
    if let Some(address) = config.tenants.listen {
        return listens(address, "tenants.listen").await;
    }
    let gateway = engine(&config).await?.gateway(BRIDGE).await.map_err(ill("set tenants.listen"))?;
    match gateway {
        Some(gateway) => listens(SocketAddr::new(gateway, TENANTS_PORT), "tenants.listen").await,
        None => Err((
            format!("the network {BRIDGE} has no gateway"),
            "set tenants.listen to an address that containers reach".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_that_may_not_be_used_says_how_to_mend_it() {
        let nowhere: SocketAddr = "192.0.2.1:80".parse().expect("an address");
        let (_, mend) = listens(nowhere, "http.listen").await.expect_err("not an address of this machine");
        assert!(mend.contains("http.listen"));
    }
}
