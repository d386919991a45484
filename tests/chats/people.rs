//! Who may act in a group: members of the team, by their id, whoever else is there.

use anyhow::Result;

use super::{bound, card_of, lead, newest_lead, operators_in, world};

#[tokio::test]
async fn only_an_owner_binds_and_only_the_team_acts() -> Result<()> {
    let world = world().await?;
    let bo = world.owner("Bo").await?;
    let eva = world.member("Eva", "operator").await?;
    let mallory = world.person("Mallory", "").await?;
    let ops = world.group("supergroup", "Ops", &[&bo, &eva, &mallory], false).await?;
    ops.hears(&eva, None, "/bind").await?;
    ops.shows("that it takes an owner", |m| m.says("Only an owner")).await?;
    ops.hears(&mallory, None, "/bind").await?;
    ops.shows("how people are let in", |m| m.says("agency's team")).await?;
    // What is said to another bot is none of ours.
    ops.hears(&bo, None, "/bind@other_bot").await?;
    lead(&world, "Ann Weber").await?;
    bo.sees("the card in private", card_of("Ann Weber")).await?;
    bound(&ops, &bo).await?;

    let card = ops.shows("the card", card_of("Ann Weber")).await?;
    let answer = ops.pressed(&mallory, &card, "Take").await?;
    assert!(answer.text.unwrap_or_default().contains("not for you"));
    assert_eq!(newest_lead(&world).await?["state"], "new");
    ops.pressed(&eva, &card, "Take").await?;
    ops.shows("who took it", |m| m.id == card.id && m.says("with Eva")).await?;
    ops.hears(&mallory, None, "/leads").await?;
    world.settles().await?;
    let shown = ops.messages().await?;
    let turned_away = shown.iter().filter(|m| m.from_bot && m.says("agency's team")).count();
    assert_eq!(turned_away, 2, "one command, one answer");
    world.end().await
}

#[tokio::test]
async fn in_a_group_with_privacy_a_reply_is_the_answer() -> Result<()> {
    let (world, bo, ops) = operators_in("group", false).await?;
    lead(&world, "Ann Weber").await?;
    let card = ops.shows("the card", card_of("Ann Weber")).await?;
    ops.pressed(&bo, &card, "Reject").await?;
    let question = ops.shows("the question", |m| m.says("closed?") && m.says("reply to this message")).await?;
    // Said to the others; the bot does not even read it.
    ops.hears(&bo, None, "lunch at twelve").await?;
    ops.hears_answer(&bo, &question, "wants a shop").await?;
    ops.shows("the reason", |m| m.says("wants a shop") && m.says("Ann Weber")).await?;
    assert!(!ops.messages().await?.iter().any(|m| m.from_bot && m.says("lunch")));
    world.end().await
}

#[tokio::test]
async fn an_admin_bot_that_reads_everything_takes_only_replies_for_answers() -> Result<()> {
    let (world, bo, ops) = operators_in("forum", true).await?;
    lead(&world, "Ann Weber").await?;
    let card = ops.shows("the card", card_of("Ann Weber")).await?;
    ops.pressed(&bo, &card, "Reject").await?;
    let question = ops.shows("the question", |m| m.says("closed?")).await?;
    ops.hears(&bo, question.topic(), "lunch at twelve").await?;
    ops.hears_answer(&bo, &question, "wants a shop").await?;
    ops.shows("the reason", |m| m.says("wants a shop") && m.says("Ann Weber")).await?;
    world.settles().await?;
    assert!(!ops.messages().await?.iter().any(|m| m.from_bot && m.says("lunch")));
    world.end().await
}

#[tokio::test]
async fn a_mistyped_command_of_a_member_is_answered_where_operators_work() -> Result<()> {
    let world = world().await?;
    let bo = world.owner("Bo").await?;
    let mallory = world.person("Mallory", "").await?;
    let ops = world.group("supergroup", "Ops", &[&bo, &mallory], false).await?;
    let answers = async || {
        world.settles().await?;
        anyhow::Ok(ops.messages().await?.iter().filter(|m| m.from_bot && m.says("Did you mean")).count())
    };
    // Not ours yet: whoever mistypes there may mean anybody.
    ops.hears(&bo, None, "/leds").await?;
    assert_eq!(answers().await?, 0);
    bound(&ops, &bo).await?;
    ops.hears(&bo, None, "/leds").await?;
    ops.shows("what he meant", |m| m.says("Did you mean") && m.says("/leads")).await?;
    ops.hears(&bo, None, "/weather").await?;
    ops.hears(&mallory, None, "/halp").await?;
    assert_eq!(answers().await?, 1, "neither what is like nothing of ours, nor strangers");
    world.end().await
}
