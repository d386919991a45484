//! What runs out by itself: an acknowledgement's lease, a silence.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use uuid::Uuid;
use waas_platform::db::PgConnection;
use waas_platform::durable::timers::TimersBuilder;
use waas_platform::durable::{Fired, Timer};
use waas_platform::render::Context;
use waas_platform::telegram::cards;
use waas_platform::telegram::{Place, View, outbox};

use super::draw::{key, priority};
use super::model::{Move, Status};
use super::{Alerts, Incident, LAPSE, Name, store};
use crate::access;

/// Adds the handler of this capability's timer.
pub fn timers(builder: TimersBuilder, alerts: Arc<Alerts>) -> TimersBuilder {
    builder.on(LAPSE, move |conn, timer| lapse(Arc::clone(&alerts), conn, timer))
}

fn lapse<'a>(
    alerts: Arc<Alerts>,
    conn: &'a mut PgConnection,
    timer: &'a Timer,
) -> BoxFuture<'a, anyhow::Result<Fired>> {
    Box::pin(async move {
        let id: Uuid = timer.subject.parse()?;
        Ok(match alerts.lapse(conn, id).await? {
            Some(next) => Fired::Again(next),
            None => Fired::Done,
        })
    })
}

impl Alerts {
    /// Takes off what ran out, and speaks up when the incident disturbs again. Gives back when the next runs out.
    ///
    /// # Errors
    /// The database refuses, or a layout is broken.
    pub async fn lapse(
        &self,
        conn: &mut PgConnection,
        id: Uuid,
    ) -> anyhow::Result<Option<chrono::DateTime<chrono::Utc>>> {
        let now = self.clock.now();
        let Some(mut incident) = store::find(conn, Name::Id(id), true).await? else {
            return Ok(None);
        };
        let mut ran_out = None;
        while let Ok((next, kind)) = incident.alert.after(Move::Lapse, now) {
            incident.alert = next;
            store::save(conn, &incident, now).await?;
            store::timeline::add(conn, id, kind, None, now, None, None).await?;
            ran_out = Some(kind);
        }
        if ran_out.is_some() {
            let shown_before = cards::places(conn, &key(id)).await?;
            self.draw(conn, &incident).await?;
            if incident.alert.status(now) == Status::Firing {
                self.remind(conn, &incident, &shown_before).await?;
            }
        }
        Ok(incident.alert.changes_at(now))
    }

    /// An edit makes no sound: one line says that it is open again, where its card stood before.
    async fn remind(&self, conn: &mut PgConnection, incident: &Incident, places: &[Place]) -> anyhow::Result<()> {
        for place in places {
            let reader = access::reader_at(conn, &self.front, *place, self.clock.now()).await?;
            let context = Context::new()
                .with("number", &incident.number.to_string())
                .with("tenant", &incident.tenant)
                .with("title", &super::card::short(&incident.title.words(&self.front, &reader)));
            let view = View::text(self.front.say(&reader, "alerts/open_again.html", &context)?);
            outbox::say(conn, &self.clock, *place, view, priority(incident.alert.severity)).await?;
        }
        Ok(())
    }
}
