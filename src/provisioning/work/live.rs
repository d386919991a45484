//! The last step: in one transaction the tenant is live, its request done, its lead won, and everybody is told.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use waas_platform::clock::random;
use waas_platform::db::PgConnection;
use waas_platform::durable::{StepOutcome, StepResult, StepRun};
use waas_platform::secrets::Secret;

use super::paper::secrets_of;
use super::{ACTOR, Builder, Order};
use crate::leads::{self, Acted, Refused};
use crate::provisioning::chat;
use crate::provisioning::folder::{Secrets, Site};
use crate::provisioning::model::RequestState;
use crate::provisioning::store;
use crate::provisioning::template::CredentialSource;
use crate::tenants::{self, Changed, Move, TenantState, records};

/// What one-time credentials are hashed and sealed for.
pub(in crate::provisioning) const CREDENTIALS: &str = "credentials";

/// What the owner of a site is given once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::provisioning) struct Keys {
    pub(in crate::provisioning) url: String,
    pub(in crate::provisioning) username: String,
    pub(in crate::provisioning) password: String,
}

pub(super) async fn go_live(builder: Builder, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    let slug = &order.wanted.slug;
    let site = builder.planner.site(&order.wanted)?;
    let secrets = secrets_of(&builder, &order, &site).await?;
    let stacks = &builder.planner.stacks;
    let seen = stacks.look(slug).await?;
    let spec_hash = waas_platform::docker::ProjectSpec::load(&stacks.dir(slug))?.hash();
    let now = builder.clock.now();

    let mut tx = run.begin().await?;
    if tenants::find(&mut tx, slug).await?.is_some_and(|tenant| tenant.state == TenantState::Live) {
        // The transaction of a former attempt was committed, its record was not.
        return Ok(StepOutcome::done());
    }
    match tenants::change(&mut tx, &ACTOR, slug, Move::GoLive, now, None).await? {
        Changed::To(_) => {}
        Changed::Refused(refused) => return Ok(StepOutcome::Fail(refused.to_string())),
        Changed::NotFound => {
            return Ok(StepOutcome::Fail("the tenant was removed while it was built".to_owned()));
        }
    }
    records::set_spec_hash(&mut tx, slug, &spec_hash).await?;
    let front_service = &site.template.readiness.service;
    tenants::see_containers(&mut tx, slug, front_service, &seen, now, &*builder.listener).await?;
    if let Some(request) = order.wanted.request {
        store::set_request(&mut tx, request, RequestState::Done, Some(slug.as_str())).await?;
    }
    if let Some(lead) = order.wanted.lead {
        win(&mut tx, &builder, lead).await?;
    }
    let token = keep_credentials(&mut tx, &builder, &site, &secrets).await?;
    chat::announce(&mut tx, &builder, &order, &site, &token).await?;
    tx.commit().await?;
    Ok(StepOutcome::done())
}

/// The site is live whatever its lead says; but a lead that cannot be won is a fault that somebody must see.
async fn win(conn: &mut PgConnection, builder: &Builder, lead: Uuid) -> anyhow::Result<()> {
    match leads::won(conn, &builder.clock, &builder.front, lead).await? {
        Acted::Moved(_) | Acted::Stands(_, Refused::Already(_)) => {}
        Acted::Stands(lead, _) => {
            tracing::error!(lead = lead.number, state = %lead.state, "its site is live, and the lead cannot be won");
        }
        Acted::NotFound => tracing::error!(%lead, "a site is live whose lead is gone"),
    }
    Ok(())
}

/// Seals what the owner is given once; returns the token of the link to it.
async fn keep_credentials(
    conn: &mut PgConnection,
    builder: &Builder,
    site: &Site,
    secrets: &Secrets,
) -> anyhow::Result<String> {
    let value = |source: &CredentialSource| match source {
        CredentialSource::Input(name) => {
            site.inputs.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        }
        CredentialSource::Secret(name) => {
            secrets.get(name).map(|secret| secret.expose().to_owned()).unwrap_or_default()
        }
    };
    let def = &site.template.credentials;
    let keys = Keys {
        url: def.url.replace("{public_url}", &site.public_url),
        username: value(&def.username),
        password: value(&def.password),
    };
    let token = random::token();
    let sealed = builder.keys.seal(CREDENTIALS, &Secret::new(serde_json::to_string(&keys)?));
    let hash = builder.keys.hash_code(CREDENTIALS, &token);
    let life = chrono::Duration::from_std(builder.credentials_ttl)?;
    let expires_at = builder.clock.now() + life;
    store::add_credentials(conn, hash.as_bytes(), site.slug.as_str(), sealed.as_bytes(), expires_at).await?;
    Ok(token)
}
