//! Kill -9 around the moment at which a lead leaves Redis.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, ensure};
use waas_world::luck::{self, Luck};
use waas_world::{World, until};

use super::quick_heirs;

/// Pushed before each kill.
const BATCH: usize = 4;
/// The kill falls within this time of the pushes: before, while, or after they are taken and shown.
const SPAN: Duration = Duration::from_millis(250);

#[tokio::test]
async fn every_lead_has_one_card_however_often_the_hub_is_killed() -> Result<()> {
    let mut luck = Luck::of("leads")?;
    let kills = luck::rounds(4, 60);
    // All come from one source: what is said of a flood is another test's.
    let world = World::start_with(quick_heirs().set("HUB_LEADS__FLOOD_CARDS", "1000")).await?;
    let bo = world.owner("Bo").await?;

    let mut names = Vec::new();
    for kill in 0..kills {
        for n in 0..BATCH {
            let name = format!("Lead {kill}-{n} of many");
            let lead = world.lead(&name);
            world.gateway().push(&lead).await?;
            if luck.heads() {
                // Gateways may say things twice, before and after a kill alike.
                world.gateway().push(&lead).await?;
            }
            names.push(name);
        }
        luck.moment(SPAN).await;
        world.hub().crashes().await?;
    }

    // One a second goes to one chat.
    let patience = Duration::from_secs(30) + Duration::from_secs(2) * u32::try_from(names.len())?;
    world.settles_within(patience).await?;
    let mut stored: Vec<String> = Vec::new();
    for lead in world.hub().list(&["lead", "list", "--limit", "500"]).await? {
        stored.extend(lead["name"].as_str().map(str::to_owned));
    }
    stored.sort();
    names.sort();
    ensure!(stored == names, "pushed {names:?}, stored {stored:?}");

    // A message that went out in the instant of a kill may stand there twice, since nobody can know whether it arrived;
    // the hub counts those. Any other double is a fault.
    let mut database = world.database().await?;
    let unknown: i64 =
        sqlx::query_scalar("select coalesce(sum(unknown_sends), 0)::bigint from cards where kind = 'lead'")
            .fetch_one(&mut database)
            .await?;
    until("a card for every lead", Duration::from_secs(10), async || {
        let mut cards: BTreeMap<&str, i64> = BTreeMap::new();
        for message in bo.messages().await? {
            let about = names.iter().find(|name| message.says(name));
            *cards.entry(about.map_or("", String::as_str)).or_default() += 1;
        }
        cards.remove("");
        let doubles: i64 = cards.values().map(|count| count - 1).sum();
        ensure!(doubles <= unknown, "{doubles} cards too many, {unknown} explained: {cards:?}");
        Ok((cards.len() == names.len()).then_some(()))
    })
    .await?;
    world.end().await
}
