//! Deciding about a dead letter: handed in again, or dropped. Either way it stays in the table, and the audit says who.

use futures_util::future::BoxFuture;
use sqlx::Connection as _;
use uuid::Uuid;
use waas_platform::db::PgConnection;

use super::{DeadLetter, store};
use crate::audit::{Act, Actor};

/// A dead letter as the door sees it that it came from.
#[derive(Clone, Debug)]
pub struct Letter {
    /// What is shown of it.
    pub shown: DeadLetter,
    /// The content.
    pub raw: Vec<u8>,
    /// The row that it came from, where there is one.
    pub origin: Option<String>,
}

/// What the door said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// It took it.
    Taken,
    /// It did not, for this reason; nothing was changed.
    Refused(String),
}

/// The doors that dead letters came from; wired by the composition root, since this capability knows none of them.
pub trait Doors: Send + Sync {
    /// Hands one in again, within the transaction of the decision.
    fn again<'a>(&'a self, conn: &'a mut PgConnection, letter: &'a Letter) -> BoxFuture<'a, anyhow::Result<Again>>;
}

/// How a decision ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It is handed in again, or dropped, as was wanted.
    Done,
    /// Somebody decided before.
    Already,
    /// The door refused it; it waits for another decision.
    Refused(String),
    /// There is no such dead letter.
    NotFound,
}

/// Hands it in again at the door that it came from.
///
/// # Errors
/// The database refuses.
pub async fn retry(conn: &mut PgConnection, doors: &dyn Doors, id: Uuid, by: &Actor) -> anyhow::Result<Decided> {
    let Some((letter, undecided)) = store::lock(conn, id).await? else {
        return Ok(Decided::NotFound);
    };
    if !undecided {
        return Ok(Decided::Already);
    }
    let subject = format!("dead_letter:{id}");
    let mut attempt = conn.begin().await?;
    match doors.again(&mut attempt, &letter).await? {
        Again::Taken => {
            store::decide(&mut attempt, id, "retried").await?;
            Act::done(by, "dead_letter.retry", subject).record(&mut attempt).await?;
            attempt.commit().await?;
            Ok(Decided::Done)
        }
        Again::Refused(reason) => {
            attempt.rollback().await?;
            Act::refused(by, "dead_letter.retry", subject).record(conn).await?;
            Ok(Decided::Refused(reason))
        }
    }
}

/// Nobody will hand it in again. Its content is kept all the same.
///
/// # Errors
/// The database refuses.
pub async fn discard(conn: &mut PgConnection, id: Uuid, by: &Actor) -> anyhow::Result<Decided> {
    let Some((_, undecided)) = store::lock(conn, id).await? else {
        return Ok(Decided::NotFound);
    };
    if !undecided {
        return Ok(Decided::Already);
    }
    store::decide(conn, id, "dropped").await?;
    Act::done(by, "dead_letter.drop", format!("dead_letter:{id}")).record(conn).await?;
    Ok(Decided::Done)
}
