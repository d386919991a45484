//! Leads in the chat: `/leads`, `/lead`, and the buttons of the card.
//!
//! `desk` holds what is asked back after a press, `history` what happened to a lead, `verbs` what is written after `/lead ID`.

mod desk;
mod history;
mod verbs;

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;
use waas_platform::clock::random;
use waas_platform::render::{Arg, Context, Reader};
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::buttons::{Meaning, Pressed};
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::turn::{Branch, command, press};
use waas_platform::telegram::{Priority, Turn, View, dptree, outbox};

use super::model::{LeadMove, LeadRef, LeadState, Refused};
use super::store::{Filter, Lead};
use super::{Acted, Onboarded, card, invite, showing};
use crate::access;
use crate::access::{Colleague, Operator, colleague, operator};
use crate::front::Front;
use crate::surveys;

/// How many leads one page lists.
const PAGE: i64 = 8;

/// The branches of this capability. They must stand before the one that answers dead presses: a press on a card that has
/// moved on is answered here with who has the lead.
pub fn branches() -> Vec<Branch> {
    [
        command("leads").endpoint(list),
        command("lead").endpoint(one),
        press("lead.page").endpoint(turn_page),
        press("lead.open").endpoint(open),
        press("lead.message").endpoint(message),
        press("lead.onboard").endpoint(onboard),
        moves(LeadMove::Take),
        moves(LeadMove::CallBack),
        moves(LeadMove::Qualify),
        moves(LeadMove::Reject),
        moves(LeadMove::Lose),
        moves(LeadMove::Release),
        moves(LeadMove::Reopen),
    ]
    .into_iter()
    .chain(desk::branches())
    .chain(history::branches())
    .chain([
        dptree::filter(|turn: Turn| late(&turn).is_some()).endpoint(came_late),
        command("report").endpoint(verbs::figures),
    ])
    .collect()
}

/// The words of a move that was made.
const fn done(wanted: LeadMove) -> &'static str {
    match wanted {
        LeadMove::Take => "lead-done-take",
        LeadMove::CallBack => "lead-done-call-back",
        LeadMove::Qualify => "lead-done-qualify",
        LeadMove::Reject => "lead-done-reject",
        LeadMove::Onboard | LeadMove::SendIn => "lead-done-onboard",
        LeadMove::Win => "lead-done-win",
        LeadMove::Lose => "lead-done-lose",
        LeadMove::Reopen => "lead-done-reopen",
        LeadMove::Release => "lead-done-release",
    }
}

fn moves(wanted: LeadMove) -> Branch {
    press(wanted.word()).endpoint(move |turn: Turn, front: Front| act(turn, front, wanted))
}

async fn act(turn: Turn, front: Front, wanted: LeadMove) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = subject(turn.meaning()) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let outcome = super::act(&mut tx, turn.clock(), &front, &operator.actor(), id, wanted).await?;
    drop(tx);
    let words = match outcome {
        Acted::Moved(lead) => {
            desk::ask_back(&turn, &front, &operator, &lead, wanted).await?;
            front.word(operator.reader(), done(wanted))
        }
        Acted::Stands(lead, refused) => stands(&turn, &front, &operator, &lead, refused).await?,
        Acted::NotFound => front.word(operator.reader(), "lead-gone"),
    };
    turn.toast(words).await;
    Ok(())
}

async fn onboard(
    turn: Turn,
    front: Front,
    keys: Arc<MasterKey>,
    settings: Arc<surveys::Settings>,
) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = subject(turn.meaning()) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let outcome = super::onboard(&mut tx, turn.clock(), &front, &keys, &settings, &operator.actor(), id).await?;
    drop(tx);
    let words = match outcome {
        Onboarded::Invited(lead, invitation) => {
            let hand = Hand { keys: &keys, settings: &settings };
            let mailed = hand.out(&turn, &front, &operator, (&lead, &invitation)).await?;
            mailed.unwrap_or_else(|| front.word(operator.reader(), "lead-done-onboard"))
        }
        Onboarded::Stands(lead, _) => standing(&turn, &front, &operator, &lead).await?,
        Onboarded::NotFound => front.word(operator.reader(), "lead-gone"),
    };
    turn.toast(words).await;
    Ok(())
}

/// What links are handed out with.
struct Hand<'a> {
    keys: &'a MasterKey,
    settings: &'a surveys::Settings,
}

impl Hand<'_> {
    /// Shows the link to be forwarded, and mails it where it is to be mailed; what is to be said of that.
    async fn out(
        &self,
        turn: &Turn,
        front: &Front,
        operator: &Operator,
        invited: (&Lead, &surveys::Invitation),
    ) -> anyhow::Result<Option<String>> {
        let with = invite::With { clock: turn.clock(), front, keys: self.keys, settings: self.settings };
        let mut tx = turn.tx().await;
        let shown = invite::show(&mut tx, &with, turn.bot(), &operator.actor(), invited).await?;
        drop(tx);
        turn.reply(shown.view).await?;
        let told = |to: String| front.word_with(operator.reader(), "lead-done-mailed", &[("email", to.into())]);
        Ok(shown.mailed.map(told))
    }
}

/// A press on a button of a lead that was drawn before the lead moved on.
fn late(turn: &Turn) -> Option<Uuid> {
    match turn.pressed()? {
        Pressed::Stale(meaning) if meaning.action.starts_with("lead.") => subject(Some(meaning)),
        Pressed::Stale(_) | Pressed::Live(_) | Pressed::Foreign => None,
    }
}

async fn came_late(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = late(&turn) else { return Ok(()) };
    let mut tx = turn.tx().await;
    let lead = super::facts(&mut tx, id).await?;
    drop(tx);
    let words = match lead {
        Some(lead) => standing(&turn, &front, &colleague, &lead).await?,
        None => front.word(colleague.reader(), "press-stale"),
    };
    turn.toast(words).await;
    Ok(())
}

/// Why a move changed nothing.
async fn stands(
    turn: &Turn,
    front: &Front,
    operator: &Operator,
    lead: &Lead,
    refused: Refused,
) -> anyhow::Result<String> {
    match refused {
        Refused::Requested(_) => Ok(front.word(operator.reader(), "lead-refuse-first")),
        Refused::Already(_) | Refused::NotFrom(_) => standing(turn, front, operator, lead).await,
    }
}

/// What somebody is told whose press changed nothing: who has the lead, and where it stands.
async fn standing(turn: &Turn, front: &Front, asker: &Colleague, lead: &Lead) -> anyhow::Result<String> {
    let mut tx = turn.tx().await;
    let holder = match lead.assignee {
        Some(person) if person != asker.id() => access::first_name(&mut tx, person).await?,
        Some(_) | None => None,
    };
    Ok(standing_words(front, asker.reader(), lead, asker.id(), holder.as_deref()))
}

fn standing_words(front: &Front, reader: &Reader, lead: &Lead, asker: i64, holder: Option<&str>) -> String {
    let state = front.word_with(reader, "lead-state", &[("state", Arg::from(lead.state.as_str()))]);
    let key = match (lead.assignee, holder) {
        (Some(person), _) if person == asker => "lead-standing-yours",
        (Some(_), Some(_)) => "lead-standing-held",
        (Some(_), None) | (None, _) => "lead-standing-free",
    };
    front.word_with(reader, key, &[("state", Arg::from(state)), ("who", Arg::from(holder.unwrap_or_default()))])
}

async fn one(turn: Turn, front: Front, keys: Arc<MasterKey>, settings: Arc<surveys::Settings>) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let asked = turn.incoming().command("lead").unwrap_or_default();
    if asked.is_empty() {
        // Which one? The list has a button for each.
        return list(turn.clone(), front).await;
    }
    let (named, verb) = asked.split_once(char::is_whitespace).unwrap_or((asked, ""));
    let mut tx = turn.tx().await;
    let lead = match named.parse::<LeadRef>() {
        Ok(lead) => super::find(&mut tx, lead).await?,
        Err(_) => None,
    };
    match lead {
        Some(lead) if verb.is_empty() => {
            return showing::bring(&mut tx, &turn, &front, &colleague, &lead).await;
        }
        Some(lead) => {
            drop(tx);
            return verbs::run(&turn, &front, &keys, &settings, colleague, &lead, verb.trim()).await;
        }
        None => {}
    }
    drop(tx);
    let asked: String = asked.chars().take(64).collect();
    let html = front.say(colleague.reader(), "leads/not_found.html", &Context::new().with("asked", &asked))?;
    turn.reply(View::text(html)).await
}

async fn open(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = subject(turn.meaning()) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let Some(lead) = super::facts(&mut tx, id).await? else {
        drop(tx);
        turn.toast(front.word(colleague.reader(), "lead-gone")).await;
        return Ok(());
    };
    showing::bring(&mut tx, &turn, &front, &colleague, &lead).await
}

/// What was cut on the card, as a file.
async fn message(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = subject(turn.meaning()) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let words = match super::facts(&mut tx, id).await? {
        Some(Lead { number, message: Some(text), .. }) => {
            let name = format!("lead-{number}.txt");
            outbox::document(&mut tx, colleague.place(), name, text, Priority::Reply).await?;
            "lead-message-follows"
        }
        Some(_) | None => "lead-gone",
    };
    drop(tx);
    turn.toast(front.word(colleague.reader(), words)).await;
    Ok(())
}

/// `/leads`, `/leads STATE`, `/leads WORDS`, `/leads STATE WORDS`.
async fn list(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let asked = turn.incoming().command("leads").unwrap_or_default();
    let (first, rest) = asked.split_once(char::is_whitespace).unwrap_or((asked, ""));
    let (state, words) = match first.to_ascii_lowercase().parse::<LeadState>() {
        Ok(state) => (Some(state), rest.trim()),
        Err(_) => (None, asked),
    };
    let words = (!words.is_empty()).then(|| words.chars().take(200).collect());
    let filter = Filter { state, words, ..Filter::default() };
    let mut tx = turn.tx().await;
    let leads = super::page(&mut tx, &filter, None, PAGE + 1).await?;
    drop(tx);
    if let (true, Some(_)) = (leads.is_empty(), &filter.words) {
        let asked: String = asked.chars().take(64).collect();
        let states: Vec<&str> = LeadState::ALL.into_iter().map(LeadState::as_str).collect();
        let context = Context::new().with("asked", &asked).with("states", &states);
        return turn.reply(View::text(front.say(colleague.reader(), "leads/unknown_state.html", &context)?)).await;
    }
    // Each list is a card of its own, so that its pages are turned in place.
    put_page(&turn, &front, &colleague, &random::id().to_string(), &filter, None, leads).await
}

async fn turn_page(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let Some(meaning) = turn.meaning() else {
        return Ok(());
    };
    let text = |name: &str| meaning.args.get(name).and_then(Value::as_str).map(str::to_owned);
    let filter = Filter {
        state: text("state").and_then(|word| word.parse().ok()),
        source: text("source"),
        holder: match meaning.args.get(card::MINE) {
            Some(_) => Some(colleague.id()),
            None => meaning.args.get("holder").and_then(Value::as_i64),
        },
        words: text("words"),
    };
    let before = meaning.args.get("before").and_then(Value::as_i64);
    let mut tx = turn.tx().await;
    let leads = super::page(&mut tx, &filter, before, PAGE + 1).await?;
    drop(tx);
    put_page(&turn, &front, &colleague, &meaning.subject, &filter, before, leads).await
}

/// Shows a page; `leads` hold one more than is shown when there are older ones.
async fn put_page(
    turn: &Turn,
    front: &Front,
    asker: &Colleague,
    list: &str,
    filter: &Filter,
    before: Option<i64>,
    mut leads: Vec<Lead>,
) -> anyhow::Result<()> {
    let more = leads.len() > PAGE as usize;
    leads.truncate(PAGE as usize);
    let shared = !asker.is_alone();
    let mut tx = turn.tx().await;
    let name = match filter.holder {
        Some(holder) => access::first_name(&mut tx, holder).await?.unwrap_or_default(),
        None => String::new(),
    };
    // Among many, "yours" would be everybody's.
    let whose = filter
        .holder
        .map(|holder| if holder == asker.id() && !shared { card::Whose::Mine } else { card::Whose::Of(&name) });
    let desk = access::seen_from(&mut tx, asker.place()).await?;
    let page = card::Page {
        leads: &leads,
        filter,
        whose,
        shared,
        holds: asker.operates(),
        desk,
        later: before.is_some(),
        more,
        list,
    };
    let view = card::list(front, &asker.card_reader(front), &page)?;
    let key = CardKey { kind: "lead_list", subject: list.to_owned() };
    cards::put(&mut tx, turn.clock(), asker.place(), &key, &view, Priority::Reply, Placement::Here).await?;
    Ok(())
}

fn subject(meaning: Option<&Meaning>) -> Option<Uuid> {
    meaning?.subject.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::aloud::{front, in_every_language};

    #[test]
    fn what_presses_are_answered_with() {
        let front = front();
        let now = chrono::DateTime::from_timestamp(1_795_262_400, 0).expect("a valid time");
        insta::assert_snapshot!(in_every_language(&front, now, |reader| {
            let keys = [
                "lead-done-take",
                "lead-done-call-back",
                "lead-done-qualify",
                "lead-done-reject",
                "lead-done-reopen",
                "lead-done-onboard",
                "lead-gone",
                "lead-message-follows",
                "lead-refuse-first",
                "lead-note-only-text",
                "lead-mail-subject",
            ];
            let standing = ["lead-standing-free", "lead-standing-held", "lead-standing-yours"].map(|key| {
                let state = front.word_with(reader, "lead-state", &[("state", Arg::from("taken"))]);
                front.word_with(reader, key, &[("state", Arg::from(state)), ("who", Arg::from("Bo"))])
            });
            keys.map(|key| front.word(reader, key)).into_iter().chain(standing).collect::<Vec<_>>().join("\n")
        }));
    }
}
