//! Incidents on a real database: one row an incident, whoever comes first, and what becomes of its card.

mod tongues;

use anyhow::{Context as _, ensure};
use chrono::Duration;
use sqlx::PgPool;
use uuid::Uuid;
use waas_hub::alerts::model::Refused;
use waas_hub::alerts::notice::{Notice, Says, Severity, Source};
use waas_hub::alerts::{self, Acted, Alerts, Name, Person, Received, Settings, Verb};
use waas_hub::audit::Actor;
use waas_hub::telemetry::{Beat, HeartbeatListener, Missed};
use waas_hub::tenants::{self, Container};
use waas_platform::clock::Clock;
use waas_platform::telegram::BotId;

use crate::estate::{front, noon, tenant, with_database};

fn alerts(clock: &Clock) -> Alerts {
    Alerts { front: front(), clock: clock.clone(), bot: Some(BotId(7)), settings: Settings::default() }
}

fn bo() -> Person {
    Person { actor: Actor::Person(1), name: "Bo".to_owned() }
}

fn notice(says: Says) -> Notice {
    Notice { says, ..Notice::firing(Severity::Critical, "Disk full", Some("backend")) }
}

async fn receive(pool: &PgPool, alerts: &Alerts, notice: &Notice) -> anyhow::Result<Received> {
    let mut tx = pool.begin().await?;
    let received = alerts.receive(&mut tx, "new_salon", Source::Own, notice, None).await?;
    tx.commit().await?;
    Ok(received)
}

async fn act(pool: &PgPool, alerts: &Alerts, id: Uuid, verb: Verb) -> anyhow::Result<Acted> {
    let mut tx = pool.begin().await?;
    let acted = alerts.act(&mut tx, Name::Id(id), verb, &bo()).await?;
    tx.commit().await?;
    Ok(acted)
}

async fn opened(pool: &PgPool, alerts: &Alerts) -> anyhow::Result<Uuid> {
    match receive(pool, alerts, &notice(Says::Firing)).await? {
        Received::Opened(id) => Ok(id),
        other => anyhow::bail!("not opened: {other:?}"),
    }
}

/// Bo owns the hub, so that cards have somewhere to go.
async fn owner(pool: &PgPool) -> anyhow::Result<()> {
    sqlx::query("insert into people (id, first_name) values (1, 'Bo')").execute(pool).await?;
    sqlx::query("insert into members (person_id, role) values (1, 'owner')").execute(pool).await?;
    Ok(())
}

async fn cards(pool: &PgPool) -> anyhow::Result<Vec<String>> {
    Ok(sqlx::query_scalar("select view ->> 'html' from cards where kind = 'alert' order by created_at")
        .fetch_all(pool)
        .await?)
}

async fn the_card(pool: &PgPool) -> anyhow::Result<String> {
    let cards = cards(pool).await?;
    ensure!(cards.len() == 1, "{cards:?}");
    cards.into_iter().next().context("a card")
}

#[tokio::test]
async fn firing_twice_at_once_is_one_incident_and_one_card() -> anyhow::Result<()> {
    with_database(|pool| async move {
        owner(&pool).await?;
        let alerts = alerts(&Clock::manual(noon()));
        let firing = notice(Says::Firing);
        let all = (0..8).map(|_| receive(&pool, &alerts, &firing));
        let all = futures_util::future::try_join_all(all).await?;
        let opened = all.iter().filter(|one| matches!(one, Received::Opened(_))).count();
        ensure!(opened == 1, "{all:?}");
        let page = alerts::page(&mut *pool.acquire().await?, false, None, 10).await?;
        ensure!(page.len() == 1 && page[0].alert.count == 8, "{page:?}");
        ensure!(the_card(&pool).await?.contains("reported 8 times"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_resolve_before_its_firing_opens_nothing_and_a_late_firing_neither() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let clock = Clock::manual(noon());
        let alerts = alerts(&clock);
        ensure!(receive(&pool, &alerts, &notice(Says::Resolved)).await? == Received::Stale);
        let id = opened(&pool, &alerts).await?;
        clock.advance(Duration::seconds(5));
        ensure!(receive(&pool, &alerts, &notice(Says::Resolved)).await? == Received::Continued(id));
        let late = Notice { starts_at: Some(noon()), ..notice(Says::Firing) };
        ensure!(receive(&pool, &alerts, &late).await? == Received::Stale);
        clock.advance(Duration::seconds(5));
        let again = opened(&pool, &alerts).await?;
        ensure!(again != id, "what is over stays over");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_ack_never_beats_a_resolve() -> anyhow::Result<()> {
    with_database(|pool| async move {
        owner(&pool).await?;
        let alerts = alerts(&Clock::manual(noon()));
        let id = opened(&pool, &alerts).await?;
        // The source resolves and holds its transaction open; the press waits for it.
        let mut resolving = pool.begin().await?;
        alerts.receive(&mut resolving, "new_salon", Source::Own, &notice(Says::Resolved), None).await?;
        let press = tokio::spawn({
            let (pool, alerts) = (pool.clone(), alerts.clone());
            async move { act(&pool, &alerts, id, Verb::Ack(None)).await }
        });
        resolving.commit().await?;
        let acted = press.await??;
        ensure!(matches!(acted, Acted::Refused(_, Refused::Resolved)), "{acted:?}");
        ensure!(the_card(&pool).await?.contains("Resolved after"));
        let audited: Vec<String> =
            sqlx::query_scalar("select outcome from audit where act = 'alert.ack'").fetch_all(&pool).await?;
        ensure!(audited == ["refused"], "{audited:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_lease_of_an_ack_ends_by_itself_and_a_note_says_so() -> anyhow::Result<()> {
    with_database(|pool| async move {
        owner(&pool).await?;
        let clock = Clock::manual(noon());
        let alerts = alerts(&clock);
        let id = opened(&pool, &alerts).await?;
        let acted = act(&pool, &alerts, id, Verb::Ack(None)).await?;
        ensure!(matches!(acted, Acted::Done(_)), "{acted:?}");
        ensure!(the_card(&pool).await?.contains("Bo has it since 12:00:00"));

        let due: chrono::DateTime<chrono::Utc> =
            sqlx::query_scalar("select due_at from timers where kind = 'alert.lapse' and state = 'waiting'")
                .fetch_one(&pool)
                .await?;
        ensure!(due == noon() + Duration::hours(1), "{due}");
        let builder = waas_platform::durable::Timers::builder(
            pool.clone(),
            clock.clone(),
            waas_platform::durable::Wake::default(),
            waas_platform::durable::timers::TimerSettings::default(),
        );
        let timers = alerts::work::timers(builder, std::sync::Arc::new(alerts)).build();
        ensure!(timers.fire_due().await? == 0, "not before its time");
        clock.advance(Duration::hours(1));
        ensure!(timers.fire_due().await? == 1);
        let card = the_card(&pool).await?;
        ensure!(card.contains("Nobody has it yet.") && card.contains("the time to look after it ran out"), "{card}");
        let said: Vec<String> =
            sqlx::query_scalar("select call ->> 'html' from outbox where call ->> 'method' = 'say'")
                .fetch_all(&pool)
                .await?;
        ensure!(said.len() == 1 && said[0].contains("Nobody has alert #1 any more"), "{said:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_silenced_tenant_disturbs_again_when_the_silence_ends() -> anyhow::Result<()> {
    with_database(|pool| async move {
        owner(&pool).await?;
        let clock = Clock::manual(noon());
        let alerts = alerts(&clock);
        let salon = tenant(&pool, "new_salon", "live").await?;
        let mut tx = pool.begin().await?;
        let silenced = alerts.silence_tenant(&mut tx, &salon.slug, None, Some("moving".to_owned()), &bo()).await?;
        tx.commit().await?;
        ensure!(silenced.open == 0 && silenced.silence.until == noon() + Duration::hours(2));
        let id = opened(&pool, &alerts).await?;
        ensure!(cards(&pool).await?.is_empty(), "born silenced, it disturbs nobody");
        clock.advance(Duration::hours(2));
        let mut tx = pool.begin().await?;
        ensure!(alerts.lapse(&mut tx, id).await?.is_none());
        tx.commit().await?;
        ensure!(the_card(&pool).await?.contains("the silence is over"));
        Ok(())
    })
    .await
}

fn container(state: &str, exit_code: Option<i32>, log_tail: Option<&str>) -> Container {
    Container {
        service: "backend".to_owned(),
        name: "new_salon-backend-1".to_owned(),
        engine_id: Some("abc".to_owned()),
        state: state.to_owned(),
        exit_code,
        log_tail: log_tail.map(str::to_owned),
    }
}

async fn see(pool: &PgPool, alerts: &Alerts, seen: Container) -> anyhow::Result<()> {
    let mut tx = pool.begin().await?;
    let now = alerts.clock.now();
    tenants::see_containers(&mut tx, &"new_salon".parse()?, "backend", &[seen], now, alerts).await?;
    tx.commit().await?;
    Ok(())
}

#[tokio::test]
async fn a_container_that_dies_is_an_alert_until_it_is_healthy_again() -> anyhow::Result<()> {
    with_database(|pool| async move {
        owner(&pool).await?;
        let clock = Clock::manual(noon());
        let alerts = alerts(&clock);
        tenant(&pool, "new_salon", "live").await?;
        see(&pool, &alerts, container("healthy", None, None)).await?;
        ensure!(cards(&pool).await?.is_empty());

        let secret = waas_platform::secrets::Secret::new("canary-of-the-container");
        let log = format!("key={}\nKilled", secret.expose());
        see(&pool, &alerts, container("exited", Some(137), Some(&log))).await?;
        let card = the_card(&pool).await?;
        ensure!(card.contains("backend stopped (exit code 137)") && card.contains("Critical since"), "{card}");
        ensure!(card.contains("key=***\nKilled") && card.contains("new_salon"), "{card}");
        let priority: i16 =
            sqlx::query_scalar("select priority from outbox where card_id is not null").fetch_one(&pool).await?;
        ensure!(priority == 0, "it pages");

        // A second look with other log lines is no news.
        see(&pool, &alerts, container("exited", Some(137), Some("more"))).await?;
        clock.advance(Duration::seconds(30));
        see(&pool, &alerts, container("starting", None, None)).await?;
        ensure!(the_card(&pool).await?.contains("Nobody has it yet."), "starting is not well yet");
        clock.advance(Duration::seconds(12));
        see(&pool, &alerts, container("healthy", None, None)).await?;
        let card = the_card(&pool).await?;
        ensure!(card.contains("Resolved after 42 s") && !card.contains("reported 2"), "{card}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_is_stopped_on_purpose_or_by_a_job_is_no_alert() -> anyhow::Result<()> {
    with_database(|pool| async move {
        owner(&pool).await?;
        let alerts = alerts(&Clock::manual(noon()));
        tenant(&pool, "new_salon", "live").await?;
        sqlx::query("insert into sagas (id, kind, version, subject, params, state) values ($1, 'tenant.restart', 1, 'new_salon', '{}', 'queued')")
            .bind(Uuid::now_v7())
            .execute(&pool)
            .await?;
        see(&pool, &alerts, container("exited", Some(0), None)).await?;
        sqlx::query("delete from sagas").execute(&pool).await?;
        sqlx::query("update tenants set state = 'stopped'").execute(&pool).await?;
        see(&pool, &alerts, container("missing", None, None)).await?;
        ensure!(alerts::page(&mut *pool.acquire().await?, true, None, 10).await?.is_empty());

        // The twin: the same death of a tenant that should run.
        sqlx::query("update tenants set state = 'live'").execute(&pool).await?;
        see(&pool, &alerts, container("exited", Some(0), None)).await?;
        ensure!(cards(&pool).await?.len() == 1);
        Ok(())
    })
    .await
}

/// The backend's heartbeat, thirty seconds old at noon.
fn silent_backend() -> Beat {
    Beat {
        tenant: "new_salon".to_owned(),
        service: "backend".to_owned(),
        boot: "b".to_owned(),
        version: None,
        uptime_s: None,
        interval_s: 10,
        received_at: noon() - Duration::seconds(30),
        due_at: noon(),
        state: "missed".to_owned(),
    }
}

#[tokio::test]
async fn a_dead_container_is_silent_and_that_is_one_alarm() -> anyhow::Result<()> {
    with_database(|pool| async move {
        owner(&pool).await?;
        let clock = Clock::manual(noon());
        let alerts = alerts(&clock);
        let salon = tenant(&pool, "new_salon", "live").await?;
        see(&pool, &alerts, container("exited", Some(137), None)).await?;
        let mut tx = pool.begin().await?;
        ensure!(alerts.missed(&mut tx, &salon, &silent_backend(), clock.now()).await? == Missed::Known);
        tx.commit().await?;
        ensure!(cards(&pool).await?.len() == 1, "two alarms for one trouble");

        // It runs again and is silent all the same: now that is the trouble.
        see(&pool, &alerts, container("healthy", None, None)).await?;
        let mut tx = pool.begin().await?;
        ensure!(alerts.missed(&mut tx, &salon, &silent_backend(), clock.now()).await? == Missed::Told);
        tx.commit().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_heartbeat_that_comes_back_resolves_its_card() -> anyhow::Result<()> {
    with_database(|pool| async move {
        owner(&pool).await?;
        let clock = Clock::manual(noon());
        let alerts = alerts(&clock);
        let salon = tenant(&pool, "new_salon", "live").await?;
        let beat = silent_backend();
        let mut tx = pool.begin().await?;
        alerts.missed(&mut tx, &salon, &beat, clock.now()).await?;
        tx.commit().await?;
        let card = the_card(&pool).await?;
        ensure!(card.contains("no heartbeat from backend for 30 s") && card.contains("new_salon"), "{card}");
        clock.advance(Duration::seconds(61));
        let mut tx = pool.begin().await?;
        alerts.back(&mut tx, "new_salon", "backend", clock.now()).await?;
        tx.commit().await?;
        ensure!(the_card(&pool).await?.contains("Resolved after 1 min 31 s"));
        Ok(())
    })
    .await
}
