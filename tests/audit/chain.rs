//! The chain against everything that can be done to rows.

use futures_util::future::try_join_all;
use waas_hub::audit::{Act, Actor, Chain, Fault, Head, Verified};
use waas_platform::db::{PgConnection, PgPool};

use crate::database::with_database;
use crate::leads::keys;

const ROWS: i64 = 10;

async fn act(conn: &mut PgConnection, n: i64) -> anyhow::Result<()> {
    let actor = Actor::Person(100 + n);
    let detail = serde_json::json!({ "to": n });
    Ok(Act::done(&actor, "lead.assign", format!("lead:{n}")).from_chat(Some(-n)).detail(detail).record(conn).await?)
}

/// Ten rows, linked.
async fn ten(pool: &PgPool) -> anyhow::Result<Chain> {
    let chain = Chain::new(&keys());
    let mut conn = pool.acquire().await?;
    for n in 1..=ROWS {
        act(&mut conn, n).await?;
    }
    assert_eq!(chain.link(&mut conn).await?, 10);
    Ok(chain)
}

/// What a superuser does, looked at and taken back.
async fn after(pool: &PgPool, chain: &Chain, known: Option<Head>, done: &[&str]) -> anyhow::Result<Verified> {
    let mut tx = pool.begin().await?;
    sqlx::query("alter table audit disable trigger user").execute(&mut *tx).await?;
    for statement in done {
        sqlx::query(sqlx::AssertSqlSafe((*statement).to_owned())).execute(&mut *tx).await?;
    }
    let found = chain.verify(&mut tx, None, known).await?;
    tx.rollback().await?;
    Ok(found)
}

#[tokio::test]
async fn sec25_the_table_refuses_whatever_changes_or_removes_a_row() -> anyhow::Result<()> {
    with_database(|pool| async move {
        ten(&pool).await?;
        act(&mut *pool.acquire().await?, 11).await?;
        let link = "position = 11, mac = decode(repeat('00', 32), 'hex')";
        for refused in [
            "update audit set outcome = 'refused' where position = 3".to_owned(),
            "update audit set subject = 'lead:1' where position is null".to_owned(),
            "update audit set position = null, mac = null where position = 3".to_owned(),
            format!("update audit set {link} where position = 3"),
            format!("update audit set {link}, actor = '7' where position is null"),
            "delete from audit where id = 1".to_owned(),
            "truncate audit".to_owned(),
        ] {
            let tried = sqlx::query(sqlx::AssertSqlSafe(refused.clone())).execute(&pool).await;
            let told = tried.expect_err(&refused).to_string();
            assert!(told.contains("never changed or removed"), "{refused}: {told}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec25_each_kind_of_tampering_is_found_at_its_first_row() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let chain = ten(&pool).await?;
        let well = chain.verify(&mut *pool.acquire().await?, None, None).await?;
        assert_eq!((well.checked, well.waiting, well.broken), (10, 0, None));
        let noise = "decode(repeat('5a', 32), 'hex')";
        let (up, down) = (
            "update audit set position = position + 1000 where position >= 4",
            "update audit set position = position - 999 where position > 1000",
        );
        let columns = "act, subject, outcome, actor_kind, actor";
        let forged = format!(
            "insert into audit ({columns}, position, mac) values ('x.y', 'x:1', 'done', 'person', '7', 4, {noise})"
        );
        let last = format!(
            "insert into audit ({columns}, position, mac) values ('x.y', 'x:1', 'done', 'person', '7', 11, {noise})"
        );
        let swap = |a: i64, b: i64| {
            vec![
                format!("update audit set position = 1000 where position = {a}"),
                format!("update audit set position = {a} where position = {b}"),
                format!("update audit set position = {b} where position = 1000"),
            ]
        };
        let one = |statement: &str| vec![statement.to_owned()];
        let mut tried: Vec<(Vec<String>, i64, Fault)> = [
            "id = 4711",
            "at = at + interval '1 microsecond'",
            "actor_kind = 'terminal'",
            "actor = '7'",
            "act = 'lead.take'",
            "subject = 'lead:7'",
            "chat_id = null",
            "chat_id = 5",
            "outcome = 'refused'",
            "detail = '{}'",
        ]
        .into_iter()
        .map(|change| (one(&format!("update audit set {change} where position = 4")), 4, Fault::Changed))
        .collect();
        // The column is generated; a superuser can still write it.
        tried[0].0 = one("update audit set id = default where position = 4");
        tried.extend([
            (one("update audit set detail = '{}' where position = 1"), 1, Fault::Changed),
            (one("update audit set detail = '{}' where position = 10"), 10, Fault::Changed),
            (one(&format!("update audit set mac = {noise} where position = 4")), 4, Fault::Changed),
            (one("delete from audit where position = 1"), 1, Fault::Missing),
            (one("delete from audit where position between 4 and 6"), 4, Fault::Missing),
            (one("update audit set position = null, mac = null where position = 4"), 4, Fault::Missing),
            (
                vec![
                    "delete from audit where position = 4".to_owned(),
                    up.to_owned(),
                    "update audit set position = position - 1001 where position > 1000".to_owned(),
                ],
                4,
                Fault::Missing,
            ),
            (swap(4, 5), 4, Fault::Reordered),
            (swap(3, 8), 3, Fault::Reordered),
            (swap(9, 10), 9, Fault::Reordered),
            (vec![up.to_owned(), down.to_owned(), forged.clone()], 4, Fault::Inserted),
            (one(&last), 11, Fault::Changed),
        ]);
        for (done, position, fault) in tried {
            let statements: Vec<&str> = done.iter().map(String::as_str).collect();
            let found = after(&pool, &chain, None, &statements).await?;
            let broken = found.broken.ok_or_else(|| anyhow::anyhow!("not found: {done:?}"))?;
            assert_eq!((broken.position, broken.fault), (position, fault), "{done:?}");
            assert_eq!(found.checked, u64::try_from(position - 1)?, "{done:?}");
        }
        let stranger = Chain::new(&keys()).verify(&mut *pool.acquire().await?, None, None).await?;
        assert_eq!(stranger.broken.map(|broken| broken.position), Some(1), "another key signs otherwise");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_head_kept_elsewhere_tells_of_an_end_cut_off_and_of_a_history_written_anew() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let chain = ten(&pool).await?;
        let mut conn = pool.acquire().await?;
        let head = chain.verify(&mut conn, None, None).await?.head;
        let cut = ["delete from audit where position > 7"];
        assert_eq!(after(&pool, &chain, None, &cut).await?.broken, None, "nothing within tells");
        let found = after(&pool, &chain, head, &cut).await?.broken.map(|broken| (broken.position, broken.fault));
        assert_eq!(found, Some((10, Fault::CutOff)));

        // Somebody with the database and the key.
        let mut tx = pool.begin().await?;
        for done in [
            "alter table audit disable trigger user",
            "update audit set position = null, mac = null, subject = 'lead:7'",
        ] {
            sqlx::query(done).execute(&mut *tx).await?;
        }
        assert_eq!(chain.link(&mut tx).await?, 10);
        assert_eq!(chain.verify(&mut tx, None, None).await?.broken, None);
        let found = chain.verify(&mut tx, None, head).await?.broken.map(|broken| (broken.position, broken.fault));
        assert_eq!(found, Some((10, Fault::Rewritten)));
        tx.rollback().await?;

        // From a head on: what came before is taken as it was found then.
        for n in 11..=13 {
            act(&mut conn, n).await?;
        }
        chain.link(&mut conn).await?;
        let rest = chain.verify(&mut conn, head, None).await?;
        assert_eq!((rest.checked, rest.broken, rest.head.map(|head| head.position)), (3, None, Some(13)));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec25_writers_at_once_make_one_chain_without_waiting_for_each_other() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let chain = Chain::new(&keys());
        // Whoever came first commits last: it is linked when it is there.
        let (mut slow, mut quick) = (pool.begin().await?, pool.begin().await?);
        act(&mut slow, 1).await?;
        act(&mut quick, 2).await?;
        quick.commit().await?;
        let mut first = pool.begin().await?;
        assert_eq!(chain.link(&mut first).await?, 1);
        act(&mut *pool.acquire().await?, 3).await?;
        let mut second = pool.begin().await?;
        assert_eq!(chain.link(&mut second).await?, 0, "another one is at it");
        second.commit().await?;
        first.commit().await?;
        slow.commit().await?;
        assert_eq!(chain.link(&mut *pool.acquire().await?).await?, 2);
        let order: Vec<String> =
            sqlx::query_scalar("select subject from audit order by position").fetch_all(&pool).await?;
        assert_eq!(order, ["lead:2", "lead:1", "lead:3"]);

        let writing = (0..6).map(|writer| {
            let pool = pool.clone();
            let chain = chain.clone();
            tokio::spawn(async move {
                for n in 0..30 {
                    let mut tx = pool.begin().await?;
                    if writer < 4 {
                        act(&mut tx, n).await?;
                    } else {
                        chain.link(&mut tx).await?;
                    }
                    tx.commit().await?;
                }
                anyhow::Ok(())
            })
        });
        for done in try_join_all(writing).await? {
            done?;
        }
        let mut conn = pool.acquire().await?;
        while chain.link(&mut conn).await? > 0 {}
        let found = chain.verify(&mut conn, None, None).await?;
        assert_eq!((found.checked, found.waiting, found.broken), (123, 0, None));
        Ok(())
    })
    .await
}

/// The same two linkers, neither of whom asks whether another one is at it: both number their rows from the same head.
#[tokio::test]
async fn twin_linkers_that_do_not_ask_would_fork() -> anyhow::Result<()> {
    with_database(|pool| async move {
        sqlx::query("alter table audit drop constraint audit_position").execute(&pool).await?;
        for n in [1, 2] {
            act(&mut *pool.acquire().await?, n).await?;
        }
        let (mut first, mut second) = (pool.begin().await?, pool.begin().await?);
        for (tx, subject) in [(&mut first, "lead:1"), (&mut second, "lead:2")] {
            let head = "select coalesce(max(position), 0) from audit";
            let head: i64 = sqlx::query_scalar(head).fetch_one(&mut **tx).await?;
            let link = "update audit set position = $1, mac = decode(repeat('00', 32), 'hex') where subject = $2";
            sqlx::query(link).bind(head + 1).bind(subject).execute(&mut **tx).await?;
        }
        first.commit().await?;
        second.commit().await?;
        let forked = "select count(*) from audit where position = 1";
        assert_eq!(sqlx::query_scalar::<_, i64>(forked).fetch_one(&pool).await?, 2);
        Ok(())
    })
    .await
}
