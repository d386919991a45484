//! The jobs on tenants, as tables: what each step does, and how it is taken back. Each step and each undo may be repeated,
//! and tolerates that nothing, half or all of it happened already.
//!
//! A job that fails pauses and waits for an operator: what was stopped must not start again, nor what was erased come
//! back, without somebody's word.

mod erase;
mod logs;
mod steps;

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use waas_platform::db::PgConnection;
use waas_platform::durable::{
    EngineBuilder, Fired, OnFailure, SagaDef, SagaView, Step, Timer, TimersBuilder, Undo, step,
};

use super::estate::Estate;
use super::lifecycle::{self, Job, Wanted, Wished};
use super::{card, store};
use crate::audit::Actor;
use crate::jobs;
pub use logs::{LogsWanted, ask_logs};

/// Who acts in the steps; who asked for them stands in the audit of the wish.
const ACTOR: Actor = Actor::System("tenants");
/// The timer that erases what was deleted.
pub const GRACE: &str = "tenant_grace";
/// The pause before a due erasure is tried again, when something else is at work on the tenant.
const BUSY: chrono::Duration = chrono::Duration::minutes(10);
/// Time for containers to become healthy by their own checks.
const COMING_UP: Duration = Duration::from_secs(600);
/// Time for containers to end by themselves.
const GOING_DOWN: Duration = Duration::from_secs(180);

/// All sagas of this capability.
pub fn register(engine: EngineBuilder, estate: &Estate) -> EngineBuilder {
    let engine = engine.saga(logs::definition(), estate);
    Job::ALL.into_iter().fold(engine, |engine, job| engine.saga(definition(job), estate))
}

/// All timers of this capability.
pub fn register_timers(timers: TimersBuilder, estate: &Estate) -> TimersBuilder {
    let estate = estate.clone();
    timers.on(GRACE, move |conn, timer| grace_is_over(estate.clone(), conn, timer))
}

/// The saga of a job.
pub fn definition(job: Job) -> SagaDef<Estate> {
    const GONE: &str = "what is erased does not come back";
    let steps: Vec<Step<Estate>> = match job {
        Job::Restart => vec![
            step("restart", steps::restart, Undo::none("a restarted container is what it was before"))
                .timeout(GOING_DOWN),
            step("healthy", steps::come_up, Undo::none("waiting changes nothing")).timeout(COMING_UP),
        ],
        Job::Stop => vec![
            step("state", steps::be_stopped, Undo::by(steps::be_live_again)),
            step("stop", steps::stop, Undo::by(steps::start_again)).timeout(GOING_DOWN.max(COMING_UP)),
        ],
        Job::Start => vec![
            step("healthy", steps::come_up, Undo::by(steps::stop_again)).timeout(COMING_UP),
            step("state", steps::be_started, Undo::by(steps::be_stopped_again)),
        ],
        Job::Delete => vec![
            step("state", steps::be_deleted, Undo::by(steps::be_undeleted)),
            step("site", steps::leave_edge, Undo::by(steps::join_edge)),
            step("stop", steps::stop, Undo::by(steps::start_again)).timeout(GOING_DOWN.max(COMING_UP)),
        ],
        Job::Restore => vec![
            step("healthy", steps::come_up_if_it_was, Undo::by(steps::stop)).timeout(COMING_UP),
            step("site", steps::join_edge, Undo::by(steps::leave_edge)),
            step("state", steps::be_restored, Undo::by(steps::be_deleted_again)),
        ],
        Job::Erase => vec![
            step("state", erase::mark, Undo::none("it stays deleted; restore brings it back while its data stands")),
            step("site", steps::leave_edge, Undo::none("restore makes the route anew while the files stand")),
            step("user", erase::user, Undo::none("the hub makes the user anew while the tenant stands")),
            step("containers", erase::containers, Undo::none(GONE)).timeout(GOING_DOWN),
            step("networks", erase::networks, Undo::none(GONE)),
            step("volumes", erase::volumes, Undo::none(GONE)),
            step("images", erase::images, Undo::none(GONE)),
            step("folder", erase::folder, Undo::none(GONE)),
            step("leftovers", erase::leftovers, Undo::none("it only looks")),
            step("records", erase::records, Undo::none(GONE)),
        ],
    };
    SagaDef::new(job.kind(), 1, steps)
        .on_failure(OnFailure::Pause)
        .on_change(|estate, conn, view| Box::pin(draw(estate, conn, view)))
}

/// The job's card, and the tenant's.
async fn draw(estate: Estate, conn: &mut PgConnection, view: &SagaView) -> anyhow::Result<()> {
    jobs::follow(conn, &estate.clock, &estate.front, estate.bot, view).await?;
    match view.subject.parse() {
        Ok(slug) => card::redraw(conn, &estate, &slug).await,
        Err(_) => Ok(()),
    }
}

/// The grace time of a deleted tenant is over: it is erased, unless it was brought back.
fn grace_is_over<'a>(
    estate: Estate,
    conn: &'a mut PgConnection,
    timer: &'a Timer,
) -> BoxFuture<'a, anyhow::Result<Fired>> {
    Box::pin(async move {
        let Some(tenant) = store::find(conn, &timer.subject.parse()?).await? else {
            return Ok(Fired::Done);
        };
        let now: DateTime<Utc> = estate.clock.now();
        let Some(due) = tenant.erase_after else {
            return Ok(Fired::Done);
        };
        if due > now {
            return Ok(Fired::Again(due));
        }
        let wanted = Wanted { job: Job::Erase, service: None, version: None, place: None };
        match lifecycle::wish(conn, &estate, &ACTOR, &tenant, &wanted).await? {
            Wished::Busy(_) => Ok(Fired::Again(now + BUSY)),
            _ => Ok(Fired::Done),
        }
    })
}
