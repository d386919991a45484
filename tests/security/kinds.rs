//! SEC29 and its neighbours: which messages are a person's own words to this bot, and which are not. Each kind that Telegram
//! delivers is handled on purpose: run once, read as a text, or left alone.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use waas_world::{Person, World};

use super::{Forger, account, bring, by_webhook};

const GROUP: i64 = -1_009_876;

/// A message by `from` in a chat, whose first word is a command when it begins with a slash.
fn message(from: &Value, chat: i64, text: &str, more: &Value) -> Value {
    let kind = if chat > 0 { "private" } else { "supergroup" };
    let mut message = json!({ "message_id": 5, "date": 1_700_000_000, "text": text, "from": from,
        "chat": { "id": chat, "type": kind, "title": "Ops", "first_name": "Bo" } });
    if text.starts_with('/') {
        let length = text.split_whitespace().next().unwrap_or_default().len();
        message["entities"] = json!([{ "type": "bot_command", "offset": 0, "length": length }]);
    }
    for (field, value) in more.as_object().into_iter().flatten() {
        message[field] = value.clone();
    }
    message
}

/// What was written to a chat, oldest first.
async fn said_in(world: &World, chat: i64) -> Result<Vec<String>> {
    let said =
        "select coalesce(call ->> 'html', '') from outbox where chat_id = $1 and call ->> 'method' = 'say' order by id";
    Ok(sqlx::query_scalar(said).bind(chat).fetch_all(&mut world.database().await?).await?)
}

async fn stage() -> Result<(World, Person, Forger)> {
    let world = World::start_with(by_webhook()).await?;
    let bo = world.owner("Bo").await?;
    world.settles().await?;
    Ok((world, bo, Forger::new()))
}

#[tokio::test]
async fn what_is_nobodys_own_word_runs_no_command() -> Result<()> {
    let (world, bo, mut forger) = stage().await?;
    let by_bo = account(bo.id, "Bo");
    let another_bot = json!({ "id": 777_000_001, "is_bot": true, "first_name": "Other", "username": "other_bot" });
    let anonymous =
        json!({ "id": 1_087_968_824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot" });
    let linked = json!({ "id": 777_000, "is_bot": false, "first_name": "Telegram" });
    let (group, channel) = (
        json!({ "id": GROUP, "type": "supergroup", "title": "Ops" }),
        json!({ "id": -100_777, "type": "channel", "title": "News" }),
    );
    let nothing = json!({});
    let edited = json!({ "edit_date": 1_700_000_100 });
    let in_the_channels_name = json!({ "sender_chat": channel, "is_automatic_forward": true });
    let silent = [
        ("an edited command", "edited_message", message(&by_bo, bo.id, "/whoami", &edited)),
        ("an edited text in a group", "edited_message", message(&by_bo, GROUP, "/whoami", &edited)),
        (
            "a post in a channel",
            "channel_post",
            message(&nothing, -100_777, "/whoami", &json!({ "sender_chat": channel })),
        ),
        ("an edited post", "edited_channel_post", message(&nothing, -100_777, "/whoami", &edited)),
        ("a post that the linked group shows", "message", message(&linked, GROUP, "/whoami", &in_the_channels_name)),
        ("another bot", "message", message(&another_bot, GROUP, "/whoami", &nothing)),
        (
            "an anonymous administrator",
            "message",
            message(&anonymous, GROUP, "/whoami", &json!({ "sender_chat": group })),
        ),
        ("a command for another bot", "message", message(&by_bo, GROUP, "/whoami@other_bot", &nothing)),
        ("talk in a group", "message", message(&by_bo, GROUP, "whoami?", &nothing)),
        ("a command of nobody's in a group", "message", message(&by_bo, GROUP, "/weather", &nothing)),
    ];
    for (what, kind, content) in silent {
        let chats = [bo.id, GROUP, -100_777];
        let mut before = Vec::new();
        for chat in chats {
            before.push(said_in(&world, chat).await?);
        }
        bring(&world, &forger.update(kind, &content)).await?;
        for (chat, before) in chats.into_iter().zip(before) {
            ensure!(said_in(&world, chat).await? == before, "{what} was answered in {chat}");
        }
    }
    world.end().await
}

#[tokio::test]
async fn sec29_what_is_passed_on_is_read_and_not_obeyed() -> Result<()> {
    let (world, bo, mut forger) = stage().await?;
    let by_bo = account(bo.id, "Bo");
    let from_ann =
        json!({ "forward_origin": { "type": "hidden_user", "sender_user_name": "Ann", "date": 1_700_000_000 } });
    let by_way_of = json!({ "via_bot": { "id": 9, "is_bot": true, "first_name": "Gif", "username": "gif" } });
    for (what, more) in [("a forwarded command", from_ann), ("a command by way of another bot", by_way_of)] {
        bring(&world, &forger.update("message", &message(&by_bo, bo.id, "/whoami", &more))).await?;
        let said = said_in(&world, bo.id).await?.pop().unwrap_or_default();
        ensure!(!said.contains("Telegram ID") && said.contains("did not understand"), "{what}: {said}");
    }
    // The same words as his own, alone and addressed to this bot in whatever case; edited afterwards, they are not run again.
    for text in ["/whoami", "/WhoAmI@waas_HUB_bot"] {
        let before = said_in(&world, bo.id).await?.len();
        let own = message(&by_bo, bo.id, text, &json!({}));
        bring(&world, &forger.update("message", &own)).await?;
        bring(&world, &forger.update("edited_message", &own)).await?;
        let said = said_in(&world, bo.id).await?;
        ensure!(said.len() == before + 1 && said.last().is_some_and(|said| said.contains("Telegram ID")), "{said:?}");
    }
    world.end().await
}

#[tokio::test]
async fn what_was_probably_meant_is_offered_and_what_is_missing_is_asked_for_by_buttons() -> Result<()> {
    let world = World::start_with(by_webhook()).await?;
    let bo = world.owner("Bo").await?;
    for (slug, domain) in [("lily", "lily.example"), ("ocs", "ocs.example")] {
        world.hub().json(&["tenant", "register", slug, "--domain", domain]).await?;
    }
    bo.sends("/tenats").await?;
    bo.sees("what was meant", |m| m.says("There is no command /tenats") && m.says("/tenants")).await?;
    bo.sends("/tenant").await?;
    let asked = bo.sees("which site", |m| m.says("Which site?") && m.offers_all(&["lily", "ocs"])).await?;
    ensure!(asked.says("/tenant lily"), "the example is no site that is there: {asked}");
    bo.presses_on(&asked, "ocs").await?;
    bo.sees("that site", |m| m.says("ocs") && m.says("runs elsewhere")).await?;
    bo.sends("/restart").await?;
    let asked = bo.sees("which site to restart", |m| m.says("/restart lily")).await?;
    let answer = bo.presses_on(&asked, "lily").await?;
    ensure!(answer.text.is_some_and(|text| text.contains("the hub only listens")));
    bo.sends("/logs lilly").await?;
    let near = bo.sees("whether lily was meant", |m| m.says("Perhaps you meant") && m.offers("lily")).await?;
    let answer = bo.presses_on(&near, "lily").await?;
    ensure!(answer.text.is_some_and(|text| text.contains("the hub only listens")), "what is not ours has no logs here");
    bo.sends("/silence").await?;
    let asked = bo.sees("whom to silence", |m| m.says("/silence lily 2h") && m.offers("ocs")).await?;
    bo.presses_on(&asked, "ocs").await?;
    bo.sees("a site that is silenced", |m| m.says("ocs") && m.says("no alert disturbs")).await?;
    for (command, list) in
        [("/lead", "Leads, newest"), ("/job", "Nothing was worked on"), ("/alert", "Nothing is wrong")]
    {
        bo.sends(command).await?;
        bo.sees("the list to choose from", |m| m.says(list)).await?;
    }
    world.end().await
}
