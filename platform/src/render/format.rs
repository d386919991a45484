//! Figures and times as a person of some language and time zone reads them. The forms stand in the catalogues.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::words::Words;

impl Words {
    /// A whole or fractional number with grouped thousands and at most `decimals` digits behind the point.
    pub fn number(&self, lang: &str, value: f64, decimals: usize) -> String {
        let part = |key| self.text(lang, key, &[]);
        grouped(value, decimals, &part("number-thousands"), &part("number-decimal"))
    }

    /// An amount of money with two digits behind the point: `€1,234.50`, `1.234,50 €`. `currency` is its sign or its code.
    pub fn money(&self, lang: &str, amount: f64, currency: &str) -> String {
        let part = |key| self.text(lang, key, &[]);
        let cents = (amount.abs() * 100.0).round() / 100.0;
        let (whole, fraction) = (cents.trunc(), (cents.fract() * 100.0).round());
        let whole = grouped(whole, 0, &part("number-thousands"), "");
        let said = format!("{whole}{}{fraction:02}", part("number-decimal"));
        let money = self.text(lang, "money", &[("amount", said.into()), ("currency", currency.into())]);
        if amount < 0.0 && cents > 0.0 { format!("−{money}") } else { money }
    }

    /// A length of time by its two largest units: `2 h 5 min`, `41 s`, `3 d`. The sign is dropped.
    pub fn duration(&self, lang: &str, length: TimeDelta) -> String {
        let seconds = length.num_seconds().abs();
        let parts = [
            ("duration-days", seconds / 86_400),
            ("duration-hours", seconds / 3_600 % 24),
            ("duration-minutes", seconds / 60 % 60),
            ("duration-seconds", seconds % 60),
        ];
        let first = parts.iter().position(|(_, n)| *n > 0).unwrap_or(parts.len() - 1);
        let say = |(key, n): &(&str, i64)| self.text(lang, key, &[("n", (*n).into())]);
        match parts.get(first + 1) {
            Some(small) if small.1 > 0 => {
                self.text(lang, "duration-two", &[("large", say(&parts[first]).into()), ("small", say(small).into())])
            }
            _ => say(&parts[first]),
        }
    }

    /// How long ago `at` was as seen at `now`, or in how long it will be.
    pub fn ago(&self, lang: &str, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let passed = now - at;
        let key = match passed.num_seconds() {
            0 => return self.text(lang, "ago-now", &[]),
            1.. => "ago-past",
            _ => "ago-future",
        };
        self.text(lang, key, &[("duration", self.duration(lang, passed).into())])
    }

    /// A moment in a person's time zone, by a `time-…` form of the catalogue (`time-date`, `time-date-time`,
    /// `time-clock`, `time-minute`).
    pub fn local_time(&self, lang: &str, at: DateTime<Utc>, zone: Tz, form: &str) -> String {
        let pattern = self.text(lang, form, &[]);
        let items: Vec<_> = chrono::format::StrftimeItems::new(&pattern).collect();
        if items.contains(&chrono::format::Item::Error) {
            tracing::error!(lang, form, "this form of a time does not parse");
            return at.to_rfc3339();
        }
        at.with_timezone(&zone).format_with_items(items.into_iter()).to_string()
    }
}

/// A number with these separators.
pub(super) fn grouped(value: f64, decimals: usize, thousands: &str, decimal: &str) -> String {
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut out = String::new();
    if value < 0.0 {
        out.push('−');
    }
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n) % 3 == 0 {
            out.push_str(thousands);
        }
        out.push(digit);
    }
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        out.push_str(decimal);
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::share::Share;
    use super::super::words::Missing;
    use super::*;

    fn words() -> Words {
        Words::load(&Share::default(), Missing::Refuse).expect("our own catalogues")
    }

    #[test]
    fn numbers_are_grouped_by_language() {
        let words = words();
        assert_eq!(words.number("en", 1_234_567.5, 2), "1,234,567.5");
        assert_eq!(words.number("de", -1_234.25, 1), "−1.234,2");
        assert_eq!(words.number("ru", 999.0, 2), "999");
        assert_eq!(words.number("ru", 1_000.0, 0), "1\u{a0}000");
    }

    #[test]
    fn money_is_written_as_the_language_writes_it() {
        let words = words();
        assert_eq!(words.money("en", 1_234.5, "€"), "€1,234.50");
        assert_eq!(words.money("de", 1_234.5, "€"), "1.234,50\u{a0}€");
        assert_eq!(words.money("ru", -35.0, "€"), "−35,00\u{a0}€");
        assert_eq!(words.money("de", 0.999, "EUR"), "1,00\u{a0}EUR");
        assert_eq!(words.money("en", -0.001, "€"), "€0.00");
    }

    #[test]
    fn durations_show_two_units() {
        let words = words();
        let say = |seconds| words.duration("en", TimeDelta::seconds(seconds));
        assert_eq!(say(0), "0 s");
        assert_eq!(say(41), "41 s");
        assert_eq!(say(7_500), "2 h 5 min");
        assert_eq!(say(86_400 * 3 + 59), "3 d");
        assert_eq!(words.duration("ru", TimeDelta::seconds(90)), "1 мин 30 с");
        assert_eq!(words.duration("de", TimeDelta::seconds(90_000)), "1 Tg. 1 Std.");
    }

    #[test]
    fn times_are_told_from_where_the_reader_is() {
        let words = words();
        let at = DateTime::from_timestamp(1_795_251_600, 0).expect("valid");
        let berlin: Tz = "Europe/Berlin".parse().expect("a zone");
        assert_eq!(words.local_time("en", at, berlin, "time-date-time"), "21 Nov 2026, 10:00");
        assert_eq!(words.local_time("de", at, Tz::UTC, "time-date-time"), "21.11.2026, 09:00");
        assert_eq!(words.ago("de", at, at + TimeDelta::seconds(61)), "vor 1 Min. 1 Sek.");
        assert_eq!(words.ago("en", at, at - TimeDelta::minutes(5)), "in 5 min");
        assert_eq!(words.ago("en", at, at), "just now");
    }
}
