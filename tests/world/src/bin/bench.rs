//! `make bench`: measures every figure of `docs/performance.md`, prints the table and writes it there.
//!
//! Figures can be chosen: `bench start`, `bench leads`, `bench build`, `bench rolling`, `bench audit`, `bench desk`,
//! `bench telegram`; then the page stays as it is.
//! Ends with 0 when all goals are kept, with 1 when one is missed or something failed.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use tokio::signal::unix::{SignalKind, signal};
use waas_world::bench::{audit, build, desk, leads, machine, page, rolling, start, telegram};

const FIGURES: [&str; 7] = ["start", "leads", "build", "rolling", "audit", "desk", "telegram"];

// One thread, as for the demo: the kernel ends the programs with the thread that started them.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    match run(&chosen).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether all goals are kept.
async fn run(chosen: &[String]) -> Result<bool> {
    if let Some(unknown) = chosen.iter().find(|name| !FIGURES.contains(&name.as_str())) {
        bail!("there is no figure {unknown}; there are {}", FIGURES.join(", "));
    }
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        kept = measure(chosen) => kept,
        _ = interrupt.recv() => bail!("interrupted"),
        _ = terminate.recv() => bail!("interrupted"),
    }
}

async fn measure(chosen: &[String]) -> Result<bool> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Before anything is busy.
    let mut facts = machine::facts(&repository)?;
    let wanted = |name: &str| chosen.is_empty() || chosen.iter().any(|c| c == name);
    let tell = |line: &str| say(&format!("bench: {line}"));
    let mut figures = Vec::new();
    if wanted("leads") {
        figures.extend(leads::measure(&tell).await?);
    }
    if wanted("build") {
        figures.extend(build::measure(&tell).await?);
    }
    if wanted("start") {
        figures.extend(start::measure(&tell).await?);
    }
    if wanted("rolling") {
        figures.extend(rolling::measure(&tell).await?);
    }
    if wanted("audit") {
        figures.extend(audit::measure(&tell).await?);
    }
    if wanted("desk") {
        facts.push(("Beside the desk", desk::versions(&repository)?));
        figures.extend(desk::measure(&repository, &tell).await?);
    }
    if wanted("telegram") {
        facts.push(("Beside it", telegram::versions(&repository)?));
        figures.extend(telegram::measure(&repository, &tell).await?);
    }
    let table = page::table(&facts, &figures);
    // A closed pipe is no reason not to write the page.
    let _ = writeln!(std::io::stdout(), "{table}");
    if chosen.is_empty() {
        page::rewrite(&repository.join("docs/performance.md"), &table)?;
    }
    Ok(figures.iter().all(|figure| figure.is_kept() != Some(false)))
}

/// Progress; the table alone is the result.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
