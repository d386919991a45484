//! Figures: numbers and places on the map.

use serde_json::Number;

use crate::{answer::Answer, refusal::Refusal};

/// The most digits of a number: all of them survive a double and JSON.
const DIGITS: usize = 15;

/// A number in figures, with a point or a comma before decimals.
pub(crate) fn number(text: &str, min: Option<f64>, max: Option<f64>, decimals: bool) -> Result<Number, Refusal> {
    let (value, whole) = parse(text).ok_or(Refusal::NotANumber)?;
    if !whole && !decimals {
        return Err(Refusal::NotWhole);
    }
    if let Some(min) = min.filter(|min| value < *min) {
        let min = json(min).ok_or(Refusal::NotANumber)?;
        return Err(Refusal::TooSmall { min });
    }
    if let Some(max) = max.filter(|max| value > *max) {
        let max = json(max).ok_or(Refusal::NotANumber)?;
        return Err(Refusal::TooLarge { max });
    }
    json(value).ok_or(Refusal::NotANumber)
}

/// The value, and whether it was written without decimals.
fn parse(text: &str) -> Option<(f64, bool)> {
    let unsigned = text.strip_prefix(['+', '-', '−']).unwrap_or(text);
    let negative = text.starts_with(['-', '−']);
    let (whole, decimals) = match unsigned.split_once(['.', ',']) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (unsigned, None),
    };
    let figures = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !figures(whole) || !decimals.is_none_or(figures) {
        return None;
    }
    let fraction = decimals.unwrap_or("0");
    if whole.len() + fraction.len() > DIGITS + 1 {
        return None;
    }
    let value: f64 = format!("{whole}.{fraction}").parse().ok()?;
    // `0.0 - value` keeps zero positive.
    Some((if negative { 0.0 - value } else { value }, decimals.is_none()))
}

/// Whole values as JSON integers, so that they print without `.0`.
fn json(value: f64) -> Option<Number> {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and under 1e15, which both types hold exactly")]
        return Some(Number::from(value as i64));
    }
    Number::from_f64(value)
}

/// A place shared by a device.
pub(crate) fn location(lat: f64, lon: f64) -> Result<Answer, Refusal> {
    // Written so that what is not a number falls out too.
    if !(lat.abs() <= 90.0 && lon.abs() <= 180.0) {
        return Err(Refusal::NotALocation);
    }
    let six = |degrees: f64| (degrees * 1e6).round() / 1e6;
    Ok(Answer::Location { lat: six(lat), lon: six(lon) })
}

/// A place written as `52.52, 13.405`.
pub(crate) fn coordinates(text: &str) -> Result<Answer, Refusal> {
    let (lat, lon) = text.split_once([',', ' ', ';']).ok_or(Refusal::NotALocation)?;
    let degrees = |part: &str| {
        let part = part.trim_matches([' ', ',', ';']);
        let parsed = parse(part).filter(|_| !part.contains(','));
        parsed.map(|(value, _)| value).ok_or(Refusal::NotALocation)
    };
    location(degrees(lat)?, degrees(lon)?)
}
