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
//! | [`card`] | the incident as it stands on the screen |
//! | [`chat`] | commands and buttons |
//! | [`listen`] | containers and heartbeats as sources |
//! | [`work`] | the timer that takes off what ran out |

pub mod card;
pub mod chat;
pub mod listen;
pub mod model;
pub mod notice;
mod store;
pub mod work;

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::durable::timers;
use waas_platform::secrets::mask;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::{BotId, Place, Priority};

use crate::access;
use crate::audit::{self, Act};
use crate::front::Front;
use crate::tenants::{self, Slug, TenantState};
use model::{Actor, Alert, EventKind, Meaning, Move, Refused, Status};
use notice::{Notice, Severity, Source};
pub use store::{Event, Incident, TenantSilence};

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
        Self {
            ack_lease: Duration::hours(1),
            silence: Duration::hours(2),
        }
    }
}

/// Somebody who does something with an incident: as the audit knows them and as the card names them.
#[derive(Clone, Debug)]
pub struct Person {
    /// For the audit.
    pub actor: audit::Actor,
    /// The name that is shown.
    pub name: String,
}

impl Person {
    fn on_card(&self) -> Actor {
        let id = match self.actor {
            audit::Actor::Person(id) => Some(id),
            audit::Actor::Terminal(_) | audit::Actor::System(_) => None,
        };
        Actor {
            id,
            name: self.name.clone(),
        }
    }
}

/// What somebody wants done with an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// "I have it", for the setting's time or another.
    Ack(Option<Duration>),
    /// "Somebody else may have it."
    Unack,
    /// "Do not disturb", for the setting's time or another, and why.
    Silence(Option<Duration>, Option<String>),
    /// "Do disturb."
    Unsilence,
    /// "It is over."
    Resolve,
}

impl Verb {
    /// The word in the audit.
    const fn act(&self) -> &'static str {
        match self {
            Self::Ack(_) => "alert.ack",
            Self::Unack => "alert.unack",
            Self::Silence(..) => "alert.silence",
            Self::Unsilence => "alert.unsilence",
            Self::Resolve => "alert.resolve",
        }
    }
}

/// How a wish ended.
#[derive(Clone, Debug)]
pub enum Acted {
    /// It took place; the incident as it stands now.
    Done(Incident),
    /// It changes nothing here; the incident as it stands, and why.
    Refused(Incident, Refused),
    /// There is no such incident.
    NotFound,
}

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It began an incident.
    Opened(Uuid),
    /// It belongs to an open one, which goes on or is over now.
    Continued(Uuid),
    /// It repeats what is over, or ends what is not open.
    Stale,
}

/// How an incident is named: its id, or the short number that people type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The id.
    Id(Uuid),
    /// The number.
    Number(i64),
}

impl std::str::FromStr for Name {
    type Err = NoName;

    fn from_str(text: &str) -> Result<Self, NoName> {
        let text = text.trim().trim_start_matches('#');
        text.parse()
            .map(Self::Number)
            .or_else(|_| text.parse().map(Self::Id))
            .map_err(|_| NoName)
    }
}

/// The text names no alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an alert is named by its number, like 12, or by its id")]
pub struct NoName;

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
            match (
                Alert::meaning(last.as_ref().map(|last| &last.alert), notice, now),
                last,
            ) {
                (Meaning::Opens(mut alert), _) => {
                    if alert.silence.is_none() {
                        alert.silence = store::tenant_silence(conn, tenant, now).await?;
                    }
                    let log_tail = log_tail.map(|tail| mask::text(tail).into_owned());
                    let opened = store::open(
                        conn,
                        tenant,
                        source,
                        notice,
                        &alert,
                        log_tail.as_deref(),
                        now,
                    )
                    .await?;
                    // Somebody opened it between the two statements: now it is there to be continued.
                    let Some(incident) = opened else { continue };
                    store::add_event(conn, incident.id, EventKind::Opened, None, now, None, None)
                        .await?;
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
    pub async fn act(
        &self,
        conn: &mut PgConnection,
        name: Name,
        verb: Verb,
        by: &Person,
    ) -> anyhow::Result<Acted> {
        let Some(incident) = store::find(conn, name, true).await? else {
            return Ok(Acted::NotFound);
        };
        let (id, act, now) = (incident.id, verb.act(), self.clock.now());
        let before = incident.clone();
        let actor = by.on_card();
        let wanted = match verb {
            Verb::Ack(lease) => Move::Ack {
                by: actor,
                until: Some(now + lease.unwrap_or(self.settings.ack_lease)),
            },
            Verb::Unack => Move::Unack { by: actor },
            Verb::Silence(time, reason) => Move::Silence {
                by: actor,
                until: now + time.unwrap_or(self.settings.silence),
                reason,
            },
            Verb::Unsilence => Move::Unsilence { by: actor },
            Verb::Resolve => Move::Resolve {
                by: actor,
                ends_at: None,
            },
        };
        let subject = format!("alert:{id}");
        match self.moves(conn, incident, wanted, Some(by)).await? {
            Ok(incident) => {
                let detail = json!({ "tenant": incident.tenant, "number": incident.number });
                Act::done(&by.actor, act, subject)
                    .detail(detail)
                    .record(conn)
                    .await?;
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
            let wanted = Move::Silence {
                by: by.on_card(),
                until: silence.until,
                reason: reason.clone(),
            };
            // Each is open and the time lies ahead: nothing to be refused.
            let _ = self.moves(conn, incident, wanted, Some(by)).await?;
        }
        let detail = json!({ "until": silence.until, "reason": reason });
        Act::done(
            &by.actor,
            "alert.silence_tenant",
            format!("tenant:{tenant}"),
        )
        .detail(detail)
        .record(conn)
        .await?;
        Ok(TenantSilence {
            silence,
            open: count,
        })
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
        for incident in store::open_of_tenant(conn, tenant.as_str())
            .await?
            .into_iter()
            .filter(concerns)
        {
            let actor = by.on_card();
            store::add_event(
                conn,
                incident.id,
                EventKind::RestartAsked,
                Some(&actor),
                now,
                None,
                None,
            )
            .await?;
            self.draw(conn, &incident).await?;
        }
        Ok(())
    }

    /// Resolves what is open of a tenant that is gone or stopped for good.
    ///
    /// # Errors
    /// The database refuses, or a layout is broken.
    pub async fn tenant_gone(
        &self,
        conn: &mut PgConnection,
        tenant: &Slug,
        by: &Person,
    ) -> anyhow::Result<()> {
        for incident in store::open_of_tenant(conn, tenant.as_str()).await? {
            let wanted = Move::Resolve {
                by: by.on_card(),
                ends_at: None,
            };
            let _ = self.moves(conn, incident, wanted, Some(by)).await?;
        }
        Ok(())
    }

    /// Draws the card of an incident at the bottom of a chat.
    ///
    /// # Errors
    /// The database refuses, or a layout is broken.
    pub async fn show(
        &self,
        conn: &mut PgConnection,
        incident: &Incident,
        place: Place,
    ) -> anyhow::Result<()> {
        let view = self.view(conn, incident).await?;
        cards::put(
            conn,
            &self.clock,
            place,
            &key(incident.id),
            &view,
            Priority::Reply,
            Placement::Anew,
        )
        .await?;
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
        store::add_event(
            conn,
            incident.id,
            kind,
            actor.as_ref(),
            now,
            until,
            note.as_deref(),
        )
        .await?;
        self.changed(conn, &incident, now).await?;
        Ok(Ok(incident))
    }

    /// Sets the timer for what changes by itself, and draws.
    async fn changed(
        &self,
        conn: &mut PgConnection,
        incident: &Incident,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
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

    /// Draws the card wherever it stands; one that stands nowhere and may disturb goes to the operators.
    async fn draw(&self, conn: &mut PgConnection, incident: &Incident) -> anyhow::Result<()> {
        let key = key(incident.id);
        let places = cards::places(conn, &key).await?;
        let view = self.view(conn, incident).await?;
        if !places.is_empty() {
            for place in places {
                cards::put(
                    conn,
                    &self.clock,
                    place,
                    &key,
                    &view,
                    Priority::Card,
                    Placement::Here,
                )
                .await?;
            }
            return Ok(());
        }
        // A silent one waits until its silence is over; one that is over before anybody saw it stays unseen.
        let status = incident.alert.status(self.clock.now());
        if matches!(status, Status::Silenced | Status::Resolved) {
            return Ok(());
        }
        let place = match self.bot {
            Some(bot) => access::operators_place(conn, bot).await?,
            None => None,
        };
        if let Some(place) = place {
            cards::put(
                conn,
                &self.clock,
                place,
                &key,
                &view,
                priority(incident.alert.severity),
                Placement::Here,
            )
            .await?;
        }
        Ok(())
    }

    async fn view(
        &self,
        conn: &mut PgConnection,
        incident: &Incident,
    ) -> anyhow::Result<waas_platform::telegram::View> {
        let timeline = store::timeline(conn, incident.id).await?;
        let tenant = match incident.tenant.parse::<Slug>() {
            Ok(slug) => tenants::find(conn, &slug).await?,
            Err(_) => None,
        };
        let managed = tenant
            .is_some_and(|tenant| tenant.kind == "managed" && tenant.state != TenantState::Deleted);
        let reader = self.front.reader(None, self.clock.now());
        Ok(card::view(
            &self.front,
            &reader,
            incident,
            &timeline,
            managed,
        )?)
    }
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
    store::timeline(conn, id).await
}

/// A page of incidents, newest first, those with a number below `cursor`; open ones, or all.
///
/// # Errors
/// The database refuses.
pub async fn page(
    conn: &mut PgConnection,
    all: bool,
    cursor: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Incident>> {
    store::page(conn, all, cursor, limit).await
}

fn key(id: Uuid) -> CardKey {
    CardKey {
        kind: "alert",
        subject: id.to_string(),
    }
}

/// Only what is critical pages.
const fn priority(severity: Severity) -> Priority {
    match severity {
        Severity::Critical => Priority::Page,
        Severity::Warning | Severity::Info => Priority::Card,
    }
}
