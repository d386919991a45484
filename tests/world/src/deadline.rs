//! Waiting for something that has a name, until a deadline. The only place that sleeps: tests and stories name what
//! they wait for instead.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Between the first looks. Later ones come more slowly, so that a long wait does not take the processor from what it
/// waits for, and the time measured stays within a twentieth.
const PAUSE: Duration = Duration::from_millis(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// What waiting gave, and how long it took.
#[derive(Debug)]
pub struct Waited<T> {
    /// What was waited for.
    pub value: T,
    /// From the first look to the one that found it.
    pub took: Duration,
}

/// Looks until there is something, for `within` at most.
///
/// # Errors
/// The time is over (the error names `what`), or a look failed: only "not yet" is worth another look.
pub async fn until<T>(what: &str, within: Duration, look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<Waited<T>> {
    let slower = |waited: Duration| (waited / 20).clamp(PAUSE, LONGEST_PAUSE);
    look_for(what, within, slower, look).await
}

/// The same at a steady pace, for a figure that is printed: it is at most one pause too long.
///
/// # Errors
/// As for [`until`].
pub async fn until_exactly<T>(
    what: &str,
    within: Duration,
    look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<Waited<T>> {
    look_for(what, within, |_| SHORTEST_PAUSE, look).await
}

/// Lets time pass, for what is defined by it: an idle process, an even load, a blow at a random moment. Never to wait for something.
pub async fn rest(time: Duration) {
    tokio::time::sleep(time).await;
}

async fn look_for<T>(
    what: &str,
    within: Duration,
    pause: impl Fn(Duration) -> Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<Waited<T>> {
    let began = Instant::now();
    loop {
        if let Some(value) = look().await? {
            let took = began.elapsed();
            return Ok(Waited { value, took });
        }
        if began.elapsed() >= within {
            bail!("waited {:.1} s in vain for {what}", within.as_secs_f64());
        }
        tokio::time::sleep(pause(began.elapsed())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_comes_is_given_with_its_time() {
        let mut looks = 0;
        let waited = until("the third look", Duration::from_secs(5), async || {
            looks += 1;
            Ok((looks == 3).then_some("here"))
        })
        .await;
        let waited = waited.ok();
        assert_eq!(waited.as_ref().map(|w| w.value), Some("here"));
        assert!(waited.is_some_and(|w| w.took >= PAUSE));
    }

    #[tokio::test]
    async fn what_does_not_come_is_named() {
        let waited = until("Godot", Duration::from_millis(50), async || Ok(None::<()>)).await;
        let told = waited.err().map(|e| e.to_string()).unwrap_or_default();
        assert!(told.contains("Godot"), "{told}");
    }

    #[tokio::test]
    async fn a_broken_look_is_not_repeated() {
        let mut looks = 0;
        let waited = until::<()>("nothing", Duration::from_secs(5), async || {
            looks += 1;
            bail!("the server is gone")
        })
        .await;
        assert!(waited.is_err());
        assert_eq!(looks, 1);
    }
}
