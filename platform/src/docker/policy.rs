//! The hardening policy: what every container must give up before it may run here.
//!
//! It refuses by looking at the typed spec only, so it holds for every template, bundled or fetched.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Component, Path, PathBuf};

use super::spec::{Build, HealthTest, Mount, ProjectSpec, ServiceSpec};

/// A rule of the policy. The set is closed, so that a test can ask each one for its broken twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each rule says what it wants in `mend`")]
pub enum Rule {
    CapDropAll,
    CapAdd,
    NoNewPrivileges,
    SecurityProfile,
    ReadOnlyRoot,
    PidsLimit,
    MemoryLimit,
    CpuLimit,
    NumericUser,
    HostNamespace,
    Privileged,
    Devices,
    DockerSocket,
    BindPlace,
    BindReadOnly,
    LoopbackPorts,
    LogCap,
    Healthcheck,
    BuildPlace,
}

/// One way in which a service is weaker than allowed. Permanent: the template's fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which service.
    pub service: String,
    /// Which rule.
    pub rule: Rule,
    /// What stands in the file.
    pub found: String,
    /// What should stand there.
    pub mend: &'static str,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}: found {}; {}", self.service, self.rule, self.found, self.mend)
    }
}

/// What the policy lets through beyond the floor.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Capabilities that may be added back; none by default.
    pub cap_add: BTreeSet<String>,
}

/// Checks all services by the strictest policy.
pub fn check(spec: &ProjectSpec, project_dir: &Path) -> Vec<Violation> {
    Policy::default().check(spec, project_dir)
}

impl Policy {
    /// Checks all services; empty means that the project may run. `project_dir` is what relative paths start from.
    pub fn check(&self, spec: &ProjectSpec, project_dir: &Path) -> Vec<Violation> {
        let mut findings = Vec::new();
        for (name, service) in &spec.services {
            let mut report = |rule: Rule, found: String| {
                findings.push(Violation { service: name.clone(), rule, found, mend: rule.mend() });
            };
            self.privileges(service, &mut report);
            limits(service, &mut report);
            doors(service, project_dir, &mut report);
        }
        findings
    }

    fn privileges(&self, service: &ServiceSpec, report: &mut impl FnMut(Rule, String)) {
        if !service.cap_drop.iter().any(|cap| cap.eq_ignore_ascii_case("all")) {
            report(Rule::CapDropAll, format!("cap_drop {:?}", service.cap_drop));
        }
        for cap in service.cap_add.iter().filter(|cap| !self.cap_add.contains(cap.as_str())) {
            report(Rule::CapAdd, cap.clone());
        }
        let hardened = ["no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"];
        if !service.security_opt.iter().any(|option| hardened.contains(&option.as_str())) {
            report(Rule::NoNewPrivileges, format!("security_opt {:?}", service.security_opt));
        }
        for option in service.security_opt.iter().filter(|option| !hardened.contains(&option.as_str())) {
            report(Rule::SecurityProfile, option.clone());
        }
        if !service.read_only {
            report(Rule::ReadOnlyRoot, "read_only false".to_owned());
        }
        if !service.user.as_deref().is_some_and(is_numeric_and_not_root) {
            report(Rule::NumericUser, format!("user {}", service.user.as_deref().unwrap_or("of the image")));
        }
        if service.privileged {
            report(Rule::Privileged, "privileged true".to_owned());
        }
        for device in &service.devices {
            report(Rule::Devices, device.clone());
        }
        let modes = [
            ("network_mode", &service.network_mode),
            ("pid", &service.pid),
            ("ipc", &service.ipc),
            ("userns_mode", &service.userns_mode),
        ];
        for (key, value) in modes {
            // `none` and `private` take something away; all others share with the host or with another container.
            if let Some(value) = value.as_deref().filter(|value| !["none", "private"].contains(value)) {
                report(Rule::HostNamespace, format!("{key} {value}"));
            }
        }
    }
}

fn limits(service: &ServiceSpec, report: &mut impl FnMut(Rule, String)) {
    if service.pids_limit.is_none_or(|limit| limit <= 0) {
        report(Rule::PidsLimit, format!("pids_limit {:?}", service.pids_limit));
    }
    if matches!(service.memory, None | Some(0)) {
        report(Rule::MemoryLimit, "no mem_limit".to_owned());
    }
    if matches!(service.nano_cpus, None | Some(0)) {
        report(Rule::CpuLimit, "no cpus".to_owned());
    }
    let capped = service.logging.as_ref().is_some_and(|logging| match logging.driver.as_str() {
        "json-file" | "local" => logging.options.contains_key("max-size"),
        "none" => true,
        _ => false,
    });
    if !capped {
        report(Rule::LogCap, format!("logging {:?}", service.logging));
    }
    if !service.healthcheck.as_ref().is_some_and(|check| check.test != HealthTest::Disabled) {
        report(Rule::Healthcheck, "none".to_owned());
    }
}

fn doors(service: &ServiceSpec, project_dir: &Path, report: &mut impl FnMut(Rule, String)) {
    for port in &service.ports {
        if !port.host_ip.is_some_and(|ip| ip.is_loopback()) {
            let place = port.host_ip.map_or_else(|| "all addresses".to_owned(), |ip| ip.to_string());
            report(Rule::LoopbackPorts, format!("{} on {place}", port.container_port));
        }
    }
    for mount in &service.mounts {
        let Mount::Bind { source, target, read_only } = mount else {
            continue;
        };
        let shown = source.display().to_string();
        let is_socket = |path: &str| path.ends_with("docker.sock") || path.ends_with("containerd.sock");
        if is_socket(&shown) || is_socket(target) {
            report(Rule::DockerSocket, shown.clone());
        }
        if !is_below(project_dir, source) {
            report(Rule::BindPlace, shown.clone());
        }
        if !read_only {
            report(Rule::BindReadOnly, shown);
        }
    }
    for secret in service.secrets.iter().filter(|secret| !is_below(project_dir, &secret.source)) {
        report(Rule::BindPlace, secret.source.display().to_string());
    }
    if let Some(Build { context, .. }) = &service.build
        && !is_below(project_dir, context)
    {
        report(Rule::BuildPlace, context.display().to_string());
    }
}

fn is_numeric_and_not_root(user: &str) -> bool {
    let mut parts = user.split(':').map(|part| part.parse::<u32>().ok());
    let positive = |id: Option<u32>| id.is_some_and(|id| id > 0);
    let uid_is_good = parts.next().is_some_and(positive);
    let gid_is_good = parts.next().is_none_or(positive);
    uid_is_good && gid_is_good && parts.next().is_none()
}

/// Whether a path stays below the folder, by its words and, where it exists, by where its links lead.
fn is_below(dir: &Path, path: &Path) -> bool {
    let Some(full) = normalised(&dir.join(path)) else {
        return false;
    };
    if !full.starts_with(dir) || full == dir {
        return false;
    }
    match (full.canonicalize(), dir.canonicalize()) {
        (Ok(real), Ok(real_dir)) => real.starts_with(real_dir),
        // What is not there yet leads nowhere else; the engine refuses a bind whose source is missing.
        _ => true,
    }
}

/// `.` and `..` taken out without looking at the disk; `None` when it climbs above the root.
fn normalised(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    return None;
                }
            }
            part => out.push(part),
        }
    }
    Some(out)
}

impl Rule {
    /// What should stand in the file.
    pub fn mend(self) -> &'static str {
        match self {
            Self::CapDropAll => "write cap_drop: [ALL]",
            Self::CapAdd => "take it out of cap_add",
            Self::NoNewPrivileges => "write security_opt: [\"no-new-privileges:true\"]",
            Self::SecurityProfile => "leave the engine's own profile on",
            Self::ReadOnlyRoot => "write read_only: true, and tmpfs or a volume for what is written",
            Self::PidsLimit => "write pids_limit: 100",
            Self::MemoryLimit => "write mem_limit: 256m",
            Self::CpuLimit => "write cpus: \"0.5\"",
            Self::NumericUser => "write user: \"10001:10001\", the fixed uid of the image",
            Self::HostNamespace => "take it out; use the project's own network",
            Self::Privileged => "take privileged out",
            Self::Devices => "take devices out",
            Self::DockerSocket => "never mount the engine's socket",
            Self::BindPlace => "bind only files below the project's folder",
            Self::BindReadOnly => "add :ro; what is written belongs on a named volume",
            Self::LoopbackPorts => "publish on 127.0.0.1 only",
            Self::LogCap => "write logging with driver json-file and max-size",
            Self::Healthcheck => "write a healthcheck",
            Self::BuildPlace => "build from a folder below the project's",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::Labels;

    const GOOD: &str = "image: x, cap_drop: [ALL], security_opt: ['no-new-privileges:true'], read_only: true, \
        pids_limit: 50, mem_limit: 64m, cpus: 0.5, user: '10001:10001', \
        logging: {driver: json-file, options: {max-size: 1m}}, healthcheck: {test: 'true'}";

    fn rules(service: &str) -> Vec<Rule> {
        let text = format!("services: {{a: {{{service}}}}}");
        let spec = ProjectSpec::parse(&text, &Labels::new()).expect("a valid file");
        check(&spec, Path::new("/srv/shop")).into_iter().map(|violation| violation.rule).collect()
    }

    #[test]
    fn a_hardened_service_passes() {
        let more = "ports: ['127.0.0.1:20000:8000'], volumes: ['./a.conf:/a.conf:ro']";
        assert_eq!(rules(&format!("{GOOD}, {more}")), []);
    }

    #[test]
    fn each_weakness_is_found_alone() {
        let added = [
            ("cap_add: [NET_ADMIN]", Rule::CapAdd),
            ("privileged: true", Rule::Privileged),
            ("network_mode: host", Rule::HostNamespace),
            ("pid: host", Rule::HostNamespace),
            ("ipc: host", Rule::HostNamespace),
            ("userns_mode: host", Rule::HostNamespace),
            ("devices: [/dev/kvm]", Rule::Devices),
            ("ports: ['20000:8000']", Rule::LoopbackPorts),
            ("ports: ['0.0.0.0:20000:8000']", Rule::LoopbackPorts),
            ("volumes: ['./a:/a']", Rule::BindReadOnly),
            ("volumes: ['/etc:/a:ro']", Rule::BindPlace),
            ("volumes: ['./../other:/a:ro']", Rule::BindPlace),
            ("volumes: ['.:/a:ro']", Rule::BindPlace),
            ("build: ../other", Rule::BuildPlace),
        ];
        for (key, rule) in added {
            assert_eq!(rules(&format!("{GOOD}, {key}")), [rule], "{key}");
        }
        let weakened = [
            ("cap_drop: [ALL]", "cap_drop: [CHOWN]", Rule::CapDropAll),
            ("security_opt: ['no-new-privileges:true']", "security_opt: []", Rule::NoNewPrivileges),
            ("read_only: true", "read_only: false", Rule::ReadOnlyRoot),
            ("pids_limit: 50", "pids_limit: -1", Rule::PidsLimit),
            ("mem_limit: 64m, ", "", Rule::MemoryLimit),
            ("cpus: 0.5, ", "", Rule::CpuLimit),
            ("user: '10001:10001'", "user: '10001:0'", Rule::NumericUser),
            ("user: '10001:10001'", "user: web", Rule::NumericUser),
            ("options: {max-size: 1m}", "options: {}", Rule::LogCap),
            ("{test: 'true'}", "{disable: true}", Rule::Healthcheck),
        ];
        for (good, weak, rule) in weakened {
            assert_eq!(rules(&GOOD.replace(good, weak)), [rule], "{weak}");
        }
    }

    #[test]
    fn the_engines_socket_and_foreign_profiles_are_refused() {
        let found = rules(&format!("{GOOD}, volumes: ['/var/run/docker.sock:/x.sock:ro']"));
        assert_eq!(found, [Rule::DockerSocket, Rule::BindPlace]);
        let open = GOOD.replace("['no-new-privileges:true']", "['no-new-privileges:true', 'seccomp:unconfined']");
        assert_eq!(rules(&open), [Rule::SecurityProfile]);
    }

    #[test]
    fn a_link_that_leads_out_is_found() {
        let dir = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink("/etc", dir.path().join("out")).expect("a link");
        let spec =
            ProjectSpec::parse(&format!("services: {{a: {{{GOOD}, volumes: ['./out:/a:ro']}}}}"), &Labels::new())
                .expect("a valid file");
        assert_eq!(check(&spec, dir.path()).first().map(|v| v.rule), Some(Rule::BindPlace));
    }

    #[test]
    fn an_allowed_capability_passes() {
        let text = format!("services: {{a: {{{GOOD}, cap_add: [CHOWN]}}}}");
        let spec = ProjectSpec::parse(&text, &Labels::new()).expect("a valid file");
        let policy = Policy { cap_add: BTreeSet::from(["CHOWN".to_owned()]) };
        assert_eq!(policy.check(&spec, Path::new("/srv/shop")), []);
    }
}
