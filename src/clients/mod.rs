//! Clients: people whose site we build or run, as they see us. They are told how far it is, asked what is missing, and helped.
//!
//! Whoever builds says what happened ([`received`], [`building`], [`ready`], [`refused`]), and the client hears each of it
//! once, in their language. What they and the operators say to each other goes through the bot, under the house's name,
//! until an operator closes it. This capability must not know how a site is planned or built.
//!
//! | file | holds |
//! |---|---|
//! | [`model`] | how far a client was told it is, threads and their limits |
//! | [`talk`] | help asked for, questions, answers, the end of it |
//! | [`chat`] | the buttons and texts of both sides |
//! | [`reminders`] | who waits long for an answer is not forgotten |

mod card;
pub mod chat;
pub mod model;
pub mod reminders;
mod showing;
mod store;
pub mod talk;

use uuid::Uuid;
use waas_platform::clock::{Clock, random};
use waas_platform::db::PgConnection;
use waas_platform::telegram::cards::Placement;
use waas_platform::telegram::{BotId, Priority};

use crate::front::Front;
pub use model::{Settings, Site, Stage};
pub use showing::bring_open;

/// A site that somebody asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request, by which the site is told of later.
    pub request: Uuid,
    /// The lead it came from.
    pub lead: Option<Uuid>,
    /// Who asked, by Telegram id.
    pub person: i64,
    /// The bot they spoke with.
    pub bot: BotId,
    /// What their business is called.
    pub name: String,
}

/// Their answers are in: they get the card that says from now on how far it is.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn received(conn: &mut PgConnection, clock: &Clock, front: &Front, asked: Asked) -> anyhow::Result<()> {
    let site = Site {
        id: random::id(),
        lead: asked.lead,
        tenant: None,
        person: asked.person,
        bot: asked.bot,
        name: asked.name,
        address: None,
        stage: Stage::Received,
        why: None,
    };
    if store::add_site(conn, &site, Some(asked.request), clock.now()).await? {
        let who = (site.bot, site.person);
        showing::status(conn, clock, front, who, Priority::Card, Placement::Anew).await?;
    }
    Ok(())
}

/// It is being built. Says so once, however often it is begun anew.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn building(conn: &mut PgConnection, clock: &Clock, front: &Front, request: Uuid) -> anyhow::Result<()> {
    let to = |site: Site| Site { stage: Stage::Building, ..site };
    advance(conn, clock, front, request, Placement::Anew, to).await
}

/// It is live as tenant `slug` at `address`. The card follows in its place: whoever hands the site over says more.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn ready(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    request: Uuid,
    slug: &str,
    address: &str,
) -> anyhow::Result<()> {
    let to = |site: Site| Site {
        stage: Stage::Ready,
        tenant: Some(slug.to_owned()),
        address: Some(address.to_owned()),
        ..site
    };
    advance(conn, clock, front, request, Placement::Here, to).await
}

/// We said no, for this reason in an operator's words.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn refused(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    request: Uuid,
    why: &str,
) -> anyhow::Result<()> {
    let to = |site: Site| Site { stage: Stage::Refused, why: Some(why.to_owned()), ..site };
    advance(conn, clock, front, request, Placement::Anew, to).await
}

/// Somebody read the credentials of a site: it is theirs, whether or not it began with a request of theirs.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn took_over(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    who: (BotId, i64),
    slug: &str,
    address: &str,
) -> anyhow::Result<()> {
    let site = Site {
        id: random::id(),
        lead: None,
        tenant: Some(slug.to_owned()),
        person: who.1,
        bot: who.0,
        name: slug.to_owned(),
        address: Some(address.to_owned()),
        stage: Stage::Ready,
        why: None,
    };
    if store::add_site(conn, &site, None, clock.now()).await? {
        showing::status(conn, clock, front, who, Priority::Card, Placement::Here).await?;
    }
    Ok(())
}

/// Their business turned out to be called otherwise.
///
/// # Errors
/// The database refuses.
pub async fn renamed(conn: &mut PgConnection, request: Uuid, name: &str) -> sqlx::Result<()> {
    store::rename(conn, request, name).await
}

/// The client of a lead's site, as far as it came to one.
///
/// # Errors
/// The database refuses.
pub async fn of_lead(conn: &mut PgConnection, lead: Uuid) -> sqlx::Result<Option<Site>> {
    store::site_of_lead(conn, lead).await
}

/// Whether a site here is theirs.
///
/// # Errors
/// The database refuses.
pub async fn is_client(conn: &mut PgConnection, bot: BotId, person: i64) -> sqlx::Result<bool> {
    Ok(!store::sites_of(conn, bot, person).await?.is_empty())
}

async fn advance(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    request: Uuid,
    placement: Placement,
    to: impl FnOnce(Site) -> Site,
) -> anyhow::Result<()> {
    // Requests of before there were clients to be told, and those without one.
    let Some(site) = store::hold_site(conn, request).await? else {
        return Ok(());
    };
    let told = site.stage;
    let site = to(site);
    if !told.leads_to(site.stage) {
        return Ok(());
    }
    store::set_site(conn, &site, clock.now()).await?;
    showing::status(conn, clock, front, (site.bot, site.person), Priority::Card, placement).await
}
