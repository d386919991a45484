//! Surveys as people meet them: every view whole, and the chat on a real database.

mod chat;
mod database;
mod refusals;
mod views;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use waas_platform::render::{Missing, Renderer, Share, Words};
use waas_platform::telegram::View;

use crate::front::Front;

pub(super) fn front() -> Front {
    let share = Share::default();
    let words = Arc::new(Words::load(&share, Missing::Refuse).expect("catalogues"));
    Front::new(Arc::new(Renderer::load(&share, words).expect("layouts")), "en", Tz::UTC)
}

/// Noon on a day that is still to come: the database stamps what it stores with its own time, and nothing is due before.
pub(super) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(2_426_328_000, 0).expect("a valid time")
}

/// A message as its reader sees it: the markup, then the buttons row by row.
pub(super) fn screen(view: &View) -> String {
    let mut text = view.html.as_str().to_owned();
    for row in &view.rows {
        let labels: Vec<String> = row.iter().map(|button| format!("[{}]", button.label())).collect();
        text.push('\n');
        text.push_str(&labels.join(" "));
    }
    text
}
