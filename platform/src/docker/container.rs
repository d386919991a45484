//! One container: logs, commands inside, stop, start, restart, and what it uses.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use bollard::query_parameters::{
    LogsOptions, RestartContainerOptions, StartContainerOptions, StatsOptions, StopContainerOptions,
};
use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt};

use super::engine::{Engine, Result};
use super::error::DockerError;

/// The most that is kept of a command's output: the end of it.
const EXEC_OUTPUT_BYTES: usize = 256 * 1024;

/// Which lines of a log.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// Only so many last lines; all when none.
    pub tail: Option<u32>,
    /// Only lines from then on, to the second.
    pub since: Option<DateTime<Utc>>,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When the engine read it.
    pub at: Option<DateTime<Utc>>,
    /// Whether it came by standard error.
    pub is_error: bool,
    /// Without the line's end; bytes that are not UTF-8 are replaced.
    pub text: String,
}

/// Lines as they come, until the container ends.
pub type LogStream = Pin<Box<dyn Stream<Item = Result<LogLine>> + Send>>;

/// What a command printed and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecOutput {
    /// Exit code.
    pub exit_code: i64,
    /// Standard output and error as they came; the last 256 KiB.
    pub output: String,
}

/// Counters of one container at one moment; rates are the difference of two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time used since the start, in nanoseconds.
    pub cpu_ns: u64,
    /// Memory in bytes, file cache that can be dropped taken off.
    pub memory: u64,
    /// Its limit in bytes.
    pub memory_limit: u64,
    /// Processes and threads.
    pub pids: u64,
    /// Bytes received on all networks.
    pub received: u64,
    /// Bytes sent on all networks.
    pub sent: u64,
}

impl Engine {
    /// Lines of a container's log, oldest first.
    ///
    /// # Errors
    /// No such container, or the engine does not answer.
    pub async fn logs(&self, container: &str, query: &LogQuery) -> Result<Vec<LogLine>> {
        let mut stream = self.log_stream(container, query, false).await?;
        let mut lines = Vec::new();
        while let Some(line) = stream.next().await {
            lines.push(line?);
        }
        Ok(lines)
    }

    /// Lines of a container's log and those to come.
    ///
    /// # Errors
    /// The engine does not answer; a container that does not exist is told by the first item.
    pub async fn follow_logs(&self, container: &str, query: &LogQuery) -> Result<LogStream> {
        self.log_stream(container, query, true).await
    }

    async fn log_stream(&self, container: &str, query: &LogQuery, follow: bool) -> Result<LogStream> {
        let client = self.client().await?;
        let options = LogsOptions {
            follow,
            stdout: true,
            stderr: true,
            timestamps: true,
            since: query.since.map(|at| i32::try_from(at.timestamp()).unwrap_or_default()).unwrap_or_default(),
            tail: query.tail.map_or_else(|| "all".to_owned(), |lines| lines.to_string()),
            ..Default::default()
        };
        let engine = self.clone();
        let stream = client.logs(container, Some(options));
        Ok(Box::pin(stream.map(move |item| item.map(line).map_err(|error| engine.fail(error, "read logs")))))
    }

    /// Asks a container to end, waits for it, and kills it after the grace time of its spec. Not running is done.
    ///
    /// # Errors
    /// No such container, or the engine does not answer.
    pub async fn stop(&self, container: &str) -> Result<()> {
        let client = self.client().await?;
        // Without a time the engine takes the container's own, which a spec may have set.
        let options = None::<StopContainerOptions>;
        client.stop_container(container, options).await.map_err(|error| self.fail(error, "stop container"))
    }

    /// Starts a container. Running is done.
    ///
    /// # Errors
    /// No such container, a host port is taken, or the engine does not answer.
    pub async fn start(&self, container: &str) -> Result<()> {
        let client = self.client().await?;
        let options = None::<StartContainerOptions>;
        client.start_container(container, options).await.map_err(|error| self.fail(error, "start container"))
    }

    /// Stops (see [`Engine::stop`]) and starts a container.
    ///
    /// # Errors
    /// No such container, a host port is taken, or the engine does not answer.
    pub async fn restart(&self, container: &str) -> Result<()> {
        let client = self.client().await?;
        let options = None::<RestartContainerOptions>;
        client.restart_container(container, options).await.map_err(|error| self.fail(error, "restart container"))
    }

    /// Runs a command in a running container, without a shell, and waits for its end.
    ///
    /// # Errors
    /// No such container, it does not run, the command takes longer than `limit` (it may go on inside), or the engine
    /// does not answer. A command that fails is no error: see its exit code.
    pub async fn exec(&self, container: &str, command: &[&str], limit: Duration) -> Result<ExecOutput> {
        let doing = || format!("run {} in {container}", command.first().unwrap_or(&"nothing"));
        let run = async {
            let client = self.client().await?;
            let options = CreateExecOptions {
                attach_stdout: Some(true),
                attach_stderr: Some(true),
                cmd: Some(command.to_vec()),
                ..Default::default()
            };
            let made = client.create_exec(container, options).await.map_err(|error| self.fail(error, "exec"))?;
            let started = client.start_exec(&made.id, None::<StartExecOptions>).await;
            let mut kept: VecDeque<u8> = VecDeque::new();
            if let StartExecResults::Attached { mut output, .. } = started.map_err(|error| self.fail(error, "exec"))? {
                while let Some(piece) = output.next().await {
                    kept.extend(piece.map_err(|error| self.fail(error, "exec"))?.into_bytes());
                    let too_many = kept.len().saturating_sub(EXEC_OUTPUT_BYTES);
                    kept.drain(..too_many);
                }
            }
            let ended = client.inspect_exec(&made.id).await.map_err(|error| self.fail(error, "exec"))?;
            let output = String::from_utf8_lossy(kept.make_contiguous()).into_owned();
            Ok(ExecOutput { exit_code: ended.exit_code.unwrap_or(-1), output })
        };
        tokio::time::timeout(limit, run).await.map_err(|_| DockerError::TimedOut { doing: doing() })?
    }

    /// One reading of a container's counters.
    ///
    /// # Errors
    /// No such container, or the engine does not answer.
    pub async fn stats_once(&self, container: &str) -> Result<Usage> {
        let client = self.client().await?;
        let mut stream = client.stats(container, Some(StatsOptions { stream: false, one_shot: true }));
        let Some(reading) = stream.next().await else {
            return Err(DockerError::NotFound { what: format!("no reading of {container}") });
        };
        let reading = reading.map_err(|error| self.fail(error, "read stats"))?;
        let memory = reading.memory_stats.unwrap_or_default();
        let detail = memory.stats.unwrap_or_default();
        // The name under cgroup v2, then the one under v1.
        let droppable = detail.get("inactive_file").or_else(|| detail.get("total_inactive_file"));
        let networks = reading.networks.unwrap_or_default();
        Ok(Usage {
            cpu_ns: reading.cpu_stats.and_then(|cpu| cpu.cpu_usage?.total_usage).unwrap_or_default(),
            memory: memory.usage.unwrap_or_default().saturating_sub(droppable.copied().unwrap_or_default()),
            memory_limit: memory.limit.unwrap_or_default(),
            pids: reading.pids_stats.and_then(|pids| pids.current).unwrap_or_default(),
            received: networks.values().filter_map(|network| network.rx_bytes).sum(),
            sent: networks.values().filter_map(|network| network.tx_bytes).sum(),
        })
    }
}

/// The engine puts the time before each line when asked.
fn line(output: LogOutput) -> LogLine {
    let is_error = matches!(output, LogOutput::StdErr { .. });
    let bytes = output.into_bytes();
    let whole = String::from_utf8_lossy(&bytes);
    let whole = whole.trim_end_matches(['\n', '\r']);
    let (stamp, text) = whole.split_once(' ').unwrap_or((whole, ""));
    match DateTime::parse_from_rfc3339(stamp) {
        Ok(at) => LogLine { at: Some(at.to_utc()), is_error, text: text.to_owned() },
        Err(_) => LogLine { at: None, is_error, text: whole.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_loses_its_stamp_and_its_end() {
        let stamped = LogOutput::StdErr { message: "2026-11-21T10:00:00.5Z two words\n".into() };
        let found = line(stamped);
        assert!(found.is_error && found.at.is_some());
        assert_eq!(found.text, "two words");
        let plain = line(LogOutput::StdOut { message: "no stamp\n".into() });
        assert_eq!((plain.at, plain.text.as_str()), (None, "no stamp"));
    }
}
