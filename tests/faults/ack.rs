//! Kill -9 between the press of *Ack* and the edit of its card.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use waas_world::luck::{self, Luck};
use waas_world::{Message, World, until};

use super::{TAKEOVER, quick_heirs};

pub(super) const SLUG: &str = "far_away";

/// From the last heartbeat to its card: three intervals of a second, a look, and a slow machine.
pub(super) const SILENCE: Duration = Duration::from_secs(20);

/// One heartbeat of a tenant that runs elsewhere; repeated until it is noticed, since who listens to a channel begins
/// some time after the start.
pub(super) async fn heartbeat(world: &World, seq: &mut u64) -> Result<()> {
    heartbeat_of(world, SLUG, seq).await
}

/// The same of another tenant.
pub(super) async fn heartbeat_of(world: &World, slug: &str, seq: &mut u64) -> Result<()> {
    until("a heartbeat to arrive", Duration::from_secs(15), async || {
        *seq += 1;
        let beat = json!({
            "type": "heartbeat", "service": "backend", "boot": "one", "seq": *seq, "version": "1",
            "ts": chrono::Utc::now().to_rfc3339(), "uptime_s": 1, "interval_s": 1,
        });
        world.gateway().publish(slug, &beat).await?;
        let shown = world.hub().json(&["tenant", "show", slug]).await?;
        Ok((shown["health"] == "up").then_some(()))
    })
    .await?;
    Ok(())
}

pub(super) fn is_alert(message: &Message) -> bool {
    message.offers_all(&["Ack", "Resolve"]) && message.says(SLUG)
}

#[tokio::test]
async fn an_ack_counts_once_and_reaches_its_card_whenever_the_hub_is_killed() -> Result<()> {
    let mut luck = Luck::of("ack")?;
    let world = World::start_with(quick_heirs().set("HUB_TELEMETRY__MISSED_LEAST", "1s")).await?;
    let bo = world.owner("Bo").await?;
    world.hub().cli(&["tenant", "register", SLUG, "--domain", "far-away.example"]).await?.expect(0)?;
    let mut seq = 0;
    for _ in 0..luck::rounds(2, 40) {
        bo.begin().await?;
        heartbeat(&world, &mut seq).await?;
        let card = bo.sees_within("a card for the silence", SILENCE, is_alert).await?.value;

        let killed = async {
            luck.moment(Duration::from_millis(60)).await;
            world.hub().crashes().await
        };
        // Whether the press itself is answered nobody can promise in such a moment.
        let (_, restarted) = tokio::join!(bo.presses_on(&card, "Ack"), killed);
        restarted?;
        // On the card that is pressed, or on its second copy: a kill before the first send is recorded leaves two, and the
        // one that is no card any more points to the other.
        let has_it = |m: &Message| m.says(SLUG) && m.says("Bo has it") && m.offers("Unack");
        let acked = bo.finds("that Bo has it", TAKEOVER, has_it).await?.value;
        let open = world.hub().list(&["alert", "list"]).await?;
        ensure!(open.len() == 1, "one silence, {} alerts: {open:?}", open.len());
        ensure!(open[0]["status"] == "acked" && open[0]["acked_by"] == "Bo", "{}", open[0]);
        let timeline = world.hub().json(&["alert", "show", &open[0]["number"].to_string()]).await?;
        let acks = timeline["timeline"].as_array().into_iter().flatten();
        let acks = acks.filter(|entry| entry["event"].as_str().is_some_and(|e| e.contains("ack"))).count();
        ensure!(acks == 1, "pressed once, counted {acks} times: {timeline}");

        heartbeat(&world, &mut seq).await?;
        bo.watches(&acked, "the same card at rest", TAKEOVER, |m| !m.offers("Resolve")).await?;
    }
    world.end().await
}
