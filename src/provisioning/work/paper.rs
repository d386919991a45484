//! Steps that make rows, secrets and files, and how they are taken back.

use std::collections::BTreeMap;
use std::io;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use waas_platform::durable::{StepOutcome, StepResult, StepRun};
use waas_platform::render::{Context, Kind};
use waas_platform::secrets::{Sealed, Secret};
use waas_platform::telegram::Failure;

use super::{ACTOR, Builder, Order, REDIS_PASSWORD, WEBHOOK_SECRET};
use crate::provisioning::folder::{self, Secrets, Site};
use crate::provisioning::planning::input_purpose;
use crate::provisioning::template::{HubValue, SecretSource};
use crate::telemetry::acl;
use crate::tenants::{self, Changed, Move, NewTenant, Slug, records};

/// The largest photo that is taken over, in bytes.
const LARGEST_PHOTO: usize = 10 * 1024 * 1024;

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
        let filled =
            secrets.iter().fold(text, |text, (name, secret)| text.replace(&format!("{{{name}}}"), secret.expose()));
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
    let Some(api) = &builder.api else {
        return Ok(None);
    };
    match api.download(file_id, LARGEST_PHOTO).await {
        Ok(content) => Ok(Some(content)),
        Err(error) if matches!(error.failure, Failure::Passing | Failure::Unknown | Failure::RetryAfter(_)) => {
            Err(error.into())
        }
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
