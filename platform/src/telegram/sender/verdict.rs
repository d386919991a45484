//! What a failed call means for its row: a decision table, pure.

use std::time::Duration;

use crate::telegram::Failure;

/// What to do with the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It stands as wanted.
    Done,
    /// Send it again, and leave the chat alone for this long.
    Hold(Duration),
    /// Send it again; it may have arrived, so count it.
    AgainUnknown(Duration),
    /// The message is gone: a card is sent anew, anything else is done.
    SendAnew,
    /// Send it without markup.
    Plain,
    /// Send what fits and the whole as a file.
    AsFile,
    /// Send it outside the topic.
    WithoutTopic,
    /// The chat has another id now.
    Move(i64),
    /// It has lost its point.
    Drop,
    /// A person must look at it.
    Bury,
}

/// How long it is tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// How often a call with unknown outcome is repeated before a person looks at it.
    pub(super) attempts: i32,
    /// The pause after the first failure.
    pub(super) backoff: Duration,
}

/// Decides by the failure and by how often the row was tried.
pub(super) fn on(failure: &Failure, attempts: i32, patience: Patience) -> Verdict {
    match failure {
        Failure::NotModified => Verdict::Done,
        Failure::RetryAfter(wait) => Verdict::Hold(*wait),
        Failure::Unknown if attempts >= patience.attempts => Verdict::Bury,
        Failure::Unknown => Verdict::AgainUnknown(pause(attempts, patience)),
        // Nothing is lost while Telegram is away: these wait as long as it takes.
        Failure::Passing | Failure::Conflict | Failure::Unauthorized => Verdict::Hold(pause(attempts, patience)),
        Failure::MessageGone => Verdict::SendAnew,
        Failure::BadMarkup => Verdict::Plain,
        Failure::TooLong => Verdict::AsFile,
        Failure::TopicGone => Verdict::WithoutTopic,
        Failure::Migrated(chat) => Verdict::Move(*chat),
        Failure::CallbackExpired => Verdict::Drop,
        Failure::Unreachable | Failure::ChatNotFound | Failure::Refused => Verdict::Bury,
    }
}

fn pause(attempts: i32, patience: Patience) -> Duration {
    let doublings = u32::try_from(attempts.clamp(0, 5)).unwrap_or(0);
    patience.backoff.saturating_mul(2u32.pow(doublings))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { attempts: 10, backoff: Duration::from_millis(500) };

    #[test]
    fn an_outage_is_waited_out_however_long_it_takes() {
        assert!(
            matches!(on(&Failure::Passing, 1_000, PATIENCE), Verdict::Hold(wait) if wait <= Duration::from_secs(16))
        );
    }

    #[test]
    fn an_unknown_outcome_is_repeated_but_not_for_ever() {
        assert!(matches!(on(&Failure::Unknown, 1, PATIENCE), Verdict::AgainUnknown(_)));
        assert_eq!(on(&Failure::Unknown, PATIENCE.attempts, PATIENCE), Verdict::Bury);
    }

    #[test]
    fn the_server_says_how_long_a_chat_rests() {
        assert_eq!(
            on(&Failure::RetryAfter(Duration::from_secs(33)), 1, PATIENCE),
            Verdict::Hold(Duration::from_secs(33))
        );
    }
}
