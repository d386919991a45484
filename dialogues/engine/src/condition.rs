//! When a step is asked.
//!
//! A condition looks only at earlier steps, by their place in the definition,
//! so that walking forward once decides every step.

/// What is known of one step while walking along the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    /// Its condition does not hold; whatever was answered once does not count.
    Off,
    /// To be asked.
    Open,
    /// Passed over.
    Skipped,
    /// Answered with something that is not an option.
    Given,
    /// Answered with options: bit n stands for option n.
    Chosen(u64),
}

impl Fact {
    /// Whether the step is asked at all.
    pub(crate) fn on_path(self) -> bool {
        self != Self::Off
    }
}

/// A condition on earlier steps; `step` is an index into the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// One of the options in `mask` was chosen.
    Is {
        step: usize,
        mask: u64,
    },
    /// The step was answered, not skipped.
    Answered {
        step: usize,
    },
    Not(Box<Condition>),
    Any(Vec<Condition>),
    All(Vec<Condition>),
}

impl Condition {
    /// Whether it holds, given what is known of the earlier steps.
    pub(crate) fn holds(&self, facts: &[Fact]) -> bool {
        match self {
            Self::Is { step, mask } => {
                matches!(facts.get(*step), Some(Fact::Chosen(chosen)) if chosen & mask != 0)
            }
            Self::Answered { step } => {
                matches!(facts.get(*step), Some(Fact::Chosen(_) | Fact::Given))
            }
            Self::Not(inner) => !inner.holds(facts),
            Self::Any(inner) => inner.iter().any(|condition| condition.holds(facts)),
            Self::All(inner) => inner.iter().all(|condition| condition.holds(facts)),
        }
    }

    /// What this condition wants to know of `index`: `None` when nothing, else
    /// the options whose choice makes a difference.
    pub(crate) fn interest(&self, index: usize) -> Option<u64> {
        match self {
            Self::Is { step, mask } => (*step == index).then_some(*mask),
            Self::Answered { step } => (*step == index).then_some(0),
            Self::Not(inner) => inner.interest(index),
            Self::Any(inner) | Self::All(inner) => {
                inner.iter().filter_map(|condition| condition.interest(index)).reduce(|left, right| left | right)
            }
        }
    }
}
