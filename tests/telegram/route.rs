//! Pages that do not reach anybody: the alert of the hub's own, and the second route.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use waas_hub::alerts::notice::{Notice, Severity, Source};
use waas_hub::alerts::{Alerts, Settings, Watch, WatchSettings};
use waas_platform::durable::Leases;
use waas_platform::route::Way;
use waas_platform::secrets::Secret;
use waas_platform::web::axum::{Json, Router, routing::post};

use super::{Stage, front};
use crate::database::with_database;

/// A mail server that takes everything and hands out what it took.
async fn mail_server() -> anyhow::Result<(String, mpsc::UnboundedReceiver<String>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("smtp://{}", listener.local_addr()?);
    let (sender, taken) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (read, mut write) = socket.into_split();
            let (mut lines, mut mail, mut in_mail) = (BufReader::new(read).lines(), String::new(), false);
            write.write_all(b"220 ready\r\n").await.expect("written");
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = match (in_mail, line.as_str()) {
                    (true, ".") => {
                        in_mail = false;
                        sender.send(std::mem::take(&mut mail)).expect("the test listens");
                        "250 taken"
                    }
                    (true, line) => {
                        mail.push_str(line);
                        mail.push('\n');
                        continue;
                    }
                    (false, "DATA") => {
                        in_mail = true;
                        "354 go on"
                    }
                    (false, "QUIT") => "221 bye",
                    (false, _) => "250 ok",
                };
                write.write_all(format!("{answer}\r\n").as_bytes()).await.expect("written");
            }
        }
    });
    Ok((url, taken))
}

/// A receiver of webhooks.
async fn hook() -> anyhow::Result<(String, mpsc::UnboundedReceiver<serde_json::Value>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hook", listener.local_addr()?);
    let (sender, taken) = mpsc::unbounded_channel();
    let take = move |Json(body): Json<serde_json::Value>| async move { sender.send(body).expect("the test listens") };
    let routes = Router::new().route("/hook", post(take));
    tokio::spawn(async move { waas_platform::web::axum::serve(listener, routes).await.expect("serves") });
    Ok((url, taken))
}

fn watch(stage: &Stage, ways: Vec<Way>) -> Watch {
    let alerts =
        Alerts { front: front(), clock: stage.clock.clone(), bot: Some(stage.bot), settings: Settings::default() };
    Watch {
        pool: stage.pool.clone(),
        leases: Leases::new(stage.pool.clone()),
        alerts: Arc::new(alerts),
        api: stage.api.clone(),
        ways,
        settings: WatchSettings {
            page_wait: Duration::from_secs(60),
            route_after: Duration::from_secs(300),
            every: Duration::from_secs(5),
            lease: Duration::from_secs(10),
        },
    }
}

async fn critical(stage: &Stage, watch: &Watch, title: &str) -> anyhow::Result<()> {
    let mut tx = stage.pool.begin().await?;
    let notice = Notice { fingerprint: title.to_owned(), ..Notice::firing(Severity::Critical, title, None) };
    watch.alerts.receive(&mut tx, "new_salon", Source::Own, &notice, None).await?;
    Ok(tx.commit().await?)
}

/// All pages have waited for so long.
async fn age(stage: &Stage, seconds: f64) -> anyhow::Result<()> {
    let aged = "update outbox set created_at = now() - make_interval(secs => $1), not_before = now() - make_interval(secs => $1)";
    sqlx::query(aged).bind(seconds).execute(&stage.pool).await?;
    Ok(())
}

#[tokio::test]
async fn a_page_that_waits_too_long_is_an_alert_until_it_went() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let eva = stage.owner("Eva").await?;
        let watch = watch(&stage, Vec::new());
        let mut raised = None;
        critical(&stage, &watch, "Disk full").await?;
        watch.look(&mut raised).await?;
        let raised_alerts = "select count(*) from alerts where source = 'hub' and resolved_at is null";
        assert_eq!(stage.number(raised_alerts).await?, 0, "it only just came");
        age(&stage, 61.0).await?;
        for _ in 0..3 {
            watch.look(&mut raised).await?;
        }
        assert_eq!(stage.number(raised_alerts).await?, 1);
        assert_eq!(stage.number("select max(count) from alerts where source = 'hub'").await?, 1, "raised once");
        stage.start_sender();
        stage.sees(eva, eva, "both pages", |texts| texts.len() == 2).await?;
        stage.settles().await?;
        watch.look(&mut raised).await?;
        assert_eq!(stage.number(raised_alerts).await?, 0);
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn while_telegram_is_away_critical_alerts_go_out_by_mail_and_webhook_once() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::new(&pool).await?;
        stage.owner("Eva").await?;
        let ((smtp, mut mails), (url, mut posts)) = (mail_server().await?, hook().await?);
        let ways = vec![
            Way::mail(&Secret::new(smtp), "Hub <hub@example.org>", "bo@example.org,eva@example.org")?,
            Way::hook(Secret::new(url))?,
        ];
        let watch = watch(&stage, ways);
        stage.emulator.fault(&json!({ "fault": "fail", "status": 502, "description": "Bad Gateway" })).await?;
        critical(&stage, &watch, "Disk full").await?;
        let mut raised = None;
        age(&stage, 299.0).await?;
        watch.look(&mut raised).await?;
        assert!(posts.try_recv().is_err(), "Telegram may be back any moment");
        age(&stage, 301.0).await?;
        watch.look(&mut raised).await?;
        let posted = posts.try_recv()?;
        let text = posted["text"].as_str().unwrap_or_default();
        assert!(text.contains("new_salon") && text.contains("Disk full"), "{text}");
        let mail = mails.try_recv()?;
        assert!(
            mail.contains("bo@example.org") && mail.contains("eva@example.org") && mail.contains("Disk full"),
            "{mail}"
        );
        watch.look(&mut raised).await?;
        assert!(posts.try_recv().is_err() && mails.try_recv().is_err(), "each alert once");
        critical(&stage, &watch, "Another").await?;
        watch.look(&mut raised).await?;
        let text = posts.try_recv()?["text"].to_string();
        assert!(text.contains("Another") && !text.contains("Disk full"), "{text}");
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn pages_of_a_chat_that_let_the_bot_out_go_to_the_owner_and_so_do_later_ones() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let eva = stage.owner("Eva").await?;
        let group = stage.emulator.group("supergroup", eva).await?;
        sqlx::query("insert into operator_chats (bot_id, chat_id, bound_by) values ($1, $2, $3)")
            .bind(stage.bot.0)
            .bind(group)
            .bind(eva)
            .execute(&pool)
            .await?;
        let watch = watch(&stage, Vec::new());
        critical(&stage, &watch, "Seen in the group").await?;
        stage.sees(group, eva, "the page", |texts| texts.iter().any(|t| t.contains("Seen in the group"))).await?;
        let out = json!({ "fault": "fail", "chat": group, "status": 403,
            "description": "Forbidden: bot was kicked from the supergroup chat" });
        stage.emulator.fault(&out).await?;
        critical(&stage, &watch, "Disk full").await?;
        stage.sees(eva, eva, "the page", |texts| texts.iter().any(|t| t.contains("Disk full"))).await?;
        // One that stood there already, and fires again, comes as a page where somebody reads it.
        critical(&stage, &watch, "Seen in the group").await?;
        stage.sees(eva, eva, "the other", |texts| texts.iter().any(|t| t.contains("Seen in the group"))).await?;
        assert!(stage.reasons().await?.is_empty());
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn a_page_that_nobody_lets_in_is_a_dead_letter_and_counts_as_waiting() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let eva = stage.owner("Eva").await?;
        let watch = watch(&stage, Vec::new());
        stage.emulator.block(eva, true).await?;
        critical(&stage, &watch, "Disk full").await?;
        stage.settles().await?;
        assert_eq!(stage.reasons().await?.len(), 1);
        let waits = waas_hub::alerts::oldest_page(&mut *pool.acquire().await?, Some(stage.bot)).await?;
        assert!(!waits.is_zero(), "/readyz and the watch see it");
        let others = waas_hub::alerts::oldest_page(&mut *pool.acquire().await?, None).await?;
        assert!(others.is_zero(), "without a bot nothing waits");
        stage.end().await
    })
    .await
}
