//! Searches, figures, cards and pictures, as `bench-inside` times them in the hub's library.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::process::Command;

use crate::bench::figure::{Figure, Unit, percentile};
use crate::bench::setting;
use crate::ground::Ground;
use crate::process::without_settings;
use crate::world::World;

/// For all of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// One thing that is timed: as the program calls it, as the table does, how, and what its median and its p99 may be.
const THINGS: [(&str, &str, &str, f64); 7] = [
    ("name", "search by name", SEARCHED, 50.0),
    ("phone", "search by telephone number", SEARCHED, 50.0),
    ("words", "search by two words of the message", SEARCHED, 50.0),
    ("all", "figures of 100,000 leads", COUNTED, 50.0),
    ("month", "figures of the last 30 days", COUNTED, 50.0),
    (
        "card",
        "a lead's card drawn",
        "words, layout and buttons in three languages, in the hub's library; 300 a run",
        1.0,
    ),
    (
        "picture",
        "the picture of figures drawn",
        "from figures that were counted to the PNG, in three languages, in the hub's library; 10 a run, the first without a warm-up",
        100.0,
    ),
];
const SEARCHED: &str = "`/leads WORDS` as the chat asks for a page, in the hub's library on one connection, beside a hub that runs; 100 a run, each finds something";
const COUNTED: &str = "what `hub lead stats` and `/report leads` count, in the same way; 40 a run";

/// Has all of it timed.
///
/// # Errors
/// The program is not built, or fails.
pub(super) async fn measure(world: &World) -> Result<Vec<Figure>> {
    let mut command = Command::new(Ground::survey()?.binary("bench-inside", "WAAS_BENCH_INSIDE_BIN")?);
    without_settings(command.as_std_mut());
    command.env("DATABASE_URL", setting(world, "HUB_DATABASE__URL")?).env("RUST_BACKTRACE", "0");
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.with_context(|| format!("bench-inside did not end within {PATIENCE:?}"))??;
    if !output.status.success() {
        bail!("bench-inside failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let told: Value = serde_json::from_slice(&output.stdout).context("bench-inside printed no JSON")?;
    let mut figures = Vec::new();
    for (key, what, how, goal) in THINGS {
        let runs: Vec<Vec<f64>> = serde_json::from_value(told[key].clone()).with_context(|| format!("no {key}"))?;
        for (which, percent) in [("median", 50.0), ("p99", 99.0)] {
            let values = runs.iter().map(|run| percentile(run, percent)).collect();
            figures.push(Figure::new(format!("{what}, {which}"), how, Unit::Milliseconds, values).at_most(goal));
        }
    }
    Ok(figures)
}
