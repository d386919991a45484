//! Kill -9 and rolling restarts while people write: every update is handled, and once.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use waas_world::luck::{self, Luck};
use waas_world::{Balancer, Hub, Options, Person, World, until};

use super::quick_heirs;

/// People who write side by side.
const PEOPLE: usize = 8;
/// Updates between two blows.
const BETWEEN: usize = 40;
/// After the last blow everything must have come to rest.
const REST: Duration = Duration::from_secs(60);

/// Strangers: each of their messages has one answer and no other effect, so that answers can be counted.
pub(super) async fn crowd(world: &World) -> Result<Vec<Person>> {
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        people.push(world.person(&format!("Person {n}"), "").await?);
    }
    Ok(people)
}

/// One message each in turn.
pub(super) async fn write(people: &[Person], from: usize, count: usize) -> Result<()> {
    for n in from..from + count {
        let person = people.get(n % people.len()).context("nobody")?;
        person.sends(&format!("Is anybody there? ({n})")).await?;
    }
    Ok(())
}

/// What became of `sent` messages: all handled, each answered by one row of the outbox, all of them seen; more were seen
/// only where the hub itself knows that it could not know.
pub(super) async fn accounts(world: &World, people: &[Person], sent: usize) -> Result<()> {
    let mut database = world.database().await?;
    let settled = until("every update to be handled and answered", REST, async || {
        let open: i64 = sqlx::query_scalar(
            "select (select count(*) from inbox where state = 'waiting')
                  + (select count(*) from outbox where state in ('waiting', 'sending') and not_before <= now())",
        )
        .fetch_one(&mut database)
        .await?;
        let arrived: i64 = sqlx::query_scalar("select count(*) from inbox where kind = 'message' and state = 'done'")
            .fetch_one(&mut database)
            .await?;
        ensure!(arrived <= i64::try_from(sent)?, "{sent} sent, {arrived} handled");
        Ok((open == 0 && arrived == i64::try_from(sent)?).then_some(()))
    })
    .await;
    if let Err(error) = settled {
        let left: Vec<(String, String)> = sqlx::query_as(
            "select 'inbox', concat_ws(' ', update_id, state, kind, taken_by, deaths, attempts, last_error) from inbox
             where state <> 'done'
             union all
             select 'inbox in all', count(*)::text from inbox
             union all
             select 'outbox', concat_ws(' ', id, chat_id, state, attempts, not_before, last_error) from outbox
             where state in ('waiting', 'sending')",
        )
        .fetch_all(&mut database)
        .await?;
        return Err(error.context(format!("of {sent} messages, left are {left:#?}")));
    }
    let (answers, repeated): (i64, i64) = sqlx::query_as(
        "select count(*), coalesce(sum(attempts - 1), 0)::bigint from outbox where call ->> 'method' = 'say'",
    )
    .fetch_one(&mut database)
    .await?;
    ensure!(answers == i64::try_from(sent)?, "{sent} updates, {answers} answers: handled twice or not at all");
    let mut seen = 0;
    for person in people {
        seen += person.messages().await?.iter().filter(|m| m.from_bot).count();
    }
    let doubles = seen.checked_sub(sent).with_context(|| format!("{sent} answers sent, {seen} seen"))?;
    ensure!(i64::try_from(doubles)? <= repeated, "{doubles} answers twice, {repeated} known to the hub");
    eprintln!("{sent} updates, all handled once; {doubles} answers seen twice, {repeated} sends repeated");
    Ok(())
}

fn quick() -> Options {
    Options { no_limits: true, ..quick_heirs() }
}

/// Every other blow falls on each of two; the one that is up goes on.
async fn killed(world: &World, replicas: &[&Hub], luck: &mut Luck) -> Result<()> {
    let people = crowd(world).await?;
    let kills = luck::rounds(5, 50);
    for kill in 0..kills {
        let hub = replicas.get(kill % replicas.len()).context("no hub")?;
        let blow = async {
            luck.moment(Duration::from_millis(250)).await;
            hub.crashes().await
        };
        let (wrote, restarted) = tokio::join!(write(&people, kill * BETWEEN, BETWEEN), blow);
        wrote?;
        restarted?;
        eprintln!("updates: {} of {kills} kills", kill + 1);
    }
    accounts(world, &people, kills * BETWEEN).await
}

#[tokio::test]
async fn by_polling_nothing_is_lost_or_handled_twice_however_often_the_hub_is_killed() -> Result<()> {
    let mut luck = Luck::of("updates by polling")?;
    let world = World::start_with(quick()).await?;
    killed(&world, &[world.hub()], &mut luck).await?;
    world.end().await
}

/// Two replicas behind one address, by webhook.
async fn pair(options: Options) -> Result<(World, Hub, Balancer)> {
    let options =
        options.set("HUB_TELEGRAM__MODE", "webhook").set("HUB_TELEGRAM__WEBHOOK_SECRET", "s3cret-of_the-webhook");
    let world = World::start_with(Options { hub_stopped: true, balanced: true, ..options }).await?;
    let replica = world.replica()?;
    let balancer = Balancer::start(world.spare_port(), vec![world.hub().port(), replica.port()]).await?;
    world.hub().start().await?;
    replica.start().await?;
    Ok((world, replica, balancer))
}

#[tokio::test]
async fn by_webhook_two_replicas_lose_nothing_and_handle_nothing_twice() -> Result<()> {
    let mut luck = Luck::of("updates by webhook")?;
    let (world, replica, balancer) = pair(quick()).await?;
    killed(&world, &[world.hub(), &replica], &mut luck).await?;
    replica.stop().await?;
    drop(balancer);
    world.end().await
}

#[tokio::test]
async fn a_rolling_restart_of_two_replicas_loses_and_doubles_nothing() -> Result<()> {
    let (world, replica, balancer) = pair(quick()).await?;
    let people = crowd(&world).await?;
    let rounds = luck::rounds(2, 20);
    for round in 0..rounds {
        let restart = async {
            for hub in [world.hub(), &replica] {
                hub.stop().await?;
                hub.start().await?;
            }
            anyhow::Ok(())
        };
        let (wrote, restarted) = tokio::join!(write(&people, round * BETWEEN, BETWEEN), restart);
        wrote?;
        restarted?;
        eprintln!("rolling restart: {} of {rounds} rounds", round + 1);
    }
    accounts(&world, &people, rounds * BETWEEN).await?;
    let mut seen = 0;
    for person in &people {
        seen += person.messages().await?.iter().filter(|m| m.from_bot).count();
    }
    ensure!(seen == rounds * BETWEEN, "{} sent, {seen} answers: a planned stop doubles none", rounds * BETWEEN);
    replica.stop().await?;
    drop(balancer);
    world.end().await
}
