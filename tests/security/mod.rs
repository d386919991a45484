//! Attacks, each with the input that it is made with: the security checks of the bot, by their numbers.
//!
//! | check | where |
//! |---|---|
//! | SEC5 Telegram HTML | [`markup`]; its cutting also in `telegram::texts` and beside `render::html` |
//! | SEC6 callback data, SEC7 who pressed, SEC8 impersonation | [`presses`] |
//! | SEC11 the webhook's secret | [`webhook`] |
//! | SEC23 the token in what is said and written | [`token`] |
//! | SEC28 a flood | [`flood`] |
//! | SEC29 texts as instructions | [`kinds`] |

mod flood;
mod kinds;
mod markup;
mod presses;
mod token;
mod webhook;

use anyhow::{Context as _, Result};
use reqwest::StatusCode;
use serde_json::{Value, json};
use waas_world::{Options, World};

/// What proves a call to be Telegram's.
const SECRET: &str = "s3cret-of_the-webhook";
const HEADER: &str = "X-Telegram-Bot-Api-Secret-Token";

/// A world by webhook, whose door anybody may knock at.
fn by_webhook() -> Options {
    Options::default().set("HUB_TELEGRAM__MODE", "webhook").set("HUB_TELEGRAM__WEBHOOK_SECRET", SECRET)
}

/// Knocks at the hub's door with these headers.
async fn knock(world: &World, secrets: &[&str], body: String) -> Result<StatusCode> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let request = http.post(format!("{}/telegram/webhook", world.hub().url())).body(body);
    let request = secrets.iter().fold(request, |request, secret| request.header(HEADER, *secret));
    Ok(request.send().await?.status())
}

/// Brings an update as Telegram itself would, and waits until it is handled.
async fn bring(world: &World, update: &Value) -> Result<()> {
    let status = knock(world, &[SECRET], update.to_string()).await?;
    anyhow::ensure!(status == StatusCode::OK, "{status}");
    world.settles().await
}

/// Updates that nobody else brings: their ids are far from the emulator's.
struct Forger {
    next: i64,
}

impl Forger {
    const fn new() -> Self {
        Self { next: 1_900_000_000 }
    }

    /// An update with an id of its own.
    fn update(&mut self, kind: &str, content: &Value) -> Value {
        self.next += 1;
        json!({ "update_id": self.next, kind: content })
    }

    /// A press by `from` in `chat`, on a message with that id.
    fn press(&mut self, from: &Value, chat: i64, message: i64, data: &str) -> (Value, String) {
        let id = format!("{}", self.next + 1);
        let place = json!({ "id": chat, "type": if chat > 0 { "private" } else { "supergroup" }, "title": "Ops" });
        let message = json!({ "message_id": message, "date": 1_700_000_000, "chat": place, "text": "a card" });
        let query = json!({ "id": id, "from": from, "chat_instance": "1", "data": data, "message": message });
        (self.update("callback_query", &query), id)
    }
}

/// An account as updates show it.
fn account(id: i64, first_name: &str) -> Value {
    json!({ "id": id, "is_bot": false, "first_name": first_name, "language_code": "en" })
}

/// What a press was answered with, which nobody is there to see.
async fn answer_to(world: &World, callback: &str) -> Result<Option<String>> {
    let text = "select call ->> 'text' from outbox where callback_id = $1";
    let text: Option<Option<String>> =
        sqlx::query_scalar(text).bind(callback).fetch_optional(&mut world.database().await?).await?;
    text.context("the press was not answered")
}

/// The states of all leads, as the terminal shows them.
async fn lead_states(world: &World) -> Result<Vec<String>> {
    let leads = world.hub().list(&["lead", "list"]).await?;
    Ok(leads.iter().filter_map(|lead| lead["state"].as_str().map(str::to_owned)).collect())
}
