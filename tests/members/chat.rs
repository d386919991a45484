//! `/members` and `hub member`, with people in their chats.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use waas_world::{Person, World, until};

use crate::bad_input::unhurried;

/// Longer means that it does not come.
const SOON: Duration = Duration::from_secs(20);

async fn menu_has(person: &Person, command: &str, there: bool) -> Result<()> {
    until(&format!("/{command} in the menu: {there}"), SOON, async || {
        let menu = person.menu().await?;
        Ok((menu.iter().any(|name| name == command) == there).then_some(()))
    })
    .await?;
    Ok(())
}

async fn member(world: &World, person: &Person) -> Result<Value> {
    let all = world.hub().list(&["member", "list", "--all"]).await?;
    let found = all.into_iter().find(|member| member["id"] == person.id);
    found.context("the person is in no list")
}

#[tokio::test]
async fn an_owner_invites_promotes_and_removes_on_one_card() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    bo.sends("/members").await?;
    let card = bo.sees("the team", |m| m.says("Team") && m.says("Bo") && m.offers("Invite")).await?;
    bo.presses_on(&card, "Invite").await?;
    let card = bo.watches(&card, "the question as what", SOON, |m| m.offers("Operator")).await?.value;
    let answer = bo.presses_on(&card, "Operator").await?;
    ensure!(answer.text.as_deref() == Some("The invitation is in our private chat. Forward it."), "{:?}", answer.text);
    let invitation = bo.sees("the invitation", |m| m.deep_link("enrol_").is_some()).await?;
    ensure!(invitation.says("as operator"), "{invitation}");

    let eva = world.person("Eva", "").await?;
    eva.opens(&invitation.deep_link("enrol_").context("a link")?).await?;
    eva.sees("a welcome", |m| m.says("Welcome, Eva") && m.says("operator")).await?;
    menu_has(&eva, "leads", true).await?;
    menu_has(&eva, "audit", false).await?;
    // An operator may look, and nothing else.
    eva.sends("/members").await?;
    let hers = eva.sees("the team", |m| m.says("Only owners change the team")).await?;
    ensure!(!hers.offers("Invite"), "{hers}");
    eva.sends("/audit").await?;
    eva.sees("that this is for owners", |m| m.says("Only owners may do this")).await?;

    bo.sends("/members").await?;
    let card = bo.sees("both", |m| m.says("Eva") && m.offers("Invite")).await?;
    bo.presses_on(&card, "Eva").await?;
    let card = bo.watches(&card, "her card", SOON, |m| m.offers("Remove") && m.offers("Owner")).await?.value;
    bo.presses_on(&card, "Owner").await?;
    let card = bo.watches(&card, "what it means", SOON, |m| m.says("Make Eva an owner?")).await?.value;
    ensure!(member(&world, &eva).await?["role"] == "operator", "a question is no answer");
    let answer = bo.presses_on(&card, "Confirm").await?;
    ensure!(answer.text.as_deref() == Some("Done. It counts from now on."), "{:?}", answer.text);
    eva.sees("what she is now", |m| m.says("Your role has changed") && m.says("owner")).await?;
    menu_has(&eva, "audit", true).await?;

    // What was confirmed is what was shown: meanwhile she became a viewer at the terminal.
    let card = bo.watches(&card, "her card", SOON, |m| m.offers("Remove")).await?.value;
    bo.presses_on(&card, "Remove").await?;
    let card = bo.watches(&card, "the question", SOON, |m| m.says("Remove Eva from the team?")).await?.value;
    let id = eva.id.to_string();
    let shown = world.hub().json(&["member", "role", &id, "viewer", "--yes"]).await?;
    ensure!(shown["role"] == "viewer" && shown["state"] == "active", "{shown}");
    menu_has(&eva, "provision", false).await?;
    menu_has(&eva, "leads", true).await?;
    let answer = bo.presses_on(&card, "Confirm").await?;
    ensure!(answer.text.is_some_and(|text| text.contains("nothing was done")));
    ensure!(member(&world, &eva).await?["state"] == "active");
    let card = bo.watches(&card, "her card again", SOON, |m| m.offers("Remove")).await?.value;
    bo.presses_on(&card, "Remove").await?;
    let card = bo.watches(&card, "the question", SOON, |m| m.says("Remove Eva from the team?")).await?.value;
    bo.presses_on(&card, "Confirm").await?;
    bo.watches(&card, "the team without her", SOON, |m| !m.says("Eva") && m.offers("Invite")).await?;
    ensure!(member(&world, &eva).await?["state"] == "revoked");
    world.end().await
}

#[tokio::test]
async fn a_member_removed_in_the_middle_of_a_dialogue_is_out_at_once() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    let eva = world.member("Eva", "operator").await?;
    bo.begin().await?;
    world.gateway().push(&world.lead("Ann Weber")).await?;
    let bos = bo.sees("a card for the lead", |m| m.offers("Take")).await?;
    eva.sends("/lead 1").await?;
    let evas = eva.sees("the lead", |m| m.offers("Take")).await?;
    eva.presses_on(&evas, "Take").await?;
    let evas = eva.watches(&evas, "that it is hers", SOON, |m| m.says("Eva") && m.offers("Note")).await?.value;
    eva.presses_on(&evas, "Note").await?;
    eva.sees("the question for a note", |m| m.id != evas.id).await?;
    let evas = eva.again(&evas).await?;

    bo.begin().await?;
    eva.begin().await?;
    let id = eva.id.to_string();
    world.hub().cli(&["member", "revoke", &id]).await?.expect(2)?;
    let shown = world.hub().json(&["member", "revoke", &id, "--yes"]).await?;
    ensure!(shown["state"] == "revoked" && shown["revoked_at"].is_string(), "{shown}");
    eva.sees("that she is out", |m| m.says("no longer in the team")).await?;
    menu_has(&eva, "leads", false).await?;
    bo.watches(&bos, "a lead that is new again", SOON, |m| m.says("New") && !m.says("Eva") && m.offers("Take")).await?;

    // Her card has no buttons, does not move with the lead, and an old button of it does nothing.
    eva.watches(&evas, "her card without buttons", SOON, |m| m.buttons.is_empty()).await?;
    eva.sends("Ann is rich").await?;
    eva.sees("what strangers are told", |m| m.says("service desk")).await?;
    let late = eva.presses_as_seen(&evas, "Qualify").await?;
    ensure!(late.text.as_deref() == Some("This button does not work here."), "{:?}", late.text);
    eva.sends("/leads").await?;
    eva.sees("that this is for the team", |m| m.says("for the agency's team")).await?;
    bo.presses_on(&bos, "Reject").await?;
    world.settles().await?;
    ensure!(!eva.again(&evas).await?.says("Rejected"), "what happens to the lead is shown to her");
    let lead = world.hub().json(&["lead", "show", "1"]).await?;
    ensure!(lead["state"] == "rejected" && !lead.to_string().contains("rich"), "{lead}");
    world.end().await
}

#[tokio::test]
async fn the_terminal_lists_changes_and_refuses() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    world.member("Eva", "operator").await?;
    world.member("Vic", "viewer").await?;
    let first = world.hub().json(&["member", "list", "--limit", "2"]).await?;
    let name = |page: &Value, n: usize| page["items"][n]["first_name"].as_str().unwrap_or_default().to_owned();
    ensure!((name(&first, 0), name(&first, 1)) == ("Bo".to_owned(), "Eva".to_owned()), "{first}");
    let cursor = first["next"].as_str().context("there is one more")?;
    let rest = world.hub().json(&["member", "list", "--cursor", cursor]).await?;
    ensure!(name(&rest, 0) == "Vic" && rest["next"].is_null(), "{rest}");

    let cli = async |arguments: &[&str], code| world.hub().cli(arguments).await?.expect(code);
    cli(&["member", "role", "Vic", "operator", "--yes"], 0).await?;
    cli(&["member", "role", "vic", "operator", "--yes"], 0).await?;
    cli(&["member", "role", "Vic", "cook", "--yes"], 2).await?;
    cli(&["member", "role", "Nobody", "viewer", "--yes"], 3).await?;
    cli(&["member", "revoke", "Bo", "--yes"], 4).await?;
    cli(&["member", "role", &bo.id.to_string(), "operator", "--yes"], 4).await?;
    cli(&["member", "revoke", "Eva", "--yes"], 0).await?;
    cli(&["member", "revoke", "Eva", "--yes"], 3).await?;
    bo.sends("/whoami").await?;
    bo.sees("who he is", |m| m.says("Bo") && m.says(&bo.id.to_string()) && m.says("owner")).await?;
    world.end().await
}

#[tokio::test]
async fn an_operator_who_becomes_a_viewer_keeps_their_own_cards_and_none_of_the_teams() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    let eva = world.member("Eva", "operator").await?;
    world.gateway().push(&world.lead("Ann Weber")).await?;
    bo.sees("a card for the lead", |m| m.offers("Take")).await?;
    eva.sends("/lead 1").await?;
    let evas = eva.sees("the lead", |m| m.offers("Take")).await?;
    // She is a client as well: that card says how far her own site is.
    let mut database = world.database().await?;
    let own = "insert into cards (id, kind, subject, bot_id, chat_id, content_hash, view, priority)
               select gen_random_uuid(), 'client', chat_id::text, bot_id, chat_id, '', '{}', 1
               from cards where kind = 'lead' and chat_id = $1";
    sqlx::query(own).bind(eva.id).execute(&mut database).await?;

    world.hub().json(&["member", "role", &eva.id.to_string(), "viewer", "--yes"]).await?;
    eva.watches(&evas, "her card without buttons", SOON, |m| m.buttons.is_empty()).await?;
    let kinds = "select array_agg(kind order by kind) from cards where chat_id = $1";
    let kinds: Vec<String> = sqlx::query_scalar(kinds).bind(eva.id).fetch_one(&mut database).await?;
    ensure!(kinds == ["client"], "{kinds:?}");
    world.end().await
}

#[tokio::test]
async fn when_the_owner_leaves_with_whom_everything_stood_the_next_one_has_it() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    let names: Vec<String> = (1..=5).map(|n| format!("Lead {n} of Bo")).collect();
    for name in &names {
        world.gateway().push(&world.lead(name)).await?;
        bo.sees("its card", |m| m.says(name) && m.offers("Take")).await?;
    }
    let eva = world.owner("Eva").await?;
    world.settles().await?;
    ensure!(!eva.messages().await?.iter().any(|m| m.says("of Bo")), "they stand with him");
    eva.begin().await?;
    eva.sends("/members").await?;
    let card = eva.sees("both", |m| m.says("Bo") && m.offers("Invite")).await?;
    eva.presses_on(&card, "Bo").await?;
    let card = eva.watches(&card, "his card", SOON, |m| m.offers("Remove")).await?.value;
    eva.presses_on(&card, "Remove").await?;
    let card = eva.watches(&card, "the question", SOON, |m| m.says("Remove Bo from the team?")).await?.value;
    eva.presses_on(&card, "Confirm").await?;
    for name in &names {
        eva.finds("his lead", SOON, |m| m.says(name) && m.offers("Take")).await?;
    }
    world.gateway().push(&world.lead("Max Neu")).await?;
    eva.sees("what is new", |m| m.says("Max Neu")).await?;
    world.end().await
}

#[tokio::test]
async fn when_that_owner_blocks_the_bot_the_next_one_has_it() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    let eva = world.owner("Eva").await?;
    world.gateway().push(&world.lead("Ann Weber")).await?;
    bo.sees("its card", |m| m.says("Ann Weber") && m.offers("Take")).await?;
    eva.begin().await?;
    bo.blocks(true).await?;
    eva.finds("his lead", SOON, |m| m.says("Ann Weber") && m.offers("Take")).await?;
    eva.finds("that he is away", SOON, |m| m.says("Bo cannot be reached")).await?;
    world.end().await
}
