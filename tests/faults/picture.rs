//! Kill -9 while a picture of figures is on its way: it waits in the database, and comes once.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use waas_world::{Message, Options, Person, World, until};

use super::{TAKEOVER, quick_heirs};

/// Until the picture is drawn and its call struck, on a slow machine.
const STRUCK: Duration = Duration::from_secs(30);

/// What becomes of the first call, and how many pictures may come of it.
const BLOWS: [(&str, usize); 3] = [
    // It is under way when the hub dies, and did nothing.
    ("hang", 1),
    // It was refused for the moment and waits for another attempt.
    ("fail", 1),
    // It arrived, and nobody lives to know.
    ("lose_answer", 2),
];

fn is_picture(message: &Message) -> bool {
    message.raw["photo"].is_array()
}

async fn pictures(bo: &Person) -> Result<usize> {
    Ok(bo.messages().await?.iter().filter(|m| is_picture(m)).count())
}

#[tokio::test]
async fn a_picture_on_its_way_is_brought_once_after_a_kill() -> Result<()> {
    let world = World::start_with(Options { no_limits: true, ..quick_heirs() }).await?;
    let bo = world.owner("Bo").await?;
    world.gateway().push(&world.lead("Ann Weber")).await?;
    bo.sees("a card for the lead", |m| m.says("Ann Weber")).await?;
    let mut database = world.database().await?;
    for (fault, most) in BLOWS {
        let before = pictures(&bo).await?;
        let hits = struck(&world, fault).await?;
        let rule = json!({"fault": fault, "method": "sendPhoto", "status": 502});
        world.emulator().fault(&rule).await?;
        bo.sends("/report leads").await?;
        until("the picture's call to be struck", STRUCK, async || {
            Ok((struck(&world, fault).await? > hits).then_some(()))
        })
        .await?;
        world.hub().kill9().await?;
        let waits = "select count(*) from outbox_pictures p join outbox o on o.id = p.outbox_id where o.state in ('waiting', 'sending')";
        let waits: i64 = sqlx::query_scalar(waits).fetch_one(&mut database).await?;
        ensure!(waits == 1, "{fault}: one picture waits, {waits} are there");
        world.emulator().no_faults().await?;
        world.hub().start().await?;
        until("the picture", TAKEOVER * 2, async || {
            let left =
                "select count(*) from outbox where call ->> 'method' = 'picture' and state in ('waiting', 'sending')";
            let left: i64 = sqlx::query_scalar(left).fetch_one(&mut database).await?;
            Ok((left == 0 && pictures(&bo).await? > before).then_some(()))
        })
        .await?;
        world.settles().await?;
        let came = pictures(&bo).await? - before;
        let unknown =
            "select unknown_sends::bigint from outbox where call ->> 'method' = 'picture' order by id desc limit 1";
        let unknown: i64 = sqlx::query_scalar(unknown).fetch_one(&mut database).await?;
        let explained = 1 + usize::try_from(unknown)?;
        ensure!(
            (1..=most).contains(&came) && came <= explained,
            "{fault}: {came} pictures, {unknown} sends are unknown"
        );
    }
    world.end().await
}

/// How many calls of that kind the fault met.
async fn struck(world: &World, fault: &str) -> Result<usize> {
    let calls = world.emulator().transcript().await?;
    Ok(calls.iter().filter(|call| call["method"] == "sendPhoto" && call["fault"] == fault).count())
}
