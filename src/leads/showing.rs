//! Where cards of leads stand, and when they are drawn.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use waas_platform::clock::Clock;
use waas_platform::db::{PgConnection, PgPool, Signal};
use waas_platform::render::RenderError;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::{BotId, Place, Priority, Turn, View, outbox};

use super::flood::FloodLimit;
use super::store::{self, Lead};
use super::{TWINS, card};
use crate::access::{self, Colleague, Desk};
use crate::audit::Actor;
use crate::front::Front;

/// The most cards that one call of [`show_waiting`] puts: a chat takes one a second, and new leads must not queue behind
/// an old heap for long.
const AT_ONCE: i64 = 100;

/// Leads whose cards come along when the operators' chat is elsewhere.
const BROUGHT: i64 = 50;
/// As many cards of one source go before those of others that come later.
const AHEAD: i32 = 10;
/// The longest time between two looks for leads that wait; what a lost notice can cost.
const LOOK: Duration = Duration::from_secs(5);

pub use store::WAITING;

/// Draws the cards of leads that were stored without one.
#[derive(Clone, Debug)]
pub struct Showing {
    /// The database.
    pub pool: PgPool,
    /// How cards are drawn.
    pub front: Front,
    /// Time.
    pub clock: Clock,
    /// The bot that shows them.
    pub bot: BotId,
    /// How many of one source get cards of their own.
    pub limit: FloodLimit,
}

impl Showing {
    /// Works until cancelled; `waiting` fires when there may be something to draw.
    pub async fn run(self, mut waiting: Signal, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.some().await {
                // A full hand: there may be more.
                Ok(shown) if shown >= AT_ONCE as usize => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(error = format!("{error:#}"), "leads wait for their cards; trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = waiting.wait(LOOK) => {}
            }
        }
    }

    async fn some(&self) -> anyhow::Result<usize> {
        let mut tx = self.pool.begin().await?;
        let shown = show_waiting(&mut tx, &self.clock, &self.front, self.bot, self.limit).await?;
        tx.commit().await?;
        Ok(shown)
    }
}

fn key(lead: &Lead) -> CardKey {
    CardKey { kind: "lead", subject: lead.id.to_string() }
}

async fn view(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    place: Place,
    lead: &Lead,
) -> anyhow::Result<View> {
    let holder = match lead.assignee {
        Some(person) => access::first_name(conn, person).await?,
        None => None,
    };
    let twins = if lead.merged_into.is_none() { store::twins::of(conn, lead, TWINS).await? } else { Vec::new() };
    let merged = match lead.merged_into {
        Some(into) => super::facts(conn, into).await?.map(|into| into.number),
        None => None,
    };
    let around = card::Around { holder: holder.as_deref(), twins: &twins, merged };
    let reader = access::reader_at(conn, front, place, clock.now()).await?;
    Ok(card::card(front, &reader, lead, &around)?)
}

/// Puts the cards of new leads into the operators' chat, and of those that still waited. Without such a chat they go on
/// waiting.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn show(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    bot: BotId,
    new: &[Lead],
    limit: FloodLimit,
) -> anyhow::Result<()> {
    // Before the row of any source, as everybody does who shows leads: two would wait for each other otherwise.
    store::lock_showing(conn).await?;
    if let Some(place) = access::desk(conn, clock, front, bot, Desk::Leads).await? {
        put_all(conn, clock, front, place, new, limit).await?;
    }
    show_waiting(conn, clock, front, bot, limit).await?;
    Ok(())
}

/// Puts cards for leads that came before anybody was there to see them, oldest first, at most 100; how many it put. To be
/// called when somebody is enrolled, in that transaction, and at the start.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn show_waiting(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    bot: BotId,
    limit: FloodLimit,
) -> anyhow::Result<usize> {
    // Who stores leads and who is just being let in do not see each other's rows: one waits for the other here, and then
    // sees them.
    store::lock_showing(conn).await?;
    let Some(place) = access::desk(conn, clock, front, bot, Desk::Leads).await? else {
        return Ok(0);
    };
    let leads = store::waiting(conn, AT_ONCE).await?;
    put_all(conn, clock, front, place, &leads, limit).await?;
    Ok(leads.len())
}

/// Cards for the first of each source, and one digest for what a source sends beyond its limit.
async fn put_all(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    place: Place,
    leads: &[Lead],
    limit: FloodLimit,
) -> anyhow::Result<()> {
    // Sorted, so that two processes count for the same sources in the same order.
    let mut sources: BTreeMap<&str, Vec<&Lead>> = BTreeMap::new();
    for lead in leads {
        sources.entry(&lead.source).or_default().push(lead);
    }
    let now = clock.now();
    for (source, leads) in sources {
        let mut flood = store::floods::hold(conn, source, now).await?;
        let cards = flood.take(leads.len(), limit, now);
        let before = flood.carded - i32::try_from(cards).unwrap_or(i32::MAX);
        let (carded, digested) = leads.split_at(cards);
        store::floods::keep(conn, source, &flood).await?;
        for (nth, lead) in (before..).zip(carded) {
            // What a source sends in plenty lets the cards of others pass.
            let priority = if nth < AHEAD { Priority::Card } else { Priority::Reminder };
            match view(conn, clock, front, place, lead).await {
                Ok(view) => cards::put(conn, clock, place, &key(lead), &view, priority, Placement::Here).await?,
                // A layout of the house's own that is broken: the lead stands in the lists and holds up nobody.
                Err(error) if error.is::<RenderError>() => {
                    tracing::error!(lead = lead.number, error = format!("{error:#}"), "a card cannot be drawn");
                }
                Err(error) => return Err(error),
            }
            store::set_shown(conn, lead.id, now).await?;
        }
        if !digested.is_empty() {
            let ids: Vec<_> = digested.iter().map(|lead| lead.id).collect();
            store::set_all_shown(conn, &ids, now).await?;
            let reader = access::reader_at(conn, front, place, now).await?;
            let view = card::digest(front, &reader, source, &flood)?;
            // A card of its own for each flood of a source.
            let subject = format!("{}:{source}", flood.began_at.timestamp_micros());
            let key = CardKey { kind: "lead_flood", subject };
            cards::put(conn, clock, place, &key, &view, Priority::Card, Placement::Here).await?;
        }
    }
    Ok(())
}

/// Brings the cards of the newest leads that are being worked on where leads are told of; older ones come when they are
/// asked for.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn bring_living(conn: &mut PgConnection, clock: &Clock, front: &Front, bot: BotId) -> anyhow::Result<()> {
    let Some(place) = access::desk(conn, clock, front, bot, Desk::Leads).await? else { return Ok(()) };
    for lead in store::living::newest(conn, BROUGHT).await? {
        let view = view(conn, clock, front, place, &lead).await?;
        cards::put(conn, clock, place, &key(&lead), &view, Priority::Reminder, Placement::Home).await?;
    }
    Ok(())
}

/// Draws a changed lead again wherever it stands.
pub(super) async fn redraw(conn: &mut PgConnection, clock: &Clock, front: &Front, lead: &Lead) -> anyhow::Result<()> {
    for place in cards::places(conn, &key(lead)).await? {
        let view = view(conn, clock, front, place, lead).await?;
        cards::put(conn, clock, place, &key(lead), &view, Priority::Card, Placement::Here).await?;
    }
    Ok(())
}

/// Tells somebody, in their private chat, that a lead changed hands: it is theirs now, or no longer.
pub(super) async fn tell_handed(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    place: Place,
    by: &Actor,
    lead: &Lead,
) -> anyhow::Result<()> {
    let by = match by {
        Actor::Person(person) => access::first_name(conn, *person).await?,
        Actor::Terminal(_) | Actor::System(_) => None,
    };
    let to = match lead.assignee {
        Some(person) if person != place.chat => access::first_name(conn, person).await?,
        Some(_) | None => None,
    };
    let reader = access::reader_at(conn, front, place, clock.now()).await?;
    let view = card::handed(front, &reader, lead, by.as_deref(), to.as_deref())?;
    Ok(outbox::say(conn, clock, place, view, Priority::Reply).await?)
}

/// Brings a lead's card to the bottom of every chat that shows it, because something came that somebody waits for.
pub(super) async fn bring_again(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    lead: &Lead,
) -> anyhow::Result<()> {
    for place in cards::places(conn, &key(lead)).await? {
        let view = view(conn, clock, front, place, lead).await?;
        cards::put(conn, clock, place, &key(lead), &view, Priority::Card, Placement::Anew).await?;
    }
    Ok(())
}

/// Brings a lead's card to the bottom of a chat, because somebody there asked for it.
pub(super) async fn bring(
    conn: &mut PgConnection,
    turn: &Turn,
    front: &Front,
    to: &Colleague,
    lead: &Lead,
) -> anyhow::Result<()> {
    let view = view(conn, turn.clock(), front, to.place(), lead).await?;
    Ok(to.bring(conn, turn, &key(lead), view).await?)
}
