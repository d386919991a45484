//! The account of one process: how many messages it sent, how many arrived, were refused, and were lost. Pure.
//!
//! Messages are numbered from 1. A gap in the numbers is a loss, counted exactly and taken back when the message comes late
//! after all. What came after the last message that arrived cannot be seen: the process's own `bye`, or its successor's
//! `prev`, closes the account; until then the tail is *unknown*, never zero.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The most gaps that are remembered one by one. Beyond it the oldest is given up: a message that comes late into it counts
/// as a duplicate, so that the loss figure errs to the high side.
const MAX_GAPS: usize = 4096;

/// The account of one (tenant, service, boot).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootLedger {
    /// Messages accepted, each number once.
    pub received: u64,
    /// Messages that arrived and were refused, each number once.
    pub rejected: u64,
    /// Messages that arrived again.
    pub duplicates: u64,
    /// The highest number seen.
    pub highest: u64,
    /// Numbers below `highest` that did not arrive, in ascending order and apart from each other.
    pub gaps: Vec<Run>,
    /// The last number that the process used, once that is known.
    pub closed_at: Option<u64>,
    /// When a message of it last arrived.
    pub last_at: DateTime<Utc>,
}

/// Numbers that follow each other, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// Whether a message was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It will be stored.
    Accepted,
    /// It was refused for what it holds.
    Refused,
}

/// Whether a number is counted for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It is: store the message.
    First,
    /// It was counted before: drop the message.
    Again,
}

impl BootLedger {
    /// An account of which nothing has arrived yet.
    pub fn open(at: DateTime<Utc>) -> Self {
        Self { received: 0, rejected: 0, duplicates: 0, highest: 0, gaps: Vec::new(), closed_at: None, last_at: at }
    }

    /// Counts message `seq` (from 1), which arrived at `at`, in any order and as often as it comes.
    pub fn arrive(&mut self, seq: u64, arrival: Arrival, at: DateTime<Utc>) -> Counted {
        self.last_at = self.last_at.max(at);
        let first = if seq > self.highest {
            if seq > self.highest + 1 {
                self.gaps.push(Run { first: self.highest + 1, last: seq - 1 });
                if self.gaps.len() > MAX_GAPS {
                    self.gaps.remove(0);
                }
            }
            self.highest = seq;
            true
        } else {
            self.fill(seq)
        };
        match (first, arrival) {
            (false, _) => {
                self.duplicates += 1;
                return Counted::Again;
            }
            (true, Arrival::Accepted) => self.received += 1,
            (true, Arrival::Refused) => self.rejected += 1,
        }
        Counted::First
    }

    /// The process used numbers up to `seq` and no more: it said `bye`, or its successor said so.
    pub fn close(&mut self, seq: u64) {
        self.closed_at = Some(self.closed_at.map_or(seq, |known| known.max(seq)));
    }

    /// Messages that were sent, as far as is known, and neither accepted nor refused.
    pub fn lost(&self) -> u64 {
        let sent = self.highest.max(self.closed_at.unwrap_or(0));
        sent.saturating_sub(self.received + self.rejected)
    }

    /// Since when it is not known whether more was sent; `None` when the account is closed.
    pub fn unknown_since(&self) -> Option<DateTime<Utc>> {
        self.closed_at.is_none().then_some(self.last_at)
    }

    /// Takes `seq` out of the gaps; `false` when it is in none.
    fn fill(&mut self, seq: u64) -> bool {
        let at = self.gaps.partition_point(|gap| gap.last < seq);
        let Some(gap) = self.gaps.get_mut(at).filter(|gap| gap.first <= seq) else {
            return false;
        };
        let Run { first, last } = *gap;
        match (first == seq, last == seq) {
            (true, true) => {
                self.gaps.remove(at);
            }
            (true, false) => gap.first += 1,
            (false, true) => gap.last -= 1,
            (false, false) => {
                gap.last = seq - 1;
                self.gaps.insert(at + 1, Run { first: seq + 1, last });
            }
        }
        true
    }
}

/// The accounts of a tenant or a service taken together, as `hub tenant show` gives them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Messages accepted.
    pub received: u64,
    /// Messages refused, those without a readable place included.
    pub rejected: u64,
    /// Messages lost, as far as is known.
    pub lost: u64,
    /// Since when something may be missing that nothing tells of; `None`: nothing may.
    pub unknown_since: Option<DateTime<Utc>>,
}

impl Totals {
    /// Adds one account. `alive`: its process still speaks in time, so that its open tail is the present and not a loss.
    pub fn add(&mut self, ledger: &BootLedger, alive: bool) {
        self.received += ledger.received;
        self.rejected += ledger.rejected;
        self.lost += ledger.lost();
        if let Some(since) = ledger.unknown_since().filter(|_| !alive) {
            self.unknown_since = Some(self.unknown_since.map_or(since, |earliest| earliest.min(since)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).expect("a time")
    }

    fn after(numbers: impl IntoIterator<Item = u64>) -> BootLedger {
        let mut ledger = BootLedger::open(at(0));
        for seq in numbers {
            ledger.arrive(seq, Arrival::Accepted, at(1));
        }
        ledger
    }

    #[test]
    fn a_first_message_k_means_that_k_minus_one_were_lost() {
        assert_eq!(after([41]).lost(), 40);
        assert_eq!(after([1]).lost(), 0);
    }

    #[test]
    fn a_late_message_takes_its_loss_back_and_a_second_one_is_a_duplicate() {
        let mut ledger = after([1, 5]);
        assert_eq!(ledger.lost(), 3);
        assert_eq!(ledger.arrive(3, Arrival::Accepted, at(2)), Counted::First);
        assert_eq!(ledger.arrive(3, Arrival::Accepted, at(2)), Counted::Again);
        assert_eq!((ledger.lost(), ledger.received, ledger.duplicates), (2, 3, 1));
        assert_eq!(ledger.gaps, [Run { first: 2, last: 2 }, Run { first: 4, last: 4 }]);
    }

    #[test]
    fn a_refused_message_is_rejected_and_not_lost() {
        let mut ledger = after([1, 2]);
        ledger.arrive(3, Arrival::Refused, at(2));
        ledger.arrive(4, Arrival::Accepted, at(2));
        assert_eq!((ledger.received, ledger.rejected, ledger.lost()), (3, 1, 0));
    }

    #[test]
    fn an_open_tail_is_unknown_and_closing_counts_it() {
        let mut ledger = after([1, 2, 3]);
        assert_eq!((ledger.lost(), ledger.unknown_since()), (0, Some(at(1))));
        ledger.close(10);
        assert_eq!((ledger.lost(), ledger.unknown_since()), (7, None));

        let mut unheard = BootLedger::open(at(0));
        unheard.close(12);
        assert_eq!(unheard.lost(), 12, "a process of which only its successor tells");
    }

    #[test]
    fn totals_tell_the_earliest_unknown_tail_of_processes_that_are_gone() {
        let mut gone = BootLedger::open(at(0));
        gone.arrive(2, Arrival::Accepted, at(3));
        let live = after([1]);
        let mut totals = Totals::default();
        totals.add(&gone, false);
        totals.add(&live, true);
        assert_eq!(totals, Totals { received: 2, rejected: 0, lost: 1, unknown_since: Some(at(3)) });
    }

    #[test]
    fn gaps_without_number_stay_bounded_and_the_loss_stays_exact() {
        let ledger = after((1..=20_000).map(|n| n * 2));
        assert_eq!((ledger.gaps.len(), ledger.lost()), (MAX_GAPS, 20_000));
    }

    proptest! {
        /// Any part of what was sent, in any order, with any repetitions: the loss is the true one.
        #[test]
        fn the_loss_is_exact(
            sent in 1_u64..200,
            arriving in proptest::collection::vec((1_u64..200, any::<bool>()), 0..300),
            closed: bool,
        ) {
            let mut ledger = BootLedger::open(at(0));
            let mut arrived = BTreeSet::new();
            for (seq, refused) in arriving.into_iter().filter(|(seq, _)| *seq <= sent) {
                let arrival = if refused { Arrival::Refused } else { Arrival::Accepted };
                let counted = ledger.arrive(seq, arrival, at(1));
                prop_assert_eq!(counted == Counted::First, arrived.insert(seq));
            }
            if closed {
                ledger.close(sent);
            }
            let known_sent = if closed { sent } else { arrived.last().copied().unwrap_or(0) };
            let count = u64::try_from(arrived.len()).expect("small");
            prop_assert_eq!(ledger.lost(), known_sent - count);
            prop_assert_eq!(ledger.received + ledger.rejected, count);
            prop_assert_eq!(ledger.unknown_since().is_none(), closed);

            let missing: BTreeSet<u64> = ledger.gaps.iter().flat_map(|gap| gap.first..=gap.last).collect();
            let truly: BTreeSet<u64> = (1..=ledger.highest).filter(|seq| !arrived.contains(seq)).collect();
            prop_assert_eq!(missing, truly);
        }
    }
}
