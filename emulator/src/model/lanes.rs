//! Which waiting update a webhook gets next: one after another within a lane, side by side across lanes.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// What keeps updates in order among themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Lane {
    /// Everything in one chat but presses.
    Chat(i64),
    /// The presses of one person.
    Presses(i64),
    #[default]
    Other,
}

/// One lane: its head is due, delayed or on its way; the others wait behind it.
#[derive(Debug, Default)]
struct Track {
    waiting: VecDeque<i64>,
    /// How often its head was refused.
    refusals: u32,
    /// Until then its only update waits for another one to overtake it.
    yields_until: Option<i64>,
}

/// All lanes with something in them.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    tracks: HashMap<Lane, Track>,
    /// Lanes whose head may go at once, longest waiting first.
    ready: VecDeque<Lane>,
    /// Lanes whose head has to wait until then, in milliseconds of the emulator's clock.
    later: BTreeSet<(i64, Lane)>,
}

impl Lanes {
    /// An update joins its lane at the end.
    pub(crate) fn add(&mut self, lane: Lane, id: i64) {
        let track = self.tracks.entry(lane).or_default();
        if let Some(until) = track.yields_until.take() {
            self.later.remove(&(until, lane));
            self.ready.push_back(lane);
            track.waiting.push_front(id);
            return;
        }
        if track.waiting.is_empty() {
            self.ready.push_back(lane);
        }
        track.waiting.push_back(id);
    }

    /// Puts the head of a lane, which was just sent on its way, behind the next one; alone, it waits for one until then.
    pub(crate) fn yield_head(&mut self, lane: Lane, until_ms: i64) {
        let Some(track) = self.tracks.get_mut(&lane) else {
            return;
        };
        if track.waiting.len() > 1 {
            track.waiting.swap(0, 1);
            self.ready.push_front(lane);
        } else {
            track.yields_until = Some(until_ms);
            self.later.insert((until_ms, lane));
        }
    }

    /// Sends the head of a lane on its way; the lane stands still until `done`, `retry` or `delay`.
    pub(crate) fn next(&mut self, now_ms: i64) -> Option<(Lane, i64)> {
        while let Some(&(due, lane)) = self.later.first().filter(|(due, _)| *due <= now_ms) {
            self.later.remove(&(due, lane));
            self.ready.push_back(lane);
        }
        let lane = self.ready.pop_front()?;
        let track = self.tracks.get_mut(&lane)?;
        track.yields_until = None;
        Some((lane, *track.waiting.front()?))
    }

    /// The update behind the head of a lane.
    pub(crate) fn behind_head(&self, lane: Lane) -> Option<i64> {
        self.tracks.get(&lane)?.waiting.get(1).copied()
    }

    /// The head is gone; the one behind it may go.
    pub(crate) fn done(&mut self, lane: Lane) {
        let Some(track) = self.tracks.get_mut(&lane) else {
            return;
        };
        track.waiting.pop_front();
        track.refusals = 0;
        if track.waiting.is_empty() {
            self.tracks.remove(&lane);
        } else {
            self.ready.push_back(lane);
        }
    }

    /// The head could not be sent at all; it may go again before all others.
    pub(crate) fn retry(&mut self, lane: Lane) {
        self.ready.push_front(lane);
    }

    /// The head was refused and has to wait; says how often it was refused before.
    pub(crate) fn refused(&mut self, lane: Lane) -> u32 {
        let Some(track) = self.tracks.get_mut(&lane) else {
            return 0;
        };
        track.refusals += 1;
        track.refusals - 1
    }

    /// The head may go again at that time.
    pub(crate) fn delay(&mut self, lane: Lane, until_ms: i64) {
        self.later.insert((until_ms, lane));
    }

    /// When the first delayed lane is due, in milliseconds of the emulator's clock.
    pub(crate) fn due(&self) -> Option<i64> {
        self.later.first().map(|(due, _)| *due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Lane = Lane::Chat(1);
    const B: Lane = Lane::Chat(2);

    #[test]
    fn a_lane_keeps_its_order_and_others_go_beside_it() {
        let mut lanes = Lanes::default();
        for (lane, id) in [(A, 1), (A, 2), (B, 3)] {
            lanes.add(lane, id);
        }
        assert_eq!(lanes.next(0), Some((A, 1)));
        assert_eq!(lanes.next(0), Some((B, 3)));
        assert_eq!(lanes.next(0), None);
        lanes.done(A);
        assert_eq!(lanes.next(0), Some((A, 2)));
        lanes.done(A);
        lanes.add(A, 4);
        assert_eq!(lanes.next(0), Some((A, 4)));
    }

    #[test]
    fn a_head_that_yields_is_overtaken_by_one_or_goes_in_the_end() {
        let mut lanes = Lanes::default();
        lanes.add(A, 1);
        assert_eq!(lanes.next(0), Some((A, 1)));
        lanes.yield_head(A, 1000);
        assert_eq!(lanes.next(999), None);
        lanes.add(A, 2);
        lanes.add(A, 3);
        for id in [2, 1, 3] {
            assert_eq!(lanes.next(999), Some((A, id)));
            lanes.done(A);
        }
        lanes.add(B, 4);
        lanes.next(1000);
        lanes.yield_head(B, 2000);
        assert_eq!(lanes.next(2000), Some((B, 4)));
    }

    #[test]
    fn a_delayed_head_holds_back_its_lane_only() {
        let mut lanes = Lanes::default();
        for (lane, id) in [(A, 1), (A, 2), (B, 3)] {
            lanes.add(lane, id);
        }
        assert_eq!(lanes.next(0), Some((A, 1)));
        assert_eq!(lanes.refused(A), 0);
        lanes.delay(A, 2000);
        assert_eq!(lanes.next(1999), Some((B, 3)));
        assert_eq!(lanes.next(1999), None);
        assert_eq!(lanes.due(), Some(2000));
        assert_eq!(lanes.next(2000), Some((A, 1)));
        assert_eq!(lanes.refused(A), 1);
    }
}
