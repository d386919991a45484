//! From an update to its reply, beside other ways to write a bot, all with one player of Telegram, one Postgres and one
//! Redis; and how long a page takes while a thousand lesser messages wait.
//!
//! | file | does |
//! |---|---|
//! | `contender` | starts one bot under `benches/peers`' `measure` and reads what that saw |
//! | `conversations` | a hub whose people are in the middle of a survey |
//! | `page` | the page |

mod contender;
mod conversations;
mod page;

use std::path::Path;

use anyhow::{Context as _, Result};

use super::figure::{Figure, Unit};
use contender::{Contender, Load, Report};

pub use contender::versions;

/// Each contender is measured so often, in turn with the others.
const ROUNDS: usize = 3;
/// How long, once it is warm.
const SECONDS: f64 = 3.0;
/// People who talk side by side where nothing else is said.
const PEOPLE: usize = 100;
/// How throughput grows is looked at with these beside.
const CROWDS: [usize; 3] = [1, 10, 1000];
/// Shares of a contender's own full rate.
const LOADS: [(f64, &str); 2] = [(0.1, "10 %"), (0.8, "80 %")];

/// Measures all bots, and then the page.
///
/// # Errors
/// A part of the world fails, a reply is lost or wrong, or `measure` was too slow for what it measured: then nothing is
/// worth telling.
pub async fn measure(repository: &Path, tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let world = conversations::world(repository).await?;
    let measured = race(repository, &world, tell).await;
    let cleared = world.abandon().await;
    let mut figures = measured?;
    cleared?;
    figures.extend(page::measure(tell).await?);
    Ok(figures)
}

/// What one contender reached at full load, a value for each round.
#[derive(Default)]
struct Full(Vec<Report>);

impl Full {
    fn each(&self, of: impl Fn(&Report) -> f64) -> Vec<f64> {
        self.0.iter().map(of).collect()
    }
}

async fn race(repository: &Path, world: &crate::World, tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let mut contenders = contender::all(repository, world)?;
    let mut full: Vec<Full> = contenders.iter().map(|_| Full::default()).collect();
    for _ in 0..ROUNDS {
        for (contender, full) in contenders.iter_mut().zip(&mut full) {
            full.0.push(contender.run(&Load::closed(PEOPLE, SECONDS)).await?);
        }
    }
    let mut figures = Vec::new();
    for (contender, full) in contenders.iter().zip(&full) {
        figures.extend(of_one(contender, full));
    }
    figures.extend(beside(&contenders, &full)?);
    figures.iter().for_each(|figure| tell(&figure.to_string()));
    for (contender, full) in contenders.iter_mut().zip(&full).filter(|(contender, _)| contender.is_looked_at_closely())
    {
        let more = closely(contender, full, tell).await?;
        more.iter().for_each(|figure| tell(&figure.to_string()));
        figures.extend(more);
    }
    Ok(figures)
}

fn of_one(contender: &Contender, full: &Full) -> Vec<Figure> {
    let name = contender.name();
    let how = contender.how();
    let mut figures = vec![
        Figure::new(format!("{name}: updates, {PEOPLE} people"), how, Unit::PerSecond, full.each(|r| r.rate)),
        Figure::new(
            format!("{name}: CPU an update"),
            "of the bot's process, user and system, in those runs; Redis and Postgres are not in it",
            Unit::Milliseconds,
            full.each(|r| r.cpu),
        ),
    ];
    if !contender.is_null() {
        figures.push(Figure::new(
            format!("{name}: memory"),
            "resident set of the process after those runs",
            Unit::Mebibytes,
            full.each(|r| r.memory),
        ));
    }
    figures
}

/// The hub in terms of the others, round by round.
fn beside(contenders: &[Contender], full: &[Full]) -> Result<Vec<Figure>> {
    let of = |name: &str| {
        let found = contenders.iter().zip(full).find(|(contender, _)| contender.name() == name);
        found.map(|(_, full)| full).with_context(|| format!("{name} is no contender"))
    };
    let hub = of(contender::HUB)?;
    let ratio = |peer: &Full, of: fn(&Report) -> f64| -> Vec<f64> {
        hub.0.iter().zip(&peer.0).map(|(ours, theirs)| of(ours) / of(theirs)).collect()
    };
    let rate: fn(&Report) -> f64 = |report| report.rate;
    let memory: fn(&Report) -> f64 = |report| report.memory;
    let times = |what: &str, values| Figure::new(what, "of the two of each round", Unit::Times, values);
    let best = contenders.iter().zip(full).filter(|(contender, _)| contender.is_bot());
    let best = best.flat_map(|(_, full)| full.each(rate)).fold(0.0, f64::max);
    let generator = of(contender::NULL)?.each(|report| report.rate / best);
    Ok(vec![
        times("updates of the hub in terms of aiogram's", ratio(of(contender::AIOGRAM)?, rate)).at_least(5.0),
        times("updates of the hub in terms of teloxide's", ratio(of(contender::TELOXIDE)?, rate)).at_least(1.0),
        times("updates of the hub in terms of the bare handler's", ratio(of(contender::BARE)?, rate)).at_least(0.25),
        times("memory of the hub in terms of aiogram's", ratio(of(contender::AIOGRAM)?, memory)).at_most(0.25),
        Figure::new(
            "who measures, in terms of the best bot",
            "the rate with no bot by the best round of any bot; below the goal all rates of bots are worth nothing",
            Unit::Times,
            generator,
        )
        .at_least(3.0),
    ])
}

/// Latency below full load, and how the rate grows with the people.
async fn closely(contender: &mut Contender, full: &Full, tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let name = contender.name();
    for people in CROWDS {
        // Too many at once is a thing to know, and not the end of the run.
        let rate = match contender.run(&Load::closed(people, SECONDS)).await {
            Ok(report) => report.rate,
            Err(error) => {
                tell(&format!("{people} people are too many: {error:#}"));
                0.0
            }
        };
        let what = format!("{name}: updates, {people} people");
        let how = "as above; 0 when somebody waited longer than 30 s";
        figures.push(Figure::new(what, how, Unit::PerSecond, vec![rate]).at_least(1.0));
    }
    let mut rates = full.each(|report| report.rate);
    rates.sort_by(f64::total_cmp);
    let middle = rates.get(rates.len() / 2).copied().unwrap_or_default();
    for (share, called) in LOADS {
        let report = contender.run(&Load::open(PEOPLE * 3, SECONDS, middle * share)).await?;
        for (which, value) in [("p50", report.p50), ("p99", report.p99)] {
            let what = format!("{name}: update → reply at {called} load, {which}");
            let how =
                "updates come evenly at that share of its own rate with 100 people, whatever becomes of those before";
            figures.push(Figure::new(what, how, Unit::Milliseconds, vec![value]));
        }
    }
    Ok(figures)
}
