//! Plays Telegram for one bot and measures it.
//!
//! ```text
//! measure [--conversations 100] [--updates 20000] [--warm-up 2000] -- COMMAND [ARGUMENTS]
//! ```
//!
//! Starts COMMAND with `--port`, `--api` and `--token` behind its arguments, waits for its `setWebhook`, and posts
//! updates: each conversation sends its next one when the reply to the one before came and the webhook had taken it (a
//! closed loop). Every reply is compared with what the survey must ask next. One line of JSON says what was seen:
//! updates a second, milliseconds from post to reply, the bot's CPU time an update and its memory. The CPU time of Redis
//! and Postgres is not in it.

mod load;
mod process;
mod telegram;

use anyhow::{Context as _, ensure};
use clap::Parser;
use load::Conversation;
use process::Usage;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use telegram::Telegram;
use tokio::net::TcpListener;
use tokio::process::Command;

/// How long a bot may take to start.
const START: Duration = Duration::from_secs(30);
const TOKEN: &str = "7000001:AAtestTOKEN_of-a-bot";

/// Plays Telegram for one bot and measures it.
#[derive(Debug, Parser)]
struct Arguments {
    /// People who talk at the same time.
    #[arg(long, default_value_t = 100)]
    conversations: usize,
    /// Updates that are measured.
    #[arg(long, default_value_t = 20_000)]
    updates: usize,
    /// Updates before them that are not.
    #[arg(long, default_value_t = 2_000)]
    warm_up: usize,
    /// The bot's command.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let api = format!("http://{}", listener.local_addr()?);
    let telegram = Arc::new(Telegram::default());
    tokio::spawn(axum::serve(listener, telegram::router(telegram.clone())).into_future());

    let port = free_port().await?;
    let (program, own) = arguments.command.split_first().context("no command")?;
    let mut bot = Command::new(program)
        .args(own)
        .args(["--port", &port.to_string(), "--api", &api, "--token", TOKEN])
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{program} cannot be started"))?;
    let pid = bot.id().context("the bot ended at once")?;
    tokio::select! {
        ended = bot.wait() => anyhow::bail!("the bot ended: {}", ended?),
        ready = tokio::time::timeout(START, telegram.webhook_answers()) => ready.context("no webhook came up")??,
    }

    let first = first_chat()?;
    let people = (0..arguments.conversations).map(|n| Conversation::new(first + n as i64)).collect();
    let warm = load::run(&telegram, people, arguments.warm_up).await?;
    let (before, own_before) = (Usage::of(pid)?, Usage::own()?);
    let begin = Instant::now();
    let measured = load::run(&telegram, warm.people, arguments.updates).await?;
    let seconds = begin.elapsed().as_secs_f64();
    let (after, own_after) = (Usage::of(pid)?, Usage::own()?);

    let count = measured.latencies.len();
    let cpu_ms = |from: &Usage, to: &Usage| (to.cpu - from.cpu).as_secs_f64() * 1000.0 / count.max(1) as f64;
    let report = json!({
        "conversations": arguments.conversations,
        "updates": count,
        "seconds": rounded(seconds),
        "updates_per_second": (count as f64 / seconds).round(),
        "p50_ms": rounded(measured.percentile(50)),
        "p99_ms": rounded(measured.percentile(99)),
        "cpu_ms_per_update": rounded(cpu_ms(&before, &after)),
        "own_cpu_ms_per_update": rounded(cpu_ms(&own_before, &own_after)),
        "rss_mib": rounded(after.rss_mib),
        "peak_rss_mib": rounded(after.peak_rss_mib),
        "failed": warm.failures.len() + measured.failures.len(),
    });
    print_line(&report.to_string());
    let failures: Vec<String> = warm.failures.into_iter().chain(measured.failures).take(5).collect();
    ensure!(failures.is_empty(), "conversations failed: {failures:?}");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the report")]
fn print_line(line: &str) {
    println!("{line}");
}

/// To a thousandth.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// A port that was free a moment ago.
async fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}

/// People whom no earlier run knows: Redis remembers how far those came.
fn first_chat() -> anyhow::Result<i64> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(i64::try_from(seconds)? * 1_000_000)
}
