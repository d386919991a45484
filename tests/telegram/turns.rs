//! Turns and the dispatcher that hands updates to them: what becomes of an update when its replica dies, loses its
//! connections, or loses it to another one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use waas_hub::menu::Apology;
use waas_platform::clock::Clock;
use waas_platform::db::{PgPool, Signals};
use waas_platform::render::Html;
use waas_platform::telegram::turn::{Turns, command};
use waas_platform::telegram::{BotId, BotIdentity, SIGNALS, Settings, Turn, View, buttons, dptree, inbox, prompts};
use waas_world::until;

use super::{SOON, front};
use crate::database::with_database;

const BOT: BotId = BotId(7);
const ANN: i64 = 42;
const BOB: i64 = 43;

/// What the handlers wait for and count.
#[derive(Clone)]
struct Gate {
    open: Arc<Semaphore>,
    inside: Arc<AtomicU32>,
    pool: PgPool,
}

async fn slow(turn: Turn, gate: Gate) -> anyhow::Result<()> {
    gate.inside.fetch_add(1, Ordering::SeqCst);
    gate.open.acquire().await?.forget();
    turn.reply(View::text(Html::escape("done"))).await
}

async fn quick(turn: Turn) -> anyhow::Result<()> {
    turn.reply(View::text(Html::escape("done"))).await
}

/// Fails after another replica, which took the update over, has done it.
async fn taken_over(gate: Gate) -> anyhow::Result<()> {
    sqlx::query("update inbox set state = 'done', taken_by = null, finished_at = now()").execute(&gate.pool).await?;
    anyhow::bail!("too late")
}

/// Updates and turns on a database, without a server.
struct Desk {
    pool: PgPool,
    signals: Signals,
    gate: Gate,
    turns: Turns,
}

/// A replica at work.
struct Replica {
    stop: CancellationToken,
    working: JoinHandle<()>,
}

impl Replica {
    /// As a kill -9 does: everything in hand is gone, and so are its connections.
    async fn dies(self) {
        self.working.abort();
        assert!(self.working.await.is_err(), "was at work");
    }

    async fn stops(self) -> anyhow::Result<()> {
        self.stop.cancel();
        Ok(self.working.await?)
    }
}

impl Desk {
    fn open(pool: PgPool) -> Self {
        let gate = Gate { open: Arc::new(Semaphore::new(0)), inside: Arc::default(), pool: pool.clone() };
        let menu = dptree::entry()
            .branch(command("slow").endpoint(slow))
            .branch(command("taken").endpoint(taken_over))
            .branch(dptree::endpoint(quick));
        let clock = Clock::system();
        let turns = Turns {
            pool: pool.clone(),
            bot: BotIdentity { id: BOT, username: "desk_bot".to_owned() },
            menu,
            services: dptree::deps![gate.clone()],
            last_words: Arc::new(Apology { front: front(), clock: clock.clone() }),
            clock,
            settings: Settings {
                turn_workers: 4,
                turn_attempts: 3,
                turn_deadline: Duration::from_secs(60),
                turn_backoff: Duration::from_millis(10),
                ..Settings::default()
            },
        };
        turns.check();
        Self { pool, signals: Signals::new(SIGNALS), gate, turns }
    }

    fn replica(&self) -> Replica {
        self.replica_with(|_| {})
    }

    fn replica_with(&self, other: impl FnOnce(&mut Turns)) -> Replica {
        let (mut turns, signals, stop) = (self.turns.clone(), self.signals.clone(), CancellationToken::new());
        other(&mut turns);
        let until = stop.clone();
        Replica { stop, working: tokio::spawn(async move { turns.run(&signals, until).await }) }
    }

    async fn comes(&self, id: i64, from: i64, text: &str) -> anyhow::Result<()> {
        inbox::store(&mut *self.pool.acquire().await?, BOT, &[message(id, from, text)]).await?;
        self.signals.wake(SIGNALS[0]);
        Ok(())
    }

    async fn number(&self, sql: &'static str) -> anyhow::Result<i64> {
        Ok(sqlx::query_scalar(sql).fetch_one(&self.pool).await?)
    }

    async fn becomes(&self, what: &str, sql: &'static str, wanted: i64) -> anyhow::Result<()> {
        let outcome = until(what, SOON, async || Ok((self.number(sql).await? == wanted).then_some(())));
        outcome.await.map(drop)
    }

    async fn are_inside(&self, turns: u32) -> anyhow::Result<()> {
        let outcome = until("slow turns to be under way", SOON, async || {
            Ok((self.gate.inside.load(Ordering::SeqCst) == turns).then_some(()))
        });
        outcome.await.map(drop)
    }
}

fn message(id: i64, from: i64, text: &str) -> Value {
    let mut message = json!({ "message_id": id, "date": 1_700_000_000, "text": text,
        "chat": { "id": from, "type": "private", "first_name": "Ann" },
        "from": { "id": from, "is_bot": false, "first_name": "Ann" } });
    if text.starts_with('/') {
        message["entities"] = json!([{ "type": "bot_command", "offset": 0, "length": text.len() }]);
    }
    json!({ "update_id": id, "message": message })
}

const DONE: &str = "select count(*) from inbox where state = 'done'";
const DEAD: &str = "select count(*) from inbox where state = 'dead'";

#[tokio::test]
async fn what_a_dead_replica_had_goes_on_at_once_and_in_order() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let desk = Desk::open(pool);
        let first = desk.replica();
        desk.comes(1, ANN, "/slow").await?;
        desk.comes(2, ANN, "after it").await?;
        desk.are_inside(1).await?;
        let heir = desk.replica();
        desk.comes(3, BOB, "of another").await?;
        desk.becomes("Bob's update to be done meanwhile", DONE, 1).await?;
        first.dies().await;
        desk.are_inside(2).await?;
        assert_eq!(desk.number(DONE).await?, 1, "what comes later in a conversation waits");
        desk.gate.open.add_permits(1);
        desk.becomes("all updates to be done", DONE, 3).await?;
        assert_eq!(desk.number("select count(*) from outbox").await?, 3, "each is answered once");
        heir.stops().await
    })
    .await
}

#[tokio::test]
async fn an_update_that_kills_its_process_is_buried_and_takes_no_innocent_one_along() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let desk = Desk::open(pool);
        desk.comes(1, ANN, "/slow").await?;
        desk.comes(2, BOB, "/slow").await?;
        let replica = desk.replica();
        desk.are_inside(2).await?;
        replica.dies().await;
        let replica = desk.replica();
        desk.are_inside(3).await?;
        desk.comes(3, BOB + 2, "nobody is kept waiting").await?;
        desk.becomes("others to be handled beside the suspect", DONE, 1).await?;
        assert_eq!(desk.gate.inside.load(Ordering::SeqCst), 3, "suspects run one at a time");
        replica.dies().await;
        // What saw two deaths rests: the other suspect has its turn.
        let replica = desk.replica();
        desk.are_inside(4).await?;
        desk.gate.open.add_permits(1);
        desk.becomes("the innocent update to be done", DONE, 2).await?;
        desk.are_inside(5).await?;
        desk.comes(4, BOB + 3, "nobody is kept waiting").await?;
        desk.becomes("others to be handled beside the suspect", DONE, 3).await?;
        replica.dies().await;
        let replica = desk.replica();
        desk.becomes("the killer to be given up", DEAD, 1).await?;
        let deaths: Vec<(i64, i32)> = sqlx::query_as("select update_id, deaths from inbox where deaths > 0 order by 1")
            .fetch_all(&desk.pool)
            .await?;
        assert_eq!(deaths, [(1, 3), (2, 1)]);
        let reason = "select count(*) from dead_letters where reason = '3 processes ended while they handled it'";
        assert_eq!(desk.number(reason).await?, 1);
        assert_eq!(desk.number("select count(*) from outbox where chat_id = 42").await?, 1, "Ann is told");
        replica.stops().await
    })
    .await
}

#[tokio::test]
async fn who_kills_processes_again_and_again_convicts_no_innocent_update() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let desk = Desk::open(pool);
        // None of these processes lives for ten of its pauses.
        let young = || desk.replica_with(|turns| turns.settings.turn_backoff = Duration::from_secs(3600));
        desk.comes(1, ANN, "/slow").await?;
        for inside in 1..=2 {
            let replica = young();
            desk.are_inside(inside).await?;
            replica.dies().await;
        }
        // The pause after the second death is another guard's.
        let due = "update inbox set next_attempt_at = '-infinity'";
        for id in 2..=4 {
            let replica = young();
            desk.comes(id, BOB, "nobody is kept waiting").await?;
            desk.becomes("others to be handled without the suspect", DONE, id - 1).await?;
            sqlx::query(due).execute(&desk.pool).await?;
            replica.dies().await;
        }
        assert_eq!(desk.number("select deaths::bigint from inbox where update_id = 1").await?, 2);
        let replica = desk.replica();
        sqlx::query(due).execute(&desk.pool).await?;
        desk.are_inside(3).await?;
        desk.gate.open.add_permits(1);
        desk.becomes("the innocent update to be done", DONE, 4).await?;
        replica.stops().await
    })
    .await
}

#[tokio::test]
async fn connections_that_are_cut_cost_no_update() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let desk = Desk::open(pool);
        let replica = desk.replica();
        for id in 0..8 {
            desk.comes(id, id, "before").await?;
        }
        desk.becomes("the first ones to be done", DONE, 8).await?;
        for round in 1..=3 {
            desk.comes(100 * round, ANN, "/slow").await?;
            desk.are_inside(u32::try_from(round)?).await?;
            sqlx::query(
                "select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and pid <> pg_backend_pid()",
            )
            .execute(&desk.pool)
            .await?;
            desk.gate.open.add_permits(2);
            desk.comes(100 * round + 1, ANN, "after").await?;
            desk.becomes("all updates to be done", DONE, 8 + 2 * round).await?;
            let left = desk.gate.open.available_permits();
            desk.gate.open.acquire_many(u32::try_from(left)?).await?.forget();
            desk.gate.inside.store(u32::try_from(round)?, Ordering::SeqCst);
        }
        assert_eq!(desk.number("select count(*) from outbox").await?, 14, "each is answered once");
        replica.stops().await
    })
    .await
}

#[tokio::test]
async fn what_a_claim_took_whose_answer_was_lost_is_free_again() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let desk = Desk::open(pool);
        let replica = desk.replica();
        desk.comes(1, ANN, "before").await?;
        desk.becomes("the first one to be done", DONE, 1).await?;
        // As the row stands when the connection breaks between the claim's commit and its answer.
        let mut tx = desk.pool.begin().await?;
        inbox::store(&mut tx, BOT, &[message(2, BOB, "taken")]).await?;
        let taken = "update inbox set taken_by = (select last_value::int from inbox_holders) where update_id = 2";
        sqlx::query(taken).execute(&mut *tx).await?;
        tx.commit().await?;
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .execute(&desk.pool)
        .await?;
        desk.becomes("the update to be done", DONE, 2).await?;
        assert_eq!(desk.number("select count(*) from inbox where deaths > 0").await?, 0, "nobody died");
        replica.stops().await
    })
    .await
}

#[tokio::test]
async fn what_another_replica_has_done_is_not_buried() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut desk = Desk::open(pool);
        desk.turns.settings.turn_attempts = 1;
        desk.comes(1, ANN, "/taken").await?;
        assert!(desk.turns.one().await?);
        assert_eq!((desk.number(DONE).await?, desk.number("select count(*) from dead_letters").await?), (1, 0));
        assert_eq!(desk.number("select count(*) from outbox").await?, 0, "nobody is told of a failure");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_same_updates_in_two_orders_do_not_wait_for_each_other() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let desk = Desk::open(pool);
        let update = |id| message(id, ANN, "hi");
        let mut third = desk.pool.begin().await?;
        inbox::store(&mut third, BOT, &[update(5)]).await?;
        let store = |ids: &'static [i64]| {
            let pool = desk.pool.clone();
            tokio::spawn(async move {
                let updates: Vec<Value> = ids.iter().map(|id| message(*id, ANN, "hi")).collect();
                let mut tx = pool.begin().await?;
                inbox::store(&mut tx, BOT, &updates).await?;
                tx.commit().await
            })
        };
        let waiting = "select count(*) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
        let one = store(&[1, 5, 2]);
        desk.becomes("the first to wait for the third", waiting, 1).await?;
        let other = store(&[2, 1]);
        desk.becomes("both to wait", waiting, 2).await?;
        third.rollback().await?;
        one.await??;
        other.await??;
        assert_eq!(desk.number("select count(*) from inbox").await?, 3);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_has_expired_is_tidied() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let insert = "insert into buttons (token, action, subject, chat_id, expires_at)
                      values ('old', 'a.b', '', 1, now() - interval '1 day'), ('young', 'a.b', '', 1, now() + interval '1 day')";
        sqlx::query(insert).execute(&pool).await?;
        let insert = "insert into prompts (bot_id, chat_id, person_id, action, subject, expires_at)
                      values (7, 1, 1, 'a.b', '', now() - interval '1 day'), (7, 2, 2, 'a.b', '', now() + interval '1 day')";
        sqlx::query(insert).execute(&pool).await?;
        let now = Clock::system().now();
        assert_eq!((buttons::forget(&pool, now).await?, prompts::forget(&pool, now).await?), (1, 1));
        assert_eq!((buttons::forget(&pool, now).await?, prompts::forget(&pool, now).await?), (0, 0));
        Ok(())
    })
    .await
}
