//! A chat with half a million buttons moves as fast as any other.

use anyhow::Result;
use waas_world::{Options, World};

use super::{bound, card_of, lead};

/// As many as a lively chat mints within the life of a button.
const MANY: i32 = 500_000;

/// The same button again and again, half of them of a card and half of messages that are none.
async fn many_buttons(world: &World, chat: i64) -> Result<()> {
    let mint = "insert into buttons (token, action, subject, args, card_id, card_version, chat_id, expires_at)
                select gen_random_uuid()::text, action, subject, args, case when n % 2 = 0 then card_id end,
                       case when n % 2 = 0 then card_version end, chat_id, expires_at
                from (select * from buttons where chat_id = $1 and card_id is not null limit 1) b,
                     generate_series(1, $2) n";
    let minted = sqlx::query(mint).bind(chat).bind(MANY).execute(&mut world.database().await?).await?;
    assert_eq!(minted.rows_affected(), u64::try_from(MANY)?);
    Ok(())
}

#[tokio::test]
async fn half_a_million_buttons_hold_up_neither_a_new_number_nor_a_bind() -> Result<()> {
    // What takes a second is a dead letter at once.
    let options = Options { no_limits: true, ..Options::default() };
    let options = options.set("HUB_TELEGRAM__TURN_DEADLINE", "1s").set("HUB_TELEGRAM__TURN_ATTEMPTS", "1");
    let world = World::start_with(options).await?;
    let bo = world.owner("Bo").await?;
    let before = world.group("group", "Ops", &[&bo], true).await?;
    bound(&before, &bo).await?;
    lead(&world, "Ann Weber").await?;
    before.shows("the card", card_of("Ann Weber")).await?;
    world.settles().await?;
    many_buttons(&world, before.id).await?;

    let ops = before.migrates(false).await?;
    let card = ops.shows("the card under its new number", card_of("Ann Weber")).await?;
    let answer = ops.pressed(&bo, &card, "Take").await?;
    assert!(!answer.text.unwrap_or_default().contains("elsewhere"));
    let card = ops.shows("who took it", |m| m.id == card.id && m.says("with Bo")).await?;
    world.settles().await?;
    many_buttons(&world, ops.id).await?;

    let new = world.group("group", "New", &[&bo], true).await?;
    bound(&new, &bo).await?;
    ops.shows("where it went", |m| m.says("“New”") && m.says("change nothing")).await?;
    let answer = ops.pressed(&bo, &card, "Onboard").await?;
    assert!(answer.text.unwrap_or_default().contains("elsewhere"));
    let there = new.shows("the card", |m| m.says("Ann Weber")).await?;
    assert!(there.says("with Bo"), "{there:?}");
    world.settles().await?;
    assert!(world.hub().list(&["dead-letter", "list"]).await?.is_empty(), "a turn took longer than a second");
    world.end().await
}
