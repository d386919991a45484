//! Answers of the wrong kind, buttons twice and from yesterday, commands that nobody knows and those that miss something.

use std::time::Duration;

use anyhow::{Result, ensure};
use waas_world::{Message, World};

use super::unhurried;
use crate::faults::invited;

fn at(message: &Message, question: u32) -> bool {
    message.progress().is_some_and(|(n, _)| n == question)
}

#[tokio::test]
async fn an_answer_of_the_wrong_kind_gets_the_reason_and_the_same_question() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    let link = invited(&world, &bo, "Ann Weber").await?;
    let ann = world.person("Ann", "Weber").await?;
    ann.opens(&link).await?;
    let first = ann.sees("question 1", |m| at(m, 1)).await?;

    // A picture, a file and a contact where words are wanted.
    ann.sends_photo().await?;
    let told = ann.sees("the reason and the same question", |m| at(m, 1) && m.text != first.text).await?;
    ensure!(told.says("words") || told.says("text"), "no reason:\n{told}");
    ann.sends_document("price.pdf", b"%PDF-1.4").await?;
    ann.sees("the same question after a file", |m| at(m, 1)).await?;
    ann.shares_contact(None).await?;
    ann.sees("the same question after a contact", |m| at(m, 1)).await?;
    ann.sends("A").await?;
    ann.sees("that it is too short", |m| at(m, 1) && m.says("short")).await?;
    ann.sends("Salon Anna").await?;
    let kinds = ann.sees("question 2", |m| at(m, 2)).await?;

    // Words where a button is wanted, and buttons of a question that is answered.
    ann.sends("Something else").await?;
    let again = ann.sees("the buttons again", |m| at(m, 2) && m.offers("Beauty salon")).await?;
    ann.presses_on(&again, "Beauty salon").await?;
    ann.sees("question 3", |m| at(m, 3)).await?;
    for old in [&again, &kinds] {
        let answer = ann.presses_as_seen(old, "Shop").await?;
        ensure!(answer.text.is_some(), "a stale press was not explained: {answer:?}");
    }
    world.settles().await?;
    ann.sends("Haircut – 35 €").await?;
    let fourth = ann.sees("question 4, of the salons", |m| at(m, 4)).await?;
    ensure!(fourth.offers("On the website"), "{fourth}");
    world.end().await
}

#[tokio::test]
async fn who_goes_back_to_the_phone_question_has_the_key_again() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    let link = invited(&world, &bo, "Ann Weber").await?;
    let ann = world.person("Ann", "Weber").await?;
    let shares_contact = |m: &Message| m.keys.iter().flatten().any(|key| key.shares_contact);
    ann.opens(&link).await?;
    ann.sees("question 1", |m| at(m, 1)).await?;
    ann.sends("Salon Anna").await?;
    ann.sees("question 2", |m| at(m, 2)).await?;
    ann.presses("Beauty salon").await?;
    ann.sees("question 3", |m| at(m, 3)).await?;
    ann.sends("Haircut – 35 €").await?;
    ann.sees("question 4", |m| at(m, 4)).await?;
    ann.presses("On the website").await?;
    ann.sees("question 5", |m| at(m, 5)).await?;
    ann.sends("Mon-Fri 9-18").await?;
    ann.sees("the key", shares_contact).await?;
    ann.sends("+49 30 901820").await?;
    ann.sees("question 7", |m| at(m, 7)).await?;
    ann.presses("Back").await?;
    ann.sees("the key again", shares_contact).await?;
    ann.shares_contact(None).await?;
    ann.sees("question 7 again", |m| at(m, 7)).await?;
    world.end().await
}

#[tokio::test]
async fn a_button_counts_once_and_yesterdays_says_that_things_moved_on() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    bo.begin().await?;
    world.gateway().push(&world.lead("Ann Weber")).await?;
    let card = bo.sees("a card for the lead", |m| m.offers("Take")).await?;
    let (once, twice) = tokio::try_join!(bo.presses_as_seen(&card, "Take"), bo.presses_as_seen(&card, "Take"))?;
    ensure!(once.text.is_some() && twice.text.is_some() && once.text != twice.text, "{once:?} {twice:?}");
    let fits = |m: &Message| m.says("Bo") && !m.offers("Take");
    let taken = bo.watches(&card, "that Bo has it", Duration::from_secs(10), fits).await?.value;

    world.emulator().ages(Duration::from_secs(26 * 3600)).await?;
    let stale = bo.presses_as_seen(&card, "Take").await?;
    ensure!(stale.text.as_ref().is_some_and(|text| text.contains("already")), "not today's state: {stale:?}");
    world.settles().await?;
    ensure!(bo.again(&card).await?.text == taken.text, "yesterday's button changed the card");
    let leads = world.hub().list(&["lead", "list"]).await?;
    ensure!(leads.len() == 1 && leads[0]["state"] == "taken", "{leads:?}");
    world.end().await
}

#[tokio::test]
async fn a_command_that_nobody_knows_is_answered_with_those_that_are() -> Result<()> {
    let world = World::start().await?;
    let bo = world.owner("Bo").await?;
    for line in [
        "/frobnicate",
        "what now?",
        "/lead",
        "/lead seventeen",
        "/lead 999",
        "/leads purple",
        "/alert 999",
        "/silence",
        "/provision",
    ] {
        bo.sends(line).await?;
        let answer = bo.sees(&format!("an answer to {line}"), |_| true).await?;
        ensure!(!answer.says("wrong on our side") && answer.text.len() > 20, "{line}:\n{answer}");
    }
    bo.sends("/frobnicate").await?;
    bo.sees("what there is", |m| m.says("/leads") && m.says("/whoami")).await?;
    world.settles().await?;
    ensure!(world.hub().list(&["dead-letter", "list"]).await?.is_empty());
    world.end().await
}
