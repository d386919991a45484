//! `hub audit`: who did what, and whether that is still what was written.

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Subcommand;
use serde::Serialize;
use waas_platform::clock::Clock;

use super::lead::next_page;
use super::{CliError, Invocation, alert};
use crate::access::{self, Named};
use crate::app;
use crate::audit::{self, Broken, Chain, Entry, Fault, Filter, Head, Verified};

/// What is done.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Show entries, newest first
    List {
        /// Only what this one did: a first name, a Telegram id, a login name, or a part of the hub
        #[arg(long, value_name = "WHO")]
        by: Option<String>,
        /// Only what concerns this: tenant:new_salon, or the id alone
        #[arg(long)]
        subject: Option<String>,
        /// Only this act, such as tenant.erase
        #[arg(long)]
        act: Option<String>,
        /// Only what is not older: a time (2026-11-27T09:00:00Z) or a length of time (24h, 7d)
        #[arg(long, value_parser = since)]
        since: Option<Since>,
        /// At most so many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=500))]
        limit: i64,
        /// Go on where the last page ended
        #[arg(long)]
        cursor: Option<i64>,
    },
    /// Find out whether an entry was changed, removed, moved or put in; says the first (exit code 1)
    Verify {
        /// A place that must be in it, as printed before and kept elsewhere: only that shows that the end was cut off
        #[arg(long, value_name = "POSITION:SIGNATURE")]
        head: Option<Head>,
        /// Begin behind a place that was found well before
        #[arg(long, value_name = "POSITION:SIGNATURE")]
        from: Option<Head>,
    },
}

/// Since when.
#[derive(Clone, Copy, Debug)]
pub(super) enum Since {
    At(DateTime<Utc>),
    For(TimeDelta),
}

fn since(text: &str) -> Result<Since, String> {
    match text.parse::<DateTime<Utc>>() {
        Ok(at) => Ok(Since::At(at)),
        Err(_) => alert::time(text).map(Since::For),
    }
}

#[derive(Serialize)]
struct Listed {
    /// The first name of a person.
    name: Option<String>,
    #[serde(flatten)]
    entry: Entry,
}

#[derive(Serialize)]
struct Told {
    ok: bool,
    checked: u64,
    waiting: i64,
    head: Option<String>,
    broken: Option<Broken>,
}

pub(super) async fn run(action: Action, invocation: &Invocation) -> Result<(), CliError> {
    let config = invocation.config()?;
    let pool = app::open_database(&config).await?;
    let mut conn = pool.acquire().await.map_err(anyhow::Error::from)?;
    match action {
        Action::List { by, subject, act, since, limit, cursor } => {
            let actor = match by {
                Some(who) => match access::named_member(&mut conn, &who).await.context("reading the team")? {
                    Named::One(id) => Some(id.to_string()),
                    Named::Several(_) => {
                        return Err(CliError::Usage(format!("several are called {who}; say the number of one")));
                    }
                    Named::Nobody(_) => Some(who),
                },
                None => None,
            };
            let now = Clock::system().now();
            let since = since.map(|since| match since {
                Since::At(at) => at,
                Since::For(time) => now - time,
            });
            let mut filter = Filter { actor, act, since, subjects: None };
            if let Some(subject) = subject {
                filter = filter.about(&subject);
            }
            let found = audit::page(&mut conn, &filter, cursor, limit + 1).await.context("reading the audit")?;
            let mut items = Vec::with_capacity(found.len());
            for entry in found {
                let person = (entry.actor_kind == "person").then(|| entry.actor.parse().ok()).flatten();
                let name = match person {
                    Some(person) => access::first_name(&mut conn, person).await.context("reading the team")?,
                    None => None,
                };
                items.push(Listed { name, entry });
            }
            let next = next_page(&mut items, limit).map(|listed| listed.entry.id.to_string());
            invocation.list(
                &items,
                next,
                &["at", "who", "act", "subject", "chat", "outcome"],
                |Listed { name, entry }| {
                    let who = name.as_deref().map(|name| format!("{name} ({})", entry.actor));
                    vec![
                        entry.at.to_rfc3339(),
                        who.unwrap_or_else(|| format!("{}:{}", entry.actor_kind, entry.actor)),
                        entry.act.clone(),
                        entry.subject.clone(),
                        entry.chat_id.map(|chat| chat.to_string()).unwrap_or_default(),
                        entry.outcome.clone(),
                    ]
                },
            )
        }
        Action::Verify { head, from } => {
            let chain = Chain::new(&config.master_key);
            let Verified { checked, waiting, head, broken } =
                chain.verify(&mut conn, from, head).await.context("reading the audit")?;
            let head = head.map(|head| head.to_string());
            let told = Told { ok: broken.is_none(), checked, waiting, head, broken };
            invocation.result(&told, say)?;
            if told.ok { Ok(()) } else { Err(CliError::FoundWrong) }
        }
    }
}

fn say(told: &Told) -> String {
    let mut lines = Vec::new();
    match &told.broken {
        None => lines.push(format!("{} entries are what was written.", told.checked)),
        Some(Broken { position, id, at, fault }) => {
            let row = match (id, at) {
                (Some(id), Some(at)) => format!(" (row {id}, which says it is of {})", at.to_rfc3339()),
                _ => String::new(),
            };
            let what = match fault {
                Fault::Changed => "was changed",
                Fault::Missing => "is missing",
                Fault::Reordered => "is another entry, which was moved there",
                Fault::Inserted => "was put in between",
                Fault::CutOff => "is not there any more: the end was cut off",
                Fault::Rewritten => "is not what it was: the entries up to it were written anew",
            };
            lines.push(format!("BROKEN: entry {position}{row} {what}."));
            lines.push(format!("{} entries before it are what was written.", told.checked));
        }
    }
    if told.waiting > 0 {
        lines.push(format!("{} newer ones are not signed yet; the running service does that.", told.waiting));
    }
    if let (Some(head), None) = (&told.head, &told.broken) {
        lines.push(format!("Keep this elsewhere, and give it with --head next time:\n{head}"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let told = |fault| Told {
            ok: false,
            checked: 3,
            waiting: 2,
            head: Some("3:00".to_owned()),
            broken: Some(Broken { position: 4, id: Some(9), at: DateTime::from_timestamp(0, 0), fault }),
        };
        let said = say(&told(Fault::Changed));
        assert!(said.starts_with("BROKEN: entry 4 (row 9, which says it is of 1970-01-01"), "{said}");
        assert!(
            said.contains("3 entries before it") && said.contains("2 newer ones") && !said.contains("--head"),
            "{said}"
        );
        let well = Told { ok: true, broken: None, waiting: 0, ..told(Fault::Missing) };
        assert_eq!(say(&well).lines().last(), Some("3:00"));
    }

    #[test]
    fn a_time_is_a_moment_or_a_length() {
        assert!(matches!(since("7d"), Ok(Since::For(time)) if time == TimeDelta::days(7)));
        assert!(matches!(since("2026-11-27T09:00:00Z"), Ok(Since::At(_))));
        assert!(since("lately").is_err());
    }
}
