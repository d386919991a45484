//! `/bind`: this chat becomes the operators' chat.

use waas_platform::render::Context;
use waas_platform::telegram::{Event, Turn, View};

use super::operator;
use crate::access::desk::{self, Bound};
use crate::access::model::Role;
use crate::audit::Act;
use crate::front::Front;

pub(super) async fn command(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let (place, group) = (operator.place(), turn.incoming().group.as_ref());
    if !operator.caller().member.as_ref().is_some_and(|member| member.role == Role::Owner) {
        let mut tx = turn.tx().await;
        let subject = format!("chat:{}", place.chat);
        Act::refused(&operator.actor(), "access.bind", subject).record(&mut tx).await?;
        drop(tx);
        let html = front.say(operator.reader(), "access/bind_not_owner.html", &Context::new())?;
        return turn.reply(View::text(html)).await;
    }
    let mut tx = turn.tx().await;
    let outcome = desk::bind(&mut tx, turn.clock(), &front, operator.id(), place, group).await?;
    drop(tx);
    let context = Context::new()
        .with("already", &(outcome == Bound::Already))
        .with("group", &group.is_some())
        .with("forum", &group.is_some_and(|group| group.is_forum));
    turn.reply(View::text(front.say(operator.reader(), "access/bound.html", &context)?)).await
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
