//! People who have no business here.

use anyhow::{Result, ensure};
use waas_world::World;

use crate::faults::invited;

#[tokio::test]
async fn a_stranger_gets_one_polite_answer_each_and_no_rights() -> Result<()> {
    let world = World::start().await?;
    let bo = world.owner("Bo").await?;
    world.gateway().push(&world.lead("Ann Weber")).await?;
    let card = bo.sees("a card for the lead", |m| m.offers("Take")).await?;

    let max = world.person("Max", "Fremd").await?;
    let lines = [
        "Hello?",
        "/leads",
        "/provision fastapi mine mine.example",
        "/deadletters",
        "/nonsense",
        "/start enrol_AAAAAAAA",
        "/start onb_AAAAAAAAAAAAAAAAAAAAAA",
        "/start",
    ];
    for line in lines {
        max.sends(line).await?;
        let answer = max.sees(&format!("an answer to {line}"), |_| true).await?;
        ensure!(answer.buttons.is_empty() && !answer.says("Ann Weber"), "a stranger is shown:\n{answer}");
        ensure!(!answer.says("wrong on our side"), "{line} broke something:\n{answer}");
    }
    world.settles().await?;
    let answers = max.messages().await?.iter().filter(|m| m.from_bot).count();
    ensure!(answers == lines.len(), "{} lines, {answers} answers", lines.len());
    ensure!(bo.again(&card).await? == card, "a stranger changed Bo's card");
    let letters = world.hub().list(&["dead-letter", "list"]).await?;
    ensure!(letters.is_empty(), "{letters:?}");
    world.end().await
}

#[tokio::test]
async fn a_link_is_its_first_readers_alone() -> Result<()> {
    let world = World::start().await?;
    let bo = world.owner("Bo").await?;
    let link = invited(&world, &bo, "Ann Weber").await?;
    let (ann, max) = (world.person("Ann", "Weber").await?, world.person("Max", "Fremd").await?);
    ann.opens(&link).await?;
    let question = ann.sees("question 1", |m| m.progress().is_some()).await?;

    max.opens(&link).await?;
    let refusal = max.sees("that the link is somebody else's", |m| m.progress().is_none()).await?;
    ensure!(refusal.buttons.is_empty() && refusal.keys.is_empty(), "{refusal}");
    max.sends("Max Monopoly").await?;
    max.sees("a polite answer", |m| m.id != refusal.id && m.progress().is_none()).await?;
    ensure!(ann.again(&question).await? == question, "somebody else moved Ann's survey");
    ann.sends("Salon Anna").await?;
    ann.sees("question 2", |m| m.progress().is_some_and(|(n, _)| n == 2)).await?;
    world.end().await
}
