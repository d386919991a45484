//! Faults, clock and transcript.

use super::{Body, Name, Refused};
use crate::Emulator;
use crate::faults::{Active, Rule};
use crate::transcript::Record;
use axum::Json;
use axum::extract::{Path, Query, State};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

/// `POST /faults`; bot and chat may be named by username.
pub(crate) async fn add_fault(
    State(emulator): State<Emulator>,
    Body(mut rule): Body<Value>,
) -> Result<Json<Value>, Refused> {
    if let Some(name) = rule["bot"].as_str() {
        let telegram = emulator.lock();
        let bot = telegram.bot_named(name).ok_or_else(|| Refused::missing(format!("there is no bot {name}")))?;
        let id = bot.user.id;
        drop(telegram);
        rule["bot"] = id.into();
    }
    if let Some(name) = rule["chat"].as_str().map(Name::of) {
        let id = emulator.lock().person_of(&name)?;
        rule["chat"] = id.into();
    }
    let rule: Rule = serde_json::from_value(rule).map_err(|e| Refused::bad(format!("no such fault: {e}")))?;
    let id = emulator.faults().add(rule);
    Ok(Json(json!({"id": id})))
}

/// `GET /faults`.
pub(crate) async fn faults(State(emulator): State<Emulator>) -> Json<Vec<Active>> {
    Json(emulator.faults().list().to_vec())
}

/// `DELETE /faults`.
pub(crate) async fn clear_faults(State(emulator): State<Emulator>) -> Json<Value> {
    Json(json!({"removed": emulator.faults().remove(None)}))
}

/// `DELETE /faults/{id}`.
pub(crate) async fn remove_fault(State(emulator): State<Emulator>, Path(id): Path<u64>) -> Json<Value> {
    Json(json!({"removed": emulator.faults().remove(Some(id))}))
}

/// `POST /clock`: moves the clock by seconds, or to a time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Turn {
    advance: Option<f64>,
    now: Option<DateTime<Utc>>,
}

/// Moves the clock that dates messages and ages callbacks, limits and updates.
pub(crate) async fn set_clock(
    State(emulator): State<Emulator>,
    Body(turn): Body<Turn>,
) -> Result<Json<Value>, Refused> {
    let mut telegram = emulator.lock();
    let moved = &mut telegram.store.clock;
    match (turn.advance, turn.now) {
        (Some(seconds), None) => {
            #[expect(clippy::cast_possible_truncation, reason = "a clock moved by millennia may saturate")]
            let ms = (seconds * 1000.0) as i64;
            moved.offset_ms = moved.offset_ms.saturating_add(ms);
        }
        (None, Some(now)) => {
            moved.offset_ms += now.timestamp_millis() - moved.now_ms();
        }
        _ => {
            return Err(Refused::bad("give either advance (seconds) or now (RFC 3339)"));
        }
    }
    telegram.wake_all();
    drop(telegram);
    emulator.touch();
    Ok(read_clock(&emulator))
}

/// `GET /clock`.
pub(crate) async fn clock(State(emulator): State<Emulator>) -> Json<Value> {
    read_clock(&emulator)
}

fn read_clock(emulator: &Emulator) -> Json<Value> {
    let telegram = emulator.lock();
    let now = DateTime::from_timestamp_millis(telegram.now_ms());
    Json(json!({
        "now": now,
        "offset_ms": telegram.store.clock.offset_ms,
    }))
}

/// `GET /transcript`: all filters are optional.
#[derive(Debug, Deserialize)]
pub(crate) struct Filter {
    /// Only calls with a higher `seq`.
    #[serde(default)]
    after: u64,
    method: Option<String>,
    bot: Option<String>,
    /// Only the last so many.
    limit: Option<usize>,
}

/// The calls so far, oldest first.
pub(crate) async fn transcript(State(emulator): State<Emulator>, Query(filter): Query<Filter>) -> Json<Vec<Record>> {
    let transcript = emulator.transcript();
    let fits = |wanted: &Option<String>, have: &str| wanted.as_deref().is_none_or(|w| w.eq_ignore_ascii_case(have));
    let mut records: Vec<Record> = transcript
        .iter()
        .filter(|r| r.seq > filter.after && fits(&filter.method, &r.method) && fits(&filter.bot, &r.bot))
        .cloned()
        .collect();
    if let Some(limit) = filter.limit {
        let surplus = records.len().saturating_sub(limit);
        records.drain(..surplus);
    }
    Json(records)
}
