//! When somebody will call, as people write it: `2h`, `16:30`, `tomorrow 9:00`, `28.11. 14:00`. Pure.

use chrono::{DateTime, Datelike as _, Duration, LocalResult, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;

/// Nobody promises to call later than this.
const AT_MOST: Duration = Duration::days(366);
/// The hour that is meant when only a day is named.
const MORNING: u32 = 9;

/// Words for days from today on, in the languages that operators are spoken to in.
const DAYS: [(&str, i64); 8] = [
    ("today", 0),
    ("heute", 0),
    ("сегодня", 0),
    ("tomorrow", 1),
    ("morgen", 1),
    ("завтра", 1),
    ("übermorgen", 2),
    ("послезавтра", 2),
];

/// The moment that is meant, seen from `now` in `zone`; always in the future. `None`: it is none, or too far away.
pub(super) fn parse(text: &str, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
    let text = text.trim().to_lowercase();
    let at = match length(&text) {
        Some(length) => now.checked_add_signed(length)?,
        None => on_a_day(&text, now, zone)?,
    };
    (at > now && at - now <= AT_MOST).then_some(at)
}

/// `now` plus so many days, at this hour on the clock of `zone`.
pub(super) fn at_hour(now: DateTime<Utc>, zone: Tz, days: i64, hour: u32) -> Option<DateTime<Utc>> {
    let day = now.with_timezone(&zone).date_naive().checked_add_signed(Duration::try_days(days)?)?;
    local(day, NaiveTime::from_hms_opt(hour, 0, 0)?, zone)
}

fn length(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let number: i64 = text[..split].parse().ok()?;
    match text[split..].trim() {
        "m" | "min" | "мин" => Duration::try_minutes(number),
        "h" | "std" | "ч" => Duration::try_hours(number),
        "d" | "t" | "д" => Duration::try_days(number),
        _ => None,
    }
}

fn on_a_day(text: &str, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
    let today = now.with_timezone(&zone).date_naive();
    let (mut day, mut time) = (None, None);
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        if let Some(clock) = clock_time(word) {
            time = Some(clock);
        } else {
            day = Some(named_day(word, today)?);
        }
    }
    let morning = NaiveTime::from_hms_opt(MORNING, 0, 0)?;
    match (day, time) {
        (None, None) => None,
        (Some(day), time) => local(day, time.unwrap_or(morning), zone),
        // Today, or tomorrow when that has passed.
        (None, Some(time)) => {
            let at = local(today, time, zone)?;
            if at > now { Some(at) } else { local(today.succ_opt()?, time, zone) }
        }
    }
}

fn clock_time(word: &str) -> Option<NaiveTime> {
    let (hour, minute) = word.split_once(':')?;
    NaiveTime::from_hms_opt(hour.parse().ok()?, minute.parse().ok()?, 0)
}

fn named_day(word: &str, today: NaiveDate) -> Option<NaiveDate> {
    if let Some((_, days)) = DAYS.iter().find(|(name, _)| *name == word) {
        return today.checked_add_signed(Duration::try_days(*days)?);
    }
    if let Ok(day) = NaiveDate::parse_from_str(word, "%Y-%m-%d") {
        return Some(day);
    }
    let mut parts = word.trim_end_matches('.').split('.');
    let (day, month) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    match parts.next() {
        Some(year) => NaiveDate::from_ymd_opt(year.parse().ok()?, month, day),
        // The next one of that name.
        None => (today.year()..=today.year() + 1)
            .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
            .find(|day| *day >= today),
    }
}

/// An hour that a change of the clock leaves out is taken an hour later, one that comes twice the first time.
fn local(day: NaiveDate, time: NaiveTime, zone: Tz) -> Option<DateTime<Utc>> {
    let at = day.and_time(time);
    match zone.from_local_datetime(&at) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
        LocalResult::None => zone.from_local_datetime(&(at + Duration::hours(1))).earliest().map(|at| at.to_utc()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BERLIN: Tz = chrono_tz::Europe::Berlin;

    /// Friday, 27 November 2026, 15:00 in Berlin.
    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 27, 14, 0, 0).single().expect("a valid time")
    }

    fn said(text: &str) -> Option<String> {
        parse(text, now(), BERLIN).map(|at| at.with_timezone(&BERLIN).format("%Y-%m-%d %H:%M").to_string())
    }

    #[test]
    fn what_people_write_is_understood_on_their_own_clock() {
        for (text, meant) in [
            ("30m", "2026-11-27 15:30"),
            ("2h", "2026-11-27 17:00"),
            ("3 d", "2026-11-30 15:00"),
            ("16:30", "2026-11-27 16:30"),
            ("9:05", "2026-11-28 09:05"),
            ("Tomorrow", "2026-11-28 09:00"),
            ("morgen 8:00", "2026-11-28 08:00"),
            ("завтра, 10:15", "2026-11-28 10:15"),
            ("1.12. 14:00", "2026-12-01 14:00"),
            ("3.2.", "2027-02-03 09:00"),
            ("2026-12-24 10:00", "2026-12-24 10:00"),
            ("24.12.2026", "2026-12-24 09:00"),
        ] {
            assert_eq!(said(text).as_deref(), Some(meant), "{text}");
        }
        for text in
            ["", "soon", "25:00", "0m", "today 9:00", "31.2.", "2020-01-01", "999d", "99999999999999999999h", "-1h"]
        {
            assert_eq!(said(text), None, "{text}");
        }
    }

    #[test]
    fn an_hour_that_does_not_exist_is_the_next_one() {
        let before = Utc.with_ymd_and_hms(2027, 3, 27, 12, 0, 0).single().expect("a valid time");
        let at = parse("28.3. 2:30", before, BERLIN).expect("a moment");
        assert_eq!(at.with_timezone(&BERLIN).format("%H:%M").to_string(), "03:30");
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,40}") {
            if let Some(at) = parse(&text, now(), BERLIN) {
                prop_assert!(at > now());
            }
        }
    }
}
