//! Steps on the Docker engine, and how they are taken back.

use waas_platform::docker::{BuildRequest, DockerError, Labels, Started};
use waas_platform::durable::{StepOutcome, StepResult, StepRun};

use super::{Builder, Order};
use crate::provisioning::folder::Site;
use crate::provisioning::template::Build;
use crate::tenants::Slug;

/// Marks the images that tenants of one template share.
const TEMPLATE_LABEL: &str = "waas.template";

pub(super) async fn build_images(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let site = builder.planner.site(&wanted)?;
    let engine = builder.planner.stacks.engine();
    for image in [&site.images.python, &site.images.postgres, &site.images.redis] {
        if engine.image_id(image).await?.is_none() {
            run.report(None, &format!("fetching {image}")).await?;
            match engine.pull(image, &|_| {}).await {
                Ok(_) => {}
                Err(error) if error.is_passing() => {
                    return Err(anyhow::Error::from(error).context(format!(
                        "the image {image} is missing here, and cannot be fetched now; name another one in the settings images.*, or run `make images`"
                    )));
                }
                Err(_) => {
                    return Ok(StepOutcome::Fail(format!(
                        "the image {image} is missing and no registry has it; name another one in the settings images.*, or run `make images`"
                    )));
                }
            }
        }
    }
    let Some(build) = &site.template.build else {
        return Ok(StepOutcome::done());
    };
    match build_app(&builder, &site, build).await {
        Ok(()) => Ok(StepOutcome::done()),
        Err(DockerError::BuildFailed { message, tail }) => {
            Ok(StepOutcome::Fail(format!("{message}\n{}", tail.join("\n"))))
        }
        Err(error) => or_fail(error),
    }
}

/// The template's image, built once and shared by all tenants with the same files and bases, under the tenant's name for
/// it: erasing a tenant takes away that name only.
async fn build_app(builder: &Builder, site: &Site, build: &Build) -> Result<(), DockerError> {
    let stacks = &builder.planner.stacks;
    let mut bases = Vec::new();
    for base in build.args.values() {
        bases.extend(stacks.engine().image_id(site.images.base(*base)).await?);
    }
    let request = BuildRequest {
        context: stacks.dir(&site.slug).join(&build.context),
        dockerfile: "Dockerfile".to_owned(),
        args: build.args.iter().map(|(name, base)| (name.clone(), site.images.base(*base).to_owned())).collect(),
        target: None,
        tag: format!("waas-template:{}", site.template.name),
        labels: Labels::from([(TEMPLATE_LABEL.to_owned(), site.template.name.clone())]),
    };
    let shared = stacks.engine().build_once(&request, &bases, &|_| {}).await?;
    stacks.engine().tag(&shared, &site.app_image).await
}

pub(super) async fn remove_images(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let site = builder.planner.site(&wanted)?;
    if site.template.build.is_some() {
        builder.planner.stacks.engine().remove_image(&site.app_image).await?;
    }
    Ok(StepOutcome::done())
}

/// The stack as its folder says, marked with this claim.
pub(super) fn stack(builder: &Builder, run: &StepRun, slug: &Slug) -> anyhow::Result<waas_platform::docker::Stack> {
    let stacks = &builder.planner.stacks;
    Ok(stacks.stack(slug, stacks.labels(slug, &run.saga().to_string(), run.fence()))?)
}

/// A permanent answer of the engine ends the step; a passing one is tried again.
fn or_fail(error: DockerError) -> StepResult {
    if error.is_passing() { Err(error.into()) } else { Ok(StepOutcome::Fail(error.to_string())) }
}

pub(super) async fn make_networks(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let stack = stack(&builder, &run, &wanted.slug)?;
    builder.planner.stacks.engine().ensure_networks(&stack).await.map_or_else(or_fail, |_| Ok(StepOutcome::done()))
}

pub(super) async fn remove_networks(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let stacks = &builder.planner.stacks;
    stacks.engine().remove_networks(&stacks.filter(&wanted.slug)).await?;
    Ok(StepOutcome::done())
}

pub(super) async fn make_volumes(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let stack = stack(&builder, &run, &wanted.slug)?;
    builder.planner.stacks.engine().ensure_volumes(&stack).await.map_or_else(or_fail, |_| Ok(StepOutcome::done()))
}

pub(super) async fn remove_volumes(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let stacks = &builder.planner.stacks;
    stacks.engine().remove_volumes(&stacks.filter(&wanted.slug)).await?;
    Ok(StepOutcome::done())
}

pub(super) async fn make_containers(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let stack = stack(&builder, &run, &wanted.slug)?;
    builder.planner.stacks.engine().ensure_containers(&stack).await.map_or_else(or_fail, |_| Ok(StepOutcome::done()))
}

pub(super) async fn remove_containers(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let stacks = &builder.planner.stacks;
    stacks.engine().remove_containers(&stacks.filter(&wanted.slug)).await?;
    Ok(StepOutcome::done())
}

pub(super) async fn start(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let stack = stack(&builder, &run, &wanted.slug)?;
    match builder.planner.stacks.engine().start_and_wait(&stack, &|_| {}).await {
        Ok(Started::Ready) => Ok(StepOutcome::done()),
        Ok(Started::Failed(failure)) => Ok(StepOutcome::Fail(failure.to_string())),
        Err(error) => or_fail(error),
    }
}

pub(super) async fn migrate(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let site = builder.planner.site(&wanted)?;
    let Some(hook) = site.template.hooks.get("migrate") else {
        return Ok(StepOutcome::done());
    };
    let container = waas_platform::docker::labels::container_name(site.slug.as_str(), &hook.service);
    let engine = builder.planner.stacks.engine();
    let command: Vec<&str> = hook.command.iter().map(String::as_str).collect();
    match engine.exec(&container, &command, builder.hook_timeout).await {
        Ok(done) if done.exit_code == 0 => Ok(StepOutcome::done()),
        Ok(done) => {
            Ok(StepOutcome::Fail(format!("{} ended with {}\n{}", hook.command.join(" "), done.exit_code, done.output)))
        }
        Err(error) => or_fail(error),
    }
}
