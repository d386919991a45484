//! A Postgres server of a world's own, which may die and come back while others go on undisturbed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::unistd::{Uid, User};
use sqlx::{Connection as _, PgConnection};
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::deadline::until;
use crate::process::Program;

/// Where Debian's package puts the programs.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";

/// The user of Debian's package: the server refuses to run as root.
const USER: &str = "postgres";

/// A server and its data.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    data: PathBuf,
    log: PathBuf,
    program: Mutex<Option<Program>>,
}

impl Postgres {
    /// Makes a cluster and starts its server on `port`.
    pub(crate) async fn start(port: u16, log: &Path) -> Result<Self> {
        // Not below the build: a folder above it may be closed to the server's user.
        let data = std::env::temp_dir().join(format!("waas-postgres-{port}"));
        let server = Self { port, data, log: log.to_owned(), program: Mutex::new(None) };
        server.bury();
        let mut cluster = Command::new("setpriv");
        cluster.args(as_user()).arg(format!("{PROGRAMS}/initdb")).arg("--pgdata").arg(&server.data);
        cluster.args([
            "--username",
            "hub",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--locale",
            "C.UTF-8",
            "--no-sync",
        ]);
        let made = cluster.current_dir("/").output().await.context("cannot start initdb")?;
        if !made.status.success() {
            bail!("initdb ended with {}:\n{}", made.status, String::from_utf8_lossy(&made.stderr));
        }
        server.back().await?;
        Ok(server)
    }

    /// The address of its maintenance database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://hub@127.0.0.1:{}/postgres", self.port)
    }

    /// Kills the server as a crash of the machine's kernel would; it recovers from its log when it comes back.
    ///
    /// # Errors
    /// The process cannot be waited for.
    pub async fn away(&self) -> Result<()> {
        match self.program.lock().await.take() {
            // Its children see that it is gone and end.
            Some(mut program) => program.kill9().await,
            None => Ok(()),
        }
    }

    /// Starts the server again after [`away`](Self::away).
    ///
    /// # Errors
    /// It does not answer within 30 s.
    pub async fn back(&self) -> Result<()> {
        let port = format!("port={}", self.port);
        let settings = ["listen_addresses=127.0.0.1", &port, "unix_socket_directories=", "shared_buffers=32MB"];
        let server = [format!("{PROGRAMS}/postgres"), "-D".to_owned(), self.data.display().to_string()];
        let settings = settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting.to_owned()]);
        let arguments: Vec<String> = as_user().into_iter().chain(server).chain(settings).collect();
        until("Postgres to answer", Duration::from_secs(30), async || {
            let mut program = self.program.lock().await;
            // A server that died a moment ago may still have children that hold its memory: then once more.
            if program.as_mut().is_none_or(|program| program.expect_alive().is_err()) {
                *program = Some(Program::start(Path::new("setpriv"), &arguments, &[], None, &self.log)?);
            }
            Ok(PgConnection::connect(&self.url()).await.ok())
        })
        .await?
        .value
        .close()
        .await?;
        Ok(())
    }

    /// Ends it for good.
    pub(crate) async fn end(&self) -> Result<()> {
        self.away().await?;
        self.bury();
        Ok(())
    }

    fn bury(&self) {
        // Not there: nothing to do. Not removable: `initdb` says why.
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.bury();
    }
}

/// What `setpriv` is to do: end the server quickly when the test is gone (who becomes somebody else loses that wish), and
/// become the server's user where this one is root.
fn as_user() -> Vec<String> {
    let mut privileges = vec!["--pdeathsig=INT".to_owned()];
    if Uid::current().is_root() && User::from_name(USER).ok().flatten().is_some() {
        privileges.extend([format!("--reuid={USER}"), format!("--regid={USER}"), "--clear-groups".to_owned()]);
    }
    privileges
}
