//! Postgres: the pool, the migrator, and nothing of what is stored.

mod kept;
mod line;
mod portions;
pub mod signals;

use std::time::Duration;

pub use kept::KeptTx;
pub use line::{Line, within};
pub use portions::in_portions;
pub use signals::{Signal, Signals};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
pub use sqlx::{PgConnection, PgPool, Postgres, Transaction};

/// A transaction that the caller commits; what is not committed is undone when it is dropped.
pub type Tx = Transaction<'static, Postgres>;

/// A connection of the pool, given back when it is dropped.
pub type PoolConnection = sqlx::pool::PoolConnection<Postgres>;

/// All migrations, embedded once.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `postgres://user:password@host:port/database`.
    pub url: String,
    /// The most connections held at once.
    pub max_connections: u32,
    /// How long a caller waits for a free connection before it is an error.
    pub acquire_timeout: Duration,
    /// What the server ends by itself.
    pub patience: Patience,
}

/// How long the server lets a connection go on. Whoever forgets to end something, or waits for somebody who does, fails
/// instead of standing still; longer than any honest transaction takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// One statement.
    pub statement: Duration,
    /// Waiting for one lock.
    pub lock: Duration,
    /// A transaction in which nothing happens.
    pub idle_transaction: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            statement: Duration::from_secs(30),
            lock: Duration::from_secs(20),
            idle_transaction: Duration::from_secs(60),
        }
    }
}

/// A client that vanished without a word is found out within seconds: locks and row locks of its session stand in others'
/// way until then.
const VANISHED: [(&str, &str); 4] = [
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
];

/// Compiling a plan pays for reports that run for seconds. Here every statement is short, and where the planner guesses high
/// the compiler alone would take longer than the work.
const COMPILED: [(&str, &str); 1] = [("jit", "off")];

impl Patience {
    /// As the server's parameters, in milliseconds.
    fn parameters(&self) -> [(&'static str, String); 3] {
        let millis = |time: Duration| time.as_millis().to_string();
        [
            ("statement_timeout", millis(self.statement)),
            ("lock_timeout", millis(self.lock)),
            ("idle_in_transaction_session_timeout", millis(self.idle_transaction)),
        ]
    }
}

/// Opens a pool; fails when the first connection cannot be made within the acquire time-out.
///
/// # Errors
/// The address does not parse, or the server does not answer.
pub async fn connect(settings: &Settings) -> Result<PgPool, sqlx::Error> {
    let options: PgConnectOptions = settings.url.parse()?;
    PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(settings.acquire_timeout)
        .connect_with(
            options
                .application_name("waas-hub")
                .options(settings.patience.parameters())
                .options(VANISHED)
                .options(COMPILED),
        )
        .await
}

/// What ends no connection; later options win over those before.
const UNLIMITED: [(&str, &str); 2] = [("statement_timeout", "0"), ("lock_timeout", "0")];

/// How the schema of a database relates to this binary's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Migrations that this binary knows and the database has not.
    pub pending: usize,
    /// Migrations that the database has and this binary does not know: it belongs to a newer one.
    pub unknown: usize,
    /// The newest migration of the database; 0 for none.
    pub version: i64,
}

/// Compares the schema of a database with this binary's. Changes nothing.
///
/// # Errors
/// The database does not answer.
pub async fn schema(pool: &PgPool) -> Result<Schema, sqlx::Error> {
    let table: Option<String> =
        sqlx::query_scalar("select to_regclass('_sqlx_migrations')::text").fetch_one(pool).await?;
    let applied: Vec<i64> = match table {
        Some(_) => sqlx::query_scalar("select version from _sqlx_migrations where success").fetch_all(pool).await?,
        None => Vec::new(),
    };
    let known: Vec<i64> = MIGRATOR.iter().map(|migration| migration.version).collect();
    Ok(Schema {
        pending: known.iter().filter(|version| !applied.contains(version)).count(),
        unknown: applied.iter().filter(|version| !known.contains(version)).count(),
        version: applied.iter().copied().max().unwrap_or(0),
    })
}

/// Brings the schema to the present; safe to call from several processes at once. A migration may take as long as it takes,
/// and wait for another process's.
///
/// # Errors
/// A migration fails, or the database holds one that this binary does not know.
pub async fn migrate(pool: &PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    let patient = PgConnectOptions::clone(&pool.connect_options()).options(UNLIMITED);
    let patient = PgPoolOptions::new().max_connections(1).connect_with(patient).await?;
    let migrated = MIGRATOR.run(&patient).await;
    patient.close().await;
    migrated
}
