//! Types of single settings: how each is read from text, named, and shown.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use waas_platform::observe::Format;
use waas_platform::secrets::{MasterKey, Secret, mask};

/// A type that one setting can have.
pub trait Value: Sized {
    /// Its name and unit for a person.
    const TYPE: &'static str;
    /// Whether it may also stand in a file named by `…_FILE`, and is never shown.
    const SECRET: bool = false;
    /// Reads it; the error says what is expected.
    ///
    /// # Errors
    /// The text is none of this type.
    fn read(text: &str) -> Result<Self, String>;
    /// How a text that was read is shown to a person.
    fn show(text: &str) -> String {
        if Self::SECRET { mask::MASK.to_owned() } else { text.to_owned() }
    }
}

macro_rules! by_from_str {
    ($($kind:ty, $name:literal, $expected:literal;)*) => {$(
        impl Value for $kind {
            const TYPE: &'static str = $name;
            fn read(text: &str) -> Result<Self, String> {
                text.trim().parse().map_err(|_| $expected.to_owned())
            }
        }
    )*};
}

by_from_str! {
    bool, "boolean", "true or false";
    u16, "number", "a whole number from 0 to 65535";
    u32, "number", "a whole number, 0 or more";
    u64, "number", "a whole number, 0 or more";
    usize, "number", "a whole number, 0 or more";
    SocketAddr, "address", "an address with a port, like 127.0.0.1:8080";
    Tz, "time zone", "a time zone, like Europe/Berlin";
}

impl Value for String {
    const TYPE: &'static str = "text";
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl Value for PathBuf {
    const TYPE: &'static str = "path";
    fn read(text: &str) -> Result<Self, String> {
        Ok(Self::from(text))
    }
}

impl Value for Duration {
    const TYPE: &'static str = "duration";
    fn read(text: &str) -> Result<Self, String> {
        duration(text).ok_or_else(|| "a duration, like 250ms, 10s, 15m, 24h or 90d".to_owned())
    }
}

fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let count: u64 = text[..digits].parse().ok()?;
    let millis = match text[digits..].trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    // Postgres intervals and chrono take this many milliseconds and no more.
    count.checked_mul(millis).filter(|n| *n <= i64::MAX as u64 / 1_000_000).map(Duration::from_millis)
}

impl Value for Secret {
    const TYPE: &'static str = "secret";
    const SECRET: bool = true;
    fn read(text: &str) -> Result<Self, String> {
        Ok(Self::new(text.trim_end_matches(['\r', '\n'])))
    }
}

impl Value for MasterKey {
    const TYPE: &'static str = "secret";
    const SECRET: bool = true;
    fn read(text: &str) -> Result<Self, String> {
        Self::parse(&Secret::new(text.trim())).map_err(|_| "32 bytes in base64 (openssl rand -base64 32)".to_owned())
    }
}

/// The URL of a server that may hold a password: `postgres://…`, `redis://…`. Shown without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionUrl {
    url: Secret,
    shown: String,
}

impl ConnectionUrl {
    /// The URL with its password.
    pub fn expose(&self) -> &str {
        self.url.expose()
    }
}

impl std::fmt::Debug for ConnectionUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Value for ConnectionUrl {
    const TYPE: &'static str = "connection URL";
    const SECRET: bool = true;
    fn read(text: &str) -> Result<Self, String> {
        let url = text.trim();
        let known = ["postgres://", "postgresql://", "redis://", "rediss://", "redis+unix://", "unix://"];
        if !known.iter().any(|scheme| url.starts_with(scheme) && url.len() > scheme.len()) {
            return Err("a URL, like postgres://user:password@host/database or redis://host:6379".to_owned());
        }
        if let Some((_, password)) = password(url) {
            mask::register(password);
        }
        Ok(Self { shown: Self::show(url), url: Secret::with_known_part(url) })
    }
    fn show(text: &str) -> String {
        match password(text) {
            Some((at, password)) => format!("{}{}{}", &text[..at], mask::MASK, &text[at + password.len()..]),
            None => text.to_owned(),
        }
    }
}

/// Where the password of a URL stands, and the password.
fn password(url: &str) -> Option<(usize, &str)> {
    let start = url.find("://")? + 3;
    let authority = url[start..].split(['/', '?']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    Some((start + name.len() + 1, password))
}

/// A base address over HTTP, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpUrl(String);

impl HttpUrl {
    /// The address; add a path that begins with `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Value for HttpUrl {
    const TYPE: &'static str = "URL";
    fn read(text: &str) -> Result<Self, String> {
        let text = text.trim().trim_end_matches('/');
        let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        match host {
            Some(host) if !host.is_empty() && !text.contains(char::is_whitespace) => Ok(Self(text.to_owned())),
            _ => Err("an address that begins with http:// or https://".to_owned()),
        }
    }
}

/// A range of ports, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    /// The lowest port.
    pub first: u16,
    /// The highest port.
    pub last: u16,
}

impl Value for PortRange {
    const TYPE: &'static str = "port range";
    fn read(text: &str) -> Result<Self, String> {
        let parse = || {
            let (first, last) = text.trim().split_once('-')?;
            let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            (1024 <= first && first <= last).then_some(Self { first, last })
        };
        parse().ok_or_else(|| "two ports from 1024 up, like 20000-29999".to_owned())
    }
}

/// A setting that may be absent (empty text).
impl<T: Value> Value for Option<T> {
    const TYPE: &'static str = T::TYPE;
    const SECRET: bool = T::SECRET;
    fn read(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() { Ok(None) } else { T::read(text).map(Some) }
    }
    fn show(text: &str) -> String {
        if text.is_empty() { String::new() } else { T::show(text) }
    }
}

macro_rules! choice {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[doc = $what:literal])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $what])* $variant),* }

        impl Value for $name {
            const TYPE: &'static str = concat!($("|", $word),*);
            fn read(text: &str) -> Result<Self, String> {
                match text.trim() {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(["one of", $($word),*].join(" ")),
                }
            }
        }
    };
}

choice! {
    /// How updates arrive.
    TelegramMode {
        /// The hub asks.
        Polling = "polling",
        /// Telegram calls.
        Webhook = "webhook",
    }
}

choice! {
    /// Who runs nginx.
    EdgeMode {
        /// The hub runs one of its own.
        Managed = "managed",
        /// The machine's own; the hub writes into its folder.
        System = "system",
        /// There is none.
        None = "none",
    }
}

impl Value for Format {
    const TYPE: &'static str = "|auto|text|json";
    fn read(text: &str) -> Result<Self, String> {
        match text.trim() {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("one of auto text json".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, millis) in
            [("250ms", 250), ("10s", 10_000), ("15m", 900_000), ("2h", 7_200_000), ("90d", 7_776_000_000)]
        {
            assert_eq!(Duration::read(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "10", "s", "-1s", "1w", "1.5s", "99999999999999999999d", "9999999999999d"] {
            assert!(Duration::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_connection_url_is_shown_without_its_password() {
        let url = ConnectionUrl::read("postgres://hub:p4ss@w0rd-x@db:5432/hub").expect("a URL");
        assert_eq!(format!("{url:?}"), "postgres://hub:***@db:5432/hub");
        assert_eq!(ConnectionUrl::show("redis://127.0.0.1:6379"), "redis://127.0.0.1:6379");
        assert_eq!(ConnectionUrl::show("redis://:s3cret99@h/0"), "redis://:***@h/0");
        assert!(ConnectionUrl::read("db.internal").is_err());
        assert_eq!(mask::text("the p4ss@w0rd-x leaked"), "the *** leaked");
    }

    #[test]
    fn ranges_and_choices_are_checked() {
        assert_eq!(PortRange::read("20000-29999"), Ok(PortRange { first: 20_000, last: 29_999 }));
        assert!(PortRange::read("2-1").is_err() && PortRange::read("80-90").is_err());
        assert_eq!(EdgeMode::read("none"), Ok(EdgeMode::None));
        assert_eq!(EdgeMode::read("x"), Err("one of managed system none".to_owned()));
        assert!(HttpUrl::read("https://").is_err());
        assert_eq!(HttpUrl::read("http://h/prefix/").map(|u| u.to_string()), Ok("http://h/prefix".to_owned()));
    }
}
