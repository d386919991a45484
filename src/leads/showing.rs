//! Where cards of leads stand, and when they are drawn.

use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::{BotId, Place, Priority, View};

use super::card;
use super::store::{self, Lead};
use crate::access;
use crate::front::Front;

/// The most cards that one call of [`show_waiting`] puts: a chat takes one a second, and new leads must not queue behind
/// an old heap for long.
const AT_ONCE: i64 = 100;

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
    let reader = access::reader_at(conn, front, place, clock.now()).await?;
    Ok(card::card(front, &reader, lead, holder.as_deref())?)
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
) -> anyhow::Result<()> {
    if let Some(place) = access::operators_place(conn, bot).await? {
        put_all(conn, clock, front, place, new).await?;
    }
    show_waiting(conn, clock, front, bot).await?;
    Ok(())
}

/// Puts cards for leads that came before anybody was there to see them, oldest first, at most 100; how many it put. To be
/// called when somebody is enrolled, in that transaction, and at the start.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn show_waiting(conn: &mut PgConnection, clock: &Clock, front: &Front, bot: BotId) -> anyhow::Result<usize> {
    // Who stores leads and who is just being let in do not see each other's rows: one waits for the other here, and then
    // sees them.
    store::lock_showing(conn).await?;
    let Some(place) = access::operators_place(conn, bot).await? else {
        return Ok(0);
    };
    let leads = store::waiting(conn, AT_ONCE).await?;
    put_all(conn, clock, front, place, &leads).await?;
    Ok(leads.len())
}

async fn put_all(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    place: Place,
    leads: &[Lead],
) -> anyhow::Result<()> {
    for lead in leads {
        let view = view(conn, clock, front, place, lead).await?;
        cards::put(conn, clock, place, &key(lead), &view, Priority::Card, Placement::Here).await?;
        store::set_shown(conn, lead.id, clock.now()).await?;
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
    clock: &Clock,
    front: &Front,
    place: Place,
    lead: &Lead,
) -> anyhow::Result<()> {
    let view = view(conn, clock, front, place, lead).await?;
    Ok(cards::put(conn, clock, place, &key(lead), &view, Priority::Reply, Placement::Anew).await?)
}
