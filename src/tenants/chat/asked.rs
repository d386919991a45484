//! What stands behind a command: `SLUG [service=…] [since=…] [words]`. No IO.

use chrono::Duration;

/// Names that are offered when none fits.
const OFFERED: usize = 3;
/// Edits by which a name may miss another one, at most half its length.
const EDITS: usize = 3;

/// The parts of what was asked; the order of all but the first does not matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Asked {
    /// As typed; empty when nothing was said.
    pub(super) slug: String,
    /// `service=…`.
    pub(super) service: Option<String>,
    /// `since=…`: 90s, 10m, 2h, 1d ago.
    pub(super) since: Option<Duration>,
    /// Everything else.
    pub(super) words: Vec<String>,
}

impl Asked {
    pub(super) fn read(text: &str) -> Self {
        let mut parts = text.split_whitespace();
        let mut asked = Self { slug: parts.next().unwrap_or_default().to_owned(), ..Self::default() };
        for part in parts {
            match part.split_once('=') {
                Some(("service", name)) => asked.service = Some(name.to_owned()),
                Some(("since", time)) if length(time).is_some() => asked.since = length(time),
                _ => asked.words.push(part.to_owned()),
            }
        }
        asked
    }
}

fn length(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(split);
    let number: i64 = number.parse().ok()?;
    match unit {
        "s" => Duration::try_seconds(number),
        "m" | "min" => Duration::try_minutes(number),
        "h" => Duration::try_hours(number),
        "d" => Duration::try_days(number),
        _ => None,
    }
    // A log does not reach back further than this, and a larger number must not leave the calendar.
    .filter(|length| *length <= Duration::days(3_650))
}

/// The names that were most likely meant, best first.
pub(super) fn near(asked: &str, names: Vec<String>) -> Vec<String> {
    let mut found: Vec<(usize, String)> = names
        .into_iter()
        .map(|name| (if name.contains(asked) { 0 } else { strsim::osa_distance(asked, &name) }, name))
        .filter(|(distance, _)| *distance <= EDITS.min(asked.chars().count() / 2))
        .collect();
    found.sort();
    found.into_iter().take(OFFERED).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_question() {
        let asked = Asked::read(" new_salon since=10m payment service=backend failed ");
        assert_eq!(asked.slug, "new_salon");
        assert_eq!(asked.service.as_deref(), Some("backend"));
        assert_eq!(asked.since, Some(Duration::minutes(10)));
        assert_eq!(asked.words, ["payment", "failed"]);
        assert_eq!(Asked::read(""), Asked::default());
    }

    #[test]
    fn a_time_that_is_none_is_a_word() {
        for text in ["since=soon", "since=", "since=99999999999999999999d", "since=999999999d"] {
            let asked = Asked::read(&format!("x {text}"));
            assert_eq!((asked.since, asked.words), (None, vec![text.to_owned()]));
        }
    }

    #[test]
    fn the_nearest_names_come_first() {
        let names = ["new_salon", "old_salon", "shop"].map(str::to_owned).to_vec();
        assert_eq!(near("new_slaon", names.clone()), ["new_salon"]);
        assert_eq!(near("salon", names.clone()), ["new_salon", "old_salon"]);
        assert!(near("something_else", names).is_empty());
    }
}
