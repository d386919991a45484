//! What is done with a lead at the terminal: the chat's verbs.

use anyhow::Context as _;
use chrono::TimeDelta;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::telegram::BotId;

use super::super::{CliError, Invocation, alert};
use crate::access::{self, Named};
use crate::config::Config;
use crate::front::Front;
use crate::leads::{self, Acted, Assigned, Lead, LeadMove, LeadRef, Merged, Refused, Told, Wish};

/// What is done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Act {
    /// Take a lead, for yourself or for an operator
    Take {
        /// Its number or id
        lead: LeadRef,
        /// The operator who has it then: first name or Telegram id
        #[arg(long = "for", value_name = "PERSON")]
        person: Option<String>,
    },
    /// Note that somebody spoke with the person, or will
    Call {
        /// Its number or id
        lead: LeadRef,
        /// In how long its holder is to be reminded (30m, 2h, 1d)
        #[arg(long = "in", value_name = "TIME", value_parser = alert::time)]
        time: Option<TimeDelta>,
    },
    /// It is worth a site
    Qualify {
        /// Its number or id
        lead: LeadRef,
    },
    /// It is not for us
    Reject {
        /// Its number or id
        lead: LeadRef,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// It was worth it and did not come about
    Lost {
        /// Its number or id
        lead: LeadRef,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// It became a client whose site the hub did not build
    Won {
        /// Its number or id
        lead: LeadRef,
    },
    /// Take a closed one up again
    Reopen {
        /// Its number or id
        lead: LeadRef,
    },
    /// Give it back: it is new and nobody's
    Release {
        /// Its number or id
        lead: LeadRef,
    },
    /// Write something down in its history
    Note {
        /// Its number or id
        lead: LeadRef,
        /// What
        text: String,
    },
    /// Hand it over
    Assign {
        /// Its number or id
        lead: LeadRef,
        /// The operator: first name or Telegram id
        person: String,
    },
    /// It turned out to be another lead, which keeps both histories
    Merge {
        /// Its number or id
        lead: LeadRef,
        /// The other one
        into: LeadRef,
    },
}

/// Does it; the lead as it stands then.
pub(super) async fn run(
    conn: &mut PgConnection,
    invocation: &Invocation,
    config: &Config,
    act: Act,
) -> Result<Lead, CliError> {
    let front = Front::open(&invocation.share(), &config.locale, config.timezone)?;
    let (clock, actor) = (Clock::system(), invocation.actor());
    let (lead, wish): (LeadRef, Wish) = match act {
        Act::Take { lead, person: None } => (lead, LeadMove::Take.into()),
        Act::Take { lead, person: Some(person) } | Act::Assign { lead, person } => {
            let (lead, to) = (find(conn, lead).await?, operator(conn, &person).await?);
            let bot = config.telegram.token.as_ref().and_then(|token| BotId::of_token(token.expose()));
            return match leads::assign(conn, &clock, &front, bot, &actor, lead.id, to).await? {
                Assigned::To(lead) | Assigned::Already(lead) => Ok(lead),
                Assigned::Closed(lead) => Err(stands(&lead)),
                Assigned::NoOperator => Err(no_operator(&person)),
                Assigned::NotFound => Err(no_lead()),
            };
        }
        Act::Note { lead, text } => {
            let lead = find(conn, lead).await?;
            return match leads::note(conn, &clock, &actor, lead.id, &text).await? {
                Told::Kept(lead) | Told::Stands(lead) => Ok(lead),
                Told::NotFound => Err(no_lead()),
            };
        }
        Act::Merge { lead, into } => {
            let (from, into) = (find(conn, lead).await?, find(conn, into).await?);
            let rules = leads::rules(&invocation.share(), config.leads.scoring.as_deref())?;
            return match leads::merge(conn, &clock, &front, &rules, &actor, from.id, into.id).await? {
                Merged::Into(lead) => Ok(*lead),
                Merged::Already => Err(CliError::Refused("they are one already".to_owned())),
                Merged::Both => {
                    Err(CliError::Refused("both have an onboarding or a site of their own; nothing changed".to_owned()))
                }
                Merged::NotFound => Err(no_lead()),
            };
        }
        Act::Call { lead, time } => {
            let call_at = time.map(|time| clock.now() + time);
            (lead, Wish { call_at, ..LeadMove::CallBack.into() })
        }
        Act::Qualify { lead } => (lead, LeadMove::Qualify.into()),
        Act::Reject { lead, reason } => (lead, LeadMove::Reject.because(Some(reason))),
        Act::Lost { lead, reason } => (lead, LeadMove::Lose.because(Some(reason))),
        Act::Won { lead } => (lead, LeadMove::Win.into()),
        Act::Reopen { lead } => (lead, LeadMove::Reopen.into()),
        Act::Release { lead } => (lead, LeadMove::Release.into()),
    };
    let lead = find(conn, lead).await?;
    match leads::act(conn, &clock, &front, &actor, lead.id, wish).await? {
        Acted::Moved(lead) => Ok(lead),
        Acted::Stands(lead, Refused::Already(_) | Refused::NotFrom(_) | Refused::Requested(_)) => Err(stands(&lead)),
        Acted::NotFound => Err(no_lead()),
    }
}

pub(super) async fn find(conn: &mut PgConnection, lead: LeadRef) -> Result<Lead, CliError> {
    leads::find(conn, lead).await.context("reading a lead")?.ok_or_else(no_lead)
}

async fn operator(conn: &mut PgConnection, person: &str) -> Result<i64, CliError> {
    match access::named(conn, person).await.context("reading the team")? {
        Named::One(id) => Ok(id),
        Named::Several(people) => {
            let ids = people.iter().map(|member| member.id.to_string()).collect::<Vec<_>>().join(", ");
            Err(CliError::Refused(format!("several operators are called {person}; name one by Telegram id: {ids}")))
        }
        Named::Nobody(_) => Err(no_operator(person)),
    }
}

pub(super) fn no_lead() -> CliError {
    CliError::NotFound("there is no such lead; `hub lead list` shows them".to_owned())
}

fn no_operator(person: &str) -> CliError {
    CliError::NotFound(format!("there is no operator {person}; name one by first name or Telegram id"))
}

pub(super) fn stands(lead: &Lead) -> CliError {
    CliError::Refused(format!("lead #{} stands at {}; nothing changed", lead.number, lead.state))
}
