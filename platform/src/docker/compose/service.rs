//! One service, key by key. The keys that have a short and a long form are read by `forms`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::convert::{DEFAULT_NETWORK, Result};
use super::shapes::{ListOrMap, OneOrMany};
use super::{SpecError, interpolate, raw, units};
use crate::docker::labels::Labels;
use crate::docker::spec::{Condition, Logging, Restart, ServiceSpec};

/// Puts variables into texts.
pub(super) struct Texts<'a> {
    pub(super) variables: &'a Labels,
}

impl Texts<'_> {
    pub(super) fn put(&self, place: &str, text: &str) -> Result<String> {
        interpolate::interpolate(text, self.variables).map_err(|mend| SpecError::value(place, text, mend))
    }
}

/// Reads one service; knows where it stands, for the errors.
pub(super) struct Reader<'a> {
    pub(super) texts: &'a Texts<'a>,
    pub(super) place: String,
    pub(super) secrets: &'a BTreeMap<String, PathBuf>,
}

impl Reader<'_> {
    pub(super) fn service(&self, raw: raw::Service) -> Result<ServiceSpec> {
        let build = raw.build.map(|build| self.build(build)).transpose()?;
        let Some(image) = self.optional("image", raw.image)? else {
            return Err(self.wrong("image", "none", "name an image; with build it is the tag that the build gets"));
        };
        let mut networks = self.networks(raw.networks)?;
        if networks.is_empty() && raw.network_mode.is_none() {
            networks.insert(DEFAULT_NETWORK.to_owned(), Vec::new());
        }
        let mut mounts = Vec::new();
        for volume in raw.volumes {
            mounts.push(self.mount(volume)?);
        }
        Ok(ServiceSpec {
            image,
            build,
            entrypoint: raw.entrypoint.map(|line| self.command("entrypoint", line)).transpose()?,
            command: raw.command.map(|line| self.command("command", line)).transpose()?,
            environment: self.map("environment", raw.environment)?,
            env_files: self.list("env_file", many(raw.env_file))?,
            mounts,
            networks,
            ports: raw.ports.into_iter().map(|port| self.port(port)).collect::<Result<_>>()?,
            healthcheck: raw.healthcheck.map(|check| self.health(check)).transpose()?,
            depends_on: self.depends_on(raw.depends_on)?,
            memory: self.unit("mem_limit", raw.mem_limit, units::bytes, "write 384m")?,
            memory_swap: self.unit("memswap_limit", raw.memswap_limit, units::bytes, "write 384m")?,
            nano_cpus: self.unit("cpus", raw.cpus, units::nano_cpus, "write \"0.5\"")?,
            pids_limit: raw.pids_limit,
            shm_size: self.unit("shm_size", raw.shm_size, units::bytes, "write 64m")?,
            cap_drop: self.list("cap_drop", raw.cap_drop)?,
            cap_add: self.list("cap_add", raw.cap_add)?,
            security_opt: self.list("security_opt", raw.security_opt)?,
            read_only: raw.read_only,
            tmpfs: self.tmpfs(many(raw.tmpfs))?,
            user: self.optional("user", raw.user)?,
            working_dir: self.optional("working_dir", raw.working_dir)?,
            extra_hosts: self.extra_hosts(raw.extra_hosts)?,
            logging: raw.logging.map(|logging| Logging { driver: logging.driver, options: logging.options }),
            restart: self.restart(raw.restart)?,
            stop_grace: self.unit("stop_grace_period", raw.stop_grace_period, units::duration, "write 10s")?,
            stop_signal: raw.stop_signal,
            init: raw.init,
            labels: self.map("labels", raw.labels)?,
            secrets: raw.secrets.into_iter().map(|secret| self.secret(secret)).collect::<Result<_>>()?,
            privileged: raw.privileged,
            network_mode: raw.network_mode,
            pid: raw.pid,
            ipc: raw.ipc,
            userns_mode: raw.userns_mode,
            devices: raw.devices,
        })
    }

    pub(super) fn wrong(&self, key: &str, found: impl Into<String>, mend: &str) -> SpecError {
        SpecError::value(format!("{}.{key}", self.place), found, mend)
    }

    pub(super) fn put(&self, key: &str, text: &str) -> Result<String> {
        self.texts.put(&format!("{}.{key}", self.place), text)
    }

    pub(super) fn optional(&self, key: &str, text: Option<String>) -> Result<Option<String>> {
        text.map(|text| self.put(key, &text)).transpose()
    }

    pub(super) fn list(&self, key: &str, list: Vec<String>) -> Result<Vec<String>> {
        list.iter().map(|text| self.put(key, text)).collect()
    }

    pub(super) fn map(&self, key: &str, map: ListOrMap<String>) -> Result<Labels> {
        let pairs: Vec<(String, String)> = match map {
            ListOrMap::Map(map) => map.into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect(),
            ListOrMap::List(list) => list
                .into_iter()
                .map(|line| match line.split_once('=') {
                    Some((name, value)) => (name.to_owned(), value.to_owned()),
                    None => (line, String::new()),
                })
                .collect(),
        };
        pairs.into_iter().map(|(name, value)| Ok((name, self.put(key, &value)?))).collect()
    }

    pub(super) fn unit<T>(
        &self,
        key: &str,
        text: Option<String>,
        read: fn(&str) -> Option<T>,
        mend: &str,
    ) -> Result<Option<T>> {
        let Some(text) = self.optional(key, text)? else {
            return Ok(None);
        };
        read(&text).map(Some).ok_or_else(|| self.wrong(key, text, mend))
    }

    fn command(&self, key: &str, line: OneOrMany) -> Result<Vec<String>> {
        match line {
            OneOrMany::Many(list) => self.list(key, list),
            OneOrMany::One(line) => {
                let line = self.put(key, &line)?;
                units::words(&line).ok_or_else(|| self.wrong(key, line, "write it as a list, or close the quote"))
            }
        }
    }

    fn networks(&self, networks: ListOrMap<raw::ServiceNetwork>) -> Result<BTreeMap<String, Vec<String>>> {
        match networks {
            ListOrMap::List(list) => Ok(list.into_iter().map(|name| (name, Vec::new())).collect()),
            ListOrMap::Map(map) => map
                .into_iter()
                .map(|(name, network)| Ok((name, self.list("networks", network.unwrap_or_default().aliases)?)))
                .collect(),
        }
    }

    fn depends_on(&self, raw: ListOrMap<raw::Dependency>) -> Result<BTreeMap<String, Condition>> {
        match raw {
            ListOrMap::List(list) => Ok(list.into_iter().map(|name| (name, Condition::Started)).collect()),
            ListOrMap::Map(map) => map
                .into_iter()
                .map(|(name, dependency)| {
                    let condition = match dependency.and_then(|d| d.condition).as_deref() {
                        None | Some("service_started") => Condition::Started,
                        Some("service_healthy") => Condition::Healthy,
                        Some("service_completed_successfully") => Condition::CompletedSuccessfully,
                        Some(other) => {
                            return Err(self.wrong("depends_on", other, "write service_healthy"));
                        }
                    };
                    Ok((name, condition))
                })
                .collect(),
        }
    }

    fn tmpfs(&self, list: Vec<String>) -> Result<BTreeMap<String, String>> {
        let list = self.list("tmpfs", list)?;
        Ok(list
            .into_iter()
            .map(|line| match line.split_once(':') {
                Some((path, options)) => (path.to_owned(), options.to_owned()),
                None => (line, String::new()),
            })
            .collect())
    }

    fn extra_hosts(&self, raw: ListOrMap<String>) -> Result<Vec<String>> {
        match raw {
            ListOrMap::List(list) => self.list("extra_hosts", list),
            map @ ListOrMap::Map(_) => {
                let map = self.map("extra_hosts", map)?;
                Ok(map.into_iter().map(|(name, address)| format!("{name}:{address}")).collect())
            }
        }
    }

    fn restart(&self, raw: Option<String>) -> Result<Restart> {
        let text = raw.unwrap_or_default();
        match text.as_str() {
            "" | "no" | "false" => Ok(Restart::No),
            "always" => Ok(Restart::Always),
            "unless-stopped" => Ok(Restart::UnlessStopped),
            "on-failure" => Ok(Restart::OnFailure(0)),
            other => match other.strip_prefix("on-failure:").and_then(|count| count.parse().ok()) {
                Some(count) => Ok(Restart::OnFailure(count)),
                None => Err(self.wrong("restart", other, "write unless-stopped")),
            },
        }
    }
}

fn many(list: OneOrMany) -> Vec<String> {
    match list {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    }
}
