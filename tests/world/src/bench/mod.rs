//! `make bench`: every figure of `docs/performance.md`, measured on the release build with real parts, from outside.
//!
//! | file | measures or does |
//! |---|---|
//! | [`start`] | start to ready, and the memory of a hub that has nothing to do |
//! | [`leads`] | from the push of a lead to its card |
//! | [`telegram`] | from an update to its reply, beside other ways to write a bot; a page past a thousand messages |
//! | [`rolling`] | a planned restart as people notice it |
//! | [`audit`] | what an entry of the audit costs, and a look through a million |
//! | [`desk`] | the operators' desk with 100,000 leads: leads over HTTP, cards, searches, figures |
//! | [`build`] | from `hub init-project` to the site's first answer, beside its peer |
//! | `spent` | processor time |
//! | `compose` | the peer: `docker-compose` with the same folder |
//! | [`figure`] | medians, spreads, goals |
//! | [`machine`] | what it was measured on and with |
//! | [`page`] | the table, printed and in the page |

pub mod audit;
pub mod build;
pub mod desk;
pub mod figure;
pub mod leads;
pub mod machine;
pub mod page;
pub mod rolling;
pub mod start;
pub mod telegram;

mod compose;
mod spent;

use anyhow::{Context as _, Result};
use sqlx::Executor as _;

use crate::world::{Options, World};

pub use figure::Figure;

/// A world whose hub is stopped and whose database confirms commits as it does in production: other worlds let Postgres
/// confirm early, which would flatter every figure.
async fn world() -> Result<World> {
    world_with(Options::default()).await
}

/// The same with other settings.
async fn world_with(options: Options) -> Result<World> {
    let world = World::start_with(Options { hub_stopped: true, ..options }).await?;
    let reset = "do $$ begin execute format('alter database %I reset synchronous_commit', current_database()); end $$";
    world.database().await?.execute(reset).await?;
    Ok(world)
}

/// A setting of the world's hub.
fn setting(world: &World, name: &str) -> Result<String> {
    let (_, environment) = world.hub().command();
    let found = environment.iter().rev().find(|(key, _)| key == name);
    found.map(|(_, value)| value.clone()).with_context(|| format!("a world without {name}"))
}

/// Resident memory of a process, in MiB.
fn resident(pid: u32) -> Result<f64> {
    let status =
        std::fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid} is gone"))?;
    let kibibytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse::<f64>().ok())
        .with_context(|| format!("process {pid} does not say how much memory it has"))?;
    Ok(kibibytes / 1024.0)
}
