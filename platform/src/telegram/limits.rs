//! Telegram's published sending limits: 30/s overall, 1/s a chat with a short burst, 20/min a group.
//!
//! Pure: time is handed in. Only the lease holder sends, so the budget of all replicas is the budget of this value; a new
//! holder takes what its predecessor sent within the last minute, so that both together stay within it.
//!
//! No second and no minute holds more than the setting says. Overall that is a window that moves, through which what nobody
//! waits for goes evenly: a burst of it would close the window for a page until the second is over. In a group it is a
//! bucket whose burst and refill together make the setting, so that a burst of cards does not close it for a minute.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// What may be sent when.
#[derive(Debug)]
pub struct Limits {
    global: Window,
    chat_refill: Duration,
    chat_burst: u32,
    group_refill: Duration,
    group_burst: u32,
    chats: HashMap<i64, Bucket>,
    groups: HashMap<i64, Bucket>,
}

/// How a message may use the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// An alert somebody must see now: it may take what is kept for it.
    Page,
    /// What somebody waits for: many may go at once.
    Reply,
    /// Everything else: one after another.
    Bulk,
}

/// At most `size` in any second.
#[derive(Clone, Debug)]
struct Window {
    size: usize,
    /// The moments of the last second, oldest first, at most `size`.
    taken: VecDeque<Instant>,
}

impl Window {
    /// When the second is shared evenly; none when nothing was sent in it.
    fn even(&self) -> Option<Instant> {
        let share = SECOND / u32::try_from(self.size).unwrap_or(u32::MAX);
        self.taken.back().map(|moment| *moment + share)
    }

    /// When one is free beside `kept` ones; none when that is now, whenever now is.
    fn ready_at(&self, kept: usize) -> Option<Instant> {
        let usable = self.size - if kept < self.size { kept } else { 0 };
        // The one that has to be over: the `usable`th from the end.
        let over = self.taken.len().checked_sub(usable)?;
        self.taken.get(over).map(|moment| *moment + SECOND)
    }

    fn take(&mut self, now: Instant) {
        while self.taken.front().is_some_and(|moment| self.taken.len() == self.size || *moment + SECOND <= now) {
            self.taken.pop_front();
        }
        self.taken.push_back(now);
    }

    fn give_back(&mut self, moment: Instant) {
        if let Some(position) = self.taken.iter().rposition(|taken| *taken == moment) {
            self.taken.remove(position);
        }
    }
}

#[derive(Clone, Debug)]
struct Bucket {
    /// One token each.
    refill: Duration,
    burst: u32,
    /// When the bucket will be full; every token taken moves it by one refill.
    full_at: Instant,
}

impl Bucket {
    fn full(refill: Duration, burst: u32, now: Instant) -> Self {
        Self { refill, burst, full_at: now }
    }

    /// When a token is free beside `kept` ones; one that holds fewer keeps none.
    fn ready_at(&self, kept: u32) -> Instant {
        // Free is one when at most `burst - 1` refills are outstanding.
        let outstanding = (self.burst - 1).saturating_sub(if kept < self.burst { kept } else { 0 });
        self.full_at.checked_sub(self.refill * outstanding).unwrap_or(self.full_at)
    }

    fn take(&mut self, now: Instant) {
        self.full_at = self.full_at.max(now) + self.refill;
    }

    fn give_back(&mut self) {
        self.full_at = self.full_at.checked_sub(self.refill).unwrap_or(self.full_at);
    }
}

impl Limits {
    /// Limits of these rates; each rate is at least one.
    pub fn new(global_per_s: u32, chat_per_s: u32, chat_burst: u32, group_per_min: u32) -> Self {
        let group_burst = (group_per_min / 4).max(1);
        Self {
            global: Window { size: usize::try_from(global_per_s).unwrap_or(usize::MAX).max(1), taken: VecDeque::new() },
            chat_refill: SECOND / chat_per_s.max(1),
            chat_burst: chat_burst.max(1),
            // What a minute may hold beside the burst.
            group_refill: MINUTE / group_per_min.saturating_sub(group_burst).max(1),
            group_burst,
            chats: HashMap::new(),
            groups: HashMap::new(),
        }
    }

    /// The earliest moment at which a message to this chat may leave; a past or present one means now, which is `now`. The
    /// last token of the bot and of a group is kept for a page.
    pub fn ready_at(&self, chat: i64, urgency: Urgency, now: Instant) -> Instant {
        let kept = match urgency {
            Urgency::Page => 0,
            Urgency::Reply | Urgency::Bulk => 1,
        };
        let mut at = self.global.ready_at(kept).unwrap_or(now);
        if urgency == Urgency::Bulk {
            at = at.max(self.global.even().unwrap_or(now));
        }
        if let Some(bucket) = self.chats.get(&chat) {
            at = at.max(bucket.ready_at(0));
        }
        if let Some(bucket) = self.groups.get(&chat) {
            at = at.max(bucket.ready_at(u32::from(kept == 1)));
        }
        at
    }

    /// Counts one message to this chat. Ids of groups and channels are negative. Moments are taken in order.
    pub fn take(&mut self, chat: i64, now: Instant) {
        self.global.take(now);
        let (chat_refill, chat_burst) = (self.chat_refill, self.chat_burst);
        self.chats.entry(chat).or_insert_with(|| Bucket::full(chat_refill, chat_burst, now)).take(now);
        if chat < 0 {
            let (refill, burst) = (self.group_refill, self.group_burst);
            self.groups.entry(chat).or_insert_with(|| Bucket::full(refill, burst, now)).take(now);
        }
        self.forget_idle(now);
    }

    /// Takes back what was counted at that moment: nothing was sent.
    pub fn give_back(&mut self, chat: i64, moment: Instant) {
        self.global.give_back(moment);
        for buckets in [&mut self.chats, &mut self.groups] {
            if let Some(bucket) = buckets.get_mut(&chat) {
                bucket.give_back();
            }
        }
    }

    /// Full buckets say nothing; they go when there are many.
    fn forget_idle(&mut self, now: Instant) {
        if self.chats.len() > 10_000 {
            self.chats.retain(|_, bucket| bucket.full_at > now);
            self.groups.retain(|_, bucket| bucket.full_at > now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_not_sent_costs_nothing() {
        let start = Instant::now();
        let mut limits = Limits::new(30, 1, 3, 20);
        for n in 0..100 {
            let now = start + Duration::from_millis(50 * n);
            limits.take(-7, now);
            limits.give_back(-7, now);
        }
        let now = start + Duration::from_secs(5);
        assert_eq!(limits.ready_at(-7, Urgency::Bulk, now), now);
        // Of two at one time, one is given back.
        limits.take(-7, now);
        limits.take(8, now);
        limits.give_back(-7, now);
        assert_eq!(limits.global.taken.len(), 1);
    }

    /// Sends as early as allowed and returns the moments, in milliseconds from the start. What goes to
    /// chat -1 is a page, what goes to others with an odd id is a reply.
    fn send_all(limits: &mut Limits, start: Instant, chats: &[i64]) -> Vec<(i64, u128)> {
        let mut now = start;
        chats
            .iter()
            .map(|chat| {
                let urgency = match *chat {
                    -1 => Urgency::Page,
                    chat if chat % 2 != 0 => Urgency::Reply,
                    _ => Urgency::Bulk,
                };
                now = now.max(limits.ready_at(*chat, urgency, now));
                limits.take(*chat, now);
                (*chat, (now - start).as_millis())
            })
            .collect()
    }

    #[test]
    fn a_chat_gets_a_burst_of_three_and_then_one_a_second() {
        let start = Instant::now();
        let times = send_all(&mut Limits::new(30, 1, 3, 20), start, &[5; 6]);
        let seconds: Vec<u128> = times.iter().map(|(_, at)| at / 1000).collect();
        assert_eq!(seconds, [0, 0, 0, 1, 2, 3]);
    }

    #[test]
    fn a_page_finds_a_token_where_others_wait() {
        let start = Instant::now();
        let mut limits = Limits::new(30, 20, 30, 20);
        while limits.ready_at(-5, Urgency::Reply, start) <= start {
            limits.take(-5, start);
        }
        assert!(limits.ready_at(-5, Urgency::Page, start) <= start);
    }

    #[test]
    fn the_whole_rate_is_used() {
        let start = Instant::now();
        // The thirtieth of each second is kept for a page.
        let chats: Vec<i64> = (1..=290).collect();
        let times = send_all(&mut Limits::new(30, 1, 3, 20), start, &chats);
        assert!(times.last().is_some_and(|(_, at)| *at < 10_000), "{:?}", times.last());
    }

    #[test]
    fn pages_past_much_that_nobody_waits_for_wait_for_a_share_of_a_second() {
        let start = Instant::now();
        let mut limits = Limits::new(30, 1, 3, 20);
        let mut now = start;
        for chat in 1..=100 {
            now = now.max(limits.ready_at(chat, Urgency::Bulk, now));
            limits.take(chat, now);
        }
        for chat in 101..=105 {
            let ready = limits.ready_at(chat, Urgency::Page, now).max(now);
            assert!(ready - now < Duration::from_millis(100), "{:?}", ready - now);
            now = ready;
            limits.take(chat, now);
        }
    }

    #[test]
    fn what_a_predecessor_sent_counts() {
        let start = Instant::now();
        let mut limits = Limits::new(30, 30, 30, 20);
        for second in 0..5 {
            limits.take(-5, start + Duration::from_secs(second));
        }
        let now = start + Duration::from_secs(5);
        assert!(limits.ready_at(-5, Urgency::Page, now) <= now, "one refill since");
        assert!(limits.ready_at(-5, Urgency::Reply, now) > now, "and that one is kept");
    }

    proptest! {
        #[test]
        fn no_window_exceeds_its_limit(chats in proptest::collection::vec(-3i64..4, 1..250)) {
            let start = Instant::now();
            let times = send_all(&mut Limits::new(30, 1, 3, 20), start, &chats);
            for (i, (chat, from)) in times.iter().enumerate() {
                let second = times[i..].iter().take_while(|(_, at)| *at < from + 1000).count();
                prop_assert!(second <= 30, "{second} messages within a second");
                if *chat < 0 {
                    let minute = times[i..].iter().filter(|(c, at)| c == chat && *at < from + 60_000).count();
                    prop_assert!(minute <= 20, "{minute} messages within a minute in one group");
                }
            }
        }
    }
}
