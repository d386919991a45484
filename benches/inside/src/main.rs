//! Times functions of the hub's library, as the chat and the command line call them, on a database full of leads.
//!
//! The world of the tests sees a hub from outside only, where the time of a query cannot be told from that of a turn: hence a
//! program of its own, which `bench desk` starts. It prints one JSON object: for each thing its runs, each a list of
//! milliseconds.
//!
//!     DATABASE_URL=postgres://… bench-inside

use std::io::Write as _;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::json;
use sqlx::Connection as _;
use waas_hub::front::Front;
use waas_hub::leads::{self, Filter, Lead};
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::render::{Reader, Share};

/// Of each kind.
const RUNS: usize = 3;
/// Of each kind and run.
const SEARCHES: usize = 100;
const COUNTS: usize = 40;
const CARDS: usize = 300;
const PICTURES: usize = 10;
/// Not timed, before each kind.
const WARM_UP: usize = 10;
/// Leads that a page of the chat's list asks for.
const PAGE: i64 = 11;
/// The languages of the readers, in turn.
const LANGUAGES: [&str; 3] = ["en", "de", "ru"];

// One thread: one thing at a time is timed.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set")?;
    let mut conn = PgConnection::connect(&url).await?;
    let now = Clock::system().now();
    let samples = samples(&mut conn).await?;
    let front = Front::open(&Share::default(), "en", Tz::Europe__Berlin)?;
    let readers = LANGUAGES.map(|lang| front.reader(Some(lang), now));
    let told = json!({
        "name": searches(&mut conn, &samples, by_name).await?,
        "phone": searches(&mut conn, &samples, by_phone).await?,
        "words": searches(&mut conn, &samples, by_words).await?,
        "all": counts(&mut conn, DateTime::UNIX_EPOCH).await?,
        "month": counts(&mut conn, now - TimeDelta::days(30)).await?,
        "card": cards(&front, &readers, &samples)?,
        "picture": pictures(&mut conn, &front, &readers).await?,
    });
    writeln!(std::io::stdout(), "{told}")?;
    Ok(())
}

/// Leads from all over the table, in no order that an index would have.
async fn samples(conn: &mut PgConnection) -> Result<Vec<Lead>> {
    let newest = leads::page(conn, &Filter::default(), None, 1).await?;
    let last = newest.first().context("there are no leads")?.number;
    let mut samples = Vec::with_capacity(SEARCHES);
    for nth in 0..SEARCHES {
        // A prime beyond any number of leads here: steps that do not repeat themselves.
        let before = (i64::try_from(nth)? + 1) * 15_485_863 % last + 2;
        samples.extend(leads::page(conn, &Filter::default(), Some(before), 1).await?);
    }
    ensure!(samples.len() == SEARCHES, "only {} leads were found", samples.len());
    Ok(samples)
}

/// Both names, or the first one alone.
fn by_name(nth: usize, lead: &Lead) -> String {
    match lead.name.split_once(' ') {
        Some((first, _)) if nth.is_multiple_of(2) => first.to_owned(),
        Some(_) | None => lead.name.clone(),
    }
}

/// As it was typed, or with the country left away.
fn by_phone(nth: usize, lead: &Lead) -> String {
    let phone = lead.phone.as_deref().unwrap_or_default();
    if nth.is_multiple_of(2) { phone.to_owned() } else { phone.replace("+49 ", "0") }
}

/// Two words of what the person wrote.
fn by_words(nth: usize, lead: &Lead) -> String {
    let message = lead.message.as_deref().unwrap_or_default();
    let words: Vec<&str> = message.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 4).collect();
    let word = |at: usize| words.get(at % words.len().max(1)).copied().unwrap_or_default();
    format!("{} {}", word(nth), word(nth * 7 + 3))
}

/// Each as `/leads WORDS` does it. What is looked for is there: a search that finds nothing would be timed for nothing.
async fn searches(
    conn: &mut PgConnection,
    samples: &[Lead],
    typed: fn(usize, &Lead) -> String,
) -> Result<Vec<Vec<f64>>> {
    let mut runs = Vec::new();
    for run in 0..=RUNS {
        let mut took = Vec::with_capacity(samples.len());
        // The first one is the warm-up.
        for (nth, lead) in samples.iter().enumerate().take(if run == 0 { WARM_UP } else { samples.len() }) {
            let words = typed(nth + run, lead);
            let filter = Filter { words: Some(words), ..Filter::default() };
            let began = Instant::now();
            let found = leads::page(conn, &filter, None, PAGE).await?;
            took.push(milliseconds(began));
            ensure!(!found.is_empty(), "{:?} is not found", filter.words);
        }
        runs.push(took);
    }
    Ok(runs.split_off(1))
}

/// Each as `hub lead stats` does it.
async fn counts(conn: &mut PgConnection, since: DateTime<Utc>) -> Result<Vec<Vec<f64>>> {
    let mut runs = Vec::new();
    for run in 0..=RUNS {
        let mut took = Vec::with_capacity(COUNTS);
        for _ in 0..if run == 0 { WARM_UP } else { COUNTS } {
            let began = Instant::now();
            let figures = leads::figures(conn, since).await?;
            took.push(milliseconds(began));
            ensure!(figures.all.is_some(), "no lead was counted");
        }
        runs.push(took);
    }
    Ok(runs.split_off(1))
}

/// Layout, words and buttons; nothing is looked up.
fn cards(front: &Front, readers: &[Reader], samples: &[Lead]) -> Result<Vec<Vec<f64>>> {
    let mut runs = Vec::new();
    for run in 0..=RUNS {
        let mut took = Vec::with_capacity(CARDS);
        let leads = samples.iter().cycle().zip(readers.iter().cycle());
        for (nth, (lead, reader)) in leads.enumerate().take(if run == 0 { WARM_UP } else { CARDS }) {
            let twins = samples.get(nth % samples.len()..).unwrap_or_default();
            let around = leads::Around { holder: Some("Bo"), twins: twins.get(..1).unwrap_or_default(), merged: None };
            let began = Instant::now();
            let view = leads::card(front, reader, lead, &around)?;
            took.push(milliseconds(began));
            ensure!(!view.html.is_empty(), "an empty card");
        }
        runs.push(took);
    }
    Ok(runs.split_off(1))
}

/// From figures that were counted to the bytes of the PNG.
async fn pictures(conn: &mut PgConnection, front: &Front, readers: &[Reader]) -> Result<Vec<Vec<f64>>> {
    let figures = leads::figures(conn, DateTime::UNIX_EPOCH).await?;
    let names = leads::names(conn, &figures).await?;
    let mut runs = Vec::new();
    // No warm-up: the first picture of a hub is one that somebody waits for.
    for _ in 0..RUNS {
        let mut took = Vec::with_capacity(PICTURES);
        for reader in readers.iter().cycle().take(PICTURES) {
            let began = Instant::now();
            let plot = leads::picture(front, reader, &figures, &names).context("there is nothing to draw")?;
            let png = plot.png()?;
            took.push(milliseconds(began));
            ensure!(!png.is_empty(), "an empty picture");
        }
        runs.push(took);
    }
    Ok(runs)
}

fn milliseconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}
