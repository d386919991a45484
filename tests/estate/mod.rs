//! What tests of single capabilities stand on: a database of their own, tenants in it, a Redis of their own.

use std::future::Future;
use std::net::TcpListener;
use std::panic::AssertUnwindSafe;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use redis::aio::MultiplexedConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool};
use waas_hub::front::Front;
use waas_hub::tenants::{Slug, Tenant};
use waas_platform::bus::{Bus, Settings};
use waas_platform::render::{Missing, Renderer, Share, Words};

/// Longer means that a test hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// Runs a test on a database of its own, dropped at the end, also when the test fails. `HUB_TEST_DATABASE_URL` names a
/// database whose server lets us create more.
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
    let outcome = AssertUnwindSafe(tokio::time::timeout(DEADLINE, test(pool.clone()))).catch_unwind().await;

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

/// The words and layouts that ship; a missing one fails the test.
pub(crate) fn front() -> Front {
    let share = Share::new(None);
    let words = Arc::new(Words::load(&share, Missing::Refuse).expect("catalogues"));
    let renderer = Arc::new(Renderer::load(&share, words).expect("layouts"));
    Front::new(renderer, "en", chrono_tz::UTC)
}

/// A moment that tests count from.
pub(crate) fn noon() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().expect("a time")
}

/// A tenant in this state.
pub(crate) async fn tenant(pool: &PgPool, slug: &str, state: &str) -> anyhow::Result<Tenant> {
    let slug: Slug = slug.parse()?;
    sqlx::query("insert into tenants (slug, label, domain, kind, state) values ($1, $2, $3, 'managed', $4)")
        .bind(slug.as_str())
        .bind(slug.label())
        .bind(format!("{}.example", slug.label()))
        .bind(state)
        .execute(pool)
        .await?;
    waas_hub::tenants::find(&mut *pool.acquire().await?, &slug).await?.context("the tenant")
}

/// A Redis of a test's own; killed when dropped.
pub(crate) struct Redis {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Redis {
    pub(crate) async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let folder = tempfile::tempdir().expect("a folder for Redis");
        let process = spawn(port, &folder);
        let redis = Self { process, port, folder };
        redis.ready().await;
        redis
    }

    /// Kills the server without a farewell and begins a new, empty one at the same address.
    pub(crate) async fn restart(&mut self) {
        self.kill();
        self.back().await;
    }

    /// Kills the server without a farewell.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("Redis was running");
        self.process.wait().expect("Redis ended");
    }

    /// Begins a new, empty one at the same address.
    pub(crate) async fn back(&mut self) {
        self.process = spawn(self.port, &self.folder);
        self.ready().await;
    }

    pub(crate) async fn bus(&self) -> Bus {
        let url = format!("redis://127.0.0.1:{}", self.port);
        let settings = Settings { max_backoff: Duration::from_millis(100), ..Settings::new(url) };
        Bus::connect(settings).await.expect("Redis is ready")
    }

    /// A connection as somebody else has it; `None`: not let in.
    pub(crate) async fn sign_in(&self, credentials: &str) -> Option<MultiplexedConnection> {
        let url = format!("redis://{credentials}127.0.0.1:{}", self.port);
        redis::Client::open(url).expect("an address").get_multiplexed_async_connection().await.ok()
    }

    async fn ready(&self) {
        within(async {
            loop {
                if let Some(mut connection) = self.sign_in("").await
                    && redis::cmd("PING").query_async::<()>(&mut connection).await.is_ok()
                {
                    return;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(port: u16, folder: &tempfile::TempDir) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed")
}

/// Publishes; how many listened.
pub(crate) async fn publish(
    connection: &mut MultiplexedConnection,
    channel: &str,
    payload: &str,
) -> redis::RedisResult<u64> {
    redis::cmd("PUBLISH").arg(channel).arg(payload).query_async(connection).await
}

/// Waits, but not for ever.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("done before the deadline")
}
