//! The last owner stays, whoever asks and however many at once; what a code is worth.

use std::sync::Arc;
use std::time::Duration;

use chrono::Duration as Length;
use futures_util::future::BoxFuture;
use waas_hub::access::{self, Changed, Enrolled, Leaving, Role, Team};
use waas_hub::audit::Actor;
use waas_platform::clock::Clock;
use waas_platform::db::{PgConnection, PgPool};
use waas_platform::telegram::{BotId, Person, Place, prompts};

use crate::database::with_database;
use crate::leads::{front, keys, somebody_waits};

const BO: i64 = 101;
const EVA: i64 = 102;
const BOT: BotId = BotId(7_000);

/// What people had goes nowhere here.
pub(crate) struct NobodysWork;

impl Leaving for NobodysWork {
    fn left<'a>(
        &'a self,
        _: &'a mut PgConnection,
        _: Option<BotId>,
        _: i64,
        _: Option<Role>,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

fn team() -> Team {
    Team {
        front: front(),
        clock: Clock::system(),
        keys: Arc::new(keys()),
        bot: Some(BOT),
        code_life: Length::minutes(10),
        leaving: Arc::new(NobodysWork),
    }
}

fn person(id: i64, first_name: &str) -> Person {
    Person { id, first_name: first_name.to_owned(), last_name: None, username: None, language: None }
}

async fn enrol(conn: &mut PgConnection, team: &Team, who: &Person, role: Role) -> anyhow::Result<()> {
    access::remember(conn, who).await?;
    let (actor, now) = (Actor::Terminal("test".to_owned()), team.clock.now());
    let made = access::make_code(conn, &team.keys, &actor, role, now, team.code_life).await?;
    access::enrol(conn, &team.keys, who, &made.code, now).await?;
    Ok(())
}

async fn two_owners(pool: &PgPool, team: &Team) -> anyhow::Result<()> {
    let mut conn = pool.acquire().await?;
    enrol(&mut conn, team, &person(BO, "Bo"), Role::Owner).await?;
    enrol(&mut conn, team, &person(EVA, "Eva"), Role::Owner).await
}

async fn owners(pool: &PgPool) -> anyhow::Result<Vec<i64>> {
    let owners = "select person_id from members where role = 'owner' and state = 'active' order by 1";
    Ok(sqlx::query_scalar(owners).fetch_all(pool).await?)
}

async fn somebody_is_held_up(pool: &PgPool) -> anyhow::Result<()> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !somebody_waits(pool).await? {
        anyhow::ensure!(tokio::time::Instant::now() < deadline, "nobody waits for the first transaction");
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[tokio::test]
async fn two_owners_who_remove_each_other_at_once_leave_one() -> anyhow::Result<()> {
    for (first_by, second_by, second_is_told) in [
        (Actor::Person(BO), Actor::Person(EVA), "not an owner"),
        (Actor::Terminal("root".to_owned()), Actor::Terminal("root".to_owned()), "last owner"),
    ] {
        with_database(|pool| async move {
            let team = team();
            two_owners(&pool, &team).await?;
            let mut first = pool.begin().await?;
            let removed = team.revoke(&mut first, &first_by, EVA).await?;
            assert!(matches!(&removed, Changed::To(eva) if eva.removed_at.is_some()), "{removed:?}");
            let second = {
                let (pool, team) = (pool.clone(), team.clone());
                tokio::spawn(async move {
                    let mut tx = pool.begin().await?;
                    let changed = team.set_role(&mut tx, &second_by, BO, Role::Operator).await?;
                    tx.commit().await?;
                    anyhow::Ok(changed)
                })
            };
            somebody_is_held_up(&pool).await?;
            first.commit().await?;
            let told = match second.await?? {
                Changed::NotAnOwner => "not an owner",
                Changed::LastOwner(_) => "last owner",
                other => panic!("{other:?}"),
            };
            assert_eq!(told, second_is_told);
            assert_eq!(owners(&pool).await?, [BO]);
            let refused = "select count(*) from audit where act = 'access.role' and outcome = 'refused'";
            assert_eq!(sqlx::query_scalar::<_, i64>(refused).fetch_one(&pool).await?, 1);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// The same two, each of whom looks whether there is another owner without holding the owners.
#[tokio::test]
async fn twin_owners_who_are_only_counted_can_all_be_gone() -> anyhow::Result<()> {
    with_database(|pool| async move {
        two_owners(&pool, &team()).await?;
        let (mut first, mut second) = (pool.begin().await?, pool.begin().await?);
        for (tx, other) in [(&mut first, EVA), (&mut second, BO)] {
            let count = "select count(*) from members where role = 'owner' and state = 'active'";
            assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&mut **tx).await?, 2);
            let demote = "update members set role = 'operator' where person_id = $1";
            sqlx::query(demote).bind(other).execute(&mut **tx).await?;
        }
        first.commit().await?;
        second.commit().await?;
        assert!(owners(&pool).await?.is_empty(), "then the lock is not what keeps one");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_last_owner_is_neither_removed_nor_demoted_and_may_go_when_there_is_another() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (team, bo) = (team(), Actor::Person(BO));
        let mut conn = pool.acquire().await?;
        enrol(&mut conn, &team, &person(BO, "Bo"), Role::Owner).await?;
        enrol(&mut conn, &team, &person(EVA, "Eva"), Role::Viewer).await?;
        assert!(matches!(team.revoke(&mut conn, &bo, BO).await?, Changed::LastOwner(_)));
        assert!(matches!(team.set_role(&mut conn, &bo, BO, Role::Viewer).await?, Changed::LastOwner(_)));
        assert!(matches!(team.set_role(&mut conn, &bo, BO, Role::Owner).await?, Changed::Already(_)));
        assert_eq!(team.revoke(&mut conn, &bo, 999).await?, Changed::NotFound);
        assert!(matches!(team.set_role(&mut conn, &Actor::Person(EVA), EVA, Role::Owner).await?, Changed::NotAnOwner));
        assert!(matches!(team.set_role(&mut conn, &bo, EVA, Role::Owner).await?, Changed::To(_)));
        assert!(matches!(team.revoke(&mut conn, &bo, BO).await?, Changed::To(_)));
        assert_eq!(owners(&pool).await?, [EVA]);
        assert_eq!(team.revoke(&mut conn, &Actor::Person(EVA), BO).await?, Changed::NotFound, "he is gone already");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn who_may_do_less_has_no_open_question_any_more() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (team, bo) = (team(), Actor::Person(BO));
        two_owners(&pool, &team).await?;
        let mut conn = pool.acquire().await?;
        let nothing = serde_json::Value::Null;
        for chat in [EVA, -1_001] {
            let place = Place { bot: BOT, chat, topic: None };
            prompts::ask(&mut conn, place, EVA, "lead.note", "1", nothing.clone(), team.clock.now()).await?;
        }
        let open = "select count(*) from prompts";
        team.set_role(&mut conn, &bo, EVA, Role::Operator).await?;
        assert_eq!(sqlx::query_scalar::<_, i64>(open).fetch_one(&pool).await?, 2, "an operator may still answer");
        team.set_role(&mut conn, &bo, EVA, Role::Viewer).await?;
        assert_eq!(sqlx::query_scalar::<_, i64>(open).fetch_one(&pool).await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_invitation_is_worth_what_its_maker_is() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let team = team();
        two_owners(&pool, &team).await?;
        let mut conn = pool.acquire().await?;
        let (now, max) = (team.clock.now(), person(103, "Max"));
        access::remember(&mut conn, &max).await?;
        let made =
            access::make_code(&mut conn, &team.keys, &Actor::Person(EVA), Role::Owner, now, team.code_life).await?;
        team.set_role(&mut conn, &Actor::Person(BO), EVA, Role::Operator).await?;
        let used = access::enrol(&mut conn, &team.keys, &max, &made.code, now).await?;
        assert_eq!(used, Enrolled::NotValid);
        team.set_role(&mut conn, &Actor::Person(BO), EVA, Role::Owner).await?;
        let used = access::enrol(&mut conn, &team.keys, &max, &made.code, now).await?;
        assert_eq!(used, Enrolled::Welcome(Role::Owner), "it was not spent");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_second_invitation_neither_undoes_a_promotion_nor_begins_anew() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let team = team();
        two_owners(&pool, &team).await?;
        let (eva, now) = (person(EVA, "Eva"), team.clock.now());
        sqlx::query("update members set role = 'operator', since = since - interval '30 days' where person_id = $1")
            .bind(EVA)
            .execute(&pool)
            .await?;
        let since = "select since from members where person_id = $1";
        let before: chrono::DateTime<chrono::Utc> = sqlx::query_scalar(since).bind(EVA).fetch_one(&pool).await?;
        let terminal = Actor::Terminal("root".to_owned());
        let mut conn = pool.acquire().await?;
        let made = access::make_code(&mut conn, &team.keys, &terminal, Role::Operator, now, team.code_life).await?;

        // She is made an owner while she uses the code that makes her an operator.
        let mut first = pool.begin().await?;
        team.set_role(&mut first, &Actor::Person(BO), EVA, Role::Owner).await?;
        let second = {
            let (pool, team, eva) = (pool.clone(), team.clone(), eva.clone());
            tokio::spawn(async move {
                let mut tx = pool.begin().await?;
                let used = access::enrol(&mut tx, &team.keys, &eva, &made.code, now).await?;
                tx.commit().await?;
                anyhow::Ok(used)
            })
        };
        somebody_is_held_up(&pool).await?;
        first.commit().await?;
        assert_eq!(second.await??, Enrolled::Welcome(Role::Owner));
        assert_eq!(owners(&pool).await?, [BO, EVA]);
        let after: chrono::DateTime<chrono::Utc> = sqlx::query_scalar(since).bind(EVA).fetch_one(&pool).await?;
        assert_eq!(after, before, "she has been in the team all the time");

        // Who was removed begins anew, as what the new code says.
        team.revoke(&mut conn, &Actor::Person(BO), EVA).await?;
        enrol(&mut conn, &team, &eva, Role::Viewer).await?;
        let again: (String, chrono::DateTime<chrono::Utc>) =
            sqlx::query_as("select role, since from members where person_id = $1").bind(EVA).fetch_one(&pool).await?;
        assert!(again.0 == "viewer" && again.1 > before, "{again:?}");
        Ok(())
    })
    .await
}
