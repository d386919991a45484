//! The watch over presses: whoever pressed a button sees its spinner stop in time, however long the work takes.
//!
//! A turn answers its press with its own words in its transaction. When it has not done so in time, an empty answer goes
//! out; one row a press makes the two exclude each other ([`outbox::answer_callback`](super::outbox)). Words that come
//! later are said as a message: whoever was refused must learn of it, and an answered press has no other place for words.

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::{BotId, inbox};
use crate::db::Signals;

/// Looks within the time that a press may wait: it waits at most a quarter longer.
const LOOKS: u32 = 4;
/// How long a missed signal may cost.
const AT_MOST: Duration = Duration::from_secs(5);

/// Answers presses that wait longer than `patience` until cancelled. Any number of replicas may do so.
pub async fn run(pool: &PgPool, bot: BotId, patience: Duration, signals: &Signals, stop: CancellationToken) {
    let mut signal = signals.of(inbox::WAKE);
    loop {
        let nap = match inbox::answer_slow(pool, bot, patience).await {
            Ok(0) => None,
            Ok(_) => Some(patience / LOOKS),
            Err(error) => {
                tracing::warn!(%error, "presses cannot be watched; trying again");
                Some(Duration::from_secs(1))
            }
        };
        let rest = async {
            match nap {
                Some(nap) => tokio::time::sleep(nap).await,
                None => signal.wait(AT_MOST).await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = rest => {}
        }
    }
}
