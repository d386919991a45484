//! What happened to a lead: a card whose pages are turned in place, and all of it as a file.

use uuid::Uuid;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::turn::{Branch, press};
use waas_platform::telegram::{Priority, Turn, outbox};

use super::super::card;
use super::super::store::Lead;
use super::subject;
use crate::access::{self, Colleague, colleague};
use crate::front::Front;

pub(super) fn branches() -> Vec<Branch> {
    vec![
        press("lead.history").endpoint(history),
        press("lead.history_page").endpoint(turn_page),
        press("lead.history_whole").endpoint(whole),
    ]
}

async fn history(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = subject(turn.meaning()) else { return Ok(()) };
    show(&turn, &front, &colleague, id).await
}

/// The newest page, at the bottom of the chat.
pub(super) async fn show(turn: &Turn, front: &Front, colleague: &Colleague, id: Uuid) -> anyhow::Result<()> {
    put(turn, front, colleague, id, None, Placement::Anew).await
}

async fn turn_page(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let (Some(id), Some(meaning)) = (subject(turn.meaning()), turn.meaning()) else { return Ok(()) };
    let upto = meaning.args["upto"].as_u64().and_then(|upto| usize::try_from(upto).ok());
    put(&turn, &front, &colleague, id, upto, Placement::Here).await
}

async fn whole(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = subject(turn.meaning()) else { return Ok(()) };
    let Some((lead, told)) = told_of(&turn, &front, &colleague, id).await? else { return Ok(()) };
    let text = card::whole_history(&front, &colleague.card_reader(&front), &lead, &told)?;
    let name = format!("lead-{}-history.txt", lead.number);
    let mut tx = turn.tx().await;
    Ok(outbox::document(&mut tx, colleague.place(), name, text, Priority::Reply).await?)
}

async fn put(
    turn: &Turn,
    front: &Front,
    colleague: &Colleague,
    id: Uuid,
    upto: Option<usize>,
    placement: Placement,
) -> anyhow::Result<()> {
    let Some((lead, told)) = told_of(turn, front, colleague, id).await? else { return Ok(()) };
    let view = card::history(front, &colleague.card_reader(front), &lead, &told, upto)?;
    let key = CardKey { kind: "lead_history", subject: id.to_string() };
    let mut tx = turn.tx().await;
    Ok(cards::put(&mut tx, turn.clock(), colleague.place(), &key, &view, Priority::Reply, placement).await?)
}

/// The lead and all that happened to it, oldest first; one that is gone is answered here.
async fn told_of(
    turn: &Turn,
    front: &Front,
    colleague: &Colleague,
    id: Uuid,
) -> anyhow::Result<Option<(Lead, Vec<card::Told>)>> {
    let mut tx = turn.tx().await;
    let Some(lead) = super::super::facts(&mut tx, id).await? else {
        drop(tx);
        turn.toast(front.word(colleague.reader(), "lead-gone")).await;
        return Ok(None);
    };
    let mut told = Vec::new();
    for event in super::super::history(&mut tx, id).await? {
        let who = match (event.person, &event.actor) {
            (Some(person), _) => access::first_name(&mut tx, person).await?,
            (None, actor) => actor.as_deref().and_then(|actor| actor.strip_prefix("terminal:")).map(str::to_owned),
        };
        let to = match event.detail["to"].as_i64() {
            Some(person) => access::first_name(&mut tx, person).await?,
            None => None,
        };
        told.push(card::Told { event, who, to });
    }
    Ok(Some((lead, told)))
}
