//! What becomes of a request before anything is built: its answers are corrected, or it is refused.

use serde_json::{Map, Value};
use uuid::Uuid;
use waas_platform::db::PgConnection;
use waas_platform::edge::Domain;

use super::{NoPlan, Planner};
use crate::audit::{Act, Actor};
use crate::provisioning::model::{PlanState, Request, RequestState};
use crate::provisioning::store::{self, StoredPlan};
use crate::tenants::Slug;

impl Planner {
    /// A request that nothing is built of yet, held until the transaction ends.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn open_request_of(&self, conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Request>> {
        Ok(store::request(conn, id).await?.filter(|request| request.state == RequestState::Open))
    }

    /// Puts corrected answers in the place of a request's: the next plan is made of them. Name and domain are proposed anew
    /// when what they come from was among the `changed` steps. Returns the plans that this puts aside.
    ///
    /// # Errors
    /// The templates cannot be listed, or the database refuses.
    pub async fn correct_request(
        &self,
        conn: &mut PgConnection,
        mut request: Request,
        answers: Map<String, Value>,
        changed: &[&str],
    ) -> Result<Vec<StoredPlan>, NoPlan> {
        let is_changed = |step: &str| changed.contains(&step);
        let text = |step: &str| answers.get(step).and_then(Value::as_str);
        if is_changed("business_name") {
            let slug = self.free_slug(conn, text("business_name").unwrap_or("site")).await?;
            if !is_changed("domain") && text("domain").is_none() {
                request.domain = self.own_domain(&slug);
            }
            request.slug = slug.to_string();
        }
        if is_changed("domain") {
            let wished = text("domain").and_then(|text| text.parse::<Domain>().ok());
            let own = || request.slug.parse::<Slug>().map(|slug| self.own_domain(&slug)).unwrap_or_default();
            request.domain = wished.map_or_else(own, |domain| domain.to_string());
        }
        request.answers = answers;
        store::correct_request(conn, &request).await?;
        Ok(put_aside(conn, request.id).await?)
    }

    /// Says no to a request that nothing is built of, and puts its plans aside, which are returned as well. `None`: there is no
    /// such open request.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn refuse(
        &self,
        conn: &mut PgConnection,
        actor: &Actor,
        id: Uuid,
    ) -> sqlx::Result<Option<(Request, Vec<StoredPlan>)>> {
        let Some(request) = self.open_request_of(conn, id).await? else {
            return Ok(None);
        };
        let plans = put_aside(conn, id).await?;
        store::set_request(conn, id, RequestState::Refused, None).await?;
        Act::done(actor, "provisioning.refuse", format!("request:{id}")).record(conn).await?;
        Ok(Some((Request { state: RequestState::Refused, ..request }, plans)))
    }
}

/// Puts the plans of an open request aside: those that nobody agreed to yet, and those whose building was undone.
async fn put_aside(conn: &mut PgConnection, request: Uuid) -> sqlx::Result<Vec<StoredPlan>> {
    let mut plans = store::plans_of(conn, request).await?;
    for plan in &mut plans {
        (plan.state, plan.saga) = (PlanState::Cancelled, None);
        store::put_plan(conn, plan).await?;
    }
    Ok(plans)
}
