//! Chats that open, close or move.

use std::sync::Arc;

use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::telegram::turn::Branch;
use waas_platform::telegram::{Event, Incoming, Place, Turn, cards, dptree};

use crate::access::{Acquaintance, chat_moved, desk, lost, member, operators_place, store};
use crate::front::Front;

/// A branch for chats that open, close or move: somebody blocked the bot or let it in again, a group has another id or
/// opened a topic again.
pub fn reachability() -> Branch {
    let concerns = |incoming: Incoming| {
        matches!(incoming.event, Event::Reachable(_) | Event::Migrated { .. } | Event::TopicReopened)
    };
    dptree::filter(concerns).endpoint(reach)
}

async fn reach(turn: Turn, front: Front, acquaintance: Arc<dyn Acquaintance>) -> anyhow::Result<()> {
    let (incoming, clock) = (turn.incoming(), turn.clock());
    let mut tx = turn.tx().await;
    match (&incoming.event, incoming.place, &incoming.group) {
        (Event::Reachable(false), Some(place), _) => {
            // Strangers may come and go as they like.
            let matters = !incoming.private
                || member(&mut tx, place.chat).await?.is_some()
                || acquaintance.knows(&mut tx, place.bot, place.chat).await?;
            lost(&mut tx, clock, &front, place.bot, place.chat, matters).await?;
        }
        (Event::Reachable(true) | Event::TopicReopened, Some(place), Some(group)) => {
            desk::let_in(&mut tx, clock, &front, place, group).await?;
        }
        (Event::Reachable(true), Some(place), None) if incoming.private => let_in(&mut tx, clock, place).await?,
        (Event::Migrated { from, to }, place, group) => {
            chat_moved(&mut tx, clock, &front, turn.bot().id, *from, *to).await?;
            // The new chat tells what it is; the old one is a plain group still.
            if let (Some(place), Some(group)) = (place.filter(|place| place.chat == *to), group) {
                desk::note(&mut tx, clock, place, group).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Somebody let the bot in again.
async fn let_in(conn: &mut PgConnection, clock: &Clock, place: Place) -> sqlx::Result<()> {
    if store::set_reachable(conn, place.chat, true).await? {
        back(conn, clock, place).await?;
    }
    Ok(())
}

/// Somebody is back: what they missed is drawn, and what is told to the operators when theirs is that chat.
pub(super) async fn back(conn: &mut PgConnection, clock: &Clock, place: Place) -> sqlx::Result<()> {
    cards::catch_up(conn, place.bot, place.chat).await?;
    if operators_place(conn, place.bot).await?.is_some_and(|desk| desk.chat == place.chat) {
        desk::follow(conn, clock, place.bot).await?;
    }
    Ok(())
}
