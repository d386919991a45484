//! An alert of the hub's own is said in the language of whoever reads it; what came from outside stands as it came.

use anyhow::ensure;
use chrono::Duration;
use serde_json::{Value, json};
use sqlx::PgPool;
use waas_hub::alerts::Verb;
use waas_hub::alerts::notice::{Notice, Severity, Source};
use waas_hub::telemetry::HeartbeatListener;
use waas_platform::clock::Clock;

use super::{act, alerts, container, owner, see, silent_backend, the_card};
use crate::estate::{noon, tenant, with_database};

/// Bo's app speaks this from now on.
async fn speaks(pool: &PgPool, language: &str) -> anyhow::Result<()> {
    sqlx::query("update people set app_language = $1 where id = 1").bind(language).execute(pool).await?;
    Ok(())
}

#[tokio::test]
async fn a_title_of_the_hubs_own_is_said_as_its_reader_speaks() -> anyhow::Result<()> {
    with_database(|pool| async move {
        owner(&pool).await?;
        speaks(&pool, "de").await?;
        let clock = Clock::manual(noon());
        let alerts = alerts(&clock);
        let salon = tenant(&pool, "new_salon", "live").await?;
        let mut tx = pool.begin().await?;
        alerts.missed(&mut tx, &salon, &silent_backend(), clock.now()).await?;
        tx.commit().await?;
        let card = the_card(&pool).await?;
        ensure!(card.contains("kein Lebenszeichen von backend seit 30 Sek."), "{card}");

        // The row keeps what it is about, and no words.
        let kept: (String, Value) = sqlx::query_as("select title, own_title from alerts").fetch_one(&pool).await?;
        let own = json!({ "kind": "heartbeat_missed", "service": "backend", "silent_s": 30 });
        ensure!(kept == (String::new(), own), "{kept:?}");

        // Another language: from the next change on, and in what reminds of it.
        speaks(&pool, "ru").await?;
        let id = alerts::page(&mut *pool.acquire().await?, false, None, 10).await?[0].id;
        act(&pool, &alerts, id, Verb::Ack(Some(Duration::minutes(5)))).await?;
        ensure!(the_card(&pool).await?.contains("нет сигнала от backend уже 30 с"), "{}", the_card(&pool).await?);
        clock.advance(Duration::minutes(6));
        let mut tx = pool.begin().await?;
        alerts.lapse(&mut tx, id).await?;
        tx.commit().await?;
        let last = "select call ->> 'html' from outbox where call ->> 'method' = 'say' order by id desc limit 1";
        let reminder: String = sqlx::query_scalar(last).fetch_one(&pool).await?;
        ensure!(reminder.contains("нет сигнала от backend"), "{reminder}");

        // In a group everybody reads it as the house speaks.
        sqlx::query("insert into operator_chats (bot_id, chat_id, bound_by) values (7, -1001, 1)")
            .execute(&pool)
            .await?;
        sqlx::query("delete from cards").execute(&pool).await?;
        act(&pool, &alerts, id, Verb::Silence(None, None)).await?;
        act(&pool, &alerts, id, Verb::Unsilence).await?;
        let card = the_card(&pool).await?;
        ensure!(card.contains("no heartbeat from backend for 30 s"), "{card}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_a_container_died_of_is_told_in_german_and_what_a_source_wrote_is_not_touched() -> anyhow::Result<()> {
    with_database(|pool| async move {
        owner(&pool).await?;
        speaks(&pool, "de").await?;
        let alerts = alerts(&Clock::manual(noon()));
        tenant(&pool, "new_salon", "live").await?;
        see(&pool, &alerts, container("exited", Some(137), None)).await?;
        let card = the_card(&pool).await?;
        ensure!(card.contains("backend wurde beendet (Exit-Code 137)"), "{card}");

        sqlx::query("delete from cards").execute(&pool).await?;
        let outside = Notice::firing(Severity::Warning, "Disk full <90 %>", None);
        let mut tx = pool.begin().await?;
        alerts.receive(&mut tx, "new_salon", Source::Alertmanager, &outside, None).await?;
        tx.commit().await?;
        ensure!(the_card(&pool).await?.contains("Disk full &lt;90 %&gt;"), "{}", the_card(&pool).await?);
        let kept: (String, Option<Value>) =
            sqlx::query_as("select title, own_title from alerts order by number desc limit 1").fetch_one(&pool).await?;
        ensure!(kept == ("Disk full <90 %>".to_owned(), None), "{kept:?}");
        Ok(())
    })
    .await
}

/// Rows of before have the house's words, and keep them.
#[tokio::test]
async fn a_title_from_before_is_a_text() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let row = "insert into alerts (id, tenant, source, fingerprint, severity, title, starts_at)
                   values (gen_random_uuid(), 'new_salon', 'heartbeat', 'f', 'critical', 'no heartbeat from web', now())";
        sqlx::query(row).execute(&pool).await?;
        let kept = alerts::page(&mut *pool.acquire().await?, false, None, 1).await?;
        ensure!(kept[0].title == "no heartbeat from web".into(), "{kept:?}");
        Ok(())
    })
    .await
}
