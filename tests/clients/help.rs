//! *Ask for help*, *Ask*, and what goes to and fro until *Done*.

use anyhow::{Result, ensure};
use waas_world::World;

use super::{SOON, audited, from_bot, lead, submitted, unhurried};

#[tokio::test]
async fn a_client_is_asked_and_the_answer_stands_in_the_history_of_the_lead() -> Result<()> {
    let world = World::start_with(unhurried().set("HUB_CLIENTS__HOUSE", "Studio <Nord>")).await?;
    let story = submitted(&world).await?;
    let (ann, bo) = (&story.ann, &story.bo);
    bo.presses("Ask").await?;
    bo.sees("what is to be asked", |m| m.says("What do you want to ask")).await?;
    ann.begin().await?;
    bo.sends("Which colour do you like?").await?;
    let asked = ann.sees("the question", |m| m.says("Which colour do you like?")).await?;
    ensure!(asked.says("Studio <Nord> has a question") && !asked.says("Bo"), "{asked}");

    bo.begin().await?;
    ann.sends("Green, and a bit of <b>gold</b>").await?;
    ann.sees("that it is passed on", |m| m.says("Passed on")).await?;
    let card = bo.sees("the answer", |m| m.says("Green, and a bit of <b>gold</b>")).await?;
    ensure!(card.says("Ann") && card.says("Waits for an answer") && card.offers_all(&["Reply", "Done"]), "{card}");
    let history = lead(&world).await?["history"].to_string();
    ensure!(history.contains("❓ Which colour") && history.contains("💬 Green"), "{history}");

    bo.presses_on(&card, "Done").await?;
    ann.sees("that it is settled", |m| m.says("settled")).await?;
    ensure!(audited(&world, "client.ask", "done").await? == 1 && audited(&world, "client.done", "done").await? == 1);
    drop(story);
    world.end().await
}

#[tokio::test]
async fn help_goes_both_ways_with_pictures_until_it_is_settled() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let story = submitted(&world).await?;
    let (ann, bo) = (&story.ann, &story.bo);
    ann.sends("/start").await?;
    let status = ann.sees("how far it is", |m| m.offers("Ask for help")).await?;
    ensure!(status.says(&story.business) && status.says("have your answers"), "{status}");
    ann.presses_on(&status, "Ask for help").await?;
    ann.sees("that she may write", |m| m.says("How can we help?")).await?;

    bo.begin().await?;
    ann.sends("Where do I see my bookings?").await?;
    let card = bo.sees("her question", |m| m.says("Where do I see my bookings?")).await?;
    bo.begin().await?;
    ann.sends_photo().await?;
    bo.sees("her picture", |m| m.raw["photo"].is_array() && m.says("Ann")).await?;

    // An answer by button, one by replying to the card, and a picture.
    ann.begin().await?;
    bo.presses_on(&card, "Reply").await?;
    bo.sends("On the page Bookings.").await?;
    let answer = ann.sees("the answer", |m| m.says("On the page Bookings.")).await?;
    ensure!(answer.says("Our team") && !answer.says("Bo "), "{answer}");
    let card = bo.finds("it on the card", SOON, |m| m.says("On the page Bookings.") && m.offers("Done")).await?.value;
    ensure!(card.says("Answered"), "{card}");
    ann.begin().await?;
    bo.replies(&card, "And by e-mail.").await?;
    ann.sees("the second answer", |m| m.says("And by e-mail.")).await?;
    let card = bo.finds("it on the card", SOON, |m| m.says("And by e-mail.") && m.offers("Done")).await?.value;
    ann.begin().await?;
    bo.replies_with_photo(&card).await?;
    ann.sees("a picture", |m| m.raw["photo"].is_array() && m.says("Our team")).await?;

    let both = |m: &waas_world::Message| m.text.matches('📷').count() == 2 && m.offers("Done");
    let card = bo.finds("both pictures on the card", SOON, both).await?.value;
    bo.presses_on(&card, "Done").await?;
    ann.sees("that it is settled", |m| m.says("settled")).await?;
    // What she writes now goes to nobody, and she is told so; it is kept, and goes on when she wants it to.
    ann.sends("Thank you!").await?;
    let kept = ann.sees("that nobody has it", |m| m.says("has not got this yet") && m.offers("Pass it on")).await?;
    ensure!(kept.says("Thank you!"), "{kept}");
    ann.sends_photo_saying("My new sign", None).await?;
    ann.sees("that nobody has it", |m| m.id != kept.id && m.says("My new sign") && m.offers("Pass it on")).await?;
    world.settles().await?;
    ensure!(!from_bot(bo).await?.iter().any(|text| text.contains("Thank you!") || text.contains("My new sign")));
    bo.begin().await?;
    ann.presses_on(&kept, "Pass it on").await?;
    ann.sees("that it is passed on", |m| m.id == kept.id && m.says("Passed on") && m.buttons.is_empty()).await?;
    let thread = bo.sees("her words", |m| m.says("Thank you!") && m.offers("Reply")).await?;
    ensure!(!thread.says("My new sign"), "{thread}");
    bo.begin().await?;
    ann.presses("Pass it on").await?;
    bo.sees("her picture", |m| m.raw["photo"].is_array() && m.says("My new sign")).await?;
    drop(story);
    world.end().await
}

#[tokio::test]
async fn one_client_does_not_flood_the_operators_and_a_stranger_reaches_nobody() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let story = submitted(&world).await?;
    let (ann, bo, max) = (&story.ann, &story.bo, &story.max);
    ann.presses("Ask for help").await?;
    ann.sees("that she may write", |m| m.says("How can we help?")).await?;
    let before = from_bot(bo).await?.len();
    for number in 1..=40 {
        ann.sends(&format!("Flood number {number}.")).await?;
    }
    bo.finds("the last that is passed on", SOON, |m| m.says("Flood number 30.")).await?;
    ann.finds("that it is enough", SOON, |m| m.says("Please wait")).await?;
    world.settles().await?;
    let seen = from_bot(bo).await?;
    ensure!(seen.len() == before + 1, "{} messages: {seen:#?}", seen.len() - before);
    ensure!(seen.iter().all(|text| !text.contains("Flood number 31.")), "more than the limit was passed on");
    let told = from_bot(ann).await?.iter().filter(|text| text.contains("Please wait")).count();
    ensure!(told == 1, "told {told} times");

    max.sends("/start").await?;
    let greeted = max.sees("a greeting", |_| true).await?;
    ensure!(greeted.buttons.is_empty() && !greeted.says(&story.business), "{greeted}");
    max.sends("I am a stranger").await?;
    world.settles().await?;
    ensure!(from_bot(bo).await?.iter().all(|text| !text.contains("stranger")));
    drop(story);
    world.end().await
}

#[tokio::test]
async fn an_operator_is_told_that_a_client_cannot_be_reached() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let story = submitted(&world).await?;
    let (ann, bo) = (&story.ann, &story.bo);
    ann.blocks(true).await?;
    bo.finds("that she blocked the bot", SOON, |m| m.says("Ann") && m.text.starts_with('📵')).await?;
    bo.presses("Ask").await?;
    bo.sees("what is to be asked", |m| m.says("What do you want to ask")).await?;
    bo.sends("Are you there?").await?;
    bo.sees("that it was not sent", |m| m.says("Not sent")).await?;
    ensure!(audited(&world, "client.ask", "refused").await? == 1);
    // Let in again, she is asked as ever.
    ann.blocks(false).await?;
    ann.sends("/start").await?;
    ann.sees("how far it is", |m| m.offers("Ask for help")).await?;
    bo.presses("Ask").await?;
    bo.sees("what is to be asked", |m| m.says("What do you want to ask")).await?;
    ann.begin().await?;
    bo.sends("Are you there now?").await?;
    ann.sees("the question", |m| m.says("Are you there now?")).await?;
    drop(story);
    world.end().await
}

#[tokio::test]
async fn in_a_group_a_reply_to_the_old_card_or_to_a_file_reaches_the_client_and_no_reply_vanishes() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let story = submitted(&world).await?;
    let (ann, bo) = (&story.ann, &story.bo);
    let ops = world.group("supergroup", "Ops", &[bo], false).await?;
    ops.hears(bo, None, "/bind").await?;
    ops.shows("that it is bound", |m| m.says("operators’ chat now")).await?;
    ann.presses("Ask for help").await?;
    ann.sees("that she may write", |m| m.says("How can we help?")).await?;
    ann.sends("Where do I see my bookings?").await?;
    let old = ops.shows("her question", |m| m.says("Where do I see my bookings?") && m.offers("Reply")).await?;
    ann.begin().await?;
    ops.hears_answer(bo, &old, "On the page Bookings.").await?;
    ann.sees("the answer", |m| m.says("On the page Bookings.")).await?;

    // Who was answered is heard at once: the card comes to the bottom.
    ann.sends("And where is that page?").await?;
    let moved = |m: &waas_world::Message| m.id != old.id && m.says("And where is that page?") && m.offers("Reply");
    ops.shows("the card at the bottom", moved).await?;
    ann.sends_photo().await?;
    let photo = ops.shows("her picture", |m| m.raw["photo"].is_array() && m.says("Ann")).await?;
    ann.begin().await?;
    ops.hears_answer(bo, &old, "Behind the button Menu.").await?;
    ann.sees("the answer to the old card", |m| m.says("Behind the button Menu.")).await?;
    ann.begin().await?;
    ops.hears_answer(bo, &photo, "Yes, that one.").await?;
    ann.sees("the answer to her picture", |m| m.says("Yes, that one.")).await?;

    ann.sends(&"A long story. ".repeat(40)).await?;
    let whole = ops.shows("all of it as a file", |m| m.raw["document"].is_object()).await?;
    ann.begin().await?;
    ops.hears_answer(bo, &whole, "That is long.").await?;
    ann.sees("the answer to the file", |m| m.says("That is long.")).await?;

    // What reaches nobody says so.
    let bound = ops.shows("that it is bound", |m| m.says("operators’ chat now")).await?;
    ops.hears_answer(bo, &bound, "Good.").await?;
    ops.shows("that this reached nobody", |m| m.says("takes no replies")).await?;
    ensure!(from_bot(ann).await?.iter().all(|text| !text.contains("Good.")));
    drop(story);
    world.end().await
}

#[tokio::test]
async fn a_question_that_is_cancelled_sends_nothing_to_the_client() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let story = submitted(&world).await?;
    let (ann, bo) = (&story.ann, &story.bo);
    ann.presses("Ask for help").await?;
    ann.sees("that she may write", |m| m.says("How can we help?")).await?;
    bo.begin().await?;
    ann.sends("Where do I see my bookings?").await?;
    let card = bo.sees("her question", |m| m.offers("Reply")).await?;

    bo.presses_on(&card, "Reply").await?;
    let asked = bo.sees("what is to be answered", |m| m.says("What do you answer?") && m.offers("Cancel")).await?;
    bo.sends("/cancel").await?;
    bo.sees("which question ended", |m| m.id != asked.id && m.says("Nothing was sent to the client")).await?;
    bo.finds("the question without its button", SOON, |m| m.id == asked.id && m.buttons.is_empty()).await?;
    bo.sends("Lunch at twelve?").await?;
    bo.sees("that nobody understood", |m| m.says("I did not understand that")).await?;

    bo.presses("Ask").await?;
    let asked = bo.sees("what is to be asked", |m| m.says("What do you want to ask") && m.offers("Cancel")).await?;
    bo.presses_on(&asked, "Cancel").await?;
    bo.sees("that it ended", |m| m.id == asked.id && m.says("is asked nothing") && m.buttons.is_empty()).await?;
    bo.sends("Or at one?").await?;
    bo.sees("that nobody understood", |m| m.says("I did not understand that")).await?;

    bo.presses("Refuse").await?;
    bo.sees("a question for the reason", |m| m.says("Write the reason") && m.offers("Cancel")).await?;
    bo.sends("Fish on Friday").await?;
    let sure = bo.sees("whether that is it", |m| m.says("Fish on Friday") && m.offers("Confirm")).await?;
    bo.presses_on(&sure, "Cancel").await?;
    bo.sees("that it ended", |m| m.id == sure.id && m.says("is not refused")).await?;
    world.settles().await?;
    let seen = from_bot(ann).await?;
    ensure!(seen.iter().all(|m| !["Lunch", "at one", "Fish"].iter().any(|said| m.contains(said))), "{seen:#?}");
    ensure!(lead(&world).await?["state"] == "onboarding");
    drop(story);
    world.end().await
}

#[tokio::test]
async fn what_is_written_below_a_picture_goes_both_ways_and_into_the_history() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let story = submitted(&world).await?;
    let (ann, bo) = (&story.ann, &story.bo);
    bo.presses("Ask").await?;
    bo.sees("what is to be asked", |m| m.says("What do you want to ask")).await?;
    ann.begin().await?;
    bo.sends("What should the page look like?").await?;
    ann.sees("the question", |m| m.says("What should the page look like?")).await?;
    bo.begin().await?;
    ann.sends_photo_saying("Like this, but <b>green</b>", None).await?;
    let said = "Like this, but <b>green</b>";
    bo.sees("her picture with her words", |m| m.raw["photo"].is_array() && m.says("Ann") && m.says(said)).await?;
    let card = bo.finds("them on the card", SOON, |m| m.offers("Reply") && m.says(said)).await?.value;
    ensure!(card.text.contains('📷'), "{card}");
    let history = lead(&world).await?["history"].to_string();
    ensure!(history.contains("💬 📷 Like this, but"), "{history}");

    ann.begin().await?;
    bo.sends_photo_saying("A <first> draft", Some(&card)).await?;
    let answer =
        ann.sees("a picture with his words", |m| m.raw["photo"].is_array() && m.says("A <first> draft")).await?;
    ensure!(answer.says("Our team"), "{answer}");
    bo.finds("them on the card", SOON, |m| m.says("A <first> draft") && m.offers("Done")).await?;
    drop(story);
    world.end().await
}

#[tokio::test]
async fn who_was_helped_can_be_written_to_again() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let story = submitted(&world).await?;
    let (ann, bo) = (&story.ann, &story.bo);
    ann.presses("Ask for help").await?;
    ann.sees("that she may write", |m| m.says("How can we help?")).await?;
    bo.begin().await?;
    ann.sends("Where do I see my bookings?").await?;
    let card = bo.sees("her question", |m| m.offers("Done")).await?;
    bo.presses_on(&card, "Done").await?;
    let settled = bo.sees("that it is settled", |m| m.id == card.id && m.offers("Write to the client")).await?;
    bo.replies(&settled, "One more thing.").await?;
    bo.sees("how to go on", |m| m.says("“Write to the client” on its card")).await?;

    bo.presses_on(&settled, "Write to the client").await?;
    bo.sees("what is to be written", |m| m.says("What do you write") && m.offers("Cancel")).await?;
    ann.begin().await?;
    bo.sends("We added a page for bookings.").await?;
    ann.sees("his words", |m| m.says("We added a page for bookings.") && m.says("Our team")).await?;
    bo.begin().await?;
    ann.sends("Thank you!").await?;
    let thread = bo.sees("her answer", |m| m.says("Thank you!") && m.offers("Reply")).await?;
    ensure!(thread.id != settled.id && thread.says("We added a page for bookings."), "{thread}");
    ensure!(audited(&world, "client.write", "done").await? == 1);
    drop(story);
    world.end().await
}
