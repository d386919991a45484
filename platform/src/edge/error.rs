//! What can go wrong at the edge.

use std::path::{Path, PathBuf};

/// A failed act at the edge. [`EdgeError::is_passing`] says whether repeating can help.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    /// A file or folder of the edge. Permanent: rights or disk space of the host.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// A path that cannot stand in nginx's configuration. Permanent: choose another data folder.
    #[error("{}: nginx cannot be given this path; use letters, digits and . _ - /", .0.display())]
    Path(PathBuf),
    /// Another program holds the port. Permanent until it is stopped or another port is set.
    #[error("port {port} is taken by another program; stop it, or set edge.http_port")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// A command of the edge could not be run. Permanent: not installed, or not allowed.
    #[error("{command} could not be run: {error}")]
    Command {
        /// Which.
        command: String,
        /// Why not.
        error: std::io::Error,
    },
    /// nginx refuses its own configuration, no site's fault. Permanent.
    #[error("nginx does not take its configuration: {message}")]
    Configuration {
        /// nginx's words.
        message: String,
    },
    /// nginx did not do in time what it was told. Passing.
    #[error("nginx did not {doing} within {seconds} s")]
    Late {
        /// What.
        doing: &'static str,
        /// The limit.
        seconds: u64,
    },
    /// Nobody answers at the edge's port. Passing.
    #[error("the edge does not answer on port {port}: {detail}")]
    NoAnswer {
        /// The port.
        port: u16,
        /// What happened instead.
        detail: String,
    },
}

impl EdgeError {
    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Late { .. } | Self::NoAnswer { .. })
    }

    pub(super) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File { path, error }
    }
}
