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
    /// The chat has another id now.
    Move(i64),
    /// Nobody is there to read it, until they let the bot in again.
    ShutOut,
    /// It has lost its point.
    Drop,
    /// A person must look at it.
    Bury,
}

/// What kind of call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An edit, a deletion, a menu: repeated, it changes nothing.
    Repeatable,
    /// A message: sent again, it may stand twice.
    Once,
    /// A message that somebody must see; that it may stand twice matters less.
    Page,
    /// The answer to a press: without a point after seconds.
    Answer,
}

/// How long it is tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// How often a message with unknown outcome is repeated before a person looks at it.
    pub(super) attempts: i32,
    /// The pause after the first failure.
    pub(super) backoff: Duration,
}

/// How often a row was tried, this time with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tries {
    /// All in all.
    pub(super) all: i32,
    /// Those of which nobody learned what came of them, should this be one.
    pub(super) unknown: i32,
}

/// Decides by the failure, the kind of call, and how often it was tried.
pub(super) fn on(failure: &Failure, kind: Kind, tries: Tries, patience: Patience) -> Verdict {
    let attempts = tries.all;
    match failure {
        Failure::NotModified => Verdict::Done,
        Failure::RetryAfter(wait) => Verdict::Hold(*wait),
        Failure::Unknown if kind == Kind::Once && tries.unknown >= patience.attempts => Verdict::Bury,
        Failure::Unknown => Verdict::AgainUnknown(pause(attempts, patience)),
        // Nothing is lost while Telegram is away: these wait as long as it takes.
        Failure::Passing | Failure::Conflict | Failure::Unauthorized => Verdict::Hold(pause(attempts, patience)),
        _ if kind == Kind::Answer => Verdict::Drop,
        // An edit in a topic that is closed: what is sent anew finds a way.
        Failure::TopicClosed if kind == Kind::Repeatable => Verdict::SendAnew,
        Failure::MessageGone => Verdict::SendAnew,
        Failure::Migrated(chat) => Verdict::Move(*chat),
        Failure::CallbackExpired => Verdict::Drop,
        Failure::Unreachable => Verdict::ShutOut,
        // There is nobody there either, and somebody must see it.
        Failure::ChatNotFound if kind == Kind::Page => Verdict::ShutOut,
        // The first four are mended within the call; when they come back here, every mended form was refused too.
        Failure::BadMarkup
        | Failure::TooLong
        | Failure::TopicGone
        | Failure::TopicClosed
        | Failure::NoForum
        | Failure::NoRights
        | Failure::ChatNotFound
        | Failure::Refused => Verdict::Bury,
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

    const fn tried(times: i32) -> Tries {
        Tries { all: times, unknown: times }
    }

    #[test]
    fn answers_that_say_later_do_not_spend_the_patience_for_silence() {
        let tries = Tries { all: 1_000, unknown: 1 };
        assert!(matches!(on(&Failure::Unknown, Kind::Once, tries, PATIENCE), Verdict::AgainUnknown(_)));
    }

    #[test]
    fn an_outage_is_waited_out_however_long_it_takes() {
        assert!(matches!(
            on(&Failure::Passing, Kind::Once, tried(1_000), PATIENCE),
            Verdict::Hold(wait) if wait <= Duration::from_secs(16)
        ));
    }

    #[test]
    fn an_unknown_outcome_is_repeated_but_a_mere_message_not_for_ever() {
        let unknown = |kind, attempts| on(&Failure::Unknown, kind, tried(attempts), PATIENCE);
        assert!(matches!(unknown(Kind::Once, 1), Verdict::AgainUnknown(_)));
        assert_eq!(unknown(Kind::Once, PATIENCE.attempts), Verdict::Bury);
        for kind in [Kind::Repeatable, Kind::Page] {
            assert!(matches!(unknown(kind, 1_000), Verdict::AgainUnknown(_)), "{kind:?}");
        }
    }

    #[test]
    fn the_server_says_how_long_a_chat_rests() {
        let rest = Duration::from_secs(33);
        assert_eq!(on(&Failure::RetryAfter(rest), Kind::Page, tried(1), PATIENCE), Verdict::Hold(rest));
    }

    #[test]
    fn an_answer_that_is_refused_has_lost_its_point() {
        for failure in [Failure::CallbackExpired, Failure::Refused, Failure::ChatNotFound] {
            assert_eq!(on(&failure, Kind::Answer, tried(1), PATIENCE), Verdict::Drop);
        }
    }
}
