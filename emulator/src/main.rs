//! The command: listens, prints where, stops at a signal.

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use telegram_emulator::{Emulator, Options};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// A strict Telegram Bot API server with a browser chat at `/`.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// File that keeps people, chats and messages across restarts.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Like the real server's local mode: no cap on downloads, large uploads.
    #[arg(long)]
    local: bool,
    /// Rate limits: those of the real service, or none.
    #[arg(long, value_enum, default_value_t = Limits::Real)]
    limits: Limits,
    /// Seconds in which a pressed button can be answered.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    callback_window: u64,
    /// Seconds in which a webhook has to answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    webhook_timeout: u64,
    /// Longest wait before a webhook that refuses is tried again; drawn between this and its double.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    webhook_retry_cap: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Limits {
    Real,
    Off,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    let emulator = Emulator::new(Options {
        local: arguments.local,
        limits: arguments.limits == Limits::Real,
        callback_window: Duration::from_secs(arguments.callback_window),
        webhook_timeout: Duration::from_secs(arguments.webhook_timeout),
        webhook_retry_cap: arguments.webhook_retry_cap,
        data: arguments.data,
    })?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener =
        TcpListener::bind(arguments.listen).await.with_context(|| format!("cannot listen on {}", arguments.listen))?;
    announce(listener.local_addr()?);
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    emulator.serve(listener, stop).await
}

/// The first line on standard output, from which callers learn the port.
#[expect(clippy::print_stdout, reason = "callers read the address from this line")]
fn announce(address: SocketAddr) {
    println!("listening on http://{address}");
}
