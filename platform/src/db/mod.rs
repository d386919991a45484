//! Postgres: the pool, the migrator, and nothing of what is stored.

pub mod signals;

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
pub use signals::{Signal, Signals};
pub use sqlx::{PgConnection, PgPool, Postgres, Transaction};

/// A transaction that the caller commits; what is not committed is undone when it is dropped.
pub type Tx = Transaction<'static, Postgres>;

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
        .connect_with(options.application_name("waas-hub"))
        .await
}

/// Brings the schema to the present; safe to call from several processes at once.
///
/// # Errors
/// A migration fails, or the database holds one that this binary does not know.
pub async fn migrate(pool: &PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    MIGRATOR.run(pool).await
}
