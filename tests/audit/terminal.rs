//! `hub audit` and `/audit`; a hub that is killed while it links.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use sqlx::PgConnection;
use waas_world::luck::{self, Luck};
use waas_world::{Options, World, until};

use crate::bad_input::unhurried;

/// Longer means that it does not come.
const SOON: Duration = Duration::from_secs(30);

fn linking_soon() -> Options {
    unhurried().set("HUB_AUDIT__LINK_EVERY", "50ms")
}

async fn count(database: &mut PgConnection, which: &str) -> Result<i64> {
    let count = format!("select count(*) from audit where {which}");
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(database).await?)
}

async fn all_linked(world: &World) -> Result<()> {
    let mut database = world.database().await?;
    until("every entry to be linked", SOON, async || {
        Ok((count(&mut database, "position is null").await? == 0).then_some(()))
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn what_was_done_is_told_by_who_what_when_and_where_and_a_change_of_it_is_found() -> Result<()> {
    let world = World::start_with(linking_soon()).await?;
    let bo = world.owner("Bo").await?;
    let eva = world.member("Eva", "operator").await?;
    bo.begin().await?;
    world.gateway().push(&world.lead("Ann Weber")).await?;
    let card = bo.sees("a card for the lead", |m| m.offers("Take")).await?;
    bo.presses_on(&card, "Take").await?;
    world.settles().await?;
    let lead = world.hub().json(&["lead", "show", "1"]).await?;
    let id = lead["id"].as_str().context("an id")?.to_owned();

    let list = async |arguments: &[&str]| world.hub().list(&[&["audit", "list"][..], arguments].concat()).await;
    let taken = list(&["--subject", &id]).await?;
    let [take] = taken.as_slice() else { anyhow::bail!("{taken:?}") };
    ensure!(take["act"] == "lead.take" && take["outcome"] == "done" && take["name"] == "Bo", "{take}");
    ensure!(
        take["chat_id"] == bo.id && take["actor"].as_str() == Some(bo.id.to_string().as_str()),
        "where from and by whom: {take}"
    );
    ensure!(list(&["--by", "Bo", "--act", "lead.take", "--since", "1h"]).await?.len() == 1);
    ensure!(list(&["--by", &eva.id.to_string()]).await?.iter().all(|entry| entry["name"] == "Eva"));
    ensure!(list(&["--subject", "nothing:here"]).await?.is_empty());
    ensure!(list(&["--since", "2999-01-01T00:00:00Z"]).await?.is_empty());
    world.hub().cli(&["audit", "list", "--since", "lately"]).await?.expect(2)?;
    let first = world.hub().json(&["audit", "list", "--limit", "2"]).await?;
    let cursor = first["next"].as_str().context("there are more")?;
    let next = world.hub().json(&["audit", "list", "--limit", "2", "--cursor", cursor]).await?;
    let ids =
        |page: &Value| page["items"].as_array().cloned().unwrap_or_default().into_iter().map(|e| e["id"].as_i64());
    let both: Vec<Option<i64>> = ids(&first).chain(ids(&next)).collect();
    ensure!(both.len() == 4 && both.is_sorted_by(|a, b| a > b), "{both:?}");

    bo.sends("/audit").await?;
    let page = bo.sees("the audit", |m| m.says("Who did what") && m.says("lead taken")).await?;
    ensure!(page.says("Bo") && page.says("in private"), "{page}");
    bo.sends("/audit Eva").await?;
    let hers = bo.sees("hers alone", |m| m.says("Only: Eva")).await?;
    ensure!(hers.says("let into the team") && !hers.says("lead taken"), "{hers}");

    all_linked(&world).await?;
    let well = world.hub().json(&["audit", "verify"]).await?;
    ensure!(well["ok"] == true && well["waiting"] == 0 && well["broken"].is_null(), "{well}");
    let head = well["head"].as_str().context("a head")?.to_owned();
    world.hub().cli(&["audit", "verify", "--head", &head, "--from", &head]).await?.expect(0)?;
    world.hub().cli(&["audit", "verify", "--head", "what?"]).await?.expect(2)?;
    let mut database = world.database().await?;
    for done in [
        "alter table audit disable trigger user",
        "update audit set actor = '7' where act = 'lead.take'",
        "alter table audit enable trigger user",
    ] {
        sqlx::query(done).execute(&mut database).await?;
    }
    let told = world.hub().cli(&["audit", "verify", "--json"]).await?.expect(1)?.json()?;
    ensure!(told["ok"] == false && told["broken"]["fault"] == "changed", "{told}");
    world.end().await
}

#[tokio::test]
async fn pages_of_the_audit_are_turned_in_place() -> Result<()> {
    let world = World::start_with(linking_soon()).await?;
    let bo = world.owner("Bo").await?;
    for _ in 0..5 {
        world.hub().json(&["enrol", "--role", "viewer"]).await?;
    }
    let many = "insert into audit (actor_kind, actor, act, subject, outcome)
                select 'system', 'leads', 'lead.release', 'lead:' || n, 'done' from generate_series(1, 20) n";
    sqlx::query(many).execute(&mut world.database().await?).await?;
    bo.sends("/audit").await?;
    let page = bo.sees("the newest", |m| m.says("the hub itself") && m.offers("Older")).await?;
    ensure!(!page.offers("Newest"), "{page}");
    bo.presses_on(&page, "Older").await?;
    let page = bo.watches(&page, "older ones", SOON, |m| m.offers("Newest") && m.offers("Older")).await?.value;
    bo.presses_on(&page, "Older").await?;
    let page = bo.watches(&page, "the invitations", SOON, |m| m.says("invitation made")).await?.value;
    bo.presses_on(&page, "Newest").await?;
    bo.watches(&page, "the newest again", SOON, |m| !m.says("invitation made") && !m.offers("Newest")).await?;
    world.end().await
}

#[tokio::test]
async fn a_hub_killed_while_it_links_goes_on_with_one_chain() -> Result<()> {
    let mut luck = Luck::of("audit")?;
    let kills = luck::rounds(3, 30);
    let world = World::start_with(linking_soon()).await?;
    let mut database = world.database().await?;
    for _ in 0..kills {
        let many = "insert into audit (actor_kind, actor, act, subject, outcome, detail)
                    select 'person', n::text, 'lead.take', 'lead:' || n, 'done', jsonb_build_object('n', n)
                    from generate_series(1, 5000) n";
        let before = count(&mut database, "position is not null").await?;
        sqlx::query(many).execute(&mut database).await?;
        until("linking to begin", SOON, async || {
            Ok((count(&mut database, "position is not null").await? > before).then_some(()))
        })
        .await?;
        luck.moment(Duration::from_millis(150)).await;
        world.hub().crashes().await?;
    }
    all_linked(&world).await?;
    let found = world.hub().json(&["audit", "verify"]).await?;
    let rows = count(&mut database, "true").await?;
    ensure!(found["ok"] == true && found["checked"] == rows && rows >= 5000, "{rows} rows: {found}");
    world.end().await
}

#[tokio::test]
async fn what_was_done_with_a_lead_is_found_by_its_number_and_what_strangers_did_by_their_chat() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    for name in ["Ann Weber", "Eva Klein"] {
        world.gateway().push(&world.lead(name)).await?;
        let card = bo.sees("a card for the lead", |m| m.says(name) && m.offers("Take")).await?;
        let verb = if name == "Ann Weber" { "Take" } else { "Qualify" };
        bo.presses_on(&card, verb).await?;
    }
    world.settles().await?;
    for (asked, act, other) in
        [("/audit #1", "lead taken · #1", "qualified"), ("/audit 2", "lead qualified · #2", "taken")]
    {
        bo.begin().await?;
        bo.sends(asked).await?;
        let page = bo.sees("what was done with it", |m| m.says("Who did what")).await?;
        ensure!(page.says(act) && !page.says(other), "{asked}: {page}");
    }
    bo.begin().await?;
    bo.sends("/audit #99").await?;
    bo.sees("that there is nothing", |m| m.says("Nothing there")).await?;

    // A stranger is heard in a chat as well: a code that is none, tried by somebody whom nobody knows yet.
    let max = world.person("Max", "Fremd").await?;
    max.opens("enrol_nothing").await?;
    max.sees("that it does not work", |m| m.says("does not work")).await?;
    let tried = world.hub().list(&["audit", "list", "--act", "access.enrol", "--by", &max.id.to_string()]).await?;
    let [tried] = tried.as_slice() else { anyhow::bail!("{tried:?}") };
    ensure!(tried["outcome"] == "refused" && tried["chat_id"] == max.id, "{tried}");
    world.end().await
}
