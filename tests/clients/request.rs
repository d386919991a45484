//! Before anything is built: an answer is corrected, a request is refused.

use std::time::Duration;

use anyhow::{Result, ensure};
use waas_world::World;

use super::{SOON, audited, from_bot, lead, submitted, unhurried};

/// From *Confirm* until everything is taken back, on a busy machine.
const UNDONE: Duration = Duration::from_secs(120);

#[tokio::test]
async fn an_operator_corrects_an_answer_by_the_rules_of_the_survey_and_the_plan_uses_it() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let story = submitted(&world).await?;
    let (ann, bo) = (&story.ann, &story.bo);
    bo.presses("Provision").await?;
    let old = bo.sees("the plan", |m| m.offers("Confirm")).await?;
    ensure!(old.says(&story.domain), "{old}");

    bo.presses("Answers").await?;
    let answers = bo.sees("the answers", |m| m.offers("Correct")).await?;
    bo.presses_on(&answers, "Correct").await?;
    bo.sees("which one", |m| m.offers_all(&["Business name", "E-mail"])).await?;
    bo.presses("E-mail").await?;
    bo.sees("the question anew", |m| m.offers("Cancel") && !m.offers("Back")).await?;
    bo.sends("no address").await?;
    bo.sees("why not", |m| m.says("does not look like an e-mail address")).await?;
    bo.sends("anna@other.example").await?;
    let done = bo.sees("that it is corrected", |m| m.says("Corrected")).await?;
    ensure!(done.says("ann@new-salon.example") && done.says("anna@other.example"), "{done}");
    // The plan of before agrees to nothing any more.
    let aside = bo.finds("that plan put aside", SOON, |m| m.id == old.id && !m.offers("Confirm")).await?.value;
    let stale = bo.presses_as_seen(&old, "Confirm").await?;
    ensure!(stale.text.is_some(), "{aside}");

    // A new value that opens another question asks it before it counts.
    bo.presses_on(&done, "Correct").await?;
    bo.sees("which one", |m| m.offers("Kind of business")).await?;
    bo.presses("Kind of business").await?;
    bo.sees("the trades", |m| m.offers("Trades and installation")).await?;
    bo.presses("Trades and installation").await?;
    bo.sees("where they work", |m| m.says("Where do you work?")).await?;
    ensure!(audited(&world, "survey.correct", "done").await? == 1, "it counted too early");
    bo.sends("Berlin").await?;
    let done = bo.sees("that it is corrected", |m| m.says("Corrected") && m.says("Berlin")).await?;

    let domain = format!("other-{}.localhost", world.mark());
    bo.presses_on(&done, "Correct").await?;
    bo.sees("which one", |m| m.offers("Web address")).await?;
    bo.presses("Web address").await?;
    bo.sees("the question", |m| m.offers("Cancel")).await?;
    bo.sends(&domain).await?;
    bo.sees("that it is corrected", |m| m.says("Corrected") && m.says(&domain)).await?;
    bo.presses("Provision").await?;
    let plan = bo.sees("the new plan", |m| m.offers("Confirm")).await?;
    ensure!(plan.says(&domain) && !plan.says(&story.domain), "{plan}");

    let history = lead(&world).await?["history"].to_string();
    ensure!(history.contains("ann@new-salon.example → anna@other.example"), "{history}");
    let mut database = world.database().await?;
    let kept = "select was #>> '{}' from survey_answer_changes where step = 'email'";
    let was: String = sqlx::query_scalar(kept).fetch_one(&mut database).await?;
    ensure!(was == "ann@new-salon.example", "{was}");
    ensure!(ann.messages().await?.iter().all(|m| !m.says("Corrected")), "that is the operators' business");
    drop(story);
    world.end().await
}

#[tokio::test]
async fn a_refused_request_is_told_politely_with_the_reason() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let story = submitted(&world).await?;
    let (ann, bo) = (&story.ann, &story.bo);
    // Nobody gives up on it behind her back.
    bo.sends("/lead 1 lost no time").await?;
    bo.sees("that she waits for an answer", |m| m.says("The client waits for an answer")).await?;
    bo.presses("Provision").await?;
    let plan = bo.sees("the plan", |m| m.offers("Confirm")).await?;

    bo.presses("Refuse").await?;
    bo.sees("a question for the reason", |m| m.says("Write the reason")).await?;
    ann.begin().await?;
    bo.sends("We do not build shops <yet>.").await?;
    // As she will read it; until he is sure nobody is told.
    let sure = bo.sees("the reason, and a question", |m| m.says("We do not build shops <yet>.") && m.offers("Confirm"));
    let sure = sure.await?;
    ensure!(lead(&world).await?["state"] == "onboarding" && from_bot(ann).await?.iter().all(|m| !m.contains("shops")));
    bo.presses_on(&sure, "Confirm").await?;
    let told = ann.sees("the reason", |m| m.says("We do not build shops <yet>.")).await?;
    ensure!(told.says("Thank you for asking us") && told.says(&story.business), "{told}");
    ensure!(lead(&world).await?["state"] == "lost");
    let card = bo.finds("the lead's card", SOON, |m| m.says("Ann Weber") && m.offers("Reopen")).await?.value;
    ensure!(!card.offers("Provision"), "{card}");
    bo.finds("the plan put aside", SOON, |m| m.id == plan.id && !m.offers("Confirm")).await?;

    bo.sends("/lead 1").await?;
    ensure!(audited(&world, "provisioning.refuse", "done").await? == 1);
    ann.sends("/start").await?;
    ann.sees("the same", |m| m.says("We do not build shops <yet>.")).await?;
    drop(story);
    world.end().await
}

#[tokio::test]
async fn what_was_undone_is_built_again_only_as_its_request_stands() -> Result<()> {
    // An image that nobody has: building fails at once, and is taken back.
    let options =
        unhurried().set("HUB_IMAGES__REDIS", "waas/there-is-none:1").set("HUB_TELEGRAM__ANSWER_WITHIN", "12s");
    let world = World::start_with(options).await?;
    let story = submitted(&world).await?;
    let bo = &story.bo;
    bo.presses("Provision").await?;
    let plan = bo.sees("the plan", |m| m.offers("Confirm")).await?;
    bo.presses_on(&plan, "Confirm").await?;
    let undone = bo.watches(&plan, "that it failed", UNDONE, |m| m.offers("Retry")).await?.value;

    let domain = format!("other-{}.localhost", world.mark());
    bo.presses("Answers").await?;
    let answers = bo.sees("the answers", |m| m.offers("Correct")).await?;
    bo.presses_on(&answers, "Correct").await?;
    bo.sees("which one", |m| m.offers("Web address")).await?;
    bo.presses("Web address").await?;
    bo.sees("the question", |m| m.offers("Cancel")).await?;
    bo.sends(&domain).await?;
    bo.sees("that it is corrected", |m| m.says("Corrected") && m.says(&domain)).await?;
    bo.finds("the plan of before without buttons", SOON, |m| m.id == plan.id && m.buttons.is_empty()).await?;
    // Retry builds nothing that nobody agreed to.
    bo.presses_as_seen(&undone, "Retry").await?;
    let new = bo.sees("the new plan", |m| m.offers("Confirm") && m.says(&domain)).await?;
    ensure!(!new.says(&story.domain), "{new}");
    ensure!(world.hub().list(&["job", "list"]).await?.len() == 1, "built without consent");

    bo.presses_on(&new, "Confirm").await?;
    let undone = bo.watches(&new, "that it failed, too", UNDONE, |m| m.offers("Retry")).await?.value;
    bo.presses("Refuse").await?;
    bo.sees("a question for the reason", |m| m.says("Write the reason")).await?;
    bo.sends("We do not build shops.").await?;
    let sure = bo.sees("the reason, and a question", |m| m.says("We do not build") && m.offers("Confirm")).await?;
    bo.presses_on(&sure, "Confirm").await?;
    bo.finds("the plan without buttons", SOON, |m| m.id == new.id && m.buttons.is_empty()).await?;
    let answer = bo.presses_as_seen(&undone, "Retry").await?;
    ensure!(answer.text.as_deref().unwrap_or_default().contains("built already, or is done"), "{answer:?}");
    ensure!(world.hub().list(&["job", "list"]).await?.len() == 2, "what was refused is built");
    drop(story);
    world.end().await
}
