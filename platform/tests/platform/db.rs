//! What the server ends by itself, and what it does not.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use sqlx::PgPool;
use waas_platform::db::{self, Patience};

use crate::database::{address, with_database};

/// Longer means that nothing ends it.
const LONG: Duration = Duration::from_secs(30);

async fn impatient(pool: &PgPool) -> anyhow::Result<PgPool> {
    let short = Duration::from_millis(200);
    let patience = Patience { statement: Duration::from_secs(1), lock: short, idle_transaction: short };
    let settings =
        db::Settings { url: address(pool)?, max_connections: 2, acquire_timeout: Duration::from_secs(5), patience };
    Ok(db::connect(&settings).await?)
}

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

#[tokio::test]
async fn nobody_waits_for_a_lock_for_ever_or_holds_one_idly() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let pool = impatient(&pool).await?;
        let mut idle = pool.begin().await?;
        let insert = "insert into bots (bot_id, username) values (1, 'waas_bot') on conflict do nothing";
        sqlx::query(insert).execute(&mut *idle).await?;
        let began = Instant::now();
        // Either it is not waited for any longer, or it is given free.
        if let Err(error) = sqlx::query(insert).execute(&pool).await {
            assert_eq!(code(&error).as_deref(), Some("55P03"), "{error}");
        }
        sqlx::query("select count(*) from bots").execute(&pool).await?;
        assert!(began.elapsed() < LONG);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_statement_has_its_time() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let error = sqlx::query("select count(*) from generate_series(1, 1000000000000)")
            .execute(&impatient(&pool).await?)
            .await
            .err();
        assert_eq!(error.as_ref().and_then(code).as_deref(), Some("57014"), "{error:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_migration_waits_for_as_long_as_it_takes() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let impatient = impatient(&pool).await?;
        let mut other = pool.begin().await?;
        sqlx::query("lock table _sqlx_migrations").execute(&mut *other).await?;
        let migrating = tokio::spawn(async move { db::migrate(&impatient).await });
        let waits = "select count(*) from pg_stat_activity where datname = current_database()
                     and wait_event_type = 'Lock' and now() - query_start > interval '500 ms'";
        let began = Instant::now();
        while sqlx::query_scalar::<_, i64>(waits).fetch_one(&pool).await? == 0 {
            anyhow::ensure!(!migrating.is_finished() && began.elapsed() < LONG, "it did not wait");
        }
        other.rollback().await?;
        migrating.await?.context("after the wait")
    })
    .await
}
