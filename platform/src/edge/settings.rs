//! How the edge is run, and which port it gets.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{EdgeError, Result};

/// Ports that are tried when none is set: the usual one, and the one for those who may not bind low ports.
const USUAL_PORT: u16 = 80;
const HIGH_PORT: u16 = 8088;

/// Whose nginx it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Ours, with all its files below the folder.
    Managed,
    /// The machine's: we write into its folder and run its commands.
    System {
        /// Where site files go, such as `/etc/nginx/conf.d`.
        conf_dir: PathBuf,
        /// Program and arguments that test the configuration.
        test_command: Vec<String>,
        /// Program and arguments that load it.
        reload_command: Vec<String>,
    },
    /// Nobody's: nothing is written, nothing is run.
    None,
}

/// How the edge is run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose nginx it is.
    pub mode: Mode,
    /// Folder of the edge, absolute: `<data_dir>/edge`. As root its parents must let the `www-data` user pass.
    pub dir: PathBuf,
    /// Port of the sites; when none, 80, or 8088 where low ports may not be bound.
    pub http_port: Option<u16>,
    /// The program, in mode `managed`.
    pub nginx: PathBuf,
    /// How long nginx may take to start, to load, or to end.
    pub patience: Duration,
    /// How long a probe may take.
    pub probe_timeout: Duration,
    /// Body size that a visitor may send, in bytes.
    pub max_body_bytes: u64,
}

impl Settings {
    /// A managed edge in a folder, all else by default.
    pub fn managed(dir: impl Into<PathBuf>) -> Self {
        Self {
            mode: Mode::Managed,
            dir: dir.into(),
            http_port: None,
            nginx: PathBuf::from("nginx"),
            patience: Duration::from_secs(10),
            probe_timeout: Duration::from_secs(5),
            max_body_bytes: 20 * 1024 * 1024,
        }
    }

    /// The port that sites get. A running nginx of ours keeps the one it has, unless another one is set.
    pub(super) fn choose_port(&self) -> Result<u16> {
        if let Some(port) = self.http_port {
            return Ok(port);
        }
        if self.mode != Mode::Managed {
            return Ok(USUAL_PORT);
        }
        if let Some(port) = remembered_port(&self.port_file()) {
            return Ok(port);
        }
        match TcpListener::bind((Ipv4Addr::UNSPECIFIED, USUAL_PORT)) {
            Ok(_) => Ok(USUAL_PORT),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(HIGH_PORT),
            Err(_) => Err(EdgeError::PortTaken { port: USUAL_PORT }),
        }
    }

    pub(super) fn port_file(&self) -> PathBuf {
        self.dir.join("port")
    }
}

fn remembered_port(path: &Path) -> Option<u16> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}
