//! What the engine wants to hear to make a service's container.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use bollard::models::{
    ContainerCreateBody, EndpointSettings, HealthConfig, HostConfig, HostConfigLogConfig, Mount as EngineMount,
    MountType, NetworkingConfig, PortBinding, RestartPolicy, RestartPolicyNameEnum,
};

use super::labels::{self, Labels};
use super::spec::{Health, HealthTest, Mount, Protocol, Restart, ServiceSpec};

/// The request body. On API 1.41 a container is made with one network; `first_network` is that one's name and key.
pub(super) fn body(
    project: &str,
    dir: &Path,
    (service, spec): (&str, &ServiceSpec),
    labels: Labels,
    first_network: Option<&str>,
) -> ContainerCreateBody {
    let networking_config = first_network.map(|key| NetworkingConfig {
        endpoints_config: Some(HashMap::from([(labels::resource_name(project, key), endpoint(service, spec, key))])),
    });
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        user: spec.user.clone(),
        env: Some(spec.environment.iter().map(|(name, value)| format!("{name}={value}")).collect()),
        entrypoint: spec.entrypoint.clone(),
        cmd: spec.command.clone(),
        working_dir: spec.working_dir.clone(),
        exposed_ports: Some(spec.ports.iter().map(|port| port_key(port.container_port, port.protocol)).collect()),
        healthcheck: spec.healthcheck.as_ref().map(health),
        labels: Some(labels.into_iter().collect()),
        stop_signal: spec.stop_signal.clone(),
        stop_timeout: spec.stop_grace.map(|grace| i64::try_from(grace.as_secs()).unwrap_or(i64::MAX)),
        host_config: Some(host(project, dir, spec, first_network)),
        networking_config,
        ..Default::default()
    }
}

/// How a container stands in one network: under its service's name and the aliases of the file.
pub(super) fn endpoint(service: &str, spec: &ServiceSpec, network: &str) -> EndpointSettings {
    let mut aliases = vec![service.to_owned()];
    aliases.extend(spec.networks.get(network).into_iter().flatten().cloned());
    EndpointSettings { aliases: Some(aliases), ..Default::default() }
}

fn host(project: &str, dir: &Path, spec: &ServiceSpec, first_network: Option<&str>) -> HostConfig {
    let mut port_bindings = HashMap::new();
    for port in &spec.ports {
        let binding = PortBinding {
            host_ip: port.host_ip.map(|ip| ip.to_string()),
            host_port: port.host_port.map(|port| port.to_string()),
        };
        let bindings: &mut Option<Vec<PortBinding>> =
            port_bindings.entry(port_key(port.container_port, port.protocol)).or_default();
        bindings.get_or_insert_default().push(binding);
    }
    let signed = |size: Option<u64>| size.map(|size| i64::try_from(size).unwrap_or(i64::MAX));
    HostConfig {
        network_mode: spec
            .network_mode
            .clone()
            .or_else(|| first_network.map(|key| labels::resource_name(project, key))),
        port_bindings: Some(port_bindings),
        mounts: Some(mounts(project, dir, spec)),
        memory: signed(spec.memory),
        memory_swap: signed(spec.memory_swap),
        nano_cpus: signed(spec.nano_cpus),
        pids_limit: spec.pids_limit,
        shm_size: signed(spec.shm_size),
        cap_drop: Some(spec.cap_drop.clone()),
        cap_add: Some(spec.cap_add.clone()),
        security_opt: Some(spec.security_opt.clone()),
        readonly_rootfs: Some(spec.read_only),
        tmpfs: Some(spec.tmpfs.clone().into_iter().collect()),
        extra_hosts: Some(spec.extra_hosts.clone()),
        log_config: spec.logging.as_ref().map(|logging| HostConfigLogConfig {
            typ: Some(logging.driver.clone()),
            config: Some(logging.options.clone().into_iter().collect()),
        }),
        restart_policy: Some(restart(spec.restart)),
        init: spec.init,
        privileged: Some(spec.privileged),
        pid_mode: spec.pid.clone(),
        ipc_mode: spec.ipc.clone(),
        userns_mode: spec.userns_mode.clone(),
        ..Default::default()
    }
}

fn mounts(project: &str, dir: &Path, spec: &ServiceSpec) -> Vec<EngineMount> {
    // Joining an absolute path gives that path, and components() takes the `.` out.
    let on_host = |path: &Path| Some(dir.join(path).components().collect::<std::path::PathBuf>().display().to_string());
    let bind = |source: &Path, target: &str, read_only| EngineMount {
        typ: Some(MountType::BIND),
        source: on_host(source),
        target: Some(target.to_owned()),
        read_only: Some(read_only),
        ..Default::default()
    };
    let mut mounts: Vec<EngineMount> = spec
        .mounts
        .iter()
        .map(|mount| match mount {
            Mount::Bind { source, target, read_only } => bind(source, target, *read_only),
            Mount::Volume { name, target, read_only } => EngineMount {
                typ: Some(MountType::VOLUME),
                source: Some(labels::resource_name(project, name)),
                target: Some(target.clone()),
                read_only: Some(*read_only),
                ..Default::default()
            },
        })
        .collect();
    mounts.extend(spec.secrets.iter().map(|secret| bind(&secret.source, &secret.target, true)));
    mounts
}

fn health(check: &Health) -> HealthConfig {
    let test = match &check.test {
        HealthTest::Disabled => vec!["NONE".to_owned()],
        HealthTest::Shell(line) => vec!["CMD-SHELL".to_owned(), line.clone()],
        HealthTest::Command(words) => std::iter::once("CMD".to_owned()).chain(words.iter().cloned()).collect(),
    };
    let nanos = |time: Duration| Some(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX));
    HealthConfig {
        test: Some(test),
        interval: nanos(check.interval),
        timeout: nanos(check.timeout),
        retries: Some(i64::from(check.retries)),
        start_period: nanos(check.start_period),
        // Known from API 1.44 on only.
        start_interval: None,
    }
}

fn restart(restart: Restart) -> RestartPolicy {
    let (name, maximum_retry_count) = match restart {
        Restart::No => (RestartPolicyNameEnum::NO, None),
        Restart::Always => (RestartPolicyNameEnum::ALWAYS, None),
        Restart::UnlessStopped => (RestartPolicyNameEnum::UNLESS_STOPPED, None),
        Restart::OnFailure(most) => (RestartPolicyNameEnum::ON_FAILURE, Some(i64::from(most))),
    };
    RestartPolicy { name: Some(name), maximum_retry_count }
}

fn port_key(port: u16, protocol: Protocol) -> String {
    let protocol = match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    };
    format!("{port}/{protocol}")
}
