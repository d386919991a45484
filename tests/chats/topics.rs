//! A forum: a topic for each subject, opened when there is something to say, and healed whatever people do to it.

use anyhow::Result;
use serde_json::json;

use super::{card_of, falls_silent, lead, operators_in};

#[tokio::test]
async fn each_subject_has_its_topic() -> Result<()> {
    let (world, bo, ops) = operators_in("forum", true).await?;
    let platform = ops.topic("Platform").await?;
    ops.shows("what it is for", |m| m.topic() == Some(platform) && m.says("Jobs")).await?;

    lead(&world, "Ann Weber").await?;
    let leads = ops.topic("Leads").await?;
    let card = ops.shows("the lead", card_of("Ann Weber")).await?;
    assert_eq!(card.topic(), Some(leads));
    ops.pressed(&bo, &card, "Take").await?;
    let taken = ops.shows("who took it", |m| m.id == card.id && m.says("with Bo")).await?;
    assert_eq!(taken.topic(), Some(leads));

    falls_silent(&world, "far_away").await?;
    let salon = ops.topic("far_away").await?;
    let alert = ops.shows("the alert", |m| m.offers("Ack")).await?;
    assert_eq!(alert.topic(), Some(salon));
    ops.pressed(&bo, &alert, "Ack").await?;
    ops.shows("that Bo has it", |m| m.id == alert.id && m.says("Bo has it")).await?;

    world.gateway().push_raw(b"no lead").await?;
    let letter = ops.shows("the dead letter", |m| m.says("malformed")).await?;
    assert_eq!(letter.topic(), Some(platform));

    // A command is answered where it was said.
    ops.hears(&bo, Some(salon), "/leads").await?;
    ops.shows("the list", |m| m.topic() == Some(salon) && m.says("Ann Weber")).await?;
    let menu = ops.menu(&bo).await?;
    assert!(menu.iter().any(|name| name == "leads"), "{menu:?}");
    world.end().await
}

#[tokio::test]
async fn without_the_right_everything_comes_to_general_until_it_is_given() -> Result<()> {
    let (world, bo, ops) = operators_in("forum", false).await?;
    ops.shows("which right is missing", |m| m.says("Manage topics") && m.topic().is_none()).await?;
    lead(&world, "Ann Weber").await?;
    let outside = ops.shows("the lead in General", card_of("Ann Weber")).await?;
    assert_eq!(outside.topic(), None);
    world.settles().await?;
    let told = ops.messages().await?.iter().filter(|m| m.says("Manage topics")).count();
    assert_eq!(told, 1, "said once");

    ops.makes_bot("administrator").await?;
    let leads = ops.topic("Leads").await?;
    let inside = ops.shows("the lead in its topic", |m| card_of("Ann Weber")(m) && m.topic() == Some(leads)).await?;
    ops.shows("the old card without buttons", |m| m.id == outside.id && m.buttons.is_empty()).await?;
    ops.pressed(&bo, &inside, "Take").await?;
    ops.shows("who took it", |m| m.id == inside.id && m.says("with Bo")).await?;

    // Demoted: what stands goes on, what is new stands outside, and that is said.
    ops.makes_bot("member").await?;
    lead(&world, "Eva Klein").await?;
    let second = ops.shows("the second lead", card_of("Eva Klein")).await?;
    assert_eq!(second.topic(), Some(leads));
    falls_silent(&world, "far_away").await?;
    let alert = ops.shows("the alert", |m| m.offers("Ack")).await?;
    assert_eq!(alert.topic(), None);
    ops.makes_bot("administrator").await?;
    let site = ops.topic("far_away").await?;
    ops.shows("the alert in its topic", |m| m.offers("Ack") && m.topic() == Some(site)).await?;
    world.end().await
}

#[tokio::test]
async fn a_deleted_topic_is_opened_anew_with_its_living_cards() -> Result<()> {
    let (world, _, ops) = operators_in("forum", true).await?;
    for name in ["Ann Weber", "Eva Klein"] {
        lead(&world, name).await?;
        ops.shows("the card", card_of(name)).await?;
    }
    let before = ops.topic("Leads").await?;
    ops.acts("delete", before, None).await?;
    lead(&world, "Olga Orlova").await?;
    let after = ops.topic_after("Leads", before).await?;
    for name in ["Ann Weber", "Eva Klein", "Olga Orlova"] {
        ops.shows("the card anew", |m| card_of(name)(m) && m.topic() == Some(after)).await?;
    }
    // A card of a deleted topic that only changes is brought back, too.
    ops.acts("delete", after, None).await?;
    world.hub().cli(&["lead", "take", "1"]).await?.expect(0)?;
    let last = ops.topic_after("Leads", after).await?;
    ops.shows("the changed card", |m| m.says("Ann Weber") && m.topic() == Some(last)).await?;
    ops.shows("its neighbour", |m| card_of("Eva Klein")(m) && m.topic() == Some(last)).await?;
    world.settles().await?;
    let cards = ops.messages().await?.iter().filter(|m| m.says("Eva Klein")).count();
    assert_eq!(cards, 1, "each once");
    world.end().await
}

#[tokio::test]
async fn a_closed_topic_is_reopened_and_a_renamed_one_keeps_its_name() -> Result<()> {
    let (world, _, ops) = operators_in("forum", true).await?;
    lead(&world, "Ann Weber").await?;
    let leads = ops.topic("Leads").await?;
    ops.shows("the card", card_of("Ann Weber")).await?;
    ops.acts("edit", leads, Some("Hot leads")).await?;
    ops.acts("close", leads, None).await?;
    lead(&world, "Eva Klein").await?;
    let card = ops.shows("the card in the topic", card_of("Eva Klein")).await?;
    assert_eq!(card.topic(), Some(leads));
    world.settles().await?;
    let renamed = ops.messages().await?;
    let names = renamed.iter().filter_map(|m| m.raw["forum_topic_edited"]["name"].as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["Hot leads"], "nobody gives it its old name back");
    world.end().await
}

#[tokio::test]
async fn topics_switched_off_and_on_again_lose_nothing() -> Result<()> {
    let (world, bo, ops) = operators_in("forum", true).await?;
    lead(&world, "Ann Weber").await?;
    let leads = ops.topic("Leads").await?;
    ops.shows("the card", card_of("Ann Weber")).await?;

    ops.has_topics(false).await?;
    lead(&world, "Eva Klein").await?;
    let plain = ops.shows("the card in the plain group", card_of("Eva Klein")).await?;
    assert_eq!(plain.topic(), None);
    ops.pressed(&bo, &plain, "Take").await?;
    ops.shows("who took it", |m| m.id == plain.id && m.says("with Bo")).await?;
    falls_silent(&world, "far_away").await?;
    ops.shows("an alert whose topic was never opened", |m| m.offers("Ack") && m.topic().is_none()).await?;

    ops.has_topics(true).await?;
    ops.hears(&bo, None, "/whoami").await?;
    let site = ops.topic("far_away").await?;
    ops.shows("the alert in its topic", |m| m.offers("Ack") && m.topic() == Some(site)).await?;
    ops.shows("the card in its topic", |m| card_of("Eva Klein")(m) && m.topic() == Some(leads)).await?;
    world.end().await
}

#[tokio::test]
async fn a_topic_that_may_not_be_reopened_lets_its_messages_out_until_people_open_it() -> Result<()> {
    let (world, _, ops) = operators_in("forum", true).await?;
    lead(&world, "Ann Weber").await?;
    let leads = ops.topic("Leads").await?;
    ops.shows("the card", card_of("Ann Weber")).await?;
    let refused = json!({ "fault": "fail", "method": "reopenForumTopic", "status": 400,
        "description": "Bad Request: not enough rights to edit the topic" });
    world.emulator().fault(&refused).await?;
    ops.acts("close", leads, None).await?;
    for name in ["Eva Klein", "Olga Orlova"] {
        lead(&world, name).await?;
        let outside = ops.shows("the card in General", card_of(name)).await?;
        assert_eq!(outside.topic(), None);
    }
    world.settles().await?;
    let told = ops.messages().await?.iter().filter(|m| m.says("“Leads” is closed")).count();
    assert_eq!(told, 1, "said once");
    ops.acts("reopen", leads, None).await?;
    for name in ["Eva Klein", "Olga Orlova"] {
        ops.shows("the card in its topic", |m| card_of(name)(m) && m.topic() == Some(leads)).await?;
    }
    world.end().await
}

#[tokio::test]
async fn a_topic_whose_answer_was_lost_costs_no_message() -> Result<()> {
    let (world, _, ops) = operators_in("forum", true).await?;
    world.settles().await?;
    world.emulator().fault(&json!({ "fault": "lose_answer", "method": "createForumTopic", "count": 1 })).await?;
    lead(&world, "Ann Weber").await?;
    let card = ops.shows("the card", card_of("Ann Weber")).await?;
    let empty = ops.topic("Leads").await?;
    assert!(card.topic().is_some_and(|topic| topic >= empty), "{card}");
    world.settles().await?;
    let cards = ops.messages().await?.into_iter().filter(card_of("Ann Weber")).count();
    assert_eq!(cards, 1);
    world.end().await
}
