//! `tenant_logs`: reads containers' logs and answers in the chat. A job, since a turn must not wait for Docker; a job of
//! its own and not one of the tenant's, since reading disturbs nothing.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use waas_platform::db::PgConnection;
use waas_platform::docker::LogQuery;
use waas_platform::durable::operations;
use waas_platform::durable::{
    NewSaga, SagaDef, SagaId, SagaState, SagaView, StepOutcome, StepResult, StepRun, Undo, step,
};
use waas_platform::render::TEXT_LIMIT;
use waas_platform::secrets::mask;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::{Place, Priority, outbox};

use super::super::card::{self, LogLines};
use super::super::estate::Estate;
use super::super::model::Slug;
use crate::access;
use crate::audit::Actor;

/// Lines of each service when nothing narrows the question.
const LINES: u32 = 40;
/// Lines of each service that a search looks through, or that a span of time may have.
const SEARCHED: u32 = 2_000;

/// Which lines are wanted, and where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogsWanted {
    /// Of which tenant.
    pub slug: Slug,
    /// Of one service, or of all.
    pub service: Option<String>,
    /// From when on.
    pub since: Option<DateTime<Utc>>,
    /// Lines that hold all of these, whatever their case.
    pub words: Vec<String>,
    /// Where the answer goes.
    pub place: Place,
}

/// Lets logs be read and brought.
///
/// # Errors
/// The database refuses.
pub async fn ask_logs(conn: &mut PgConnection, actor: &Actor, wanted: &LogsWanted) -> anyhow::Result<SagaId> {
    let new = NewSaga::of(&definition(), wanted.slug.as_str(), wanted)?.by(actor.to_string());
    Ok(operations::enqueue(conn, new).await?.id)
}

pub(super) fn definition() -> SagaDef<Estate> {
    let steps =
        vec![step("fetch", fetch, Undo::none("a message cannot be taken back")).timeout(Duration::from_secs(30))];
    SagaDef::new("tenant_logs", 1, steps).on_change(|estate, conn, view| Box::pin(excuse(estate, conn, view)))
}

async fn fetch(estate: Estate, run: StepRun) -> StepResult {
    let wanted: LogsWanted = run.params()?;
    let engine = estate.stacks.engine();
    let found = engine.list(&estate.stacks.filter(&wanted.slug)).await?;
    let narrowed = wanted.since.is_some() || !wanted.words.is_empty();
    let query = LogQuery { tail: Some(if narrowed { SEARCHED } else { LINES }), since: wanted.since };
    let meant = |service: &str| wanted.service.as_deref().is_none_or(|one| one == service);
    let mut lines = Vec::new();
    let mut services = 0_usize;
    for container in found.iter().filter(|container| meant(&container.service)) {
        services += 1;
        let read = engine.logs(&container.id, &query).await?;
        lines.extend(read.into_iter().map(|line| (line.at, container.service.clone(), line.text)));
    }
    lines.sort_by_key(|(at, _, _)| *at);
    let text: Vec<String> = lines
        .into_iter()
        .map(|(_, service, text)| if services > 1 { format!("{service} | {text}") } else { text })
        .filter(|line| holds(line, &wanted.words))
        .collect();
    let text = mask::text(&text.join("\n")).into_owned();
    let mut tx = run.begin().await?;
    let reader = access::reader_at(&mut tx, &estate.front, wanted.place, estate.clock.now()).await?;
    let shown = LogLines { slug: &wanted.slug, service: wanted.service.as_deref(), text: &text, found: services > 0 };
    let view = card::logs(&estate.front, &reader, &shown)?;
    if view.html.units() <= TEXT_LIMIT {
        // As a card, so that the same step entered twice answers once.
        let priority = Priority::Reply;
        cards::put(&mut tx, &estate.clock, wanted.place, &key(run.saga()), &view, priority, Placement::Here).await?;
    } else {
        let name = format!("{}-{}.log", wanted.slug, wanted.service.as_deref().unwrap_or("all"));
        outbox::document(&mut tx, wanted.place, name, text, Priority::Reply).await?;
    }
    tx.commit().await?;
    Ok(StepOutcome::done())
}

/// Whoever asked is told when there are no lines to be had.
async fn excuse(estate: Estate, conn: &mut PgConnection, job: &SagaView) -> anyhow::Result<()> {
    if job.state != SagaState::Undone {
        return Ok(());
    }
    let wanted: LogsWanted = serde_json::from_value(job.params.clone())?;
    let reader = access::reader_at(conn, &estate.front, wanted.place, estate.clock.now()).await?;
    let error = job.failed_step().and_then(|step| step.error.as_deref()).or(job.error.as_deref()).unwrap_or_default();
    let view = card::no_logs(&estate.front, &reader, &wanted.slug, &mask::text(error))?;
    Ok(cards::put(conn, &estate.clock, wanted.place, &key(job.id), &view, Priority::Reply, Placement::Here).await?)
}

fn key(saga: SagaId) -> CardKey {
    CardKey { kind: "tenant_logs", subject: saga.to_string() }
}

fn holds(line: &str, words: &[String]) -> bool {
    let line = line.to_lowercase();
    words.iter().all(|word| line.contains(&word.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn a_line_is_found_by_all_its_words_in_any_case() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(holds("ERROR in payment", &words("error Payment")));
        assert!(!holds("ERROR in payment", &words("error mail")));
        assert!(holds("anything", &[]));
    }
}
