//! The watch over presses: whoever pressed a button sees its spinner stop in time, however long the work takes.
//!
//! A turn answers its press with its own words in its transaction. When it has not done so in time, an empty answer goes
//! out; one row a press makes the two exclude each other ([`outbox::answer_callback`](super::outbox)). Words that come
//! later are said as a message: whoever was refused must learn of it, and an answered press has no other place for words.

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::{BotId, inbox, outbox};
use crate::db::Signals;

/// Looks within the time that a press may wait: it waits at most a quarter longer.
const LOOKS: u32 = 4;
/// How long a missed signal may cost.
const AT_MOST: Duration = Duration::from_secs(5);

/// Answers presses that wait longer than `patience` until cancelled. Any number of replicas may do so.
pub async fn run(pool: &PgPool, bot: BotId, patience: Duration, signals: &Signals, stop: CancellationToken) {
    let mut signal = signals.of(inbox::WAKE);
    loop {
        let waiting = match inbox::answer_slow(pool, bot, patience).await {
            Ok(found) => {
                if found.answered > 0 {
                    signals.wake(outbox::WAKE);
                }
                found.waiting > 0
            }
            Err(error) => {
                tracing::warn!(%error, "presses cannot be watched; trying again");
                true
            }
        };
        let rest = async {
            if !waiting {
                signal.wait(AT_MOST).await;
            }
            // What came just now is not due before this has passed several times; a busy inbox signals all the time.
            tokio::time::sleep(patience / LOOKS).await;
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = rest => {}
        }
    }
}
