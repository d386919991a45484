//! Leads over HTTP, committed: the hub's `POST /v1/leads` beside a peer, in turn, on one Postgres.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::peer;
use super::posts::{Posted, Target, post};
use crate::bench::figure::{Figure, Unit};
use crate::bench::spent;
use crate::deadline::until;
use crate::process::Program;
use crate::world::World;

const ROUNDS: usize = 3;
/// Of each contender in each round, once it is warm.
const LASTING: Duration = Duration::from_secs(3);
const WARM_UP: Duration = Duration::from_millis(500);
const SIZES: [u64; 2] = [1, 100];
/// Until the hub has told the operators of the leads of a round.
const TOLD: Duration = Duration::from_secs(30);

const HUB: &str = "64 connections, a call when the answer came; scored, searchable, with their history; cards and digests beside it; how often a key may call is lifted by `leads.http_per_minute` and `.http_burst`";
const PEER: &str = "the same calls to FastAPI with psycopg 3, uvicorn with uvloop and httptools, 2 workers: checked fields, one statement and one commit a call, one index; nothing else is done with them";
const CPU: &str = "of all its processes, user and system, in those runs; Postgres is not in it";

/// What a contender reached with one size, a value for each round.
#[derive(Default)]
struct Reached {
    rate: Vec<f64>,
    calls: Vec<f64>,
    cpu: Vec<f64>,
    /// Of whoever posts, seconds a call.
    own: Vec<f64>,
}

struct Contender {
    name: &'static str,
    how: &'static str,
    target: Arc<Target>,
    table: &'static str,
    /// Of its processes.
    group: u32,
}

/// Measures both.
///
/// # Errors
/// A part of the world fails, a lead was not taken, or fewer are stored than were taken.
pub(super) async fn measure(repository: &Path, world: &World) -> Result<Vec<Figure>> {
    let program = peer::start(repository, world).await?;
    let measured = race(world, &program).await;
    let stopped = peer::stop(program).await;
    let figures = measured?;
    stopped?;
    Ok(figures)
}

async fn race(world: &World, program: &Program) -> Result<Vec<Figure>> {
    let key = world.hub().json(&["key", "create", "--gateway", "bench.example"]).await?;
    let token = key["bearer"].as_str().context("`hub key create` printed no key")?.to_owned();
    let hub = Contender {
        name: "hub",
        how: HUB,
        target: Arc::new(Target { port: world.hub().port(), token }),
        table: "leads",
        group: world.hub().pid().await.context("the hub does not run")?,
    };
    let peer = Contender {
        name: "FastAPI",
        how: PEER,
        target: Arc::new(Target { port: world.spare_port(), token: peer::TOKEN.to_owned() }),
        table: "peer_leads",
        group: program.id().context("the peer does not run")?,
    };
    let numbers = Arc::new(AtomicU64::new(0));
    let mut figures = Vec::new();
    for size in SIZES {
        let (mut of_hub, mut of_peer) = (Reached::default(), Reached::default());
        for _ in 0..ROUNDS {
            run(world, &hub, size, &numbers, &mut of_hub).await?;
            told(world).await?;
            run(world, &peer, size, &numbers, &mut of_peer).await?;
        }
        figures.extend(of_one(&hub, size, &of_hub).into_iter().chain(of_one(&peer, size, &of_peer)));
        figures.extend(beside(size, &of_hub, &of_peer));
    }
    Ok(figures)
}

async fn run(
    world: &World,
    contender: &Contender,
    size: u64,
    numbers: &Arc<AtomicU64>,
    reached: &mut Reached,
) -> Result<()> {
    post(&contender.target, size, WARM_UP, numbers).await?;
    let before = stored(world, contender.table).await?;
    let (cpu, own) = (spent::of_group(contender.group), spent::own());
    let posted = post(&contender.target, size, LASTING, numbers).await?;
    let (cpu, own) = (spent::of_group(contender.group) - cpu, spent::own() - own);
    let after = stored(world, contender.table).await?;
    let Posted { calls, leads, took } = posted;
    ensure!(after - before == leads, "{} took {leads} leads and stored {}", contender.name, after - before);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let (calls, leads) = (calls as f64, leads as f64);
    reached.rate.push(leads / took.as_secs_f64());
    reached.calls.push(calls / took.as_secs_f64());
    reached.cpu.push(cpu.as_secs_f64() * 1_000_000.0 / leads);
    reached.own.push(own.as_secs_f64() / calls);
    Ok(())
}

async fn stored(world: &World, table: &str) -> Result<u64> {
    let count = format!("select count(*) from {table}");
    let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&mut world.database().await?).await?;
    Ok(count.try_into()?)
}

/// Waits until the hub has nothing left to do for leads that came: it is not to be busy beside the peer.
async fn told(world: &World) -> Result<()> {
    let mut database = world.database().await?;
    until("the operators to be told of all leads", TOLD, async || {
        let waits = "select 1 from leads where shown_at is null limit 1";
        let waits: Option<i32> = sqlx::query_scalar(waits).fetch_optional(&mut database).await?;
        Ok(waits.is_none().then_some(()))
    })
    .await?;
    world.settles().await
}

fn of_one(contender: &Contender, size: u64, reached: &Reached) -> [Figure; 2] {
    let Contender { name, how, .. } = contender;
    [
        Figure::new(format!("{name}: leads over HTTP, arrays of {size}"), how, Unit::PerSecond, reached.rate.clone()),
        Figure::new(
            format!("{name}: CPU of 1,000 leads, arrays of {size}"),
            CPU,
            Unit::Milliseconds,
            reached.cpu.clone(),
        ),
    ]
}

fn beside(size: u64, hub: &Reached, peer: &Reached) -> [Figure; 2] {
    let ratio = hub.rate.iter().zip(&peer.rate).map(|(ours, theirs)| ours / theirs).collect();
    let best = hub.calls.iter().chain(&peer.calls).copied().fold(0.0, f64::max);
    let own = hub.own.iter().chain(&peer.own).map(|seconds| 1.0 / seconds / best).collect();
    [
        Figure::new(
            format!("leads of the hub in terms of FastAPI's, arrays of {size}"),
            "of the two of each round",
            Unit::Times,
            ratio,
        )
        .at_least(10.0),
        Figure::new(
            format!("who posts, in terms of the best, arrays of {size}"),
            "the calls that one processor could make at the time that each took of it, by the best round of either; below the goal the rates are worth nothing",
            Unit::Times,
            own,
        )
        .at_least(3.0),
    ]
}
