//! A transaction whose connection can be had back after the commit.
//!
//! A pool asks a connection whether it lives, both when it is taken and when it is given back: two round trips more for
//! every short transaction. Who runs one after another keeps the connection in between instead. A connection that died
//! meanwhile is found out by `BEGIN`, before anything is done on it.
//!
//! sqlx counts the depth of transactions on the connection, so that one that is begun within is a savepoint here as well.
#![expect(clippy::expect_used, reason = "only the commit takes the connection, and it takes the transaction with it")]

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgTransactionManager;
use sqlx_core::transaction::TransactionManager;

use super::{PgConnection, PoolConnection};

const HELD: &str = "a transaction has its connection until the commit";

/// How long a connection that was kept is waited for: it may have broken without a word.
const SPARE: Duration = Duration::from_secs(5);

/// A transaction that the caller commits; what is not committed is undone when it is dropped.
pub struct KeptTx {
    conn: Option<PoolConnection>,
}

impl KeptTx {
    /// Begins on `spare` when that one lives, else on a connection of the pool.
    ///
    /// # Errors
    /// The pool has no connection in time, or the server refuses.
    pub async fn begin(spare: Option<PoolConnection>, pool: &PgPool) -> sqlx::Result<Self> {
        if let Some(mut conn) = spare {
            let begun = tokio::time::timeout(SPARE, PgTransactionManager::begin(&mut conn, None)).await;
            if let Ok(Ok(())) = begun {
                return Ok(Self { conn: Some(conn) });
            }
            conn.close_on_drop();
        }
        let mut conn = pool.acquire().await?;
        PgTransactionManager::begin(&mut conn, None).await?;
        Ok(Self { conn: Some(conn) })
    }

    /// Commits, and gives the connection back.
    ///
    /// # Errors
    /// The server refuses or is gone.
    pub async fn commit(mut self) -> sqlx::Result<PoolConnection> {
        PgTransactionManager::commit(&mut self).await?;
        Ok(self.conn.take().expect(HELD))
    }
}

impl Drop for KeptTx {
    fn drop(&mut self) {
        if let Some(conn) = &mut self.conn {
            // Only queued: it is sent before whatever the connection is used for next.
            PgTransactionManager::start_rollback(conn);
        }
    }
}

impl Deref for KeptTx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.conn.as_ref().expect(HELD)
    }
}

impl DerefMut for KeptTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.conn.as_mut().expect(HELD)
    }
}

impl fmt::Debug for KeptTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptTx").finish_non_exhaustive()
    }
}
