//! Alerts: something is wrong with a tenant, until somebody or something says that it is well again.
//!
//! One incident is one row and one card, however often its source repeats itself. This capability hears of containers and
//! heartbeats through the listeners of [`crate::tenants`] and [`crate::telemetry`]. It must not know how telemetry is counted,
//! how a container is run, or how a message reaches a chat; *Logs* and *Restart* on its card belong to tenants.
//!
//! | file | holds |
//! |---|---|
//! | [`notice`] | what a source sends, in our own format |
//! | [`model`] | the incident: its status, its legal moves, its timeline |
//! | [`title`] | what is wrong, in a line, in each reader's language |
//! | `wish` | what people want of it, and how that ends |
//! | [`card`], `draw` | the incident as it stands on the screen, and where |
//! | [`chat`] | commands and buttons |
//! | [`listen`] | containers and heartbeats as sources |
//! | [`route`] | pages that wait too long, and the second route |
//! | [`work`] | the timer that takes off what ran out |

pub mod card;
pub mod chat;
mod draw;
pub mod listen;
pub mod model;
pub mod notice;
pub mod route;
mod store;
pub mod title;
mod wish;
pub mod work;

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::durable::timers;
use waas_platform::secrets::mask;
use waas_platform::telegram::BotId;

use crate::audit::Act;
use crate::front::Front;
use crate::tenants::Slug;
pub use chat::{length, refusal};
use model::{Alert, EventKind, Meaning, Move, Refused};
use notice::{Notice, Source};
pub use route::{Watch, WatchSettings, oldest_page};
use store::timeline as events;
pub use store::timeline::Event;
pub use store::{Incident, TenantSilence};
pub use wish::{Acted, Name, NoName, Person, Received, Verb};

/// The kind of the timer that fires when an acknowledgement or a silence runs out; see [`work`].
const LAPSE: &str = "alert.lapse";

/// What behaviour depends on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long an acknowledgement holds.
    pub ack_lease: Duration,
    /// How long a silence holds when nothing is said.
    pub silence: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ack_lease: Duration::hours(1), silence: Duration::hours(2) }
    }
}

/// The use cases. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Alerts {
    /// Layouts and words.
    pub front: Front,
    /// Time.
    pub clock: Clock,
    /// The bot that speaks to the operators; without one, incidents are kept and no card is drawn.
    pub bot: Option<BotId>,
    /// Leases.
    pub settings: Settings,
}

impl Alerts {
    /// Takes a notice of a source about a tenant. `log_tail` is kept with a new incident, its secrets masked.
    ///
    /// # Errors
    /// The database refuses, or a layout is broken.
    pub async fn receive(
        &self,
        conn: &mut PgConnection,
        tenant: &str,
        source: Source,
        notice: &Notice,
        log_tail: Option<&str>,
    ) -> anyhow::Result<Received> {
        let now = self.clock.now();
        loop {
            let last = store::latest(conn, tenant, source, &notice.fingerprint).await?;
            match (Alert::meaning(last.as_ref().map(|last| &last.alert), notice, now), last) {
                (Meaning::Opens(mut alert), _) => {
                    if alert.silence.is_none() {
                        alert.silence = store::tenant_silence(conn, tenant, now).await?;
                    }
                    let log_tail = log_tail.map(|tail| mask::text(tail).into_owned());
                    let opened = store::open(conn, tenant, source, notice, &alert, log_tail.as_deref(), now).await?;
                    // Somebody opened it between the two statements: now it is there to be continued.
                    let Some(incident) = opened else { continue };
                    events::add(conn, incident.id, EventKind::Opened, None, now, None, None).await?;
                    self.changed(conn, &incident, now).await?;
                    return Ok(Received::Opened(incident.id));
                }
                (Meaning::Continues(wanted), Some(incident)) => {
                    let id = incident.id;
                    if let Err(refused) = self.moves(conn, incident, wanted, None).await? {
                        tracing::debug!(alert = %id, ?refused, "a notice changed nothing");
                    }
                    return Ok(Received::Continued(id));
                }
                (Meaning::Continues(_), None) | (Meaning::Stale, _) => return Ok(Received::Stale),
            }
        }
    }

    /// Does what a person wants with an incident, and says so in the audit.
    ///
    /// # Errors
    /// The database refuses, or a layout is broken.
    pub async fn act(&self, conn: &mut PgConnection, name: Name, verb: Verb, by: &Person) -> anyhow::Result<Acted> {
        let Some(incident) = store::find(conn, name, true).await? else {
            return Ok(Acted::NotFound);
        };
        let (id, act, now) = (incident.id, verb.act(), self.clock.now());
        let before = incident.clone();
        let actor = by.on_card();
        let wanted = match verb {
            Verb::Ack(lease) => Move::Ack { by: actor, until: Some(now + lease.unwrap_or(self.settings.ack_lease)) },
            Verb::Unack => Move::Unack { by: actor },
            Verb::Silence(time, reason) => {
                Move::Silence { by: actor, until: now + time.unwrap_or(self.settings.silence), reason }
            }
            Verb::Unsilence => Move::Unsilence { by: actor },
            Verb::Resolve => Move::Resolve { by: actor, ends_at: None },
        };
        let subject = format!("alert:{id}");
        match self.moves(conn, incident, wanted, Some(by)).await? {
            Ok(incident) => {
                let detail = json!({ "tenant": incident.tenant, "number": incident.number });
                Act::done(&by.actor, act, subject).detail(detail).record(conn).await?;
                Ok(Acted::Done(incident))
            }
            Err(refused) => {
                Act::refused(&by.actor, act, subject).record(conn).await?;
                Ok(Acted::Refused(before, refused))
            }
        }
    }

    /// Silences a tenant: everything open now and everything that opens until then.
    ///
    /// # Errors
    /// The database refuses, or a layout is broken.
    pub async fn silence_tenant(
        &self,
        conn: &mut PgConnection,
        tenant: &Slug,
        time: Option<Duration>,
        reason: Option<String>,
        by: &Person,
    ) -> anyhow::Result<TenantSilence> {
        let now = self.clock.now();
        let silence = model::Silence {
            by: by.on_card(),
            at: now,
            until: now + time.unwrap_or(self.settings.silence),
            reason: reason.clone(),
        };
        store::silence_tenant(conn, tenant.as_str(), &silence).await?;
        let open = store::open_of_tenant(conn, tenant.as_str()).await?;
        let count = open.len();
        for incident in open {
            let wanted = Move::Silence { by: by.on_card(), until: silence.until, reason: reason.clone() };
            // Each is open and the time lies ahead: nothing to be refused.
            let _ = self.moves(conn, incident, wanted, Some(by)).await?;
        }
        // Not the reason: what people write is kept where it can be forgotten.
        let detail = json!({ "until": silence.until });
        Act::done(&by.actor, "alert.silence_tenant", format!("tenant:{tenant}")).detail(detail).record(conn).await?;
        Ok(TenantSilence { silence, open: count })
    }

    /// Notes on the open cards of a tenant's service that somebody asked for a restart.
    ///
    /// # Errors
    /// The database refuses, or a layout is broken.
    pub async fn restart_asked(
        &self,
        conn: &mut PgConnection,
        tenant: &Slug,
        service: Option<&str>,
        by: &Person,
    ) -> anyhow::Result<()> {
        let now = self.clock.now();
        let concerns = |incident: &Incident| match (service, incident.service.as_deref()) {
            (Some(asked), Some(own)) => asked == own,
            (None, _) | (_, None) => true,
        };
        for incident in store::open_of_tenant(conn, tenant.as_str()).await?.into_iter().filter(concerns) {
            let actor = by.on_card();
            events::add(conn, incident.id, EventKind::RestartAsked, Some(&actor), now, None, None).await?;
            self.draw(conn, &incident).await?;
        }
        Ok(())
    }

    /// Resolves what is open of a tenant that is gone or stopped for good.
    ///
    /// # Errors
    /// The database refuses, or a layout is broken.
    pub async fn tenant_gone(&self, conn: &mut PgConnection, tenant: &Slug, by: &Person) -> anyhow::Result<()> {
        for incident in store::open_of_tenant(conn, tenant.as_str()).await? {
            let wanted = Move::Resolve { by: by.on_card(), ends_at: None };
            let _ = self.moves(conn, incident, wanted, Some(by)).await?;
        }
        Ok(())
    }

    /// The one way for an incident to change: asks the model, keeps the outcome with its entry in the timeline, draws.
    async fn moves(
        &self,
        conn: &mut PgConnection,
        mut incident: Incident,
        wanted: Move,
        by: Option<&Person>,
    ) -> anyhow::Result<Result<Incident, Refused>> {
        let now = self.clock.now();
        let (until, note) = match &wanted {
            Move::Ack { until, .. } => (*until, None),
            Move::Silence { until, reason, .. } => (Some(*until), reason.clone()),
            _ => (None, None),
        };
        let (next, kind) = match incident.alert.after(wanted, now) {
            Ok(outcome) => outcome,
            Err(refused) => return Ok(Err(refused)),
        };
        incident.alert = next;
        if kind == EventKind::Resolved {
            incident.resolved_by = by.map(|by| by.name.clone());
        }
        store::save(conn, &incident, now).await?;
        let actor = by.map(Person::on_card);
        events::add(conn, incident.id, kind, actor.as_ref(), now, until, note.as_deref()).await?;
        self.changed(conn, &incident, now).await?;
        Ok(Ok(incident))
    }

    /// Sets the timer for what changes by itself, and draws.
    async fn changed(&self, conn: &mut PgConnection, incident: &Incident, now: DateTime<Utc>) -> anyhow::Result<()> {
        let subject = incident.id.to_string();
        match incident.alert.changes_at(now) {
            Some(due) => {
                timers::schedule(conn, LAPSE, &subject, &json!({}), due).await?;
            }
            None => {
                timers::cancel(conn, LAPSE, &subject).await?;
            }
        }
        self.draw(conn, incident).await
    }
}

/// How many alerts are open.
///
/// # Errors
/// The database refuses.
pub async fn open(conn: &mut PgConnection) -> sqlx::Result<u64> {
    Ok(store::open_count(conn).await?.unsigned_abs())
}

/// An incident by its id or number.
///
/// # Errors
/// The database refuses.
pub async fn find(conn: &mut PgConnection, name: Name) -> sqlx::Result<Option<Incident>> {
    store::find(conn, name, false).await
}

/// What happened to an incident, oldest first.
///
/// # Errors
/// The database refuses.
pub async fn timeline(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Vec<Event>> {
    events::of(conn, id).await
}

/// A page of incidents, newest first, those with a number below `cursor`; open ones, or all.
///
/// # Errors
/// The database refuses.
pub async fn page(conn: &mut PgConnection, all: bool, cursor: Option<i64>, limit: i64) -> sqlx::Result<Vec<Incident>> {
    store::page(conn, all, cursor, limit).await
}
