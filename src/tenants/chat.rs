//! `/tenants`, `/tenant`, `/status`, `/logs`, `/restart`, `/up`, `/down`, `/delete`, `/restore`, `/erase`, and the buttons.
//!
//! Nothing here waits for Docker: what must is a job, whose card is the answer.

mod asked;
mod pick;

use serde_json::Value;
use waas_platform::clock::random;
use waas_platform::docker::ProjectSpec;
use waas_platform::durable::{SagaState, operations};
use waas_platform::render::Html;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::turn::{Branch, command, press};
use waas_platform::telegram::{Priority, Turn, View};

use super::card::{self, Goes};
use super::estate::Estate;
use super::lifecycle::{self, Job, Wanted, Wished};
use super::model::Slug;
use super::store::{self, Tenant};
use super::work::{LogsWanted, ask_logs};
use crate::access::{Colleague, Operator, colleague, operator};
use crate::front::Front;
use crate::{access, jobs};
use asked::Asked;

/// Tenants on a page of the list.
const PAGE: i64 = 20;

/// The branches of this capability.
pub fn branches() -> Vec<Branch> {
    let mut branches = vec![
        command("tenants").endpoint(list),
        press("tenant.page").endpoint(turn_page),
        command("tenant").endpoint(show),
        press("tenant.open").endpoint(open),
        command("status").endpoint(status),
        command("logs").endpoint(logs),
        press("tenant.logs").endpoint(logs_pressed),
        command("delete").endpoint(ask_delete),
        command("erase").endpoint(ask_erase),
        press("tenant.ask_erase").endpoint(ask_erase_pressed),
        press("tenant.keep").endpoint(keep),
    ];
    let commands = [("restart", Job::Restart), ("up", Job::Start), ("down", Job::Stop), ("restore", Job::Restore)];
    branches.extend(commands.map(|(name, job)| {
        command(name).endpoint(move |turn: Turn, front: Front, estate: Estate| async move {
            said(turn, front, estate, name, job).await
        })
    }));
    branches.extend(pick::branches());
    branches.extend(Job::ALL.map(|job| {
        press(job.act()).endpoint(move |turn: Turn, front: Front, estate: Estate| async move {
            pressed(turn, front, estate, job).await
        })
    }));
    branches
}

async fn list(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    // Each list is a card of its own, so that its pages are turned in place.
    put_page(&turn, &front, &colleague, &random::id().to_string(), None).await
}

async fn turn_page(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let Some(meaning) = turn.meaning() else {
        return Ok(());
    };
    put_page(&turn, &front, &colleague, &meaning.subject, meaning.args.get("after").and_then(Value::as_str)).await
}

async fn put_page(
    turn: &Turn,
    front: &Front,
    asker: &Colleague,
    list: &str,
    after: Option<&str>,
) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    // One more than is shown tells whether there are more.
    let found = store::page(&mut tx, after, PAGE + 1).await?;
    let (shown, rest) = found.split_at(found.len().min(PAGE as usize));
    let next = shown.last().filter(|_| !rest.is_empty()).map(|tenant| &tenant.slug);
    let page = card::Page { tenants: shown, next, later: after.is_some(), list };
    let view = card::list(front, &asker.card_reader(front), &page)?;
    let key = CardKey { kind: "tenant_list", subject: list.to_owned() };
    cards::put(&mut tx, turn.clock(), asker.place(), &key, &view, Priority::Reply, Placement::Here).await?;
    Ok(())
}

async fn show(turn: Turn, front: Front, estate: Estate) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let Some((tenant, _)) = said_by(&turn, &front, &colleague, "tenant").await? else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    card::bring(&mut tx, &turn, &estate, &tenant.slug, &colleague).await
}

async fn open(turn: Turn, front: Front, estate: Estate) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let Some(tenant) = pressed_by(&turn, &front, &colleague).await? else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    card::bring(&mut tx, &turn, &estate, &tenant.slug, &colleague).await
}

async fn status(turn: Turn, front: Front, estate: Estate) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let healths = store::healths(&mut tx).await?;
    let mut counts = estate.figures.counts(&mut tx).await?;
    let sagas = operations::counts(&mut tx).await?;
    drop(tx);
    let of = |states: &[SagaState]| -> u64 {
        sagas.iter().filter(|(state, _)| states.contains(state)).map(|(_, n)| u64::try_from(*n).unwrap_or(0)).sum()
    };
    counts.push(("jobs", of(&[SagaState::Queued, SagaState::Running, SagaState::Undoing])));
    counts.push(("jobs-stuck", of(&[SagaState::Stuck])));
    turn.reply(card::status(&front, colleague.reader(), &healths, &counts)?).await
}

async fn logs(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some((operator, tenant, asked)) = named(&turn, &front, "logs").await? else {
        return Ok(());
    };
    if tenant.kind != "managed" {
        return refuse(&turn, &front, &operator, &tenant, &Wished::NotOurs).await;
    }
    let wanted = LogsWanted {
        slug: tenant.slug,
        service: asked.service,
        since: asked.since.map(|since| turn.now() - since),
        words: asked.words,
        place: operator.place(),
    };
    let mut tx = turn.tx().await;
    ask_logs(&mut tx, &operator.actor(), &wanted).await?;
    Ok(())
}

async fn logs_pressed(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some((operator, tenant)) = meant(&turn, &front).await? else {
        return Ok(());
    };
    if tenant.kind != "managed" {
        return refuse(&turn, &front, &operator, &tenant, &Wished::NotOurs).await;
    }
    let service = argument(&turn, "service");
    let wanted = LogsWanted { slug: tenant.slug, service, since: None, words: Vec::new(), place: operator.place() };
    let mut tx = turn.tx().await;
    ask_logs(&mut tx, &operator.actor(), &wanted).await?;
    drop(tx);
    turn.toast(front.word(operator.reader(), "tenant-logs-coming")).await;
    Ok(())
}

async fn said(turn: Turn, front: Front, estate: Estate, name: &'static str, job: Job) -> anyhow::Result<()> {
    let Some((operator, tenant, asked)) = named(&turn, &front, name).await? else {
        return Ok(());
    };
    let service = (job == Job::Restart).then(|| asked.service.or_else(|| asked.words.into_iter().next())).flatten();
    let wanted = Wanted { job, service, version: None, place: Some(operator.place()) };
    begin(&turn, &front, &estate, &operator, &tenant, &wanted).await
}

async fn pressed(turn: Turn, front: Front, estate: Estate, job: Job) -> anyhow::Result<()> {
    let Some((operator, tenant)) = meant(&turn, &front).await? else {
        return Ok(());
    };
    let version = turn.meaning().and_then(|meaning| meaning.args.get("version")?.as_i64());
    let wanted = Wanted { job, service: argument(&turn, "service"), version, place: Some(operator.place()) };
    begin(&turn, &front, &estate, &operator, &tenant, &wanted).await
}

/// Begins a job and answers with its card, or says why not.
async fn begin(
    turn: &Turn,
    front: &Front,
    estate: &Estate,
    operator: &Operator,
    tenant: &Tenant,
    wanted: &Wanted,
) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    let wished = lifecycle::wish(&mut tx, estate, &operator.actor(), tenant, wanted).await?;
    // The question that led here has its answer, whatever that is.
    let key = card::question(&tenant.slug, wanted.job);
    if matches!(wished, Wished::Begun(_)) && cards::places(&mut tx, &key).await?.contains(&operator.place()) {
        answer(&mut tx, turn, front, operator, &tenant.slug, wanted.job, true).await?;
    }
    if let Wished::Begun(job) | Wished::Busy(job) = &wished {
        jobs::show(&mut tx, turn.clock(), front, operator.place(), job).await?;
    }
    drop(tx);
    match wished {
        Wished::Begun(_) => {
            if turn.pressed().is_some() {
                turn.toast(front.word(operator.reader(), "tenant-begun")).await;
            }
            Ok(())
        }
        other => refuse(turn, front, operator, tenant, &other).await,
    }
}

async fn refuse(turn: &Turn, front: &Front, operator: &Operator, tenant: &Tenant, why: &Wished) -> anyhow::Result<()> {
    let slug = tenant.slug.as_str();
    let words = |key: &str, more: (&str, &str)| {
        front.word_with(operator.reader(), key, &[("slug", slug.into()), (more.0, more.1.into())])
    };
    let text = match why {
        Wished::Begun(_) => words("tenant-begun", ("state", "")),
        Wished::Busy(_) => words("tenant-busy", ("state", "")),
        Wished::Already(state) => words("tenant-already", ("state", state.word())),
        Wished::Refused(refused) => words("tenant-refused", ("state", refused.from.word())),
        Wished::Changed => words("tenant-changed", ("state", "")),
        Wished::NotOurs => words("tenant-not-ours", ("state", "")),
        Wished::NoService(services) => words("tenant-no-service", ("services", &services.join(", "))),
    };
    if turn.pressed().is_some() {
        turn.alert(text).await;
        return Ok(());
    }
    turn.reply(View::text(Html::escape(&text))).await
}

async fn ask_delete(turn: Turn, front: Front, estate: Estate) -> anyhow::Result<()> {
    let Some((operator, tenant, _)) = named(&turn, &front, "delete").await? else {
        return Ok(());
    };
    delete_question(&turn, &front, &estate, &operator, &tenant).await
}

async fn delete_question(
    turn: &Turn,
    front: &Front,
    estate: &Estate,
    operator: &Operator,
    tenant: &Tenant,
) -> anyhow::Result<()> {
    if let Err(refused) = Job::Delete.permitted(tenant) {
        return refuse(turn, front, operator, tenant, &Wished::Refused(refused)).await;
    }
    if tenant.erase_after.is_some() {
        return refuse(turn, front, operator, tenant, &Wished::Already(tenant.state)).await;
    }
    let until = turn.now() + chrono::Duration::from_std(estate.settings.delete_grace)?;
    let view = card::ask_delete(front, &operator.card_reader(front), tenant, until)?;
    put_question(turn, operator, &tenant.slug, Job::Delete, &view).await
}

async fn ask_erase(turn: Turn, front: Front, estate: Estate) -> anyhow::Result<()> {
    let Some((operator, tenant, _)) = named(&turn, &front, "erase").await? else {
        return Ok(());
    };
    erase_question(&turn, &front, &estate, &operator, &tenant).await
}

async fn ask_erase_pressed(turn: Turn, front: Front, estate: Estate) -> anyhow::Result<()> {
    let Some((operator, tenant)) = meant(&turn, &front).await? else {
        return Ok(());
    };
    erase_question(&turn, &front, &estate, &operator, &tenant).await
}

async fn erase_question(
    turn: &Turn,
    front: &Front,
    estate: &Estate,
    operator: &Operator,
    tenant: &Tenant,
) -> anyhow::Result<()> {
    // Without a readable file everything goes by its label all the same; it only cannot be named before.
    let spec = ProjectSpec::load(&estate.stacks.dir(&tenant.slug)).ok();
    let goes = Goes::of(&tenant.slug, spec.as_ref());
    let view = card::ask_erase(front, &operator.card_reader(front), tenant, &goes)?;
    put_question(turn, operator, &tenant.slug, Job::Erase, &view).await
}

async fn put_question(turn: &Turn, operator: &Operator, slug: &Slug, job: Job, view: &View) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    let key = card::question(slug, job);
    cards::put(&mut tx, turn.clock(), operator.place(), &key, view, Priority::Reply, Placement::Anew).await?;
    Ok(())
}

/// *Cancel* under a question: nothing happens, and the question says so.
async fn keep(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let job = argument(&turn, "job").and_then(|kind| Job::ALL.into_iter().find(|job| job.kind() == kind));
    let slug = turn.meaning().and_then(|meaning| meaning.subject.parse::<Slug>().ok());
    let (Some(job), Some(slug)) = (job, slug) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    answer(&mut tx, &turn, &front, &operator, &slug, job, false).await
}

async fn answer(
    tx: &mut waas_platform::db::PgConnection,
    turn: &Turn,
    front: &Front,
    operator: &Operator,
    slug: &Slug,
    job: Job,
    yes: bool,
) -> anyhow::Result<()> {
    let who = access::first_name(tx, operator.id()).await?.unwrap_or_default();
    let view = card::answered(front, &operator.card_reader(front), slug, job, &who, yes)?;
    let key = card::question(slug, job);
    Ok(cards::put(tx, turn.clock(), operator.place(), &key, &view, Priority::Card, Placement::Here).await?)
}

/// The operator who speaks and the tenant they named.
async fn named(turn: &Turn, front: &Front, name: &'static str) -> anyhow::Result<Option<(Operator, Tenant, Asked)>> {
    let Some(operator) = operator(turn, front).await? else {
        return Ok(None);
    };
    let said = said_by(turn, front, &operator, name).await?;
    Ok(said.map(|(tenant, asked)| (operator, tenant, asked)))
}

/// The operator who pressed and the tenant that the button is about.
async fn meant(turn: &Turn, front: &Front) -> anyhow::Result<Option<(Operator, Tenant)>> {
    let Some(operator) = operator(turn, front).await? else {
        return Ok(None);
    };
    Ok(pressed_by(turn, front, &operator).await?.map(|tenant| (operator, tenant)))
}

/// The tenant that somebody named; a missing name is asked for by buttons, an unknown one is answered here.
async fn said_by(
    turn: &Turn,
    front: &Front,
    asker: &Colleague,
    name: &'static str,
) -> anyhow::Result<Option<(Tenant, Asked)>> {
    let asked = Asked::read(turn.incoming().command(name).unwrap_or_default());
    if asked.slug.is_empty() {
        pick::ask(turn, front, asker, name, &random::id().to_string(), None).await?;
        return Ok(None);
    }
    let mut tx = turn.tx().await;
    let tenant = match asked.slug.parse() {
        Ok(slug) => store::find(&mut tx, &slug).await?,
        Err(_) => None,
    };
    let Some(tenant) = tenant else {
        let names = store::names(&mut tx).await?;
        drop(tx);
        let example = names.first().cloned();
        let near = asked::near(&asked.slug, names);
        let view = card::unknown(front, asker.reader(), &asked.slug, &near, example.as_deref(), name)?;
        turn.reply(view).await?;
        return Ok(None);
    };
    Ok(Some((tenant, asked)))
}

/// The tenant that the pressed button is about; one that is gone is answered here.
async fn pressed_by(turn: &Turn, front: &Front, asker: &Colleague) -> anyhow::Result<Option<Tenant>> {
    let slug = turn.meaning().and_then(|meaning| meaning.subject.parse().ok());
    let mut tx = turn.tx().await;
    let tenant = match slug {
        Some(slug) => store::find(&mut tx, &slug).await?,
        None => None,
    };
    drop(tx);
    if tenant.is_none() {
        turn.toast(front.word(asker.reader(), "tenant-gone")).await;
    }
    Ok(tenant)
}

fn argument(turn: &Turn, name: &str) -> Option<String> {
    turn.meaning()?.args.get(name)?.as_str().map(str::to_owned)
}
