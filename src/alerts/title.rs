//! What is wrong, in a line: as somebody outside wrote it, or of the hub's own making, and then in each reader's language.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use waas_platform::render::{Arg, Reader};

use crate::front::Front;

/// The title of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Title {
    /// As its source wrote it.
    Text(String),
    /// What the hub saw.
    Own(Own),
}

/// What the hub sees by itself, with what is named in the words. Stored as it stands in JSON, so variants and fields keep their
/// names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Own {
    /// A container ended with this code.
    ContainerExited {
        /// The service that it ran.
        service: String,
        /// Its exit code.
        code: i32,
    },
    /// A container ended, and nobody knows its code.
    ContainerEnded {
        /// The service that it ran.
        service: String,
    },
    /// A container's health check fails.
    ContainerUnhealthy {
        /// The service that it runs.
        service: String,
    },
    /// A container is not there any more.
    ContainerMissing {
        /// The service that it ran.
        service: String,
    },
    /// A service has not let hear of itself.
    HeartbeatMissed {
        /// The service.
        service: String,
        /// Seconds since it was last heard, when that was noticed.
        silent_s: i64,
    },
    /// Redis does not answer.
    RedisAway,
    /// A page waits to be sent.
    PageWaits,
}

impl Title {
    /// As somebody reads it.
    pub fn words(&self, front: &Front, reader: &Reader) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Own(own) => own.words(front, reader),
        }
    }

    /// What a fingerprint is made of where none is given: the same in every language.
    pub(super) fn mark(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Own(own) => own.key(),
        }
    }
}

impl From<&str> for Title {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Title {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Own> for Title {
    fn from(own: Own) -> Self {
        Self::Own(own)
    }
}

impl Own {
    const fn key(&self) -> &'static str {
        match self {
            Self::ContainerExited { .. } => "alerts-container-exited",
            Self::ContainerEnded { .. } => "alerts-container-ended",
            Self::ContainerUnhealthy { .. } => "alerts-container-unhealthy",
            Self::ContainerMissing { .. } => "alerts-container-missing",
            Self::HeartbeatMissed { .. } => "alerts-heartbeat-missed",
            Self::RedisAway => "alerts-redis-away",
            Self::PageWaits => "alerts-page-waits",
        }
    }

    fn words(&self, front: &Front, reader: &Reader) -> String {
        let args: Vec<(&str, Arg<'_>)> = match self {
            Self::ContainerExited { service, code } => {
                vec![("service", service.as_str().into()), ("code", code.to_string().into())]
            }
            Self::ContainerEnded { service }
            | Self::ContainerUnhealthy { service }
            | Self::ContainerMissing { service } => vec![("service", service.as_str().into())],
            Self::HeartbeatMissed { service, silent_s } => {
                let silent = TimeDelta::try_seconds(*silent_s).unwrap_or_default();
                let silent = front.renderer().words().duration(&reader.lang, silent);
                vec![("service", service.as_str().into()), ("silent", silent.into())]
            }
            Self::RedisAway | Self::PageWaits => Vec::new(),
        };
        front.word_with(reader, self.key(), &args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::aloud::{front, in_every_language};

    fn each() -> [Own; 7] {
        let service = "backend".to_owned();
        [
            Own::ContainerExited { service: service.clone(), code: 137 },
            Own::ContainerEnded { service: service.clone() },
            Own::ContainerUnhealthy { service: service.clone() },
            Own::ContainerMissing { service: service.clone() },
            Own::HeartbeatMissed { service, silent_s: 95 },
            Own::RedisAway,
            Own::PageWaits,
        ]
    }

    #[test]
    fn each_title_is_said_in_every_language() {
        let front = front();
        let now = "2026-11-20T09:05:00Z".parse().expect("a time");
        insta::assert_snapshot!(in_every_language(&front, now, |reader| {
            each().map(|own| Title::Own(own).words(&front, reader)).join("\n")
        }));
    }

    #[test]
    fn what_is_stored_reads_back() {
        // As rows have it: to rename one is to lose them.
        insta::assert_snapshot!(serde_json::to_string_pretty(&each()).expect("JSON"));
        for own in each() {
            let stored = serde_json::to_value(&own).expect("JSON");
            assert_eq!(serde_json::from_value::<Own>(stored).expect("the same"), own);
        }
    }
}
