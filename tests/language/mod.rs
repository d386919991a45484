//! People who speak different languages with one hub: menus, surveys, cards.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use waas_world::{Person, World, until};

use crate::bad_input::unhurried;
use crate::faults::invited;

/// Longer means that it does not come.
const SOON: Duration = Duration::from_secs(20);

/// Waits until somebody's menu describes a command so.
async fn menu_says(person: &Person, command: &str, does: &str) -> Result<()> {
    until(&format!("/{command} as “{does}” in the menu"), SOON, async || {
        let menu = person.described_menu().await?;
        Ok(menu.iter().any(|(name, says)| name == command && says == does).then_some(()))
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn a_client_is_asked_as_their_app_speaks_and_from_a_switch_on_as_they_chose() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    let link = invited(&world, &bo, "Ann Weber").await?;
    let ann = world.person_speaking("Ann", "Weber", "de").await?;
    menu_says(&ann, "cancel", "den laufenden Fragebogen abbrechen").await?;

    ann.opens(&link).await?;
    ann.sees("the first question in German", |m| m.says("Wie heißt Ihr Betrieb?") && m.offers("Abbrechen")).await?;
    ann.sends("Salon Anna").await?;
    ann.sees("the second question in German", |m| m.says("Was machen Sie?") && m.offers("Laden")).await?;

    ann.sends("/language ru").await?;
    ann.sees("the card in Russian", |m| m.says("Говорим по-русски")).await?;
    menu_says(&ann, "cancel", "прервать заполнение анкеты").await?;
    ann.sends("Laden").await?;
    let next = ann.sees("the next question in Russian", |m| m.says("Что вы предлагаете")).await?;
    ensure!(next.offers_all(&["Назад", "Отмена"]), "{next}");

    // The old card's buttons still work, and what they change is drawn in place.
    ann.sends("/language").await?;
    let card = ann.sees("the card again", |m| m.says("Говорим по-русски")).await?;
    let answer = ann.presses_on(&card, "Deutsch").await?;
    ensure!(answer.text.as_deref() == Some("Ab jetzt auf Deutsch."), "{:?}", answer.text);
    ann.finds("the same card in German", SOON, |m| m.id == card.id && m.says("Ich spreche Deutsch")).await?;
    ann.sends("Tee").await?;
    ann.sees("the next question in German", |m| m.says("Wie kommen Ihre Kunden an ihre Ware?")).await?;
    world.end().await
}

#[tokio::test]
async fn a_card_speaks_as_who_reads_it_alone_and_by_their_clock() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.person_speaking("Bo", "", "de").await?;
    let enrolled = world.hub().json(&["enrol", "--role", "owner"]).await?;
    let code = enrolled["code"].as_str().context("no code")?;
    bo.opens(&format!("enrol_{code}")).await?;
    bo.sees("a welcome in German", |m| m.says("Willkommen, Bo")).await?;
    menu_says(&bo, "leads", "wer eine Website möchte").await?;

    world.gateway().push(&world.lead("Ann Weber")).await?;
    let card = bo.sees("a card in German", |m| m.says("Bewertung:") && m.offers("Zurückrufen")).await?;
    let answer = bo.presses_on(&card, "Übernehmen").await?;
    ensure!(answer.text.as_deref() == Some("Sie haben die Anfrage übernommen."), "{:?}", answer.text);
    bo.finds("the card names its holder", SOON, |m| m.id == card.id && m.says("bei Bo")).await?;

    bo.sends("/language Asia/Tokyo").await?;
    bo.sees("the zone", |m| m.says("Uhrzeiten gelten für Asia/Tokyo")).await?;
    bo.sends("/language klingon").await?;
    bo.sees("what is not known", |m| m.says("„klingon“ kenne ich nicht")).await?;

    // Another language: the menu, and every card from its next change on.
    bo.sends("/language русский").await?;
    bo.sees("the card in Russian", |m| m.says("Говорим по-русски")).await?;
    menu_says(&bo, "leads", "кто хочет сайт").await?;
    bo.presses_on(&card, "Qualifizieren").await?;
    bo.finds("the lead's card in Russian", SOON, |m| m.id == card.id && m.says("ведёт Bo")).await?;
    world.end().await
}
