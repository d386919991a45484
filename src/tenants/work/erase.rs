//! Erasing: everything of a tenant goes, but for history and audit. Forward only; what is not there is done, so that it
//! also works for a tenant that is half built, half erased, or without its folder.

use std::io;

use waas_platform::docker::{DockerError, Inventory};
use waas_platform::durable::timers;
use waas_platform::durable::{StepOutcome, StepResult, StepRun};

use super::super::estate::Estate;
use super::super::lifecycle::Order;
use super::super::model::Move;
use super::super::{change, records as rows};
use super::steps::or_fail;
use super::{ACTOR, GRACE};
use crate::audit::Act;

/// From now on nobody starts it, pages for it, or gives it a Redis user.
pub(super) async fn mark(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    let now = estate.clock.now();
    let mut tx = run.begin().await?;
    // A tenant that never stood cannot be deleted and need not be; what it left goes all the same.
    change(&mut tx, &ACTOR, &order.slug, Move::Delete, now, Some(order.erase_after.unwrap_or(now))).await?;
    timers::cancel(&mut tx, GRACE, order.slug.as_str()).await?;
    tx.commit().await?;
    Ok(StepOutcome::done())
}

pub(super) async fn user(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    estate.bus.delete_user(&format!("tenant-{}", order.slug)).await?;
    Ok(StepOutcome::done())
}

pub(super) async fn containers(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    removed(estate.stacks.engine().remove_containers(&estate.stacks.filter(&order.slug)).await)
}

pub(super) async fn networks(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    removed(estate.stacks.engine().remove_networks(&estate.stacks.filter(&order.slug)).await)
}

pub(super) async fn volumes(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    removed(estate.stacks.engine().remove_volumes(&estate.stacks.filter(&order.slug)).await)
}

/// Its names for images. What is behind them stays while another tenant, or the template, has a name for it.
pub(super) async fn images(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    removed(remove_images(&estate, &order).await)
}

async fn remove_images(estate: &Estate, order: &Order) -> Result<Vec<String>, DockerError> {
    let references = estate.stacks.images(&order.slug).await?;
    for reference in &references {
        estate.stacks.engine().remove_image(reference).await?;
    }
    Ok(references)
}

fn removed(names: Result<Vec<String>, DockerError>) -> StepResult {
    match names {
        Ok(names) => StepOutcome::done_with(&names),
        // Something still lets go of it: the same again in a moment.
        Err(error @ DockerError::Conflict { .. }) => Err(error.into()),
        Err(error) => or_fail(error),
    }
}

pub(super) async fn folder(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    match tokio::fs::remove_dir_all(estate.stacks.dir(&order.slug)).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(StepOutcome::done()),
    }
}

/// Looks whether the engine still has something with the tenant's name on it.
pub(super) async fn leftovers(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    let engine = estate.stacks.engine();
    let mut left = names(&engine.inventory(&estate.stacks.filter(&order.slug)).await?);
    left.extend(names(&engine.inventory(&estate.stacks.marked(&order.slug)).await?));
    left.extend(estate.stacks.images(&order.slug).await?.into_iter().map(|reference| format!("image {reference}")));
    left.sort();
    left.dedup();
    if left.is_empty() {
        Ok(StepOutcome::done())
    } else {
        Ok(StepOutcome::Fail(format!("left over: {}", left.join(", "))))
    }
}

fn names(inventory: &Inventory) -> Vec<String> {
    let containers = inventory.containers.iter().map(|container| format!("container {}", container.name));
    let networks = inventory.networks.iter().map(|network| format!("network {}", network.name));
    let volumes = inventory.volumes.iter().map(|volume| format!("volume {}", volume.name));
    let images = inventory.images.iter().map(|image| format!("image {}", image.tags.first().unwrap_or(&image.id)));
    containers.chain(networks).chain(volumes).chain(images).collect()
}

/// The name, the domain, the port and the passwords are free again; history and audit stay.
pub(super) async fn records(estate: Estate, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    let mut tx = run.begin().await?;
    if super::store::find(&mut tx, &order.slug).await?.is_some() {
        estate.life.erased(&mut tx, &order.slug).await?;
        rows::remove(&mut tx, &order.slug).await?;
        let detail = serde_json::json!({ "job": run.saga() });
        Act::done(&ACTOR, "tenant.erased", format!("tenant:{}", order.slug)).detail(detail).record(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(StepOutcome::done())
}
