//! Settings: one table with type, default and meaning of each; everything else is derived from it.
//!
//! To add one, write one line in a `settings!` group of `settings.rs`. Order of sources, the later wins: default, `hub.toml`,
//! `HUB_SECTION__KEY` (or `…_FILE` for secrets), `--setting key=value`. The crates figment and config were looked at:
//! both stop at the first value that does not fit, and ours reports every fault with its place, hence the small reader.

// Long because: it is one table, and a setting is found by looking through one file.

mod read;
mod settings;
mod value;

#[cfg(test)]
mod tests;

pub use read::{Fault, Origin, Reader, Shown, Sources};
pub use settings::{
    Acme, Alerts, Config, Credentials, Database, Docker, Durable, Edge, Enrol, Http, Images, Leads, Log, Ports,
    Provisioning, Redis, SecondRoute, Surveys, Telegram, TelegramLimits, Telemetry, Tenants,
};
pub use value::{ConnectionUrl, EdgeMode, HttpUrl, PortRange, TelegramMode, Value};

/// What reading the settings gave: always the table, and the configuration when nothing is wrong.
#[derive(Debug)]
pub struct Loaded {
    /// Every setting with value and source.
    pub settings: Vec<Shown>,
    /// The configuration, or everything that is wrong.
    pub config: Result<Config, Vec<Fault>>,
}

/// Reads settings from their sources and checks them all.
pub fn load(sources: &Sources) -> Loaded {
    let mut reader = Reader::new(sources);
    let config = Config::take_all(&mut reader);
    let (settings, mut faults) = reader.finish();
    if let Some(config) = &config {
        faults.extend(config.contradictions());
    }
    let config = match config {
        Some(config) if faults.is_empty() => Ok(config),
        _ => Err(faults),
    };
    Loaded { settings, config }
}

impl Config {
    /// What fits alone but not together.
    fn contradictions(&self) -> Vec<Fault> {
        let fault = |key: &str, what: &str, mend: &str| Fault {
            place: "settings".to_owned(),
            key: key.to_owned(),
            what: what.to_owned(),
            mend: mend.to_owned(),
        };
        let mut faults = Vec::new();
        if self.telegram.mode == TelegramMode::Webhook && self.telegram.webhook_secret.is_none() {
            let mend = "set HUB_TELEGRAM__WEBHOOK_SECRET, the same for all replicas";
            faults.push(fault("telegram.webhook_secret", "is required in webhook mode", mend));
        }
        let fits = |secret: &str| {
            (1..=256).contains(&secret.len())
                && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        };
        if self.telegram.webhook_secret.as_ref().is_some_and(|secret| !fits(secret.expose())) {
            let mend = "use 1 to 256 characters of A-Z, a-z, 0-9, _ and -";
            faults.push(fault("telegram.webhook_secret", "is none that Telegram takes", mend));
        }
        let route = &self.second_route;
        let mail = [route.smtp_url.is_some(), route.mail_from.is_some(), route.mail_to.is_some()];
        if mail.contains(&true) && mail.contains(&false) {
            let mend = "set smtp_url, mail_from and mail_to together, or none of them";
            faults.push(fault("second_route", "has half of what mail needs", mend));
        }
        if self.mail.smtp_url.is_some() != self.mail.from.is_some() {
            faults.push(fault("mail", "has half of what mail needs", "set smtp_url and from together, or neither"));
        }
        if self.instance.is_empty() || !self.instance.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            faults.push(fault("instance", "is no name for a label", "use lower-case letters and digits"));
        }
        for (key, workers) in [
            ("durable.workers", self.durable.workers),
            ("telegram.turn_workers", self.telegram.turn_workers),
            ("telemetry.batch", self.telemetry.batch),
        ] {
            if workers == 0 {
                faults.push(fault(key, "is 0, so that nothing would happen", "give at least 1"));
            }
        }
        let turn = self.telegram.turn_deadline;
        for (key, time) in [
            ("database.statement_timeout", self.database.statement_timeout),
            ("database.lock_timeout", self.database.lock_timeout),
            ("database.idle_transaction_timeout", self.database.idle_transaction_timeout),
        ] {
            if time <= turn {
                faults.push(fault(key, "is no longer than a turn may take", "give more than telegram.turn_deadline"));
            }
        }
        faults
    }
}

impl Edge {
    /// The ports in use: as given, else 80 and 443, or 8088 and 8443 where low ports may not be bound.
    pub fn ports(&self, may_bind_low: bool) -> (u16, u16) {
        let (http, https) = if may_bind_low { (80, 443) } else { (8088, 8443) };
        (self.http_port.unwrap_or(http), self.https_port.unwrap_or(https))
    }
}

/// Whether this process may bind ports below 1024, found out by trying.
pub fn may_bind_low_ports() -> bool {
    match std::net::TcpListener::bind(("127.0.0.1", 80)) {
        Ok(_) => true,
        Err(error) => error.kind() != std::io::ErrorKind::PermissionDenied,
    }
}
