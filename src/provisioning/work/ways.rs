//! Steps that open ways: the tenant's to the hub, the world's to the tenant; and how they are closed again.

use anyhow::Context as _;
use waas_platform::durable::{StepOutcome, StepResult, StepRun};
use waas_platform::edge::{Applied, Domain};
use waas_platform::secrets::Sealed;

use super::paper::secret_purpose;
use super::{Builder, Order, REDIS_PASSWORD};
use crate::telemetry::acl;
use crate::tenants::records;

pub(super) async fn let_in(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let all = records::secrets(&mut *builder.pool.acquire().await?, &wanted.slug).await?;
    let (name, sealed) =
        all.into_iter().find(|(name, _)| name == REDIS_PASSWORD).context("the Redis password is gone")?;
    let password = builder.keys.open(&secret_purpose(&wanted.slug, &name), &Sealed::from(sealed))?;
    acl::ensure(&builder.bus, &wanted.slug, &password).await?;
    Ok(StepOutcome::done())
}

pub(super) async fn shut_out(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    acl::remove(&builder.bus, &wanted.slug).await?;
    Ok(StepOutcome::done())
}

pub(super) async fn route(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let stacks = &builder.planner.stacks;
    let text = std::fs::read_to_string(stacks.dir(&wanted.slug).join("nginx.conf"))?;
    match stacks.edge().await?.apply(&stacks.site(&wanted.slug)?, &text).await? {
        Applied::Applied | Applied::Unchanged => Ok(StepOutcome::done()),
        Applied::Refused { message } => Ok(StepOutcome::Fail(format!("nginx does not take the site: {message}"))),
    }
}

pub(super) async fn unroute(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let stacks = &builder.planner.stacks;
    stacks.edge().await?.remove(&stacks.site(&wanted.slug)?).await?;
    Ok(StepOutcome::done())
}

pub(super) async fn smoke_test(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let site = builder.planner.site(&wanted)?;
    let domain: Domain = wanted.domain.parse()?;
    let edge = builder.planner.stacks.edge().await?;
    for path in [site.template.readiness.path.as_str(), "/"] {
        let answer = edge.probe(&domain, path).await?;
        anyhow::ensure!(answer.status == 200, "{} answers {} at {path}", wanted.domain, answer.status);
    }
    Ok(StepOutcome::done())
}
