//! Leads in figures: as words below a picture, and what the picture shows.

use chrono::TimeDelta;
use serde::Serialize;
use waas_platform::render::{Bar, CAPTION_LIMIT, Context, Group, Plot, Reader, RenderError};
use waas_platform::telegram::View;

use super::super::figures::{Figures, Line};
use super::{LISTED_CHARS, niche_words, short};
use crate::front::Front;

/// Lines of one table, and bars of one group, at most.
const LINES: usize = 8;

/// One line in words.
#[derive(Serialize)]
struct Row {
    of: String,
    count: i64,
    touched: Option<f64>,
    won: i64,
    conversion: String,
}

/// What the lines are called, for one reader; `names` are those of the operators, by Telegram id.
struct Called<'a> {
    front: &'a Front,
    reader: &'a Reader,
    names: &'a dyn Fn(i64) -> Option<String>,
}

impl Called<'_> {
    fn word(&self, key: &str) -> String {
        self.front.word(self.reader, key)
    }

    fn source(&self, line: &Line) -> String {
        line.of.as_deref().map_or_else(|| self.word("lead-figures-none"), |of| short(of, LISTED_CHARS))
    }

    fn niche(&self, line: &Line) -> String {
        line.of.as_deref().map_or_else(
            || self.word("lead-figures-none"),
            |of| short(&niche_words(self.front, self.reader, of), LISTED_CHARS),
        )
    }

    fn operator(&self, line: &Line) -> String {
        match line.of.as_deref().map(|of| of.parse().ok().and_then(self.names)) {
            Some(Some(name)) => short(&name, LISTED_CHARS),
            Some(None) | None => self.word("lead-figures-nobody"),
        }
    }

    fn conversion(&self, line: &Line) -> String {
        self.front.renderer().words().number(&self.reader.lang, line.conversion(), 1)
    }

    fn row(&self, of: String, line: &Line) -> Row {
        let conversion = self.conversion(line);
        Row { of, count: line.count, touched: line.first_touch_s, won: line.won, conversion }
    }

    fn table(&self, lines: &[Line], most: usize, of: fn(&Self, &Line) -> String) -> Vec<Row> {
        lines.iter().take(most).map(|line| self.row(of(self, line), line)).collect()
    }
}

/// Figures as tables, as many lines of them as stand below a picture.
pub(in crate::leads) fn figures(
    front: &Front,
    reader: &Reader,
    figures: &Figures,
    names: &dyn Fn(i64) -> Option<String>,
) -> Result<View, RenderError> {
    let called = Called { front, reader, names };
    let mut most = LINES;
    loop {
        let context = Context::new()
            .with("since", &figures.since)
            .with("all", &figures.all.as_ref().map(|line| called.row(String::new(), line)))
            .with("sources", &called.table(&figures.by_source, most, Called::source))
            .with("niches", &called.table(&figures.by_niche, most, Called::niche))
            .with("operators", &called.table(&figures.by_operator, most, Called::operator));
        let html = front.say(reader, "leads/figures.html", &context)?;
        if html.units() <= CAPTION_LIMIT || most == 1 {
            return Ok(View::text(html));
        }
        most -= 1;
    }
}

/// The same as bars; none when no lead came.
pub(in crate::leads) fn plot(
    front: &Front,
    reader: &Reader,
    figures: &Figures,
    names: &dyn Fn(i64) -> Option<String>,
) -> Option<Plot> {
    let all = figures.all.as_ref()?;
    let called = Called { front, reader, names };
    let words = front.renderer().words();
    let time = |at, form| words.local_time(&reader.lang, at, reader.zone, form);
    let line = [("count", all.count.into()), ("won", all.won.into()), ("conversion", called.conversion(all).into())];
    let since = time(figures.since, "time-date");
    let period = [
        ("since", time(figures.since, "time-date-time").into()),
        ("until", time(reader.now, "time-date-time").into()),
        ("zone", reader.zone.name().into()),
    ];
    Some(Plot {
        title: front.word_with(reader, "lead-figures-title", &[("since", since.into())]),
        summary: front.word_with(reader, "lead-figures-line", &line),
        legend: (called.word("lead-plot-came"), called.word("lead-plot-won")),
        beside: called.word("lead-plot-beside"),
        groups: vec![
            group(&called, "lead-figures-sources", &figures.by_source, all, Called::source),
            group(&called, "lead-figures-niches", &figures.by_niche, all, Called::niche),
            group(&called, "lead-figures-operators", &figures.by_operator, all, Called::operator),
        ],
        foot: vec![
            front.word_with(reader, "lead-plot-period", &period),
            front.word_with(reader, "lead-plot-made", &[("at", time(reader.now, "time-date-time").into())]),
        ],
    })
}

/// The bars of one property; beyond the most, the rest together.
fn group<'a>(
    called: &Called<'a>,
    title: &str,
    lines: &[Line],
    all: &Line,
    of: fn(&Called<'a>, &Line) -> String,
) -> Group {
    let shown = if lines.len() <= LINES { lines } else { &lines[..LINES - 1] };
    let mut bars: Vec<Bar> = shown.iter().map(|line| bar(called, of(called, line), line)).collect();
    if shown.len() < lines.len() {
        let others = bar(called, called.word("lead-plot-others"), &all.without(shown));
        // In words alone: many together would leave nothing of the lengths of those that are named.
        bars.push(Bar { whole: 0.0, part: 0.0, ..others });
    }
    Group { title: called.word(title), bars }
}

fn bar(called: &Called<'_>, label: String, line: &Line) -> Bar {
    let words = called.front.renderer().words();
    let lang = &called.reader.lang;
    let share =
        called.front.word_with(called.reader, "lead-plot-share", &[("conversion", called.conversion(line).into())]);
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds")]
    let touched = line.first_touch_s.map(|s| words.duration(lang, TimeDelta::seconds(s.round() as i64)));
    #[expect(clippy::cast_precision_loss, reason = "counts of leads are far below 2^53")]
    let (whole, part) = (line.count as f64, line.won as f64);
    Bar {
        label,
        whole,
        part,
        value: words.number(lang, whole, 0),
        beside: [Some(share), touched].into_iter().flatten().collect::<Vec<_>>().join(" · "),
    }
}
