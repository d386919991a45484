//! From the written shapes to the typed spec: variables put in, short forms read, references checked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::shapes::{ListOrMap, OneOrMany, ShortOrLong};
use super::{SpecError, interpolate, raw, units};
use crate::docker::labels::Labels;
use crate::docker::spec::{
    Build, Condition, Health, HealthTest, Logging, Mount, Network, Port, ProjectSpec, Protocol,
    Restart, Secret, ServiceSpec, Volume,
};

type Result<T> = std::result::Result<T, SpecError>;

/// The network of services that name none.
const DEFAULT_NETWORK: &str = "default";

pub(super) fn project(file: raw::File, variables: &Labels) -> Result<ProjectSpec> {
    let texts = Texts { variables };
    let mut networks = file
        .networks
        .into_iter()
        .map(|(key, network)| (key, self::network(network)))
        .collect();
    let volumes: BTreeMap<_, _> = file
        .volumes
        .into_iter()
        .map(|(key, volume)| (key, self::volume(volume)))
        .collect();
    let mut secrets = BTreeMap::new();
    for (name, secret) in file.secrets {
        secrets.insert(
            name.clone(),
            PathBuf::from(texts.put(&format!("secrets.{name}.file"), &secret.file)?),
        );
    }
    let mut services = BTreeMap::new();
    for (name, service) in file.services {
        if !is_service_name(&name) {
            return Err(SpecError::value(
                "services",
                name,
                "service names are [a-z][a-z0-9_]*",
            ));
        }
        let place = format!("services.{name}");
        let reader = Reader {
            texts: &texts,
            place,
            secrets: &secrets,
        };
        services.insert(name, reader.service(service)?);
    }
    if services.is_empty() {
        return Err(SpecError::value(
            "services",
            "none",
            "name at least one service",
        ));
    }
    check_references(&services, &mut networks, &volumes)?;
    Ok(ProjectSpec {
        services,
        networks,
        volumes,
    })
}

fn network(network: Option<raw::Network>) -> Network {
    let network = network.unwrap_or_default();
    Network {
        internal: network.internal,
        driver: network.driver,
    }
}

fn volume(volume: Option<raw::Volume>) -> Volume {
    Volume {
        driver: volume.unwrap_or_default().driver,
    }
}

fn is_service_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn check_references(
    services: &BTreeMap<String, ServiceSpec>,
    networks: &mut BTreeMap<String, Network>,
    volumes: &BTreeMap<String, Volume>,
) -> Result<()> {
    for (name, service) in services {
        for network in service.networks.keys() {
            if network == DEFAULT_NETWORK {
                networks.entry(network.clone()).or_default();
            } else if !networks.contains_key(network) {
                let place = format!("services.{name}.networks");
                return Err(SpecError::value(
                    place,
                    network,
                    "declare it under networks",
                ));
            }
        }
        for mount in &service.mounts {
            if let Mount::Volume { name: volume, .. } = mount
                && !volumes.contains_key(volume)
            {
                let place = format!("services.{name}.volumes");
                return Err(SpecError::value(
                    place,
                    volume,
                    "declare it under volumes, or begin a path with ./",
                ));
            }
        }
        for (dependency, condition) in &service.depends_on {
            let place = format!("services.{name}.depends_on");
            let Some(other) = services.get(dependency) else {
                return Err(SpecError::value(
                    place,
                    dependency,
                    "name a service of this file",
                ));
            };
            if *condition == Condition::Healthy && other.healthcheck.is_none() {
                return Err(SpecError::value(
                    place,
                    dependency,
                    "service_healthy needs a healthcheck there",
                ));
            }
        }
    }
    check_no_cycle(services)
}

/// Takes away services whose dependencies are all gone; what is left stands in a circle.
fn check_no_cycle(services: &BTreeMap<String, ServiceSpec>) -> Result<()> {
    let mut left: BTreeMap<&str, &ServiceSpec> = services
        .iter()
        .map(|(name, spec)| (name.as_str(), spec))
        .collect();
    while !left.is_empty() {
        let before = left.len();
        let standing: Vec<&str> = left
            .iter()
            .filter(|(_, spec)| {
                spec.depends_on
                    .keys()
                    .all(|dependency| !left.contains_key(dependency.as_str()))
            })
            .map(|(name, _)| *name)
            .collect();
        left.retain(|name, _| !standing.contains(name));
        if left.len() == before {
            let names = left.into_keys().collect::<Vec<_>>().join(", ");
            return Err(SpecError::value(
                "services",
                names,
                "depends_on must not go in a circle",
            ));
        }
    }
    Ok(())
}

/// Puts variables into texts.
struct Texts<'a> {
    variables: &'a Labels,
}

impl Texts<'_> {
    fn put(&self, place: &str, text: &str) -> Result<String> {
        interpolate::interpolate(text, self.variables)
            .map_err(|mend| SpecError::value(place, text, mend))
    }
}

/// Reads one service; knows where it stands, for the errors.
struct Reader<'a> {
    texts: &'a Texts<'a>,
    place: String,
    secrets: &'a BTreeMap<String, PathBuf>,
}

impl Reader<'_> {
    fn service(&self, raw: raw::Service) -> Result<ServiceSpec> {
        let build = raw.build.map(|build| self.build(build)).transpose()?;
        let Some(image) = self.optional("image", raw.image)? else {
            return Err(self.wrong(
                "image",
                "none",
                "name an image; with build it is the tag that the build gets",
            ));
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
            entrypoint: raw
                .entrypoint
                .map(|line| self.command("entrypoint", line))
                .transpose()?,
            command: raw
                .command
                .map(|line| self.command("command", line))
                .transpose()?,
            environment: self.map("environment", raw.environment)?,
            env_files: self.list("env_file", many(raw.env_file))?,
            mounts,
            networks,
            ports: raw
                .ports
                .into_iter()
                .map(|port| self.port(port))
                .collect::<Result<_>>()?,
            healthcheck: raw
                .healthcheck
                .map(|check| self.health(check))
                .transpose()?,
            depends_on: self.depends_on(raw.depends_on)?,
            memory: self.unit("mem_limit", raw.mem_limit, units::bytes, "write 384m")?,
            memory_swap: self.unit(
                "memswap_limit",
                raw.memswap_limit,
                units::bytes,
                "write 384m",
            )?,
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
            logging: raw.logging.map(|logging| Logging {
                driver: logging.driver,
                options: logging.options,
            }),
            restart: self.restart(raw.restart)?,
            stop_grace: self.unit(
                "stop_grace_period",
                raw.stop_grace_period,
                units::duration,
                "write 10s",
            )?,
            stop_signal: raw.stop_signal,
            init: raw.init,
            labels: self.map("labels", raw.labels)?,
            secrets: raw
                .secrets
                .into_iter()
                .map(|secret| self.secret(secret))
                .collect::<Result<_>>()?,
            privileged: raw.privileged,
            network_mode: raw.network_mode,
            pid: raw.pid,
            ipc: raw.ipc,
            userns_mode: raw.userns_mode,
            devices: raw.devices,
        })
    }

    fn wrong(&self, key: &str, found: impl Into<String>, mend: &str) -> SpecError {
        SpecError::value(format!("{}.{key}", self.place), found, mend)
    }

    fn put(&self, key: &str, text: &str) -> Result<String> {
        self.texts.put(&format!("{}.{key}", self.place), text)
    }

    fn optional(&self, key: &str, text: Option<String>) -> Result<Option<String>> {
        text.map(|text| self.put(key, &text)).transpose()
    }

    fn list(&self, key: &str, list: Vec<String>) -> Result<Vec<String>> {
        list.iter().map(|text| self.put(key, text)).collect()
    }

    fn map(&self, key: &str, map: ListOrMap<String>) -> Result<Labels> {
        let pairs: Vec<(String, String)> = match map {
            ListOrMap::Map(map) => map
                .into_iter()
                .map(|(name, value)| (name, value.unwrap_or_default()))
                .collect(),
            ListOrMap::List(list) => list
                .into_iter()
                .map(|line| match line.split_once('=') {
                    Some((name, value)) => (name.to_owned(), value.to_owned()),
                    None => (line, String::new()),
                })
                .collect(),
        };
        pairs
            .into_iter()
            .map(|(name, value)| Ok((name, self.put(key, &value)?)))
            .collect()
    }

    fn unit<T>(
        &self,
        key: &str,
        text: Option<String>,
        read: fn(&str) -> Option<T>,
        mend: &str,
    ) -> Result<Option<T>> {
        let Some(text) = self.optional(key, text)? else {
            return Ok(None);
        };
        read(&text)
            .map(Some)
            .ok_or_else(|| self.wrong(key, text, mend))
    }

    fn command(&self, key: &str, line: OneOrMany) -> Result<Vec<String>> {
        match line {
            OneOrMany::Many(list) => self.list(key, list),
            OneOrMany::One(line) => {
                let line = self.put(key, &line)?;
                units::words(&line)
                    .ok_or_else(|| self.wrong(key, line, "write it as a list, or close the quote"))
            }
        }
    }

    fn build(&self, build: raw::Build) -> Result<Build> {
        let (context, dockerfile, args, target) = match build {
            ShortOrLong::Short(context) => (context, None, ListOrMap::default(), None),
            ShortOrLong::Long(long) => (long.context, long.dockerfile, long.args, long.target),
        };
        Ok(Build {
            context: PathBuf::from(self.put("build.context", &context)?),
            dockerfile: self
                .optional("build.dockerfile", dockerfile)?
                .unwrap_or_else(|| "Dockerfile".to_owned()),
            args: self.map("build.args", args)?,
            target: self.optional("build.target", target)?,
        })
    }

    fn mount(&self, volume: ShortOrLong<raw::LongVolume>) -> Result<Mount> {
        let mend = "write name:/path, ./file:/path:ro, or type, source, target";
        let (source, target, read_only) = match volume {
            ShortOrLong::Long(long) => {
                let source = long
                    .source
                    .ok_or_else(|| self.wrong("volumes", "no source", mend))?;
                let source = self.put("volumes", &source)?;
                let target = self.put("volumes", &long.target)?;
                return match long.r#type.as_str() {
                    "volume" => Ok(Mount::Volume {
                        name: source,
                        target,
                        read_only: long.read_only,
                    }),
                    "bind" => Ok(Mount::Bind {
                        source: source.into(),
                        target,
                        read_only: long.read_only,
                    }),
                    other => Err(self.wrong(
                        "volumes",
                        other,
                        "the type is volume or bind; tmpfs has a key of its own",
                    )),
                };
            }
            ShortOrLong::Short(text) => {
                let text = self.put("volumes", &text)?;
                let mut parts = text.split(':');
                let (source, target, mode) = (parts.next(), parts.next(), parts.next());
                let read_only = match mode {
                    None | Some("rw") => false,
                    Some("ro") => true,
                    Some(_) => return Err(self.wrong("volumes", text, "the mode is ro or rw")),
                };
                match (source, target, parts.next()) {
                    (Some(source), Some(target), None) => {
                        (source.to_owned(), target.to_owned(), read_only)
                    }
                    _ => return Err(self.wrong("volumes", text, mend)),
                }
            }
        };
        if source.starts_with(['.', '/', '~']) {
            Ok(Mount::Bind {
                source: source.into(),
                target,
                read_only,
            })
        } else {
            Ok(Mount::Volume {
                name: source,
                target,
                read_only,
            })
        }
    }

    fn networks(
        &self,
        networks: ListOrMap<raw::ServiceNetwork>,
    ) -> Result<BTreeMap<String, Vec<String>>> {
        match networks {
            ListOrMap::List(list) => Ok(list.into_iter().map(|name| (name, Vec::new())).collect()),
            ListOrMap::Map(map) => map
                .into_iter()
                .map(|(name, network)| {
                    Ok((
                        name,
                        self.list("networks", network.unwrap_or_default().aliases)?,
                    ))
                })
                .collect(),
        }
    }

    fn port(&self, port: ShortOrLong<raw::LongPort>) -> Result<Port> {
        let mend = "write \"127.0.0.1:20000:8000\"";
        let (host_ip, host_port, container_port, protocol) = match port {
            ShortOrLong::Long(long) => (long.host_ip, long.published, long.target, long.protocol),
            ShortOrLong::Short(text) => {
                let text = self.put("ports", &text)?;
                let (rest, protocol) = match text.split_once('/') {
                    Some((rest, protocol)) => (rest, Some(protocol.to_owned())),
                    None => (text.as_str(), None),
                };
                let (rest, container) = rest.rsplit_once(':').unwrap_or(("", rest));
                let (ip, host) = rest.rsplit_once(':').unwrap_or(("", rest));
                let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
                (
                    some(ip.trim_matches(['[', ']'])),
                    some(host),
                    container.to_owned(),
                    protocol,
                )
            }
        };
        let number = |text: &str| {
            let text = self.put("ports", text)?;
            text.parse::<u16>()
                .map_err(|_| self.wrong("ports", text, mend))
        };
        let address = self.optional("ports", host_ip)?;
        Ok(Port {
            host_ip: address
                .map(|text| text.parse().map_err(|_| self.wrong("ports", text, mend)))
                .transpose()?,
            host_port: host_port.as_deref().map(number).transpose()?,
            container_port: number(&container_port)?,
            protocol: match protocol.as_deref() {
                None | Some("tcp") => Protocol::Tcp,
                Some("udp") => Protocol::Udp,
                Some(other) => {
                    return Err(self.wrong("ports", other, "the protocol is tcp or udp"));
                }
            },
        })
    }

    fn health(&self, raw: raw::Healthcheck) -> Result<Health> {
        let mend = "write [CMD, program, argument], [CMD-SHELL, line], or a line";
        let test = match raw.test {
            _ if raw.disable => HealthTest::Disabled,
            None => return Err(self.wrong("healthcheck.test", "none", mend)),
            Some(OneOrMany::One(line)) => HealthTest::Shell(self.put("healthcheck.test", &line)?),
            Some(OneOrMany::Many(words)) => {
                let words = self.list("healthcheck.test", words)?;
                match (
                    words.first().map(String::as_str),
                    &words[words.len().min(1)..],
                ) {
                    (Some("NONE"), []) => HealthTest::Disabled,
                    (Some("CMD"), command @ [_, ..]) => HealthTest::Command(command.to_vec()),
                    (Some("CMD-SHELL"), [line]) => HealthTest::Shell(line.clone()),
                    _ => return Err(self.wrong("healthcheck.test", words.join(" "), mend)),
                }
            }
        };
        let time = |key: &str, text, default| {
            self.unit(key, text, units::duration, "write 5s")
                .map(|found| found.unwrap_or(default))
        };
        Ok(Health {
            test,
            // The engine's own defaults.
            interval: time(
                "healthcheck.interval",
                raw.interval,
                Duration::from_secs(30),
            )?,
            timeout: time("healthcheck.timeout", raw.timeout, Duration::from_secs(30))?,
            retries: raw.retries.unwrap_or(3),
            start_period: time("healthcheck.start_period", raw.start_period, Duration::ZERO)?,
        })
    }

    fn depends_on(&self, raw: ListOrMap<raw::Dependency>) -> Result<BTreeMap<String, Condition>> {
        match raw {
            ListOrMap::List(list) => Ok(list
                .into_iter()
                .map(|name| (name, Condition::Started))
                .collect()),
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
                Ok(map
                    .into_iter()
                    .map(|(name, address)| format!("{name}:{address}"))
                    .collect())
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
            other => match other
                .strip_prefix("on-failure:")
                .and_then(|count| count.parse().ok())
            {
                Some(count) => Ok(Restart::OnFailure(count)),
                None => Err(self.wrong("restart", other, "write unless-stopped")),
            },
        }
    }

    fn secret(&self, raw: ShortOrLong<raw::LongSecret>) -> Result<Secret> {
        let (name, target) = match raw {
            ShortOrLong::Short(name) => (name, None),
            ShortOrLong::Long(long) => (long.source, long.target),
        };
        let Some(source) = self.secrets.get(&name) else {
            return Err(self.wrong("secrets", name, "declare it under secrets with its file"));
        };
        let target = target.unwrap_or(name);
        let target = if target.starts_with('/') {
            target
        } else {
            format!("/run/secrets/{target}")
        };
        Ok(Secret {
            source: source.clone(),
            target,
        })
    }
}

fn many(list: OneOrMany) -> Vec<String> {
    match list {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    }
}
