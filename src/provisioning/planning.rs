//! Use cases before anything is built: a request is opened, a plan is made, edited, confirmed or put aside.
//!
//! Chat and command line call these; each works in the caller's transaction.

mod correcting;
mod making;
mod outcome;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use uuid::Uuid;
use waas_platform::clock::random;
use waas_platform::db::PgConnection;
use waas_platform::durable::operations;
use waas_platform::durable::{NewSaga, SagaId};
use waas_platform::edge::Domain;
use waas_platform::render::{Renderer, Share};
use waas_platform::secrets::MasterKey;

use super::folder::{HubAddresses, Images, Site};
use super::model::{PlanState, Request, RequestState, Wanted};
use super::plan::PlanError;
use super::store::{self, StoredPlan};
use super::template::{Template, TemplateError};
use super::work;
use crate::audit::{Act, Actor};
use crate::tenants::{Slug, Stacks, records};
pub(super) use making::input_purpose;
use making::title_of;
pub use outcome::{Again, Confirmed, NoPlan, Proposal, Standing};

/// What plans are made with. Cheap to clone.
#[derive(Clone)]
pub struct Planner {
    /// Templates.
    pub share: Arc<Share>,
    /// Renders them.
    pub renderer: Arc<Renderer>,
    /// Where stacks stand.
    pub stacks: Stacks,
    /// Seals secret inputs.
    pub keys: Arc<MasterKey>,
    /// What the installation gives every tenant.
    pub house: Arc<House>,
}

/// What the installation gives every tenant.
#[derive(Clone, Debug)]
pub struct House {
    /// Base images.
    pub images: Images,
    /// The way to the hub.
    pub hub: HubAddresses,
    /// Ports to choose from.
    pub ports: RangeInclusive<u16>,
    /// The port at which the edge answers.
    pub edge_port: u16,
    /// For tenants of whom nothing else is known.
    pub locale: String,
    /// For tenants of whom nothing else is known.
    pub timezone: String,
    /// `<label>.<base domain>` for tenants without a wished domain.
    pub base_domain: Option<String>,
    /// What a request is built from when nobody says otherwise.
    pub default_template: String,
    /// How often the engine probes each container.
    pub health_interval: Duration,
}

/// What is asked for at the command line or in chat; anything left out is found.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The template.
    pub template: String,
    /// The tenant's name.
    pub slug: Slug,
    /// Its host name.
    pub domain: Domain,
    /// Its language.
    pub locale: Option<String>,
    /// Inputs by name.
    pub set: BTreeMap<String, String>,
}

impl Planner {
    /// Whether the same wish was confirmed before, so that saying it twice does it once.
    ///
    /// # Errors
    /// The template cannot be used, or the database refuses.
    pub async fn standing(&self, conn: &mut PgConnection, wish: &Wish) -> Result<Standing, NoPlan> {
        if records::holder(conn, Some(&wish.slug), None).await?.is_none() {
            return Ok(Standing::Free);
        }
        let Some(plan) = store::confirmed_for(conn, wish.slug.as_str()).await? else {
            return Ok(Standing::Other);
        };
        let wanted = self.wanted_by(wish)?;
        let was = &plan.wanted;
        let same = was.template == wanted.template
            && was.domain == wanted.domain
            && was.inputs == wanted.inputs
            && was.locale == wanted.locale;
        Ok(if same { Standing::Same(Box::new(plan)) } else { Standing::Other })
    }

    /// Opens a request from a client's answers; proposes a name and a domain.
    ///
    /// # Errors
    /// The templates cannot be listed, or the database refuses.
    pub async fn open_request(
        &self,
        conn: &mut PgConnection,
        lead: Option<Uuid>,
        client: Option<i64>,
        locale: String,
        answers: Map<String, Value>,
    ) -> Result<Request, NoPlan> {
        let name = answers.get("business_name").and_then(Value::as_str).unwrap_or("site");
        let slug = self.free_slug(conn, name).await?;
        let wished = answers.get("domain").and_then(Value::as_str).and_then(|text| text.parse::<Domain>().ok());
        let domain = wished.map_or_else(|| self.own_domain(&slug), |domain| domain.to_string());
        let request = Request {
            id: random::id(),
            lead,
            client,
            answers,
            locale,
            slug: slug.to_string(),
            domain,
            state: RequestState::Open,
        };
        store::add_request(conn, &request).await?;
        Ok(request)
    }

    /// The plan of a request, made when there is none yet. A name or domain that somebody took since the client wished for
    /// it is replaced by one that is free, and the plan's reader is told.
    ///
    /// # Errors
    /// There can be no plan now, or the database refuses. `None`: there is no such open request.
    pub async fn plan_request(&self, conn: &mut PgConnection, id: Uuid) -> Result<Option<Proposal>, NoPlan> {
        let Some(request) = store::request(conn, id).await? else {
            return Ok(None);
        };
        if request.state != RequestState::Open {
            return Ok(None);
        }
        if let Some(plan) = store::open_plan_of(conn, id).await? {
            return Ok(Some(Proposal { plan, taken: Vec::new() }));
        }
        let mut taken = Vec::new();
        let slug = self.free_slug(conn, &request.slug).await?;
        if slug.as_str() != request.slug {
            taken.push(request.slug);
        }
        let mut domain = request.domain;
        if records::holder(conn, None, Some(&domain)).await?.is_some() {
            taken.push(std::mem::replace(&mut domain, self.own_domain(&slug)));
        }
        let template = Template::load(&self.share, &self.house.default_template)?;
        let mut wanted = self.wanted(&template, slug, domain, &request.answers, &BTreeMap::new())?;
        wanted.locale = request.locale;
        wanted.request = Some(request.id);
        wanted.lead = request.lead;
        wanted.client = request.client;
        let plan = self.propose(conn, random::id(), wanted).await?;
        Ok(Some(Proposal { plan, taken }))
    }

    /// A plan for a wish without a request.
    ///
    /// # Errors
    /// There can be no plan, or the database refuses.
    pub async fn plan_wish(&self, conn: &mut PgConnection, wish: &Wish) -> Result<StoredPlan, NoPlan> {
        self.propose(conn, random::id(), self.wanted_by(wish)?).await
    }

    fn wanted_by(&self, wish: &Wish) -> Result<Wanted, NoPlan> {
        let template = Template::load(&self.share, &wish.template)?;
        let mut answers = Map::new();
        answers.insert("business_name".to_owned(), Value::from(title_of(&wish.slug)));
        let mut wanted = self.wanted(&template, wish.slug.clone(), wish.domain.to_string(), &answers, &wish.set)?;
        if let Some(locale) = &wish.locale {
            wanted.locale.clone_from(locale);
        }
        Ok(wanted)
    }

    /// The same plan with another name or domain.
    ///
    /// # Errors
    /// The change cannot be planned; the plan stays as it was.
    pub async fn edit(
        &self,
        conn: &mut PgConnection,
        id: Uuid,
        change: impl FnOnce(&mut Wanted),
    ) -> Result<Option<StoredPlan>, NoPlan> {
        let Some(mut plan) = store::plan(conn, id).await? else {
            return Ok(None);
        };
        if plan.state != PlanState::Open {
            return Ok(Some(plan));
        }
        let before = plan.wanted.slug.clone();
        change(&mut plan.wanted);
        self.reseal(&mut plan.wanted, &before)?;
        self.propose(conn, id, plan.wanted).await.map(Some)
    }

    /// Agrees to a plan by the hash that was shown.
    ///
    /// # Errors
    /// It can no longer be planned, or the database refuses.
    pub async fn confirm(
        &self,
        conn: &mut PgConnection,
        actor: &Actor,
        id: Uuid,
        hash: &str,
    ) -> Result<Confirmed, NoPlan> {
        let (request, plan) = held(conn, id).await?;
        let Some(mut plan) = plan else {
            return Ok(Confirmed::NotFound);
        };
        if plan.state != PlanState::Open || request.is_some_and(|request| request.state != RequestState::Open) {
            return Ok(Confirmed::Already(plan.state));
        }
        let now = self.propose(conn, id, plan.wanted.clone()).await?;
        if now.shown.hash != hash {
            return Ok(Confirmed::Changed(Box::new(now)));
        }
        plan = now;
        let saga = self.start(conn, actor, &plan).await?;
        plan.state = PlanState::Confirmed;
        plan.saga = Some(saga.0);
        store::put_plan(conn, &plan).await?;
        let detail = serde_json::json!({ "plan": plan.shown.hash, "job": saga.0 });
        let subject = format!("tenant:{}", plan.wanted.slug);
        Act::done(actor, "provisioning.confirm", subject).detail(detail).record(conn).await?;
        Ok(Confirmed::Started(saga))
    }

    /// Builds again what was undone, with a plan made anew. Where the answers are others than were agreed to, or the plan was
    /// put aside for that, the plan of the request is to be confirmed first.
    ///
    /// # Errors
    /// It can no longer be planned, or the database refuses.
    pub async fn again(&self, conn: &mut PgConnection, actor: &Actor, id: Uuid) -> Result<Again, NoPlan> {
        let (request, Some(plan)) = held(conn, id).await? else {
            return Ok(Again::NotFound);
        };
        if let Some(request) = request {
            let put_aside = plan.state == PlanState::Cancelled;
            if put_aside || request.state != RequestState::Open || !self.is_answered_by(&plan.wanted, &request)? {
                let proposal = self.plan_request(conn, request.id).await?;
                return Ok(proposal.map_or(Again::NotOpen, |proposal| Again::Anew(Box::new(proposal))));
            }
        }
        if plan.state != PlanState::Confirmed {
            return Ok(Again::NotFound);
        }
        let mut plan = self.propose(conn, id, plan.wanted).await?;
        let saga = self.start(conn, actor, &plan).await?;
        plan.state = PlanState::Confirmed;
        plan.saga = Some(saga.0);
        store::put_plan(conn, &plan).await?;
        Act::done(actor, "provisioning.again", format!("tenant:{}", plan.wanted.slug)).record(conn).await?;
        Ok(Again::Started(saga))
    }

    /// What stands in the place of a plan whose *Retry* was pressed after it had moved on. Nothing is built.
    ///
    /// # Errors
    /// There can be no plan now, or the database refuses.
    pub async fn instead(&self, conn: &mut PgConnection, id: Uuid) -> Result<Again, NoPlan> {
        Ok(match held(conn, id).await? {
            (Some(request), Some(plan)) if plan.state == PlanState::Cancelled => {
                let proposal = self.plan_request(conn, request.id).await?;
                proposal.map_or(Again::NotOpen, |proposal| Again::Anew(Box::new(proposal)))
            }
            (Some(request), Some(_)) if request.state != RequestState::Open => Again::NotOpen,
            _ => Again::NotFound,
        })
    }

    /// Whether a plan would be made of the present answers as it stands.
    fn is_answered_by(&self, wanted: &Wanted, request: &Request) -> Result<bool, NoPlan> {
        let template = Template::load(&self.share, &wanted.template)?;
        let (slug, domain) = (wanted.slug.clone(), wanted.domain.clone());
        let now = self.wanted(&template, slug, domain, &request.answers, &BTreeMap::new())?;
        Ok(now.inputs == wanted.inputs && now.files == wanted.files)
    }

    /// Puts a plan aside; its request stays open.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn cancel(&self, conn: &mut PgConnection, actor: &Actor, id: Uuid) -> sqlx::Result<Option<StoredPlan>> {
        let Some(mut plan) = store::plan(conn, id).await? else {
            return Ok(None);
        };
        if plan.state == PlanState::Open {
            plan.state = PlanState::Cancelled;
            store::put_plan(conn, &plan).await?;
            Act::done(actor, "provisioning.plan_cancelled", format!("tenant:{}", plan.wanted.slug))
                .record(conn)
                .await?;
        }
        Ok(Some(plan))
    }

    /// The site that a wish comes to, ready to be rendered.
    ///
    /// # Errors
    /// The template is gone or broken.
    pub fn site(&self, wanted: &Wanted) -> Result<Site, TemplateError> {
        let template = Template::load(&self.share, &wanted.template)?;
        Ok(Site {
            app_image: self.stacks.image(&wanted.slug, &template.version),
            template,
            slug: wanted.slug.clone(),
            domain: wanted.domain.clone(),
            public_url: self.public_url(&wanted.domain),
            port: wanted.port,
            locale: wanted.locale.clone(),
            timezone: wanted.timezone.clone(),
            size: wanted.size.clone(),
            inputs: wanted.inputs.clone(),
            images: self.house.images.clone(),
            hub: self.house.hub.clone(),
            health_interval: self.house.health_interval,
        })
    }

    /// Where people find a domain.
    pub fn public_url(&self, domain: &str) -> String {
        match self.house.edge_port {
            80 => format!("http://{domain}"),
            port => format!("http://{domain}:{port}"),
        }
    }

    async fn start(&self, conn: &mut PgConnection, actor: &Actor, plan: &StoredPlan) -> Result<SagaId, NoPlan> {
        let order = work::Order { plan: plan.id, wanted: plan.wanted.clone() };
        let subject = plan.wanted.slug.to_string();
        let new = NewSaga::of(&work::definition(), subject.clone(), &order)
            .map_err(|error| NoPlan::Broken(PlanError::Json(error)))?
            .dedupe(format!("tenant:{subject}"))
            .by(actor.to_string());
        let enqueued = operations::enqueue(conn, new).await?;
        if enqueued.already {
            // Not this plan is being built but another of the same name: to say "begun" would be a lie.
            return Err(NoPlan::AtWork(plan.wanted.slug.clone()));
        }
        let saga = enqueued.id;
        if let Some(request) = plan.wanted.request {
            store::set_request(conn, request, RequestState::Provisioning, Some(&subject)).await?;
        }
        Ok(saga)
    }
}

/// A plan with the request that it is made for, both held until the transaction ends; the request first, as everybody does.
async fn held(conn: &mut PgConnection, plan: Uuid) -> sqlx::Result<(Option<Request>, Option<StoredPlan>)> {
    let request = match store::request_of_plan(conn, plan).await? {
        Some(request) => store::request(conn, request).await?,
        None => None,
    };
    Ok((request, store::plan(conn, plan).await?))
}
