//! Leases: one holder, and a fence that grows.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio_util::sync::CancellationToken;
use waas_platform::durable::Leases;

use crate::database::with_database;

#[tokio::test]
async fn a_lease_is_held_by_one_and_its_fence_grows() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let ttl = Duration::from_secs(60);
        let (one, two) = (Leases::new(pool.clone()), Leases::new(pool.clone()));
        let held = one.acquire("poll", ttl).await?.context("a free lease")?;
        ensure!(two.acquire("poll", ttl).await?.is_none() && one.acquire("poll", ttl).await?.is_none());
        let mut connection = pool.acquire().await?;
        ensure!(held.confirm(&mut connection).await?);
        held.release().await;
        let next = two.acquire("poll", ttl).await?.context("a lease given back")?;
        ensure!(next.fence() == 2);

        sqlx::query("update leases set expires_at = now() - interval '1 second'").execute(&pool).await?;
        let heir = one.acquire("poll", ttl).await?.context("a lease run out")?;
        ensure!(heir.fence() == 3 && !next.confirm(&mut connection).await?);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn who_is_told_to_stop_takes_no_lease() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let leases = Leases::new(pool);
        let stop = CancellationToken::new();
        stop.cancel();
        let (ttl, retry) = (Duration::from_secs(60), Duration::from_millis(20));
        let lease = leases.acquire_when_free("poll", ttl, retry, &stop).await;
        ensure!(lease.is_none(), "a loop that ends when it gets no lease would never end");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_holder_learns_that_its_lease_is_lost_and_a_waiter_gets_it() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let leases = Leases::new(pool.clone());
        let held = leases
            .acquire("poll", Duration::from_millis(300))
            .await?
            .context("a free lease")?;
        let waiting = tokio::spawn({
            let leases = leases.clone();
            let stop = CancellationToken::new();
            async move {
                leases
                    .acquire_when_free(
                        "poll",
                        Duration::from_secs(60),
                        Duration::from_millis(20),
                        &stop,
                    )
                    .await
            }
        });
        sqlx::query(
            "update leases set expires_at = now() - interval '1 second', fence = fence + 1",
        )
        .execute(&pool)
        .await?;
        held.lost().await;
        let heir = waiting.await?.context("a lease")?;
        ensure!(heir.fence() == 3, "{}", heir.fence());
        Ok(())
    })
    .await
}
