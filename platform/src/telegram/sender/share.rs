//! What share of places and limits a row may have, by its urgency.

use super::queue::Row;
use crate::telegram::Priority;
use crate::telegram::limits::Urgency;

/// Messages under way at once, over all chats.
const SIDE_BY_SIDE: usize = 24;
/// As many of them, at most, while it is a reply whose turn it is: the others are kept for pages.
const FOR_REPLIES: usize = 20;
/// And while it is anything else, or a file: slow ones keep no reply waiting.
const FOR_OTHERS: usize = 16;

/// How it may use the limits.
pub(super) fn urgency(row: &Row) -> Urgency {
    match Priority::of_stored(row.priority) {
        Priority::Page => Urgency::Page,
        Priority::CallbackAnswer | Priority::Reply => Urgency::Reply,
        Priority::Card | Priority::Reminder | Priority::Digest => Urgency::Bulk,
    }
}

/// How many may be under way, itself among them, for this one to start.
pub(super) fn places(row: &Row) -> usize {
    match Priority::of_stored(row.priority) {
        Priority::Page => SIDE_BY_SIDE,
        Priority::CallbackAnswer | Priority::Reply if !row.is_file() => FOR_REPLIES,
        _ => FOR_OTHERS,
    }
}
