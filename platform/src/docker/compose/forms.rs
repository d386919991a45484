//! The keys of a service that compose lets be written short or long: build, volumes, ports, healthcheck, secrets.

use std::path::PathBuf;
use std::time::Duration;

use super::convert::Result;
use super::service::Reader;
use super::shapes::{ListOrMap, OneOrMany, ShortOrLong};
use super::{raw, units};
use crate::docker::spec::{Build, Health, HealthTest, Mount, Port, Protocol, Secret};

impl Reader<'_> {
    pub(super) fn build(&self, build: raw::Build) -> Result<Build> {
        let (context, dockerfile, args, target) = match build {
            ShortOrLong::Short(context) => (context, None, ListOrMap::default(), None),
            ShortOrLong::Long(long) => (long.context, long.dockerfile, long.args, long.target),
        };
        Ok(Build {
            context: PathBuf::from(self.put("build.context", &context)?),
            dockerfile: self.optional("build.dockerfile", dockerfile)?.unwrap_or_else(|| "Dockerfile".to_owned()),
            args: self.map("build.args", args)?,
            target: self.optional("build.target", target)?,
        })
    }

    pub(super) fn mount(&self, volume: ShortOrLong<raw::LongVolume>) -> Result<Mount> {
        let mend = "write name:/path, ./file:/path:ro, or type, source, target";
        let (source, target, read_only) = match volume {
            ShortOrLong::Long(long) => {
                let source = long.source.ok_or_else(|| self.wrong("volumes", "no source", mend))?;
                let source = self.put("volumes", &source)?;
                let target = self.put("volumes", &long.target)?;
                return match long.r#type.as_str() {
                    "volume" => Ok(Mount::Volume { name: source, target, read_only: long.read_only }),
                    "bind" => Ok(Mount::Bind { source: source.into(), target, read_only: long.read_only }),
                    other => {
                        Err(self.wrong("volumes", other, "the type is volume or bind; tmpfs has a key of its own"))
                    }
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
                    (Some(source), Some(target), None) => (source.to_owned(), target.to_owned(), read_only),
                    _ => return Err(self.wrong("volumes", text, mend)),
                }
            }
        };
        if source.starts_with(['.', '/', '~']) {
            Ok(Mount::Bind { source: source.into(), target, read_only })
        } else {
            Ok(Mount::Volume { name: source, target, read_only })
        }
    }

    pub(super) fn port(&self, port: ShortOrLong<raw::LongPort>) -> Result<Port> {
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
                (some(ip.trim_matches(['[', ']'])), some(host), container.to_owned(), protocol)
            }
        };
        let number = |text: &str| {
            let text = self.put("ports", text)?;
            text.parse::<u16>().map_err(|_| self.wrong("ports", text, mend))
        };
        let address = self.optional("ports", host_ip)?;
        Ok(Port {
            host_ip: address.map(|text| text.parse().map_err(|_| self.wrong("ports", text, mend))).transpose()?,
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

    pub(super) fn health(&self, raw: raw::Healthcheck) -> Result<Health> {
        let mend = "write [CMD, program, argument], [CMD-SHELL, line], or a line";
        let test = match raw.test {
            _ if raw.disable => HealthTest::Disabled,
            None => return Err(self.wrong("healthcheck.test", "none", mend)),
            Some(OneOrMany::One(line)) => HealthTest::Shell(self.put("healthcheck.test", &line)?),
            Some(OneOrMany::Many(words)) => {
                let words = self.list("healthcheck.test", words)?;
                match (words.first().map(String::as_str), &words[words.len().min(1)..]) {
                    (Some("NONE"), []) => HealthTest::Disabled,
                    (Some("CMD"), command @ [_, ..]) => HealthTest::Command(command.to_vec()),
                    (Some("CMD-SHELL"), [line]) => HealthTest::Shell(line.clone()),
                    _ => return Err(self.wrong("healthcheck.test", words.join(" "), mend)),
                }
            }
        };
        let time = |key: &str, text, default| {
            self.unit(key, text, units::duration, "write 5s").map(|found| found.unwrap_or(default))
        };
        Ok(Health {
            test,
            // The engine's own defaults.
            interval: time("healthcheck.interval", raw.interval, Duration::from_secs(30))?,
            timeout: time("healthcheck.timeout", raw.timeout, Duration::from_secs(30))?,
            retries: raw.retries.unwrap_or(3),
            start_period: time("healthcheck.start_period", raw.start_period, Duration::ZERO)?,
        })
    }

    pub(super) fn secret(&self, raw: ShortOrLong<raw::LongSecret>) -> Result<Secret> {
        let (name, target) = match raw {
            ShortOrLong::Short(name) => (name, None),
            ShortOrLong::Long(long) => (long.source, long.target),
        };
        let Some(source) = self.secrets.get(&name) else {
            return Err(self.wrong("secrets", name, "declare it under secrets with its file"));
        };
        let target = target.unwrap_or(name);
        let target = if target.starts_with('/') { target } else { format!("/run/secrets/{target}") };
        Ok(Secret { source: source.clone(), target })
    }
}
