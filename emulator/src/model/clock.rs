//! The emulator's clock: real time plus an offset that a test may move.

use chrono::Utc;
use serde::{Deserialize, Serialize};

/// Real time, shifted; long polls and waits still last real seconds.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Clock {
    /// Milliseconds added to real time.
    pub(crate) offset_ms: i64,
}

impl Clock {
    pub(crate) fn now_ms(self) -> i64 {
        Utc::now().timestamp_millis() + self.offset_ms
    }
}
