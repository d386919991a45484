//! Leads: people who asked for a site, from their first message until they are won or lost.
//!
//! A lead comes in once, is scored with reasons, stands as a card with the operators and moves by their taps. This capability
//! must not know how a survey asks, what a tenant is made of, or how a message reaches a chat.
//!
//! | file | holds |
//! |---|---|
//! | [`model`] | the lead as it arrives, its states and legal moves |
//! | [`score`] | rules from a file, points and reasons |
//! | [`moves`] | what is done with a lead: moved, handed over, noted, merged |
//! | `invite` | the link to its survey, shown and by mail |
//! | [`figures`] | how many came, how soon somebody cared, how many became clients |
//! | [`chat`] | `/leads`, `/lead`, the buttons of the card |
//! | [`work`] | the intake from the queue |
//! | [`api`] | the intake by HTTP |
//! | [`reminders`] | whoever forgot a lead hears of it |

pub mod api;
mod card;
pub mod chat;
pub mod figures;
mod flood;
mod invite;
pub mod model;
pub mod moves;
mod receiver;
pub mod reminders;
pub mod score;
mod showing;
mod store;
mod when;
pub mod work;

use std::collections::HashSet;
use std::path::Path;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use uuid::Uuid;
use waas_platform::clock::{Clock, random};
use waas_platform::db::PgConnection;
use waas_platform::render::Share;

use crate::audit::Actor;
use crate::front::Front;
pub use api::HttpSettings;
pub use card::{Around, card};
pub use figures::{Figures, Line, cell, figures, names, picture};
pub use flood::FloodLimit;
pub use invite::{Onboarded, ShownInvitation, With as Inviting, onboard, show as show_invitation};
pub use model::{LeadMove, LeadRef, LeadState, NewLead, REASONS, Refused, Wish};
pub use moves::{Acted, Assigned, Merged, Told, act, assign, explain, left, merge, note, release_orphans};
pub use receiver::Receiver;
pub use reminders::Settings as Reminding;
pub use score::{Reason, Rules};
pub use showing::{Showing, WAITING, bring_living, show, show_waiting};
pub use store::history::Event;
pub use store::{Filter, Lead};
pub use work::{Intake, Settings};

/// The most possible duplicates that are named.
const TWINS: i64 = 3;

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
    let scored: Vec<_> = calls.iter().copied().flatten().map(|lead| (random::id(), lead, rules.score(lead))).collect();
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

/// A page of leads, newest first: those that the filter lets through with numbers below `before`, at most `limit`.
///
/// # Errors
/// The database refuses.
pub async fn page(
    conn: &mut PgConnection,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Lead>> {
    store::page(conn, filter, before, limit).await
}

/// Everything that happened to a lead and to those that were merged into it, oldest first.
///
/// # Errors
/// The database refuses.
pub async fn history(conn: &mut PgConnection, lead: Uuid) -> sqlx::Result<Vec<Event>> {
    store::history::of(conn, lead).await
}

/// Other leads that may be the same person, by telephone number or e-mail address, oldest first.
///
/// # Errors
/// The database refuses.
pub async fn twins(conn: &mut PgConnection, lead: &Lead) -> sqlx::Result<Vec<Lead>> {
    store::twins::of(conn, lead, TWINS).await
}

/// Notes that the lead's survey led to a tenant request; its card offers *Provision* from now on. Whoever gave the lead up
/// meanwhile was too early: it is in onboarding again.
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
    if facts(conn, lead).await?.is_some_and(|lead| lead.state.after(LeadMove::SendIn).is_ok()) {
        act(conn, clock, front, &Actor::System("surveys"), lead, LeadMove::SendIn).await?;
    }
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
