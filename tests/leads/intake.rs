//! The way from the queue into the chat, and what may go wrong on it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use waas_hub::access::Role;
use waas_hub::leads::{FloodLimit, Intake, Settings};
use waas_platform::bus;
use waas_platform::clock::Clock;
use waas_platform::db::PgPool;

use super::redis::Redis;
use super::{BO, BOT, anna, cards, count, enrol, front, rules};
use crate::database::with_database;

/// No wait here may last longer.
const DEADLINE: Duration = Duration::from_secs(20);

/// Looks again and again until it is so; panics with `what` after the deadline.
pub(super) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> anyhow::Result<bool>) {
    let looking = async {
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        // A look that takes longer must not be followed by others at once: what is waited for runs on the same thread.
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if holds().await.expect("looking does not fail") {
                return;
            }
        }
    };
    assert!(tokio::time::timeout(DEADLINE, looking).await.is_ok(), "never: {what}");
}

/// An intake at work.
struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(pool: &PgPool, redis: &Redis) -> Self {
        let intake = Intake {
            pool: pool.clone(),
            rules: Arc::new(rules()),
            front: front(),
            clock: Clock::system(),
            bot: Some(BOT),
            limit: FloodLimit::default(),
            settings: Settings { max_backoff: Duration::from_millis(200), ..Settings::default() },
        };
        let stop = CancellationToken::new();
        let reach = bus::Settings { max_backoff: Duration::from_millis(200), ..bus::Settings::new(redis.url()) };
        let task = tokio::spawn(intake.run(reach, stop.clone()));
        Self { stop, task }
    }

    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(DEADLINE, self.task).await.expect("it stops when told").expect("it did not panic");
    }
}

#[tokio::test]
async fn redis_away_at_the_start_and_killed_later_costs_nothing_but_time() -> anyhow::Result<()> {
    with_database(|pool| async move {
        enrol(&mut *pool.acquire().await?, BO, "Bo", Role::Owner).await?;
        let mut redis = Redis::later();
        let intake = Running::start(&pool, &redis);
        redis.start().await;
        redis.push(anna("before").to_string().as_bytes());
        eventually("the first lead is stored", async || Ok(count(&pool, "leads").await? == 1)).await;

        redis.kill();
        redis.start().await;
        redis.push(anna("before").to_string().as_bytes());
        redis.push(anna("after").to_string().as_bytes());
        eventually("the second lead is stored", async || Ok(count(&pool, "leads").await? == 2)).await;
        eventually("the queue is empty", async || Ok(redis.length("hub:leads:processing") == "0")).await;
        intake.stop().await;
        assert_eq!(cards(&pool, "lead").await?.len(), 2);
        assert_eq!(count(&pool, "dead_letters").await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_whole_and_holds_up_nothing() -> anyhow::Result<()> {
    with_database(|pool| async move {
        enrol(&mut *pool.acquire().await?, BO, "Bo", Role::Owner).await?;
        let mut redis = Redis::later();
        redis.start().await;
        let large = vec![b'x'; 300 * 1024];
        let mut nobody = anna("2");
        nobody["phone"] = json!(null);
        let nobody = nobody.to_string();
        let bad: [(&[u8], &str); 4] = [
            (b"not JSON \xff\x00", "malformed"),
            (&large, "too_large"),
            (nobody.as_bytes(), "missing:contact"),
            (br#"{"id":"4","source":"s","name":7,"phone":"1"}"#, "invalid:name"),
        ];
        for (raw, _) in bad {
            redis.push(raw);
        }
        // The same again, as after a kill between the commit and its confirmation.
        redis.push(bad[0].0);
        let hostile = r#"<b>&"{{x}}"#;
        let mut good = anna("5");
        good["name"] = json!(hostile);
        redis.push(good.to_string().as_bytes());

        let intake = Running::start(&pool, &redis);
        eventually("the good one is stored", async || Ok(count(&pool, "leads").await? == 1)).await;
        eventually("the queue is empty", async || Ok(redis.length("hub:leads:processing") == "0")).await;
        intake.stop().await;

        let kept: Vec<(Vec<u8>, String, String)> =
            sqlx::query_as("select raw, reason, source from dead_letters order by id").fetch_all(&pool).await?;
        assert_eq!(kept.len(), bad.len());
        for ((raw, reason, source), (sent, expected)) in kept.iter().zip(bad) {
            assert!(raw == sent, "{expected} is kept whole");
            assert_eq!((reason.as_str(), source.as_str()), (expected, "lead"));
        }
        let notices = cards(&pool, "dead_letters").await?;
        assert_eq!(notices.len(), 1);
        assert!(notices[0].contains("4"), "{}", notices[0]);
        assert!(cards(&pool, "lead").await?[0].contains("<b>&lt;b&gt;&amp;&quot;{{x}}</b>"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_database_away_keeps_leads_in_the_queue() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut redis = Redis::later();
        redis.start().await;
        // A row that another transaction holds stands for a database that does not answer: the commit cannot come.
        let mut held = pool.begin().await?;
        sqlx::query("lock table leads in access exclusive mode").execute(&mut *held).await?;
        let intake = Running::start(&pool, &redis);
        redis.push(anna("1").to_string().as_bytes());
        eventually("it was taken", async || Ok(redis.length("hub:leads") == "0")).await;
        assert_eq!(redis.length("hub:leads:processing"), "1");
        // Killed in the middle: nothing of it is stored, and the next one finds it.
        intake.task.abort();
        held.rollback().await?;
        let next = Running::start(&pool, &redis);
        eventually("it is stored", async || Ok(count(&pool, "leads").await? == 1)).await;
        eventually("the queue is empty", async || Ok(redis.length("hub:leads:processing") == "0")).await;
        next.stop().await;
        Ok(())
    })
    .await
}
