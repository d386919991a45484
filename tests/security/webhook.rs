//! SEC11: only Telegram brings updates.

use anyhow::{Result, ensure};
use reqwest::StatusCode;
use serde_json::json;
use waas_world::World;

use super::{Forger, SECRET, account, by_webhook, knock};

/// As the hub's listener allows.
const BODY_LIMIT: usize = 1024 * 1024;

#[tokio::test]
async fn sec11_a_call_that_does_not_prove_itself_is_refused_and_stores_nothing() -> Result<()> {
    let world = World::start_with(by_webhook()).await?;
    let mut forger = Forger::new();
    let mut body = || {
        let message = json!({ "message_id": 1, "date": 1_700_000_000, "text": "hi", "from": account(5, "Eve"),
            "chat": { "id": 5, "type": "private", "first_name": "Eve" } });
        forger.update("message", &message).to_string()
    };
    let (last_byte, longer) = (SECRET.replace("webhook", "webhooK"), format!("{SECRET} "));
    let upper = SECRET.to_uppercase();
    let wrong: [&[&str]; 8] = [
        &[],
        &[""],
        &[&last_byte],
        &[&upper],
        &[&format!("{longer}x")],
        &["7000:token-of-another-bot"],
        &["wrong", SECRET],
        &[SECRET, "wrong"],
    ];
    for secrets in wrong {
        let status = knock(&world, secrets, body()).await?;
        ensure!(status == StatusCode::UNAUTHORIZED, "{secrets:?}: {status}");
    }
    // Refused before anything of it is read.
    let huge = "x".repeat(BODY_LIMIT + 1);
    ensure!(knock(&world, &["wrong"], huge.clone()).await? == StatusCode::UNAUTHORIZED);
    ensure!(knock(&world, &[SECRET], huge).await? == StatusCode::PAYLOAD_TOO_LARGE);
    let stored: i64 = sqlx::query_scalar("select count(*) from inbox").fetch_one(&mut world.database().await?).await?;
    ensure!(stored == 0, "{stored} updates of strangers are stored");
    ensure!(knock(&world, &[SECRET], body()).await? == StatusCode::OK, "the secret itself");
    world.end().await
}

#[tokio::test]
async fn sec11_while_polling_there_is_no_door() -> Result<()> {
    let world = World::start().await?;
    for secrets in [&[][..], &[""][..], &[SECRET][..]] {
        let status = knock(&world, secrets, json!({ "update_id": 1 }).to_string()).await?;
        ensure!(status == StatusCode::NOT_FOUND, "{secrets:?}: {status}");
    }
    world.end().await
}
