//! Figures: values of several runs, their median and spread, and the goal.

use std::fmt;
use std::time::Duration;

/// What a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// ms
    Milliseconds,
    /// s
    Seconds,
    /// MiB
    Mebibytes,
    /// how many times the peer
    Times,
    /// a second
    PerSecond,
}

/// What was promised of the median.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// It may be as much.
    AtMost(f64),
    /// It must be as much.
    AtLeast(f64),
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// How, in a few words.
    pub how: &'static str,
    /// One value for each run.
    pub values: Vec<f64>,
    /// Of the values and the goal.
    pub unit: Unit,
    /// None when nobody promised anything.
    pub goal: Option<Goal>,
}

impl Figure {
    /// A figure without a goal.
    pub fn new(what: impl Into<String>, how: &'static str, unit: Unit, values: Vec<f64>) -> Self {
        Self { what: what.into(), how, values, unit, goal: None }
    }

    /// The same with a goal: no more than that.
    #[must_use]
    pub fn at_most(mut self, goal: f64) -> Self {
        self.goal = Some(Goal::AtMost(goal));
        self
    }

    /// The same with a goal: no less than that.
    #[must_use]
    pub fn at_least(mut self, goal: f64) -> Self {
        self.goal = Some(Goal::AtLeast(goal));
        self
    }

    /// The middle of the runs.
    pub fn median(&self) -> f64 {
        percentile(&self.values, 50.0)
    }

    /// Least and most.
    pub fn spread(&self) -> (f64, f64) {
        (percentile(&self.values, 0.0), percentile(&self.values, 100.0))
    }

    /// Whether the goal is kept; none without one.
    pub fn is_kept(&self) -> Option<bool> {
        self.goal.map(|goal| match goal {
            Goal::AtMost(most) => self.median() <= most,
            Goal::AtLeast(least) => self.median() >= least,
        })
    }

    /// A value with its unit.
    pub fn say(&self, value: f64) -> String {
        match self.unit {
            Unit::Milliseconds if value < 10.0 => format!("{value:.2} ms"),
            Unit::Milliseconds => format!("{value:.0} ms"),
            Unit::Seconds => format!("{value:.2} s"),
            Unit::Mebibytes => format!("{value:.1} MiB"),
            Unit::Times => format!("{value:.2} ×"),
            Unit::PerSecond => format!("{value:.0} /s"),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = self.spread();
        let (median, least, most) = (self.say(self.median()), self.say(least), self.say(most));
        let runs = self.values.len();
        write!(f, "{}: {median} ({least} to {most}, {runs} runs)", self.what)
    }
}

/// The value that so many percent do not exceed; 0 for no values. Between two values it lies on the line between them.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let place = last as f64 * percent / 100.0;
    let (below, above) = (place.floor(), place.ceil());
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or_default();
    at(below) + (at(above) - at(below)) * (place - below)
}

/// Durations as milliseconds.
pub fn milliseconds(times: &[Duration]) -> Vec<f64> {
    times.iter().map(|time| time.as_secs_f64() * 1000.0).collect()
}

/// Durations as seconds.
pub fn seconds(times: &[Duration]) -> Vec<f64> {
    times.iter().map(Duration::as_secs_f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_where_they_should() {
        let values = [4.0, 1.0, 3.0, 2.0];
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(close(percentile(&values, 0.0), 1.0));
        assert!(close(percentile(&values, 50.0), 2.5));
        assert!(close(percentile(&values, 100.0), 4.0));
        assert!(close(percentile(&[7.0], 99.0), 7.0));
        assert!(close(percentile(&[], 50.0), 0.0));
    }

    #[test]
    fn a_goal_is_kept_by_the_median() {
        let figure = Figure::new("x", "", Unit::Times, vec![1.0, 1.1, 9.0]);
        assert_eq!(figure.is_kept(), None);
        assert_eq!(figure.clone().at_most(1.1).is_kept(), Some(true));
        assert_eq!(figure.clone().at_most(1.09).is_kept(), Some(false));
        assert_eq!(figure.to_string(), "x: 1.10 × (1.00 × to 9.00 ×, 3 runs)");
    }
}
