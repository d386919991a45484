//! From the written shapes to the typed spec: services read, references between them checked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::service::{Reader, Texts};
use super::{SpecError, raw};
use crate::docker::labels::Labels;
use crate::docker::spec::{Condition, Mount, Network, ProjectSpec, ServiceSpec, Volume};

pub(super) type Result<T> = std::result::Result<T, SpecError>;

/// The network of services that name none.
pub(super) const DEFAULT_NETWORK: &str = "default";

pub(super) fn project(file: raw::File, variables: &Labels) -> Result<ProjectSpec> {
    let texts = Texts { variables };
    let mut networks = file.networks.into_iter().map(|(key, network)| (key, self::network(network))).collect();
    let volumes: BTreeMap<_, _> = file.volumes.into_iter().map(|(key, volume)| (key, self::volume(volume))).collect();
    let mut secrets = BTreeMap::new();
    for (name, secret) in file.secrets {
        secrets.insert(name.clone(), PathBuf::from(texts.put(&format!("secrets.{name}.file"), &secret.file)?));
    }
    let mut services = BTreeMap::new();
    for (name, service) in file.services {
        if !is_service_name(&name) {
            return Err(SpecError::value("services", name, "service names are [a-z][a-z0-9_]*"));
        }
        let place = format!("services.{name}");
        let reader = Reader { texts: &texts, place, secrets: &secrets };
        services.insert(name, reader.service(service)?);
    }
    if services.is_empty() {
        return Err(SpecError::value("services", "none", "name at least one service"));
    }
    check_references(&services, &mut networks, &volumes)?;
    Ok(ProjectSpec { services, networks, volumes })
}

fn network(network: Option<raw::Network>) -> Network {
    let network = network.unwrap_or_default();
    Network { internal: network.internal, driver: network.driver }
}

fn volume(volume: Option<raw::Volume>) -> Volume {
    Volume { driver: volume.unwrap_or_default().driver }
}

fn is_service_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
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
                return Err(SpecError::value(place, network, "declare it under networks"));
            }
        }
        for mount in &service.mounts {
            if let Mount::Volume { name: volume, .. } = mount
                && !volumes.contains_key(volume)
            {
                let place = format!("services.{name}.volumes");
                return Err(SpecError::value(place, volume, "declare it under volumes, or begin a path with ./"));
            }
        }
        for (dependency, condition) in &service.depends_on {
            let place = format!("services.{name}.depends_on");
            let Some(other) = services.get(dependency) else {
                return Err(SpecError::value(place, dependency, "name a service of this file"));
            };
            if *condition == Condition::Healthy && other.healthcheck.is_none() {
                return Err(SpecError::value(place, dependency, "service_healthy needs a healthcheck there"));
            }
        }
    }
    check_no_cycle(services)
}

/// Takes away services whose dependencies are all gone; what is left stands in a circle.
fn check_no_cycle(services: &BTreeMap<String, ServiceSpec>) -> Result<()> {
    let mut left: BTreeMap<&str, &ServiceSpec> = services.iter().map(|(name, spec)| (name.as_str(), spec)).collect();
    while !left.is_empty() {
        let before = left.len();
        let standing: Vec<&str> = left
            .iter()
            .filter(|(_, spec)| spec.depends_on.keys().all(|dependency| !left.contains_key(dependency.as_str())))
            .map(|(name, _)| *name)
            .collect();
        left.retain(|name, _| !standing.contains(name));
        if left.len() == before {
            let names = left.into_keys().collect::<Vec<_>>().join(", ");
            return Err(SpecError::value("services", names, "depends_on must not go in a circle"));
        }
    }
    Ok(())
}
