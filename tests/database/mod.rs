//! A migrated database of its own for a test, dropped at the end, also when the test fails.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::FutureExt as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool};

/// Longer means that a test hangs.
const DEADLINE: Duration = Duration::from_secs(120);

/// The large counts of `make test-long` take longer.
fn deadline() -> Duration {
    if std::env::var_os("WAAS_TEST_LONG").is_some() { DEADLINE * 15 } else { DEADLINE }
}

/// Runs a test on a database of its own. `HUB_TEST_DATABASE_URL` names a database whose server lets us create more.
pub(crate) async fn with_database<F, Fut>(test: F) -> anyhow::Result<()>
where
    F: FnOnce(PgPool) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let url = std::env::var("HUB_TEST_DATABASE_URL").context("HUB_TEST_DATABASE_URL is not set")?;
    let options: PgConnectOptions = url.parse()?;
    let name = format!("test_{}", waas_platform::clock::random::id().simple());
    let mut admin = PgConnection::connect_with(&options).await?;
    statement(&mut admin, format!("create database {name}")).await?;

    let pool = PgPoolOptions::new().max_connections(10).connect_with(options.database(&name)).await?;
    waas_platform::db::migrate(&pool).await?;
    let outcome = AssertUnwindSafe(tokio::time::timeout(deadline(), test(pool.clone()))).catch_unwind().await;

    drop(pool);
    statement(&mut admin, format!("drop database {name} with (force)")).await?;
    match outcome {
        Ok(in_time) => in_time.context("the test did not end within its deadline")?,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Names of databases cannot be parameters; this one is made by us of hexadecimal digits.
async fn statement(admin: &mut PgConnection, sql: String) -> anyhow::Result<()> {
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(admin).await?;
    Ok(())
}
