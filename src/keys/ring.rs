//! The keys that may call, known without asking the database: a stranger costs it nothing, however often they knock.
//!
//! What is remembered decides only who is worth a transaction. Whether the key still holds is looked up in that
//! transaction ([`still_hold`](super::still_hold)), so that a revoked one stores nothing from the moment it is revoked.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;
use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::db::PgPool;
use waas_platform::secrets::{MasterKey, Sealed, Secret};
use waas_platform::web::auth::Claim;

use super::{BEARER, Holder, purpose, store};

/// How long what was read is believed. A key that was made meanwhile is found earlier, by [`NEWS_AFTER`].
const BELIEVED: TimeDelta = TimeDelta::seconds(10);
/// An unknown token makes the ring look again, but not more often than this.
const NEWS_AFTER: TimeDelta = TimeDelta::seconds(1);

/// Who calls cannot be decided now: the keys cannot be read, and nothing that is known tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("keys cannot be read")]
pub struct Away;

/// A key that called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    /// The key.
    pub id: Uuid,
    /// Whose it is.
    pub holder: Holder,
}

/// All keys that may call.
pub struct Ring {
    pool: PgPool,
    keys: Arc<MasterKey>,
    clock: Clock,
    known: Mutex<Known>,
}

/// What the last looks brought.
#[derive(Default)]
struct Known {
    /// Kept when a later look fails: what was true then still decides most calls.
    seen: Option<Arc<Seen>>,
    /// When the last look failed, if it did.
    failed_at: Option<DateTime<Utc>>,
}

/// The keys as they were last read.
struct Seen {
    at: DateTime<Utc>,
    by_bearer: HashMap<Vec<u8>, KeyHolder>,
    /// Gateways' secrets: a signature does not say whose it is.
    signers: Vec<(KeyHolder, Secret)>,
}

impl Ring {
    /// Knows nothing yet.
    pub fn new(pool: PgPool, keys: Arc<MasterKey>, clock: Clock) -> Self {
        Self { pool, keys, clock, known: Mutex::default() }
    }

    /// Whose claim this is; `body` is what was signed. `None`: nobody's who is known.
    ///
    /// # Errors
    /// The database does not answer, and nothing is known that could decide.
    pub async fn whose(&self, claim: &Claim, body: &[u8]) -> Result<Option<KeyHolder>, Away> {
        let seen = match self.seen(BELIEVED).await {
            Ok(seen) => seen,
            // Whether the key still holds is looked up where it calls for something; an unknown one may be a new one.
            Err(old) => return old.and_then(|old| self.find(&old, claim, body)).map(Some).ok_or(Away),
        };
        if let Some(found) = self.find(&seen, claim, body) {
            return Ok(Some(found));
        }
        let newer = self.seen(NEWS_AFTER).await.map_err(|_| Away)?;
        Ok(if Arc::ptr_eq(&seen, &newer) { None } else { self.find(&newer, claim, body) })
    }

    fn find(&self, seen: &Seen, claim: &Claim, body: &[u8]) -> Option<KeyHolder> {
        match claim {
            // Looked up by its keyed hash: how near a guess was shows in no time that it takes.
            Claim::Bearer(token) => {
                let hash = self.keys.hash_code(BEARER, token.expose());
                seen.by_bearer.get(hash.as_bytes()).cloned()
            }
            // All of them are tried, so that the time says nothing about which one it was.
            Claim::Signed(signed) => seen.signers.iter().fold(None, |found, (holder, secret)| {
                let is_by = signed.is_by(secret, body);
                found.or_else(|| is_by.then(|| holder.clone()))
            }),
        }
    }

    /// What is known, at most `age` old; when it cannot be read, what was known before. Of many who ask at once, one looks,
    /// and when it looked in vain, the others do not try the same.
    async fn seen(&self, age: TimeDelta) -> Result<Arc<Seen>, Option<Arc<Seen>>> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if let Some(seen) = known.seen.as_ref().filter(|seen| now - seen.at < age) {
            return Ok(Arc::clone(seen));
        }
        if known.failed_at.is_some_and(|at| now - at < NEWS_AFTER) {
            return Err(known.seen.clone());
        }
        match self.read(now).await {
            Ok(read) => {
                known.failed_at = None;
                Ok(Arc::clone(known.seen.insert(Arc::new(read))))
            }
            Err(error) => {
                tracing::warn!(%error, "keys cannot be read; those that are known are still believed");
                // Now, not when the look began: it may have taken all its time.
                known.failed_at = Some(self.clock.now());
                Err(known.seen.clone())
            }
        }
    }

    async fn read(&self, now: DateTime<Utc>) -> sqlx::Result<Seen> {
        let rows = store::living(&mut *self.pool.acquire().await?, now).await?;
        let mut seen = Seen { at: now, by_bearer: HashMap::new(), signers: Vec::new() };
        for row in rows {
            let holder = KeyHolder { id: row.id, holder: row.holder };
            if matches!(holder.holder, Holder::Gateway(_)) {
                match self.keys.open(&purpose(row.id), &Sealed::from(row.webhook_secret)) {
                    Ok(secret) => seen.signers.push((holder.clone(), secret)),
                    Err(error) => tracing::error!(key = %row.id, %error, "the secret of a key does not open"),
                }
            }
            seen.by_bearer.insert(row.bearer_hash, holder);
        }
        Ok(seen)
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").finish_non_exhaustive()
    }
}
