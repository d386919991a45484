//! The peer: `docker-compose` with the very folder that the hub rendered.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use super::build::first_answer;
use crate::process::without_settings;

/// A project of compose. What is up when this is dropped is taken down.
#[derive(Debug)]
pub(super) struct Compose {
    folder: PathBuf,
    project: String,
    port: u16,
    stands: bool,
}

impl Compose {
    /// A copy of a tenant's folder beside it, to be run under the name `project`. The port is the one in the folder: the
    /// tenant must be stopped.
    pub(super) async fn copy(of: &Path, to: &Path, project: &str, port: u16) -> Result<Self> {
        // Secret files belong to the users of their images, as compose needs it, too.
        let copied = Command::new("cp").arg("-a").args([of, to]).status().await?;
        if !copied.success() {
            bail!("cannot copy {} to {}", of.display(), to.display());
        }
        Ok(Self { folder: to.to_owned(), project: project.to_owned(), port, stands: false })
    }

    /// `up -d` with fresh volumes; from the start of the command to the first answer.
    pub(super) async fn up(&mut self) -> Result<Duration> {
        self.stands = true;
        let began = Instant::now();
        let mut command = Command::from(self.command(&["up", "-d"]));
        let up = async {
            let output = command.kill_on_drop(true).output().await?;
            if !output.status.success() {
                bail!("docker-compose up: {}", String::from_utf8_lossy(&output.stderr));
            }
            Ok(())
        };
        let (first, ()) = tokio::try_join!(first_answer(self.port, began), up)?;
        Ok(first)
    }

    /// Takes it down with its volumes.
    pub(super) async fn down(&mut self) -> Result<()> {
        let output = Command::from(self.command(&DOWN)).output().await?;
        if !output.status.success() {
            bail!("docker-compose down: {}", String::from_utf8_lossy(&output.stderr));
        }
        self.stands = false;
        Ok(())
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = docker_compose();
        without_settings(&mut command);
        command.args(["-p", &self.project]).args(arguments).current_dir(&self.folder);
        command
    }
}

const DOWN: [&str; 4] = ["down", "--volumes", "--timeout", "1"];

impl Drop for Compose {
    fn drop(&mut self) {
        if self.stands {
            // Too late for an answer; what stays is seen in `docker ps`.
            let _ = self.command(&DOWN).output();
        }
    }
}

/// The program, or the plugin where it has taken its place.
fn docker_compose() -> std::process::Command {
    let standalone = std::process::Command::new("docker-compose").arg("version").output();
    if standalone.is_ok_and(|output| output.status.success()) {
        return std::process::Command::new("docker-compose");
    }
    let mut plugin = std::process::Command::new("docker");
    plugin.arg("compose");
    plugin
}

/// Its version as it says it.
pub(super) fn version() -> Result<String> {
    let output = docker_compose().args(["version", "--short"]).output();
    let output = output.context("docker-compose is not there: `make setup` installs it")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
