//! The steps that stop, start, delete and restore, and what takes them back.

use waas_platform::docker::DockerError;
use waas_platform::durable::timers;
use waas_platform::durable::{StepOutcome, StepResult, StepRun};
use waas_platform::edge::Applied;

use super::super::estate::{Estate, failure};
use super::super::lifecycle::Order;
use super::super::model::{Move, TenantState};
use super::super::store;
use super::super::{Changed, change};
use super::{ACTOR, GRACE};

/// A permanent answer of the engine ends the step; a passing one is tried again.
pub(super) fn or_fail(error: DockerError) -> StepResult {
    if error.is_passing() { Err(error.into()) } else { Ok(StepOutcome::Fail(error.to_string())) }
}

/// Ends containers, all or one service's, and begins them again.
pub(super) async fn restart(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    let engine = estate.stacks.engine();
    let found = engine.list(&estate.stacks.filter(&order.slug)).await?;
    let meant = |service: &str| order.service.as_deref().is_none_or(|wanted| wanted == service);
    for container in found.iter().filter(|container| meant(&container.service)) {
        run.report(None, &container.service).await?;
        // One that went in this moment is made anew by the next step.
        match engine.restart(&container.id).await {
            Ok(()) | Err(DockerError::NotFound { .. }) => {}
            Err(error) => return or_fail(error),
        }
    }
    Ok(StepOutcome::done())
}

/// Makes the containers that are missing, starts those that do not run, waits until all stand.
pub(super) async fn come_up(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    if !order.managed {
        return Ok(StepOutcome::done());
    }
    let stacks = &estate.stacks;
    let labels = stacks.labels(&order.slug, &run.saga().to_string(), run.fence());
    let stack = match stacks.stack(&order.slug, labels) {
        Ok(stack) => stack,
        Err(fault) => {
            return Ok(StepOutcome::Fail(format!("its folder cannot be used: {fault}")));
        }
    };
    let engine = stacks.engine();
    let standing = engine.list(&stacks.filter(&order.slug)).await?;
    let missing = |service: &String| !standing.iter().any(|container| container.service == *service);
    if stack.spec().services.keys().any(missing)
        && let Err(error) = engine.ensure(&stack).await
    {
        return or_fail(error);
    }
    let outcome = match engine.start_and_wait(&stack, &|_| {}).await {
        Ok(started) => failure(started).map_or_else(StepOutcome::done, StepOutcome::Fail),
        Err(error) => return or_fail(error),
    };
    // What stands now is seen before the job is told as done, so that its tenant's card does not lag behind.
    estate.see(&order.slug).await?;
    Ok(outcome)
}

/// For a tenant that did not run when it was deleted, there is nothing to start.
pub(super) async fn come_up_if_it_was(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    if order.before == Some(TenantState::Live) { come_up(estate, run).await } else { Ok(StepOutcome::done()) }
}

/// Asks all containers to end and waits for it. Their data stays.
pub(super) async fn stop(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    match estate.stacks.engine().stop_all(&estate.stacks.filter(&order.slug)).await {
        Ok(_) => Ok(StepOutcome::done()),
        Err(DockerError::NotFound { .. }) => {
            anyhow::bail!("a container went while all were being stopped")
        }
        Err(error) => or_fail(error),
    }
}

/// Undo of [`stop`]: only what ran before runs again.
pub(super) async fn start_again(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    if order.was == TenantState::Live { come_up(estate, run).await } else { Ok(StepOutcome::done()) }
}

/// Undo of a start: only what stood still before stands still again.
pub(super) async fn stop_again(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    if order.was == TenantState::Live { Ok(StepOutcome::done()) } else { stop(estate, run).await }
}

pub(super) async fn be_stopped(estate: Estate, run: StepRun) -> StepResult {
    moved(&estate, &run, Move::Stop).await
}

pub(super) async fn be_live_again(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    if order.was == TenantState::Live { moved(&estate, &run, Move::Start).await } else { Ok(StepOutcome::done()) }
}

pub(super) async fn be_started(estate: Estate, run: StepRun) -> StepResult {
    moved(&estate, &run, Move::Start).await
}

pub(super) async fn be_stopped_again(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    if order.was == TenantState::Live { Ok(StepOutcome::done()) } else { moved(&estate, &run, Move::Stop).await }
}

/// Moves the state by the one transition function.
async fn moved(estate: &Estate, run: &StepRun, step: Move) -> StepResult {
    let order: Order = run.params()?;
    let mut tx = run.begin().await?;
    let changed = change(&mut tx, &ACTOR, &order.slug, step, estate.clock.now(), order.erase_after).await?;
    tx.commit().await?;
    Ok(match changed {
        Changed::To(_) => StepOutcome::done(),
        Changed::Refused(refused) => StepOutcome::Fail(refused.to_string()),
        Changed::NotFound => StepOutcome::Fail(format!("tenant {} is gone", order.slug)),
    })
}

/// Deleted from now on; the timer of the grace time begins with it.
pub(super) async fn be_deleted(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    let mut tx = run.begin().await?;
    let changed = change(&mut tx, &ACTOR, &order.slug, Move::Delete, estate.clock.now(), order.erase_after).await?;
    if let (Changed::To(_), Some(due)) = (&changed, order.erase_after) {
        timers::schedule(&mut tx, GRACE, order.slug.as_str(), &serde_json::Value::Null, due).await?;
    }
    tx.commit().await?;
    Ok(match changed {
        Changed::To(_) => StepOutcome::done(),
        Changed::Refused(refused) => StepOutcome::Fail(refused.to_string()),
        Changed::NotFound => StepOutcome::Fail(format!("tenant {} is gone", order.slug)),
    })
}

/// Back to what it was, and the timer off.
pub(super) async fn be_restored(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    let mut tx = run.begin().await?;
    let deleted = store::find(&mut tx, &order.slug).await?.is_some_and(|tenant| tenant.state == TenantState::Deleted);
    if deleted {
        change(&mut tx, &ACTOR, &order.slug, Move::Restore, estate.clock.now(), None).await?;
    }
    timers::cancel(&mut tx, GRACE, order.slug.as_str()).await?;
    tx.commit().await?;
    Ok(StepOutcome::done())
}

pub(super) async fn be_undeleted(estate: Estate, run: StepRun) -> StepResult {
    be_restored(estate, run).await
}

/// Undo of [`be_restored`]: the old grace time goes on.
pub(super) async fn be_deleted_again(estate: Estate, run: StepRun) -> StepResult {
    be_deleted(estate, run).await
}

/// Takes the site off the edge; not there is done.
pub(super) async fn leave_edge(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    if order.managed {
        estate.stacks.edge().await?.remove(&estate.stacks.site(&order.slug)?).await?;
    }
    Ok(StepOutcome::done())
}

/// Brings the site to what its folder says.
pub(super) async fn join_edge(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    if !order.managed {
        return Ok(StepOutcome::done());
    }
    let path = estate.stacks.dir(&order.slug).join("nginx.conf");
    let text = match tokio::fs::read_to_string(&path).await {
        Ok(text) => text,
        Err(error) => {
            return Ok(StepOutcome::Fail(format!("its nginx.conf cannot be read: {error}")));
        }
    };
    Ok(match estate.stacks.edge().await?.apply(&estate.stacks.site(&order.slug)?, &text).await? {
        Applied::Applied | Applied::Unchanged => StepOutcome::done(),
        Applied::Refused { message } => StepOutcome::Fail(format!("nginx does not take its site: {message}")),
    })
}
