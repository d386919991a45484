//! `hub init-project`: from one command to a site that runs.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

use futures_util::StreamExt;
use waas_platform::durable::operations;
use waas_platform::durable::{SagaId, SagaState, SagaView};
use waas_platform::edge::Domain;

use super::{CliError, Invocation};
use crate::app::Hub;
use crate::provisioning::StoredPlan;
use crate::provisioning::planning::{Confirmed, NoPlan, Standing, Wish};
use crate::tenants::Slug;

/// How often a followed job is looked at when nobody announces a change.
const LOOK: std::time::Duration = std::time::Duration::from_millis(200);

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
    let hub = Hub::open(&invocation.config()?, invocation.share()).await?;
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
            let Some(saga) = plan.saga.map(SagaId) else { return Ok(()) };
            return follow(&hub, invocation, saga).await;
        }
    }
    let plan = hub.planner.plan_wish(&mut tx, &wish).await.map_err(refused)?;
    if args.plan {
        // A plan that is only looked at leaves nothing behind.
        return show(invocation, &plan);
    }
    if !args.yes {
        show(invocation, &plan)?;
        ask()?;
    }
    let actor = super::alert::at_terminal().actor;
    let confirmed = hub.planner.confirm(&mut tx, &actor, plan.id, &plan.shown.hash).await.map_err(refused)?;
    tx.commit().await.map_err(anyhow::Error::from)?;
    match confirmed {
        Confirmed::Started(saga) => follow(&hub, invocation, saga).await,
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
        NoPlan::Template(_) | NoPlan::Inputs(_) => CliError::Usage(no.to_string()),
        NoPlan::SlugTaken { .. } | NoPlan::DomainTaken { .. } | NoPlan::NoPort => CliError::Refused(no.to_string()),
        NoPlan::Broken(error) => CliError::Failed(error.into()),
    }
}

fn show(invocation: &Invocation, plan: &StoredPlan) -> Result<(), CliError> {
    invocation.result(&plan.shown, |plan| {
        let mut text = format!(
            "{} at {} from {} {} (size {})\n",
            plan.slug, plan.domain, plan.template, plan.version, plan.size
        );
        for of in &plan.containers {
            let line = format!("  {:<28} {:<30} {} MB\n", of.name, of.image, of.memory / (1024 * 1024));
            text.push_str(&line);
        }
        text.push_str(&format!(
            "{} files, port 127.0.0.1:{}, networks {}\nhash {}",
            plan.files.len(),
            plan.ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            plan.networks.join(", "),
            plan.hash
        ));
        text
    })
}

fn ask() -> Result<(), CliError> {
    if !std::io::stdin().is_terminal() {
        return Err(CliError::Usage("nobody can be asked here; add --yes, or --plan to look only".to_owned()));
    }
    let _ = write!(std::io::stderr(), "Build it? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(anyhow::Error::from)?;
    if answer.trim().eq_ignore_ascii_case("y") { Ok(()) } else { Err(CliError::Refused("not confirmed; nothing was done".to_owned())) }
}

/// Follows a job to its end. The running service does the work; without one this process does.
async fn follow(hub: &Hub, invocation: &Invocation, saga: SagaId) -> Result<(), CliError> {
    let ended = if hub.service_runs().await? {
        let mut last = String::new();
        let mut views = std::pin::pin!(operations::follow(hub.pool.clone(), saga, LOOK));
        let mut ended = None;
        while let Some(view) = views.next().await {
            let view = view.map_err(anyhow::Error::from)?;
            let step = view.step.clone().unwrap_or_default();
            if step != last {
                invocation.note(&format!("{} {step}", view.state.as_str()));
                last = step;
            }
            ended = Some(view);
        }
        ended
    } else {
        invocation.note("no service runs; building here");
        Some(hub.drive(saga).await?)
    };
    let Some(view) = ended else { return Err(CliError::NotFound(format!("there is no job {saga}"))) };
    invocation.result(&view, |view| format!("{} {}", view.subject, view.state.as_str()))?;
    outcome(&view)
}

fn outcome(view: &SagaView) -> Result<(), CliError> {
    match view.state {
        SagaState::Done => Ok(()),
        state => Err(CliError::Failed(anyhow::anyhow!(
            "the job is {}: {}",
            state.as_str(),
            view.error.as_deref().unwrap_or("no error was kept")
        ))),
    }
}
