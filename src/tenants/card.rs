//! What people see of tenants. The views are pure functions of facts; at the end, where cards stand and when they are drawn.

mod figures;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use waas_platform::db::PgConnection;
use waas_platform::docker::{ProjectSpec, labels};
use waas_platform::render::{Context, Html, Reader, RenderError};
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::{Button, Place, Priority, Turn, View};

use super::estate::{Estate, Reported};
use super::lifecycle::Job;
use super::model::{Health, Slug, TenantState};
use super::store::{self, Container, Tenant};
use crate::access::{self, Colleague};
use crate::front::Front;

/// Figures that a card names.
const METRICS: usize = 12;

/// Everything that a tenant's card tells.
pub(super) struct Facts {
    pub(super) tenant: Tenant,
    pub(super) url: String,
    pub(super) containers: Vec<Container>,
    pub(super) reported: Reported,
}

#[derive(Serialize)]
struct ContainerLine<'a> {
    mark: &'static str,
    service: &'a str,
    state: &'a str,
    exit_code: Option<i32>,
}

/// The card of a tenant.
pub(super) fn card(front: &Front, reader: &Reader, facts: &Facts) -> Result<View, RenderError> {
    let Facts { tenant, url, containers, reported } = facts;
    let lines: Vec<ContainerLine<'_>> = containers
        .iter()
        .map(|container| ContainerLine {
            mark: mark_of_container(&container.state, tenant.state),
            service: &container.service,
            state: &container.state,
            exit_code: container.exit_code,
        })
        .collect();
    let shown = &reported.metrics[..reported.metrics.len().min(METRICS)];
    let version = tenant.template_version.as_deref().unwrap_or_default();
    let context = Context::new()
        .with("mark", mark(tenant))
        .with("slug", tenant.slug.as_str())
        .with("state", tenant.state.word())
        .with("health", tenant.health.word())
        .with("serves", &tenant.state.should_run())
        .with("url", url)
        .with("template", &tenant.template.as_deref().map(|name| format!("{name} {version}").trim_end().to_owned()))
        .with("containers", &lines)
        .with("beat", &reported.last_heartbeat_at)
        .with("received", &reported.received)
        .with("rejected", &reported.rejected)
        .with("lost", &reported.lost)
        .with("unknown_since", &reported.unknown_since)
        .with("reports", &figures::lines(front, reader, shown))
        .with("erase_after", &tenant.erase_after);
    let view = View::text(front.say(reader, "tenants/card.html", &context)?);
    if tenant.kind != "managed" {
        return Ok(view);
    }
    let press = |key: &str, action: &str| Button::press(front.word(reader, key), action, &tenant.slug);
    let logs = press("button-logs", "tenant.logs");
    let write = tenant.client_id.map(|_| {
        let label = front.word(reader, "button-write-to-client");
        Button::press(label, "client.write", format!("tenant:{}", tenant.slug))
    });
    let view = match tenant.state {
        TenantState::Live => {
            view.row([logs, press("button-restart", Job::Restart.act()), press("button-stop", Job::Stop.act())])
        }
        TenantState::Stopped => view.row([logs, press("button-start", Job::Start.act())]),
        TenantState::Deleted => {
            view.row([press("button-restore", Job::Restore.act()), press("button-erase", "tenant.ask_erase")])
        }
        TenantState::Failed | TenantState::Stuck => view.row([logs, press("button-erase", "tenant.ask_erase")]),
        TenantState::Provisioning | TenantState::Suspended => view.row([logs]),
        TenantState::Registered | TenantState::Planned => view,
    };
    Ok(view.row(write))
}

/// What stands where the card of an erased tenant stood.
pub(super) fn gone(front: &Front, reader: &Reader, slug: &Slug) -> Result<View, RenderError> {
    Ok(View::text(front.say(reader, "tenants/gone.html", &Context::new().with("slug", slug.as_str()))?))
}

/// A page of tenants by name.
pub(super) struct Page<'a> {
    pub(super) tenants: &'a [Tenant],
    /// The name after which the next page begins.
    pub(super) next: Option<&'a Slug>,
    /// Whether this is not the first page.
    pub(super) later: bool,
    /// The card of this list, which its buttons redraw.
    pub(super) list: &'a str,
}

/// A list with a button to open each.
pub(super) fn list(front: &Front, reader: &Reader, page: &Page<'_>) -> Result<View, RenderError> {
    #[derive(Serialize)]
    struct Line<'a> {
        mark: &'static str,
        slug: &'a str,
        domain: &'a str,
        state: &'static str,
        live: bool,
    }
    let lines: Vec<Line<'_>> = page
        .tenants
        .iter()
        .map(|tenant| Line {
            mark: mark(tenant),
            slug: tenant.slug.as_str(),
            domain: &tenant.domain,
            state: tenant.state.word(),
            live: tenant.state.should_run(),
        })
        .collect();
    let context = Context::new().with("lines", &lines).with("later", &page.later);
    let mut view = View::text(front.say(reader, "tenants/list.html", &context)?);
    for row in page.tenants.chunks(2) {
        view = view.row(row.iter().map(|tenant| Button::press(tenant.slug.as_str(), "tenant.open", &tenant.slug)));
    }
    let more = page.next.map(|slug| {
        Button::press(front.word(reader, "button-more"), "tenant.page", page.list).with(json!({ "after": slug }))
    });
    Ok(view.row(more))
}

/// Which tenant a command is about: a button for each, and how it is written.
pub(super) fn which(front: &Front, reader: &Reader, page: &Page<'_>, command: &str) -> Result<View, RenderError> {
    let example = page.tenants.first().map(|tenant| tenant.slug.as_str());
    let context = Context::new().with("command", command).with("example", &example).with("later", &page.later);
    let mut view = View::text(front.say(reader, "tenants/which.html", &context)?);
    for row in page.tenants.chunks(2) {
        view = view.row(row.iter().map(|tenant| {
            Button::press(tenant.slug.as_str(), "tenant.picked", &tenant.slug).with(json!({ "for": command }))
        }));
    }
    let more = page.next.map(|slug| {
        Button::press(front.word(reader, "button-more"), "tenant.pick_page", page.list)
            .with(json!({ "for": command, "after": slug }))
    });
    Ok(view.row(more))
}

/// How everything is doing.
pub(super) fn status(
    front: &Front,
    reader: &Reader,
    healths: &[(String, i64)],
    counts: &[(&str, u64)],
) -> Result<View, RenderError> {
    #[derive(Serialize)]
    struct Line<'a> {
        what: &'a str,
        n: u64,
    }
    let of = |health: Health| healths.iter().find(|(word, _)| word == health.word()).map_or(0, |(_, count)| *count);
    let lines: Vec<Line<'_>> = counts.iter().map(|(what, n)| Line { what, n: *n }).collect();
    let context = Context::new()
        .with("up", &of(Health::Up))
        .with("degraded", &of(Health::Degraded))
        .with("down", &of(Health::Down))
        .with("unknown", &of(Health::Unknown))
        .with("counts", &lines);
    Ok(View::text(front.say(reader, "tenants/status.html", &context)?))
}

/// Lines of a log.
pub(super) struct LogLines<'a> {
    pub(super) slug: &'a Slug,
    pub(super) service: Option<&'a str>,
    pub(super) text: &'a str,
    /// Whether there was a container to read from.
    pub(super) found: bool,
}

pub(super) fn logs(front: &Front, reader: &Reader, shown: &LogLines<'_>) -> Result<View, RenderError> {
    let context = Context::new()
        .with("slug", shown.slug.as_str())
        .with("service", &shown.service)
        .with("text", shown.text)
        .with("found", &shown.found);
    Ok(View::text(front.say(reader, "tenants/logs.html", &context)?))
}

pub(super) fn no_logs(front: &Front, reader: &Reader, slug: &Slug, error: &str) -> Result<View, RenderError> {
    let context = Context::new().with("slug", slug.as_str()).html("error", &Html::escape(error).cut(600));
    Ok(View::text(front.say(reader, "tenants/no_logs.html", &context)?))
}

/// The question before a delete: what happens, and until when it can be taken back.
pub(super) fn ask_delete(
    front: &Front,
    reader: &Reader,
    tenant: &Tenant,
    until: DateTime<Utc>,
) -> Result<View, RenderError> {
    let context =
        Context::new().with("slug", tenant.slug.as_str()).with("domain", &tenant.domain).with("until", &until);
    let view = View::text(front.say(reader, "tenants/ask_delete.html", &context)?);
    Ok(ask(front, reader, view, tenant, Job::Delete))
}

/// What an erasure takes, by name, as far as the folder tells.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Goes {
    containers: Vec<String>,
    networks: Vec<String>,
    volumes: Vec<String>,
    images: Vec<String>,
}

impl Goes {
    /// By the tenant's compose file; nothing by name when that is missing.
    pub(super) fn of(slug: &Slug, spec: Option<&ProjectSpec>) -> Self {
        let Some(spec) = spec else {
            return Self::default();
        };
        let resource = |key: &String| labels::resource_name(slug.as_str(), key);
        let mut images: Vec<String> = spec
            .services
            .values()
            .filter(|service| service.build.is_some())
            .map(|service| service.image.clone())
            .collect();
        images.sort();
        images.dedup();
        Self {
            containers: spec.services.keys().map(|key| labels::container_name(slug.as_str(), key)).collect(),
            networks: spec.networks.keys().map(resource).collect(),
            volumes: spec.volumes.keys().map(resource).collect(),
            images,
        }
    }
}

/// The question before an erasure: everything that goes.
pub(super) fn ask_erase(front: &Front, reader: &Reader, tenant: &Tenant, goes: &Goes) -> Result<View, RenderError> {
    let context = Context::of(goes)?
        .with("slug", tenant.slug.as_str())
        .with("domain", &tenant.domain)
        .with("port", &tenant.port.map(|port| port.to_string()))
        .with("managed", &(tenant.kind == "managed"));
    let view = View::text(front.say(reader, "tenants/ask_erase.html", &context)?);
    Ok(ask(front, reader, view, tenant, Job::Erase))
}

/// *Confirm* counts for the tenant as it was shown, and once.
fn ask(front: &Front, reader: &Reader, view: View, tenant: &Tenant, job: Job) -> View {
    let press = |key: &str, action: &str| Button::press(front.word(reader, key), action, &tenant.slug).once();
    view.row([
        press("button-confirm", job.act()).with(json!({ "version": tenant.version })),
        press("button-cancel", "tenant.keep").with(json!({ "job": job.kind() })),
    ])
}

/// What a question becomes once it is answered.
pub(super) fn answered(
    front: &Front,
    reader: &Reader,
    slug: &Slug,
    job: Job,
    who: &str,
    yes: bool,
) -> Result<View, RenderError> {
    let context = Context::new().with("slug", slug.as_str()).with("job", job.kind()).with("who", who).with("yes", &yes);
    Ok(View::text(front.say(reader, "tenants/answered.html", &context)?))
}

/// No tenant is called so, but perhaps one of these was meant.
pub(super) fn unknown(
    front: &Front,
    reader: &Reader,
    asked: &str,
    near: &[String],
    example: Option<&str>,
    command: &str,
) -> Result<View, RenderError> {
    let asked: String = asked.chars().take(64).collect();
    let context = Context::new()
        .with("asked", &asked)
        .with("near", &!near.is_empty())
        .with("command", command)
        .with("example", &example.filter(|_| near.is_empty()));
    let view = View::text(front.say(reader, "tenants/unknown.html", &context)?);
    Ok(near.iter().fold(view, |view, slug| {
        view.row([Button::press(slug.as_str(), "tenant.picked", slug).with(json!({ "for": command }))])
    }))
}

/// How a tenant is doing, at a glance.
fn mark(tenant: &Tenant) -> &'static str {
    match (tenant.state, tenant.health) {
        (TenantState::Live | TenantState::Registered, Health::Up) => "🟢",
        (TenantState::Live | TenantState::Registered, Health::Degraded) => "🟡",
        (TenantState::Live | TenantState::Registered, Health::Down) => "🔴",
        (TenantState::Live | TenantState::Registered, Health::Unknown) => "⚪️",
        (TenantState::Planned | TenantState::Provisioning, _) => "🏗",
        (TenantState::Stopped | TenantState::Suspended, _) => "⏸",
        (TenantState::Deleted, _) => "🗑",
        (TenantState::Failed | TenantState::Stuck, _) => "⚠️",
    }
}

/// A container that is down on purpose is no bad news.
fn mark_of_container(state: &str, tenant: TenantState) -> &'static str {
    match state {
        "healthy" | "running" => "🟢",
        "starting" => "🟡",
        "exited" | "missing" if is_stopped(tenant) => "⚪️",
        _ => "🔴",
    }
}

/// Whether a person stopped it.
fn is_stopped(tenant: TenantState) -> bool {
    matches!(tenant, TenantState::Stopped | TenantState::Suspended | TenantState::Deleted)
}

fn key(slug: &Slug) -> CardKey {
    CardKey { kind: "tenant", subject: slug.to_string() }
}

/// The card of a question; one for each kind of job, so that an answered question does not stand in the next one's place.
pub(super) fn question(slug: &Slug, job: Job) -> CardKey {
    CardKey { kind: "tenant_question", subject: format!("{}:{slug}", job.kind()) }
}

async fn present(conn: &mut PgConnection, estate: &Estate, slug: &Slug, place: Place) -> anyhow::Result<View> {
    let reader = access::reader_at(conn, &estate.front, place, estate.clock.now()).await?;
    let Some(tenant) = store::find(conn, slug).await? else {
        return Ok(gone(&estate.front, &reader, slug)?);
    };
    let containers = store::containers(conn, slug).await?;
    let reported = estate.figures.of(conn, slug).await?;
    let facts = Facts { url: estate.url(&tenant.domain), tenant, containers, reported };
    Ok(card(&estate.front, &reader, &facts)?)
}

/// Brings a tenant's card to who asked for it.
pub(super) async fn bring(
    conn: &mut PgConnection,
    turn: &Turn,
    estate: &Estate,
    slug: &Slug,
    to: &Colleague,
) -> anyhow::Result<()> {
    let view = present(conn, estate, slug, to.place()).await?;
    Ok(to.bring(conn, turn, &key(slug), view).await?)
}

/// Draws a changed tenant again wherever it stands.
pub(super) async fn redraw(conn: &mut PgConnection, estate: &Estate, slug: &Slug) -> anyhow::Result<()> {
    let key = key(slug);
    for place in cards::places(conn, &key).await? {
        let view = present(conn, estate, slug, place).await?;
        cards::put(conn, &estate.clock, place, &key, &view, Priority::Card, Placement::Here).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
