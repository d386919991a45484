//! One telemetry message, parsed strictly by its type. No IO.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value};
use waas_platform::intake::{Object, Rejection};

/// What is accepted of a message.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest message in bytes.
    pub bytes: usize,
    /// How late a message may be by its own `ts`.
    pub max_age: Duration,
    /// How far a tenant's clock may run ahead of ours.
    pub max_ahead: Duration,
    /// The most metrics, and the most labels, in one message.
    pub names: usize,
    /// The longest label value in characters.
    pub label_chars: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 * 1024,
            max_age: Duration::days(7),
            max_ahead: Duration::minutes(10),
            names: 64,
            label_chars: 256,
        }
    }
}

/// Which message of which process: the process is new with each start, the sequence counts from 1 in it across all types.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The service inside the tenant, such as `backend`.
    pub service: String,
    /// The process.
    pub boot: String,
    /// From 1.
    pub seq: u64,
}

/// The last message of the process before this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previous {
    /// That process.
    pub boot: String,
    /// The last number that it used; 0 when it sent nothing.
    pub seq: u64,
}

/// A message that was read. The tenant is not in it: the channel or the key decides that.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Where it stands in its process's sequence.
    pub position: Position,
    /// When it was made, by the tenant's clock.
    pub ts: DateTime<Utc>,
    /// Closes the account of the process before.
    pub previous: Option<Previous>,
    /// What it says.
    pub body: Body,
}

/// What a message says, by its `type`.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// "I live."
    Heartbeat {
        /// The release that runs.
        version: Option<String>,
        /// Seconds since the process began.
        uptime_s: Option<f64>,
        /// Seconds until the next one, 1 to 86,400.
        interval_s: u32,
    },
    /// Figures.
    Metric {
        /// Name to value, at least one, all finite.
        metrics: BTreeMap<String, f64>,
        /// What they are of.
        labels: BTreeMap<String, String>,
    },
    /// Something went wrong.
    Error {
        /// How bad.
        level: Level,
        /// In words.
        message: String,
        /// A stack trace or such.
        exception: Option<String>,
        /// What makes two errors the same one.
        fingerprint: Option<String>,
        /// How often it happened, at least 1.
        count: u64,
    },
    /// Something happened.
    Event {
        /// What, such as `booking.created`.
        name: String,
        /// More about it.
        data: Option<Map<String, Value>>,
    },
}

/// How bad an error is. The same words stand in the check of `telemetry_errors.level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth a look some day.
    Warning,
    /// Something failed.
    Error,
    /// Somebody must look now.
    Critical,
}

impl Level {
    /// The level as it is sent and stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

/// A message that was refused. Where it stands is said when that could be read: then it was refused and not lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedMessage {
    /// Why, in the contract's words.
    pub reason: Rejection,
    /// Its place in the sequence.
    pub position: Option<Position>,
}

impl Message {
    /// Reads one message from the bytes of a channel, `now` being the time of arrival.
    ///
    /// # Errors
    /// Why it is refused, and its place when that could be read.
    pub fn parse(bytes: &[u8], now: DateTime<Utc>, limits: &Limits) -> Result<Self, RefusedMessage> {
        let nowhere = |reason| RefusedMessage { reason, position: None };
        Self::from_object(&Object::read_strictly(bytes, limits.bytes).map_err(nowhere)?, now, limits)
    }

    /// Reads one message from a parsed value, such as one of an array.
    ///
    /// # Errors
    /// As [`Message::parse`].
    pub fn from_value(value: Value, now: DateTime<Utc>, limits: &Limits) -> Result<Self, RefusedMessage> {
        let nowhere = |reason| RefusedMessage { reason, position: None };
        Self::from_object(&Object::from_value(value).map_err(nowhere)?, now, limits)
    }

    fn from_object(object: &Object, now: DateTime<Utc>, limits: &Limits) -> Result<Self, RefusedMessage> {
        let position = position(object).map_err(|reason| RefusedMessage { reason, position: None })?;
        let read = || {
            let ts = timely(object, now, limits)?;
            Ok((ts, previous(object)?, Body::read(object, limits)?))
        };
        match read() {
            Ok((ts, previous, body)) => Ok(Self { position, ts, previous, body }),
            Err(reason) => Err(RefusedMessage { reason, position: Some(position) }),
        }
    }

    /// Whether the process says that this is its last message.
    pub fn is_bye(&self) -> bool {
        matches!(&self.body, Body::Event { name, .. } if name == "bye")
    }
}

/// Senders may think in fractions of a second; expecting a heartbeat does not.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the caller has checked that it is between 0.1 and a day"
)]
fn whole_seconds(seconds: f64) -> u32 {
    seconds.ceil() as u32
}

impl Body {
    fn read(object: &Object, limits: &Limits) -> Result<Self, Rejection> {
        match object.required_text("type", 32)?.as_str() {
            "heartbeat" => {
                let interval = object.number("interval_s")?.ok_or(Rejection::missing("interval_s"))?;
                let in_range = Some(interval).filter(|seconds| (0.1..=86_400.0).contains(seconds));
                Ok(Self::Heartbeat {
                    version: object.text("version", 128)?,
                    uptime_s: object.number("uptime_s")?.map(|s| at_least_zero(s, "uptime_s")).transpose()?,
                    interval_s: in_range.map(whole_seconds).ok_or(Rejection::invalid("interval_s"))?,
                })
            }
            "metric" => Ok(Self::Metric { metrics: metrics(object, limits)?, labels: labels(object, limits)? }),
            "error" => Ok(Self::Error {
                level: match object.required_text("level", 16)?.as_str() {
                    "warning" => Level::Warning,
                    "error" => Level::Error,
                    "critical" => Level::Critical,
                    _ => return Err(Rejection::invalid("level")),
                },
                message: object.required_text("message", 10_000)?,
                exception: object.text("exception", 100_000)?,
                fingerprint: object.text("fingerprint", 256)?,
                count: match object.whole("count")?.unwrap_or(1) {
                    count @ 1..=1_000_000_000 => count,
                    _ => return Err(Rejection::invalid("count")),
                },
            }),
            "event" => {
                let name = object.required_text("name", 128)?;
                if !is_name(&name) {
                    return Err(Rejection::invalid("name"));
                }
                Ok(Self::Event { name, data: object.object("data")?.cloned() })
            }
            _ => Err(Rejection::invalid("type")),
        }
    }
}

fn position(object: &Object) -> Result<Position, Rejection> {
    let service = object.required_text("service", 64)?;
    let boot = object.required_text("boot", 64)?;
    let seq = object.whole("seq")?.ok_or(Rejection::missing("seq"))?;
    if !is_name(&service) {
        return Err(Rejection::invalid("service"));
    }
    if !is_name(&boot) {
        return Err(Rejection::invalid("boot"));
    }
    if !is_sequence_number(seq) {
        return Err(Rejection::invalid("seq"));
    }
    Ok(Position { service, boot, seq })
}

fn previous(object: &Object) -> Result<Option<Previous>, Rejection> {
    let Some(previous) = object.object("prev")? else {
        return Ok(None);
    };
    let boot = previous.get("boot").and_then(Value::as_str).filter(|boot| boot.len() <= 64 && is_name(boot));
    let seq = previous.get("seq").and_then(Value::as_u64).filter(|seq| *seq == 0 || is_sequence_number(*seq));
    match (boot, seq) {
        (Some(boot), Some(seq)) => Ok(Some(Previous { boot: boot.to_owned(), seq })),
        _ => Err(Rejection::invalid("prev")),
    }
}

/// What a process can honestly count to. A forged number costs its tenant a wrong loss figure and nobody else anything.
fn is_sequence_number(seq: u64) -> bool {
    (1..=1 << 53).contains(&seq)
}

fn timely(object: &Object, now: DateTime<Utc>, limits: &Limits) -> Result<DateTime<Utc>, Rejection> {
    let ts = object.time("ts")?.ok_or(Rejection::missing("ts"))?;
    if ts > now + limits.max_ahead {
        Err(Rejection::invalid("ts"))
    } else if ts < now - limits.max_age {
        Err(Rejection::TooOld)
    } else {
        Ok(ts)
    }
}

fn metrics(object: &Object, limits: &Limits) -> Result<BTreeMap<String, f64>, Rejection> {
    let sent = object.object("metrics")?.ok_or(Rejection::missing("metrics"))?;
    if sent.is_empty() || sent.len() > limits.names {
        return Err(Rejection::invalid("metrics"));
    }
    sent.iter()
        .map(|(name, value)| match value.as_f64().filter(|value| value.is_finite()) {
            Some(value) if name.len() <= 128 && is_name(name) => Ok((name.clone(), value)),
            _ => Err(Rejection::invalid("metrics")),
        })
        .collect()
}

fn labels(object: &Object, limits: &Limits) -> Result<BTreeMap<String, String>, Rejection> {
    let Some(sent) = object.object("labels")? else {
        return Ok(BTreeMap::new());
    };
    if sent.len() > limits.names {
        return Err(Rejection::invalid("labels"));
    }
    sent.iter()
        .map(|(name, value)| match value.as_str() {
            Some(value) if name.len() <= 128 && is_name(name) && value.chars().count() <= limits.label_chars => {
                Ok((name.clone(), value.to_owned()))
            }
            _ => Err(Rejection::invalid("labels")),
        })
        .collect()
}

/// Names of services, processes, metrics, labels and events: what is safe in a key, a path and a label.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.:/-".contains(&b))
}

fn at_least_zero(number: f64, field: &'static str) -> Result<f64, Rejection> {
    if number >= 0.0 { Ok(number) } else { Err(Rejection::invalid(field)) }
}

#[cfg(test)]
mod tests;
