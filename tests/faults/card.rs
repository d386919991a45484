//! Kill -9 in a card's own course: however often its subject changes and its sender dies, one message lives and never shows
//! an older state than before.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use waas_world::luck::{self, Luck};
use waas_world::{Message, Options, Person, World, until};

use super::ack::{SILENCE, SLUG, heartbeat, is_alert};
use super::{TAKEOVER, quick_heirs};

/// First sends whose answer is lost: as many second copies.
const LOST: usize = 2;
/// A blow falls within this time of the beginning of its share of the changes.
const SPAN: Duration = Duration::from_millis(1500);

/// What a change is called; the timeline on the card shows the last ones.
fn name(state: usize) -> String {
    format!("change {state};")
}

/// The newest change that a text tells of.
fn newest(text: &str) -> Option<usize> {
    let told = text.split("change ").skip(1).filter_map(|rest| rest.split_once(';')?.0.parse().ok());
    told.max()
}

/// Silences the alert with a number as the reason and wakes it again: two changes by terminal, whether a hub runs or not.
async fn change(world: &World, alert: &str, state: usize) -> Result<()> {
    world.hub().cli(&["alert", "silence", alert, "--reason", &name(state)]).await?.expect(0)?;
    world.hub().cli(&["alert", "unsilence", alert]).await?.expect(0)?;
    Ok(())
}

/// What each message about the alert showed, state after state, as the Bot API server took it.
async fn courses(world: &World) -> Result<std::collections::BTreeMap<i64, Vec<usize>>> {
    let mut courses = std::collections::BTreeMap::<i64, Vec<usize>>::new();
    for call in world.emulator().transcript().await? {
        let took = call["verdict"] == "ok" && call["method"] == "editMessageText";
        let parameter = |name: &str| call["params"][name].clone();
        let number = |value: Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
        if let (true, Some(text)) = (took, parameter("text").as_str()) {
            let message = number(parameter("message_id")).context("an edit names its message")?;
            courses.entry(message).or_default().extend(newest(text));
        }
    }
    Ok(courses)
}

async fn about(bo: &Person) -> Result<Vec<Message>> {
    Ok(bo.messages().await?.into_iter().filter(|m| m.from_bot && m.says(SLUG)).collect())
}

#[tokio::test]
async fn a_card_has_one_living_message_whose_state_never_goes_back() -> Result<()> {
    let mut luck = Luck::of("card")?;
    let (changes, kills) = (luck::rounds(20, 500), luck::rounds(2, 20));
    let options = quick_heirs().set("HUB_TELEMETRY__MISSED_LEAST", "1s");
    let world = World::start_with(Options { no_limits: true, ..options }).await?;
    let bo = world.owner("Bo").await?;
    world.hub().cli(&["tenant", "register", SLUG, "--domain", "far-away.example"]).await?.expect(0)?;
    bo.begin().await?;
    heartbeat(&world, &mut 0).await?;
    world
        .emulator()
        .fault(&serde_json::json!({"fault": "lose_answer", "method": "sendMessage", "count": LOST}))
        .await?;
    until("the card and its second copies", SILENCE, async || {
        Ok((about(&bo).await?.iter().filter(|m| is_alert(m)).count() == LOST + 1).then_some(()))
    })
    .await?;
    world.settles().await?;
    let (_, metrics) = world.hub().get("/metrics").await?;
    let counted = format!("hub_outbox_unknown_total {LOST}");
    ensure!(metrics.lines().any(|line| line == counted), "{counted} expected:\n{metrics}");

    let open = world.hub().list(&["alert", "list"]).await?;
    let alert = open.first().context("an open alert")?["number"].to_string();
    let share = changes / kills;
    for kill in 0..kills {
        let shares = async {
            for state in kill * share..(kill + 1) * share {
                change(&world, &alert, state + 1).await?;
            }
            anyhow::Ok(())
        };
        let blow = async {
            luck.moment(SPAN).await;
            world.hub().crashes().await
        };
        let (changed, restarted) = tokio::join!(shares, blow);
        changed.with_context(|| format!("after {kill} kills"))?;
        restarted?;
        eprintln!("card: {} of {} changes, {} kills", (kill + 1) * share * 2, changes * 2, kill + 1);
    }

    let last = changes;
    let shows_the_last = |m: &Message| newest(&m.text) == Some(last) && m.offers_all(&["Ack", "Silence"]);
    let living = bo.finds("the last state", TAKEOVER, shows_the_last).await?.value;
    world.settles().await?;
    let all = about(&bo).await?;
    let alive: Vec<&Message> = all.iter().filter(|m| newest(&m.text).is_some()).collect();
    ensure!(alive.len() == 1 && alive[0].id == living.id, "one card, {} messages live: {alive:?}", alive.len());
    let mut edits = 0;
    for (message, course) in courses(&world).await? {
        ensure!(course.is_sorted(), "message {message} went back: {course:?}");
        edits += course.len();
    }

    ensure!(edits > 0, "no edit was found in the transcript: nothing is known of their order");

    // Each orphan is a send whose outcome the hub counted as unknown, and nothing else is.
    let orphans = all.len() - 1;
    let mut database = world.database().await?;
    let unknown: i64 = sqlx::query_scalar("select unknown_sends::bigint from cards where kind = 'alert'")
        .fetch_one(&mut database)
        .await?;
    ensure!(i64::try_from(orphans)? == unknown && orphans == LOST, "{orphans} orphans, {unknown} sends are unknown");
    eprintln!("card: {} changes, {kills} kills, {edits} edits seen, {orphans} orphans, all counted", changes * 2);
    world.end().await
}
