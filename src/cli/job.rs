//! `hub job`: what is being worked on, and the chat's verbs for it.

use anyhow::Context;
use waas_platform::db::PgPool;
use waas_platform::durable::operations;
use waas_platform::durable::{Engine, SagaId, SagaState, Wish};

use super::{CliError, Invocation, follow};
use crate::jobs::{self, Wished};

/// What is done with jobs.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Jobs, newest first
    List {
        /// Only those in this state
        #[arg(long, value_parser = state)]
        state: Option<SagaState>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        /// Where the page before ended
        #[arg(long)]
        cursor: Option<SagaId>,
    },
    /// One job with its steps
    Show {
        /// Its id
        id: SagaId,
        /// Wait until it ends or is stuck
        #[arg(long)]
        follow: bool,
    },
    /// A stuck job goes on where it stopped
    Retry {
        /// Its id
        id: SagaId,
    },
    /// A job is taken back, step by step
    Undo {
        /// Its id
        id: SagaId,
    },
    /// As undo, since nobody wants it any more
    Cancel {
        /// Its id
        id: SagaId,
    },
}

/// Does it.
///
/// # Errors
/// By the exit codes of the contract.
pub(super) async fn run(
    action: Action,
    invocation: &Invocation,
    pool: &PgPool,
    engine: &Engine,
) -> Result<(), CliError> {
    let mut conn = pool.acquire().await.context("Postgres (database.url)")?;
    let (id, wish) = match action {
        Action::List { state, limit, cursor } => {
            let page = operations::list(&mut conn, limit, cursor, state).await.context("reading jobs")?;
            let next = page.next.map(|id| id.to_string());
            return invocation.list(
                &page.sagas,
                next,
                &["id", "kind", "subject", "state", "step", "since (UTC)"],
                |job| {
                    vec![
                        job.id.to_string(),
                        job.kind.clone(),
                        job.subject.clone(),
                        job.state.as_str().to_owned(),
                        job.step.clone().unwrap_or_default(),
                        job.created_at.format("%F %T").to_string(),
                    ]
                },
            );
        }
        Action::Show { id, follow: true } => {
            drop(conn);
            let view = follow::watch(invocation, pool, id).await?;
            return invocation.result(&view, follow::human);
        }
        Action::Show { id, follow: false } => {
            let view = operations::show(&mut conn, id).await.context("reading the job")?;
            let view = view.ok_or_else(|| not_found(id))?;
            return invocation.result(&view, follow::human);
        }
        Action::Retry { id } => (id, Wish::Retry),
        Action::Undo { id } => (id, Wish::Undo),
        Action::Cancel { id } => (id, Wish::Cancel),
    };
    drop(conn);
    let mut tx = pool.begin().await.context("Postgres (database.url)")?;
    let wished = jobs::wish(&mut tx, &invocation.actor(), id, wish).await.context("asking the job")?;
    tx.commit().await.context("Postgres (database.url)")?;
    match wished {
        Wished::Accepted(_) if wish == Wish::Retry => follow::to_end(invocation, pool, engine, id).await,
        Wished::Accepted(_) => taken_back(invocation, pool, engine, id).await,
        Wished::WrongState(state) => {
            Err(CliError::Refused(format!("the job is {}; nothing was changed", state.as_str())))
        }
        Wished::NotFound => Err(not_found(id)),
    }
}

/// For an undo, being undone is the success.
async fn taken_back(invocation: &Invocation, pool: &PgPool, engine: &Engine, id: SagaId) -> Result<(), CliError> {
    let ended = follow::to_end(invocation, pool, engine, id).await;
    let mut conn = pool.acquire().await.context("Postgres (database.url)")?;
    let view = operations::show(&mut conn, id).await.context("reading the job")?;
    match (ended, view.map(|view| view.state)) {
        (Err(CliError::FoundWrong), Some(SagaState::Undone | SagaState::Cancelled)) => Ok(()),
        (ended, _) => ended,
    }
}

fn not_found(id: SagaId) -> CliError {
    CliError::NotFound(format!("there is no job {id}; hub job list shows them"))
}

fn state(word: &str) -> Result<SagaState, String> {
    SagaState::parse(word).ok_or_else(|| format!("one of {}", SagaState::ALL.map(SagaState::as_str).join(", ")))
}
