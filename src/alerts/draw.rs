//! Where the card of an incident stands, and how loudly it comes.

use futures_util::future::BoxFuture;
use uuid::Uuid;
use waas_platform::db::PgConnection;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::{BotId, Place, Priority, Turn, View};

use super::model::Status;
use super::notice::Severity;
use super::route::HUB;
use super::{Alerts, Incident, card, store};
use crate::access::{self, Belongings, Colleague, Desk};
use crate::tenants::{self, Slug, TenantState};

impl Alerts {
    /// Brings the card of an incident to who asked for it.
    pub(super) async fn show(
        &self,
        conn: &mut PgConnection,
        turn: &Turn,
        incident: &Incident,
        to: &Colleague,
    ) -> anyhow::Result<()> {
        let view = self.view(conn, incident, to.place()).await?;
        Ok(to.bring(conn, turn, &key(incident.id), view).await?)
    }

    /// Draws the card wherever it stands; one that stands nowhere and may disturb goes to the operators.
    pub(super) async fn draw(&self, conn: &mut PgConnection, incident: &Incident) -> anyhow::Result<()> {
        let key = key(incident.id);
        let places = cards::places(conn, &key).await?;
        if !places.is_empty() {
            for place in places {
                let view = self.view(conn, incident, place).await?;
                cards::put(conn, &self.clock, place, &key, &view, Priority::Card, Placement::Here).await?;
            }
            return Ok(());
        }
        // A silent one waits until its silence is over; one that is over before anybody saw it stays unseen.
        let status = incident.alert.status(self.clock.now());
        if matches!(status, Status::Silenced | Status::Resolved) {
            return Ok(());
        }
        if let Some(place) = self.home(conn, incident).await? {
            let view = self.view(conn, incident, place).await?;
            cards::put(conn, &self.clock, place, &key, &view, priority(incident.alert.severity), Placement::Here)
                .await?;
        }
        Ok(())
    }

    /// Where operators are told of an incident.
    async fn home(&self, conn: &mut PgConnection, incident: &Incident) -> sqlx::Result<Option<Place>> {
        let Some(bot) = self.bot else { return Ok(None) };
        let about = if incident.tenant == HUB { Desk::Platform } else { Desk::Tenant(&incident.tenant) };
        access::desk(conn, &self.clock, &self.front, bot, about).await
    }

    async fn view(&self, conn: &mut PgConnection, incident: &Incident, place: Place) -> anyhow::Result<View> {
        let timeline = store::timeline::of(conn, incident.id).await?;
        let tenant = match incident.tenant.parse::<Slug>() {
            Ok(slug) => tenants::find(conn, &slug).await?,
            Err(_) => None,
        };
        let managed = tenant.is_some_and(|tenant| tenant.kind == "managed" && tenant.state != TenantState::Deleted);
        let reader = access::reader_at(conn, &self.front, place, self.clock.now()).await?;
        Ok(card::view(&self.front, &reader, incident, &timeline, managed)?)
    }
}

/// Incidents whose cards come along when the operators' chat is elsewhere.
const BROUGHT: i64 = 50;

impl Belongings for Alerts {
    fn bring<'a>(&'a self, conn: &'a mut PgConnection, _: BotId, _: Option<i64>) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let mut open = super::page(conn, false, None, BROUGHT).await?;
            open.reverse();
            for incident in open.iter().filter(|one| one.alert.status(self.clock.now()) != Status::Silenced) {
                let Some(place) = self.home(conn, incident).await? else { return Ok(()) };
                let view = self.view(conn, incident, place).await?;
                cards::put(conn, &self.clock, place, &key(incident.id), &view, Priority::Card, Placement::Home).await?;
            }
            Ok(())
        })
    }
}

pub(super) fn key(id: Uuid) -> CardKey {
    CardKey { kind: "alert", subject: id.to_string() }
}

/// Only what is critical pages.
pub(super) const fn priority(severity: Severity) -> Priority {
    match severity {
        Severity::Critical => Priority::Page,
        Severity::Warning | Severity::Info => Priority::Card,
    }
}
