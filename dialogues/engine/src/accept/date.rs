//! Days, year first or day first with dots.

use chrono::{Datelike, NaiveDate};

use crate::refusal::Refusal;

pub(crate) fn date(text: &str, earliest: Option<NaiveDate>, latest: Option<NaiveDate>) -> Result<NaiveDate, Refusal> {
    // Slashes are not read: half of the world would mean another day.
    let date = ["%Y-%m-%d", "%d.%m.%Y"]
        .into_iter()
        .find_map(|format| NaiveDate::parse_from_str(text, format).ok())
        .filter(|date| (1000..=9999).contains(&date.year()))
        .ok_or(Refusal::NotADate)?;
    if let Some(earliest) = earliest.filter(|earliest| date < *earliest) {
        return Err(Refusal::TooEarly { earliest });
    }
    if let Some(latest) = latest.filter(|latest| date > *latest) {
        return Err(Refusal::TooLate { latest });
    }
    Ok(date)
}
