//! Replies of operators to cards.

use anyhow::{Result, ensure};
use waas_world::World;

use super::{SOON, from_bot, lead, unhurried};

#[tokio::test]
async fn a_reply_to_a_leads_card_is_a_note_and_other_cards_say_what_can_be_done() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    for name in ["Ann Weber", "Zoe Stern"] {
        world.gateway().push(&world.lead(name)).await?;
        bo.finds("the card", SOON, |m| m.says(name)).await?;
    }
    let card = bo.finds("Ann's card", SOON, |m| m.says("Ann Weber") && m.offers("Take")).await?.value;
    bo.replies(&card, "Prefers <i>mornings</i>").await?;
    let noted = bo.sees("that it is noted", |m| m.offers("History")).await?;
    bo.presses_on(&noted, "History").await?;
    bo.sees("it in the history", |m| m.says("Prefers <i>mornings</i>") && m.says("Ann Weber")).await?;

    // A question about one lead stays open while another lead's card is replied to.
    bo.presses_on(&card, "Reject").await?;
    bo.sees("why", |m| m.says("Why was the lead of Ann Weber closed?")).await?;
    let other = bo.finds("Zoe's card", SOON, |m| m.says("Zoe Stern") && m.offers("Take")).await?.value;
    bo.replies(&other, "Met at the fair").await?;
    bo.sees("that it is noted", |m| m.offers("History")).await?;
    bo.sends("Has a site already").await?;
    bo.finds("the reason on Ann's card", SOON, |m| m.says("Ann Weber") && m.says("Why: Has a site already")).await?;
    let shown = world.hub().list(&["lead", "list"]).await?;
    ensure!(shown.len() == 2);

    bo.replies_with_photo(&other).await?;
    bo.sees("that only text is noted", |m| m.says("Only text")).await?;
    bo.sends("/leads").await?;
    let list = bo.sees("the list", |m| m.says("Zoe Stern") && m.says("newest first")).await?;
    bo.replies(&list, "a note?").await?;
    bo.sees("what can be done", |m| m.says("takes no replies")).await?;
    ensure!(!lead(&world).await?["history"].to_string().contains("a note?"));

    // Somebody without rights cannot note anything by replying either.
    let max = world.person("Max", "Fremd").await?;
    max.sends("/start").await?;
    let greeting = max.sees("a greeting", |_| true).await?;
    max.replies(&greeting, "a note").await?;
    max.sees("a greeting", |_| true).await?;
    ensure!(from_bot(&bo).await?.iter().all(|text| !text.contains("a note\n")));
    world.end().await
}
