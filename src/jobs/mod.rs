//! Jobs: sagas as people see them, whatever they do. One card a job, edited while its steps tick.
//!
//! Knows what a saga is and how it stands; knows no tenant and no plan. Capabilities that enqueue sagas call [`show`] when
//! they do and [`follow`] from the saga's observer; titles and steps get their words in `jobs.ftl`.

pub mod card;
pub mod chat;

use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::durable::{Answer, SagaId, SagaState, SagaView, Wish, operations};
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::{BotId, Place, Priority};

use crate::access::{self, Desk};
use crate::audit::{Act, Actor};
use crate::front::Front;

/// Jobs of a state whose cards come along when the operators' chat is elsewhere.
const BROUGHT: u16 = 20;

/// How a person's wish about a job ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Wished {
    /// Written; the engine answers it. The job as it stands.
    Accepted(Box<SagaView>),
    /// Its state forbids it.
    WrongState(SagaState),
    /// There is no such job.
    NotFound,
}

/// Asks a job to go on, to unwind or to stop, and says so in the audit.
///
/// # Errors
/// The database refuses.
pub async fn wish(conn: &mut PgConnection, actor: &Actor, id: SagaId, wish: Wish) -> sqlx::Result<Wished> {
    let who = actor.to_string();
    let (answer, act) = match wish {
        Wish::Retry => (operations::retry(conn, id, &who).await?, "job.retry"),
        Wish::Undo => (operations::undo(conn, id, &who).await?, "job.undo"),
        Wish::Cancel => (operations::cancel(conn, id, &who).await?, "job.cancel"),
    };
    let subject = format!("job:{id}");
    match answer {
        Answer::NotFound => Ok(Wished::NotFound),
        Answer::WrongState(state) => {
            Act::refused(actor, act, subject).record(conn).await?;
            Ok(Wished::WrongState(state))
        }
        Answer::Accepted => {
            Act::done(actor, act, subject).record(conn).await?;
            let view = operations::show(conn, id).await?;
            Ok(view.map_or(Wished::NotFound, |view| Wished::Accepted(Box::new(view))))
        }
    }
}

/// The card of a job.
pub fn key(id: SagaId) -> CardKey {
    CardKey { kind: "job", subject: id.to_string() }
}

/// Puts a job's card at the bottom of a chat.
///
/// # Errors
/// The database refuses, or a layout is broken.
pub async fn show(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    place: Place,
    job: &SagaView,
) -> anyhow::Result<()> {
    let view = card::of(front, &access::reader_at(conn, front, place, clock.now()).await?, job)?;
    Ok(cards::put(conn, clock, place, &key(job.id), &view, Priority::Reply, Placement::Anew).await?)
}

/// Brings the cards of jobs that are under way or wait for a person where jobs are told of.
///
/// # Errors
/// The database refuses, or a layout is broken.
pub async fn bring_living(conn: &mut PgConnection, clock: &Clock, front: &Front, bot: BotId) -> anyhow::Result<()> {
    let Some(place) = access::desk(conn, clock, front, bot, Desk::Platform).await? else { return Ok(()) };
    for state in [SagaState::Running, SagaState::Undoing, SagaState::Stuck] {
        let mut living = operations::list(conn, BROUGHT, None, Some(state)).await?.sagas;
        living.reverse();
        for job in living {
            let view = card::of(front, &access::reader_at(conn, front, place, clock.now()).await?, &job)?;
            cards::put(conn, clock, place, &key(job.id), &view, Priority::Reminder, Placement::Home).await?;
        }
    }
    Ok(())
}

/// Draws a changed job wherever its card stands; to be called from the saga's observer. A job that needs a person comes to
/// the bottom of the chat, and to the operators' chat when nobody watched it.
///
/// # Errors
/// The database refuses, or a layout is broken.
pub async fn follow(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    bot: Option<BotId>,
    job: &SagaView,
) -> anyhow::Result<()> {
    let key = key(job.id);
    let in_trouble = job.requested.is_none() && card::is_in_trouble(job);
    let mut places = cards::places(conn, &key).await?;
    if let (true, true, Some(bot)) = (in_trouble, places.is_empty(), bot) {
        places.extend(access::desk(conn, clock, front, bot, Desk::Platform).await?);
    }
    let placement = if in_trouble { Placement::Anew } else { Placement::Here };
    for place in places {
        let view = card::of(front, &access::reader_at(conn, front, place, clock.now()).await?, job)?;
        cards::put(conn, clock, place, &key, &view, Priority::Card, placement).await?;
    }
    Ok(())
}
