//! What a template is given: named values, and who reads.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use tera::Value;

use super::error::RenderError;
use super::html::Html;
use super::kind::Kind;

/// The person who will read the text.
#[derive(Clone, Debug)]
pub struct Reader {
    /// A language tag; see [`super::Words::pick`].
    pub lang: String,
    /// Their time zone.
    pub zone: Tz,
    /// The moment that `ago` counts from.
    pub now: DateTime<Utc>,
}

/// Named values for a template. Text in them is data.
#[derive(Clone, Debug, Default)]
pub struct Context(BTreeMap<String, Value>);

impl Context {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// The fields of a structure, by their serialized names.
    ///
    /// # Errors
    /// It does not serialize to a map with text keys.
    pub fn of(value: &impl Serialize) -> Result<Self, RenderError> {
        let value = Value::try_from_serializable(value).map_err(|e| RenderError::Context(e.to_string()))?;
        let map = value.into_map().ok_or_else(|| RenderError::Context("not a map".to_owned()))?;
        Ok(Self(map.into_iter().map(|(key, value)| (key.to_string(), value)).collect()))
    }

    /// Adds a value.
    #[must_use]
    pub fn with(self, name: impl Into<String>, value: &(impl Serialize + ?Sized)) -> Self {
        self.put(name, Value::from_serializable(value))
    }

    /// Adds markup that a Telegram layout does not escape again; in every other kind it is text.
    #[must_use]
    pub fn html(self, name: impl Into<String>, html: &Html) -> Self {
        self.put(name, Value::safe_string(html.as_str()))
    }

    /// Adds a list of markup pieces, each as by [`Context::html`].
    #[must_use]
    pub fn html_list(self, name: impl Into<String>, pieces: &[Html]) -> Self {
        let pieces: Vec<Value> = pieces.iter().map(|html| Value::safe_string(html.as_str())).collect();
        self.put(name, Value::from(pieces))
    }

    /// Sets the language, zone and moment that `t`, `ago` and `local_time` use (`lang`, `zone`, `now`).
    #[must_use]
    pub fn for_reader(self, reader: &Reader) -> Self {
        self.with("lang", &reader.lang).with("zone", reader.zone.name()).with("now", &reader.now)
    }

    /// As tera takes it. Only a Telegram layout is given markup as markup.
    pub(super) fn for_kind(&self, kind: Kind) -> tera::Context {
        let mut context = tera::Context::new();
        for (name, value) in &self.0 {
            let value = if kind == Kind::Telegram { value.clone() } else { as_text(value) };
            context.insert_value(name.clone(), value);
        }
        context
    }

    /// The path of the field with this text, so that an error names what a person can mend.
    pub(super) fn field_with(&self, text: &str) -> Option<String> {
        self.0.iter().find_map(|(name, value)| path_to(value, text).map(|inner| format!("{name}{inner}")))
    }

    fn put(mut self, name: impl Into<String>, value: Value) -> Self {
        self.0.insert(name.into(), value);
        self
    }
}

fn as_text(value: &Value) -> Value {
    match (value.as_str(), value.as_array()) {
        (Some(text), _) => Value::normal_string(text),
        (_, Some(list)) => Value::from(list.iter().map(as_text).collect::<Vec<_>>()),
        _ => value.clone(),
    }
}

fn path_to(value: &Value, text: &str) -> Option<String> {
    if let Some(found) = value.as_str() {
        return (found == text).then(String::new);
    }
    if let Some(map) = value.as_map() {
        return map.iter().find_map(|(key, inner)| path_to(inner, text).map(|rest| format!(".{key}{rest}")));
    }
    let list = value.as_array()?;
    list.iter().enumerate().find_map(|(n, inner)| path_to(inner, text).map(|rest| format!(".{n}{rest}")))
}
