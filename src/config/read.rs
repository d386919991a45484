//! Where settings come from, and everything that is wrong with them, all at once.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use toml::de::{DeTable, DeValue};
use waas_platform::secrets::mask;

use super::value::Value;

/// Default of a setting that has no default and must be given.
pub(super) const REQUIRED: &str = "\u{0}required";
/// Default of a nested group of settings.
pub(super) const GROUP: &str = "\u{0}group";

/// Variables that begin with `HUB_` and are no settings.
const NOT_SETTINGS: [&str; 2] = ["HUB_CONFIG", "HUB_SHARE_DIR"];

/// The raw material: what a process was given.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `hub.toml`: its path and its text.
    pub file: Option<(PathBuf, String)>,
    /// The environment, of which only `HUB_…` is looked at.
    pub environment: BTreeMap<String, String>,
    /// `key=value` from the command line.
    pub flags: Vec<String>,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// A line of the file, from 1.
    File(PathBuf, usize),
    /// A variable.
    Environment(String),
    /// A file that a variable names.
    SecretFile(String, PathBuf),
    /// The command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => f.write_str(name),
            Self::SecretFile(name, path) => write!(f, "{name} ({})", path.display()),
            Self::Flag => f.write_str("--setting"),
        }
    }
}

/// One thing that is wrong: where, what, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// `hub.toml:3`, `HUB_HTTP__LISTEN`, `--setting`.
    pub place: String,
    /// The key, or what stands in its place.
    pub key: String,
    /// What is wrong. Never a secret.
    pub what: String,
    /// What to do.
    pub mend: String,
}

impl Fault {
    /// Where and what, without the mend.
    pub fn found(&self) -> String {
        if self.place == self.key {
            return format!("{} {}", self.key, self.what);
        }
        format!("{}: {} {}", self.place, self.key, self.what)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.found(), self.mend)
    }
}

/// One setting as `hub config` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// `telegram.poll_timeout`.
    pub key: String,
    /// `HUB_TELEGRAM__POLL_TIMEOUT`.
    pub environment: String,
    /// Its type and unit.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The value in force, masked when secret; none when not given.
    pub value: Option<String>,
    /// Where it came from.
    pub source: String,
    /// What it is when nobody says anything; none when it must be given.
    pub default: Option<&'static str>,
    /// What it does.
    pub doc: String,
    /// Whether it is a secret (then `…_FILE` works too).
    pub secret: bool,
}

/// Collects values by key from all sources, the later winning, and hands them out by type.
#[derive(Debug)]
pub struct Reader {
    given: BTreeMap<String, (String, Origin)>,
    faults: Vec<Fault>,
    shown: Vec<Shown>,
    /// Variables as they were given, to be matched against keys when all keys are known.
    variables: BTreeMap<String, String>,
}

impl Reader {
    pub(super) fn new(sources: &Sources) -> Self {
        let mut reader =
            Self { given: BTreeMap::new(), faults: Vec::new(), shown: Vec::new(), variables: BTreeMap::new() };
        if let Some((path, text)) = &sources.file {
            reader.take_file(path, text);
        }
        let ours = |(name, _): &(&String, &String)| name.starts_with("HUB_") && !NOT_SETTINGS.contains(&name.as_str());
        reader.variables =
            sources.environment.iter().filter(ours).map(|(name, value)| (name.clone(), value.clone())).collect();
        for (name, value) in reader.variables.clone() {
            reader.given.insert(key_of(&name), (value, Origin::Environment(name)));
        }
        for flag in &sources.flags {
            match flag.split_once('=') {
                Some((key, value)) => {
                    reader.given.insert(key.trim().to_owned(), (value.to_owned(), Origin::Flag));
                }
                None => reader.fault("--setting", flag, "has no value", "write key=value"),
            }
        }
        reader
    }

    /// One setting. None when it could not be had; why is among the faults then.
    pub(super) fn leaf<T: Value>(&mut self, key: &str, default: &'static str, doc: &str) -> Option<T> {
        let environment = variable_of(key);
        if T::SECRET {
            self.take_secret_file(key, &environment);
        }
        let (text, origin) = match self.given.remove(key) {
            Some(given) => given,
            None if default == REQUIRED => (String::new(), Origin::Default),
            None => (default.to_owned(), Origin::Default),
        };
        let missing = default == REQUIRED && text.is_empty();
        self.shown.push(Shown {
            key: key.to_owned(),
            environment: environment.clone(),
            kind: T::TYPE.trim_matches('|'),
            value: (!text.is_empty()).then(|| T::show(&text)),
            source: origin.to_string(),
            default: (default != REQUIRED).then_some(default),
            doc: doc.trim().to_owned(),
            secret: T::SECRET,
        });
        if missing {
            let also = if T::SECRET { format!(" or {environment}_FILE") } else { String::new() };
            self.fault(&environment, key, "is required and was not given", &format!("set {environment}{also}"));
            return None;
        }
        match T::read(&text) {
            Ok(value) => Some(value),
            Err(expected) => {
                let what = if T::SECRET { "does not fit".to_owned() } else { format!("{text:?} does not fit") };
                self.fault(&origin.to_string(), key, &what, &format!("give {expected}"));
                None
            }
        }
    }

    /// What is left was asked for by nobody: unknown keys.
    pub(super) fn finish(mut self) -> (Vec<Shown>, Vec<Fault>) {
        for (key, (_, origin)) in std::mem::take(&mut self.given) {
            let (named, near) = match &origin {
                Origin::Environment(name) => {
                    let base = name.strip_suffix("_FILE").unwrap_or(name);
                    let known = self.shown.iter().map(|s| s.environment.as_str());
                    (name.clone(), nearest(base, known).map(str::to_owned))
                }
                _ => (key.clone(), nearest(&key, self.shown.iter().map(|s| s.key.as_str())).map(str::to_owned)),
            };
            let mend = match near {
                Some(near) => format!("did you mean {near}? `hub config` lists all"),
                None => "remove it; `hub config` lists all".to_owned(),
            };
            self.fault(&origin.to_string(), &named, "is no setting", &mend);
        }
        (self.shown, self.faults)
    }

    fn fault(&mut self, place: &str, key: &str, what: &str, mend: &str) {
        let text = |text: &str| mask::text(text).into_owned();
        self.faults.push(Fault { place: place.to_owned(), key: text(key), what: text(what), mend: mend.to_owned() });
    }

    fn take_file(&mut self, path: &Path, text: &str) {
        let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let place = Origin::File(path.to_owned(), error.span().map_or(1, |span| line(span.start)));
            self.fault(&place.to_string(), "TOML", error.message(), "mend the line");
        }
        self.take_table(path, "", table.get_ref(), &line);
    }

    fn take_table(&mut self, path: &Path, prefix: &str, table: &DeTable<'_>, line: &dyn Fn(usize) -> usize) {
        for (name, value) in table {
            let key =
                if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
            let origin = Origin::File(path.to_owned(), line(name.span().start));
            let text = match value.get_ref() {
                DeValue::Table(inner) => {
                    self.take_table(path, &key, inner, line);
                    continue;
                }
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(number) => number.as_str().to_owned(),
                DeValue::Float(number) => number.as_str().to_owned(),
                DeValue::Boolean(yes) => yes.to_string(),
                DeValue::Datetime(_) | DeValue::Array(_) => {
                    self.fault(&origin.to_string(), &key, "is a list or a date", "give one value");
                    continue;
                }
            };
            self.given.insert(key, (text, origin));
        }
    }

    /// `HUB_…_FILE` for a secret. The value itself in the environment is more direct and wins.
    fn take_secret_file(&mut self, key: &str, environment: &str) {
        let name = format!("{environment}_FILE");
        let Some(path) = self.variables.get(&name).cloned() else {
            return;
        };
        self.given.remove(&key_of(&name));
        let direct = self.given.get(key).is_some_and(|(_, o)| matches!(o, Origin::Environment(_) | Origin::Flag));
        match std::fs::read_to_string(&path) {
            Ok(_) if direct => {}
            Ok(text) => {
                let text = text.trim_end_matches(['\r', '\n']).to_owned();
                self.given.insert(key.to_owned(), (text, Origin::SecretFile(name, path.into())));
            }
            Err(error) => self.fault(&name, key, &format!("{path}: {error}"), "name a file that the hub may read"),
        }
    }
}

/// `telegram.api_url` → `HUB_TELEGRAM__API_URL`.
fn variable_of(key: &str) -> String {
    format!("HUB_{}", key.to_ascii_uppercase().replace('.', "__"))
}

fn key_of(variable: &str) -> String {
    variable.trim_start_matches("HUB_").to_ascii_lowercase().replace("__", ".")
}

/// The known name that a mistyped one is nearest to, when it is near at all.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let far = 1 + name.len() / 5;
    known.map(|k| (distance(name, k), k)).filter(|(d, _)| *d <= far).min().map(|(_, k)| k)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let cost = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
