//! What it costs to write an entry of the audit, and to look through a million.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::figure::{Figure, Unit, seconds};
use crate::deadline::until;
use crate::world::World;

/// Of each kind, in turn.
const RUNS: usize = 5;
/// Who write at once.
const WRITERS: usize = 8;
/// Transactions of each.
const TRANSACTIONS: usize = 60;
/// Rows of a transaction.
const ROWS: usize = 20;
/// What is looked through.
const MANY: i64 = 1_000_000;
/// For the hub to link them.
const PATIENCE: Duration = Duration::from_secs(600);

/// A table as the audit would be without its chain.
const PLAIN: &str = "create table plain (
    id bigint generated always as identity primary key, at timestamptz not null default now(),
    actor_kind text not null check (actor_kind in ('person', 'terminal', 'system')), actor text not null,
    act text not null, subject text not null, chat_id bigint,
    outcome text not null check (outcome in ('done', 'refused', 'failed')), detail jsonb not null default '{}');
    create index on plain (subject, id); create index on plain (actor, id)";

/// Writes entries beside a hub that links them, then has them all looked through.
///
/// # Errors
/// A part of the world fails, or the chain is broken.
pub async fn measure(tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let world = super::world().await?;
    let measured = run(&world, tell).await;
    let cleared = world.abandon().await;
    let figures = measured?;
    cleared?;
    Ok(figures)
}

async fn run(world: &World, tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    world.hub().start().await?;
    let mut database = world.database().await?;
    database.execute(PLAIN).await?;
    let mut terms = Vec::new();
    for turn in 0..RUNS {
        let tables = if turn % 2 == 0 { ["plain", "audit"] } else { ["audit", "plain"] };
        let mut took = [Duration::ZERO; 2];
        for table in tables {
            took[usize::from(table == "audit")] = write(world, table).await?;
        }
        let [plain, audit] = took;
        terms.push(audit.as_secs_f64() / plain.as_secs_f64());
    }
    let how = "8 writers, 60 transactions of 20 rows each, into the audit with a hub that links and into a table with its columns and indexes alone, in turn";
    let cost = Figure::new("audited writing in terms of plain", how, Unit::Times, terms).at_most(1.15);
    tell(&cost.to_string());

    let there: i64 = sqlx::query_scalar("select count(*) from audit").fetch_one(&mut database).await?;
    let many = "insert into audit (actor_kind, actor, act, subject, chat_id, outcome, detail)
        select 'person', (100 + n % 50)::text, 'lead.take', 'lead:' || gen_random_uuid(), -1001, 'done',
               jsonb_build_object('from', 'new', 'to', 'taken') from generate_series(1, $1) n";
    sqlx::query(many).bind(MANY - there).execute(&mut database).await?;
    let began = Instant::now();
    until("a million entries to be linked", PATIENCE, async || {
        let left = "select 1 from audit where position is null limit 1";
        let left: Option<i32> = sqlx::query_scalar(left).fetch_optional(&mut database).await?;
        Ok(left.is_none().then_some(()))
    })
    .await?;
    #[expect(clippy::cast_precision_loss, reason = "a million is exact")]
    let rate = (MANY - there) as f64 / began.elapsed().as_secs_f64();
    let linked = Figure::new("entries linked", "by one running hub, a million waiting", Unit::PerSecond, vec![rate]);
    tell(&linked.to_string());

    database.execute("vacuum analyze audit").await?;
    let mut took = Vec::new();
    for _ in 0..3 {
        let began = Instant::now();
        let found = world.hub().json(&["audit", "verify"]).await?;
        took.push(began.elapsed());
        let checked = found["checked"].as_i64().context("a count")?;
        ensure!(found["ok"] == true && checked >= MANY, "{found}");
    }
    let how = "the whole command, beside a hub that runs";
    let verified =
        Figure::new("`hub audit verify`, a million entries", how, Unit::Seconds, seconds(&took)).at_most(5.0);
    tell(&verified.to_string());
    Ok(vec![cost, linked, verified])
}

/// How long all writers take.
async fn write(world: &World, table: &'static str) -> Result<Duration> {
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        writers.push(world.database().await?);
    }
    let began = Instant::now();
    let spawn = |mut conn: PgConnection| {
        tokio::spawn(async move {
            for n in 0..TRANSACTIONS {
                transaction(&mut conn, table, n).await?;
            }
            anyhow::Ok(())
        })
    };
    let writing: Vec<_> = writers.into_iter().map(spawn).collect();
    for one in writing {
        one.await??;
    }
    Ok(began.elapsed())
}

async fn transaction(conn: &mut PgConnection, table: &str, n: usize) -> Result<()> {
    let insert = format!(
        "insert into {table} (actor_kind, actor, act, subject, chat_id, outcome, detail)
         values ('person', $1, 'lead.take', $2, -1001, 'done', '{{\"from\": \"new\", \"to\": \"taken\"}}')"
    );
    let mut tx = conn.begin().await?;
    for row in 0..ROWS {
        let subject = format!("lead:{n}-{row}");
        sqlx::query(sqlx::AssertSqlSafe(insert.clone())).bind(n.to_string()).bind(subject).execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}
