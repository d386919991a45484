//! Telemetry over a real Redis into a real database: counted exactly, also across a restart of Redis.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use waas_hub::audit::Actor;
use waas_hub::keys::{self, Created, Holder, NewKey};
use waas_hub::telemetry::hearing::Hearing;
use waas_hub::telemetry::work::{HeartbeatWatch, Ingest};
use waas_hub::telemetry::{self, Beat, Figures, HeartbeatListener, Missed, Settings};
use waas_hub::tenants::Tenant;
use waas_platform::clock::Clock;
use waas_platform::db::{PgConnection, Signals};
use waas_platform::secrets::MasterKey;

use crate::estate::{Redis, publish, tenant, with_database, within};

/// Remembers what it was told.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Heard {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("not poisoned"))
    }
}

impl HeartbeatListener for Heard {
    fn missed<'a>(
        &'a self,
        _: &'a mut PgConnection,
        tenant: &'a Tenant,
        beat: &'a Beat,
        _: DateTime<Utc>,
    ) -> BoxFuture<'a, anyhow::Result<Missed>> {
        self.0.lock().expect("not poisoned").push(format!("missed {} {}", tenant.slug, beat.service));
        Box::pin(async { Ok(Missed::Told) })
    }

    fn deaf<'a>(&'a self, _: &'a mut PgConnection, _: DateTime<Utc>) -> BoxFuture<'a, anyhow::Result<()>> {
        self.0.lock().expect("not poisoned").push("deaf".to_owned());
        Box::pin(async { Ok(()) })
    }

    fn hears<'a>(&'a self, _: &'a mut PgConnection, _: DateTime<Utc>) -> BoxFuture<'a, anyhow::Result<()>> {
        self.0.lock().expect("not poisoned").push("hears".to_owned());
        Box::pin(async { Ok(()) })
    }

    fn back<'a>(
        &'a self,
        _: &'a mut PgConnection,
        tenant: &'a str,
        service: &'a str,
        _: DateTime<Utc>,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        self.0.lock().expect("not poisoned").push(format!("back {tenant} {service}"));
        Box::pin(async { Ok(()) })
    }
}

/// A running ingest; ends with the test.
struct Running {
    ingest: Ingest,
    heard: Arc<Heard>,
    stop: CancellationToken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn run(pool: &PgPool, redis: &Redis, keys: &Arc<MasterKey>) -> Running {
    let heard = Arc::new(Heard::default());
    let ingest = Ingest {
        pool: pool.clone(),
        bus: redis.bus().await,
        keys: Arc::clone(keys),
        clock: Clock::system(),
        settings: Arc::new(Settings::default()),
        listener: heard.clone(),
    };
    let (signals, stop) = (Signals::new([telemetry::PASSWORDS]), CancellationToken::new());
    tokio::spawn(ingest.clone().run(signals.of(telemetry::PASSWORDS), stop.clone()));
    tokio::spawn(signals.listen(pool.clone(), stop.clone()));
    Running { ingest, heard, stop }
}

fn master_key() -> anyhow::Result<Arc<MasterKey>> {
    Ok(Arc::new(MasterKey::parse(&MasterKey::generate())?))
}

async fn key(pool: &PgPool, keys: &MasterKey, slug: &str) -> anyhow::Result<NewKey> {
    let mut tx = pool.begin().await?;
    let created =
        keys::create(&mut tx, keys, &Holder::Tenant(slug.parse()?), &Actor::Terminal("bo".to_owned())).await?;
    tx.commit().await?;
    match created {
        Created::Key(key) => Ok(key),
        other => anyhow::bail!("{other:?}"),
    }
}

fn message(seq: u64, more: Value) -> String {
    let mut message = json!({"service": "backend", "boot": "b1", "seq": seq, "ts": Utc::now().timestamp_millis(),
        "type": "metric", "metrics": {"requests": seq}});
    for (name, value) in more.as_object().expect("an object") {
        message[name] = value.clone();
    }
    message.to_string()
}

async fn figures(pool: &PgPool) -> anyhow::Result<Figures> {
    Ok(telemetry::figures(&mut *pool.acquire().await?, &"new_salon".parse()?, Utc::now()).await?)
}

async fn until(pool: &PgPool, what: impl Fn(&Figures) -> bool) -> anyhow::Result<Figures> {
    within(async {
        loop {
            let figures = figures(pool).await?;
            if what(&figures) {
                return Ok(figures);
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

/// The tenant's own connection, as soon as its user stands.
async fn signed_in(redis: &Redis, key: &NewKey) -> anyhow::Result<redis::aio::MultiplexedConnection> {
    let user = key.redis.as_ref().context("a Redis user")?;
    let credentials = format!("{}:{}@", user.name(), user.password.expose());
    Ok(within(async {
        loop {
            if let Some(connection) = redis.sign_in(&credentials).await {
                return connection;
            }
            tokio::task::yield_now().await;
        }
    })
    .await)
}

/// Publishes as soon as somebody listens.
async fn heard(connection: &mut redis::aio::MultiplexedConnection, payload: &str) {
    within(async {
        while !matches!(publish(connection, "telemetry:new_salon", payload).await, Ok(1..)) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn five_hundred_messages_are_counted_exactly_and_redis_may_forget_everything() -> anyhow::Result<()> {
    with_database(|pool| async move {
        tenant(&pool, "new_salon", "live").await?;
        let (mut redis, keys) = (Redis::start().await, master_key()?);
        let running = run(&pool, &redis, &keys).await;
        let key = key(&pool, &keys, "new_salon").await?;
        let mut salon = signed_in(&redis, &key).await?;

        heard(&mut salon, &message(1, json!({"type": "heartbeat", "interval_s": 10}))).await;
        for seq in 2..=500 {
            publish(&mut salon, "telemetry:new_salon", &message(seq, json!({}))).await?;
        }
        for refused in ["not JSON", &message(501, json!({"metrics": {"a": "x"}}))] {
            publish(&mut salon, "telemetry:new_salon", refused).await?;
        }
        let figures = until(&pool, |figures| figures.totals.rejected == 2).await?;
        ensure!((figures.totals.received, figures.totals.lost) == (500, 0), "{:?}", figures.totals);
        ensure!(figures.totals.unknown_since.is_none(), "it is alive");
        ensure!(figures.metrics.len() == 1 && figures.metrics[0].value == 500.0, "{:?}", figures.metrics);
        ensure!(figures.last_heartbeat_at.is_some());

        // What another writes, and to where, is not for it.
        for (channel, what) in [("telemetry:other", "another's channel"), ("hub:leads", "no channel")] {
            ensure!(publish(&mut salon, channel, "{}").await.is_err(), "{what}");
        }
        let asked = redis::cmd("GET").arg("x").query_async::<redis::Value>(&mut salon).await;
        ensure!(asked.err().and_then(|error| error.code().map(str::to_owned)).as_deref() == Some("NOPERM"));

        // Five messages go down with Redis; the user comes again by itself, the gap shows.
        redis.restart().await;
        let mut salon = signed_in(&redis, &key).await?;
        heard(&mut salon, &message(507, json!({}))).await;
        let figures = until(&pool, |figures| figures.totals.received == 501).await?;
        ensure!(figures.totals.lost == 5, "{:?}", figures.totals);

        publish(&mut salon, "telemetry:new_salon", &message(508, json!({"type": "event", "name": "bye"}))).await?;
        let figures = until(&pool, |figures| figures.totals.received == 502).await?;
        ensure!(figures.heartbeats[0].state == "stopped", "a goodbye is no silence");
        drop(running);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_channel_decides_and_a_stranger_is_dropped() -> anyhow::Result<()> {
    with_database(|pool| async move {
        tenant(&pool, "new_salon", "live").await?;
        let redis = Redis::start().await;
        let _running = run(&pool, &redis, &master_key()?).await;
        let mut outsider = redis.sign_in("").await.context("an open Redis")?;
        heard(&mut outsider, &message(1, json!({"tenant": "other"}))).await;
        publish(&mut outsider, "telemetry:nobody", &message(1, json!({}))).await?;
        publish(&mut outsider, "telemetry:new_salon", &message(2, json!({"prev": {"boot": "b0", "seq": 3}}))).await?;
        let figures = until(&pool, |figures| figures.totals.received == 2).await?;
        ensure!(figures.totals.lost == 3, "the process before is accounted for: {:?}", figures.totals);
        let tenants: Vec<String> =
            sqlx::query_scalar("select distinct tenant from telemetry_boots").fetch_all(&pool).await?;
        ensure!(tenants == ["new_salon"], "{tenants:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_silent_heartbeat_is_told_once_and_its_return_too() -> anyhow::Result<()> {
    with_database(|pool| async move {
        tenant(&pool, "new_salon", "live").await?;
        let redis = Redis::start().await;
        let running = run(&pool, &redis, &master_key()?).await;
        let mut salon = redis.sign_in("").await.context("an open Redis")?;
        let beat = |seq| message(seq, json!({"type": "heartbeat", "interval_s": 5}));
        heard(&mut salon, &beat(1)).await;
        until(&pool, |figures| figures.totals.received == 1).await?;

        let clock = Clock::manual(Utc::now());
        let watch = HeartbeatWatch {
            pool: pool.clone(),
            clock: clock.clone(),
            settings: Arc::clone(&running.ingest.settings),
            bus: running.ingest.bus.clone(),
            hearing: Arc::new(Hearing::from(clock.now() - chrono::Duration::hours(1))),
            listener: running.heard.clone(),
        };
        let due = watch.look().await?.context("it is due some time")?;
        clock.advance(due - clock.now() - chrono::Duration::milliseconds(1));
        watch.look().await?;
        ensure!(running.heard.take().is_empty(), "not before its time");
        clock.advance(chrono::Duration::milliseconds(1));
        watch.look().await?;
        watch.look().await?;
        ensure!(running.heard.take() == ["missed new_salon backend"]);
        publish(&mut salon, "telemetry:new_salon", &beat(2)).await?;
        until(&pool, |figures| figures.totals.received == 2).await?;
        ensure!(running.heard.take() == ["back new_salon backend"]);

        // Stopped on purpose, silence is right.
        sqlx::query("update tenants set state = 'stopped'").execute(&pool).await?;
        clock.advance(chrono::Duration::hours(1));
        watch.look().await?;
        ensure!(running.heard.take().is_empty());
        Ok(())
    })
    .await
}

/// While the hub is deaf everybody is silent; that says nothing about anybody.
#[tokio::test]
async fn nobody_is_missed_while_redis_is_away_nor_before_they_had_time_to_come_back() -> anyhow::Result<()> {
    with_database(|pool| async move {
        tenant(&pool, "new_salon", "live").await?;
        let mut redis = Redis::start().await;
        let running = run(&pool, &redis, &master_key()?).await;
        let mut salon = redis.sign_in("").await.context("an open Redis")?;
        heard(&mut salon, &message(1, json!({"type": "heartbeat", "interval_s": 5}))).await;
        until(&pool, |figures| figures.totals.received == 1).await?;

        let clock = Clock::manual(Utc::now());
        let watch = HeartbeatWatch {
            pool: pool.clone(),
            clock: clock.clone(),
            settings: Arc::clone(&running.ingest.settings),
            bus: running.ingest.bus.clone(),
            hearing: Arc::new(Hearing::from(clock.now() - chrono::Duration::hours(1))),
            listener: running.heard.clone(),
        };
        redis.kill();
        for _ in 0..3 {
            clock.advance(chrono::Duration::minutes(1));
            watch.look().await?;
        }
        ensure!(running.heard.take() == ["deaf"], "said once, and nobody is missed");
        redis.back().await;
        within(async { while watch.bus.ping().await.is_err() {} }).await;
        clock.advance(chrono::Duration::minutes(1));
        watch.look().await?;
        ensure!(running.heard.take() == ["hears"]);
        clock.advance(chrono::Duration::seconds(14));
        watch.look().await?;
        ensure!(running.heard.take().is_empty(), "three intervals to come back");
        clock.advance(chrono::Duration::seconds(1));
        watch.look().await?;
        ensure!(running.heard.take() == ["missed new_salon backend"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_watch_sleeps_until_the_next_is_due_and_wakes_for_one_it_did_not_know() -> anyhow::Result<()> {
    with_database(|pool| async move {
        tenant(&pool, "new_salon", "live").await?;
        let redis = Redis::start().await;
        let (heard, stop) = (Arc::new(Heard::default()), CancellationToken::new());
        let settings = Settings {
            missed: telemetry::heartbeat::MissedAfter { intervals: 1, at_least: chrono::Duration::milliseconds(10) },
            check: Duration::from_secs(3600),
            ..Settings::default()
        };
        let watch = HeartbeatWatch {
            pool: pool.clone(),
            clock: Clock::system(),
            settings: Arc::new(settings.clone()),
            bus: redis.bus().await,
            hearing: Arc::new(Hearing::from(Utc::now())),
            listener: heard.clone(),
        };
        let signals = Signals::new([telemetry::HEARTBEATS]);
        tokio::spawn(watch.run(signals.of(telemetry::HEARTBEATS), stop.clone()));
        tokio::spawn(signals.listen(pool.clone(), stop.clone()));
        let now = Utc::now();
        let beat = message(1, json!({"type": "heartbeat", "interval_s": 1}));
        let arrived = telemetry::intake::Arrived {
            tenant: "new_salon".to_owned(),
            message: telemetry::model::Message::parse(beat.as_bytes(), now, &settings.limits),
            at: now,
        };
        let mut tx = pool.begin().await?;
        telemetry::intake::store(&mut tx, &settings, heard.as_ref(), &[arrived]).await?;
        tx.commit().await?;
        let told = within(async {
            loop {
                let told = heard.take();
                if !told.is_empty() {
                    return told;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
        ensure!(told == ["missed new_salon backend"], "{told:?}");
        stop.cancel();
        Ok(())
    })
    .await
}
