//! `hub member`: who is in the team, and what each may do.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Subcommand;
use serde::Serialize;
use waas_platform::db::PgConnection;

use super::lead::next_page;
use super::{CliError, Invocation, follow};
use crate::access::{self, Changed, Named, Role, Standing};

/// What is done.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Show the team: owners first, then operators and viewers, by name
    List {
        /// Also those who were removed
        #[arg(long)]
        all: bool,
        /// At most so many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=500))]
        limit: i64,
        /// Go on where the last page ended
        #[arg(long)]
        cursor: Option<i64>,
    },
    /// Give a member another role
    Role {
        /// First name or Telegram id
        person: String,
        /// What they may do from now on: owner, operator or viewer
        role: Role,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Take a member out of the team: rights, menu, buttons and open questions end at once
    Revoke {
        /// First name or Telegram id
        person: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Serialize)]
struct Shown {
    id: i64,
    first_name: String,
    last_name: Option<String>,
    username: Option<String>,
    role: &'static str,
    state: &'static str,
    since: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

impl From<Standing> for Shown {
    fn from(member: Standing) -> Self {
        Self {
            id: member.id,
            first_name: member.first_name,
            last_name: member.last_name,
            username: member.username,
            role: member.role.word(),
            state: if member.removed_at.is_some() { "revoked" } else { "active" },
            since: member.since,
            revoked_at: member.removed_at,
        }
    }
}

pub(super) async fn run(action: Action, invocation: &Invocation) -> Result<(), CliError> {
    let hub = invocation.hub().await?;
    let mut conn = hub.pool.acquire().await.map_err(anyhow::Error::from)?;
    let (person, role, yes) = match action {
        Action::List { all, limit, cursor } => {
            let found = access::members(&mut conn, all, cursor, limit + 1).await.context("reading the team")?;
            let mut items: Vec<Shown> = found.into_iter().map(Shown::from).collect();
            let next = next_page(&mut items, limit).map(|member| member.id.to_string());
            return invocation.list(&items, next, &["id", "name", "username", "role", "state", "since"], |member| {
                let last_name = member.last_name.as_deref().map(|last| format!(" {last}")).unwrap_or_default();
                vec![
                    member.id.to_string(),
                    format!("{}{last_name}", member.first_name),
                    member.username.as_deref().map(|name| format!("@{name}")).unwrap_or_default(),
                    member.role.to_owned(),
                    member.state.to_owned(),
                    member.since.to_rfc3339(),
                ]
            });
        }
        Action::Role { person, role, yes } => (person, Some(role), yes),
        Action::Revoke { person, yes } => (person, None, yes),
    };
    let member = find(&mut conn, &person).await?;
    drop(conn);
    let (name, id) = (&member.first_name, member.id);
    let question = match role {
        Some(role) => format!("{name} ({id}) is {} and would be {}. Go on?", member.role.word(), role.word()),
        None => {
            format!("{name} ({id}), {}, would lose access at once; leads become new again. Go on?", member.role.word())
        }
    };
    follow::ask(&question, yes)?;
    let mut tx = hub.pool.begin().await.map_err(anyhow::Error::from)?;
    let changed = match role {
        Some(role) => hub.team.set_role(&mut tx, &invocation.actor(), id, role).await?,
        None => hub.team.revoke(&mut tx, &invocation.actor(), id).await?,
    };
    // A refusal stands in the audit too.
    tx.commit().await.map_err(anyhow::Error::from)?;
    match changed {
        Changed::To(member) | Changed::Already(member) => {
            invocation.result(&Shown::from(member), |member| match member.state {
                "revoked" => format!("{} ({}) is not in the team any more.", member.first_name, member.id),
                _ => format!("{} ({}) is {}.", member.first_name, member.id, member.role),
            })
        }
        Changed::LastOwner(member) => {
            let name = member.first_name;
            Err(CliError::Refused(format!(
                "{name} is the last owner; make somebody else an owner first. Nothing changed"
            )))
        }
        Changed::NotAnOwner => Err(CliError::Refused("only owners change the team; nothing changed".to_owned())),
        Changed::NotFound => Err(nobody(&person)),
    }
}

async fn find(conn: &mut PgConnection, person: &str) -> Result<access::Member, CliError> {
    let list = |members: &[access::Member]| {
        let each: Vec<String> = members.iter().map(|member| format!("{} ({})", member.first_name, member.id)).collect();
        each.join(", ")
    };
    match access::named_member(conn, person).await.context("reading the team")? {
        Named::One(id) => access::member(conn, id).await.context("reading the team")?.ok_or_else(|| nobody(person)),
        Named::Several(members) => {
            Err(CliError::Usage(format!("several are called {person}: {}; say the number", list(&members))))
        }
        Named::Nobody(_) => Err(nobody(person)),
    }
}

fn nobody(person: &str) -> CliError {
    CliError::NotFound(format!("nobody in the team is called {person}; see hub member list"))
}
