//! Names and domains that are taken, malformed, or an attack.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use waas_world::World;

use super::unhurried;

/// Names that can be none, with why.
const SLUGS: [&str; 9] = [
    "../../etc",
    "$(id)",
    "`id`",
    "a",
    "Salon",
    "new.salon",
    "9lives",
    "surveys",
    "name-that-is-much-too-long-for-a-slug",
];

/// Domains that can be none.
const DOMAINS: [&str; 11] = [
    "127.0.0.1",
    "[::1]",
    "new-salon.de:8080",
    "*.new-salon.de",
    "salon",
    "../etc/passwd",
    "$(id).de",
    "new salon.de",
    "http://new-salon.de",
    "-salon.de",
    "salon..de",
];

#[tokio::test]
async fn by_terminal_a_bad_name_is_wrong_usage_and_a_taken_one_is_refused() -> Result<()> {
    let world = World::start().await?;
    let before = world.inventory().await?;
    let hub = world.hub();
    let plan = async |slug: &str, domain: &str| {
        hub.cli(&["init-project", "--type", "fastapi", "--client", slug, "--domain", domain, "--plan", "--json"]).await
    };
    for slug in SLUGS {
        let told = plan(slug, "new-salon.de").await?.expect(2).context("a bad slug")?;
        ensure!(told.stdout.is_empty() && told.stderr.len() > 10, "{slug}: {told:?}");
    }
    for domain in DOMAINS {
        let told = plan("new_salon", domain).await?.expect(2).context("a bad domain")?;
        ensure!(told.stdout.is_empty() && told.stderr.len() > 10, "{domain}: {told:?}");
    }
    let unknown = ["init-project", "--type", "cobol", "--client", "new_salon", "--domain", "new-salon.de", "--plan"];
    hub.cli(&unknown).await?.expect(2)?;

    hub.cli(&["tenant", "register", "taken_one", "--domain", "taken.example"]).await?.expect(0)?;
    plan("taken_one", "free.example").await?.expect(4)?;
    // The same host label is the same name.
    plan("taken-one", "free.example").await?.expect(4)?;
    plan("free_one", "taken.example").await?.expect(4)?;
    plan("free_one", "TAKEN.example").await?.expect(4)?;

    let shown = plan("free_one", "free.example").await?.expect(0)?.json()?;
    ensure!(shown["slug"] == "free_one" && shown["domain"] == "free.example", "{shown}");
    ensure!(shown["containers"].as_array().is_some_and(|c| c.len() == 5), "{shown}");
    let idn = plan("free_two", "sälon.example").await?.expect(0)?.json()?;
    ensure!(idn["domain"] == "xn--slon-loa.example", "{idn}");
    // Without a terminal nobody can be asked.
    hub.cli(&["init-project", "--type", "fastapi", "--client", "free_one", "--domain", "free.example"])
        .await?
        .expect(2)?;

    // Looking changed nothing.
    ensure!(
        world.inventory().await? == before,
        "a plan left something: {:?}",
        world.inventory().await?.beyond(&before)
    );
    let tenants = hub.list(&["tenant", "list"]).await?;
    ensure!(tenants.len() == 1, "{tenants:?}");
    ensure!(hub.list(&["job", "list"]).await?.is_empty(), "a plan began a job");
    world.end().await
}

#[tokio::test]
async fn by_chat_a_bad_name_is_explained_and_a_plan_is_edited_in_place() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    let hub = world.hub();
    hub.cli(&["tenant", "register", "taken_one", "--domain", "taken.example"]).await?.expect(0)?;
    let slugs = SLUGS.map(|slug| format!("/provision fastapi {slug} new-salon.de"));
    let domains = ["127.0.0.1", "new-salon.de:8080", "*.new-salon.de", "$(id).de"];
    let domains = domains.map(|domain| format!("/provision fastapi new_salon {domain}"));
    let others = [
        "/provision fastapi taken_one free.example",
        "/provision fastapi free_one taken.example",
        "/provision fastapi fastapi free.example",
        "/provision cobol free_one free.example",
        "/provision fastapi free_one free.example and more",
    ];
    let others = others.map(str::to_owned);
    for line in slugs.into_iter().chain(domains).chain(others) {
        bo.sends(&line).await?;
        let answer = bo.sees(&format!("why not {line}"), |m| !m.offers("Confirm")).await?;
        ensure!(!answer.says("wrong on our side"), "{line} broke something:\n{answer}");
        ensure!(answer.text.len() > 30, "{line} is not explained:\n{answer}");
    }
    ensure!(hub.list(&["dead-letter", "list"]).await?.is_empty());

    // A plan edited: into something bad, which changes nothing, and into something good.
    bo.sends("/provision fastapi free_one free.example").await?;
    bo.sees("the plan", |m| m.offers_all(&["Confirm", "Cancel"])).await?;
    for (button, bad, good) in
        [("Change name", "../../etc", "other_one"), ("Change domain", "$(id).de", "other.example")]
    {
        bo.presses(button).await?;
        bo.sees("a question", |m| !m.offers("Confirm")).await?;
        bo.sends(bad).await?;
        bo.sees("why not", |m| !m.offers("Confirm") && m.text.contains(bad)).await?;
        // The question is still open.
        bo.sends(good).await?;
        bo.sees("the plan with it", |m| m.offers("Confirm") && m.says(good)).await?;
    }
    let plan = bo.finds("the plan", Duration::from_secs(5), |m| m.offers("Confirm")).await?.value;
    ensure!(plan.says("other_one") && plan.says("other.example") && !plan.says("free"), "{plan}");

    // Put aside, nothing was made, and its buttons are only history.
    bo.presses_on(&plan, "Cancel").await?;
    bo.watches(&plan, "that it was put aside", Duration::from_secs(10), |m| !m.offers("Confirm")).await?;
    let stale = bo.presses_as_seen(&plan, "Confirm").await?;
    ensure!(stale.text.is_some(), "a press on a plan put aside was not explained");
    ensure!(hub.list(&["job", "list"]).await?.is_empty(), "a plan put aside began a job");
    ensure!(hub.list(&["tenant", "list"]).await?.len() == 1);
    world.end().await
}
