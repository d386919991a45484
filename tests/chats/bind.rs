//! Where the operators' chat is: from chat to chat and back.

use std::time::Duration;

use anyhow::Result;
use waas_world::until;

use super::{bound, card_of, lead, operators_in, world};

#[tokio::test]
async fn what_came_before_stays_in_the_private_chat_and_works_on() -> Result<()> {
    let world = world().await?;
    let bo = world.owner("Bo").await?;
    lead(&world, "Ann Weber").await?;
    let before = bo.sees("the lead", card_of("Ann Weber")).await?;
    let ops = world.group("group", "Ops", &[&bo], false).await?;
    bo.begin().await?;
    bound(&ops, &bo).await?;
    bo.sees("where messages come from now on", |m| m.says("Ops") && m.says("go on working")).await?;

    let there = ops.shows("the lead in the group, too", card_of("Ann Weber")).await?;
    bo.presses_on(&before, "Take").await?;
    bo.sees("who took it", |m| m.id == before.id && m.says("with Bo")).await?;
    ops.shows("the same in the group", |m| m.id == there.id && m.says("with Bo")).await?;

    bo.begin().await?;
    lead(&world, "Eva Klein").await?;
    ops.shows("what is new", card_of("Eva Klein")).await?;
    world.settles().await?;
    assert!(!bo.messages().await?.iter().any(|m| m.says("Eva Klein")), "only there");
    world.end().await
}

#[tokio::test]
async fn bound_elsewhere_everything_moves_and_the_old_place_is_told() -> Result<()> {
    let world = world().await?;
    let bo = world.owner("Bo").await?;
    let old = world.group("supergroup", "Old", &[&bo], false).await?;
    let new = world.group("forum", "New", &[&bo], true).await?;
    bound(&old, &bo).await?;
    lead(&world, "Ann Weber").await?;
    let card = old.shows("the card", card_of("Ann Weber")).await?;
    bound(&new, &bo).await?;
    old.shows("where it went", |m| m.says("“New”") && m.says("change nothing")).await?;
    let there = new.shows("the card", card_of("Ann Weber")).await?;
    assert_eq!(there.topic(), Some(new.topic("Leads").await?));

    let answer = old.pressed(&bo, &card, "Take").await?;
    assert!(answer.text.unwrap_or_default().contains("elsewhere"));
    world.settles().await?;
    assert_eq!(super::newest_lead(&world).await?["state"], "new");
    assert!(old.menu(&bo).await?.iter().all(|name| name != "leads"), "no menu is left there");
    new.pressed(&bo, &there, "Take").await?;
    new.shows("who took it", |m| m.id == there.id && m.says("with Bo")).await?;
    assert!(!old.shows("the old card", |m| m.id == card.id).await?.says("with Bo"), "it is not kept up to date");

    // Back to where the owner is alone with the bot.
    bo.sends("/bind").await?;
    bo.sees("that it is bound", |m| m.says("operators’ chat now")).await?;
    new.shows("where it went", |m| m.says("private chat")).await?;
    bo.finds("the card", Duration::from_secs(20), |m| m.says("Ann Weber")).await?;
    bo.begin().await?;
    lead(&world, "Eva Klein").await?;
    bo.sees("what is new", card_of("Eva Klein")).await?;
    world.end().await
}

#[tokio::test]
async fn of_two_who_bind_at_once_one_wins() -> Result<()> {
    let world = world().await?;
    let (bo, eva) = (world.owner("Bo").await?, world.owner("Eva").await?);
    let one = world.group("group", "One", &[&bo], false).await?;
    let two = world.group("group", "Two", &[&eva], false).await?;
    let (first, second) = tokio::join!(one.hears(&bo, None, "/bind"), two.hears(&eva, None, "/bind"));
    first.and(second)?;
    for group in [&one, &two] {
        group.shows("an answer", |m| m.says("operators’ chat now")).await?;
    }
    world.settles().await?;
    lead(&world, "Ann Weber").await?;
    until("the card in one of them", Duration::from_secs(20), async || {
        let (first, second) = (one.messages().await?, two.messages().await?);
        Ok(first.iter().chain(&second).any(card_of("Ann Weber")).then_some(()))
    })
    .await?;
    world.settles().await?;
    let mut held = Vec::new();
    for group in [&one, &two] {
        let all = group.messages().await?;
        let told = all.iter().any(|m| m.says("From now on messages come to"));
        let has = all.iter().any(card_of("Ann Weber"));
        assert_ne!(told, has, "who lost was told, who won has the card");
        held.push(has);
    }
    assert_ne!(held[0], held[1]);
    world.end().await
}

#[tokio::test]
async fn to_bind_again_brings_what_was_missing() -> Result<()> {
    let (world, bo, ops) = operators_in("group", false).await?;
    lead(&world, "Ann Weber").await?;
    let card = ops.shows("the card", card_of("Ann Weber")).await?;
    ops.hears(&bo, None, "/bind").await?;
    ops.shows("that it was", |m| m.says("operators’ chat already")).await?;
    world.settles().await?;
    let cards: Vec<_> = ops.messages().await?.into_iter().filter(card_of("Ann Weber")).collect();
    assert_eq!(cards.iter().map(|m| m.id).collect::<Vec<_>>(), [card.id], "nothing twice");
    world.end().await
}

#[tokio::test]
async fn a_plan_that_nobody_confirmed_follows_and_is_confirmed_where_it_stands_now() -> Result<()> {
    let world = world().await?;
    let bo = world.owner("Bo").await?;
    let eva = world.member("Eva", "operator").await?;
    let plan_of =
        |slug: &'static str| move |m: &waas_world::Message| m.says(slug) && m.offers_all(&["Confirm", "Cancel"]);
    bo.sends("/provision fastapi rose rose.localhost").await?;
    let at_first = bo.sees("the plan", plan_of("rose")).await?;
    // What somebody plans for themselves is nobody else's business yet.
    eva.sends("/provision fastapi lily lily.localhost").await?;
    eva.sees("her plan", plan_of("lily")).await?;

    let old = world.group("supergroup", "Old", &[&bo], false).await?;
    bound(&old, &bo).await?;
    let there = old.shows("the plan in the group, too", plan_of("rose")).await?;
    let new = world.group("forum", "New", &[&bo], true).await?;
    bound(&new, &bo).await?;
    let now = new.shows("the plan", plan_of("rose")).await?;
    assert_eq!(now.topic(), Some(new.topic("Platform").await?));
    let answer = old.pressed(&bo, &there, "Confirm").await?;
    assert!(answer.text.unwrap_or_default().contains("elsewhere"));
    world.settles().await?;
    for group in [&old, &new] {
        assert!(!group.messages().await?.iter().any(plan_of("lily")), "hers stays with her");
    }

    // In private it works on; once cancelled, it is so wherever it stands.
    bo.begin().await?;
    bo.sends("/bind").await?;
    bo.sees("that it is bound", |m| m.says("operators’ chat now")).await?;
    bo.presses_on(&at_first, "Cancel").await?;
    bo.sees("that nothing comes of it", |m| m.id == at_first.id && !m.offers("Confirm")).await?;
    world.end().await
}

#[tokio::test]
async fn what_clients_wrote_follows_the_operators_chat_and_whoever_leaves_takes_nothing_along() -> Result<()> {
    let world = world().await?;
    let story = crate::clients::submitted(&world).await?;
    let (ann, bo) = (&story.ann, &story.bo);
    ann.presses("Ask for help").await?;
    ann.sees("that she may write", |m| m.says("How can we help?")).await?;
    bo.begin().await?;
    ann.sends("Where do I see my bookings?").await?;
    let asks = |m: &waas_world::Message| m.says("Where do I see my bookings?") && m.offers("Reply");
    bo.sees("her question", asks).await?;

    let ops = world.group("supergroup", "Ops", &[bo], false).await?;
    bound(&ops, bo).await?;
    ops.shows("the thread in the group", asks).await?;
    ann.sends("And my clients?").await?;
    ops.shows("what she wrote since", |m| m.says("And my clients?") && m.offers("Reply")).await?;

    // On the way back, too.
    bo.sends("/bind").await?;
    bo.sees("that it is bound", |m| m.says("operators’ chat now")).await?;
    bo.finds("all of it", Duration::from_secs(20), |m| m.says("And my clients?") && m.offers("Done")).await?;

    // His private chat is the operators' chat, and he goes: whoever is asked from now on sees what is open.
    let eva = world.owner("Eva").await?;
    eva.begin().await?;
    world.hub().cli(&["member", "revoke", &bo.id.to_string(), "--yes"]).await?.expect(0)?;
    eva.sees("what is open", |m| m.says("And my clients?") && m.offers("Reply")).await?;
    drop(story);
    world.end().await
}
