//! Processor time, by Linux's account in hundredths of a second.

use std::time::Duration;

/// Of a process and all that it started into its process group, as far as they still run.
pub(super) fn of_group(group: u32) -> Duration {
    let group = group.to_string();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Duration::ZERO };
    let stats = processes.flatten().filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    stats.filter(|stat| fields(stat).nth(2) == Some(&group)).map(|stat| time(&stat)).sum()
}

/// Of this process.
pub(super) fn own() -> Duration {
    std::fs::read_to_string("/proc/self/stat").map_or(Duration::ZERO, |stat| time(&stat))
}

/// What stands behind the name in parentheses: state, parent, process group, …
fn fields(stat: &str) -> impl Iterator<Item = &str> {
    stat.rsplit(')').next().unwrap_or_default().split_whitespace()
}

/// User and system time.
fn time(stat: &str) -> Duration {
    Duration::from_millis(10 * fields(stat).skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_read_behind_any_name() {
        let stat = "77 (a) (b c) S 1 42 42 0 -1 4194560 9 0 0 0 150 25 0 0 20 0 3 0 100";
        assert_eq!(time(stat), Duration::from_millis(1750));
        assert_eq!(fields(stat).nth(2), Some("42"));
    }
}
