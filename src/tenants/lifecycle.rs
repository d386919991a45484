//! What may be asked of a tenant that stands: the checks, and the job that does it. Shared by chat and terminal.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use waas_platform::db::PgConnection;
use waas_platform::durable::{NewSaga, SagaState, SagaView, Wish, operations};
use waas_platform::telegram::Place;

use super::estate::Estate;
use super::model::{Move, Refused, Slug, TenantState};
use super::store::{self, Tenant};
use super::work;
use crate::audit::{Act, Actor};

/// A job on a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Containers end and begin again.
    Restart,
    /// Containers end; the data stays.
    Stop,
    /// Containers stand again.
    Start,
    /// Stopped and off the edge; the data goes when the grace time is over.
    Delete,
    /// A delete is taken back.
    Restore,
    /// Everything goes now.
    Erase,
}

impl Job {
    /// All jobs.
    pub const ALL: [Self; 6] = [Self::Restart, Self::Stop, Self::Start, Self::Delete, Self::Restore, Self::Erase];

    /// The kind of its saga.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Restart => "tenant_restart",
            Self::Stop => "tenant_stop",
            Self::Start => "tenant_start",
            Self::Delete => "tenant_delete",
            Self::Restore => "tenant_restore",
            Self::Erase => "tenant_erase",
        }
    }

    /// The act in the audit, which is also the action of its button.
    pub const fn act(self) -> &'static str {
        match self {
            Self::Restart => "tenant.restart",
            Self::Stop => "tenant.stop",
            Self::Start => "tenant.start",
            Self::Delete => "tenant.delete",
            Self::Restore => "tenant.restore",
            Self::Erase => "tenant.erase",
        }
    }

    /// Whether the tenant's state permits it.
    ///
    /// # Errors
    /// It does not.
    pub fn permitted(self, tenant: &Tenant) -> Result<(), Refused> {
        let step = match self {
            // Half built or half erased, everything of it can always go.
            Self::Erase => return Ok(()),
            Self::Restart if tenant.state == TenantState::Live => return Ok(()),
            Self::Restart => return Err(Refused { from: tenant.state }),
            Self::Stop => Move::Stop,
            Self::Start => Move::Start,
            Self::Delete => Move::Delete,
            Self::Restore => Move::Restore,
        };
        tenant.state.after(step, tenant.state_before).map(drop)
    }
}

/// A wish about a tenant.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What.
    pub job: Job,
    /// Only this service; for a restart.
    pub service: Option<String>,
    /// The tenant's version that the wish was made for; another one refuses it.
    pub version: Option<i64>,
    /// Where the answer goes; none from the terminal and from timers.
    pub place: Option<Place>,
}

/// What became of a wish.
#[derive(Clone, Debug)]
pub enum Wished {
    /// The job is at work, or about to be.
    Begun(Box<SagaView>),
    /// Another one is at work on this tenant, or is stuck; nothing was begun.
    Busy(Box<SagaView>),
    /// It stands so already; nothing was begun.
    Already(TenantState),
    /// The state forbids it.
    Refused(Refused),
    /// The tenant has changed since it was shown.
    Changed,
    /// It runs elsewhere and only reports.
    NotOurs,
    /// It has no such service, but these.
    NoService(Vec<String>),
}

/// What a lifecycle saga is enqueued with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) slug: Slug,
    pub(super) service: Option<String>,
    /// Where the result goes.
    pub(super) place: Option<Place>,
    /// The state when it was asked for; what an undo brings back.
    pub(super) was: TenantState,
    /// What a deleted tenant was before.
    pub(super) before: Option<TenantState>,
    /// Whether the hub runs it: else there are no containers and no site.
    pub(super) managed: bool,
    /// When what is deleted goes for good.
    pub(super) erase_after: Option<DateTime<Utc>>,
}

/// One job a tenant at a time, provisioning included.
pub fn dedupe_key(slug: &Slug) -> String {
    format!("tenant:{slug}")
}

/// Begins a job on a tenant, when its state permits it and nothing else is at work on it. The same wish while its job is
/// stuck makes that one go on.
///
/// # Errors
/// The database refuses, or a listener fails.
pub async fn wish(
    conn: &mut PgConnection,
    estate: &Estate,
    actor: &Actor,
    tenant: &Tenant,
    wanted: &Wanted,
) -> anyhow::Result<Wished> {
    let job = wanted.job;
    let managed = tenant.kind == "managed";
    if wanted.version.is_some_and(|version| version != tenant.version) {
        return Ok(Wished::Changed);
    }
    if !managed && matches!(job, Job::Restart | Job::Stop | Job::Start) {
        return Ok(Wished::NotOurs);
    }
    if let Some(living) = operations::living(conn, &dedupe_key(&tenant.slug)).await? {
        if living.state == SagaState::Stuck && living.kind == job.kind() && living.requested.is_none() {
            let answer = crate::jobs::wish(conn, actor, living.id, Wish::Retry).await?;
            if let crate::jobs::Wished::Accepted(view) = answer {
                return Ok(Wished::Begun(view));
            }
        }
        return Ok(Wished::Busy(Box::new(living)));
    }
    if let Err(refused) = job.permitted(tenant) {
        Act::refused(actor, job.act(), format!("tenant:{}", tenant.slug)).record(conn).await?;
        return Ok(Wished::Refused(refused));
    }
    if job == Job::Stop && tenant.state == TenantState::Stopped {
        return Ok(Wished::Already(tenant.state));
    }
    if let Some(service) = &wanted.service {
        let known = store::containers(conn, &tenant.slug).await?;
        if !known.iter().any(|container| container.service == *service) {
            return Ok(Wished::NoService(known.into_iter().map(|container| container.service).collect()));
        }
    }
    let erase_after = match job {
        Job::Delete => Some(estate.clock.now() + chrono::Duration::from_std(estate.settings.delete_grace)?),
        _ => tenant.erase_after,
    };
    let order = Order {
        slug: tenant.slug.clone(),
        service: wanted.service.clone(),
        place: wanted.place,
        was: tenant.state,
        before: tenant.state_before,
        managed,
        erase_after,
    };
    let new = NewSaga::of(&work::definition(job), tenant.slug.as_str(), &order)?
        .dedupe(dedupe_key(&tenant.slug))
        .by(actor.to_string());
    let enqueued = operations::enqueue(conn, new).await?;
    let view = operations::show(conn, enqueued.id).await?;
    let Some(view) = view.map(Box::new) else { anyhow::bail!("job {} is gone", enqueued.id) };
    if enqueued.already {
        return Ok(Wished::Busy(view));
    }
    let detail = serde_json::json!({ "job": enqueued.id, "service": wanted.service });
    Act::done(actor, job.act(), format!("tenant:{}", tenant.slug))
        .from_chat(wanted.place.map(|place| place.chat))
        .detail(detail)
        .record(conn)
        .await?;
    if job == Job::Restart {
        estate.life.restart_asked(conn, tenant, wanted.service.as_deref(), actor).await?;
    }
    Ok(Wished::Begun(view))
}
