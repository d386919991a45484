//! A hub whose people are in the middle of a survey of text questions.
//!
//! The survey is data over the shipped one (`HUB_SHARE_DIR`): the peers' three questions, again and again, since a survey
//! of the hub's ends and theirs begins anew. Ann gets it as everybody does, by a lead and its link. All others are copies
//! of her rows: thousands of opened links are not what is measured.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::world::{Options, World};

/// What one person answers at most: the last question of the survey is never answered.
pub(super) const TEXTS: usize = 60;
/// People of one run.
const CROWD: i64 = 3000;
/// How many runs there can be.
const RUNS: i64 = 12;
/// The first of them; the emulator gives other numbers.
const FIRST: i64 = 5_000_000_000;

const QUESTIONS: [&str; 3] =
    ["1/3 What is your business called?", "2/3 Which city is it in?", "3/3 Which number may we print?"];

/// A world whose hub is stopped and knows all people.
pub(super) async fn world(repository: &Path) -> Result<World> {
    let share = repository.join("target/peers/share");
    std::fs::create_dir_all(share.join("dialogues"))?;
    std::fs::write(share.join("dialogues/onboarding.toml"), survey())?;
    let options = Options { no_limits: true, ..Options::default() };
    let world = super::super::world_with(options.set("HUB_SHARE_DIR", &share.display().to_string())).await?;
    if let Err(error) = populate(&world).await {
        world.abandon().await?;
        return Err(error);
    }
    Ok(world)
}

/// The hub's settings while it talks to `measure`.
pub(super) fn settings(world: &World) -> Result<Vec<(String, String)>> {
    let (_, usual) = world.hub().command();
    let api = format!("http://127.0.0.1:{}", world.spare_port());
    let webhook = [
        ("HUB_TELEGRAM__MODE", "webhook".to_owned()),
        ("HUB_TELEGRAM__WEBHOOK_SECRET", "a-secret_of-this-run".to_owned()),
        ("HUB_TELEGRAM__API_URL", api),
        // As a service manager keeps it: not in the way of what is printed.
        ("HUB_LOG__FILTER", "warn".to_owned()),
    ];
    Ok(usual.iter().cloned().chain(webhook.map(|(name, value)| (name.to_owned(), value))).collect())
}

/// What `measure` must be told about a hub: who it is, and who of its people talk in this run.
pub(super) fn arguments(settings: &[(String, String)], run: i64) -> Result<Vec<String>> {
    let of = |name: &str| {
        let found = settings.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).with_context(|| format!("no {name}"))
    };
    let listen = of("HUB_TELEGRAM__API_URL")?.trim_start_matches("http://");
    anyhow::ensure!(run < RUNS, "there are people for {RUNS} runs only");
    let first = FIRST + run * CROWD;
    let told = ["--plain", "--asked", "1", "--listen", listen, "--token", of("HUB_TELEGRAM__TOKEN")?, "--first-chat"];
    Ok(told.into_iter().map(str::to_owned).chain([first.to_string()]).collect())
}

async fn populate(world: &World) -> Result<()> {
    world.hub().start().await?;
    let bo = world.owner("Bo").await?;
    world.gateway().push(&world.lead("Ann Weber")).await?;
    let card = bo.sees("a card for the lead", |m| m.offers("Onboard")).await?;
    bo.presses_on(&card, "Onboard").await?;
    let link = bo.sees("the link to forward", |m| m.text.contains("start=onb_")).await?;
    let ann = world.person("Ann", "Weber").await?;
    ann.opens(&link.deep_link("onb_").context("the link has no token")?).await?;
    ann.sees("the first question", |m| m.says(QUESTIONS[0])).await?;
    world.settles().await?;
    world.hub().stop().await?;
    let mut database = world.database().await?;
    for copies in COPIES {
        let query = sqlx::query(copies).bind(ann.id).bind(FIRST).bind(CROWD * RUNS);
        query.execute(&mut database).await.context("people cannot be copied")?;
    }
    Ok(())
}

/// $1 is copied for $3 people, from number $2 on.
const COPIES: [&str; 2] = [
    "insert into people
     select copy.* from people p, generate_series(0::bigint, $3 - 1) n,
            jsonb_populate_record(p, jsonb_build_object('id', $2 + n)) copy
     where p.id = $1",
    "insert into survey_sessions
     select copy.* from survey_sessions s, generate_series(0::bigint, $3 - 1) n,
            jsonb_populate_record(s, jsonb_build_object(
              'id', gen_random_uuid(), 'subject', gen_random_uuid(), 'person_id', $2 + n,
              'token_hash', '\\x' || encode(sha256(n::text::bytea), 'hex'))) copy
     where s.person_id = $1",
];

/// The questions as a dialogue; one more than is answered.
fn survey() -> String {
    let mut text = String::from(
        "name = \"onboarding\"\nversion = 1000\nlocales = [\"en\"]\nintro.en = \"Hello!\"\nreview.en = \"All right?\"\n\
         done.en = \"Thank you!\"\ncancelled.en = \"Another time.\"\n",
    );
    for (nth, question) in QUESTIONS.iter().cycle().take(TEXTS + 1).enumerate() {
        text.push_str(&format!(
            "\n[[step]]\nid = \"q{nth}\"\nkind = \"text\"\nlabel.en = \"Answer {nth}\"\ntext.en = \"{question}\"\n"
        ));
    }
    text
}
