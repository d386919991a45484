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
    seen: Mutex<Option<Arc<Seen>>>,
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
        Self { pool, keys, clock, seen: Mutex::new(None) }
    }

    /// Whose claim this is; `body` is what was signed. `None`: nobody's who is known.
    ///
    /// # Errors
    /// The database does not answer, and nothing is known yet that could decide.
    pub async fn whose(&self, claim: &Claim, body: &[u8]) -> sqlx::Result<Option<KeyHolder>> {
        let seen = self.seen(BELIEVED).await?;
        if let Some(found) = self.find(&seen, claim, body) {
            return Ok(Some(found));
        }
        let newer = self.seen(NEWS_AFTER).await?;
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

    /// What is known, at most `age` old. Of many who ask at once, one looks.
    async fn seen(&self, age: TimeDelta) -> sqlx::Result<Arc<Seen>> {
        let mut known = self.seen.lock().await;
        let now = self.clock.now();
        if let Some(seen) = known.as_ref().filter(|seen| now - seen.at < age) {
            return Ok(Arc::clone(seen));
        }
        let read = self.read(now).await?;
        Ok(Arc::clone(known.insert(Arc::new(read))))
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
