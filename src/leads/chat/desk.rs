//! What is asked back after a press, and what becomes of the answer: when somebody will call, why a lead was closed, who gets
//! it, what is to be noted. Each is answered by a button or by the person's next text.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;
use waas_platform::render::Context;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::turn::{Branch, answer_to, press, reply_to};
use waas_platform::telegram::{Button, Event, Priority, Turn, View, prompts};

use super::super::model::{LeadMove, Wish};
use super::super::moves::{Acted, Assigned, Merged, Told};
use super::super::score::Rules;
use super::super::store::Lead;
use super::super::{card, moves, when};
use super::{standing, subject};
use crate::access;
use crate::access::{Member, Named, Operator, operator};
use crate::front::Front;

pub(super) fn branches() -> Vec<Branch> {
    vec![
        press("lead.call_at").endpoint(call_at),
        answer_to("lead.when").endpoint(call_at),
        press("lead.why").endpoint(why),
        answer_to("lead.why").endpoint(why),
        press("lead.note").endpoint(ask_note),
        answer_to("lead.note").endpoint(note),
        reply_to("lead").endpoint(note_by_reply),
        press("lead.hand_over").endpoint(hand_over),
        press("lead.assign").endpoint(assign),
        press("lead.merge").endpoint(merge),
    ]
}

/// The question behind a move: when, or why. The move counts without an answer too.
pub(super) async fn ask_back(
    turn: &Turn,
    front: &Front,
    operator: &Operator,
    lead: &Lead,
    wanted: LeadMove,
) -> anyhow::Result<()> {
    let reader = operator.reader();
    let (view, answer) = match wanted {
        LeadMove::CallBack => (card::ask_when(front, reader, lead)?, "lead.when"),
        LeadMove::Reject | LeadMove::Lose => (card::ask_why(front, reader, lead)?, "lead.why"),
        _ => return Ok(()),
    };
    put(turn, operator, lead.id, &operator.asked(front, view)?, Placement::Anew).await?;
    prompt(turn, operator, lead.id, answer, Value::Null).await
}

/// Waits for the operator's next text.
async fn prompt(turn: &Turn, operator: &Operator, lead: Uuid, action: &str, args: Value) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    let (place, now) = (operator.place(), turn.now());
    Ok(prompts::ask(&mut tx, place, operator.id(), action, &lead.to_string(), args, now).await?)
}

/// A press answered the question: the operator's next text is none of its business.
async fn drop_prompt(turn: &Turn, operator: &Operator, lead: Uuid, action: &str) -> anyhow::Result<()> {
    if turn.pressed().is_some() {
        let mut tx = turn.tx().await;
        prompts::drop(&mut tx, operator.place(), operator.id(), action, &lead.to_string()).await?;
    }
    Ok(())
}

/// The question stands on a card of its own, where its answer stands afterwards.
async fn put(turn: &Turn, operator: &Operator, lead: Uuid, view: &View, placement: Placement) -> anyhow::Result<()> {
    let key = CardKey { kind: "lead_ask", subject: lead.to_string() };
    let mut tx = turn.tx().await;
    Ok(cards::put(&mut tx, turn.clock(), operator.place(), &key, view, Priority::Reply, placement).await?)
}

/// Tells what became of an answer, in the place of the question; a press is answered too.
async fn tell(turn: &Turn, front: &Front, operator: &Operator, lead: Uuid, words: String) -> anyhow::Result<()> {
    put(turn, operator, lead, &card::noted(front, operator.reader(), &words)?, Placement::Here).await?;
    if turn.pressed().is_some() {
        turn.toast(words).await;
    }
    Ok(())
}

/// What was answered: the lead, and the button's argument or the text.
fn answer(turn: &Turn, argument: &str) -> Option<(Uuid, Value)> {
    if let Some(meaning) = turn.meaning() {
        return Some((subject(Some(meaning))?, meaning.args.get(argument)?.clone()));
    }
    match (&turn.incoming().event, turn.prompted()) {
        (Event::Text(text), Some(meaning)) => Some((subject(Some(meaning))?, Value::String(text.clone()))),
        _ => None,
    }
}

async fn call_at(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some((id, said)) = answer(&turn, "at") else { return Ok(()) };
    let said = said.as_str().unwrap_or_default();
    let reader = operator.reader();
    let at = match turn.meaning() {
        Some(_) => said.parse::<DateTime<Utc>>().ok(),
        None => when::parse(said, turn.now(), reader.zone),
    };
    let Some(at) = at else {
        // It is waited for once more, and no longer: a text that is no time for the second time is not meant for us.
        if turn.prompted().is_some_and(|asked| asked.args.is_null()) {
            prompt(&turn, &operator, id, "lead.when", json!({ "again": true })).await?;
        }
        let again = card::noted(&front, reader, &front.word(reader, "lead-ask-when-again"))?;
        return turn.reply(operator.asked(&front, again)?).await;
    };
    drop_prompt(&turn, &operator, id, "lead.when").await?;
    let wish = Wish { call_at: Some(at), ..LeadMove::CallBack.into() };
    let mut tx = turn.tx().await;
    let outcome = moves::act(&mut tx, turn.clock(), &front, &operator.actor(), id, wish).await?;
    drop(tx);
    let words = match outcome {
        Acted::Moved(_) => {
            let at = front.renderer().words().local_time(&reader.lang, at, reader.zone, "time-date-time");
            front.word_with(reader, "lead-done-call", &[("at", at.into())])
        }
        Acted::Stands(lead, _) => standing(&turn, &front, &operator, &lead).await?,
        Acted::NotFound => front.word(reader, "lead-gone"),
    };
    tell(&turn, &front, &operator, id, words).await
}

async fn why(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some((id, said)) = answer(&turn, "why") else { return Ok(()) };
    drop_prompt(&turn, &operator, id, "lead.why").await?;
    let said = said.as_str().unwrap_or_default();
    let mut tx = turn.tx().await;
    let outcome = moves::explain(&mut tx, turn.clock(), &front, &operator.actor(), id, said).await?;
    drop(tx);
    let words = match outcome {
        Told::Kept(_) => {
            let why = card::why_words(&front, operator.reader(), said);
            front.word_with(operator.reader(), "lead-done-why", &[("why", why.into())])
        }
        Told::Stands(lead) => standing(&turn, &front, &operator, &lead).await?,
        Told::NotFound => front.word(operator.reader(), "lead-gone"),
    };
    tell(&turn, &front, &operator, id, words).await
}

async fn ask_note(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = subject(turn.meaning()) else { return Ok(()) };
    let mut tx = turn.tx().await;
    let lead = super::super::facts(&mut tx, id).await?;
    drop(tx);
    let reader = operator.reader();
    let Some(lead) = lead else {
        turn.toast(front.word(reader, "lead-gone")).await;
        return Ok(());
    };
    let question = front.word_with(reader, "lead-ask-note", &[("name", card::short_name(&lead).into())]);
    let question = operator.asked(&front, card::noted(&front, reader, &question)?)?;
    put(&turn, &operator, id, &question, Placement::Anew).await?;
    prompt(&turn, &operator, id, "lead.note", Value::Null).await
}

async fn note(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some((id, said)) = answer(&turn, "text") else { return Ok(()) };
    let words = keep_note(&turn, &front, &operator, id, said.as_str().unwrap_or_default()).await?;
    tell(&turn, &front, &operator, id, words).await
}

/// A reply to a lead's card is a note; what is no text cannot be one.
async fn note_by_reply(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = turn.replied().and_then(|card| card.subject.parse::<Uuid>().ok()) else { return Ok(()) };
    let Event::Text(text) = &turn.incoming().event else {
        return reply(&turn, &front, &operator, &front.word(operator.reader(), "lead-note-only-text")).await;
    };
    let words = keep_note(&turn, &front, &operator, id, text).await?;
    let view = card::noted(&front, operator.reader(), &words)?;
    turn.reply(view.row([Button::press(front.word(operator.reader(), "button-history"), "lead.history", id)])).await
}

/// Keeps a note; what is to be said of that.
pub(super) async fn keep_note(
    turn: &Turn,
    front: &Front,
    operator: &Operator,
    id: Uuid,
    text: &str,
) -> anyhow::Result<String> {
    let mut tx = turn.tx().await;
    let outcome = moves::note(&mut tx, turn.clock(), &operator.actor(), id, text).await?;
    let key = match outcome {
        Told::Kept(_) | Told::Stands(_) => "lead-done-noted",
        Told::NotFound => "lead-gone",
    };
    Ok(front.word(operator.reader(), key))
}

async fn hand_over(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = subject(turn.meaning()) else { return Ok(()) };
    let mut tx = turn.tx().await;
    let (lead, members) = (super::super::facts(&mut tx, id).await?, access::operators(&mut tx).await?);
    drop(tx);
    let Some(lead) = lead else {
        turn.toast(front.word(operator.reader(), "lead-gone")).await;
        return Ok(());
    };
    let view = card::ask_who(&front, operator.reader(), &lead, &members)?;
    put(&turn, &operator, id, &view, Placement::Anew).await
}

async fn assign(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some((id, to)) = answer(&turn, "to") else { return Ok(()) };
    let words = hand_to(&turn, &front, &operator, id, to.as_i64().unwrap_or_default()).await?;
    tell(&turn, &front, &operator, id, words).await
}

/// Hands a lead over to whom somebody named; what is to be said of that.
pub(super) async fn hand_to_named(
    turn: &Turn,
    front: &Front,
    operator: &Operator,
    id: Uuid,
    name: &str,
) -> anyhow::Result<String> {
    let mut tx = turn.tx().await;
    let named = access::named(&mut tx, name).await?;
    drop(tx);
    match named {
        Named::One(person) => hand_to(turn, front, operator, id, person).await,
        Named::Several(people) => {
            let ids = people.iter().map(|member| member.id.to_string()).collect::<Vec<_>>().join(", ");
            Ok(front.word_with(operator.reader(), "lead-assign-several", &[("ids", ids.into())]))
        }
        Named::Nobody(team) => Ok(no_operator(front, operator, &team)),
    }
}

fn no_operator(front: &Front, operator: &Operator, team: &[Member]) -> String {
    let names: Vec<&str> = team.iter().map(|member| member.first_name.as_str()).collect();
    front.word_with(operator.reader(), "lead-assign-nobody", &[("names", names.join(", ").into())])
}

/// Hands a lead over; what is to be said of that.
async fn hand_to(turn: &Turn, front: &Front, operator: &Operator, id: Uuid, to: i64) -> anyhow::Result<String> {
    let reader = operator.reader();
    let mut tx = turn.tx().await;
    let bot = Some(turn.bot().id);
    let outcome = moves::assign(&mut tx, turn.clock(), front, bot, &operator.actor(), id, to).await?;
    let who = access::first_name(&mut tx, to).await?.unwrap_or_default();
    let team = access::operators(&mut tx).await?;
    drop(tx);
    let named = |key| front.word_with(reader, key, &[("who", who.as_str().into())]);
    Ok(match outcome {
        Assigned::To(_) => named("lead-done-assign"),
        Assigned::Already(_) => named("lead-assign-already"),
        Assigned::Closed(_) => front.word(reader, "lead-assign-closed"),
        Assigned::NoOperator => no_operator(front, operator, &team),
        Assigned::NotFound => front.word(reader, "lead-gone"),
    })
}

/// The younger lead becomes the older one, unless only the younger one is being worked on.
async fn merge(turn: Turn, front: Front, rules: Arc<Rules>) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some((id, with)) = answer(&turn, "with") else { return Ok(()) };
    let Some(with) = with.as_str().and_then(|id| id.parse::<Uuid>().ok()) else { return Ok(()) };
    let mut tx = turn.tx().await;
    let both = (super::super::facts(&mut tx, id).await?, super::super::facts(&mut tx, with).await?);
    let outcome = match both {
        (Some(one), Some(other)) => {
            let (older, younger) = if one.number < other.number { (one, other) } else { (other, one) };
            let (clock, actor) = (turn.clock(), operator.actor());
            moves::merge(&mut tx, clock, &front, &rules, &actor, younger.id, older.id).await?
        }
        _ => Merged::NotFound,
    };
    drop(tx);
    let words = match outcome {
        Merged::Into(lead) => {
            front.word_with(operator.reader(), "lead-done-merge", &[("number", lead.number.to_string().into())])
        }
        Merged::Already => front.word(operator.reader(), "lead-merge-already"),
        Merged::Both => front.word(operator.reader(), "lead-merge-both"),
        Merged::NotFound => front.word(operator.reader(), "lead-gone"),
    };
    turn.toast(words).await;
    Ok(())
}

/// A short answer that stands alone.
pub(super) async fn reply(turn: &Turn, front: &Front, operator: &Operator, words: &str) -> anyhow::Result<()> {
    let html = front.say(operator.reader(), "leads/noted.html", &Context::new().with("words", words))?;
    turn.reply(View::text(html)).await
}
