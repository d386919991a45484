//! For tests: what people read, whole and in every language, as it stands on their screens.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use waas_platform::render::{Missing, Reader, Renderer, Share, Words};
use waas_platform::telegram::View;

use super::Front;

/// The languages that everything is said in.
pub(crate) const LANGUAGES: [&str; 3] = ["en", "de", "ru"];

/// The shipped layouts and words; a word that is missing is an error.
pub(crate) fn front() -> Front {
    front_in(Tz::UTC)
}

/// As [`front`], for a house in another time zone.
pub(crate) fn front_in(zone: Tz) -> Front {
    let share = Share::default();
    let words = Arc::new(Words::load(&share, Missing::Refuse).expect("our catalogues"));
    Front::new(Arc::new(Renderer::load(&share, words).expect("our layouts")), "en", zone)
}

/// What `say` gives to readers of each language, one below the other. Fails on a word that is missing.
#[track_caller]
pub(crate) fn in_every_language(front: &Front, now: DateTime<Utc>, say: impl Fn(&Reader) -> String) -> String {
    let pages = LANGUAGES.map(|lang| {
        let said = say(&front.reader(Some(lang), now));
        assert!(!said.contains('⟦'), "a word is missing in {lang}: {said}");
        format!("══════ {lang} ══════\n{said}")
    });
    pages.join("\n\n")
}

/// A message as its reader sees it: text with its markup, then a line for each row of buttons.
///
/// Fails on labels that a phone would cut: two in a row have room for 20 characters each, three for 13.
#[track_caller]
pub(crate) fn screen(view: &View) -> String {
    let mut text = view.html.as_str().to_owned();
    for (n, row) in view.rows.iter().enumerate() {
        let labels: Vec<&str> = row.iter().map(|button| button.label()).collect();
        let room = match labels.len() {
            0 | 1 => usize::MAX,
            2 => 20,
            3 => 13,
            _ => 10,
        };
        for label in &labels {
            assert!(label.chars().count() <= room, "too long beside {} others: {label}", labels.len() - 1);
        }
        text.push_str(if n == 0 { "\n\n" } else { "\n" });
        text.push_str(&labels.iter().map(|label| format!("[{label}]")).collect::<Vec<_>>().join(" "));
    }
    text
}
