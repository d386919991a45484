//! `hub dead-letter`: what could not be handled, kept whole.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use clap::Subcommand;
use serde::Serialize;
use uuid::Uuid;
use waas_platform::db::{PoolConnection, Tx};

use super::lead::next_page;
use super::{CliError, Invocation};
use crate::app;
use crate::dead_letters::{self, DeadLetter, Decided};

/// Arguments of `hub dead-letter`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show those about which nobody has decided, newest first
    List {
        /// At most so many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=500))]
        limit: i64,
        /// Go on where the last page ended
        #[arg(long)]
        cursor: Option<Uuid>,
    },
    /// Show one with its whole content
    Show {
        /// Its id
        id: Uuid,
    },
    /// Hand one in again at the door that it came from
    Retry {
        /// Its id
        id: Uuid,
    },
    /// Decide that nobody will hand it in again; its content is kept
    Drop {
        /// Its id
        id: Uuid,
    },
}

#[derive(Serialize)]
struct Listed {
    id: Uuid,
    source: String,
    reason: String,
    attempts: i32,
    created_at: DateTime<Utc>,
    head: String,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    letter: Listed,
    #[serde(flatten)]
    raw: Raw,
}

#[derive(Serialize)]
enum Raw {
    #[serde(rename = "raw")]
    Text(String),
    #[serde(rename = "raw_base64")]
    Bytes(String),
}

impl From<DeadLetter> for Listed {
    fn from(letter: DeadLetter) -> Self {
        let DeadLetter { id, source, reason, attempts, created_at, head } = letter;
        Self { id, source, reason, attempts, created_at, head }
    }
}

impl From<Vec<u8>> for Raw {
    fn from(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Bytes(STANDARD.encode(error.as_bytes())), Self::Text)
    }
}

/// The answer to a decision.
#[derive(Serialize)]
struct Answer {
    id: Uuid,
    state: &'static str,
}

pub(super) async fn run(args: Args, invocation: &Invocation) -> Result<(), CliError> {
    match args.verb {
        Verb::List { limit, cursor } => {
            let mut conn = connect(invocation).await?;
            let mut letters = dead_letters::page(&mut conn, cursor, limit + 1).await.context("reading dead letters")?;
            let next = next_page(&mut letters, limit).map(|letter| letter.id.to_string());
            let items: Vec<Listed> = letters.into_iter().map(Listed::from).collect();
            invocation.list(&items, next, &["id", "source", "reason", "tries", "created", "head"], |letter| {
                vec![
                    letter.id.to_string(),
                    letter.source.clone(),
                    letter.reason.clone(),
                    letter.attempts.to_string(),
                    letter.created_at.to_rfc3339(),
                    letter.head.clone(),
                ]
            })
        }
        Verb::Show { id } => {
            let mut conn = connect(invocation).await?;
            let found = dead_letters::find(&mut conn, id).await.context("reading a dead letter")?;
            let (letter, raw) = found.ok_or_else(|| CliError::NotFound(format!("there is no dead letter {id}")))?;
            let shown = Shown { letter: letter.into(), raw: raw.into() };
            invocation.result(&shown, |shown| match &shown.raw {
                Raw::Text(text) => text.clone(),
                Raw::Bytes(base64) => base64.clone(),
            })
        }
        Verb::Retry { id } => {
            let hub = invocation.hub().await?;
            let mut tx = hub.pool.begin().await.map_err(anyhow::Error::from)?;
            let decided = dead_letters::retry(&mut tx, &*hub.doors(), id, &invocation.actor()).await;
            told(id, "retried", tx, decided, invocation).await
        }
        Verb::Drop { id } => {
            let pool = app::open_database(&invocation.config()?).await?;
            let mut tx = pool.begin().await.map_err(anyhow::Error::from)?;
            let decided = dead_letters::discard(&mut tx, id, &invocation.actor()).await;
            told(id, "dropped", tx, decided, invocation).await
        }
    }
}

async fn connect(invocation: &Invocation) -> Result<PoolConnection, CliError> {
    let pool = app::open_database(&invocation.config()?).await?;
    Ok(pool.acquire().await.map_err(anyhow::Error::from)?)
}

async fn told(
    id: Uuid,
    state: &'static str,
    tx: Tx,
    decided: anyhow::Result<Decided>,
    invocation: &Invocation,
) -> Result<(), CliError> {
    let decided = decided.context("deciding about a dead letter")?;
    // A refusal stands in the audit too.
    tx.commit().await.map_err(anyhow::Error::from)?;
    match decided {
        Decided::Done => {
            invocation.result(&Answer { id, state }, |answer| format!("The dead letter is {}.", answer.state))
        }
        Decided::Already => Err(CliError::Refused("that was decided already; nothing was changed".to_owned())),
        Decided::Refused(reason) => Err(CliError::Refused(format!("it was not taken: {reason}"))),
        Decided::NotFound => Err(CliError::NotFound(format!("there is no dead letter {id}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_as_text_and_anything_else_as_base64() {
        let json = |bytes: &[u8]| serde_json::to_value(Raw::from(bytes.to_vec())).expect("JSON");
        assert_eq!(json("nö".as_bytes()), serde_json::json!({ "raw": "nö" }));
        assert_eq!(json(&[0xff, 0x00]), serde_json::json!({ "raw_base64": "/wA=" }));
    }
}
