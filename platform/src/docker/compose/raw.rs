//! The YAML shapes of a compose file as they may be written; nothing is understood yet.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::shapes::{ListOrMap, OneOrMany, ShortOrLong};

/// The whole file. Keys that begin with `x-` hold anchors for other keys and are passed over.
#[derive(Default)]
pub(super) struct File {
    pub(super) services: BTreeMap<String, Service>,
    pub(super) networks: BTreeMap<String, Option<Network>>,
    pub(super) volumes: BTreeMap<String, Option<Volume>>,
    pub(super) secrets: BTreeMap<String, Secret>,
}

impl<'de> Deserialize<'de> for File {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FileVisitor;
        impl<'de> Visitor<'de> for FileVisitor {
            type Value = File;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a compose file")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<File, A::Error> {
                let mut file = File::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "services" => file.services = map.next_value()?,
                        "networks" => file.networks = map.next_value()?,
                        "volumes" => file.volumes = map.next_value()?,
                        "secrets" => file.secrets = map.next_value()?,
                        // The name is the caller's to give, the version says nothing since compose is one format.
                        "name" | "version" => drop(map.next_value::<String>()?),
                        key if key.starts_with("x-") => drop(map.next_value::<IgnoredAny>()?),
                        key => {
                            let known = &["services", "networks", "volumes", "secrets", "name", "version", "x-…"];
                            return Err(A::Error::unknown_field(key, known));
                        }
                    }
                }
                Ok(file)
            }
        }
        deserializer.deserialize_map(FileVisitor)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Service {
    pub(super) image: Option<String>,
    pub(super) build: Option<Build>,
    pub(super) entrypoint: Option<OneOrMany>,
    pub(super) command: Option<OneOrMany>,
    #[serde(default)]
    pub(super) environment: ListOrMap<String>,
    #[serde(default)]
    pub(super) env_file: OneOrMany,
    #[serde(default)]
    pub(super) volumes: Vec<ShortOrLong<LongVolume>>,
    #[serde(default)]
    pub(super) networks: ListOrMap<ServiceNetwork>,
    #[serde(default)]
    pub(super) ports: Vec<ShortOrLong<LongPort>>,
    /// Ports for neighbours; says nothing to the engine.
    #[serde(default, rename = "expose")]
    pub(super) _expose: Vec<String>,
    pub(super) healthcheck: Option<Healthcheck>,
    #[serde(default)]
    pub(super) depends_on: ListOrMap<Dependency>,
    pub(super) mem_limit: Option<String>,
    pub(super) memswap_limit: Option<String>,
    pub(super) cpus: Option<String>,
    pub(super) pids_limit: Option<i64>,
    pub(super) shm_size: Option<String>,
    #[serde(default)]
    pub(super) cap_drop: Vec<String>,
    #[serde(default)]
    pub(super) cap_add: Vec<String>,
    #[serde(default)]
    pub(super) security_opt: Vec<String>,
    #[serde(default)]
    pub(super) read_only: bool,
    #[serde(default)]
    pub(super) tmpfs: OneOrMany,
    pub(super) user: Option<String>,
    pub(super) working_dir: Option<String>,
    #[serde(default)]
    pub(super) extra_hosts: ListOrMap<String>,
    pub(super) logging: Option<Logging>,
    pub(super) restart: Option<String>,
    pub(super) stop_grace_period: Option<String>,
    pub(super) stop_signal: Option<String>,
    pub(super) init: Option<bool>,
    #[serde(default)]
    pub(super) labels: ListOrMap<String>,
    #[serde(default)]
    pub(super) secrets: Vec<ShortOrLong<LongSecret>>,
    #[serde(default)]
    pub(super) privileged: bool,
    pub(super) network_mode: Option<String>,
    pub(super) pid: Option<String>,
    pub(super) ipc: Option<String>,
    pub(super) userns_mode: Option<String>,
    #[serde(default)]
    pub(super) devices: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LongBuild {
    pub(super) context: String,
    pub(super) dockerfile: Option<String>,
    #[serde(default)]
    pub(super) args: ListOrMap<String>,
    pub(super) target: Option<String>,
}

pub(super) type Build = ShortOrLong<LongBuild>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LongVolume {
    pub(super) r#type: String,
    pub(super) source: Option<String>,
    pub(super) target: String,
    #[serde(default)]
    pub(super) read_only: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceNetwork {
    #[serde(default)]
    pub(super) aliases: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LongPort {
    pub(super) target: String,
    pub(super) published: Option<String>,
    pub(super) host_ip: Option<String>,
    pub(super) protocol: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Healthcheck {
    pub(super) test: Option<OneOrMany>,
    pub(super) interval: Option<String>,
    pub(super) timeout: Option<String>,
    pub(super) retries: Option<u32>,
    pub(super) start_period: Option<String>,
    #[serde(default)]
    pub(super) disable: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dependency {
    pub(super) condition: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Logging {
    pub(super) driver: String,
    #[serde(default)]
    pub(super) options: BTreeMap<String, String>,
}

/// Numeric owner and mode are accepted and mean nothing: a file is mounted as it lies on the host, as compose does it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LongSecret {
    pub(super) source: String,
    pub(super) target: Option<String>,
    #[serde(default, rename = "uid")]
    pub(super) _uid: Option<String>,
    #[serde(default, rename = "gid")]
    pub(super) _gid: Option<String>,
    #[serde(default, rename = "mode")]
    pub(super) _mode: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    #[serde(default)]
    pub(super) internal: bool,
    pub(super) driver: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Volume {
    pub(super) driver: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Secret {
    pub(super) file: String,
}
