//! Plays Telegram for one bot and measures it.
//!
//! ```text
//! measure [--conversations 100] [--seconds 5] [--rate R] -- COMMAND [ARGUMENTS]
//! ```
//!
//! Starts COMMAND with `--port`, `--api` and `--token` behind its arguments (`--plain`: with nothing, for a bot that has its
//! settings otherwise), waits for its `setWebhook`, and posts updates. Without a rate each conversation sends its next one
//! when the reply to the one before came and the webhook had taken it (a closed loop); with one, so many come a second
//! (an open loop). Every reply is compared with what the survey must ask next. One line of JSON says what was seen:
//! updates a second, milliseconds from post to reply, the bot's CPU time an update and its memory. The CPU time of Redis
//! and Postgres is not in it.

mod load;
mod people;
mod process;
mod telegram;

use anyhow::{Context as _, ensure};
use clap::Parser;
use load::Load;
use people::People;
use process::Usage;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use telegram::Telegram;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

/// How long a bot may take to start.
const START: Duration = Duration::from_secs(60);
/// How long it may take to stop; what it holds for itself (leases) it gives back then.
const STOP: Duration = Duration::from_secs(12);

/// Plays Telegram for one bot and measures it.
#[derive(Debug, Parser)]
struct Arguments {
    /// People who talk at the same time; with a rate, the most of them.
    #[arg(long, default_value_t = 100)]
    conversations: usize,
    /// How long is measured.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How long people talk before that, in a closed loop.
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
    /// Updates a second; without it as many as there are replies.
    #[arg(long)]
    rate: Option<f64>,
    /// What one person says before somebody new takes their place.
    #[arg(long, default_value_t = 60)]
    texts: usize,
    /// How many questions people were asked before they begin to talk.
    #[arg(long, default_value_t = 0)]
    asked: usize,
    /// The chat of the first person; the others follow. Without it, one that no earlier run knows.
    #[arg(long)]
    first_chat: Option<i64>,
    /// Where the Bot API is served.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The bot's token.
    #[arg(long, default_value = "7000001:AAtestTOKEN_of-a-bot")]
    token: String,
    /// Start the command as it stands.
    #[arg(long)]
    plain: bool,
    /// The bot's command.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.listen).await?;
    let api = format!("http://{}", listener.local_addr()?);
    let telegram = Arc::new(Telegram::of(&arguments.token)?);
    tokio::spawn(axum::serve(listener, telegram::router(telegram.clone())).into_future());

    let (program, own) = arguments.command.split_first().context("no command")?;
    let mut command = Command::new(program);
    command.args(own).kill_on_drop(true);
    if !arguments.plain {
        let port = free_port().await?.to_string();
        command.args(["--port", &port, "--api", &api, "--token", &arguments.token]);
    }
    let mut bot = command.spawn().with_context(|| format!("{program} cannot be started"))?;
    let pid = bot.id().context("the bot ended at once")?;
    tokio::select! {
        ended = bot.wait() => anyhow::bail!("the bot ended: {}", ended?),
        ready = tokio::time::timeout(START, telegram.webhook_answers()) => ready.context("no webhook came up")??,
    }

    let first = arguments.first_chat.map_or_else(unknown_chat, Ok)?;
    let load = Load::new(telegram, People::new(first, arguments.texts, arguments.asked))?;
    let warm = load.closed(arguments.conversations, Duration::from_secs_f64(arguments.warm_up)).await?;
    let time = Duration::from_secs_f64(arguments.seconds);
    let (before, own_before) = (Usage::of(pid)?, Usage::own()?);
    let begin = Instant::now();
    let measured = match arguments.rate {
        None => load.closed(arguments.conversations, time).await?,
        Some(rate) => load.open(arguments.conversations, rate, time).await?,
    };
    let seconds = begin.elapsed().as_secs_f64();
    let (after, own_after) = (Usage::of(pid)?, Usage::own()?);

    let count = measured.latencies.len();
    let cpu_ms = |from: &Usage, to: &Usage| (to.cpu - from.cpu).as_secs_f64() * 1000.0 / count.max(1) as f64;
    let report = json!({
        "conversations": arguments.conversations,
        "updates": count,
        "seconds": rounded(seconds),
        "updates_per_second": rounded(count as f64 / seconds),
        "p50_ms": rounded(measured.percentile(50)),
        "p99_ms": rounded(measured.percentile(99)),
        "cpu_ms_per_update": rounded(cpu_ms(&before, &after)),
        "own_cpu_ms_per_update": rounded(cpu_ms(&own_before, &own_after)),
        "rss_mib": rounded(after.rss_mib),
        "peak_rss_mib": rounded(after.peak_rss_mib),
        "failed": warm.failures.len() + measured.failures.len(),
    });
    stop(&mut bot, pid).await?;
    print_line(&report.to_string());
    let failures: Vec<String> = warm.failures.into_iter().chain(measured.failures).take(5).collect();
    ensure!(failures.is_empty(), "conversations failed: {failures:?}");
    Ok(())
}

/// As a service manager does it.
async fn stop(bot: &mut Child, pid: u32) -> anyhow::Result<()> {
    Command::new("kill").args(["-TERM", &pid.to_string()]).status().await?;
    if tokio::time::timeout(STOP, bot.wait()).await.is_err() {
        bot.kill().await?;
    }
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
fn unknown_chat() -> anyhow::Result<i64> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(i64::try_from(seconds)? * 1_000_000)
}
