//! Plans that wait for a *Confirm* follow the operators' chat.

use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::telegram::cards::{self, Placement};
use waas_platform::telegram::{BotId, Priority};

use super::{card, plan};
use crate::access::{self, Desk};
use crate::front::Front;
use crate::provisioning::store;

/// Plans that come along when the operators' chat is elsewhere.
const BROUGHT: i64 = 50;

/// Draws the newest open plans where operators are now: those that stand there, nowhere any more, or in the chat that was the
/// operators' until now. What somebody plans in a chat of their own stays there.
///
/// # Errors
/// The database refuses, or a layout is broken.
pub(in crate::provisioning) async fn bring_open(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    bot: BotId,
    from: Option<i64>,
) -> anyhow::Result<()> {
    let Some(desk) = access::operators_place(conn, bot).await? else { return Ok(()) };
    let chats: Vec<i64> = from.into_iter().chain([desk.chat]).collect();
    let mut open = store::open_plans_in(conn, bot, &chats, BROUGHT).await?;
    open.reverse();
    for stored in open {
        // Where *Provision* stands, and where jobs do.
        let about = if stored.wanted.lead.is_some() { Desk::Leads } else { Desk::Platform };
        let Some(place) = access::desk(conn, clock, front, bot, about).await? else { return Ok(()) };
        let reader = access::reader_at(conn, front, place, clock.now()).await?;
        let view = plan::view(front, &reader, &stored, None)?;
        cards::put(conn, clock, place, &card(stored.id), &view, Priority::Card, Placement::Home).await?;
    }
    Ok(())
}
