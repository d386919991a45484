//! SEC23: the bot's token stands in nothing that is said, written or sent elsewhere, whatever goes wrong on the way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use waas_platform::secrets::Secret;
use waas_platform::telegram::Api;
use waas_world::{Options, World, until};

/// The token of every test in this file; its second half is what nobody may see.
const TOKEN: &str = "7000000:canary-canary_canary-canary_canary";
const CANARY: &str = "canary-canary";

/// A hub that says everything it has to say, of itself and of the crates below it.
fn talkative(api_url: &str) -> Options {
    Options { hub_stopped: true, ..Options::default() }
        .set("HUB_TELEGRAM__TOKEN", TOKEN)
        .set("HUB_TELEGRAM__API_URL", api_url)
        .set("HUB_TELEGRAM__REQUEST_TIMEOUT", "500ms")
        .set("HUB_TELEGRAM__POLL_TIMEOUT", "1s")
        .set("HUB_LOG__FILTER", "trace")
}

/// Looks through all that left the process.
async fn nothing_shows_it(world: &World, what: &str) -> Result<()> {
    let mut said = vec![("the log", world.hub().log()?)];
    for arguments in
        [&["check"][..], &["check", "--json"], &["config"], &["config", "--json"], &["dead-letter", "list", "--json"]]
    {
        let told = world.hub().cli(arguments).await?;
        said.extend([("standard output", told.stdout), ("standard error", told.stderr)]);
    }
    let (_, readyz) = world.hub().get("/readyz").await?;
    let (_, metrics) = world.hub().get("/metrics").await?;
    said.extend([("/readyz", readyz), ("/metrics", metrics)]);
    let mut database = world.database().await?;
    for rows in [
        "select coalesce(string_agg(to_jsonb(t)::text, ' '), '') from dead_letters t",
        "select coalesce(string_agg(to_jsonb(t)::text, ' '), '') from outbox t",
        "select coalesce(string_agg(to_jsonb(t)::text, ' '), '') from audit t",
    ] {
        said.push((rows, sqlx::query_scalar(rows).fetch_one(&mut database).await?));
    }
    for (place, text) in said {
        let found = text.lines().find(|line| line.contains(CANARY));
        ensure!(found.is_none(), "{what}: {place} shows the token: {}", found.unwrap_or_default());
    }
    Ok(())
}

/// Waits until the hub has complained about Telegram.
async fn complains(world: &World) -> Result<()> {
    until("the hub to complain", Duration::from_secs(20), async || {
        let log = world.hub().log()?;
        Ok((log.matches("trying again").count() + log.matches("cannot begin to poll").count() > 1).then_some(()))
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn sec23_no_name_resolved_no_connection_no_answer_and_no_output_shows_the_token() -> Result<()> {
    // A name that is promised never to resolve, a port where nobody listens, and a server that never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let silent_url = format!("http://{}", silent.local_addr()?);
    for api_url in ["http://nowhere.invalid", "http://127.0.0.1:9", &silent_url, "https://127.0.0.1:9"] {
        let world = World::start_with(talkative(api_url)).await?;
        world.hub().spawn().await?;
        complains(&world).await?;
        nothing_shows_it(&world, api_url).await?;
        world.abandon().await?;
    }
    Ok(())
}

#[tokio::test]
async fn sec23_no_refusal_of_any_call_brings_the_token_into_any_output() -> Result<()> {
    let world = World::start_with(
        Options::default()
            .set("HUB_LOG__FILTER", "trace")
            .set("HUB_TELEGRAM__REQUEST_TIMEOUT", "500ms")
            .set("HUB_TELEGRAM__SEND_BACKOFF", "50ms"),
    )
    .await?;
    let bo = world.owner("Bo").await?;
    let token = world.token().to_owned();
    let secret = token.split_once(':').context("a token")?.1;
    let troubles = [
        json!({"fault": "fail", "status": 404, "description": "Not Found", "count": 6}),
        json!({"fault": "fail", "status": 401, "description": "Unauthorized", "count": 6}),
        json!({"fault": "fail", "status": 400, "description": "Bad Request: THE_STARS_ARE_WRONG", "method": "sendMessage", "count": 1}),
        json!({"fault": "hang", "count": 4}),
        json!({"fault": "reset", "count": 4}),
        json!({"fault": "lose_answer", "count": 4}),
    ];
    for (n, trouble) in troubles.iter().enumerate() {
        world.emulator().fault(trouble).await?;
        let mut lead = world.lead(&format!("Lead {n} of many"));
        // Long enough for a file beside the message.
        lead["message"] = "word ".repeat(1_900).into();
        world.gateway().push(&lead).await?;
        bo.sends("/whoami").await?;
        bo.sends_photo().await?;
        let struck = async || {
            let calls = world.emulator().transcript().await?;
            Ok(calls.iter().any(|call| call["fault"] == trouble["fault"]).then_some(()))
        };
        until("the trouble", Duration::from_secs(20), struck).await?;
    }
    world.emulator().no_faults().await?;
    world.settles_within(Duration::from_secs(60)).await?;

    let mut said = vec![world.hub().log()?];
    for arguments in [&["check"][..], &["check", "--json"], &["config"], &["dead-letter", "list", "--json"]] {
        let told = world.hub().cli(arguments).await?;
        said.extend([told.stdout, told.stderr]);
    }
    for letter in world.hub().list(&["dead-letter", "list"]).await? {
        let id = letter["id"].as_str().context("an id")?;
        said.push(world.hub().cli(&["dead-letter", "show", id]).await?.expect(0)?.stdout);
    }
    said.extend(bo.messages().await?.into_iter().map(|m| m.raw.to_string()));
    for text in said {
        let found = text.lines().find(|line| line.contains(secret));
        ensure!(found.is_none(), "the token is shown: {}", found.unwrap_or_default());
    }
    world.end().await
}

/// A server that answers every request with `answer` and remembers what it was asked.
async fn server(answer: String) -> Result<(String, Arc<Mutex<String>>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let asked = Arc::new(Mutex::new(String::new()));
    let remembered = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = vec![0; 64 * 1024];
            let Ok(length) = client.read(&mut request).await else { continue };
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            remembered.lock().expect("no panic while it is held").push_str(&text);
            // A caller that went away wants no answer.
            let _ = client.write_all(answer.as_bytes()).await;
        }
    });
    Ok((url, asked))
}

#[tokio::test]
async fn sec23_a_redirect_carries_the_token_nowhere() -> Result<()> {
    let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned();
    let (elsewhere, asked) = server(empty).await?;
    for status in
        ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        let answer = format!(
            "HTTP/1.1 {status}\r\nLocation: {elsewhere}/caught\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let (here, _) = server(answer).await?;
        let api = Api::new(&here, Secret::new(TOKEN.to_owned()), Duration::from_secs(2))?;
        let identity = api.identity().await;
        let document = api.send_document::<Value>(vec![("chat_id", "1".to_owned())], "a.txt".to_owned(), vec![1]).await;
        let file = api.download("file", 1_000).await;
        for told in [format!("{identity:?}"), format!("{document:?}"), format!("{file:?}")] {
            ensure!(told.starts_with("Err") && !told.contains(CANARY), "{status}: {told}");
        }
    }
    let asked = asked.lock().expect("no panic while it is held").clone();
    ensure!(!asked.contains(CANARY), "another server was told the token:\n{asked}");
    Ok(())
}
