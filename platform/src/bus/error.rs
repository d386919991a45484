//! What can go wrong with Redis, told by what to do about it.

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why Redis did not do as asked. The text never holds credentials or payloads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// Passing: not reachable, cut off, still loading, or a replica at the moment. Nobody's fault; try again.
    #[error("Redis does not answer: {0}")]
    Away(String),
    /// Permanent until somebody changes a configuration: wrong address, wrong password, a right that is missing, a key of
    /// another type. Trying again does not help.
    #[error("Redis refused: {0}")]
    Refused(String),
}

impl BusError {
    /// Whether the same call may succeed later with nothing changed.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Away(_))
    }
}

impl From<RedisError> for BusError {
    fn from(error: RedisError) -> Self {
        // Only the kind and the server's own code: details of client errors repeat arguments.
        let said = match error.code() {
            Some(code) => format!("{} ({code})", error.category()),
            None => error.category().to_owned(),
        };
        match error.kind() {
            ErrorKind::Io => Self::Away(said),
            ErrorKind::Server(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::TryAgain
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::NotBusy,
            ) => Self::Away(said),
            _ if error.is_connection_dropped() || error.is_timeout() || error.is_connection_refusal() => {
                Self::Away(said)
            }
            _ => Self::Refused(said),
        }
    }
}
