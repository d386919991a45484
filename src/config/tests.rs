//! Settings as a whole: order, faults together, masking.

use std::path::PathBuf;
use std::time::Duration;

use super::*;

const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

fn environment(more: &[(&str, &str)]) -> Sources {
    let least = [
        ("HUB_MASTER_KEY", KEY),
        ("HUB_DATABASE__URL", "postgres://hub:database-pass@db/hub"),
        ("HUB_REDIS__URL", "redis://127.0.0.1"),
        ("PATH", "/bin"),
    ];
    let environment = least.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Sources { environment, ..Sources::default() }
}

fn with_file(mut sources: Sources, text: &str) -> Sources {
    sources.file = Some((PathBuf::from("hub.toml"), text.to_owned()));
    sources
}

fn source<'a>(loaded: &'a Loaded, key: &str) -> &'a Shown {
    loaded.settings.iter().find(|s| s.key == key).expect("a setting")
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    let config = load(&environment(&[])).config.expect("complete");
    assert_eq!(config.telegram.api_url.as_str(), "https://api.telegram.org");
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.ports.range, PortRange { first: 20_000, last: 29_999 });
    assert_eq!(config.tenants.delete_grace, Duration::from_hours(90 * 24));
    assert_eq!(config.telegram.limits.global_per_s, 30);
    assert_eq!(config.edge.ports(true), (80, 443));
    assert_eq!(config.edge.ports(false), (8088, 8443));
    assert!(config.telegram.token.is_none());
}

#[test]
fn the_later_source_wins() {
    let toml =
        "[telegram]\npoll_timeout = \"1s\"\n[telegram.limits]\nchat_per_s = 7\n[http]\nlisten = \"127.0.0.1:1\"\n";
    let mut sources = with_file(environment(&[("HUB_TELEGRAM__POLL_TIMEOUT", "2s")]), toml);
    let loaded = load(&sources);
    let config = loaded.config.as_ref().expect("fits");
    assert_eq!(config.telegram.poll_timeout, Duration::from_secs(2));
    assert_eq!(config.telegram.limits.chat_per_s, 7);
    assert_eq!(source(&loaded, "telegram.limits.chat_per_s").source, "hub.toml:4");
    assert_eq!(source(&loaded, "telegram.poll_timeout").source, "HUB_TELEGRAM__POLL_TIMEOUT");

    sources.flags = vec!["telegram.poll_timeout=3s".to_owned()];
    let config = load(&sources).config.expect("fits");
    assert_eq!(config.telegram.poll_timeout, Duration::from_secs(3));
}

#[test]
fn every_fault_is_reported_with_place_and_mend() {
    let toml = "locale = \"de\"\npoll = 3\n[http]\nlisten = \"nowhere\"\n[telegram]\nlimits.chat_per_s = [1]\n";
    let mut sources = with_file(
        environment(&[
            ("HUB_TELEGRAM__TURN_DEADLINE", "10"),
            ("HUB_TELEGRAM__TOKE", "x"),
            ("HUB_DURABLE__WORKERS", "0"),
            ("HUB_MASTER_KEY", "too-short-to-be-a-key"),
            ("HUB_REDIS__URL_FILE", "/nonexistent/redis"),
            ("HUB_CONFIG", "hub.toml"),
        ]),
        toml,
    );
    sources.environment.remove("HUB_REDIS__URL");
    sources.flags.push("telegram.mode".to_owned());
    let faults = load(&sources).config.expect_err("refused");
    let has = |place: &str, key: &str| {
        let found = faults.iter().find(|f| f.place == place && f.key == key);
        found.unwrap_or_else(|| panic!("no fault at {place} for {key}: {faults:#?}")).clone()
    };
    has("hub.toml:2", "poll");
    has("hub.toml:4", "http.listen");
    has("hub.toml:6", "telegram.limits.chat_per_s");
    has("HUB_TELEGRAM__TURN_DEADLINE", "telegram.turn_deadline");
    assert!(has("HUB_TELEGRAM__TOKE", "HUB_TELEGRAM__TOKE").mend.contains("HUB_TELEGRAM__TOKEN"));
    has("HUB_MASTER_KEY", "master_key");
    has("HUB_REDIS__URL_FILE", "redis.url");
    has("HUB_REDIS__URL", "redis.url");
    has("--setting", "telegram.mode");
    assert_eq!(faults.len(), 9, "{faults:#?}");
    assert!(!format!("{faults:?}").contains("too-short"), "a secret is not repeated");
}

#[test]
fn what_contradicts_itself_is_told() {
    let faults = load(&environment(&[("HUB_TELEGRAM__MODE", "webhook"), ("HUB_DURABLE__WORKERS", "0")]));
    let keys: Vec<String> = faults.config.expect_err("refused").into_iter().map(|f| f.key).collect();
    assert_eq!(keys, ["telegram.webhook_secret", "durable.workers"]);
}

#[test]
fn toml_that_does_not_parse_is_one_fault_among_others() {
    let sources = with_file(environment(&[("HUB_HTTP__LISTEN", "x")]), "[http\nlisten = 1\n");
    let faults = load(&sources).config.expect_err("refused");
    assert!(faults.iter().any(|f| f.place == "hub.toml:1" && f.key == "TOML"), "{faults:#?}");
    assert!(faults.iter().any(|f| f.place == "HUB_HTTP__LISTEN"), "{faults:#?}");
}

#[test]
fn a_secret_may_stand_in_a_file_and_the_variable_wins() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "123:token-from-file\n").expect("written");
    let path = file.path().to_str().expect("text");
    let loaded = load(&environment(&[("HUB_TELEGRAM__TOKEN_FILE", path)]));
    assert!(source(&loaded, "telegram.token").source.starts_with("HUB_TELEGRAM__TOKEN_FILE"));
    let token = loaded.config.expect("fits").telegram.token.expect("given");
    assert_eq!(token.expose(), "123:token-from-file");

    let both = load(&environment(&[("HUB_TELEGRAM__TOKEN_FILE", path), ("HUB_TELEGRAM__TOKEN", "456:direct")]));
    assert_eq!(both.config.expect("fits").telegram.token.expect("given").expose(), "456:direct");
}

#[test]
fn only_secrets_have_a_file_form() {
    let faults = load(&environment(&[("HUB_HTTP__LISTEN_FILE", "/x")])).config.expect_err("refused");
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].key, "HUB_HTTP__LISTEN_FILE");
}

#[test]
fn no_secret_is_shown() {
    let loaded = load(&environment(&[("HUB_TELEGRAM__TOKEN", "123:canary-token")]));
    let shown = serde_json::to_string(&loaded.settings).expect("json");
    let debug = format!("{:?}", loaded.config.as_ref().expect("fits"));
    for canary in ["canary-token", KEY, "database-pass"] {
        assert!(!shown.contains(canary) && !debug.contains(canary), "{canary}");
    }
    assert_eq!(source(&loaded, "database.url").value.as_deref(), Some("postgres://hub:***@db/hub"));
}

#[test]
fn every_setting_says_what_it_does() {
    let loaded = load(&environment(&[]));
    assert!(loaded.settings.len() > 60);
    for setting in loaded.settings {
        assert!(setting.doc.len() > 5, "{}", setting.key);
        assert!(setting.environment.starts_with("HUB_"));
    }
}
