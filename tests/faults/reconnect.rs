//! A storm of reconnects: Postgres dies and comes back, every connection is cut at once, the pool is exhausted. The hub
//! comes back by itself, nothing is lost, nothing is done twice.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, ensure};
use waas_world::luck::{self, Luck};
use waas_world::{Options, World, deadline, until};

use super::quick_heirs;
use super::updates::{accounts, crowd, write};

/// Updates and leads between two blows.
const SHARE: usize = 20;

/// The leads of so many shares, by name.
fn names(shares: usize) -> Vec<String> {
    (0..shares).map(|n| format!("Lead {n:03} of many")).collect()
}

/// Whoever is connected to the hub's database is thrown out.
async fn cut_postgres(world: &World) -> Result<()> {
    let others = "select pg_terminate_backend(pid) from pg_stat_activity
                  where datname = current_database() and pid <> pg_backend_pid()";
    sqlx::query(others).execute(&mut world.database().await?).await?;
    Ok(())
}

/// Each lead is stored once, and Bo, who comes only now, finds one card each.
async fn leads_are_whole(world: &World, names: &[String]) -> Result<()> {
    let bo = world.owner("Bo").await?;
    let mut stored: Vec<String> = Vec::new();
    for lead in world.hub().list(&["lead", "list", "--limit", "500"]).await? {
        stored.extend(lead["name"].as_str().map(str::to_owned));
    }
    stored.sort();
    ensure!(stored == names, "pushed {names:?}, stored {stored:?}");
    until("a card for every lead", Duration::from_secs(30), async || {
        let mut cards: BTreeMap<&str, usize> = BTreeMap::new();
        for message in bo.messages().await? {
            if let Some(name) = names.iter().find(|name| message.says(name)) {
                *cards.entry(name).or_default() += 1;
            }
        }
        ensure!(cards.values().all(|count| *count == 1), "doubled: {cards:?}");
        Ok((cards.len() == names.len()).then_some(()))
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn cut_off_from_postgres_and_redis_at_once_again_and_again_the_hub_loses_and_doubles_nothing() -> Result<()> {
    let mut luck = Luck::of("cut off")?;
    let cuts = luck::rounds(6, 60);
    let world = World::start_with(Options { no_limits: true, ..quick_heirs() }).await?;
    let (people, names) = (crowd(&world).await?, names(cuts));
    for (cut, name) in names.iter().enumerate() {
        world.gateway().push(&world.lead(name)).await?;
        let blow = async {
            luck.moment(Duration::from_millis(250)).await;
            cut_postgres(&world).await?;
            if cut % 2 == 0 {
                world.gateway().cuts().await?;
            }
            anyhow::Ok(())
        };
        let (wrote, struck) = tokio::join!(write(&people, cut * SHARE, SHARE), blow);
        wrote?;
        struck?;
        eprintln!("cut off: {} of {cuts}", cut + 1);
    }
    accounts(&world, &people, cuts * SHARE).await?;
    leads_are_whole(&world, &names).await?;
    world.end().await
}

#[tokio::test]
async fn postgres_dies_and_comes_back_and_the_hub_with_it() -> Result<()> {
    let mut luck = Luck::of("postgres dies")?;
    let deaths = luck::rounds(2, 20);
    let world = World::start_with(Options { no_limits: true, own_postgres: true, ..quick_heirs() }).await?;
    let (people, names) = (crowd(&world).await?, names(deaths));
    for (death, name) in names.iter().enumerate() {
        world.gateway().push(&world.lead(name)).await?;
        let blow = async {
            luck.moment(Duration::from_millis(250)).await;
            world.postgres()?.away().await?;
            // Long enough to be noticed by everything that looks.
            luck.moment(Duration::from_secs(2)).await;
            world.postgres()?.back().await
        };
        let (wrote, struck) = tokio::join!(write(&people, death * SHARE, SHARE), blow);
        wrote?;
        struck?;
        eprintln!("postgres dies: {} of {deaths}", death + 1);
    }
    accounts(&world, &people, deaths * SHARE).await?;
    leads_are_whole(&world, &names).await?;
    world.end().await
}

#[tokio::test]
async fn with_the_pool_exhausted_everything_waits_and_goes_on_afterwards() -> Result<()> {
    let options = quick_heirs().set("HUB_DATABASE__MAX_CONNECTIONS", "10").set("HUB_DATABASE__ACQUIRE_TIMEOUT", "1s");
    let world = World::start_with(Options { no_limits: true, ..options }).await?;
    let (people, names) = (crowd(&world).await?, names(1));
    let rounds = luck::rounds(1, 10);
    for round in 0..rounds {
        let mut blocker = world.database().await?;
        // Every turn looks its person up: so many turns wait here that no connection is left for anybody else.
        sqlx::query("begin").execute(&mut blocker).await?;
        sqlx::query("lock table people in access exclusive mode").execute(&mut blocker).await?;
        write(&people, round * SHARE, SHARE).await?;
        let mut looker = world.database().await?;
        let waiting = "select count(*) from pg_stat_activity
                       where datname = current_database() and wait_event_type = 'Lock'";
        until("turns to hold what connections there are", Duration::from_secs(10), async || {
            let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&mut looker).await?;
            Ok((waiting >= 4).then_some(()))
        })
        .await?;
        // Longer than anybody waits for a connection, and than the leases live.
        deadline::rest(Duration::from_secs(3)).await;
        sqlx::query("rollback").execute(&mut blocker).await?;
        // The next round finds a hub that has recovered.
        accounts(&world, &people, (round + 1) * SHARE).await?;
    }
    world.gateway().push(&world.lead(&names[0])).await?;
    world.settles().await?;
    leads_are_whole(&world, &names).await?;
    world.end().await
}
