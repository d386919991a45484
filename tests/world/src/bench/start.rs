//! Start to ready, and the memory of a hub that has nothing to do.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::figure::{Figure, Unit, milliseconds};
use crate::deadline::{rest, until_exactly};
use crate::hub::Hub;

/// How many starts are measured, after one that is not.
const STARTS: usize = 10;
/// After how many of them the memory is looked at.
const LOOKS: usize = 3;
/// How long a hub has been ready when it counts as idle.
const IDLE: Duration = Duration::from_secs(10);

/// Starts a hub again and again on a database that is migrated and warm.
///
/// # Errors
/// A part of the world fails.
pub async fn measure(tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let world = super::world().await?;
    let measured = starts(world.hub(), tell).await;
    let cleared = world.abandon().await;
    let figures = measured?;
    cleared?;
    Ok(figures)
}

async fn starts(hub: &Hub, tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    hub.start().await?;
    hub.stop().await?;
    let (mut ready, mut own, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..STARTS {
        let began = Instant::now();
        hub.spawn().await?;
        until_exactly("the hub to be ready", Duration::from_secs(20), async || {
            Ok(hub.get("/readyz").await.ok().filter(|(status, _)| *status == 200))
        })
        .await?;
        ready.push(began.elapsed());
        own.push(own_words(&hub.log()?)?);
        if run < LOOKS {
            rest(IDLE).await;
            let pid = hub.pid().await.context("the hub does not run")?;
            memory.push(super::resident(pid)?);
        }
        hub.stop().await?;
    }
    let figures = vec![
        Figure::new(
            "start → ready",
            "`hub run` executed, to the first 200 of `/readyz`; all roles, migrated database, warm",
            Unit::Milliseconds,
            milliseconds(&ready),
        )
        .at_most(300.0),
        Figure::new(
            "start → ready, in the hub's own words",
            "its line \"ready in … ms\", of the same starts",
            Unit::Milliseconds,
            own,
        ),
        Figure::new("memory of the idle hub", "resident set 10 s after ready, all roles", Unit::Mebibytes, memory)
            .at_most(40.0),
    ];
    figures.iter().for_each(|figure| tell(&figure.to_string()));
    Ok(figures)
}

/// The last "ready in N ms" of a log.
fn own_words(log: &str) -> Result<f64> {
    let Some((_, rest)) = log.rsplit_once("ready in ") else {
        bail!("the hub's log does not say how soon it was ready");
    };
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    number.parse().context("the hub's log does not say how soon it was ready")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_start_of_a_log_counts() {
        let log = "INFO hub: ready in 900 ms roles=bot\nINFO stopped\nINFO hub: ready in 31 ms roles=bot";
        assert!(own_words(log).is_ok_and(|ms| (ms - 31.0).abs() < 0.1));
        assert!(own_words("INFO stopped").is_err());
    }
}
