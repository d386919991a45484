//! `/bind`: this chat becomes the operators' chat; and presses in one that was it.

use waas_platform::render::Context;
use waas_platform::telegram::buttons::Pressed;
use waas_platform::telegram::turn::Branch;
use waas_platform::telegram::{Event, Turn, View, dptree};

use super::caller;
use super::callers::at_least;
use crate::access::Role;
use crate::access::desk::{self, Bound};
use crate::audit::{Act, Actor};
use crate::front::Front;

pub(super) async fn command(turn: Turn, front: Front) -> anyhow::Result<()> {
    // Whoever is refused below stands in the audit.
    let Some(member) = at_least(&turn, &front, Role::Viewer).await? else {
        return Ok(());
    };
    let (place, group) = (member.place(), turn.incoming().group.as_ref());
    if !member.is_owner() {
        let mut tx = turn.tx().await;
        let subject = format!("chat:{}", place.chat);
        Act::refused(&Actor::Person(member.id()), "access.bind", subject).record(&mut tx).await?;
        drop(tx);
        let html = front.say(member.reader(), "access/bind_not_owner.html", &Context::new())?;
        return turn.reply(View::text(html)).await;
    }
    let mut tx = turn.tx().await;
    let outcome = desk::bind(&mut tx, turn.clock(), &front, member.id(), place, group).await?;
    drop(tx);
    let context = Context::new()
        .with("already", &(outcome == Bound::Already))
        .with("group", &group.is_some())
        .with("forum", &group.is_some_and(|group| group.is_forum));
    turn.reply(View::text(front.say(member.reader(), "access/bound.html", &context)?)).await
}

/// An admin who writes in the name of the group may be anybody: they are told how to show who they are.
pub(super) async fn mend_anonymity(turn: &Turn, front: &Front) -> anyhow::Result<()> {
    let incoming = turn.incoming();
    let anonymous = incoming.group.as_ref().is_some_and(|group| group.anonymous);
    if anonymous && matches!(incoming.event, Event::Command { .. }) {
        let html = front.say(&front.reader(None, turn.now()), "access/anonymous.html", &Context::new())?;
        turn.reply(View::text(html)).await?;
    }
    Ok(())
}

/// A branch for presses on what was left behind in a group that is the operators' chat no longer; before all others.
pub fn left_behind() -> Branch {
    dptree::filter_async(|turn: Turn| async move {
        let too_late = matches!(turn.pressed(), Some(Pressed::Stale(_) | Pressed::Foreign));
        let (true, Some(place), Some(_)) = (too_late, turn.incoming().place, &turn.incoming().group) else {
            return false;
        };
        let mut tx = turn.tx().await;
        // Whether the database answers shows at the latest when the turn commits.
        desk::is_left(&mut tx, place).await.unwrap_or(false)
    })
    .endpoint(moved)
}

async fn moved(turn: Turn, front: Front) -> anyhow::Result<()> {
    if let Some(caller) = caller(&turn, &front).await? {
        turn.toast(front.word(&caller.reader, "press-moved")).await;
    }
    Ok(())
}
