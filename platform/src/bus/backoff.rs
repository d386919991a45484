//! Waits between attempts to reconnect.

use std::time::Duration;

/// The wait after the first failure.
pub(super) const FIRST: Duration = Duration::from_millis(50);

/// Doubles from [`FIRST`] up to a limit; a success begins anew.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub(super) fn new(longest: Duration) -> Self {
        Self { next: FIRST.min(longest), longest }
    }

    pub(super) async fn wait(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(self.longest);
    }
}
