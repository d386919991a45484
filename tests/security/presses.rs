//! SEC6, SEC7, SEC8: what a button's data, its presser and their name prove. Nothing, the right of the numeric id at the
//! moment of the press, and nothing.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use waas_world::{Message, Person, World};

use super::{Forger, account, answer_to, bring, by_webhook, lead_states};
use crate::bad_input::unhurried;

/// Nobody minted it, or it was pressed where or by whom it must not be.
const FOREIGN: &str = "This button does not work here.";
const NOT_FOR_YOU: &str = "This button is not for you.";
/// What a viewer is told.
const OPERATORS_ONLY: &str =
    "Only operators and owners may do this. As a viewer you can look at everything and change nothing.";

/// A world by webhook with a lead's card, and the data of its button *Take*.
async fn stage() -> Result<(World, Person, Message, String)> {
    let options = by_webhook();
    let unhurried = unhurried().settings;
    let settings = options.settings.into_iter().chain(unhurried).collect();
    let world = World::start_with(waas_world::Options { settings, ..waas_world::Options::default() }).await?;
    let bo = world.owner("Bo").await?;
    bo.begin().await?;
    world.gateway().push(&world.lead("Ann Weber")).await?;
    let card = bo.sees("a card for the lead", |m| m.offers("Take")).await?;
    let take = card.buttons.iter().flatten().find(|b| b.label.contains("Take"));
    let data = take.and_then(|b| b.token.clone()).context("a button with data")?;
    Ok((world, bo, card, data))
}

async fn nothing_happened(world: &World, what: &str) -> Result<()> {
    let states = lead_states(world).await?;
    ensure!(states == ["new"], "{what}: the lead is {states:?}");
    // The server knows nothing of the group, so that what is said there is a dead letter of its own kind.
    let letters = world.hub().list(&["dead-letter", "list"]).await?;
    ensure!(letters.iter().all(|letter| letter["source"] == "message"), "{what} is a dead letter");
    Ok(())
}

#[tokio::test]
async fn sec6_forged_replayed_expired_and_moved_callback_data_changes_nothing() -> Result<()> {
    let (world, bo, card, data) = stage().await?;
    let (mut forger, by_bo) = (Forger::new(), account(bo.id, "Bo"));
    let long = "x".repeat(65);
    let cut = data.get(..data.len() - 1).context("data")?.to_owned();
    let forged = ["ack:999", "lead.take", "", "' or 1=1 --", "\u{202e}\u{0}", &long, &cut, &data.to_uppercase()];
    for forged in forged {
        let (press, id) = forger.press(&by_bo, bo.id, card.id, forged);
        bring(&world, &press).await?;
        let answer = answer_to(&world, &id).await?;
        ensure!(answer.as_deref() == Some(FOREIGN), "{forged:?} was answered with {answer:?}");
        nothing_happened(&world, forged).await?;
    }

    // The right data in another chat: the message was forwarded, or the data was carried there.
    for chat in [bo.id + 1, -1_001_234] {
        let (press, id) = forger.press(&by_bo, chat, card.id, &data);
        bring(&world, &press).await?;
        ensure!(answer_to(&world, &id).await?.as_deref() == Some(FOREIGN));
        nothing_happened(&world, "a button carried to another chat").await?;
    }

    // Older than its life: time is moved on in the row.
    let mut database = world.database().await?;
    let age = "update buttons set expires_at = now() - interval '1 s' where token = $1";
    sqlx::query(age).bind(&data).execute(&mut database).await?;
    let late = bo.presses_as_seen(&card, "Take").await?;
    ensure!(late.text.is_some(), "nothing is said about a button that is too old");
    nothing_happened(&world, "an expired button").await?;
    sqlx::query("update buttons set expires_at = now() + interval '1 day' where token = $1")
        .bind(&data)
        .execute(&mut database)
        .await?;

    // Used, and used again.
    bo.presses_as_seen(&card, "Take").await?;
    world.settles().await?;
    ensure!(lead_states(&world).await? == ["taken"]);
    let replayed = bo.presses_as_seen(&card, "Take").await?;
    ensure!(replayed.text.is_some(), "nothing is said about a replay");
    let shown = world.hub().json(&["lead", "show", "1"]).await?;
    ensure!(shown["state"] == "taken", "{shown}");
    world.end().await
}

/// The card's button as if the card stood in the operators' group, where others can press it.
async fn in_the_group(world: &World, data: &str) -> Result<i64> {
    let group = -1_009_876;
    let moved = "update cards set chat_id = $1 where id = (select card_id from buttons where token = $2)";
    sqlx::query(moved).bind(group).bind(data).execute(&mut world.database().await?).await?;
    Ok(group)
}

#[tokio::test]
async fn sec7_only_who_has_the_right_at_the_moment_of_the_press_moves_anything() -> Result<()> {
    let (world, bo, card, data) = stage().await?;
    let mut forger = Forger::new();
    let demoted = world.member("Eva", "operator").await?;
    let revoke = "update members set state = 'revoked', revoked_at = now() where person_id = $1";
    sqlx::query(revoke).bind(demoted.id).execute(&mut world.database().await?).await?;
    let viewer = world.member("Vic", "viewer").await?;
    let max = world.person("Max", "Fremd").await?;
    let group = in_the_group(&world, &data).await?;

    for (who, id, told) in [
        ("a stranger", max.id, NOT_FOR_YOU),
        ("who has the right no more", demoted.id, NOT_FOR_YOU),
        ("a viewer", viewer.id, OPERATORS_ONLY),
    ] {
        let (press, id) = forger.press(&account(id, "Bo"), group, card.id, &data);
        bring(&world, &press).await?;
        let answer = answer_to(&world, &id).await?;
        ensure!(answer.as_deref() == Some(told), "{who} was answered with {answer:?}");
        nothing_happened(&world, who).await?;
    }

    // Who is nobody: an anonymous administrator, and another bot.
    for id in [1_087_968_824, 777_000_001] {
        let bot = json!({ "id": id, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot" });
        let (press, _) = forger.press(&bot, group, card.id, &data);
        bring(&world, &press).await?;
        nothing_happened(&world, "a press by a bot").await?;
    }

    // A message in the name of a channel or of the group itself, though its account is Bo's: the latter's author, who may
    // not know that nobody sees who they are, is told so.
    for (sender, told) in [
        (json!({ "id": -100_777, "type": "channel", "title": "News" }), 0),
        (json!({ "id": group, "type": "supergroup", "title": "Ops" }), 1),
    ] {
        let chat = json!({ "id": group, "type": "supergroup", "title": "Ops" });
        let command = json!({ "message_id": 5, "date": 1_700_000_000, "chat": chat, "from": account(bo.id, "Bo"),
            "sender_chat": sender, "text": "/leads", "entities": [{ "type": "bot_command", "offset": 0, "length": 6 }] });
        let before = said_in(&world, group).await?;
        bring(&world, &forger.update("message", &command)).await?;
        ensure!(said_in(&world, group).await? == before + told, "a message without a person was obeyed: {command}");
    }

    let last = "select call ->> 'html' from outbox where chat_id = $1 order by id desc limit 1";
    let last: String = sqlx::query_scalar(last).bind(group).fetch_one(&mut world.database().await?).await?;
    ensure!(last.contains("in the name of the group"), "{last}");

    // A button of a message that was sent by way of another chat's inline query: there is no chat.
    let inline = json!({ "id": "inline", "from": account(bo.id, "Bo"), "chat_instance": "1", "data": data,
        "inline_message_id": "AAAA" });
    bring(&world, &forger.update("callback_query", &inline)).await?;
    nothing_happened(&world, "an inline message's button").await?;

    // And the one who may.
    let (press, id) = forger.press(&account(bo.id, "Bo"), group, card.id, &data);
    bring(&world, &press).await?;
    let answer = answer_to(&world, &id).await?;
    ensure!(lead_states(&world).await? == ["taken"], "Bo himself was answered with {answer:?}");
    world.end().await
}

/// How many messages were written to a chat.
async fn said_in(world: &World, chat: i64) -> Result<i64> {
    let said = "select count(*) from outbox where chat_id = $1";
    Ok(sqlx::query_scalar(said).bind(chat).fetch_one(&mut world.database().await?).await?)
}

#[tokio::test]
async fn sec8_a_name_proves_nothing_and_its_change_takes_nothing_away() -> Result<()> {
    let (world, bo, card, data) = stage().await?;
    let mut forger = Forger::new();
    let group = in_the_group(&world, &data).await?;
    let named = |id: i64, first: &str, username: &str| -> Value {
        json!({ "id": id, "is_bot": false, "first_name": first, "username": username, "language_code": "en" })
    };
    // Bo is known by a username first.
    let greeting = json!({ "message_id": 9, "date": 1_700_000_000, "text": "hello",
        "chat": { "id": bo.id, "type": "private", "first_name": "Bo" }, "from": named(bo.id, "Bo", "bo_the_owner") });
    bring(&world, &forger.update("message", &greeting)).await?;
    // The same name, a look-alike of it, and the username itself in other hands.
    for (id, first, username) in
        [(bo.id + 7, "Bo", "bo_the_0wner"), (bo.id + 8, "Во", "bo_the_owner_"), (bo.id + 9, "Bo", "bo_the_owner")]
    {
        let (press, callback) = forger.press(&named(id, first, username), group, card.id, &data);
        bring(&world, &press).await?;
        let answer = answer_to(&world, &callback).await?;
        ensure!(answer.as_deref() == Some(NOT_FOR_YOU), "{first} @{username} was answered with {answer:?}");
        nothing_happened(&world, username).await?;
    }
    // Bo under another name is Bo.
    let (press, _) = forger.press(&named(bo.id, "Robert", "somebody_else"), group, card.id, &data);
    bring(&world, &press).await?;
    ensure!(lead_states(&world).await? == ["taken"], "who changed his name lost his rights");
    world.end().await
}
