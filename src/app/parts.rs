//! The parts of a running process: started in order, stopped in reverse.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::BoxFuture;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// The parts of a running process. What is started later may rely on what was started before, and is stopped before it.
#[derive(Debug, Default)]
pub(super) struct Parts {
    running: JoinSet<Result<()>>,
    started: Vec<Part>,
    ended: HashMap<Id, Result<()>>,
}

#[derive(Debug)]
struct Part {
    name: &'static str,
    id: Id,
    stop: CancellationToken,
}

impl Parts {
    /// No parts.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Starts a part. It works until its token is cancelled and then returns; returning earlier stops the process.
    pub(super) fn start<F>(&mut self, name: &'static str, work: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let stop = CancellationToken::new();
        // Boxed: the runtime's machinery for a task is compiled for one type, and not for each part again.
        let work: BoxFuture<'static, Result<()>> = Box::pin(work(stop.clone()));
        let id = self.running.spawn(work).id();
        self.started.push(Part { name, id, stop });
    }

    /// Starts a part that heals by itself and returns only when it was told to stop.
    pub(super) fn serve<F>(&mut self, name: &'static str, work: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.start(name, |stop| {
            let work = work(stop);
            async move {
                work.await;
                Ok(())
            }
        });
    }

    /// Works until `stop` resolves or a part ends by itself, then stops the parts in reverse order. All of them together
    /// have `drain`; what is not done by then is cut: everything durable is in the database.
    ///
    /// # Errors
    /// A part ended by itself, panicked, or failed while it stopped.
    pub(super) async fn run_until(mut self, stop: impl Future<Output = ()>, drain: Duration) -> Result<()> {
        let early = tokio::select! {
            () = stop => None,
            ended = self.running.join_next_with_id() => ended.map(told),
        };
        let mut fault = early.map(|(id, result)| {
            let name = self.started.iter().find(|part| part.id == id).map_or("a part", |part| part.name);
            self.ended.insert(id, Ok(()));
            match result {
                Ok(()) => anyhow::anyhow!("{name} ended by itself"),
                Err(error) => error.context(name),
            }
        });
        if let Some(fault) = &fault {
            tracing::error!(fault = format!("{fault:#}"), "stopping, since a part is gone");
        }
        let deadline = tokio::time::Instant::now() + drain;
        while let Some(part) = self.started.pop() {
            part.stop.cancel();
            match tokio::time::timeout_at(deadline, self.wait_for(part.id)).await {
                Ok(Ok(())) => tracing::debug!(part = part.name, "stopped"),
                Ok(Err(error)) => fault = fault.or_else(|| Some(error.context(part.name))),
                Err(_) => tracing::warn!(part = part.name, "was still at work and is cut"),
            }
        }
        fault.map_or(Ok(()), Err)
    }

    /// How one part ended. Others may end meanwhile; their ends are kept for when it is their turn.
    async fn wait_for(&mut self, id: Id) -> Result<()> {
        loop {
            if let Some(result) = self.ended.remove(&id) {
                return result;
            }
            let Some(ended) = self.running.join_next_with_id().await else {
                return Ok(());
            };
            let (id, result) = told(ended);
            self.ended.insert(id, result);
        }
    }
}

/// Which task ended and how; a panic is an error like any other.
fn told(ended: Result<(Id, Result<()>), JoinError>) -> (Id, Result<()>) {
    ended.unwrap_or_else(|error| (error.id(), Err(error.into())))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use anyhow::bail;

    use super::*;

    type Log = Arc<Mutex<Vec<&'static str>>>;

    fn note(log: &Log, what: &'static str) {
        log.lock().expect("not poisoned").push(what);
    }

    fn part(parts: &mut Parts, log: &Log, name: &'static str) {
        let log = log.clone();
        parts.start(name, move |stop| async move {
            stop.cancelled().await;
            note(&log, name);
            Ok(())
        });
    }

    #[tokio::test]
    async fn parts_stop_in_reverse_order() {
        let (mut parts, log) = (Parts::new(), Log::default());
        for name in ["database", "sender", "poller"] {
            part(&mut parts, &log, name);
        }
        parts.run_until(async {}, Duration::from_secs(5)).await.expect("stopped");
        assert_eq!(*log.lock().expect("not poisoned"), ["poller", "sender", "database"]);
    }

    #[tokio::test]
    async fn a_part_that_fails_or_panics_stops_the_others_and_is_named() {
        for panics in [false, true] {
            let (mut parts, log) = (Parts::new(), Log::default());
            part(&mut parts, &log, "database");
            parts.start("poller", move |_| async move {
                assert!(!panics, "on purpose");
                bail!("conflict")
            });
            let error = parts.run_until(std::future::pending(), Duration::from_secs(5)).await.expect_err("failed");
            assert!(format!("{error:#}").starts_with("poller: "), "{error:#}");
            assert_eq!(*log.lock().expect("not poisoned"), ["database"]);
        }
    }

    #[tokio::test]
    async fn a_part_that_does_not_stop_is_cut_at_the_deadline() {
        let (mut parts, log) = (Parts::new(), Log::default());
        part(&mut parts, &log, "database");
        parts.start("stuck", |_| std::future::pending());
        let stopped = parts.run_until(async {}, Duration::from_millis(20));
        let within = tokio::time::timeout(Duration::from_secs(5), stopped).await;
        within.expect("not for ever").expect("cut, not failed");
    }
}
