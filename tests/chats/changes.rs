//! What becomes of the chat itself: another number, put out, let in again.

use anyhow::Result;

use super::{bound, card_of, lead, operators_in, world};

#[tokio::test]
async fn a_group_that_becomes_a_forum_goes_on_as_one() -> Result<()> {
    let world = world().await?;
    let bo = world.owner("Bo").await?;
    let before = world.group("group", "Ops", &[&bo], true).await?;
    bound(&before, &bo).await?;
    lead(&world, "Ann Weber").await?;
    before.shows("the card", card_of("Ann Weber")).await?;
    let ops = before.migrates(true).await?;
    let leads = ops.topic("Leads").await?;
    let card = ops.shows("the card in its topic", |m| card_of("Ann Weber")(m) && m.topic() == Some(leads)).await?;
    ops.pressed(&bo, &card, "Take").await?;
    ops.shows("who took it", |m| m.id == card.id && m.says("with Bo")).await?;
    assert!(ops.menu(&bo).await?.iter().any(|name| name == "leads"), "its menu came along");
    world.end().await
}

#[tokio::test]
async fn put_out_of_the_group_the_owner_has_everything_until_it_is_bound_again() -> Result<()> {
    let (world, bo, ops) = operators_in("forum", true).await?;
    lead(&world, "Ann Weber").await?;
    let card = ops.shows("the card", card_of("Ann Weber")).await?;
    bo.begin().await?;
    ops.makes_bot("kicked").await?;
    bo.sees("that it was put out", |m| m.says("taken out of the operators’ group")).await?;
    let unbound = world.hub().list(&["audit", "list", "--act", "access.unbind"]).await?;
    assert!(unbound.len() == 1 && unbound[0]["subject"] == format!("chat:{}", ops.id), "{unbound:?}");
    bo.sees("the card", card_of("Ann Weber")).await?;
    lead(&world, "Eva Klein").await?;
    bo.sees("what is new", card_of("Eva Klein")).await?;

    bo.begin().await?;
    ops.makes_bot("administrator").await?;
    bo.sees("that it is in again", |m| m.says("“Ops” again") && m.says("/bind")).await?;
    let answer = ops.pressed(&bo, &card, "Take").await?;
    assert!(answer.text.unwrap_or_default().contains("elsewhere"), "until then it changes nothing");
    bound(&ops, &bo).await?;
    for name in ["Ann Weber", "Eva Klein"] {
        let again = ops.shows("the card again", |m| card_of(name)(m) && m.id != card.id).await?;
        assert_eq!(again.topic(), Some(ops.topic("Leads").await?));
    }
    world.end().await
}

#[tokio::test]
async fn a_page_that_the_group_does_not_take_reaches_the_owner() -> Result<()> {
    let (world, bo, ops) = operators_in("forum", true).await?;
    world.settles().await?;
    bo.begin().await?;
    // Muted: Telegram tells nobody, it only refuses.
    let muted = serde_json::json!({ "fault": "fail", "chat": ops.id, "status": 400,
        "description": "Bad Request: not enough rights to send text messages to the chat" });
    world.emulator().fault(&muted).await?;
    super::falls_silent(&world, "far_away").await?;
    bo.sees("the alert", |m| m.offers("Ack") && m.says("far_away")).await?;
    world.emulator().no_faults().await?;
    world.end().await
}
