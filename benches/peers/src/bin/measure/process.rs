//! What a process has used, as Linux tells it.

use anyhow::Context as _;
use std::fs::read_to_string;
use std::time::Duration;

/// Linux counts CPU time for programs in hundredths of a second, whatever it ticks by itself.
const TICK: Duration = Duration::from_millis(10);

/// All threads of a process together.
#[derive(Debug)]
pub(crate) struct Usage {
    /// In user and in system mode since its start.
    pub(crate) cpu: Duration,
    /// Memory that is in use now.
    pub(crate) rss_mib: f64,
    /// The most that ever was.
    pub(crate) peak_rss_mib: f64,
}

impl Usage {
    /// # Errors
    /// When there is no such process.
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let folder = format!("/proc/{pid}");
        let stat = read_to_string(format!("{folder}/stat")).context("the bot ended")?;
        // The name stands in parentheses and may hold anything; state is the first field behind it.
        let (_, fields) = stat.rsplit_once(')').context("stat")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<u32>().ok()).context("stat");
        let cpu = TICK * (ticks(11)? + ticks(12)?);

        let status = read_to_string(format!("{folder}/status")).context("the bot ended")?;
        let mib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).context("status")?;
            let kib: f64 = line.split_whitespace().next().context("status")?.parse()?;
            anyhow::Ok(kib / 1024.0)
        };
        Ok(Self { cpu, rss_mib: mib("VmRSS:")?, peak_rss_mib: mib("VmHWM:")? })
    }

    /// Of this program.
    pub(crate) fn own() -> anyhow::Result<Self> {
        Self::of(std::process::id())
    }
}
