use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::docker::spec::{Condition, HealthTest, Mount, Protocol, Restart};

const FULL: &str = r#"
version: "3.9"
name: shop
x-hard: &hard
  cap_drop: [ALL]
  read_only: true
services:
  web:
    <<: *hard
    image: waas/web:1
    build: {context: ./web, args: {A: 1}}
    command: uvicorn app:app --port 8000
    environment: {PORT: 8000, EMPTY: , NAME: "${NAME}", DOLLAR: "$$x"}
    volumes: ["data:/data", "./nginx.conf:/etc/n.conf:ro", {type: volume, source: data, target: /other, read_only: true}]
    networks: [inner]
    ports: ["127.0.0.1:${PORT}:8000", "53:53/udp"]
    healthcheck: {test: [CMD, curl, -f, "http://127.0.0.1:8000/health"], interval: 1s, timeout: 2s, retries: 5, start_period: 1m}
    depends_on: {db: {condition: service_healthy}}
    mem_limit: 384m
    cpus: 0.5
    pids_limit: 100
    security_opt: ["no-new-privileges:true"]
    tmpfs: ["/tmp:size=16m,mode=1777", /run]
    user: "10001:10001"
    extra_hosts: ["host.docker.internal:host-gateway"]
    logging: {driver: json-file, options: {max-size: 1m, max-file: 2}}
    restart: unless-stopped
    stop_grace_period: 10s
    labels: {a: b}
    secrets: [{source: web_env, target: env}]
  db:
    image: waas/pg:15
    healthcheck: {test: pg_isready -q}
    networks: {inner: {aliases: [database]}}
networks: {inner: {internal: true}}
volumes: {data: }
secrets: {web_env: {file: ./secrets/web.env}}
"#;

fn variables() -> Labels {
    Labels::from([("NAME".into(), "Anna's: {shop}".into()), ("PORT".into(), "20000".into())])
}

fn fault(text: &str) -> String {
    ProjectSpec::parse(text, &Labels::new()).expect_err("must be refused").to_string()
}

#[test]
fn every_supported_key_is_understood() {
    let spec = ProjectSpec::parse(FULL, &variables()).expect("a valid file");
    let web = &spec.services["web"];
    assert_eq!(web.cap_drop, ["ALL"]);
    assert!(web.read_only);
    assert_eq!(web.command.as_deref(), Some(["uvicorn", "app:app", "--port", "8000"].map(String::from).as_slice()));
    assert_eq!(web.environment["PORT"], "8000");
    assert_eq!(web.environment["EMPTY"], "");
    assert_eq!(web.environment["NAME"], "Anna's: {shop}");
    assert_eq!(web.environment["DOLLAR"], "$x");
    assert_eq!(web.mounts.len(), 3);
    let bind = Mount::Bind { source: "./nginx.conf".into(), target: "/etc/n.conf".into(), read_only: true };
    assert_eq!(web.mounts[1], bind);
    assert_eq!(web.ports[0].host_port, Some(20_000));
    assert_eq!(web.ports[1].protocol, Protocol::Udp);
    assert_eq!(web.ports[1].host_ip, None);
    let health = web.healthcheck.as_ref().expect("a health check");
    assert_eq!((health.interval, health.retries), (Duration::from_secs(1), 5));
    assert_eq!(health.start_period, Duration::from_secs(60));
    assert_eq!(web.depends_on["db"], Condition::Healthy);
    assert_eq!((web.memory, web.nano_cpus), (Some(384 << 20), Some(500_000_000)));
    assert_eq!(web.tmpfs["/tmp"], "size=16m,mode=1777");
    assert_eq!(web.restart, Restart::UnlessStopped);
    assert_eq!(web.secrets[0].target, "/run/secrets/env");
    assert_eq!(web.secrets[0].source, PathBuf::from("./secrets/web.env"));
    let db = &spec.services["db"];
    assert_eq!(db.networks["inner"], ["database"]);
    assert_eq!(db.healthcheck.as_ref().map(|h| &h.test), Some(&HealthTest::Shell("pg_isready -q".into())));
    assert!(spec.networks["inner"].internal);
}

#[test]
fn services_without_networks_share_the_default_one() {
    let spec = ProjectSpec::parse("services: {a: {image: x}}", &Labels::new()).expect("a valid file");
    assert!(spec.networks.contains_key("default") && spec.services["a"].networks.contains_key("default"));
}

#[test]
fn unknown_keys_are_refused_with_their_line() {
    let message = fault("services:\n  a:\n    image: x\n    extends: b\n");
    assert!(message.contains("extends") && message.contains('4'), "{message}");
    for text in ["services: {a: {image: x}}\nconfigs: {}", "services: {a: {image: x, deploy: {}}}"] {
        assert!(fault(text).contains("unknown"), "{text}");
    }
}

#[test]
fn wrong_values_are_named_with_place_and_mend() {
    let cases = [
        ("services: {a: {image: x, mem_limit: 5 apples}}", "services.a.mem_limit"),
        ("services: {a: {image: x, ports: [\"1:2:3:4\"]}}", "services.a.ports"),
        ("services: {a: {image: x, ports: [\"70000:1\"]}}", "services.a.ports"),
        ("services: {a: {image: x, depends_on: [b]}}", "services.a.depends_on"),
        ("services: {a: {image: x, volumes: [\"data:/d\"]}}", "services.a.volumes"),
        ("services: {a: {image: x, networks: [n]}}", "services.a.networks"),
        ("services: {a: {image: x, secrets: [s]}}", "services.a.secrets"),
        ("services: {a: {image: \"${X}\"}}", "services.a.image"),
        ("services: {a: {build: .}}", "services.a.image"),
        ("services: {A-b: {image: x}}", "services"),
        ("services: {}", "services"),
        ("services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}", "circle"),
        ("services: {a: {image: x, depends_on: {b: {condition: service_healthy}}}, b: {image: x}}", "healthcheck"),
    ];
    for (text, expected) in cases {
        let message = fault(text);
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut text = String::from("x-a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let previous = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("x-a{level}: &a{level} [{previous}]\n"));
    }
    text.push_str("services: {a: {image: x}}\n");
    fault(&text);
}

#[test]
fn the_hash_follows_meaning_and_not_writing() {
    let parse = |text: &str| ProjectSpec::parse(text, &Labels::new()).expect("a valid file").hash();
    let one = parse("services: {a: {image: x, environment: {B: 2, A: 1}, command: run it}}");
    let same = parse("services:\n  a:\n    command: [run, it]\n    environment: [A=1, B=2]\n    image: x\n");
    let other = parse("services: {a: {image: x, environment: {B: 2, A: 2}, command: run it}}");
    assert_eq!(one, same);
    assert_ne!(one, other);
}

#[test]
fn a_folder_brings_its_variables_and_env_files() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("written");
    write("compose.yaml", "services: {a: {image: \"${IMAGE}\", env_file: [more.env], environment: {A: own}}}");
    write(".env", "IMAGE=x:1\n");
    write("more.env", "A=file\nB=file\n");
    let spec = ProjectSpec::load(dir.path()).expect("a valid folder");
    assert_eq!(spec.services["a"].image, "x:1");
    assert_eq!(spec.services["a"].environment, Labels::from([("A".into(), "own".into()), ("B".into(), "file".into())]));
    write("compose.yaml", "services: {a: {image: x, env_file: gone.env}}");
    assert!(ProjectSpec::load(dir.path()).expect_err("no such file").to_string().contains("gone.env"));
}
