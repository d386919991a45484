//! Programs that a world starts: output in a file, gone with the world.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::process::{Child, Command};

/// A running program.
#[derive(Debug)]
pub(crate) struct Program {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it with its output appended to `log` and without settings of ours that this process was given.
    pub(crate) fn start<A: AsRef<OsStr>>(
        binary: &Path,
        arguments: impl IntoIterator<Item = A>,
        environment: &[(String, String)],
        input: Option<&str>,
        log: &Path,
    ) -> Result<Self> {
        let name = binary.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let output = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("cannot write {}", log.display()))?;
        // A test that is killed cannot clean up: the kernel then ends its children.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "--"]);
        command.arg(binary).args(arguments);
        without_settings(command.as_std_mut());
        command
            .envs(environment.iter().map(|(k, v)| (k, v)))
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(output.try_clone()?)
            .stderr(output)
            // Ctrl-C in a terminal is for the demo, which ends its programs in order.
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        if let (Some(input), Some(pipe)) = (input, child.stdin.take()) {
            // Small enough for the pipe's buffer, so that this cannot block.
            let mut pipe = std::fs::File::from(pipe.into_owned_fd()?);
            pipe.write_all(input.as_bytes())?;
        }
        let log = log.to_owned();
        Ok(Self { name, child, log })
    }

    /// An error with the end of its log when it is no longer running.
    pub(crate) fn expect_alive(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended by itself ({status}):\n{}", self.name, tail(&self.log, 30));
        }
        Ok(())
    }

    /// Ends it at once, as a crash would.
    pub(crate) async fn kill9(&mut self) -> Result<()> {
        // An error means that it was gone already.
        let _ = self.child.start_kill();
        self.child.wait().await?;
        Ok(())
    }

    /// Asks it to end.
    pub(crate) async fn stop(&mut self, within: Duration) -> Result<ExitStatus> {
        if let Some(id) = self.child.id() {
            let pid = Pid::from_raw(id.try_into()?);
            nix::sys::signal::kill(pid, Signal::SIGTERM).with_context(|| format!("cannot signal {}", self.name))?;
        }
        match tokio::time::timeout(within, self.child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => bail!("{} did not stop within {within:?} of SIGTERM:\n{}", self.name, tail(&self.log, 30)),
        }
    }

    /// The process id while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }
}

/// Takes the settings out of a program's environment that this process may have been given.
pub(crate) fn without_settings(command: &mut std::process::Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HUB_") {
            command.env_remove(name);
        }
    }
}

/// The last lines of a log; what cannot be read is said in its place.
pub(crate) fn tail(log: &Path, lines: usize) -> String {
    let text = match std::fs::read(log) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => return format!("({} cannot be read: {error})", log.display()),
    };
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}

/// Ends a program that somebody else started and left a pid file of; only if it is what its name says.
pub(crate) fn end_by_pid_file(path: &Path, name: &str) {
    let Some(pid) = std::fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<i32>().ok()) else {
        return;
    };
    let what = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    if String::from_utf8_lossy(&what).contains(name) {
        // An error means that it ended in between.
        let _ = nix::sys::signal::kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
}
