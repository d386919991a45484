//! Who alone may do something: poll a bot's token, send for it. Database time decides; the fence only grows.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock::random;
use crate::db::Signals;

/// The Postgres channel that fires when a lease was given back.
pub const FREED: &str = "hub_leases";

/// Where leases are taken.
#[derive(Clone, Debug)]
pub struct Leases {
    pool: PgPool,
    signals: Option<Signals>,
}

/// Proof that this process alone may do what the lease names; functions that need it demand it. Renewed in the background
/// each third of its time, given back when dropped or by [`Lease::release`].
#[derive(Debug)]
pub struct Lease {
    name: String,
    fence: i64,
    holder: Uuid,
    tenure: Tenure,
    lost: CancellationToken,
    give_back: CancellationToken,
    renewing: Option<JoinHandle<()>>,
}

/// For how long a lease holds by this process's own clock, which goes on while the process is frozen: to be asked right
/// before an act that no database can fence.
#[derive(Clone, Debug)]
pub struct Tenure(watch::Receiver<Instant>);

impl Tenure {
    /// Whether nobody else can have taken the lease yet.
    pub fn holds(&self) -> bool {
        *self.0.borrow() > Instant::now()
    }
}

impl Leases {
    /// Leases on this pool.
    pub const fn new(pool: PgPool) -> Self {
        Self { pool, signals: None }
    }

    /// Whoever waits for a lease hears by these signals, which know [`FREED`], that one was given back: what stops hands
    /// over at once.
    #[must_use]
    pub fn with_signals(self, signals: Signals) -> Self {
        Self { signals: Some(signals), ..self }
    }

    /// Takes the lease if it is free, given back or run out; none while somebody (also this process) has it.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn acquire(&self, name: &str, ttl: Duration) -> Result<Option<Lease>, sqlx::Error> {
        // One identity a lease, so that a former lease of this process is as foreign as any other.
        let holder = random::id();
        let asked = Instant::now();
        let fence = sqlx::query_scalar!(
            "insert into leases (name, holder, fence, expires_at)
             values ($1, $2, 1, now() + make_interval(secs => $3))
             on conflict (name) do update
             set holder = excluded.holder, fence = leases.fence + 1, expires_at = excluded.expires_at
             where leases.expires_at <= now()
             returning fence",
            name,
            holder,
            ttl.as_secs_f64(),
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(fence) = fence else {
            return Ok(None);
        };
        tracing::info!(lease.name = name, lease.fence = fence, "lease taken");
        let lost = CancellationToken::new();
        let give_back = CancellationToken::new();
        let (good_until, tenure) = watch::channel(asked + ttl);
        let term = Term { pool: self.pool.clone(), name: name.to_owned(), holder, fence, ttl, good_until };
        let renewing = tokio::spawn(term.keep(asked, lost.clone(), give_back.clone()));
        Ok(Some(Lease {
            name: name.to_owned(),
            fence,
            holder,
            tenure: Tenure(tenure),
            lost,
            give_back,
            renewing: Some(renewing),
        }))
    }

    /// Whether somebody holds a lease whose name begins so: how a command finds out that a service runs.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn any_held(&self, prefix: &str) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar!(
            r#"select exists (
                   select from leases where starts_with(name, $1) and expires_at > now()
               ) as "held!""#,
            prefix,
        )
        .fetch_one(&self.pool)
        .await
    }

    /// Waits for the lease; none when stopped, also when it is free: who is told to stop takes up nothing new. Takes over a vanished holder's within the time it set and `retry`.
    /// Database errors are waited out.
    pub async fn acquire_when_free(
        &self,
        name: &str,
        ttl: Duration,
        retry: Duration,
        stop: &CancellationToken,
    ) -> Option<Lease> {
        let mut freed = self.signals.as_ref().map(|signals| signals.of(FREED));
        while !stop.is_cancelled() {
            match self.acquire(name, ttl).await {
                Ok(Some(lease)) => return Some(lease),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(lease.name = name, %error, "a lease could not be asked for")
                }
            }
            let rest = async {
                match &mut freed {
                    Some(freed) => freed.wait(retry).await,
                    None => tokio::time::sleep(retry).await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => return None,
                () = rest => {}
            }
        }
        None
    }
}

impl Lease {
    /// What it is for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of this holding; a newer holder has a greater one.
    pub const fn fence(&self) -> i64 {
        self.fence
    }

    /// Returns once the lease is lost; then stop at once.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Cancelled once the lease is lost.
    pub const fn lost_token(&self) -> &CancellationToken {
        &self.lost
    }

    /// For how long it holds, to be handed to whoever acts under it.
    pub fn tenure(&self) -> Tenure {
        self.tenure.clone()
    }

    /// Locks the lease against takeover until the caller's transaction ends; false when it is lost and nothing may be
    /// written.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn confirm(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let row = sqlx::query!(
            "select name from leases where name = $1 and holder = $2 and fence = $3 for share",
            self.name,
            self.holder,
            self.fence,
        )
        .fetch_optional(connection)
        .await?;
        Ok(row.is_some())
    }

    /// Gives it back and waits until that is stored: the next one need not wait.
    pub async fn release(mut self) {
        self.give_back.cancel();
        if let Some(renewing) = self.renewing.take() {
            // It ends by itself; a panic in it was reported by the runtime.
            let _ = renewing.await;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.give_back.cancel();
    }
}

struct Term {
    pool: PgPool,
    name: String,
    holder: Uuid,
    fence: i64,
    ttl: Duration,
    good_until: watch::Sender<Instant>,
}

impl Term {
    async fn keep(self, mut good_since: Instant, lost: CancellationToken, give_back: CancellationToken) {
        // Lost also when this task ends in any other way.
        let _lost = lost.drop_guard();
        loop {
            tokio::select! {
                () = give_back.cancelled() => return self.give_back().await,
                () = tokio::time::sleep(self.ttl / 3) => {}
            }
            let asked = Instant::now();
            let left = self.ttl.saturating_sub(asked - good_since);
            match tokio::time::timeout(left, self.renew()).await {
                Ok(Ok(true)) => {
                    good_since = asked;
                    self.good_until.send_replace(asked + self.ttl);
                }
                Ok(Ok(false)) | Err(_) => break,
                // The database may come back in time; what is left of the lease decides.
                Ok(Err(error)) => {
                    tracing::warn!(lease.name = self.name, %error, "a lease could not be renewed")
                }
            }
        }
        tracing::warn!(lease.name = self.name, lease.fence = self.fence, "lease lost");
    }

    async fn renew(&self) -> Result<bool, sqlx::Error> {
        let renewed = sqlx::query!(
            "update leases set expires_at = now() + make_interval(secs => $4)
             where name = $1 and holder = $2 and fence = $3",
            self.name,
            self.holder,
            self.fence,
            self.ttl.as_secs_f64(),
        )
        .execute(&self.pool)
        .await?;
        Ok(renewed.rows_affected() == 1)
    }

    async fn give_back(&self) {
        let given = sqlx::query!(
            "with given as (
               update leases set expires_at = now() where name = $1 and holder = $2 and fence = $3 returning name
             )
             select pg_notify($4, '') from given",
            self.name,
            self.holder,
            self.fence,
            FREED,
        )
        .execute(&self.pool)
        .await;
        if let Err(error) = given {
            tracing::warn!(lease.name = self.name, %error, "a lease could not be given back; it will run out");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenure_ends_by_itself() {
        let now = Instant::now();
        let (renewed, tenure) = watch::channel(now);
        let tenure = Tenure(tenure);
        assert!(!tenure.holds(), "nobody renewed it");
        renewed.send_replace(now + Duration::from_secs(60));
        assert!(tenure.holds());
    }
}
