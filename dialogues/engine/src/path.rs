//! Which steps are asked, and how many may still come.

use serde::Serialize;

use crate::{
    answer::Answer,
    condition::Fact,
    definition::{Definition, Step},
    kind::Kind,
    session::Session,
};

/// How far a session is. `position <= total_min <= total` always holds, and
/// `total` shrinks only, unless an earlier answer is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The place of the present question on the path, from 1: the n of `n/m`.
    pub position: usize,
    /// The most questions this path can come to have: the m of `n/m`.
    pub total: usize,
    /// The fewest it can come to have; equal to `total` once all branches that
    /// differ in length are decided.
    pub total_min: usize,
}

/// How many ways of answering are looked at before bounds are good enough.
const BUDGET: usize = 10_000;

/// What is known of each step, in the order of the definition.
pub(crate) fn facts(definition: &Definition, session: &Session) -> Vec<Fact> {
    let mut facts = Vec::with_capacity(definition.steps.len());
    for step in &definition.steps {
        let asked = step.when.as_ref().is_none_or(|when| when.holds(&facts));
        facts.push(if asked { fact(step, session) } else { Fact::Off });
    }
    facts
}

/// What is known of a step that is on the path.
fn fact(step: &Step, session: &Session) -> Fact {
    match session.answers.get(&step.id) {
        Some(_) if step.kind.options().is_empty() => Fact::Given,
        Some(answer) => Fact::Chosen(mask(step, answer)),
        None if session.skipped.contains(&step.id) => Fact::Skipped,
        None => Fact::Open,
    }
}

fn mask(step: &Step, answer: &Answer) -> u64 {
    let places = answer.chosen();
    places.iter().filter_map(|id| step.kind.option_index(id)).fold(0, |mask, place| mask | 1 << place)
}

/// The first step that is still to be asked. Every step before it is decided,
/// so that its condition is decided as well.
pub(crate) fn first_open(definition: &Definition, session: &Session) -> Option<usize> {
    let facts = facts(definition, session);
    facts.iter().position(|fact| *fact == Fact::Open)
}

/// The step asked before `index`.
pub(crate) fn before(definition: &Definition, session: &Session, index: usize) -> Option<usize> {
    let facts = facts(definition, session);
    facts.iter().take(index).rposition(|fact| fact.on_path())
}

/// The last step of the path.
pub(crate) fn last(definition: &Definition, session: &Session) -> Option<usize> {
    before(definition, session, definition.steps.len())
}

/// How far a session is when the step at `index` is asked.
pub(crate) fn progress(definition: &Definition, session: &Session, index: usize) -> Progress {
    let known = facts(definition, session);
    let passed = known.iter().take(index).filter(|fact| fact.on_path());
    let position = passed.count() + 1;
    let mut walk = Walk::new(definition, Some(session));
    let (total_min, total) = walk.lengths(0);
    Progress { position, total: total.max(position), total_min: total_min.max(position) }
}

/// For each step, whether some way of answering leads to it; all true when
/// there are too many ways to look at.
pub(crate) fn reachable(definition: &Definition) -> Vec<bool> {
    let mut walk = Walk::new(definition, None);
    walk.lengths(0);
    if walk.budget == 0 {
        return vec![true; definition.steps.len()];
    }
    walk.reached
}

/// A walk over every way of answering what is open.
struct Walk<'a> {
    definition: &'a Definition,
    session: Option<&'a Session>,
    facts: Vec<Fact>,
    reached: Vec<bool>,
    budget: usize,
}

impl<'a> Walk<'a> {
    fn new(definition: &'a Definition, session: Option<&'a Session>) -> Self {
        Self { definition, session, facts: Vec::new(), reached: vec![false; definition.steps.len()], budget: BUDGET }
    }

    /// The fewest and the most steps asked from `index` on. When the budget is
    /// used up, bounds that are certain: none, and all that are left.
    fn lengths(&mut self, index: usize) -> (usize, usize) {
        let definition = self.definition;
        let Some(step) = definition.steps.get(index) else {
            return (0, 0);
        };
        self.budget = self.budget.saturating_sub(1);
        if self.budget == 0 {
            return (0, definition.steps.len() - index);
        }
        let asked = step.when.as_ref().is_none_or(|when| when.holds(&self.facts));
        if !asked {
            return self.lengths_with(index, Fact::Off);
        }
        if let Some(reached) = self.reached.get_mut(index) {
            *reached = true;
        }
        let known = self.session.map_or(Fact::Open, |session| fact(step, session));
        let outcomes = if known == Fact::Open { self.outcomes(index, step) } else { vec![known] };
        let lengths = outcomes
            .into_iter()
            .map(|outcome| self.lengths_with(index, outcome))
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let (min, max) = lengths.unwrap_or((0, 0));
        (min + 1, max + 1)
    }

    fn lengths_with(&mut self, index: usize, fact: Fact) -> (usize, usize) {
        self.facts.push(fact);
        let lengths = self.lengths(index + 1);
        self.facts.pop();
        lengths
    }

    /// The outcomes of a question that later conditions can tell apart.
    fn outcomes(&self, index: usize, step: &Step) -> Vec<Fact> {
        let later = self.definition.steps.iter().skip(index + 1);
        let interest =
            later.filter_map(|later| later.when.as_ref()?.interest(index)).reduce(|left, right| left | right);
        let Some(interest) = interest else {
            return vec![Fact::Given];
        };
        let bits: Vec<u64> = (0..u64::BITS).map(|bit| 1u64 << bit).filter(|bit| interest & bit != 0).collect();
        let others = step.kind.options().len() - bits.len();
        let mut outcomes = match &step.kind {
            Kind::Consent { .. } => vec![Fact::Chosen(1)],
            Kind::Multi { min, max, .. } => subsets(&bits, self.budget)
                .filter(|subset| {
                    let size = subset.count_ones() as usize;
                    size <= *max && size + others >= *min && (*subset != 0 || others > 0)
                })
                .map(Fact::Chosen)
                .collect(),
            kind if kind.options().is_empty() => vec![Fact::Given],
            _ => {
                let none = (others > 0).then_some(Fact::Chosen(0));
                bits.into_iter().map(Fact::Chosen).chain(none).collect()
            }
        };
        if step.optional {
            outcomes.push(Fact::Skipped);
        }
        outcomes
    }
}

/// The unions of every subset of `bits`, at most `most` of them.
fn subsets(bits: &[u64], most: usize) -> impl Iterator<Item = u64> {
    let count = 1u64.checked_shl(u32::try_from(bits.len()).unwrap_or(u32::MAX));
    (0..count.unwrap_or(u64::MAX)).take(most).map(|chosen| {
        bits.iter().enumerate().filter(|(place, _)| chosen >> place & 1 == 1).fold(0, |union, (_, bit)| union | bit)
    })
}

#[cfg(test)]
mod tests;
