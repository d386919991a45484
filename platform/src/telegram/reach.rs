//! Whether the Bot API server can be reached, as the latest call of this process found.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shared by all clones of an [`Api`](super::Api).
#[derive(Clone, Debug, Default)]
pub struct Reach(Arc<Mutex<Option<Instant>>>);

impl Reach {
    /// The server answered; a refusal is an answer.
    pub(crate) fn answered(&self) {
        *self.lost_at() = None;
    }

    /// It did not answer, or said that it is ill.
    pub(crate) fn failed(&self) {
        self.lost_at().get_or_insert_with(Instant::now);
    }

    /// For how long no call has been answered; none when the latest one was, or there was none yet.
    pub fn lost_for(&self) -> Option<Duration> {
        self.lost_at().map(|since| since.elapsed())
    }

    fn lost_at(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_count_from_the_first_and_an_answer_ends_them() {
        let reach = Reach::default();
        assert_eq!(reach.lost_for(), None);
        reach.failed();
        let first = *reach.lost_at();
        reach.failed();
        assert_eq!(*reach.lost_at(), first);
        assert!(reach.lost_for().is_some());
        reach.clone().answered();
        assert_eq!(reach.lost_for(), None);
    }
}
