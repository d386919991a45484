//! Leads in figures, and as a table for a spreadsheet.

use std::io;
use std::path::Path;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use waas_platform::db::PgConnection;
use waas_platform::render::Reader;

use super::super::{CliError, Invocation, Table};
use crate::front::Front;
use crate::leads::{self, Figures, Filter, Lead, Line, cell};

/// Leads that are read at once for the table.
const PAGE: i64 = 500;
const COLUMNS: [&str; 15] = [
    "number",
    "id",
    "source",
    "external_id",
    "name",
    "niche",
    "phone",
    "email",
    "telegram",
    "domain",
    "state",
    "score",
    "assignee",
    "closed_why",
    "received_at",
];

/// Figures as a table or as JSON, and as a picture in a file where one is named.
pub(super) async fn stats(
    conn: &mut PgConnection,
    invocation: &Invocation,
    since: DateTime<Utc>,
    plot: Option<(&Path, &Front, &Reader)>,
) -> Result<(), CliError> {
    let mut figures = leads::figures(conn, since).await.context("counting leads")?;
    let names = leads::names(conn, &figures).await.context("reading names")?;
    if let Some((file, front, reader)) = plot {
        match leads::picture(front, reader, &figures, &names) {
            Some(picture) => {
                let png = picture.png().context("drawing the figures")?;
                std::fs::write(file, png).with_context(|| format!("writing {}", file.display()))?;
            }
            None => invocation.note("No lead came in that time: there is nothing to draw, and no file."),
        }
    }
    for line in &mut figures.by_operator {
        let name = line.of.as_ref().and_then(|id| names.get(&id.parse().ok()?));
        line.of = name.cloned().or(line.of.take());
    }
    invocation.result(&figures, human)
}

fn human(figures: &Figures) -> String {
    let mut table = Table::new(&["by", "of", "leads", "touched", "first touch", "won", "closed", "conversion"]);
    let groups = [
        ("source", figures.by_source.as_slice()),
        ("niche", figures.by_niche.as_slice()),
        ("operator", figures.by_operator.as_slice()),
        ("all", figures.all.as_slice()),
    ];
    for (by, line) in groups.into_iter().flat_map(|(by, lines)| lines.iter().map(move |line| (by, line))) {
        table.row(row(by, line));
    }
    format!("Leads since {}\n{table}", figures.since.to_rfc3339())
}

fn row(by: &str, line: &Line) -> Vec<String> {
    vec![
        by.to_owned(),
        line.of.clone().unwrap_or_else(|| "-".to_owned()),
        line.count.to_string(),
        line.touched.to_string(),
        line.first_touch_s.map(|s| format!("{s:.0} s")).unwrap_or_default(),
        line.won.to_string(),
        line.closed.to_string(),
        format!("{:.1} %", line.conversion()),
    ]
}

/// Writes the table to standard output, page by page: memory does not grow with the leads.
pub(super) async fn export(conn: &mut PgConnection, filter: &Filter) -> Result<(), CliError> {
    let mut table = csv::Writer::from_writer(io::stdout());
    table.write_record(COLUMNS).map_err(anyhow::Error::from)?;
    let mut before = None;
    loop {
        let page = leads::page(conn, filter, before, PAGE).await.context("reading leads")?;
        let Some(last) = page.last() else { break };
        before = Some(last.number);
        for lead in &page {
            table.write_record(record(lead)).map_err(anyhow::Error::from)?;
        }
    }
    table.flush().map_err(anyhow::Error::from)?;
    Ok(())
}

fn record(lead: &Lead) -> [String; 15] {
    let optional = |text: &Option<String>| cell(text.as_deref().unwrap_or_default());
    [
        lead.number.to_string(),
        lead.id.to_string(),
        cell(&lead.source),
        cell(&lead.external_id),
        cell(&lead.name),
        optional(&lead.niche),
        optional(&lead.phone),
        optional(&lead.email),
        optional(&lead.telegram),
        optional(&lead.domain),
        lead.state.to_string(),
        lead.score.total.to_string(),
        lead.assignee.map(|id| id.to_string()).unwrap_or_default(),
        optional(&lead.closed_why),
        lead.received_at.to_rfc3339(),
    ]
}
