//! Figures as a picture: in the chat, in a group, in a file, and in three languages.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use waas_world::{Message, Options, Person, World};

/// Longer means that it does not come.
const SOON: Duration = Duration::from_secs(20);

async fn world() -> Result<World> {
    World::start_with(Options { no_limits: true, ..Options::default() }).await
}

/// An operator whose app speaks this language.
async fn speaker(world: &World, name: &str, language: &str, role: &str) -> Result<Person> {
    let person = world.person_speaking(name, "", language).await?;
    let enrolled = world.hub().json(&["enrol", "--role", role]).await?;
    person.opens(&format!("enrol_{}", enrolled["code"].as_str().context("no code")?)).await?;
    person.sees("a welcome", |m| m.says(name)).await?;
    Ok(person)
}

async fn leads(world: &World, bo: &Person, count: usize) -> Result<()> {
    for nth in 0..count {
        let name = format!("Person {nth}");
        world.gateway().push(&world.lead(&name)).await?;
        bo.finds("its card", SOON, |m| m.says(&name) && m.offers("Take")).await?;
    }
    Ok(())
}

fn is_picture(message: &Message) -> bool {
    // Wide enough for a phone, and high.
    let sizes = message.raw["photo"].as_array().into_iter().flatten();
    sizes.filter(|size| size["width"] == 1080 && size["height"].as_i64().is_some_and(|height| height > 600)).count() > 0
}

#[tokio::test]
async fn each_reads_the_figures_in_their_own_language_and_the_group_in_the_houses() -> Result<()> {
    let world = world().await?;
    let bo = speaker(&world, "Bo", "en", "owner").await?;
    let (jan, olga) =
        (speaker(&world, "Jan", "de", "operator").await?, speaker(&world, "Olga", "ru", "operator").await?);
    bo.sends("/report leads").await?;
    bo.sees("that there is nothing to see", |m| m.says("None came.") && m.raw["photo"].is_null()).await?;
    leads(&world, &bo, 2).await?;
    for (person, words) in [(&bo, "By source"), (&jan, "Nach Quelle"), (&olga, "По источникам")] {
        person.sends("/report leads 24h").await?;
        let told = person.sees("a picture with words below it", is_picture).await?;
        ensure!(told.says(words) && told.says("gateway.example"), "{told}");
    }
    let ops = world.group("forum", "Ops", &[&bo], true).await?;
    ops.hears(&bo, None, "/bind").await?;
    ops.shows("that it is bound", |m| m.says("operators’ chat now")).await?;
    ops.hears(&bo, None, "/report leads 30d").await?;
    let told = ops.shows("a picture", is_picture).await?;
    ensure!(told.says("By source"), "{told}");
    world.end().await
}

#[tokio::test]
async fn a_terminal_gets_the_picture_as_a_file() -> Result<()> {
    let world = world().await?;
    let bo = world.owner("Bo").await?;
    let file = world.data_dir().with_file_name("leads.png");
    let plot = file.display().to_string();
    let nothing = world.hub().cli(&["lead", "stats", "--plot", &plot]).await?.expect(0)?;
    ensure!(nothing.stderr.contains("nothing to draw") && !file.exists(), "{}", nothing.stderr);
    leads(&world, &bo, 1).await?;
    let figures = world.hub().json(&["lead", "stats", "--plot", &plot]).await?;
    ensure!(figures["all"]["count"] == 1, "{figures}");
    ensure!(std::fs::read(&file)?.starts_with(b"\x89PNG"), "a picture");
    world.hub().cli(&["lead", "stats", "--plot", "/no/such/folder/leads.png"]).await?.expect(1)?;
    world.end().await
}
