//! Leads that are none, too large, hostile, or said twice.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use waas_world::World;

/// Means something in HTML, in the templates, and in JSON.
const HOSTILE: &str = r#"<b>&"{{x}}"#;

#[tokio::test]
async fn what_is_no_lead_is_kept_whole_and_holds_up_nothing() -> Result<()> {
    let world = World::start().await?;
    let bo = world.owner("Bo").await?;
    bo.begin().await?;

    let mut nameless = world.lead("");
    nameless.as_object_mut().context("an object")?.remove("name");
    let mut unreachable = world.lead("Nobody");
    for way in ["phone", "email"] {
        unreachable.as_object_mut().context("an object")?.remove(way);
    }
    let mut huge = world.lead("Huge");
    huge["message"] = "x".repeat(300 * 1024).into();
    let sent: [(&str, Vec<u8>); 6] = [
        ("malformed", b"name=Anna&phone=1".to_vec()),
        ("malformed", b"[1, 2".to_vec()),
        ("malformed", vec![0xff, 0xfe, 0x00]),
        ("missing:name", nameless.to_string().into_bytes()),
        ("missing:", unreachable.to_string().into_bytes()),
        ("too_large", huge.to_string().into_bytes()),
    ];
    for (_, raw) in &sent {
        world.gateway().push_raw(raw).await?;
    }
    world.gateway().push(&world.lead("Ann Weber")).await?;
    bo.sees("the good lead behind the bad ones", |m| m.offers("Take") && m.says("Ann Weber")).await?;
    bo.sees("that something could not be read, and what to do", |m| m.says("/deadletters")).await?;
    world.settles().await?;

    let kept = world.hub().list(&["dead-letter", "list"]).await?;
    ensure!(kept.len() == sent.len(), "{} sent, {} kept: {kept:?}", sent.len(), kept.len());
    // Newest first.
    for ((reason, raw), letter) in sent.iter().zip(kept.iter().rev()) {
        ensure!(letter["source"] == "lead", "{letter}");
        ensure!(letter["reason"].as_str().is_some_and(|r| r.starts_with(reason)), "{reason} expected: {letter}");
        let id = letter["id"].as_str().context("an id")?;
        let whole = world.hub().json(&["dead-letter", "show", id]).await?;
        match std::str::from_utf8(raw) {
            Ok(text) => ensure!(whole["raw"] == text, "{id} is not whole"),
            Err(_) => ensure!(whole["raw_base64"] == "//4A", "{id} is not whole: {whole}"),
        }
    }
    ensure!(world.hub().list(&["lead", "list"]).await?.len() == 1);

    bo.sends("/deadletters").await?;
    bo.sees("the dead letters", |m| m.says("missing:name") && m.says("too_large")).await?;
    world.hub().cli(&["dead-letter", "show", &uuid::Uuid::nil().to_string()]).await?.expect(3)?;
    world.end().await
}

#[tokio::test]
async fn what_the_terminal_is_refused_has_its_exit_code_and_stands_in_the_audit() -> Result<()> {
    let world = World::start().await?;
    let bo = world.owner("Bo").await?;
    bo.begin().await?;
    world.member("Bo", "operator").await?;
    world.gateway().push(&world.lead("Ann Weber")).await?;
    bo.sees("the lead", |m| m.offers("Take")).await?;
    let hub = world.hub();
    hub.cli(&["lead", "reopen", "1"]).await?.expect(4)?;
    let refused = "select count(*) from audit where act = 'lead.reopen' and outcome = 'refused'";
    let refused: i64 = sqlx::query_scalar(refused).fetch_one(&mut world.database().await?).await?;
    ensure!(refused == 1, "{refused} refusals in the audit");
    // Two are called so.
    hub.cli(&["lead", "assign", "1", "bo"]).await?.expect(4)?;
    hub.cli(&["lead", "assign", "1", &bo.id.to_string()]).await?.expect(0)?;
    hub.cli(&["lead", "export", "--json"]).await?.expect(2)?;
    for gateway in ["one", "two"] {
        hub.json(&["key", "create", "--gateway", gateway]).await?;
    }
    let page = hub.json(&["key", "list", "--limit", "1"]).await?;
    let cursor = page["next"].as_str().context("a cursor")?;
    let rest = hub.json(&["key", "list", "--cursor", cursor]).await?;
    ensure!(page["items"][0]["gateway"] == "one" && rest["items"][0]["gateway"] == "two", "{page} {rest}");
    world.end().await
}

#[tokio::test]
async fn a_hostile_name_is_a_name_and_the_same_lead_twice_is_one() -> Result<()> {
    let world = World::start().await?;
    let bo = world.owner("Bo").await?;
    bo.begin().await?;
    let mut lead = world.lead(HOSTILE);
    lead["message"] = "</b></html>{% raw %} {{ 7 * 7 }} \u{202e}evil".into();
    lead["niche"] = "../../etc/passwd".into();
    lead["unknown"] = serde_json::json!({"kept": true});
    for _ in 0..3 {
        world.gateway().push(&lead).await?;
    }
    let card = bo.sees("the card with the name as it was typed", |m| m.text.contains(HOSTILE)).await?;
    ensure!(card.text.contains("{{ 7 * 7 }}"), "not literal:\n{card}");
    // Taken and told in every form: answer of the press, list, terminal.
    bo.presses_on(&card, "Take").await?;
    bo.watches(&card, "that Bo has it", std::time::Duration::from_secs(10), |m| m.says("Bo")).await?;
    bo.sends("/leads").await?;
    bo.sees("the list with the name", |m| m.text.contains(HOSTILE) && m.id != card.id).await?;
    let listed = world.hub().list(&["lead", "list"]).await?;
    ensure!(listed.len() == 1 && listed[0]["name"] == HOSTILE, "{listed:?}");
    world.gateway().push(&lead).await?;
    world.settles().await?;
    let again: Vec<Value> = world.hub().list(&["lead", "list"]).await?;
    ensure!(again == listed, "the same lead changed something: {again:?}");
    let cards = bo.messages().await?.iter().filter(|m| m.offers("Onboard")).count();
    ensure!(cards == 1, "one lead, {cards} cards");
    world.end().await
}
