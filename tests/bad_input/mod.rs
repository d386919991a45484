//! What nobody should send and somebody does. Each gets a clear answer, nothing is lost, nothing is half done.

mod chat;
mod leads;
mod plan;
mod strangers;

use waas_world::Options;

/// A hub that waits with the answer to a press until it has its words, however busy the machine: for tests of what is
/// said. That an answer comes in time is tried in `telegram::presses`.
pub(crate) fn unhurried() -> Options {
    Options::default().set("HUB_TELEGRAM__ANSWER_WITHIN", "12s")
}
