//! The steps before the last: what each makes, and how it is taken back.

use std::collections::BTreeMap;
use std::io;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use waas_platform::docker::{BuildRequest, DockerError, Started};
use waas_platform::durable::{StepOutcome, StepResult, StepRun};
use waas_platform::edge::{Applied, Domain};
use waas_platform::render::{Context, Kind};
use waas_platform::secrets::{Sealed, Secret};
use waas_platform::telegram::Failure;

use super::{Builder, Order};
use crate::audit::Actor;
use crate::provisioning::folder::{self, Secrets, Site};
use crate::provisioning::planning::input_purpose;
use crate::provisioning::template::{HubValue, SecretSource};
use crate::telemetry::acl;
use crate::tenants::{self, Changed, Move, NewTenant, Slug, records};

/// The largest photo that is taken over, in bytes.
const LARGEST_PHOTO: usize = 10 * 1024 * 1024;
/// Who acts when nobody pressed anything.
pub(super) const ACTOR: Actor = Actor::System("provisioning");
/// The Redis password is an ordinary tenant secret, under the name that telemetry looks for.
const REDIS_PASSWORD: &str = "HUB_REDIS_PASSWORD";
/// The tenant's signing secret.
const WEBHOOK_SECRET: &str = "HUB_WEBHOOK_SECRET";

/// What a generated secret is sealed for; a sealed value opens nowhere else.
pub(super) fn secret_purpose(slug: &Slug, name: &str) -> String {
    format!("tenant:{slug}:{name}")
}

pub(super) async fn reserve(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let site = builder.planner.site(&wanted)?;
    let new = NewTenant {
        slug: wanted.slug.clone(),
        domain: wanted.domain.clone(),
        template: site.template.name.clone(),
        template_version: site.template.version.clone(),
        locale: wanted.locale.clone(),
        timezone: wanted.timezone.clone(),
        inputs: serde_json::to_value(&wanted.inputs)?,
        lead_id: wanted.lead,
        client_id: wanted.client,
        built_by: run.saga().to_string(),
    };
    let mut tx = run.begin().await?;
    if !records::add(&mut tx, &new).await? && !records::built_by(&mut tx, &wanted.slug, &new.built_by).await? {
        return Ok(StepOutcome::Fail(format!(
            "the name {} or the domain {} was taken in the meantime; choose another one",
            wanted.slug, wanted.domain
        )));
    }
    if !records::claim_port(&mut tx, &wanted.slug, wanted.port).await? {
        return Ok(StepOutcome::Fail(format!("port {} was taken in the meantime; plan again", wanted.port)));
    }
    let now = builder.clock.now();
    match tenants::change(&mut tx, &ACTOR, &wanted.slug, Move::Build, now, None).await? {
        Changed::To(_) => {}
        Changed::Refused(refused) => return Ok(StepOutcome::Fail(refused.to_string())),
        Changed::NotFound => anyhow::bail!("the tenant that was just added is gone"),
    }
    tx.commit().await?;
    Ok(StepOutcome::done())
}

pub(super) async fn release(_: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let mut tx = run.begin().await?;
    // Only what this saga added: the name may be somebody else's, which is why the step failed.
    if records::built_by(&mut tx, &wanted.slug, &run.saga().to_string()).await? {
        records::remove(&mut tx, &wanted.slug).await?;
    }
    tx.commit().await?;
    Ok(StepOutcome::done())
}

pub(super) async fn make_secrets(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let site = builder.planner.site(&wanted)?;
    let mut tx = run.begin().await?;
    let mut keep = async |name: &str, secret: Secret| {
        let sealed = builder.keys.seal(&secret_purpose(&wanted.slug, name), &secret);
        records::keep_secret(&mut tx, &wanted.slug, name, sealed.as_bytes()).await
    };
    for (name, def) in &site.template.secrets {
        if let SecretSource::Generate { length } = def.source {
            keep(name, Secret::password(length)).await?;
        }
    }
    keep(REDIS_PASSWORD, Secret::password(40)).await?;
    keep(WEBHOOK_SECRET, Secret::new(format!("whsec_{}", Secret::base64(32).expose()))).await?;
    tx.commit().await?;
    Ok(StepOutcome::done())
}

pub(super) async fn forget_secrets(_: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let mut tx = run.begin().await?;
    if records::built_by(&mut tx, &wanted.slug, &run.saga().to_string()).await? {
        records::forget_secrets(&mut tx, &wanted.slug).await?;
    }
    tx.commit().await?;
    Ok(StepOutcome::done())
}

/// All secrets of a tenant: the generated ones opened, the others made of them.
///
/// # Errors
/// The database refuses, or a secret was sealed with another master key.
pub(super) async fn secrets_of(builder: &Builder, order: &Order, site: &Site) -> anyhow::Result<Secrets> {
    let slug = &order.wanted.slug;
    let mut secrets = Secrets::new();
    for (name, sealed) in records::secrets(&mut *builder.pool.acquire().await?, slug).await? {
        let secret = builder.keys.open(&secret_purpose(slug, &name), &Sealed::from(sealed))?;
        secrets.insert(name, secret);
    }
    let mut texts = BTreeMap::new();
    for (name, def) in &site.template.secrets {
        match &def.source {
            SecretSource::Generate { .. } => {}
            SecretSource::Text(text) => {
                texts.insert(name.clone(), text.clone());
            }
            SecretSource::Input(input) => {
                if let Some(sealed) = order.wanted.sealed_inputs.get(input) {
                    let sealed = Sealed::from(STANDARD.decode(sealed)?);
                    secrets.insert(name.clone(), builder.keys.open(&input_purpose(slug, input), &sealed)?);
                }
            }
            SecretSource::Hub(HubValue::WebhookSecret) => {}
            SecretSource::Hub(HubValue::RedisUrl) => {
                let password = secrets.get(REDIS_PASSWORD).context("the Redis password is not made yet")?;
                let url = format!("redis://{}:{}@{}", acl::user_name(slug), password.expose(), site.hub.redis);
                secrets.insert(name.clone(), Secret::new(url));
            }
        }
    }
    for (name, text) in texts {
        let filled = secrets.iter().fold(text, |text, (name, secret)| text.replace(&format!("{{{name}}}"), secret.expose()));
        secrets.insert(name, Secret::new(filled));
    }
    Ok(secrets)
}

pub(super) async fn write_files(builder: Builder, run: StepRun) -> StepResult {
    let order: Order = run.params()?;
    let mut site = builder.planner.site(&order.wanted)?;
    let dir = builder.planner.stacks.dir(&site.slug);
    // A folder that is here belongs to nobody: the name was free when this saga took it.
    clear(&dir)?;
    for (input, file_id) in &order.wanted.files {
        let folder = site.template.inputs.get(input).and_then(|input| input.folder.clone()).unwrap_or_default();
        match photo(&builder, file_id).await? {
            Some(content) => {
                let name = site.inputs.get(input).and_then(Value::as_str).unwrap_or("photo.jpg").to_owned();
                folder::put(&dir.join(folder).join(name), &content, 0o644, None)?;
            }
            None => {
                run.report(None, "the photo could not be fetched; the site goes without it").await?;
                site.inputs.insert(input.clone(), Value::from(""));
            }
        }
    }
    let secrets = secrets_of(&builder, &order, &site).await?;
    let (renderer, share) = (&builder.planner.renderer, &builder.planner.share);
    site.write(&dir, renderer, share, &secrets)?;
    folder::put(&dir.join("nginx.conf"), nginx_conf(&builder, &site)?.as_bytes(), 0o644, None)?;
    folder::put(&dir.join("manifest.json"), &manifest(&builder, &site)?, 0o644, None)?;
    Ok(StepOutcome::done())
}

/// A photo as the client sent it; none when it cannot be had any more.
async fn photo(builder: &Builder, file_id: &str) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(api) = &builder.api else { return Ok(None) };
    match api.download(file_id, LARGEST_PHOTO).await {
        Ok(content) => Ok(Some(content)),
        Err(error) if matches!(error.failure, Failure::Passing | Failure::Unknown | Failure::RetryAfter(_)) => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "a photo cannot be fetched");
            Ok(None)
        }
    }
}

fn nginx_conf(builder: &Builder, site: &Site) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct Entry<'a> {
        domain: &'a str,
        aliases: Vec<String>,
        slug: &'a str,
        port: u16,
        http_port: u16,
        connect_timeout: &'a str,
        read_timeout: &'a str,
    }
    let entry = Entry {
        domain: &site.domain,
        aliases: Vec::new(),
        slug: site.slug.as_str(),
        port: site.port,
        http_port: builder.planner.house.edge_port,
        connect_timeout: "3s",
        read_timeout: "60s",
    };
    Ok(builder.planner.renderer.render(Kind::Nginx, "site.conf.template", &Context::new().with("site", &entry))?)
}

/// What stands in the folder, for whoever finds it without the database.
fn manifest(builder: &Builder, site: &Site) -> anyhow::Result<Vec<u8>> {
    let dir = builder.planner.stacks.dir(&site.slug);
    let spec = waas_platform::docker::ProjectSpec::load(&dir)?;
    let files: BTreeMap<String, String> = site
        .public_files(&builder.planner.renderer, &builder.planner.share)?
        .into_iter()
        .map(|file| (file.path, folder::sha256(&file.content)))
        .collect();
    let readiness = &site.template.readiness;
    Ok(serde_json::to_vec_pretty(&serde_json::json!({
        "tenant": site.slug,
        "domain": site.domain,
        "template": site.template.name,
        "version": site.template.version,
        "spec_hash": spec.hash(),
        "readiness": { "service": readiness.service, "port": readiness.port, "path": readiness.path },
        "files": files,
    }))?)
}

pub(super) async fn remove_files(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let mut conn = builder.pool.acquire().await?;
    if records::built_by(&mut conn, &wanted.slug, &run.saga().to_string()).await? {
        clear(&builder.planner.stacks.dir(&wanted.slug))?;
    }
    Ok(StepOutcome::done())
}

fn clear(dir: &std::path::Path) -> io::Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

pub(super) async fn build_images(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let site = builder.planner.site(&wanted)?;
    let stacks = &builder.planner.stacks;
    let engine = stacks.engine();
    for image in [&site.images.python, &site.images.postgres, &site.images.redis] {
        if engine.image_id(image).await?.is_none() {
            run.report(None, &format!("fetching {image}")).await?;
            match engine.pull(image, &|_| {}).await {
                Ok(_) => {}
                Err(error) if error.is_passing() => return Err(error.into()),
                Err(_) => {
                    return Ok(StepOutcome::Fail(format!(
                        "the image {image} is missing and no registry has it; name another one in the settings images.*, or run `make images`"
                    )));
                }
            }
        }
    }
    let Some(build) = &site.template.build else { return Ok(StepOutcome::done()) };
    let dir = stacks.dir(&site.slug);
    let request = BuildRequest {
        context: dir.join(&build.context),
        dockerfile: "Dockerfile".to_owned(),
        args: build.args.iter().map(|(name, base)| (name.clone(), site.images.base(*base).to_owned())).collect(),
        target: None,
        tag: site.app_image(),
        labels: stacks.labels(&site.slug, &run.saga().to_string(), run.fence()),
    };
    match engine.build(&request, &|_| {}).await {
        Ok(_) => Ok(StepOutcome::done()),
        Err(DockerError::BuildFailed { message, tail }) => Ok(StepOutcome::Fail(format!("{message}\n{}", tail.join("\n")))),
        Err(error) => or_fail(error),
    }
}

pub(super) async fn remove_images(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let site = builder.planner.site(&wanted)?;
    if site.template.build.is_some() {
        builder.planner.stacks.engine().remove_image(&site.app_image()).await?;
    }
    Ok(StepOutcome::done())
}

pub(super) async fn let_in(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let all = records::secrets(&mut *builder.pool.acquire().await?, &wanted.slug).await?;
    let (name, sealed) = all.into_iter().find(|(name, _)| name == REDIS_PASSWORD).context("the Redis password is gone")?;
    let password = builder.keys.open(&secret_purpose(&wanted.slug, &name), &Sealed::from(sealed))?;
    acl::ensure(&builder.bus, &wanted.slug, &password).await?;
    Ok(StepOutcome::done())
}

pub(super) async fn shut_out(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    acl::remove(&builder.bus, &wanted.slug).await?;
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
        Ok(Started::Failed(failure)) => {
            let mut lines = vec![format!("{} did not come up: {:?}", failure.service, failure.reason)];
            lines.extend(failure.probes.last().map(|probe| format!("last check: {}", probe.output.trim())));
            lines.extend(failure.log_tail);
            Ok(StepOutcome::Fail(lines.join("\n")))
        }
        Err(error) => or_fail(error),
    }
}

pub(super) async fn migrate(builder: Builder, run: StepRun) -> StepResult {
    let Order { wanted, .. } = run.params()?;
    let site = builder.planner.site(&wanted)?;
    let Some(hook) = site.template.hooks.get("migrate") else { return Ok(StepOutcome::done()) };
    let container = waas_platform::docker::labels::container_name(site.slug.as_str(), &hook.service);
    let engine = builder.planner.stacks.engine();
    let command: Vec<&str> = hook.command.iter().map(String::as_str).collect();
    match engine.exec(&container, &command, builder.hook_timeout).await {
        Ok(done) if done.exit_code == 0 => Ok(StepOutcome::done()),
        Ok(done) => Ok(StepOutcome::Fail(format!("{} ended with {}\n{}", hook.command.join(" "), done.exit_code, done.output))),
        Err(error) => or_fail(error),
    }
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
