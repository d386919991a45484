//! Timers fire once, at their time.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use waas_platform::clock::Clock;
use waas_platform::durable::timers::{Scheduled, TimerSettings};
use waas_platform::durable::{Fired, Timers, Wake, timers};

use crate::database::with_database;

fn at(seconds: i64) -> anyhow::Result<DateTime<Utc>> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).context("a time")
}

#[tokio::test]
async fn timers_fire_once_when_the_clock_says_so() -> anyhow::Result<()> {
    with_database(|pool| async move {
        sqlx::query("create table rung (subject text)").execute(&pool).await?;
        let clock = Clock::manual(at(0)?);
        let timers = Timers::builder(pool.clone(), clock.clone(), Wake::default(), TimerSettings::default())
            .on("ring", |connection, timer| {
                Box::pin(async move {
                    sqlx::query("insert into rung values ($1)").bind(&timer.subject).execute(connection).await?;
                    match timer.payload.get("again").and_then(Value::as_i64) {
                        Some(after) if timer.due_at == at(60)? => Ok(Fired::Again(at(60 + after)?)),
                        _ => Ok(Fired::Done),
                    }
                })
            })
            .build();
        let mut connection = pool.acquire().await?;
        let first = timers::schedule(&mut connection, "ring", "anna", &json!({"again": 30}), at(10)?).await?;
        let moved = timers::schedule(&mut connection, "ring", "anna", &json!({"again": 30}), at(60)?).await?;
        ensure!(matches!((first, moved), (Scheduled::New(one), Scheduled::Moved(two)) if one == two));
        timers::schedule(&mut connection, "ring", "bo", &json!({}), at(60)?).await?;
        ensure!(timers::cancel(&mut connection, "ring", "bo").await?);
        ensure!(!timers::cancel(&mut connection, "ring", "bo").await?);

        let mut fired = Vec::new();
        for seconds in [59, 1, 29, 1, 3_600] {
            clock.advance(chrono::Duration::seconds(seconds));
            fired.push(timers.fire_due().await?);
        }
        ensure!(fired == [0, 1, 0, 1, 0], "{fired:?}");
        let rung: Vec<String> = sqlx::query_scalar("select subject from rung").fetch_all(&pool).await?;
        ensure!(rung == ["anna", "anna"], "{rung:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_failing_timer_writes_nothing_waits_and_ends_with_the_dead_letters() -> anyhow::Result<()> {
    with_database(|pool| async move {
        sqlx::query("create table rung (subject text)").execute(&pool).await?;
        let clock = Clock::manual(at(0)?);
        let settings = TimerSettings { attempts: 2, backoff_first: Duration::from_secs(5), ..TimerSettings::default() };
        let timers = Timers::builder(pool.clone(), clock.clone(), Wake::default(), settings)
            .on("ring", |connection, timer| {
                Box::pin(async move {
                    sqlx::query("insert into rung values ($1)").bind(&timer.subject).execute(connection).await?;
                    Err(anyhow!("no bell"))
                })
            })
            .build();
        timers::schedule(&mut *pool.acquire().await?, "ring", "anna", &json!({"bell": 1}), at(0)?).await?;
        let mut fired = Vec::new();
        for seconds in [0, 4, 1, 3_600] {
            clock.advance(chrono::Duration::seconds(seconds));
            fired.push(timers.fire_due().await?);
        }
        ensure!(fired == [1, 0, 1, 0], "{fired:?}");
        let (letters, rung): (i64, i64) = sqlx::query_as(
            "select (select count(*) from dead_letters where source = 'job' and reason = 'no bell'),
                    (select count(*) from rung)",
        )
        .fetch_one(&pool)
        .await?;
        ensure!(letters == 1 && rung == 0, "{letters} letters, {rung} rung");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_sleeping_timer_loop_is_woken_by_a_new_timer() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let rung = Arc::new(Notify::new());
        let wake = Wake::default();
        let settings = TimerSettings { poll: Duration::from_secs(3_600), ..TimerSettings::default() };
        let timers = Timers::builder(pool.clone(), Clock::system(), wake.clone(), settings)
            .on("ring", {
                let rung = Arc::clone(&rung);
                move |_, _| {
                    let rung = Arc::clone(&rung);
                    Box::pin(async move {
                        rung.notify_one();
                        Ok(Fired::Done)
                    })
                }
            })
            .build();
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (pool, stop) = (pool.clone(), stop.clone());
            async move { tokio::join!(wake.listen(&pool, &stop), timers.run(&stop)) }
        });
        for _ in 0..2 {
            let now = Clock::system().now();
            timers::schedule(&mut *pool.acquire().await?, "ring", "anna", &json!({}), now).await?;
            rung.notified().await;
        }
        stop.cancel();
        running.await?;
        Ok(())
    })
    .await
}
