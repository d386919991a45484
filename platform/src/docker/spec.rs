//! What a compose project asks for, typed: the form that the policy checks and the engine is brought to.
//!
//! Pure data. How it is written in YAML is known by `compose`, what the engine wants to hear by `create`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::labels::Labels;

/// The file's name in a project's folder.
pub(super) const COMPOSE_FILE: &str = "compose.yaml";

/// A whole compose project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProjectSpec {
    /// By name; names are `[a-z][a-z0-9_]*`.
    pub services: BTreeMap<String, ServiceSpec>,
    /// By key in the file.
    pub networks: BTreeMap<String, Network>,
    /// By key in the file.
    pub volumes: BTreeMap<String, Volume>,
}

/// One service: exactly one container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServiceSpec {
    /// Image reference; with `build` the tag that the build gets.
    pub image: String,
    /// How to build the image, if it is built here.
    pub build: Option<Build>,
    /// Replaces the image's entrypoint.
    pub entrypoint: Option<Vec<String>>,
    /// Replaces the image's command.
    pub command: Option<Vec<String>>,
    /// Environment, env files included once loaded from a folder.
    pub environment: Labels,
    /// Files to read into the environment, relative to the project's folder.
    pub env_files: Vec<String>,
    /// Named volumes and binds.
    pub mounts: Vec<Mount>,
    /// Networks by key, each with further aliases besides the service's name.
    pub networks: BTreeMap<String, Vec<String>>,
    /// Ports published on the host.
    pub ports: Vec<Port>,
    /// How the engine checks health.
    pub healthcheck: Option<Health>,
    /// What must stand before this one is started.
    pub depends_on: BTreeMap<String, Condition>,
    /// Memory limit in bytes.
    pub memory: Option<u64>,
    /// Memory and swap together in bytes.
    pub memory_swap: Option<u64>,
    /// CPU limit in billionths of a core.
    pub nano_cpus: Option<u64>,
    /// The most processes and threads.
    pub pids_limit: Option<i64>,
    /// Size of `/dev/shm` in bytes.
    pub shm_size: Option<u64>,
    /// Capabilities taken away.
    pub cap_drop: Vec<String>,
    /// Capabilities given.
    pub cap_add: Vec<String>,
    /// Such as `no-new-privileges:true`.
    pub security_opt: Vec<String>,
    /// Root file system read-only.
    pub read_only: bool,
    /// Memory file systems: path to mount options.
    pub tmpfs: BTreeMap<String, String>,
    /// `uid[:gid]` or names.
    pub user: Option<String>,
    /// Working directory of the process.
    pub working_dir: Option<String>,
    /// `host:address` lines for the container's hosts file.
    pub extra_hosts: Vec<String>,
    /// Log driver and options.
    pub logging: Option<Logging>,
    /// What the engine does when the process ends.
    pub restart: Restart,
    /// How long a stop waits before it kills.
    pub stop_grace: Option<Duration>,
    /// Signal that asks the process to stop.
    pub stop_signal: Option<String>,
    /// A small init reaps orphan processes.
    pub init: Option<bool>,
    /// The service's own labels.
    pub labels: Labels,
    /// Files mounted read-only as secrets.
    pub secrets: Vec<Secret>,
    /// Parsed so that the policy can name it; refused there.
    pub privileged: bool,
    /// Parsed so that the policy can name it; refused there.
    pub network_mode: Option<String>,
    /// Parsed so that the policy can name it; refused there.
    pub pid: Option<String>,
    /// Parsed so that the policy can name it; refused there.
    pub ipc: Option<String>,
    /// Parsed so that the policy can name it; refused there.
    pub userns_mode: Option<String>,
    /// Parsed so that the policy can name it; refused there.
    pub devices: Vec<String>,
}

/// How an image is built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Build {
    /// Folder sent to the engine, relative to the project's folder.
    pub context: PathBuf,
    /// Recipe, relative to the context.
    pub dockerfile: String,
    /// Build arguments.
    pub args: Labels,
    /// Stage to stop at.
    pub target: Option<String>,
}

/// Something mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Mount {
    /// A named volume of the project.
    Volume {
        /// Key in the file.
        name: String,
        /// Path in the container.
        target: String,
        /// Without writing.
        read_only: bool,
    },
    /// A file or folder of the host.
    Bind {
        /// As written; relative to the project's folder.
        source: PathBuf,
        /// Path in the container.
        target: String,
        /// Without writing.
        read_only: bool,
    },
}

/// A network of the project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Without a way out of the host.
    pub internal: bool,
    /// Driver, the engine's default when none.
    pub driver: Option<String>,
}

/// A named volume of the project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Volume {
    /// Driver, the engine's default when none.
    pub driver: Option<String>,
}

/// A port published on the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Port {
    /// Address it is bound to; all addresses when none.
    pub host_ip: Option<IpAddr>,
    /// Port on the host; chosen by the engine when none.
    pub host_port: Option<u16>,
    /// Port in the container.
    pub container_port: u16,
    /// Transport.
    pub protocol: Protocol,
}

/// Transport of a published port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

/// How the engine finds out whether a container is healthy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// What is run.
    pub test: HealthTest,
    /// Time between two checks, and before the first one.
    pub interval: Duration,
    /// How long one check may take.
    pub timeout: Duration,
    /// Failures in a row that make it unhealthy.
    pub retries: u32,
    /// Time after the start in which failures do not count.
    pub start_period: Duration,
}

/// What a health check runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthTest {
    /// A command without a shell.
    Command(Vec<String>),
    /// A line for the container's shell.
    Shell(String),
    /// The image's own check is switched off.
    Disabled,
}

/// When a dependency counts as standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Its container runs.
    Started,
    /// Its health check passes.
    Healthy,
    /// It ended with exit code 0.
    CompletedSuccessfully,
}

/// Log driver and its options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Logging {
    /// Driver's name.
    pub driver: String,
    /// Driver's options.
    pub options: Labels,
}

/// What the engine does when a container's process ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    /// Nothing.
    #[default]
    No,
    /// Starts it again, also after a stop and a restart of the engine.
    Always,
    /// Starts it again, unless it was stopped.
    UnlessStopped,
    /// Starts it again after a failure, at most so many times (0: no limit).
    OnFailure(u32),
}

/// A file mounted read-only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// File, relative to the project's folder.
    pub source: PathBuf,
    /// Absolute path in the container.
    pub target: String,
}

impl ProjectSpec {
    /// SHA-256 of the canonical JSON of the whole project, lower-case hex.
    pub fn hash(&self) -> String {
        hash(self)
    }
}

impl ServiceSpec {
    /// SHA-256 of the canonical JSON of this service, lower-case hex.
    ///
    /// The content of secret files is not part of it: a changed secret asks for a restart, not for a new container.
    pub fn hash(&self) -> String {
        hash(self)
    }
}

/// Maps are sorted and fields stand in the order of the type, so the same spec has the same bytes.
fn hash<T: Serialize>(value: &T) -> String {
    // Only maps with string keys and plain values are inside, so this cannot fail; an empty text would still be stable.
    let canonical = serde_json::to_string(value).unwrap_or_default();
    Sha256::digest(canonical.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
