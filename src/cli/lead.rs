//! `hub lead`: the leads, what is done with them, and a door for those that come by hand.

mod acts;
mod figures;
mod onboard;

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Subcommand;
use serde::Serialize;
use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::telegram::BotId;

use super::{CliError, Invocation};
use crate::audit::{Act, Actor};
use crate::config::Config;
use crate::front::Front;
use crate::leads::{self, Event, Filter, Lead, LeadRef, LeadState, NewLead, Reason};
use crate::{access, app};

/// Arguments of `hub lead`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show leads, newest first
    List {
        #[command(flatten)]
        filter: Only,
        /// At most so many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=500))]
        limit: i64,
        /// Go on where the last page ended
        #[arg(long)]
        cursor: Option<i64>,
    },
    /// Show one lead with everything that is known of it
    Show {
        /// Its number or its id
        lead: LeadRef,
    },
    /// Take in a lead as JSON, as the queue would; the same one again changes nothing
    Add {
        /// A file with the lead; without it, standard input is read
        #[arg(long, value_name = "PATH")]
        file: Option<PathBuf>,
    },
    #[command(flatten)]
    Act(acts::Act),
    /// Put a lead into onboarding: prints the link to its survey; again, the same link while that lives
    Onboard {
        /// Its number or id
        lead: LeadRef,
    },
    /// How many came, how soon somebody cared, how many became clients
    Stats {
        /// Leads that came in this time (24h, 7d, 30d)
        #[arg(long = "for", value_name = "TIME", default_value = "30d", value_parser = super::alert::time)]
        time: TimeDelta,
        /// Draw them into this file as well (PNG), in the language of the setting `locale`
        #[arg(long, value_name = "FILE")]
        plot: Option<PathBuf>,
    },
    /// All leads as a table for a spreadsheet (CSV), newest first
    Export {
        #[command(flatten)]
        filter: Only,
    },
}

/// Which leads.
#[derive(Debug, clap::Args)]
struct Only {
    /// Only those in this state
    #[arg(long)]
    state: Option<LeadState>,
    /// Only those from this gateway
    #[arg(long)]
    source: Option<String>,
    /// Only those with these words, or with these digits in the telephone number
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,
}

impl From<Only> for Filter {
    fn from(only: Only) -> Self {
        Self { state: only.state, source: only.source, words: only.search, holder: None }
    }
}

#[derive(Serialize)]
struct Listed {
    id: Uuid,
    number: i64,
    source: String,
    external_id: String,
    niche: Option<String>,
    name: String,
    state: &'static str,
    score: u8,
    /// The first name of who has it.
    assignee: Option<String>,
    created_at: DateTime<Utc>,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    listed: Listed,
    assignee_id: Option<i64>,
    phone: Option<String>,
    email: Option<String>,
    telegram: Option<String>,
    domain: Option<String>,
    locale: Option<String>,
    message: Option<String>,
    reasons: Vec<Reason>,
    request_id: Option<Uuid>,
    received_at: DateTime<Utc>,
    call_at: Option<DateTime<Utc>>,
    closed_why: Option<String>,
    /// The lead that it turned out to be.
    merged_into: Option<Uuid>,
    /// Numbers of leads that may be the same person.
    twins: Vec<i64>,
    history: Vec<Entry>,
}

/// An entry of the history, with the name of who did it.
#[derive(Serialize)]
struct Entry {
    who: String,
    #[serde(flatten)]
    event: Event,
}

#[derive(Serialize)]
struct Invited {
    #[serde(flatten)]
    lead: Shown,
    #[serde(flatten)]
    link: onboard::Link,
}

#[derive(Serialize)]
struct Added {
    #[serde(flatten)]
    lead: Shown,
    /// It was there already.
    duplicate: bool,
}

impl Listed {
    async fn of(conn: &mut PgConnection, lead: &Lead) -> sqlx::Result<Self> {
        let assignee = match lead.assignee {
            Some(person) => access::first_name(conn, person).await?,
            None => None,
        };
        Ok(Self {
            id: lead.id,
            number: lead.number,
            source: lead.source.clone(),
            external_id: lead.external_id.clone(),
            niche: lead.niche.clone(),
            name: lead.name.clone(),
            state: lead.state.as_str(),
            score: lead.score.total,
            assignee,
            created_at: lead.created_at,
        })
    }
}

impl Shown {
    async fn of(conn: &mut PgConnection, lead: Lead) -> sqlx::Result<Self> {
        let mut history = Vec::new();
        for event in leads::history(conn, lead.id).await? {
            let name = match event.person {
                Some(person) => access::first_name(conn, person).await?,
                None => event.actor.clone(),
            };
            history.push(Entry { who: name.unwrap_or_else(|| "hub".to_owned()), event });
        }
        let twins = leads::twins(conn, &lead).await?.iter().map(|twin| twin.number).collect();
        Ok(Self {
            listed: Listed::of(conn, &lead).await?,
            assignee_id: lead.assignee,
            phone: lead.phone,
            email: lead.email,
            telegram: lead.telegram,
            domain: lead.domain,
            locale: lead.locale,
            message: lead.message,
            reasons: lead.score.reasons,
            request_id: lead.request_id,
            received_at: lead.received_at,
            call_at: lead.call_at,
            closed_why: lead.closed_why,
            merged_into: lead.merged_into,
            twins,
            history,
        })
    }

    fn told(&self) -> String {
        let lead = &self.listed;
        let mut lines = vec![
            format!("#{} {}", lead.number, lead.name),
            format!("{} · score {} · {}", lead.state, lead.score, lead.assignee.as_deref().unwrap_or("nobody has it")),
            String::new(),
        ];
        let fields = [
            ("id", Some(lead.id.to_string())),
            ("source", Some(format!("{} / {}", lead.source, lead.external_id))),
            ("niche", lead.niche.clone()),
            ("phone", self.phone.clone()),
            ("email", self.email.clone()),
            ("telegram", self.telegram.as_ref().map(|name| format!("@{name}"))),
            ("domain", self.domain.clone()),
            ("locale", self.locale.clone()),
            ("received", Some(self.received_at.to_rfc3339())),
            ("call at", self.call_at.map(|at| at.to_rfc3339())),
            ("why", self.closed_why.clone()),
            ("merged", self.merged_into.map(|id| id.to_string())),
            ("twins", (!self.twins.is_empty()).then(|| self.twins.iter().map(|n| format!("#{n} ")).collect())),
        ];
        lines.extend(fields.into_iter().filter_map(|(name, value)| Some(format!("{name:<9} {}", value?))));
        lines.extend(self.reasons.iter().map(|r| format!("{:+4} {} ({})", r.points, r.field.as_str(), r.rule)));
        lines.extend(self.message.iter().map(|message| format!("\n{message}")));
        lines.push(String::new());
        lines.extend(self.history.iter().map(Entry::told));
        lines.join("\n")
    }
}

impl Entry {
    fn told(&self) -> String {
        let event = &self.event;
        let states = match &event.from {
            Some(from) if *from != event.to => format!("{from} → {}", event.to),
            _ => event.to.clone(),
        };
        let note = event.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        format!("{} {} {} ({states}){note}", event.at.to_rfc3339(), self.who, event.what)
    }
}

pub(super) async fn run(args: Args, invocation: &Invocation) -> Result<(), CliError> {
    let config = invocation.config()?;
    let pool = app::open_database(&config).await?;
    let mut tx = pool.begin().await.map_err(anyhow::Error::from)?;
    match args.verb {
        Verb::List { filter, limit, cursor } => {
            let filter = Filter::from(filter);
            let mut leads = leads::page(&mut tx, &filter, cursor, limit + 1).await.context("reading leads")?;
            let next = next_page(&mut leads, limit).map(|lead| lead.number.to_string());
            let mut items = Vec::new();
            for lead in &leads {
                items.push(Listed::of(&mut tx, lead).await.context("reading who has a lead")?);
            }
            let columns = ["number", "name", "niche", "score", "state", "assignee", "created"];
            invocation.list(&items, next, &columns, |lead| {
                vec![
                    lead.number.to_string(),
                    lead.name.clone(),
                    lead.niche.clone().unwrap_or_default(),
                    lead.score.to_string(),
                    lead.state.to_owned(),
                    lead.assignee.clone().unwrap_or_default(),
                    lead.created_at.to_rfc3339(),
                ]
            })
        }
        Verb::Show { lead } => {
            let found = leads::find(&mut tx, lead).await.context("reading a lead")?;
            let lead =
                found.ok_or_else(|| CliError::NotFound("there is no such lead; `hub lead list` shows them".into()))?;
            let shown = Shown::of(&mut tx, lead).await.context("reading a lead")?;
            invocation.result(&shown, Shown::told)
        }
        Verb::Act(act) => {
            let done = acts::run(&mut tx, invocation, &config, act).await;
            // A refusal stands in the audit too.
            if matches!(done, Ok(_) | Err(CliError::Refused(_))) {
                tx.commit().await.map_err(anyhow::Error::from)?;
            }
            let lead = done?;
            let shown = Shown::of(&mut *pool.acquire().await.map_err(anyhow::Error::from)?, lead).await;
            invocation.result(&shown.context("reading a lead")?, Shown::told)
        }
        Verb::Stats { time, plot } => {
            let front = Front::open(&invocation.share(), &config.locale, config.timezone)?;
            let reader = front.reader(None, Clock::system().now());
            let since = reader.now - time;
            figures::stats(&mut tx, invocation, since, plot.as_deref().map(|file| (file, &front, &reader))).await
        }
        Verb::Onboard { lead } => {
            // Before anything is held: Telegram may have to be asked.
            let bot = super::enrol::bot(&config, &pool).await.context("the link names the bot")?;
            let invited = onboard::run(&mut tx, invocation, &config, &bot, lead).await;
            if matches!(invited, Ok(_) | Err(CliError::Refused(_))) {
                tx.commit().await.map_err(anyhow::Error::from)?;
            }
            let (lead, link) = invited?;
            let shown = Shown::of(&mut *pool.acquire().await.map_err(anyhow::Error::from)?, lead).await;
            let invited = Invited { lead: shown.context("reading a lead")?, link };
            invocation.result(&invited, |invited| format!("{}\n\n{}", invited.link.told(), invited.lead.told()))
        }
        Verb::Export { .. } if invocation.json() => {
            Err(CliError::Usage("the table is CSV; `hub lead list --json` gives leads as JSON".to_owned()))
        }
        Verb::Export { filter } => figures::export(&mut tx, &filter.into()).await,
        Verb::Add { file } => {
            let new = NewLead::parse(&read(file)?, config.leads.max_bytes)
                .map_err(|reason| CliError::Usage(format!("this is no lead that can be taken in: {reason}")))?;
            let added = add(&mut tx, invocation, &config, &new).await?;
            tx.commit().await.map_err(anyhow::Error::from)?;
            invocation.result(&added, |added| {
                let what = if added.duplicate { "was here already" } else { "is taken in" };
                format!("Lead #{} {what}.\n\n{}", added.lead.listed.number, added.lead.told())
            })
        }
    }
}

/// Cuts what was read beyond the page; the last one shown, when there is more behind it.
pub(super) fn next_page<T>(items: &mut Vec<T>, limit: i64) -> Option<&T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    items.last().filter(|_| more)
}

async fn add(
    conn: &mut PgConnection,
    invocation: &Invocation,
    config: &Config,
    new: &NewLead,
) -> anyhow::Result<Added> {
    let clock = Clock::system();
    let rules = leads::rules(&invocation.share(), config.leads.scoring.as_deref())?;
    let accepted = leads::accept(conn, &rules, std::slice::from_ref(new), clock.now()).await?;
    let duplicate = accepted.new.is_empty();
    if let Some(bot) = config.telegram.token.as_ref().and_then(|token| BotId::of_token(token.expose())) {
        let front = Front::open(&invocation.share(), &config.locale, config.timezone)?;
        leads::show(conn, &clock, &front, bot, &accepted.new, app::flood_limit(config)?).await?;
    }
    let lead = match accepted.new.into_iter().next() {
        Some(lead) => lead,
        None => {
            leads::by_key(conn, &new.source, &new.external_id).await?.context("a lead that is there was not found")?
        }
    };
    let actor: Actor = invocation.actor();
    if !duplicate {
        Act::done(&actor, "lead.add", format!("lead:{}", lead.id)).record(conn).await?;
    }
    Ok(Added { lead: Shown::of(conn, lead).await?, duplicate })
}

fn read(file: Option<PathBuf>) -> Result<Vec<u8>, CliError> {
    match file {
        Some(path) => {
            std::fs::read(&path).map_err(|error| CliError::Usage(format!("--file {}: {error}", path.display())))
        }
        None => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).context("reading standard input")?;
            Ok(bytes)
        }
    }
}
