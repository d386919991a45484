//! Waiting for a job at the terminal: the running service does the work and the command follows it; without one, the
//! command does it.

use std::io::{IsTerminal, Write};
use std::pin::pin;
use std::time::Duration;

use anyhow::Context;
use futures_util::StreamExt;
use waas_platform::db::PgPool;
use waas_platform::durable::operations;
use waas_platform::durable::{Engine, Leases, SagaId, SagaState, SagaView};

use super::{CliError, Invocation};
use crate::app::SERVICE_LEASE;

/// How often a followed job is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Follows a job until it ends or is stuck, prints it, and says by the exit code how it ended.
///
/// # Errors
/// The job failed, is stuck, or is not there; the database does not answer.
pub(super) async fn to_end(
    invocation: &Invocation,
    pool: &PgPool,
    engine: &Engine,
    job: SagaId,
) -> Result<(), CliError> {
    let leases = Leases::new(pool.clone());
    let view = if leases.any_held(SERVICE_LEASE).await.context("looking for a running service")? {
        watch(invocation, pool, job).await?
    } else {
        invocation.note("no service runs; the work is done here");
        engine.drive(job).await.map_err(anyhow::Error::from)?
    };
    invocation.result(&view, human)?;
    match view.state {
        SagaState::Done => Ok(()),
        _ => Err(CliError::FoundWrong),
    }
}

/// Follows a job that somebody else works on; each step that begins is told on standard error.
///
/// # Errors
/// It is not there, or the database does not answer.
pub(super) async fn watch(invocation: &Invocation, pool: &PgPool, job: SagaId) -> Result<SagaView, CliError> {
    let mut views = pin!(operations::follow(pool.clone(), job, LOOK));
    let (mut last, mut told) = (None, String::new());
    while let Some(view) = views.next().await {
        let view = view.context("following the job")?;
        let now = format!("{} {}", view.state.as_str(), view.step.as_deref().unwrap_or_default());
        if now != told {
            invocation.note(now.trim_end());
            told = now;
        }
        last = Some(view);
    }
    last.ok_or_else(|| CliError::NotFound(format!("there is no job {job}")))
}

/// A job for people: one line a step, errors below.
pub(super) fn human(job: &SagaView) -> String {
    let mut text = format!("{} {} {}: {}\n", job.id, job.kind, job.subject, job.state.as_str());
    for step in &job.steps {
        let took = match (step.started_at, step.finished_at) {
            (Some(from), Some(to)) => format!("{:.1} s", (to - from).as_seconds_f64()),
            _ => String::new(),
        };
        text.push_str(&format!("  {:<12} {:<10} {took}\n", step.name, step.state.as_str()));
        if let Some(error) = &step.error {
            text.extend(error.lines().map(|line| format!("    {line}\n")));
        }
    }
    if let Some(error) = &job.error {
        text.push_str(error);
    }
    waas_platform::secrets::mask::text(&text).into_owned()
}

/// Asks before something is done; `--yes` answers beforehand.
///
/// # Errors
/// Not confirmed, or nobody is there to be asked.
pub(super) fn ask(question: &str, yes: bool) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(CliError::Usage(format!("{question} Nobody can be asked here; add --yes")));
    }
    // Nobody listens on a closed standard error; then the answer decides all the same.
    let _ = write!(std::io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("reading the answer")?;
    if answer.trim().eq_ignore_ascii_case("y") {
        Ok(())
    } else {
        Err(CliError::Refused("not confirmed; nothing was done".to_owned()))
    }
}
