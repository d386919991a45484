//! What stands on an engine, found by label: containers with their state, networks, volumes, images.

use std::collections::HashMap;
use std::fmt;

use bollard::models::{ContainerSummary, ContainerSummaryHealthStatusEnum, ContainerSummaryStateEnum};
use bollard::query_parameters::{ListContainersOptions, ListImagesOptions, ListNetworksOptions, ListVolumesOptions};
use serde::{Deserialize, Serialize};

use super::engine::{Engine, Result};
use super::labels::{self, Labels};

/// Labels that a thing must carry, all of them: `key`, or `key=value`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelFilter(Vec<String>);

impl LabelFilter {
    /// Things of a compose project.
    pub fn project(name: &str) -> Self {
        Self::default().and(labels::PROJECT, name)
    }

    /// Things that carry the label, whatever its value.
    pub fn with(key: &str) -> Self {
        Self(vec![key.to_owned()])
    }

    /// Narrows to things whose label has the value.
    #[must_use]
    pub fn and(mut self, key: &str, value: &str) -> Self {
        self.0.push(format!("{key}={value}"));
        self
    }

    pub(super) fn filters(&self) -> HashMap<String, Vec<String>> {
        // An empty list would mean "no thing at all" to some engines; no key means "all".
        if self.0.is_empty() { HashMap::new() } else { HashMap::from([("label".to_owned(), self.0.clone())]) }
    }
}

/// How a container does, in the words that the house uses everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContainerState {
    /// Runs and has no health check.
    Running,
    /// Runs and its health is not known yet.
    Starting,
    /// Runs and its last health check passed.
    Healthy,
    /// Runs and its health checks fail.
    Unhealthy,
    /// Does not run: created, ended, between two restarts, or dead.
    Exited,
    /// Should stand and does not exist.
    Missing,
}

impl ContainerState {
    /// Whether it serves, as far as the engine knows.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Running | Self::Healthy)
    }
}

impl fmt::Display for ContainerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Exited => "exited",
            Self::Missing => "missing",
        })
    }
}

/// A container as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Full id.
    pub id: String,
    /// Without the leading slash.
    pub name: String,
    /// Service in its compose project; empty for containers of no project.
    pub service: String,
    /// How it does.
    pub state: ContainerState,
    /// The engine's words, such as `Exited (137) 5 seconds ago`.
    pub status: String,
    /// Id of its image.
    pub image_id: String,
    /// All its labels.
    pub labels: Labels,
    /// Networks it stands in, sorted.
    pub networks: Vec<String>,
}

/// A network or a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Id; a volume's is its name.
    pub id: String,
    /// Name.
    pub name: String,
    /// All its labels.
    pub labels: Labels,
}

/// An image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Id, `sha256:…`.
    pub id: String,
    /// References, sorted.
    pub tags: Vec<String>,
    /// Bytes, layers shared with others included.
    pub size: u64,
    /// All its labels.
    pub labels: Labels,
}

/// All that carries some labels, each list sorted by name: two inventories can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Containers in any state.
    pub containers: Vec<Container>,
    /// Networks.
    pub networks: Vec<Named>,
    /// Volumes.
    pub volumes: Vec<Named>,
    /// Images.
    pub images: Vec<Image>,
}

impl Inventory {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.networks.is_empty() && self.volumes.is_empty() && self.images.is_empty()
    }

    /// How a service of a project does; [`ContainerState::Missing`] when it has no container.
    pub fn state_of(&self, service: &str) -> ContainerState {
        let container = self.containers.iter().find(|container| container.service == service);
        container.map_or(ContainerState::Missing, |container| container.state)
    }
}

impl Engine {
    /// Containers in any state that carry the labels, sorted by name.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn list(&self, filter: &LabelFilter) -> Result<Vec<Container>> {
        let client = self.client().await?;
        let options = ListContainersOptions { all: true, filters: Some(filter.filters()), ..Default::default() };
        let found = client.list_containers(Some(options)).await.map_err(|error| self.fail(error, "list containers"))?;
        let mut containers: Vec<Container> = found.into_iter().map(container).collect();
        containers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(containers)
    }

    /// Networks that carry the labels, sorted by name.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn networks(&self, filter: &LabelFilter) -> Result<Vec<Named>> {
        let client = self.client().await?;
        let options = ListNetworksOptions { filters: Some(filter.filters()) };
        let found = client.list_networks(Some(options)).await.map_err(|error| self.fail(error, "list networks"))?;
        Ok(sorted(found.into_iter().map(|network| Named {
            id: network.id.unwrap_or_default(),
            name: network.name.unwrap_or_default(),
            labels: network.labels.unwrap_or_default().into_iter().collect(),
        })))
    }

    /// Volumes that carry the labels, sorted by name.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn volumes(&self, filter: &LabelFilter) -> Result<Vec<Named>> {
        let client = self.client().await?;
        let options = ListVolumesOptions { filters: Some(filter.filters()) };
        let found = client.list_volumes(Some(options)).await.map_err(|error| self.fail(error, "list volumes"))?;
        Ok(sorted(found.volumes.unwrap_or_default().into_iter().map(|volume| Named {
            id: volume.name.clone(),
            name: volume.name,
            labels: volume.labels.into_iter().collect(),
        })))
    }

    /// Images that carry the labels, sorted by reference.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn images(&self, filter: &LabelFilter) -> Result<Vec<Image>> {
        let client = self.client().await?;
        let options = ListImagesOptions { filters: Some(filter.filters()), ..Default::default() };
        let found = client.list_images(Some(options)).await.map_err(|error| self.fail(error, "list images"))?;
        let mut images: Vec<Image> = found
            .into_iter()
            .map(|image| {
                let mut tags = image.repo_tags;
                // The engine's way to say that an image has no name.
                tags.retain(|tag| tag != "<none>:<none>");
                tags.sort();
                let size = u64::try_from(image.size).unwrap_or_default();
                Image { id: image.id, tags, size, labels: image.labels.into_iter().collect() }
            })
            .collect();
        images.sort_by(|a, b| (&a.tags, &a.id).cmp(&(&b.tags, &b.id)));
        Ok(images)
    }

    /// Everything that carries the labels.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn inventory(&self, filter: &LabelFilter) -> Result<Inventory> {
        let (containers, networks, volumes, images) =
            tokio::try_join!(self.list(filter), self.networks(filter), self.volumes(filter), self.images(filter))?;
        Ok(Inventory { containers, networks, volumes, images })
    }
}

fn sorted(things: impl Iterator<Item = Named>) -> Vec<Named> {
    let mut things: Vec<Named> = things.collect();
    things.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    things
}

fn container(summary: ContainerSummary) -> Container {
    let labels: Labels = summary.labels.unwrap_or_default().into_iter().collect();
    let names = summary.names.unwrap_or_default();
    let status = summary.status.unwrap_or_default();
    let health = summary.health.and_then(|health| health.status);
    let networks = summary.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
    let mut networks: Vec<String> = networks.into_keys().collect();
    networks.sort();
    Container {
        id: summary.id.unwrap_or_default(),
        name: names.first().map(|name| name.trim_start_matches('/').to_owned()).unwrap_or_default(),
        service: labels.get(labels::SERVICE).cloned().unwrap_or_default(),
        state: state(summary.state, health, &status),
        status,
        image_id: summary.image_id.unwrap_or_default(),
        labels,
        networks,
    }
}

/// Engines before API 1.52 tell health in a list only inside the status text.
fn state(
    state: Option<ContainerSummaryStateEnum>,
    health: Option<ContainerSummaryHealthStatusEnum>,
    status: &str,
) -> ContainerState {
    use ContainerSummaryHealthStatusEnum as Told;
    if !matches!(state, Some(ContainerSummaryStateEnum::RUNNING | ContainerSummaryStateEnum::PAUSED)) {
        return ContainerState::Exited;
    }
    match health {
        Some(Told::STARTING) => ContainerState::Starting,
        Some(Told::HEALTHY) => ContainerState::Healthy,
        Some(Told::UNHEALTHY) => ContainerState::Unhealthy,
        _ if status.contains("(health: starting)") => ContainerState::Starting,
        _ if status.contains("(healthy)") => ContainerState::Healthy,
        _ if status.contains("(unhealthy)") => ContainerState::Unhealthy,
        _ => ContainerState::Running,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_is_read_from_the_status_of_old_engines() {
        let running = Some(ContainerSummaryStateEnum::RUNNING);
        let cases = [
            ("Up 2 seconds (health: starting)", ContainerState::Starting),
            ("Up 2 seconds (healthy)", ContainerState::Healthy),
            ("Up 2 seconds (unhealthy)", ContainerState::Unhealthy),
            ("Up 2 seconds", ContainerState::Running),
        ];
        for (status, expected) in cases {
            assert_eq!(state(running, None, status), expected, "{status}");
        }
        let restarting = Some(ContainerSummaryStateEnum::RESTARTING);
        assert_eq!(state(restarting, None, "Restarting (1) 1 second ago"), ContainerState::Exited);
    }

    #[test]
    fn a_service_without_a_container_is_missing() {
        assert_eq!(Inventory::default().state_of("web"), ContainerState::Missing);
        assert_eq!(ContainerState::Missing.to_string(), "missing");
    }
}
