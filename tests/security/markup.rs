//! SEC5: what people write is text, wherever it is shown and wherever it is cut.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use waas_world::{Message, World};

/// Names that are markup, markup that is broken, and a name that summons somebody.
const NAMES: [&str; 8] = [
    "<b>Bold</b>",
    "</a><a href=\"tg://user?id=1\">Click me</a>",
    "&lt;script&gt; &amp; &#60;",
    "<tg-spoiler>unclosed",
    "@admin please",
    "[a](tg://user?id=1) *b* _c_ `d`",
    "\"><img src=x>",
    "</pre></code></b>&",
];

/// Links in a message that lead anywhere else than their own words say: to an account, or behind a text.
fn hidden_links(message: &Message) -> Vec<Value> {
    let entities = message.raw["entities"].as_array().into_iter().flatten();
    let hides = |entity: &&Value| matches!(entity["type"].as_str(), Some("text_link" | "text_mention"));
    entities.filter(hides).cloned().collect()
}

#[tokio::test]
async fn sec5_a_hostile_name_is_text_and_no_link_of_its_own() -> Result<()> {
    let world = World::start().await?;
    let bo = world.owner("Bo").await?;
    for name in NAMES {
        bo.begin().await?;
        world.gateway().push(&world.lead(name)).await?;
        let card = bo.sees("the card, with the name as it was typed", |m| m.text.contains(name)).await?;
        ensure!(hidden_links(&card).is_empty(), "{name}: {:?}", hidden_links(&card));
        let links = card.buttons.iter().flatten().filter_map(|b| b.url.as_deref());
        for link in links {
            ensure!(!link.starts_with("tg:"), "{name}: a button leads to {link}");
        }
    }
    ensure!(world.hub().list(&["dead-letter", "list"]).await?.is_empty());
    world.end().await
}

#[tokio::test]
async fn sec5_a_long_text_cut_within_a_tag_or_an_entity_stays_text() -> Result<()> {
    let world = World::start().await?;
    let bo = world.owner("Bo").await?;
    // Wherever the card cuts, it cuts within one of them.
    for (n, filling) in ["<b>&amp;", "</a><a href=\"tg://user?id=1\">x</a>", "&lt;", "👩‍👩‍👧‍👦<i>"].into_iter().enumerate()
    {
        let mut lead = world.lead(&format!("Long {n}"));
        lead["message"] = filling.repeat(5_000 / filling.len() + 1).into();
        bo.begin().await?;
        world.gateway().push(&lead).await?;
        let card = bo.sees("the card", |m| m.offers("Take") && m.says(&format!("Long {n}"))).await?;
        ensure!(hidden_links(&card).is_empty(), "{filling}: {:?}", hidden_links(&card));
        let first = filling.chars().next().context("a filling")?;
        ensure!(card.text.contains(first), "nothing of it is shown:\n{card}");
    }
    world.settles().await?;
    ensure!(world.hub().list(&["dead-letter", "list"]).await?.is_empty());
    world.end().await
}
