//! What a source says about an incident: it fires, or it is resolved. Our own format, parsed; others are translated into it.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use waas_platform::intake::{Object, Rejection};

use super::title::Title;

/// The largest alert in our own format, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Where an alert comes from. The same words stand in the check of `alerts.source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The hub about itself or its work.
    Hub,
    /// A heartbeat that did not come.
    Heartbeat,
    /// A container that died or is not well.
    Container,
    /// A tenant, in our own format.
    Own,
    /// Prometheus Alertmanager.
    Alertmanager,
    /// Grafana.
    Grafana,
    /// Uptime Kuma.
    UptimeKuma,
}

impl Source {
    /// All sources.
    pub const ALL: [Self; 7] =
        [Self::Hub, Self::Heartbeat, Self::Container, Self::Own, Self::Alertmanager, Self::Grafana, Self::UptimeKuma];

    /// The source as it is stored and shown in `--json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hub => "hub",
            Self::Heartbeat => "heartbeat",
            Self::Container => "container",
            Self::Own => "own",
            Self::Alertmanager => "alertmanager",
            Self::Grafana => "grafana",
            Self::UptimeKuma => "uptime-kuma",
        }
    }

    /// The source of that name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == word)
    }
}

/// How bad it is. The same words stand in the check of `alerts.severity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// To know.
    Info,
    /// To look at today.
    Warning,
    /// To act on now: it pages.
    Critical,
}

impl Severity {
    /// All severities, the worst first.
    pub const ALL: [Self; 3] = [Self::Critical, Self::Warning, Self::Info];

    /// The severity as it is sent, stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The severity of that name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == word)
    }
}

/// One notice about one incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The sender's own id of the notice.
    pub id: Option<String>,
    /// Whether it says "fires" or "is well again".
    pub says: Says,
    /// How bad it is; `warning` when the sender does not say.
    pub severity: Severity,
    /// What is wrong, in a line.
    pub title: Title,
    /// What is wrong, at length.
    pub description: Option<String>,
    /// Which service of the tenant.
    pub service: Option<String>,
    /// More about it.
    pub labels: BTreeMap<String, String>,
    /// What makes two notices one incident within (tenant, source).
    pub fingerprint: String,
    /// Since when, by the sender.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when, by the sender.
    pub ends_at: Option<DateTime<Utc>>,
    /// Where to read more.
    pub url: Option<String>,
}

/// What a notice says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// It is wrong now.
    Firing,
    /// It is well again.
    Resolved,
}

impl Notice {
    /// A notice of the hub's own making: firing, with the fingerprint made of title and service.
    pub fn firing(severity: Severity, title: impl Into<Title>, service: Option<&str>) -> Self {
        let title = title.into();
        let labels = BTreeMap::new();
        Self {
            id: None,
            says: Says::Firing,
            severity,
            fingerprint: fingerprint(title.mark(), service, &labels),
            title,
            description: None,
            service: service.map(str::to_owned),
            labels,
            starts_at: None,
            ends_at: None,
            url: None,
        }
    }

    /// Reads one notice in our own format.
    ///
    /// # Errors
    /// The reason in the words of the contract.
    pub fn parse(bytes: &[u8]) -> Result<Self, Rejection> {
        Self::from_object(&Object::read(bytes, MAX_BYTES)?)
    }

    /// Reads one notice from a parsed value, such as one of an array.
    ///
    /// # Errors
    /// As [`Notice::parse`].
    pub fn from_value(value: Value) -> Result<Self, Rejection> {
        Self::from_object(&Object::from_value(value)?)
    }

    fn from_object(object: &Object) -> Result<Self, Rejection> {
        let says = match object.required_text("status", 32)?.as_str() {
            "firing" => Says::Firing,
            "resolved" => Says::Resolved,
            _ => return Err(Rejection::invalid("status")),
        };
        let severity = match object.text("severity", 32)? {
            None => Severity::Warning,
            Some(word) => Severity::from_word(&word).ok_or(Rejection::invalid("severity"))?,
        };
        let title = object.required_text("title", usize::MAX)?;
        let service = object.text("service", 64)?;
        let labels = labels(object)?;
        let fingerprint = match object.text("fingerprint", 256)? {
            Some(given) => given,
            None => fingerprint(&title, service.as_deref(), &labels),
        };
        Ok(Self {
            id: object.text("id", 256)?,
            says,
            severity,
            description: object.text("description", usize::MAX)?,
            starts_at: object.time("starts_at")?,
            ends_at: object.time("ends_at")?,
            url: object.text("url", 2048)?,
            title: title.into(),
            service,
            labels,
            fingerprint,
        })
    }
}

fn labels(object: &Object) -> Result<BTreeMap<String, String>, Rejection> {
    let Some(sent) = object.object("labels")? else {
        return Ok(BTreeMap::new());
    };
    if sent.len() > 128 {
        return Err(Rejection::invalid("labels"));
    }
    sent.iter()
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name.clone(), text.clone())),
            Value::Number(_) | Value::Bool(_) => Ok((name.clone(), value.to_string())),
            _ => Err(Rejection::invalid("labels")),
        })
        .collect()
}

/// The fingerprint of a notice that brings none: of title, service and sorted labels, 32 hexadecimal digits.
pub fn fingerprint(title: &str, service: Option<&str>, labels: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    // 0xFF occurs in no UTF-8 text, so that no two lists of parts read the same.
    for part in
        [title, service.unwrap_or("")].into_iter().chain(labels.iter().flat_map(|(name, value)| [name.as_str(), value]))
    {
        hash.update(part);
        hash.update([0xFF]);
    }
    let digest = hash.finalize();
    digest[..16].iter().fold(String::with_capacity(32), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_full_notice_is_read() {
        let notice = Notice::from_value(json!({
            "id": "1", "status": "firing", "severity": "critical", "title": "Disk full", "description": "d",
            "service": "backend", "labels": {"disk": "/", "used": 99}, "fingerprint": "f1",
            "starts_at": "2026-11-20T09:00:00Z", "url": "https://example.org"
        }));
        let notice = notice.expect("a notice");
        assert_eq!((notice.says, notice.severity), (Says::Firing, Severity::Critical));
        assert_eq!((notice.fingerprint.as_str(), notice.labels["used"].as_str()), ("f1", "99"));
    }

    #[test]
    fn what_is_missing_is_made_up_or_named() {
        let least = Notice::from_value(json!({"status": "resolved", "title": "t"})).expect("a notice");
        assert_eq!((least.says, least.severity), (Says::Resolved, Severity::Warning));
        assert_eq!(least.fingerprint, fingerprint("t", None, &BTreeMap::new()));
        let cases = [
            (json!({"title": "t"}), "missing:status"),
            (json!({"status": "firing"}), "missing:title"),
            (json!({"status": "ok", "title": "t"}), "invalid:status"),
            (json!({"status": "firing", "title": "t", "severity": "fatal"}), "invalid:severity"),
            (json!({"status": "firing", "title": "t", "labels": {"a": []}}), "invalid:labels"),
            (json!({"status": "firing", "title": "t", "starts_at": "soon"}), "invalid:starts_at"),
            (json!([]), "malformed"),
        ];
        for (sent, reason) in cases {
            assert_eq!(Notice::from_value(sent).expect_err(reason).to_string(), reason);
        }
    }

    #[test]
    fn a_fingerprint_follows_title_service_and_labels_in_any_order_and_nothing_else() {
        let read = |text: &str| Notice::parse(text.as_bytes()).expect("a notice").fingerprint;
        let one = read(r#"{"status":"firing","title":"t","service":"s","labels":{"a":"1","b":"2"}}"#);
        let same =
            read(r#"{"labels":{"b":"2","a":"1"},"service":"s","title":"t","status":"resolved","description":"d"}"#);
        let other = read(r#"{"status":"firing","title":"t","service":"s","labels":{"a":"1","b":"3"}}"#);
        assert_eq!(one, same);
        assert_ne!(one, other);
        assert_ne!(fingerprint("ab", Some("c"), &BTreeMap::new()), fingerprint("a", Some("bc"), &BTreeMap::new()));
    }

    #[test]
    fn the_database_knows_the_same_words() {
        let migration = include_str!("../../migrations/0007_alerts.sql");
        let sources = Source::ALL.map(|source| format!("'{}'", source.as_str())).join(", ");
        assert!(migration.contains(&format!("check (source in ({sources}))")), "{sources}");
        let severities = Severity::ALL.map(|severity| format!("'{}'", severity.as_str())).join(", ");
        assert!(migration.contains(&format!("check (severity in ({severities}))")), "{severities}");
        assert!(Source::ALL.iter().all(|source| Source::from_word(source.as_str()) == Some(*source)));
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_parser(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Notice::parse(&bytes);
        }
    }
}
