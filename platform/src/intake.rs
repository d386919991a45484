//! Reads JSON objects that strangers send, and says in fixed words what is wrong with one.
//!
//! It knows fields and their types, not what they mean. Whatever passes can be stored in Postgres: text holds no NUL, numbers
//! are finite, nesting is bounded.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why a message was not accepted; the words of the contract, as [`fmt::Display`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// Not a JSON object, or one that cannot be stored.
    Malformed,
    /// A required field is absent, null or blank.
    Missing(Cow<'static, str>),
    /// A field of another type, or outside its limits.
    Invalid(Cow<'static, str>),
    /// More bytes than are accepted.
    TooLarge,
    /// Older than is accepted.
    TooOld,
}

impl Rejection {
    /// `invalid:<field>`.
    pub const fn invalid(field: &'static str) -> Self {
        Self::Invalid(Cow::Borrowed(field))
    }

    /// `missing:<field>`.
    pub const fn missing(field: &'static str) -> Self {
        Self::Missing(Cow::Borrowed(field))
    }

    /// The reason without its field: a label of few values for a counter.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Missing(_) => "missing",
            Self::Invalid(_) => "invalid",
            Self::TooLarge => "too_large",
            Self::TooOld => "too_old",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(field) | Self::Invalid(field) => write!(f, "{}:{field}", self.kind()),
            _ => f.write_str(self.kind()),
        }
    }
}

impl std::error::Error for Rejection {}

/// A JSON object, read field by field. Null and blank text count as absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Object(Map<String, Value>);

impl Object {
    /// Reads an object of at most `max_bytes`; of two equal keys the last counts.
    ///
    /// # Errors
    /// Too large, not an object, nested deeper than 128, a number beyond `f64`, or text with NUL.
    pub fn read(bytes: &[u8], max_bytes: usize) -> Result<Self, Rejection> {
        if bytes.len() > max_bytes {
            return Err(Rejection::TooLarge);
        }
        let value = serde_json::from_slice(bytes).map_err(|_| Rejection::Malformed)?;
        Self::from_value(value)
    }

    /// Like [`Object::read`], but two equal keys in one object, at any depth, are malformed.
    ///
    /// # Errors
    /// As [`Object::read`].
    pub fn read_strictly(bytes: &[u8], max_bytes: usize) -> Result<Self, Rejection> {
        if bytes.len() > max_bytes {
            return Err(Rejection::TooLarge);
        }
        let Unambiguous(value) = serde_json::from_slice(bytes).map_err(|_| Rejection::Malformed)?;
        Self::from_value(value)
    }

    /// Takes a value that was parsed already, such as one of an array.
    ///
    /// # Errors
    /// Not an object, or text with NUL.
    pub fn from_value(value: Value) -> Result<Self, Rejection> {
        let Value::Object(fields) = value else {
            return Err(Rejection::Malformed);
        };
        for (name, value) in &fields {
            if name.contains('\0') {
                return Err(Rejection::Malformed);
            }
            if holds_nul(value) {
                return Err(Rejection::Invalid(name.clone().into()));
            }
        }
        Ok(Self(fields))
    }

    /// Everything that was sent, unknown fields included.
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    fn present(&self, field: &'static str) -> Option<&Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    /// Text, trimmed; `None` when absent or blank.
    ///
    /// # Errors
    /// Not text, or more than `max_chars` characters.
    pub fn text(&self, field: &'static str, max_chars: usize) -> Result<Option<String>, Rejection> {
        match self.present(field) {
            None => Ok(None),
            Some(Value::String(text)) => match text.trim() {
                "" => Ok(None),
                text if text.chars().count() > max_chars => Err(Rejection::invalid(field)),
                text => Ok(Some(text.to_owned())),
            },
            Some(_) => Err(Rejection::invalid(field)),
        }
    }

    /// Text that must be there.
    ///
    /// # Errors
    /// Absent or blank, not text, or too long.
    pub fn required_text(&self, field: &'static str, max_chars: usize) -> Result<String, Rejection> {
        self.text(field, max_chars)?.ok_or(Rejection::missing(field))
    }

    /// A whole number from 0 up.
    ///
    /// # Errors
    /// Not a number, negative, or with a fraction.
    pub fn whole(&self, field: &'static str) -> Result<Option<u64>, Rejection> {
        self.present(field).map(|value| value.as_u64().ok_or(Rejection::invalid(field))).transpose()
    }

    /// A finite number.
    ///
    /// # Errors
    /// Not a number.
    pub fn number(&self, field: &'static str) -> Result<Option<f64>, Rejection> {
        self.present(field)
            .map(|value| value.as_f64().filter(|number| number.is_finite()).ok_or(Rejection::invalid(field)))
            .transpose()
    }

    /// A moment: RFC 3339 text, or a number of milliseconds since 1970.
    ///
    /// # Errors
    /// Neither, or beyond the calendar.
    pub fn time(&self, field: &'static str) -> Result<Option<DateTime<Utc>>, Rejection> {
        let Some(value) = self.present(field) else {
            return Ok(None);
        };
        let time = match value {
            Value::String(text) => DateTime::parse_from_rfc3339(text.trim()).ok().map(|time| time.to_utc()),
            Value::Number(millis) => whole_millis(millis).and_then(DateTime::from_timestamp_millis),
            _ => None,
        };
        // Postgres keeps fewer years than chrono; nothing of ours is outside these.
        let time = time.filter(|time| (1970..=9999).contains(&chrono::Datelike::year(time)));
        time.map(Some).ok_or(Rejection::invalid(field))
    }

    /// An object inside.
    ///
    /// # Errors
    /// Not an object.
    pub fn object(&self, field: &'static str) -> Result<Option<&Map<String, Value>>, Rejection> {
        self.present(field).map(|value| value.as_object().ok_or(Rejection::invalid(field))).transpose()
    }

    /// Any value, as it was sent.
    pub fn any(&self, field: &'static str) -> Option<&Value> {
        self.present(field)
    }
}

/// Some senders compute milliseconds as floats; a fraction of one is dropped. Beyond `i64` the cast saturates, which no
/// calendar holds.
fn whole_millis(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| number.as_f64().map(|millis| millis as i64))
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A JSON value in which no object names a key twice.
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value whose objects name each key once")
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
                Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
            }

            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_string<E>(self, value: String) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut read = Vec::new();
                while let Some(Unambiguous(item)) = items.next_element()? {
                    read.push(item);
                }
                Ok(Value::Array(read))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
                let mut read = Map::new();
                while let Some((name, Unambiguous(value))) = fields.next_entry::<String, _>()? {
                    if read.insert(name, value).is_some() {
                        return Err(A::Error::custom("a key is named twice"));
                    }
                }
                Ok(Value::Object(read))
            }
        }

        deserializer.deserialize_any(Reader).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object {
        Object::read_strictly(text.as_bytes(), 10_000).expect("an object")
    }

    #[test]
    fn what_cannot_be_stored_is_refused_by_name() {
        let cases: &[(&str, &str)] = &[
            ("not json", "malformed"),
            ("[]", "malformed"),
            ("{\"a\":1", "malformed"),
            (r#"{"a":NaN}"#, "malformed"),
            (r#"{"a":1e309}"#, "malformed"),
            (r#"{"a":"\ud800"}"#, "malformed"),
            (r#"{"a":"x\u0000y"}"#, "invalid:a"),
            (r#"{"a":{"b":[{"c\u0000":1}]}}"#, "invalid:a"),
            (r#"{"a\u0000":1}"#, "malformed"),
        ];
        for (text, reason) in cases {
            let rejection = Object::read(text.as_bytes(), 10_000).expect_err(text);
            assert_eq!(rejection.to_string(), *reason, "{text}");
        }
        assert_eq!(Object::read(b"{\"a\":1}", 6), Err(Rejection::TooLarge));
        let deep = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
        assert_eq!(Object::read_strictly(deep.as_bytes(), deep.len()), Err(Rejection::Malformed));
    }

    #[test]
    fn strict_reading_refuses_a_key_named_twice_and_agrees_otherwise() {
        let twice = br#"{"a":1,"b":{"c":1,"c":2}}"#;
        assert!(Object::read(twice, 100).is_ok());
        assert_eq!(Object::read_strictly(twice, 100), Err(Rejection::Malformed));
        let plain = br#"{"a":[1,-2,2.5,"x",null,true,{"y":[]}]}"#;
        assert_eq!(Object::read(plain, 100), Object::read_strictly(plain, 100));
    }

    #[test]
    fn fields_have_types_and_blank_is_absent() {
        let read = object(r#"{"t":"  hi ","blank":"  ","null":null,"n":2,"f":1.5,"neg":-1,"o":{"k":1}}"#);
        assert_eq!(read.text("t", 2), Ok(Some("hi".to_owned())));
        assert_eq!(read.text("t", 1), Err(Rejection::invalid("t")));
        assert_eq!(read.text("n", 10), Err(Rejection::invalid("n")));
        for absent in ["blank", "null", "nowhere"] {
            assert_eq!(read.required_text(absent, 10), Err(Rejection::missing(absent)));
        }
        assert_eq!(read.whole("n"), Ok(Some(2)));
        assert_eq!(read.whole("f"), Err(Rejection::invalid("f")));
        assert_eq!(read.whole("neg"), Err(Rejection::invalid("neg")));
        assert_eq!(read.number("neg"), Ok(Some(-1.0)));
        assert!(read.object("o").is_ok_and(|inside| inside.is_some()));
        assert_eq!(read.object("t"), Err(Rejection::invalid("t")));
    }

    #[test]
    fn times_come_in_two_forms() {
        let read = object(
            r#"{"a":"2026-11-20T10:00:00.123+01:00","b":1795165200123,"c":"yesterday","d":1e300,"e":true,"f":"+12026-01-01T00:00:00Z","g":-1,"h":1795165200123.7}"#,
        );
        let expected = "2026-11-20T09:00:00.123Z".parse().ok();
        assert_eq!(read.time("a"), Ok(expected));
        assert_eq!(read.time("b"), Ok(expected));
        assert_eq!(read.time("h"), Ok(expected));
        for field in ["c", "d", "e", "f", "g"] {
            assert_eq!(read.time(field), Err(Rejection::invalid(field)), "{field}");
        }
    }
}
