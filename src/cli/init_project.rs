//! `hub init-project`: from one command to a site that runs.

use std::collections::BTreeMap;

use waas_platform::durable::SagaId;
use waas_platform::edge::Domain;

use super::{CliError, Invocation, follow};
use crate::app::{self, Hub};
use crate::provisioning::{Confirmed, NoPlan, Plan, Standing, StoredPlan, Wish};
use crate::tenants::Slug;

/// Arguments of `hub init-project`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The template
    #[arg(long = "type", value_name = "TEMPLATE")]
    template: String,
    /// The tenant's name, [a-z][a-z0-9_-]{1,30}
    #[arg(long, value_name = "SLUG")]
    client: String,
    /// Its host name
    #[arg(long)]
    domain: String,
    /// Show the plan and stop
    #[arg(long)]
    plan: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// The site's language
    #[arg(long)]
    locale: Option<String>,
    /// An input of the template; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Plans, asks, and follows the saga to its end.
pub(super) async fn run(args: Args, invocation: &Invocation) -> Result<(), CliError> {
    let wish = wish(&args)?;
    let hub = invocation.hub().await?;
    let mut tx = hub.pool.begin().await.map_err(anyhow::Error::from)?;
    match hub.planner.standing(&mut tx, &wish).await.map_err(refused)? {
        Standing::Free => {}
        Standing::Other => {
            return Err(CliError::Refused(format!(
                "there is a tenant {} already, made otherwise; nothing was changed (hub tenant show {})",
                wish.slug, wish.slug
            )));
        }
        Standing::Same(plan) if args.plan => return show(invocation, &plan),
        Standing::Same(plan) => {
            invocation.note("this was confirmed before; nothing is done anew");
            let Some(saga) = plan.saga.map(SagaId) else {
                return Ok(());
            };
            return work(&hub, invocation, saga).await;
        }
    }
    let plan = hub.planner.plan_wish(&mut tx, &wish).await.map_err(refused)?;
    if args.plan {
        // A plan that is only looked at leaves nothing behind.
        return show(invocation, &plan);
    }
    if !args.yes {
        invocation.note(&told(&plan.shown));
        follow::ask("Build it?", false)?;
    }
    let actor = invocation.actor();
    let confirmed = hub.planner.confirm(&mut tx, &actor, plan.id, &plan.shown.hash).await.map_err(refused)?;
    tx.commit().await.map_err(anyhow::Error::from)?;
    match confirmed {
        Confirmed::Started(saga) => work(&hub, invocation, saga).await,
        Confirmed::Changed(_) => {
            Err(CliError::Refused("something changed in this moment; nothing was done, try again".to_owned()))
        }
        Confirmed::Already(_) | Confirmed::NotFound => {
            Err(CliError::Refused("the plan is closed already; nothing was done".to_owned()))
        }
    }
}

fn wish(args: &Args) -> Result<Wish, CliError> {
    let slug: Slug =
        args.client.parse().map_err(|error| CliError::Usage(format!("--client {}: {error}", args.client)))?;
    let domain: Domain =
        args.domain.parse().map_err(|error| CliError::Usage(format!("--domain {}: {error}", args.domain)))?;
    let set: BTreeMap<String, String> = args.set.iter().cloned().collect();
    Ok(Wish { template: args.template.clone(), slug, domain, locale: args.locale.clone(), set })
}

fn refused(no: NoPlan) -> CliError {
    match no {
        NoPlan::Database(error) => CliError::Failed(error.into()),
        NoPlan::Template(_) | NoPlan::Inputs(_) | NoPlan::SlugReserved(_) => CliError::Usage(no.to_string()),
        NoPlan::SlugTaken { .. } | NoPlan::DomainTaken { .. } | NoPlan::AtWork(_) | NoPlan::NoPort => {
            CliError::Refused(no.to_string())
        }
        NoPlan::Broken(error) => CliError::Failed(error.into()),
        NoPlan::Sealed => CliError::Failed(no.into()),
    }
}

fn show(invocation: &Invocation, plan: &StoredPlan) -> Result<(), CliError> {
    invocation.result(&plan.shown, told)
}

/// A plan for people.
fn told(plan: &Plan) -> String {
    let mut text =
        format!("{} at {} from {} {} (size {})\n", plan.slug, plan.domain, plan.template, plan.version, plan.size);
    for of in &plan.containers {
        let line = format!("  {:<28} {:<30} {} MB\n", of.name, of.image, of.memory / (1024 * 1024));
        text.push_str(&line);
    }
    let ports: Vec<String> = plan.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    text.push_str(&format!(
        "{} files, port {}, networks {}\nhash {}",
        plan.files.len(),
        ports.join(", "),
        plan.networks.join(", "),
        plan.hash
    ));
    text
}

/// Follows the job to its end, or does it when no service runs.
async fn work(hub: &Hub, invocation: &Invocation, saga: SagaId) -> Result<(), CliError> {
    follow::to_end(invocation, &hub.pool, &app::engine(hub)?, saga).await
}
