//! The operators' desk with 100,000 leads in its database: how fast leads come in, how soon their cards are seen, how long
//! searches, figures and pictures take.
//!
//! | file | does |
//! |---|---|
//! | `stock` | the 100,000 leads |
//! | `cards` | from the push of a lead to its card |
//! | `inside` | searches, figures, cards and pictures, timed in the hub's library by `benches/inside` |
//! | `doors` | leads over HTTP, beside a peer |
//! | `posts` | who posts them |
//! | `peer` | the peer's program |

mod cards;
mod doors;
mod inside;
mod peer;
mod posts;
mod stock;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::figure::Figure;
use crate::world::{Options, World};

pub use peer::versions;

/// For all of it.
const PATIENCE: Duration = Duration::from_secs(240);

/// Fills a database, then measures one thing after the other.
///
/// # Errors
/// A part of the world fails, a lead is lost, or all of it takes longer than four minutes.
pub async fn measure(repository: &Path, tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let options = Options { no_limits: true, ..Options::default() };
    // One key posts as fast as it can: how often a key may call is not what is measured.
    let options = options.set("HUB_LEADS__HTTP_PER_MINUTE", "1000000000").set("HUB_LEADS__HTTP_BURST", "1000000");
    let world = super::world_with(options.set("HUB_LOG__FILTER", "warn")).await?;
    let measured = tokio::time::timeout(PATIENCE, run(repository, &world, tell)).await;
    let cleared = world.abandon().await;
    let figures = measured.with_context(|| format!("the desk was not measured within {PATIENCE:?}"))??;
    cleared?;
    Ok(figures)
}

async fn run(repository: &Path, world: &World, tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    world.hub().start().await?;
    world.owner("Bo").await?;
    let took = stock::fill(world).await?;
    tell(&format!("{} leads stored in {:.0} s", stock::LEADS, took.as_secs_f64()));
    let mut figures = Vec::new();
    let mut add = |more: Vec<Figure>| {
        more.iter().for_each(|figure| tell(&figure.to_string()));
        figures.extend(more);
    };
    add(inside::measure(world).await?);
    add(cards::measure(world).await?);
    // Last: it leaves many more leads.
    add(doors::measure(repository, world).await?);
    Ok(figures)
}
