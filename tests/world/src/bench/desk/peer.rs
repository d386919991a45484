//! The peer: `benches/peers/leads_peer.py` under uvicorn.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::bench::setting;
use crate::deadline::until;
use crate::process::Program;
use crate::world::World;

/// What it is told to know callers by.
pub(super) const TOKEN: &str = "the-token-of-this-run";
/// One for each processor of the machine that the page names.
const WORKERS: &str = "2";
const STARTS: Duration = Duration::from_secs(20);
const STOPS: Duration = Duration::from_secs(10);

/// What stands beside the desk, with the versions of the lock file.
///
/// # Errors
/// The lock file is not there.
pub fn versions(repository: &Path) -> Result<String> {
    let locked = std::fs::read_to_string(repository.join("benches/peers/requirements.txt"))?;
    let pinned = |name: &str| {
        let line = locked.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix("=="));
        line.unwrap_or("unknown").to_owned()
    };
    let names = ["fastapi", "starlette", "pydantic", "uvicorn", "uvloop", "httptools", "psycopg"];
    let versions: Vec<String> = names.iter().map(|name| format!("{name} {}", pinned(name))).collect();
    Ok(versions.join(", "))
}

/// Starts it on the world's spare port and in the hub's own database, and waits until it answers.
///
/// # Errors
/// It is not installed, or does not start.
pub(super) async fn start(repository: &Path, world: &World) -> Result<Program> {
    let python = repository.join("target/peers/python/bin/python");
    if !python.is_file() {
        bail!("{} is not there: `make peers` installs it", python.display());
    }
    let port = world.spare_port().to_string();
    let folder = repository.join("benches/peers").display().to_string();
    let arguments = ["-m", "uvicorn", "leads_peer:app", "--app-dir", &folder, "--host", "127.0.0.1", "--port", &port];
    let quick = ["--loop", "uvloop", "--http", "httptools", "--workers", WORKERS, "--no-access-log"];
    let environment = [
        ("DATABASE_URL".to_owned(), setting(world, "HUB_DATABASE__URL")?),
        ("TOKEN".to_owned(), TOKEN.to_owned()),
        ("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned()),
    ];
    let log = world.data_dir().join("peer.log");
    let arguments = arguments.into_iter().chain(quick);
    let mut program = Program::start(&python, arguments, &environment, None, &log)?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("http://127.0.0.1:{port}/readyz");
    until("the peer to be ready", STARTS, async || {
        program.expect_alive()?;
        Ok(http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()).then_some(()))
    })
    .await?;
    Ok(program)
}

/// Ends it with its workers.
///
/// # Errors
/// It does not end.
pub(super) async fn stop(mut program: Program) -> Result<()> {
    program.stop(STOPS).await.map(drop)
}
