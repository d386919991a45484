//! Dead letters: what could not be handled, kept whole until a person decides.
//!
//! Other parts put theirs here in the transaction that gives the thing up. This capability knows none of them.

pub mod chat;
mod decide;
mod store;

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::render::{Context, Reader};
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::{Place, Priority, View};

use crate::access;
use crate::front::Front;
pub use decide::{Again, Decided, Doors, Letter, discard, retry};

/// Characters of the raw text that a list shows.
const HEAD_CHARS: usize = 120;

/// Where a dead letter comes from. The same words stand in the check of `dead_letters.source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The lead queue or another door for leads.
    Lead,
    /// Telegram's updates.
    Update,
    /// Messages that Telegram did not take.
    Message,
    /// What tenants report.
    Telemetry,
    /// What monitoring tools post.
    Alert,
    /// Timers and sagas.
    Job,
}

impl Source {
    /// All sources.
    pub const ALL: [Self; 6] = [Self::Lead, Self::Update, Self::Message, Self::Telemetry, Self::Alert, Self::Job];

    /// The word in the database, in JSON and in metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Update => "update",
            Self::Message => "message",
            Self::Telemetry => "telemetry",
            Self::Alert => "alert",
            Self::Job => "job",
        }
    }
}

impl Source {
    /// The source with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.word() == word)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A dead letter without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id, growing with time.
    pub id: Uuid,
    /// The word of its [`Source`].
    pub source: String,
    /// Why it could not be handled; for things from outside in the words of the contract.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i32,
    /// When it was given up.
    pub created_at: DateTime<Utc>,
    /// How the content begins, on one line; bytes that are no text are replaced.
    pub head: String,
}

/// Keeps something that could not be handled, whole. The same content again counts as another attempt.
///
/// # Errors
/// The database refuses.
pub async fn keep(
    conn: &mut PgConnection,
    source: Source,
    reason: &str,
    raw: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    metrics::counter!("hub_dead_letters_kept_total", "source" => source.word()).increment(1);
    store::insert(conn, source, reason, raw, now).await
}

/// Undecided ones, newest first: at most `limit`, older than the one called `before`.
///
/// # Errors
/// The database refuses.
pub async fn page(conn: &mut PgConnection, before: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<DeadLetter>> {
    store::page(conn, before, limit).await
}

/// One with its content.
///
/// # Errors
/// The database refuses.
pub async fn find(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<(DeadLetter, Vec<u8>)>> {
    store::find(conn, id).await
}

/// How many wait for a decision, by source; sources of which none waits are among them.
///
/// # Errors
/// The database refuses.
pub async fn by_source(conn: &mut PgConnection) -> sqlx::Result<Vec<(Source, i64)>> {
    let counts = store::by_source(conn).await?;
    let of = |source: Source| counts.iter().find(|(word, _)| word == source.word()).map_or(0, |(_, count)| *count);
    Ok(Source::ALL.into_iter().map(|source| (source, of(source))).collect())
}

/// How many wait for a decision.
///
/// # Errors
/// The database refuses.
pub async fn undecided(conn: &mut PgConnection) -> sqlx::Result<i64> {
    store::undecided(conn).await
}

/// Tells the operators what was just given up: one notice that moves to the bottom of the chat and counts, however many
/// there are.
///
/// # Errors
/// The database refuses, or the notice cannot be drawn.
pub async fn announce(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    place: Place,
    source: Source,
    reason: &str,
) -> anyhow::Result<()> {
    let count = undecided(conn).await?;
    let reader = access::reader_at(conn, front, place, clock.now()).await?;
    let view = notice(front, &reader, count, source, reason)?;
    let key = CardKey { kind: "dead_letters", subject: "undecided".to_owned() };
    Ok(cards::put(conn, clock, place, &key, &view, Priority::Reminder, Placement::Anew).await?)
}

fn notice(front: &Front, reader: &Reader, count: i64, source: Source, reason: &str) -> anyhow::Result<View> {
    let context = Context::new().with("count", &count).with("source", source.word()).with("reason", &one_line(reason));
    Ok(View::text(front.say(reader, "dead_letters/notice.html", &context)?))
}

/// The beginning of a text on one line.
fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= HEAD_CHARS {
        return line;
    }
    let kept: String = line.chars().take(HEAD_CHARS - 1).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_knows_the_same_sources() {
        let words: Vec<String> = Source::ALL.iter().map(|source| format!("'{source}'")).collect();
        let check = format!("check (source in ({}))", words.join(", "));
        assert!(include_str!("../../migrations/0001_platform.sql").contains(&check), "{check}");
    }

    #[test]
    fn a_head_is_one_short_line() {
        assert_eq!(one_line("a\nb\0c"), "a b c");
        assert_eq!(one_line(&"я".repeat(500)).chars().count(), HEAD_CHARS);
    }
}
