//! Reminders: a promised call, a lead that somebody took and left lying, one whose survey is in and which nobody builds, a lead
//! that is nobody's. First its holder hears of it, in private; when that was in vain, all do, once.
//!
//! One timer looks again and again; what was told stands in the lead's row, in the transaction of the telling.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use chrono_tz::Tz;
use futures_util::future::BoxFuture;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::db::{PgConnection, PgPool};
use waas_platform::durable::timers::{self, TimersBuilder};
use waas_platform::durable::{Fired, Timer};
use waas_platform::telegram::{BotId, Place, Priority, outbox};

use super::store::{self, Lead};
use super::{card, moves};
use crate::access::{self, Desk};
use crate::front::Front;

/// The timer's kind.
const KIND: &str = "lead.reminders";
/// The most leads of one kind of which one look tells their holders; the next look tells of more.
const AT_ONCE: i64 = 50;
/// Leads that are named when all are called; of the others it is told how many they are.
const NAMED: i32 = 8;

/// Who knows what became of requests.
pub trait Requests: Send + Sync + std::fmt::Debug {
    /// Those of these requests that nobody builds.
    fn unbuilt<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        requests: &'a [Uuid],
    ) -> BoxFuture<'a, anyhow::Result<Vec<Uuid>>>;
}

/// Everything about reminders that behaviour depends on.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How often is looked.
    pub every: TimeDelta,
    /// How long a lead may lie.
    pub untouched: TimeDelta,
    /// How long its holder has, once reminded, before all are.
    pub to_all: TimeDelta,
    /// From this hour on the clock of the house …
    pub quiet_from: u32,
    /// … until this one nobody is disturbed; a call that was promised for just then was wished for.
    pub quiet_to: u32,
}

impl Settings {
    /// Whether nobody is to be disturbed now, on this clock.
    pub fn is_quiet(&self, now: DateTime<Utc>, zone: Tz) -> bool {
        within(now.with_timezone(&zone).hour(), self.quiet_from, self.quiet_to)
    }
}

/// What reminders work with.
#[derive(Clone, Debug)]
pub struct Reminders {
    /// How they are worded.
    pub front: Front,
    /// Time.
    pub clock: Clock,
    /// The bot that brings them; without one they wait.
    pub bot: Option<BotId>,
    /// Which requests wait.
    pub requests: Arc<dyn Requests>,
    /// When, and when not.
    pub settings: Settings,
}

/// Why somebody is reminded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cause {
    /// They promised to call, and it is time.
    Call,
    /// They took it and left it lying.
    Idle,
    /// Its survey is in, and nobody builds the site.
    Request,
    /// Nobody did anything, or its holder was reminded in vain.
    All,
}

/// Adds the handler of this capability's timer.
pub fn timers(builder: TimersBuilder, reminders: Reminders) -> TimersBuilder {
    let reminders = Arc::new(reminders);
    builder.on(KIND, move |conn, timer| look(Arc::clone(&reminders), conn, timer))
}

/// Looks again and again, until cancelled.
pub async fn begin(pool: &PgPool, clock: &Clock, stop: &CancellationToken) {
    timers::look_again(pool, clock, KIND, stop).await;
}

fn look<'a>(
    reminders: Arc<Reminders>,
    conn: &'a mut PgConnection,
    _: &'a Timer,
) -> BoxFuture<'a, anyhow::Result<Fired>> {
    Box::pin(async move {
        reminders.look(conn).await?;
        Ok(Fired::Again(reminders.clock.now() + reminders.settings.every))
    })
}

impl Reminders {
    /// Tells whoever is to be told now; how many messages that were. Leads of people who left the team are given back
    /// first.
    ///
    /// # Errors
    /// The database refuses, or a layout is broken.
    pub async fn look(&self, conn: &mut PgConnection) -> anyhow::Result<usize> {
        let Some(bot) = self.bot else { return Ok(0) };
        let (now, settings) = (self.clock.now(), self.settings);
        moves::release_orphans(conn, &self.clock, &self.front).await?;
        let mut told = 0;
        let promised = store::reminders::promised(conn, now, AT_ONCE).await?;
        told += self.tell_holders(conn, bot, Cause::Call, &promised).await?;
        if settings.is_quiet(now, self.front.reader(None, now).zone) {
            return Ok(told);
        }
        let idle = store::reminders::idle(conn, now - settings.untouched, AT_ONCE).await?;
        told += self.tell_holders(conn, bot, Cause::Idle, &idle).await?;
        let unbuilt = self.unbuilt(conn, now - settings.untouched).await?;
        let held = store::reminders::held(conn, &unbuilt, AT_ONCE).await?;
        told += self.tell_holders(conn, bot, Cause::Request, &held).await?;
        if let Some(place) = access::desk(conn, &self.clock, &self.front, bot, Desk::Leads).await? {
            let overdue = store::reminders::Overdue {
                untouched_since: now - settings.untouched,
                reminded_since: now - settings.to_all,
                unbuilt: &unbuilt,
            };
            let (count, first) = store::reminders::call_all(conn, &overdue, NAMED, now).await?;
            if count > 0 {
                self.tell(conn, place, Cause::All, &first, count).await?;
                told += 1;
            }
        }
        Ok(told)
    }

    /// Leads whose requests wait since then for somebody to build them.
    async fn unbuilt(&self, conn: &mut PgConnection, since: DateTime<Utc>) -> anyhow::Result<Vec<Uuid>> {
        let requested = store::reminders::requested(conn, since).await?;
        if requested.is_empty() {
            return Ok(Vec::new());
        }
        let requests: Vec<Uuid> = requested.iter().map(|(_, request)| *request).collect();
        let waiting = self.requests.unbuilt(conn, &requests).await?;
        Ok(requested.into_iter().filter(|(_, request)| waiting.contains(request)).map(|(lead, _)| lead).collect())
    }

    /// One message for each lead, to whoever has it.
    async fn tell_holders(
        &self,
        conn: &mut PgConnection,
        bot: BotId,
        cause: Cause,
        leads: &[Lead],
    ) -> anyhow::Result<usize> {
        for lead in leads {
            // Nobody's: it was promised at the terminal. The next step is to tell all.
            if let Some(holder) = lead.assignee {
                let place = Place::private(bot, holder);
                self.tell(conn, place, cause, std::slice::from_ref(lead), 1).await?;
            }
        }
        let ids: Vec<Uuid> = leads.iter().map(|lead| lead.id).collect();
        store::reminders::set(conn, &ids, self.clock.now()).await?;
        Ok(leads.len())
    }

    async fn tell(
        &self,
        conn: &mut PgConnection,
        place: Place,
        cause: Cause,
        named: &[Lead],
        count: i64,
    ) -> anyhow::Result<()> {
        let reader = access::reader_at(conn, &self.front, place, self.clock.now()).await?;
        let view = card::reminder(&self.front, &reader, cause, named, count)?;
        Ok(outbox::say(conn, &self.clock, place, view, Priority::Reminder).await?)
    }
}

/// Whether an hour lies in the hours from one to another, over midnight when the second is the smaller.
fn within(hour: u32, from: u32, to: u32) -> bool {
    if from <= to { (from..to).contains(&hour) } else { hour >= from || hour < to }
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn quiet_hours_reach_over_midnight() {
        let quiet: Vec<u32> = (0..24).filter(|hour| within(*hour, 21, 8)).collect();
        assert_eq!(quiet, [0, 1, 2, 3, 4, 5, 6, 7, 21, 22, 23]);
        assert!((0..24).all(|hour| !within(hour, 8, 8)));
        assert_eq!((0..24).filter(|hour| within(*hour, 13, 14)).count(), 1);
    }
}
