//! Clients who wait for an answer: all operators are reminded of them, once for each wait.
//!
//! One timer looks again and again; what was told stands in the thread's row, in the transaction of the telling.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use waas_platform::clock::Clock;
use waas_platform::db::{PgConnection, PgPool};
use waas_platform::durable::timers::{self, TimersBuilder};
use waas_platform::durable::{Fired, Timer};
use waas_platform::telegram::BotId;

use super::{showing, store};
use crate::front::Front;
use crate::leads::Reminding;

/// The timer's kind.
const KIND: &str = "client.reminders";
/// The most threads of which one look tells; the next look tells of more.
const AT_ONCE: i64 = 20;

/// What reminders work with.
#[derive(Clone, Debug)]
pub struct Reminders {
    /// How they are worded.
    pub front: Front,
    /// Time.
    pub clock: Clock,
    /// The bot that brings them; without one they wait.
    pub bot: Option<BotId>,
    /// When, and when not: as of leads.
    pub settings: Reminding,
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
    /// Brings the threads that wait before the operators; how many they are.
    ///
    /// # Errors
    /// The database refuses, or a card cannot be drawn.
    pub async fn look(&self, conn: &mut PgConnection) -> anyhow::Result<usize> {
        let now = self.clock.now();
        let Some(bot) = self.bot.filter(|_| !self.settings.is_quiet(now, self.front.reader(None, now).zone)) else {
            return Ok(0);
        };
        let waiting = store::reminders::waiting(conn, bot, now - self.settings.untouched, AT_ONCE).await?;
        for (thread, since) in &waiting {
            showing::remind(conn, &self.clock, &self.front, thread, *since).await?;
            store::reminders::set(conn, thread.id, now).await?;
        }
        Ok(waiting.len())
    }
}
