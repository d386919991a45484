//! Links what was written, again and again: one timer, of which the database lets one process at a time take care.

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use waas_platform::clock::Clock;
use waas_platform::db::{PgConnection, PgPool};
use waas_platform::durable::timers::{self, TimersBuilder};
use waas_platform::durable::{Fired, Timer};

use super::chain::Chain;

/// The timer's kind.
const KIND: &str = "audit.link";

/// The pause while there is more to link: in it a stop is heard.
const BREATH: TimeDelta = TimeDelta::milliseconds(10);

/// What linking works with.
#[derive(Clone, Debug)]
pub struct Linking {
    /// Signs.
    pub chain: Chain,
    /// Time.
    pub clock: Clock,
    /// The pause when nothing is left to link.
    pub every: TimeDelta,
}

impl Linking {
    async fn look(&self, conn: &mut PgConnection) -> anyhow::Result<Fired> {
        // A batch a transaction: what a kill undoes is little, and other timers have their turn between.
        let linked = self.chain.link(conn).await?;
        metrics::counter!("hub_audit_linked_total").increment(linked as u64);
        let pause = if linked > 0 { BREATH } else { self.every };
        Ok(Fired::Again(self.clock.now() + pause))
    }
}

/// Adds the handler of this capability's timer.
pub fn timers(builder: TimersBuilder, linking: Linking) -> TimersBuilder {
    let linking = Arc::new(linking);
    builder.on(KIND, move |conn, timer| fire(Arc::clone(&linking), conn, timer))
}

fn fire<'a>(linking: Arc<Linking>, conn: &'a mut PgConnection, _: &'a Timer) -> BoxFuture<'a, anyhow::Result<Fired>> {
    Box::pin(async move { linking.look(conn).await })
}

/// Looks again and again, until cancelled.
pub async fn begin(pool: &PgPool, clock: &Clock, stop: &CancellationToken) {
    timers::look_again(pool, clock, KIND, stop).await;
}
