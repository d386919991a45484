//! Leads: people who asked for a site, from their first message until they are won or lost.
//!
//! A lead comes in once, is scored with reasons, stands as a card with the operators and moves by their taps. This capability
//! must not know how a survey asks, what a tenant is made of, or how a message reaches a chat.
//!
//! | file | holds |
//! |---|---|
//! | [`model`] | the lead as it arrives, its states and legal moves |
//! | [`score`] | rules from a file, points and reasons |
//! | [`chat`] | `/leads`, `/lead`, the buttons of the card |
//! | [`work`] | the intake from the queue |
//! | [`api`] | the intake by HTTP |

pub mod api;
mod card;
pub mod chat;
pub mod model;
mod receiver;
pub mod score;
mod showing;
mod store;
pub mod work;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use uuid::Uuid;
use waas_platform::clock::{Clock, random};
use waas_platform::db::PgConnection;
use waas_platform::render::Share;
use waas_platform::secrets::MasterKey;

use crate::audit::{Act, Actor};
use crate::front::Front;
use crate::surveys;
pub use api::HttpSettings;
pub use model::{LeadMove, LeadRef, LeadState, NewLead, Refused};
pub use receiver::Receiver;
pub use score::{Reason, Rules};
pub use showing::{Showing, WAITING, show, show_waiting};
pub use store::Lead;
pub use work::{Intake, Settings};

/// The score's rules: those of a file, or the shipped ones.
///
/// # Errors
/// The file cannot be read, or something is wrong with a rule; all of it is told.
pub fn rules(share: &Share, file: Option<&Path>) -> anyhow::Result<Rules> {
    let Some(path) = file else {
        return Rules::parse(&share.text(score::SHIPPED_PATH)?).context(score::SHIPPED_PATH);
    };
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Rules::parse(&text).with_context(|| path.display().to_string())
}

/// What became of leads that were handed in together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accepted {
    /// Those that were new, in the order in which they came.
    pub new: Vec<Lead>,
    /// How many were there already.
    pub duplicates: usize,
}

/// Stores and scores leads that were read; whatever is there already stays as it is. Every door leads here: the queue,
/// the command line, HTTP.
///
/// # Errors
/// The database refuses.
pub async fn accept(
    conn: &mut PgConnection,
    rules: &Rules,
    leads: &[NewLead],
    now: DateTime<Utc>,
) -> sqlx::Result<Accepted> {
    if leads.is_empty() {
        return Ok(Accepted::default());
    }
    let scored: Vec<_> = leads.iter().map(|lead| (random::id(), lead, rules.score(lead))).collect();
    let ids = store::insert(conn, &scored, now).await?;
    let new = store::by_ids(conn, &ids).await?;
    Ok(Accepted { duplicates: leads.len() - new.len(), new })
}

/// How many leads of one call were new, and how many were there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// New.
    pub accepted: usize,
    /// There already.
    pub duplicates: usize,
}

/// As [`accept`], for many calls at once; what became of each. New leads wait for their cards, and whoever draws them is
/// told.
///
/// # Errors
/// The database refuses.
pub async fn accept_each(
    conn: &mut PgConnection,
    rules: &Rules,
    calls: &[&[NewLead]],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Counted>> {
    let scored: Vec<_> =
        calls.iter().copied().flatten().map(|lead| (random::id(), lead, rules.score(lead))).collect();
    if scored.is_empty() {
        return Ok(vec![Counted::default(); calls.len()]);
    }
    let new: HashSet<Uuid> = store::insert(conn, &scored, now).await?.into_iter().collect();
    if !new.is_empty() {
        store::announce(conn).await?;
    }
    let mut ids = scored.iter().map(|(id, _, _)| id);
    let counted = calls.iter().map(|leads| {
        let accepted = ids.by_ref().take(leads.len()).filter(|id| new.contains(id)).count();
        Counted { accepted, duplicates: leads.len() - accepted }
    });
    Ok(counted.collect())
}

/// The lead that a person names.
///
/// # Errors
/// The database refuses.
pub async fn find(conn: &mut PgConnection, lead: LeadRef) -> sqlx::Result<Option<Lead>> {
    store::find(conn, lead).await
}

/// What is known of a lead, for whoever builds on it.
///
/// # Errors
/// The database refuses.
pub async fn facts(conn: &mut PgConnection, lead: Uuid) -> sqlx::Result<Option<Lead>> {
    store::find(conn, LeadRef::Id(lead)).await
}

/// The lead that a gateway calls by its own id.
///
/// # Errors
/// The database refuses.
pub async fn by_key(conn: &mut PgConnection, source: &str, external_id: &str) -> sqlx::Result<Option<Lead>> {
    store::by_key(conn, source, external_id).await
}

/// A page of leads, newest first: those in `state` with numbers below `before`, at most `limit`.
///
/// # Errors
/// The database refuses.
pub async fn page(
    conn: &mut PgConnection,
    state: Option<LeadState>,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Lead>> {
    store::page(conn, state, before, limit).await
}

/// How a wish to move a lead ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Acted {
    /// It stands so now.
    Moved(Lead),
    /// It stands as somebody left it, and the wish changed nothing.
    Stands(Lead, Refused),
    /// There is no such lead.
    NotFound,
}

/// Moves a lead by the one transition function, says so in the audit and draws its card again. Whoever moves a lead that
/// is nobody's has it from then on.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn act(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    actor: &Actor,
    id: Uuid,
    wanted: LeadMove,
) -> anyhow::Result<Acted> {
    let Some(lead) = store::hold(conn, id).await? else {
        return Ok(Acted::NotFound);
    };
    let subject = format!("lead:{id}");
    let to = match lead.state.after(wanted) {
        Ok(to) => to,
        Err(refused) => {
            Act::refused(actor, wanted.word(), subject).record(conn).await?;
            return Ok(Acted::Stands(lead, refused));
        }
    };
    let by = match actor {
        Actor::Person(person) => Some(*person),
        Actor::Terminal(_) | Actor::System(_) => None,
    };
    let assignee = if wanted.frees() { None } else { lead.assignee.or(by) };
    let change = store::Change { to, assignee, by };
    let moved = store::change(conn, &lead, &change, clock.now()).await?;
    // Held for update since it was read: nobody can have come between.
    let moved = moved.ok_or_else(|| anyhow::anyhow!("lead {id} changed while it was held"))?;
    Act::done(actor, wanted.word(), subject).record(conn).await?;
    showing::redraw(conn, clock, front, &moved).await?;
    Ok(Acted::Moved(moved))
}

/// How the wish to onboard a lead ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Onboarded {
    /// This is the link; the same one as before while it lives.
    Invited(Lead, surveys::Invitation),
    /// Nobody is onboarded from where it stands.
    Stands(Lead, Refused),
    /// There is no such lead.
    NotFound,
}

/// Puts a lead into onboarding and gives the link to its survey, which begins with what is known of the lead.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn onboard(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    keys: &MasterKey,
    settings: &surveys::Settings,
    actor: &Actor,
    id: Uuid,
) -> anyhow::Result<Onboarded> {
    let lead = match act(conn, clock, front, actor, id, LeadMove::Onboard).await? {
        Acted::Moved(lead) | Acted::Stands(lead, Refused::Already(_)) => lead,
        Acted::Stands(lead, refused) => return Ok(Onboarded::Stands(lead, refused)),
        Acted::NotFound => return Ok(Onboarded::NotFound),
    };
    let known = [("niche", &lead.niche), ("phone", &lead.phone), ("email", &lead.email), ("domain", &lead.domain)];
    let known: BTreeMap<String, String> =
        known.into_iter().filter_map(|(name, value)| Some((format!("lead.{name}"), value.clone()?))).collect();
    let now = clock.now();
    let new = surveys::NewInvitation {
        dialogue: "onboarding".to_owned(),
        subject: id,
        locale: front.reader(lead.locale.as_deref(), now).lang,
        known,
    };
    let invitation = surveys::invite(conn, keys, now, settings, new).await?;
    Ok(Onboarded::Invited(lead, invitation))
}

/// Notes that the lead's survey led to a tenant request; its card offers *Provision* from now on.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn request_made(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    lead: Uuid,
    request: Uuid,
) -> anyhow::Result<()> {
    store::set_request(conn, lead, Some(request), clock.now()).await?;
    match facts(conn, lead).await? {
        // Anew, so that it is noticed: somebody has to act now.
        Some(lead) => showing::bring_again(conn, clock, front, &lead).await,
        None => Ok(()),
    }
}

/// Notes that nothing will come of the lead's tenant request any more; its card stops offering *Provision*.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn request_closed(conn: &mut PgConnection, clock: &Clock, front: &Front, lead: Uuid) -> anyhow::Result<()> {
    store::set_request(conn, lead, None, clock.now()).await?;
    match facts(conn, lead).await? {
        Some(lead) => showing::redraw(conn, clock, front, &lead).await,
        None => Ok(()),
    }
}

/// Its site is live.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn won(conn: &mut PgConnection, clock: &Clock, front: &Front, lead: Uuid) -> anyhow::Result<Acted> {
    act(conn, clock, front, &Actor::System("provisioning"), lead, LeadMove::Win).await
}
