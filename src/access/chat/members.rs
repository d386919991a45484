//! `/members`: the team on one card. Whoever works here may look; owners invite, change roles and remove.

use serde_json::Value;
use waas_platform::clock::random;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::turn::{Branch, command, press};
use waas_platform::telegram::{Place, Priority, Turn, View, outbox};

use super::{Operator, operator, owner};
use crate::access::model::{Role, Standing};
use crate::access::team::{self, Changed, Team};
use crate::access::{card, make_code};
use crate::front::Front;

/// Members on a page.
const PAGE: i64 = 8;

pub(super) fn branches() -> Vec<Branch> {
    vec![
        command("members").endpoint(list),
        press("member.page").endpoint(turn_page),
        press("member.open").endpoint(open),
        press("member.ask").endpoint(ask),
        press("member.change").endpoint(change),
        press("member.invite").endpoint(invite),
        press("member.invite_as").endpoint(invite_as),
    ]
}

async fn list(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    // Each list is a card of its own, on which everything else is shown in place.
    put_page(&turn, &front, &operator, &random::id().to_string(), None).await
}

async fn turn_page(turn: Turn, front: Front) -> anyhow::Result<()> {
    let (Some(operator), Some(list)) = (operator(&turn, &front).await?, list_of(&turn)) else {
        return Ok(());
    };
    put_page(&turn, &front, &operator, &list, argument(&turn, "after").as_i64()).await
}

async fn open(turn: Turn, front: Front) -> anyhow::Result<()> {
    let (Some(operator), Some(list)) = (operator(&turn, &front).await?, list_of(&turn)) else {
        return Ok(());
    };
    let Some(member) = meant(&turn).await? else {
        return put_page(&turn, &front, &operator, &list, None).await;
    };
    put_member(&turn, &front, &operator, &list, &member).await
}

/// What the change would mean. Nothing is done yet.
async fn ask(turn: Turn, front: Front) -> anyhow::Result<()> {
    let (Some(owner), Some(list)) = (owner(&turn, &front).await?, list_of(&turn)) else {
        return Ok(());
    };
    let Some(member) = meant(&turn).await? else {
        return put_page(&turn, &front, &owner, &list, None).await;
    };
    let view = card::ask(&front, &owner.card_reader(&front), &member, wanted(&turn), &list)?;
    put(&turn, &owner, &list, &view).await
}

async fn change(turn: Turn, front: Front, team: Team) -> anyhow::Result<()> {
    let (Some(owner), Some(list)) = (owner(&turn, &front).await?, list_of(&turn)) else {
        return Ok(());
    };
    let Some(member) = meant(&turn).await? else {
        return put_page(&turn, &front, &owner, &list, None).await;
    };
    // What was confirmed is a change from what was shown.
    if argument(&turn, "was").as_str() != Some(member.role.word()) || member.removed_at.is_some() {
        put_member(&turn, &front, &owner, &list, &member).await?;
        turn.alert(front.word(owner.reader(), "member-changed")).await;
        return Ok(());
    }
    let mut tx = turn.tx().await;
    let changed = match wanted(&turn) {
        Some(role) => team.set_role(&mut tx, &owner.actor(), member.id, role).await?,
        None => team.revoke(&mut tx, &owner.actor(), member.id).await?,
    };
    drop(tx);
    let (shown, words) = match changed {
        Changed::To(member) if member.removed_at.is_some() => (None, "member-removed"),
        Changed::To(member) => (Some(member), "member-done"),
        Changed::Already(member) => (Some(member), "member-already"),
        Changed::LastOwner(member) => (Some(member), "member-last-owner"),
        Changed::NotAnOwner => {
            turn.alert(front.word(owner.reader(), "access-owners-only")).await;
            return Ok(());
        }
        Changed::NotFound => (None, "member-gone"),
    };
    match shown {
        Some(member) => put_member(&turn, &front, &owner, &list, &member).await?,
        // Who removed themselves is shown nothing any more; a group still is.
        None if owner.place().chat == member.id => {}
        None => put_page(&turn, &front, &owner, &list, None).await?,
    }
    turn.toast(front.word(owner.reader(), words)).await;
    Ok(())
}

async fn invite(turn: Turn, front: Front) -> anyhow::Result<()> {
    let (Some(owner), Some(list)) = (owner(&turn, &front).await?, list_of(&turn)) else {
        return Ok(());
    };
    put(&turn, &owner, &list, &card::invite(&front, &owner.card_reader(&front), &list)?).await
}

/// The invitation goes to the owner alone, wherever the button was pressed: in a group everybody could use it.
async fn invite_as(turn: Turn, front: Front, team: Team) -> anyhow::Result<()> {
    let (Some(owner), Some(list)) = (owner(&turn, &front).await?, list_of(&turn)) else {
        return Ok(());
    };
    let Some(role) = argument(&turn, "role").as_str().and_then(|word| word.parse::<Role>().ok()) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let made = make_code(&mut tx, &team.keys, &owner.actor(), role, turn.now(), team.code_life).await?;
    let link = turn.bot().deep_link(&format!("enrol_{}", made.code));
    let html = card::invitation(&front, owner.reader(), role, &link, made.expires_at)?;
    let alone = Place::private(owner.place().bot, owner.id());
    outbox::whisper(&mut tx, &team.keys, alone, html, team.code_life.to_std()?).await?;
    drop(tx);
    put_page(&turn, &front, &owner, &list, None).await?;
    turn.toast(front.word(owner.reader(), "member-invited")).await;
    Ok(())
}

async fn put_page(
    turn: &Turn,
    front: &Front,
    operator: &Operator,
    list: &str,
    after: Option<i64>,
) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    // One more than is shown tells whether there are more.
    let found = team::members(&mut tx, false, after, PAGE + 1).await?;
    drop(tx);
    let (members, rest) = found.split_at(found.len().min(PAGE as usize));
    let page = card::Page { members, later: after.is_some(), more: !rest.is_empty(), owner: operator.is_owner(), list };
    put(turn, operator, list, &card::members(front, &operator.card_reader(front), &page)?).await
}

async fn put_member(
    turn: &Turn,
    front: &Front,
    operator: &Operator,
    list: &str,
    member: &Standing,
) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    // Owners come first.
    let first = team::members(&mut tx, false, None, 2).await?;
    drop(tx);
    let owners = first.iter().filter(|first| first.role == Role::Owner).count();
    let last_owner = member.role == Role::Owner && owners == 1;
    let reader = operator.card_reader(front);
    put(turn, operator, list, &card::member(front, &reader, member, operator.is_owner(), last_owner, list)?).await
}

async fn put(turn: &Turn, operator: &Operator, list: &str, view: &View) -> anyhow::Result<()> {
    let key = CardKey { kind: "members", subject: list.to_owned() };
    let mut tx = turn.tx().await;
    Ok(cards::put(&mut tx, turn.clock(), operator.place(), &key, view, Priority::Reply, Placement::Here).await?)
}

/// The member that the pressed button is about.
async fn meant(turn: &Turn) -> anyhow::Result<Option<Standing>> {
    let Some(person) = argument(turn, "person").as_i64() else { return Ok(None) };
    let mut tx = turn.tx().await;
    Ok(team::standing(&mut tx, person).await?)
}

/// The role that is wished; none: out of the team.
fn wanted(turn: &Turn) -> Option<Role> {
    argument(turn, "to").as_str()?.parse().ok()
}

fn list_of(turn: &Turn) -> Option<String> {
    turn.meaning().map(|meaning| meaning.subject.clone())
}

fn argument(turn: &Turn, name: &str) -> Value {
    turn.meaning().and_then(|meaning| meaning.args.get(name).cloned()).unwrap_or_default()
}
