//! Clients after *Submit*, over the Bot API: what they are told, asked and helped with, and what operators correct.

mod help;
mod mail;
mod reminders;
mod replies;
mod request;

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use waas_world::story::Story;
use waas_world::{Options, Person, World};

/// Longer means that what is waited for does not come.
const SOON: Duration = Duration::from_secs(15);

/// Ann sent in her survey; Bo's card of her lead offers *Provision*.
pub(crate) async fn submitted(world: &World) -> Result<Story<'_>> {
    let story = Story::begin(world, &world.mark(), |_| {}).await?;
    story.enrolled().await?;
    let link = story.lead_arrives().await?;
    story.survey_answered(&link).await?;
    Ok(story)
}

/// What limits would only slow down.
fn unhurried() -> Options {
    Options { no_limits: true, ..Options::default() }
}

/// Every message of the bot in a chat, whatever it says by now.
async fn from_bot(person: &Person) -> Result<Vec<String>> {
    let all = person.messages().await?;
    Ok(all.into_iter().filter(|m| m.from_bot).map(|m| m.text).collect())
}

/// The first lead as the command line shows it.
async fn lead(world: &World) -> Result<Value> {
    let leads = world.hub().list(&["lead", "list"]).await?;
    let id = leads[0]["id"].as_str().context("an id")?.to_owned();
    world.hub().json(&["lead", "show", &id]).await
}

/// How often something stands in the audit.
async fn audited(world: &World, act: &str, outcome: &str) -> Result<i64> {
    let mut database = world.database().await?;
    let count = "select count(*) from audit where act = $1 and outcome = $2";
    Ok(sqlx::query_scalar(count).bind(act).bind(outcome).fetch_one(&mut database).await?)
}
