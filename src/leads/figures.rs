//! Leads in figures: how many came, how soon somebody did something with them, how many became clients.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use waas_platform::db::PgConnection;
use waas_platform::render::{Plot, Reader};

use super::{card, store};
use crate::access;
use crate::front::Front;

/// The most lines of one table; what has fewer leads is left out.
const LINES: usize = 50;

/// The leads that have source, niche and operator in common.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) source: String,
    pub(super) niche: Option<String>,
    pub(super) assignee: Option<i64>,
    pub(super) count: i64,
    pub(super) won: i64,
    pub(super) closed: i64,
    pub(super) touched: i64,
    /// How long those waited together that were touched.
    pub(super) waited_s: f64,
}

/// One line of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The source, the niche, or the operator's Telegram id; none: it is not known, or nobody's.
    pub of: Option<String>,
    /// How many came.
    pub count: i64,
    /// With how many somebody did something.
    pub touched: i64,
    /// How long these waited for it on average: seconds from the arrival.
    pub first_touch_s: Option<f64>,
    /// How many became clients.
    pub won: i64,
    /// How many were rejected or lost.
    pub closed: i64,
}

impl Line {
    /// Clients of a hundred leads.
    pub fn conversion(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts of leads are far below 2^53")]
        let share = |part: i64, of: i64| if of == 0 { 0.0 } else { part as f64 * 100.0 / of as f64 };
        share(self.won, self.count)
    }

    /// What is left of these leads when some of them are told of one by one.
    pub(super) fn without(&self, lines: &[Self]) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts of leads are far below 2^53")]
        let waited = |line: &Self| line.first_touch_s.unwrap_or_default() * line.touched as f64;
        let left = |of: fn(&Self) -> i64| of(self) - lines.iter().map(of).sum::<i64>();
        let touched = left(|line| line.touched);
        #[expect(clippy::cast_precision_loss, reason = "counts of leads are far below 2^53")]
        let average = |waited: f64| (touched > 0).then(|| waited.max(0.0) / touched as f64);
        Self {
            of: None,
            count: left(|line| line.count),
            touched,
            first_touch_s: average(waited(self) - lines.iter().map(waited).sum::<f64>()),
            won: left(|line| line.won),
            closed: left(|line| line.closed),
        }
    }
}

/// The figures of some time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Leads that came since then.
    pub since: DateTime<Utc>,
    /// All together; none came: no line.
    pub all: Option<Line>,
    /// By gateway, most first.
    pub by_source: Vec<Line>,
    /// By kind of business, most first.
    pub by_niche: Vec<Line>,
    /// By who has them, most first.
    pub by_operator: Vec<Line>,
}

/// Counts the leads that came since then.
///
/// # Errors
/// The database refuses.
pub async fn figures(conn: &mut PgConnection, since: DateTime<Utc>) -> sqlx::Result<Figures> {
    let cells = store::figures::cells(conn, since).await?;
    Ok(Figures {
        since,
        all: lines(&cells, |_| None).pop(),
        by_source: lines(&cells, |cell| Some(cell.source.clone())),
        by_niche: lines(&cells, |cell| cell.niche.clone()),
        by_operator: lines(&cells, |cell| cell.assignee.map(|person| person.to_string())),
    })
}

/// The first names of the operators in these figures, by Telegram id.
///
/// # Errors
/// The database refuses.
pub async fn names(conn: &mut PgConnection, figures: &Figures) -> sqlx::Result<BTreeMap<i64, String>> {
    let mut names = BTreeMap::new();
    for id in figures.by_operator.iter().filter_map(|line| line.of.as_ref()?.parse().ok()) {
        if let Some(name) = access::first_name(conn, id).await? {
            names.insert(id, name);
        }
    }
    Ok(names)
}

/// The figures as a picture for one reader; none when no lead came.
pub fn picture(front: &Front, reader: &Reader, figures: &Figures, names: &BTreeMap<i64, String>) -> Option<Plot> {
    card::plot(front, reader, figures, &|id| names.get(&id).cloned())
}

/// The cells put together by one property, most leads first.
fn lines(cells: &[Cell], of: impl Fn(&Cell) -> Option<String>) -> Vec<Line> {
    let mut sums: BTreeMap<Option<String>, (Line, f64)> = BTreeMap::new();
    for cell in cells {
        let of = of(cell);
        let empty = || (Line { of: of.clone(), count: 0, touched: 0, first_touch_s: None, won: 0, closed: 0 }, 0.0);
        let (line, waited) = sums.entry(of.clone()).or_insert_with(empty);
        line.count += cell.count;
        line.touched += cell.touched;
        line.won += cell.won;
        line.closed += cell.closed;
        *waited += cell.waited_s;
    }
    let average = |(line, waited): (Line, f64)| {
        #[expect(clippy::cast_precision_loss, reason = "counts of leads are far below 2^53")]
        let first_touch_s = (line.touched > 0).then(|| waited / line.touched as f64);
        Line { first_touch_s, ..line }
    };
    let mut lines: Vec<Line> = sums.into_values().map(average).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.count));
    lines.truncate(LINES);
    lines
}

/// What a stranger typed as a cell of a table: a spreadsheet shows it and does not run it. What begins like a formula gets an
/// apostrophe in front, by which spreadsheets know text. So does every part after a character at which a spreadsheet may
/// begin the next cell, depending on its country's separator.
pub fn cell(typed: &str) -> String {
    let part = |part: &str| {
        let runs = part.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
        if runs { format!("'{part}") } else { part.to_owned() }
    };
    typed.split_inclusive([';', '\t', '\r', '\n']).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for typed in ["=cmd|' /C calc'!A0", "+49 30", "-1", "@SUM(A1)", " =1", "＝1"] {
            assert_eq!(cell(typed), format!("'{typed}"));
            for end in [";", "\t", "\r", "\n", "\r\n"] {
                assert_eq!(cell(&format!("Anna{end}{typed}")), format!("Anna{end}'{typed}"));
                assert_eq!(cell(&format!("{end}{typed}")), format!("{end}'{typed}"));
            }
        }
        for typed in ["", "Anna", "a=b", "1-2", "'=1", "Anna; Bo", "one\r\ntwo"] {
            assert_eq!(cell(typed), typed);
        }
    }

    #[test]
    fn conversion_is_clients_of_a_hundred() {
        let line = Line { of: None, count: 8, touched: 4, first_touch_s: None, won: 2, closed: 1 };
        assert!((line.conversion() - 25.0).abs() < f64::EPSILON);
        assert!(Line { count: 0, won: 0, ..line }.conversion().abs() < f64::EPSILON);
    }

    #[test]
    fn the_rest_is_what_all_have_and_those_that_are_named_have_not() {
        let line = |count, touched, first_touch_s| Line { of: None, count, touched, first_touch_s, won: 1, closed: 1 };
        let all = Line { won: 3, closed: 2, ..line(10, 4, Some(25.0)) };
        let named = [line(5, 2, Some(10.0)), line(3, 0, None)];
        assert_eq!(all.without(&named), Line { won: 1, closed: 0, ..line(2, 2, Some(40.0)) });
        assert_eq!(all.without(std::slice::from_ref(&all)).first_touch_s, None);
    }
}
