//! A connection that somebody who asks all the time keeps between single statements.
//!
//! A pool asks a connection whether it lives, both when it is taken and when it is given back: two round trips more for each
//! statement. What breaks meanwhile is found out by the next statement, which fails once.

use std::time::Duration;

use sqlx::PgPool;

use super::PoolConnection;

/// A statement that has no answer by then has none: the connection broke without a word.
const PATIENCE: Duration = Duration::from_secs(10);

/// The kept connection; one of the pool is taken when there is none.
#[derive(Debug)]
pub struct Line {
    pool: PgPool,
    kept: Option<PoolConnection>,
}

impl Line {
    /// Nothing is connected before it is needed.
    pub fn new(pool: PgPool) -> Self {
        Self { pool, kept: None }
    }

    /// The connection, for statements that are each carried out [`within`]; to be given back with [`Line::keep`] when all
    /// went well.
    ///
    /// # Errors
    /// The pool has no connection in time.
    pub async fn take(&mut self) -> sqlx::Result<PoolConnection> {
        match self.kept.take() {
            Some(conn) => Ok(conn),
            None => self.pool.acquire().await,
        }
    }

    /// Gives the connection back, for the next statement.
    pub fn keep(&mut self, conn: PoolConnection) {
        self.kept = Some(conn);
    }
}

/// Waits for the answer to a statement, but not for ever.
///
/// # Errors
/// The statement failed, or was not answered.
pub async fn within<T>(statement: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    match tokio::time::timeout(PATIENCE, statement).await {
        Ok(answer) => answer,
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}
