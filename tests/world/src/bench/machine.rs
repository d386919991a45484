//! What was measured, on what and with what: the lines above the table.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::ground::Ground;

/// Lines about this machine and the programs in use, each a fact and its value.
///
/// # Errors
/// The hub is not built.
pub fn facts(repository: &Path) -> Result<Vec<(&'static str, String)>> {
    let hub = Ground::survey()?.binary("hub", "WAAS_HUB_BIN")?;
    let hub = said(&hub.display().to_string(), &["--version"]);
    let folder = repository.display().to_string();
    let commit = said("git", &["-C", &folder, "describe", "--always", "--dirty", "--exclude", "*"]);
    let docker = said("docker", &["version", "--format", "{{.Server.Version}}"]);
    let postgres = said("/usr/lib/postgresql/15/bin/postgres", &["--version"]);
    let redis = said("redis-server", &["--version"]);
    let redis = redis.split_whitespace().nth(2).unwrap_or_default().replace("v=", "");
    let rust = said("rustc", &["--version"]);
    let versions = format!(
        "{hub} ({commit}, release build), {rust}; {postgres}, Redis {redis}, Docker {docker}, docker-compose {}",
        super::compose::version()?
    );
    Ok(vec![
        ("Machine", machine()),
        ("Versions", versions),
        ("Measured", format!("{}; load before: {}", chrono::Utc::now().format("%Y-%m-%d %H:%M UTC"), load())),
    ])
}

fn machine() -> String {
    let cpus = read("/proc/cpuinfo");
    let model = field(&cpus, "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let count = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let memory = field(&read("/proc/meminfo"), "MemTotal")
        .and_then(|total| total.split_whitespace().next()?.parse::<u64>().ok())
        .map_or(0, |kibibytes| kibibytes / (1024 * 1024));
    let kernel = read("/proc/sys/kernel/osrelease");
    let system = read("/etc/os-release");
    let system = system.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or_default();
    format!("{count} × {model}, {memory} GiB, {}, Linux {}", system.trim_matches('"'), kernel.trim())
}

/// How busy the machine was, by the kernel's average over the last minute.
fn load() -> String {
    read("/proc/loadavg").split_whitespace().next().unwrap_or_default().to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// What a program prints; a program that is not there is no reason not to measure.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok().filter(|text| !text.is_empty()).unwrap_or_else(|| format!("{program} unknown"))
}
