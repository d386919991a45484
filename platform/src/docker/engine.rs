//! One Docker engine: the connection, made when first needed and made anew after it was lost.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, Docker};

use super::error::DockerError;

pub(super) type Result<T> = std::result::Result<T, DockerError>;

/// How long things may take.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The longest wait for an ordinary answer.
    pub request_timeout: Duration,
    /// The longest wait for the next word of a build or a pull.
    pub build_timeout: Duration,
    /// Added to what a health check may need by its own figures before it counts as failed.
    pub health_slack: Duration,
    /// Pause between two looks at a starting container.
    pub poll: Duration,
    /// How many last log lines go with a failure.
    pub failure_log_lines: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(60),
            build_timeout: Duration::from_secs(900),
            health_slack: Duration::from_secs(10),
            poll: Duration::from_millis(100),
            failure_log_lines: 20,
        }
    }
}

/// What an engine says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineVersion {
    /// Release, such as `20.10.24`.
    pub release: String,
    /// Newest API version that the engine speaks.
    pub api: String,
    /// API version that we agreed on.
    pub negotiated: String,
}

/// A Docker engine, cheap to clone; clones share the connection.
#[derive(Clone, Debug)]
pub struct Engine {
    endpoint: Arc<str>,
    pub(super) settings: Arc<Settings>,
    client: Arc<Mutex<Option<Docker>>>,
}

impl Engine {
    /// An engine that is connected to when first needed, so that a hub can start while Docker is away.
    ///
    /// `endpoint` is `unix:///path`, `http://host:port` or `tcp://host:port`.
    pub fn new(endpoint: &str, settings: Settings) -> Self {
        Self { endpoint: endpoint.into(), settings: Arc::new(settings), client: Arc::default() }
    }

    /// Connects now and agrees on an API version.
    ///
    /// # Errors
    /// Nobody answers at the endpoint, or it is of no known kind.
    pub async fn connect(endpoint: &str, settings: Settings) -> Result<Self> {
        let engine = Self::new(endpoint, settings);
        engine.client().await?;
        Ok(engine)
    }

    /// Where the engine is looked for.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Asks for a sign of life.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn ping(&self) -> Result<()> {
        let client = self.client().await?;
        client.ping().await.map(drop).map_err(|error| self.fail(error, "ping"))
    }

    /// Release and API versions.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn version(&self) -> Result<EngineVersion> {
        let client = self.client().await?;
        let version = client.version().await.map_err(|error| self.fail(error, "version"))?;
        Ok(EngineVersion {
            release: version.version.unwrap_or_default(),
            api: version.api_version.unwrap_or_default(),
            negotiated: client.client_version().to_string(),
        })
    }

    /// The host's address in a network, `bridge` for the default one: where containers find what the host offers them.
    /// `None` when the network has no gateway.
    ///
    /// # Errors
    /// The engine does not answer, or has no such network.
    pub async fn gateway(&self, network: &str) -> Result<Option<IpAddr>> {
        let client = self.client().await?;
        let none = None::<bollard::query_parameters::InspectNetworkOptions>;
        let found = client.inspect_network(network, none).await.map_err(|error| self.fail(error, "inspect network"))?;
        let configs = found.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
        Ok(configs.into_iter().find_map(|config| match config.gateway {
            Some(gateway) => gateway.parse().ok(),
            // Before its first container an engine names only the subnet; it takes the first address of it.
            None => first_address(&config.subnet?),
        }))
    }

    /// The connection, negotiated; kept until a call finds it broken.
    pub(super) async fn client(&self) -> Result<Docker> {
        if let Some(client) = self.slot().clone() {
            return Ok(client);
        }
        let client = self.open()?;
        let client = client.negotiate_version().await.map_err(|error| self.fail(error, "negotiate the API version"))?;
        *self.slot() = Some(client.clone());
        Ok(client)
    }

    /// Sorts an error; when the engine is gone the next call negotiates anew, since it may come back as another release.
    pub(super) fn fail(&self, error: bollard::errors::Error, doing: &str) -> DockerError {
        let error = DockerError::of(error, &self.endpoint, doing);
        if error.is_unreachable() {
            *self.slot() = None;
        }
        error
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Docker>> {
        // The value is replaced whole, so a poisoned lock still holds a good one.
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<Docker> {
        let seconds = self.settings.request_timeout.as_secs().max(1);
        let opened = if self.endpoint.starts_with("unix://") {
            Docker::connect_with_unix(&self.endpoint, seconds, API_DEFAULT_VERSION)
        } else if self.endpoint.starts_with("http://") || self.endpoint.starts_with("tcp://") {
            Docker::connect_with_http(&self.endpoint, seconds, API_DEFAULT_VERSION)
        } else {
            let detail = format!("{}: an endpoint begins with unix://, http:// or tcp://", self.endpoint);
            return Err(DockerError::Refused { detail });
        };
        opened.map_err(|error| self.fail(error, "connect"))
    }
}

fn first_address(subnet: &str) -> Option<IpAddr> {
    let (network, _) = subnet.split_once('/')?;
    let network: Ipv4Addr = network.parse().ok()?;
    Some(Ipv4Addr::from_bits(network.to_bits().checked_add(1)?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_address_of_a_subnet_is_the_hosts() {
        assert_eq!(first_address("172.17.0.0/16"), Some(IpAddr::from([172, 17, 0, 1])));
        assert_eq!(first_address("fd00::/64"), None);
        assert_eq!(first_address("nonsense"), None);
    }
}
