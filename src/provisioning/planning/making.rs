//! How a plan is made: names checked, a port chosen, inputs resolved and sealed, everything rendered in memory.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use uuid::Uuid;
use waas_platform::db::PgConnection;
use waas_platform::secrets::{Sealed, Secret};

use super::{NoPlan, Planner};
use crate::provisioning::inputs::{self, Inputs};
use crate::provisioning::model::{PlanState, Wanted};
use crate::provisioning::plan::{self, Plan};
use crate::provisioning::store::{self, StoredPlan};
use crate::provisioning::template::{InputKind, Template};
use crate::provisioning::work;
use crate::tenants::{Slug, records};

impl Planner {
    /// Checks names, chooses a port, renders, and keeps the plan.
    pub(super) async fn propose(
        &self,
        conn: &mut PgConnection,
        id: Uuid,
        mut wanted: Wanted,
    ) -> Result<StoredPlan, NoPlan> {
        if self.is_template(&wanted.slug)? {
            return Err(NoPlan::SlugReserved(wanted.slug));
        }
        if let Some(by) = records::holder(conn, Some(&wanted.slug), None).await? {
            return Err(NoPlan::SlugTaken { slug: wanted.slug, by });
        }
        if let Some(by) = records::holder(conn, None, Some(&wanted.domain)).await? {
            return Err(NoPlan::DomainTaken { domain: wanted.domain, by });
        }
        let claimed = records::claimed_ports(conn).await?;
        let free = |port: &u16| !claimed.contains(port) && TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
        if wanted.port == 0 || !free(&wanted.port) {
            wanted.port = self.house.ports.clone().find(free).ok_or(NoPlan::NoPort)?;
        }
        let shown = self.render(&wanted)?;
        let plan = StoredPlan { id, wanted, shown, state: PlanState::Open, saga: None };
        store::put_plan(conn, &plan).await?;
        Ok(plan)
    }

    fn render(&self, wanted: &Wanted) -> Result<Plan, NoPlan> {
        let not_undone = work::definition()
            .plan()
            .filter_map(|(step, because)| Some((step.to_owned(), because?.to_owned())))
            .collect();
        let site = self.site(wanted)?;
        Ok(plan::make(&site, &self.renderer, &self.share, &self.stacks.dir(&wanted.slug), not_undone)?)
    }

    pub(super) fn wanted(
        &self,
        template: &Template,
        slug: Slug,
        domain: String,
        answers: &Map<String, Value>,
        set: &BTreeMap<String, String>,
    ) -> Result<Wanted, NoPlan> {
        let mut inputs = inputs::resolve(template, answers, set).map_err(NoPlan::Inputs)?;
        let sealed_inputs = self.seal_secret_inputs(template, &slug, &mut inputs);
        let files = name_files(template, &mut inputs);
        Ok(Wanted {
            template: template.name.clone(),
            slug,
            domain,
            locale: self.house.locale.clone(),
            timezone: self.house.timezone.clone(),
            size: "S".to_owned(),
            inputs,
            sealed_inputs,
            files,
            request: None,
            lead: None,
            client: None,
            port: 0,
        })
    }

    fn seal_secret_inputs(&self, template: &Template, slug: &Slug, inputs: &mut Inputs) -> BTreeMap<String, String> {
        let mut sealed = BTreeMap::new();
        for (name, _) in template.inputs.iter().filter(|(_, input)| input.kind == InputKind::Secret) {
            let Some(Value::String(text)) = inputs.insert(name.clone(), Value::from("")) else {
                continue;
            };
            if !text.is_empty() {
                let purpose = input_purpose(slug, name);
                let value = self.keys.seal(&purpose, &Secret::new(text));
                sealed.insert(name.clone(), STANDARD.encode(value.as_bytes()));
            }
        }
        sealed
    }

    /// Secret inputs are bound to the name of their site: with another name they are sealed anew.
    pub(super) fn reseal(&self, wanted: &mut Wanted, before: &Slug) -> Result<(), NoPlan> {
        if wanted.slug == *before {
            return Ok(());
        }
        for (name, text) in &mut wanted.sealed_inputs {
            let sealed = Sealed::from(STANDARD.decode(&text).map_err(|_| NoPlan::Sealed)?);
            let secret = self.keys.open(&input_purpose(before, name), &sealed).map_err(|_| NoPlan::Sealed)?;
            *text = STANDARD.encode(self.keys.seal(&input_purpose(&wanted.slug, name), &secret).as_bytes());
        }
        Ok(())
    }

    pub(super) async fn free_slug(&self, conn: &mut PgConnection, name: &str) -> Result<Slug, NoPlan> {
        let first = Slug::from_name(name).unwrap_or_else(Slug::nameless);
        let mut slug = first.clone();
        let mut number = 2;
        while self.is_template(&slug)? || records::holder(conn, Some(&slug), None).await?.is_some() {
            slug = first.numbered(number);
            number += 1;
        }
        Ok(slug)
    }

    /// Whether a template is called so; then no tenant is.
    fn is_template(&self, slug: &Slug) -> Result<bool, NoPlan> {
        Ok(Template::names(&self.share)?.iter().any(|name| name == slug.as_str()))
    }

    pub(super) fn own_domain(&self, slug: &Slug) -> String {
        format!("{}.{}", slug.label(), self.house.base_domain.as_deref().unwrap_or("localhost"))
    }
}

/// A file that comes from the chat gets a name of ours; what it was called on somebody's phone reaches no disk.
fn name_files(template: &Template, inputs: &mut Inputs) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (name, _) in template.inputs.iter().filter(|(_, input)| input.kind == InputKind::File) {
        let Some(Value::Object(file)) = inputs.get(name) else {
            continue;
        };
        if let Some(id) = file.get("file_id").and_then(Value::as_str) {
            files.insert(name.clone(), id.to_owned());
            inputs.insert(name.clone(), Value::from(format!("{name}.jpg")));
        }
    }
    files
}

/// What a secret input is sealed for.
pub(in crate::provisioning) fn input_purpose(slug: &Slug, name: &str) -> String {
    format!("input:{slug}:{name}")
}

/// `ann_shop` as `Ann Shop`: a name for a site of which nothing else is known.
pub(super) fn title_of(slug: &Slug) -> String {
    let words = slug.as_str().split(['_', '-']).map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<String>>().join(" ")
}
