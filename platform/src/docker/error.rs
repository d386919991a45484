//! What can go wrong between us and an engine, in words that decide what to do next.

use bollard::errors::Error as Bollard;

/// A failed call to the engine. [`DockerError::is_passing`] says whether waiting and repeating can help.
#[derive(Debug, thiserror::Error)]
pub enum DockerError {
    /// Nobody answers at the endpoint. Passing: the host's fault; repeat, and check the endpoint.
    #[error("the Docker engine at {endpoint} does not answer: {detail}")]
    Unreachable {
        /// Where it was looked for.
        endpoint: String,
        /// What the connection said.
        detail: String,
    },
    /// The engine answered too late. Passing.
    #[error("the Docker engine took too long: {doing}")]
    TimedOut {
        /// The act that was cut off; it may still happen.
        doing: String,
    },
    /// The thing does not exist. Permanent; an undo takes it as done.
    #[error("not found: {what}")]
    NotFound {
        /// The engine's words.
        what: String,
    },
    /// A name or state stands in the way, mostly something of another owner. Permanent until someone clears it.
    #[error("conflict: {what}")]
    Conflict {
        /// The engine's words, or ours.
        what: String,
    },
    /// No such image here, and none could be fetched. Permanent: build or load it, or mend the name.
    #[error("the image {image} is missing")]
    ImageMissing {
        /// The reference as asked for.
        image: String,
    },
    /// Another process holds the host port. Permanent for this port: choose another one.
    #[error("port {} is taken", port.map_or_else(|| "asked for".to_owned(), |p| p.to_string()))]
    PortTaken {
        /// The port, when the engine named it.
        port: Option<u16>,
    },
    /// A build step failed. Permanent: the recipe's fault.
    #[error("the image could not be built: {message}")]
    BuildFailed {
        /// The engine's last word.
        message: String,
        /// The last lines of the build's output.
        tail: Vec<String>,
    },
    /// The engine refuses the request as it stands. Permanent: our fault, or the file's.
    #[error("refused by the Docker engine: {detail}")]
    Refused {
        /// The engine's words.
        detail: String,
    },
    /// Anything else; engine faults (5xx) are passing, the rest permanent.
    #[error("the Docker engine failed: {detail}")]
    Other {
        /// The engine's words.
        detail: String,
        /// Whether repeating can help.
        passing: bool,
    },
}

impl DockerError {
    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => true,
            Self::Other { passing, .. } => *passing,
            Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::ImageMissing { .. }
            | Self::PortTaken { .. }
            | Self::BuildFailed { .. }
            | Self::Refused { .. } => false,
        }
    }

    /// Whether the connection itself is gone, so that a new one (and a new version negotiation) is due.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// Sorts bollard's error by what it means; `doing` names the act for time-outs.
    pub(super) fn of(error: Bollard, endpoint: &str, doing: &str) -> Self {
        let unreachable = |detail: String| Self::Unreachable { endpoint: endpoint.to_owned(), detail };
        match error {
            Bollard::DockerResponseServerError { status_code, message } => Self::of_answer(status_code, message),
            Bollard::DockerStreamError { error } => Self::of_answer(500, error),
            Bollard::RequestTimeoutError => Self::TimedOut { doing: doing.to_owned() },
            Bollard::SocketNotFoundError(path) => unreachable(format!("no socket at {path}")),
            Bollard::HyperLegacyError { err } => unreachable(chain(&err)),
            Bollard::HyperResponseError { err } => unreachable(chain(&err)),
            Bollard::IOError { err } => unreachable(err.to_string()),
            other => Self::Other { detail: format!("{doing}: {other}"), passing: false },
        }
    }

    fn of_answer(status: u16, message: String) -> Self {
        let lower = message.to_lowercase();
        if lower.contains("port is already allocated") || lower.contains("address already in use") {
            return Self::PortTaken { port: port_in(&message) };
        }
        if let Some(image) = missing_image(&message) {
            return Self::ImageMissing { image };
        }
        match status {
            404 => Self::NotFound { what: message },
            409 => Self::Conflict { what: message },
            400..=499 => Self::Refused { detail: message },
            _ => Self::Other { detail: message, passing: status >= 500 },
        }
    }
}

/// hyper's errors say "client error"; what a person needs stands in their sources.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

/// The first `<ip>:<port>` in the engine's words.
fn port_in(message: &str) -> Option<u16> {
    message.split_whitespace().find_map(|word| {
        let (host, port) = word.trim_end_matches([':', ',', '.']).rsplit_once(':')?;
        host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().ok()?;
        port.parse().ok()
    })
}

/// The reference in the ways in which engines say that an image is not there.
fn missing_image(message: &str) -> Option<String> {
    let after = |mark: &str| {
        let (_, rest) = message.split_once(mark)?;
        let word = rest.split([' ', ',']).next()?.trim_matches(['"', '\'']);
        (!word.is_empty()).then(|| word.to_owned())
    };
    after("No such image: ")
        .or_else(|| after("pull access denied for "))
        .or_else(|| after("manifest for ").filter(|_| message.contains("not found")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status_code: u16, message: &str) -> DockerError {
        let error = Bollard::DockerResponseServerError { status_code, message: message.to_owned() };
        DockerError::of(error, "unix:///x", "testing")
    }

    #[test]
    fn a_taken_port_is_told_with_its_number() {
        let messages = [
            "driver failed programming external connectivity on endpoint a-b-1 (6f): Bind for 127.0.0.1:20000 failed: port is already allocated",
            "driver failed: Error starting userland proxy: listen tcp4 127.0.0.1:20000: bind: address already in use",
        ];
        for message in messages {
            assert!(matches!(answered(500, message), DockerError::PortTaken { port: Some(20_000) }), "{message}");
        }
    }

    #[test]
    fn a_missing_image_is_not_a_missing_container() {
        let missing = answered(404, "No such image: waas/nothing:1");
        assert!(matches!(&missing, DockerError::ImageMissing { image } if image == "waas/nothing:1"), "{missing}");
        assert!(matches!(answered(404, "No such container: abc"), DockerError::NotFound { .. }));
    }

    #[test]
    fn only_faults_of_the_moment_are_passing() {
        assert!(answered(500, "out of something").is_passing());
        assert!(!answered(409, "name in use").is_passing());
        assert!(!answered(400, "bad parameter").is_passing());
        let gone = DockerError::of(Bollard::SocketNotFoundError("/x".into()), "unix:///x", "pinging");
        assert!(gone.is_unreachable() && gone.is_passing());
    }
}
