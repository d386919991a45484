//! What a template can call besides its values: words, times, figures; and what it must not.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::kind::{self, Kind};
use super::words::{Arg, FALLBACK, Words};

/// Filters of tera that declare their output to need no escape.
const AROUND_THE_ESCAPE: [&str; 4] = ["safe", "escape_html", "escape_xml", "newlines_to_br"];

pub(super) fn register(tera: &mut Tera, kind: Kind, words: &Arc<Words>) {
    let w = Arc::clone(words);
    tera.register_function("t", move |kwargs: Kwargs, state: &State<'_>| translate(&w, &kwargs, state));

    let w = Arc::clone(words);
    tera.register_filter("ago", move |at: &str, _: Kwargs, state: &State<'_>| -> TeraResult<String> {
        let now = state.get::<String>("now")?.ok_or_else(|| tera::Error::message("`ago` needs a reader (`now`)"))?;
        Ok(w.ago(&lang(state)?, moment(at)?, moment(&now)?))
    });

    let w = Arc::clone(words);
    tera.register_filter("duration", move |seconds: f64, _: Kwargs, state: &State<'_>| -> TeraResult<String> {
        #[expect(clippy::cast_possible_truncation, reason = "a float to integer cast saturates")]
        let millis = (seconds * 1000.0) as i64;
        Ok(w.duration(&lang(state)?, TimeDelta::milliseconds(millis)))
    });

    let w = Arc::clone(words);
    tera.register_filter("local_time", move |at: &str, kwargs: Kwargs, state: &State<'_>| -> TeraResult<String> {
        let zone = state.get::<String>("zone")?.unwrap_or_else(|| "UTC".to_owned());
        let zone: Tz = zone.parse().map_err(|_| tera::Error::message(format!("no such time zone: {zone}")))?;
        let form = kwargs.get::<&str>("form")?.unwrap_or("time-date-time");
        Ok(w.local_time(&lang(state)?, moment(at)?, zone, form))
    });

    let w = Arc::clone(words);
    tera.register_filter("number", move |value: f64, kwargs: Kwargs, state: &State<'_>| -> TeraResult<String> {
        Ok(w.number(&lang(state)?, value, kwargs.get::<usize>("decimals")?.unwrap_or(0)))
    });

    let w = Arc::clone(words);
    tera.register_filter("money", move |value: f64, kwargs: Kwargs, state: &State<'_>| -> TeraResult<String> {
        Ok(w.money(&lang(state)?, value, kwargs.must_get::<&str>("currency")?))
    });

    if kind.takes_json() {
        tera.register_filter("json", move |value: &Value, _: Kwargs, _: &State<'_>| -> TeraResult<Value> {
            let text = kind::json_value(value, kind).map_err(tera::Error::message)?;
            Ok(Value::safe_string(&text))
        });
    }
    for name in AROUND_THE_ESCAPE {
        tera.register_filter(name, move |_: &Value, _: Kwargs, _: &State<'_>| -> TeraResult<Value> {
            Err(tera::Error::message(format!("`{name}` is not allowed: markup enters as Html through the context")))
        });
    }
}

fn translate(words: &Words, kwargs: &Kwargs, state: &State<'_>) -> TeraResult<String> {
    let key = kwargs.must_get::<&str>("key")?;
    let mut args: Vec<(String, Arg<'static>)> = Vec::new();
    for (name, value) in kwargs.iter() {
        let name = name.to_string();
        if name != "key" {
            args.push((name, arg(value)));
        }
    }
    let args: Vec<(&str, Arg<'_>)> = args.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    words.for_layout(&lang(state)?, key, &args).map_err(tera::Error::message)
}

fn arg(value: &Value) -> Arg<'static> {
    if value.is_number()
        && let Some(number) = value.as_f64()
    {
        return number.into();
    }
    if value.is_none() { String::new().into() } else { value.to_string().into() }
}

fn lang(state: &State<'_>) -> TeraResult<String> {
    Ok(state.get::<String>("lang")?.unwrap_or_else(|| FALLBACK.to_owned()))
}

fn moment(text: &str) -> TeraResult<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc))
        .map_err(|e| tera::Error::message(format!("not a time (RFC 3339): {e}")))
}
