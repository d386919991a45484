//! Kinds of output and how each writes a value so that it stays data. What a kind cannot express, it refuses.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

/// What a template makes. The kind decides how every `{{ value }}` is written; there is no way around it in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// HTML as Telegram parses it.
    Telegram,
    /// HTML for browsers and mail.
    Web,
    /// Configuration of nginx: letters, digits and `. _ - : / [ ]` only, never empty; anything else is refused.
    Nginx,
    /// `NAME=value` lines; the value is quoted so that docker-compose (both generations) reads back the same bytes.
    Env,
    /// YAML: a value becomes one complete quoted scalar. Numbers, booleans and lists go through `| json`.
    Yaml,
    /// YAML of a compose file: as [`Kind::Yaml`], and `$` is doubled so that compose does not interpolate it.
    Compose,
    /// JSON: a value becomes one complete quoted string. Numbers, booleans and lists go through `| json`.
    Json,
    /// Plain text: as it is, without control characters other than line feed and tab.
    Plain,
}

/// The environment variable that stands for `$` in a rendered env file; [`finish_env`] defines it where it is used.
const DOLLAR: &str = "HUB_DOLLAR";

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 8] =
        [Self::Telegram, Self::Web, Self::Nginx, Self::Env, Self::Yaml, Self::Compose, Self::Json, Self::Plain];

    /// The kind that a file of a project template has, by its name without `.template` or `.tera`.
    pub fn of_file(name: &str) -> Self {
        let name = name.rsplit('/').next().unwrap_or(name);
        let name = [".template", ".tera"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        match name {
            "compose.yaml" | "compose.yml" | "docker-compose.yml" => Self::Compose,
            _ if name == ".env" || name.ends_with(".env") => Self::Env,
            _ if name.ends_with(".yaml") || name.ends_with(".yml") => Self::Yaml,
            _ if name.ends_with(".json") => Self::Json,
            _ if name.ends_with(".conf") => Self::Nginx,
            _ if name.ends_with(".html") => Self::Web,
            _ => Self::Plain,
        }
    }

    pub(super) fn escape_fn(self) -> tera::EscapeFn {
        match self {
            Self::Telegram => |value, out| out.write_all(telegram(value).as_bytes()),
            Self::Web => tera::escape_html,
            Self::Nginx => |value, out| put(Self::Nginx, value, nginx(value), out),
            Self::Env => |value, out| put(Self::Env, value, env(value), out),
            Self::Yaml | Self::Json => |value, out| out.write_all(quoted_json(value).as_bytes()),
            Self::Compose => |value, out| out.write_all(quoted_json(&value.replace('$', "$$")).as_bytes()),
            Self::Plain => |value, out| put(Self::Plain, value, plain(value), out),
        }
    }

    /// Whether values of any type may be written by `| json`.
    pub(super) fn takes_json(self) -> bool {
        matches!(self, Self::Yaml | Self::Compose | Self::Json)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Telegram => "Telegram HTML",
            Self::Web => "HTML",
            Self::Nginx => "nginx configuration",
            Self::Env => "an env file",
            Self::Yaml => "YAML",
            Self::Compose => "a compose file",
            Self::Json => "JSON",
            Self::Plain => "plain text",
        })
    }
}

/// A value that a kind cannot express. Travels through tera as the source of an I/O error.
pub(super) struct Refused {
    pub(super) reason: String,
    /// To find the field by; may be a secret, so it is never shown.
    pub(super) value: String,
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Refused {}

fn put(kind: Kind, value: &str, escaped: Result<Cow<'_, str>, String>, out: &mut dyn Write) -> io::Result<()> {
    match escaped {
        Ok(text) => out.write_all(text.as_bytes()),
        Err(what) => {
            Err(io::Error::other(Refused { reason: format!("{kind} cannot express {what}"), value: value.to_owned() }))
        }
    }
}

/// Escapes for Telegram's parser: only these four matter to it.
pub(super) fn telegram(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Not text, and the Bot API refuses or strips them.
            c if c.is_control() && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn nginx(value: &str) -> Result<Cow<'_, str>, String> {
    if value.is_empty() {
        return Err("an empty value".to_owned());
    }
    match value.char_indices().find(|(_, c)| !(c.is_ascii_alphanumeric() || "._-:/[]".contains(*c))) {
        None => Ok(Cow::Borrowed(value)),
        Some((at, c)) => Err(format!("{c:?} (at byte {at})")),
    }
}

/// Three spellings, each read alike by python-dotenv (docker-compose 1) and by compose-go (compose 2):
/// bare; single quotes (no escapes are decoded by all readers there); double quotes with `\\`, `\"`, and a variable
/// for `$`, since one reader knows no other way to keep `${` from being expanded.
fn env(value: &str) -> Result<Cow<'_, str>, String> {
    if let Some((at, c)) = value.char_indices().find(|(_, c)| matches!(c, '\n' | '\r' | '\0')) {
        return Err(format!("{c:?} (at byte {at})"));
    }
    let bare = |c: char| c.is_ascii_alphanumeric() || "_./:@%+,=-".contains(c);
    if !value.is_empty() && value.chars().all(bare) {
        return Ok(Cow::Borrowed(value));
    }
    if !value.contains(['\'', '\\']) && !value.contains("${") {
        return Ok(Cow::Owned(format!("'{value}'")));
    }
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '$' => out.push_str("${HUB_DOLLAR}"),
            c => out.push(c),
        }
    }
    if value.ends_with('\\') {
        // Else the old reader takes `\"` for an escaped quote and reads on into the next line.
        out.push_str("${HUB_NOTHING:-}");
    }
    out.push('"');
    Ok(Cow::Owned(out))
}

/// Puts the definition of the dollar before a rendered env file that needs it.
pub(super) fn finish_env(rendered: String) -> String {
    if rendered.contains(&format!("${{{DOLLAR}}}")) { format!("{DOLLAR}='$'\n{rendered}") } else { rendered }
}

/// A JSON string that is a YAML double-quoted scalar too: what YAML does not take for printable is escaped.
fn quoted_json(value: &str) -> String {
    let json = serde_json::Value::from(value).to_string();
    yaml_printable(&json)
}

/// Any value as JSON on one line, valid in YAML.
pub(super) fn json_value(value: &tera::Value, kind: Kind) -> Result<String, serde_json::Error> {
    let json = yaml_printable(&serde_json::to_string(value)?);
    Ok(if kind == Kind::Compose { json.replace('$', "$$") } else { json })
}

fn yaml_printable(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

fn plain(value: &str) -> Result<Cow<'_, str>, String> {
    match value.char_indices().find(|(_, c)| c.is_control() && *c != '\n' && *c != '\t') {
        None => Ok(Cow::Borrowed(value)),
        Some((at, c)) => Err(format!("{c:?} (at byte {at})")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads an env file as docker-compose 1.29 does (python-dotenv): greedy quotes that may run over lines, escapes
    /// decoded, then `${name:-default}` resolved from the lines before.
    fn read_like_compose(file: &str) -> Vec<(String, String)> {
        let mut read: Vec<(String, String)> = Vec::new();
        let mut rest = file;
        while let Some((key, after)) = rest.split_once('=') {
            let (raw, next) = match after.chars().next() {
                Some(quote @ ('\'' | '"')) => {
                    let end = closing(&after[1..], quote);
                    (unescape(&after[1..=end], quote), after[end + 2..].trim_start_matches('\n'))
                }
                _ => {
                    let (line, next) = after.split_once('\n').unwrap_or((after, ""));
                    let uncommented = line.find(" #").map_or(line, |at| &line[..at]);
                    (uncommented.trim_end().to_owned(), next)
                }
            };
            let resolved = interpolate(&raw, &read);
            read.push((key.trim().to_owned(), resolved));
            rest = next;
        }
        read
    }

    /// `(?:\\Q|[^Q])*Q`, greedy: an escaped quote is taken as content whenever a later quote can still close.
    fn closing(text: &str, quote: char) -> usize {
        let bytes = text.as_bytes();
        let (mut at, mut last_choice) = (0, None);
        while at < bytes.len() {
            if bytes[at] == b'\\' && bytes.get(at + 1) == Some(&(quote as u8)) {
                last_choice = Some(at + 1);
                at += 2;
            } else if bytes[at] == quote as u8 {
                return at;
            } else {
                at += 1;
            }
        }
        last_choice.expect("a closing quote")
    }

    fn unescape(text: &str, quote: char) -> String {
        let decoded = if quote == '"' { "\\'\"abfnrtv" } else { "\\'" };
        let mut out = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match chars.peek() {
                Some(&next) if c == '\\' && decoded.contains(next) => {
                    chars.next();
                    out.push(match next {
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'a' => '\u{7}',
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        'v' => '\u{b}',
                        other => other,
                    });
                }
                _ => out.push(c),
            }
        }
        out
    }

    fn interpolate(text: &str, known: &[(String, String)]) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let Some(end) = rest[at..].find('}') else {
                break;
            };
            let inner = &rest[at + 2..at + end];
            let (name, default) = inner.split_once(":-").unwrap_or((inner, ""));
            out.push_str(&rest[..at]);
            out.push_str(known.iter().rev().find(|(k, _)| k == name).map_or(default, |(_, v)| v));
            rest = &rest[at + end + 1..];
        }
        out + rest
    }

    fn env_file(values: &[String]) -> Result<String, String> {
        let mut file = String::new();
        for (n, value) in values.iter().enumerate() {
            file.push_str(&format!("KEY_{n}={}\n", env(value)?));
        }
        Ok(finish_env(file))
    }

    fn round_trips(values: &[String]) {
        let file = env_file(values).expect("expressible");
        let read = read_like_compose(&file);
        for (n, value) in values.iter().enumerate() {
            let (_, found) = read.iter().find(|(k, _)| *k == format!("KEY_{n}")).unwrap_or_else(|| panic!("{file}"));
            assert_eq!(found, value, "in {file}");
        }
    }

    #[test]
    fn env_values_of_the_field_notes_are_read_back_identically() {
        round_trips(
            &[
                "a\"b'c",
                "$HOME ${X:-y}",
                "trailing #",
                "#",
                " spaced ",
                "a\\",
                "it's\\",
                "${",
                "\\n",
                "`id`",
                "",
                "ü$'",
            ]
            .map(str::to_owned),
        );
    }

    #[test]
    fn env_refuses_what_would_be_a_second_line() {
        for value in ["x\nADMIN=1", "a\rb", "a\0b"] {
            assert!(env(value).is_err());
        }
    }

    #[test]
    fn nginx_takes_names_addresses_and_paths_only() {
        for value in ["new-salon.de", "127.0.0.1:20001", "[::1]:80", "/var/lib/x_1/a.conf"] {
            assert!(nginx(value).is_ok(), "{value}");
        }
        for value in ["a.com; return 200 x;", "a.com\nserver{", "*", "$host", "a b", "", "#x", "a'", "дом"] {
            assert!(nginx(value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_project_file_has_its_kind_by_name() {
        assert_eq!(Kind::of_file("compose.yaml"), Kind::Compose);
        assert_eq!(Kind::of_file("x/.env.template"), Kind::Env);
        assert_eq!(Kind::of_file("secrets/backend.env.template"), Kind::Env);
        assert_eq!(Kind::of_file("nginx.conf"), Kind::Nginx);
    }

    proptest! {
        #[test]
        fn any_env_value_on_one_line_comes_back(values in prop::collection::vec("[ -~ü$\\\\'\"#{}`\t]{0,12}", 1..6)) {
            round_trips(&values);
        }

        #[test]
        fn yaml_and_json_scalars_come_back(value in any::<String>()) {
            let scalar = quoted_json(&value);
            prop_assert_eq!(&serde_json::from_str::<String>(&scalar).expect("json"), &value);
            prop_assert_eq!(&serde_saphyr::from_str::<String>(&scalar).expect("yaml"), &value);
        }

        #[test]
        fn telegram_text_has_no_markup_left(value in any::<String>()) {
            let escaped = telegram(&value);
            prop_assert!(!escaped.contains(['<', '>', '"']));
        }

        #[test]
        fn nginx_lets_no_syntax_through(value in any::<String>()) {
            if let Ok(text) = nginx(&value) {
                let syntax = text.contains([' ', ';', '{', '}', '$', '"', '\'', '\\', '#', '\n', '*']);
                prop_assert!(!syntax, "{}", text);
            }
        }

        #[test]
        fn plain_text_keeps_lines_and_no_control(value in any::<String>()) {
            if let Ok(text) = plain(&value) {
                prop_assert_eq!(text.as_ref(), value.as_str());
                prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
            }
        }
    }
}
