//! The Docker engine from outside: containers killed and looked at, what belongs to a world counted and removed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context as _, Result};
use bollard::Docker;
use bollard::query_parameters::{
    InspectContainerOptions, KillContainerOptions, ListContainersOptions, ListImagesOptions, ListNetworksOptions,
    ListVolumesOptions, RemoveContainerOptions, RemoveImageOptions, RemoveVolumeOptions,
};

/// Stands on every object of one installation of the hub.
const INSTANCE: &str = "waas.instance";

/// The engine as one world sees it.
#[derive(Clone, Debug)]
pub struct Engine {
    docker: Docker,
    instance: String,
}

/// A container in a word each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Whether its main process runs.
    pub running: bool,
    /// `healthy`, `unhealthy`, `starting`, or empty without a health check.
    pub health: String,
    /// Of this very container; a new one of the same name has another.
    pub id: String,
    /// Its environment, as `docker inspect` shows it to anybody.
    pub environment: Vec<String>,
}

/// Everything of one world that stays behind when nobody removes it: kind → names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Containers, networks, volumes, images, and what the world adds: files, Redis users.
    pub kinds: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Inventory {
    /// What is here and not in `other`, as `kind name`.
    pub fn beyond(&self, other: &Self) -> Vec<String> {
        let none = BTreeSet::new();
        let differences = self.kinds.iter().flat_map(|(kind, names)| {
            let theirs = other.kinds.get(kind).unwrap_or(&none);
            names.difference(theirs).map(move |name| format!("{kind} {name}"))
        });
        differences.collect()
    }
}

impl Engine {
    pub(crate) async fn connect(instance: &str) -> Result<Self> {
        let docker = Docker::connect_with_defaults()?
            .negotiate_version()
            .await
            .context("the Docker engine does not answer: `make setup` starts it")?;
        Ok(Self { docker, instance: instance.to_owned() })
    }

    /// Sends a container a signal, behind the hub's back.
    ///
    /// # Errors
    /// There is no such container, or it does not run.
    pub async fn signal(&self, container: &str, signal: &str) -> Result<()> {
        let options = KillContainerOptions { signal: signal.to_owned() };
        self.docker
            .kill_container(container, Some(options))
            .await
            .with_context(|| format!("cannot send {signal} to {container}"))
    }

    /// Kills a container, behind the hub's back.
    ///
    /// # Errors
    /// There is no such container, or it does not run.
    pub async fn kill(&self, container: &str) -> Result<()> {
        self.signal(container, "SIGKILL").await
    }

    /// How a container is; none when there is no such one.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn container(&self, name: &str) -> Result<Option<Container>> {
        let found = self.docker.inspect_container(name, None::<InspectContainerOptions>).await;
        let found = match found {
            Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => {
                return Ok(None);
            }
            found => found?,
        };
        let state = found.state.unwrap_or_default();
        Ok(Some(Container {
            running: state.running.unwrap_or(false),
            health: state.health.and_then(|h| h.status).map(|s| s.to_string()).unwrap_or_default(),
            id: found.id.unwrap_or_default(),
            environment: found.config.and_then(|c| c.env).unwrap_or_default(),
        }))
    }

    /// The objects of this world on the engine.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn inventory(&self) -> Result<Inventory> {
        let mine = || Some(HashMap::from([("label".to_owned(), vec![format!("{INSTANCE}={}", self.instance)])]));
        let containers = self
            .docker
            .list_containers(Some(ListContainersOptions {
                all: true,
                filters: mine(),
                ..ListContainersOptions::default()
            }))
            .await?;
        let networks = self.docker.list_networks(Some(ListNetworksOptions { filters: mine() })).await?;
        let volumes = self.docker.list_volumes(Some(ListVolumesOptions { filters: mine() })).await?;
        // A tenant has no image of its own, only a name for one.
        let named = HashMap::from([("reference".to_owned(), vec![format!("waas-{}", self.instance)])]);
        let images = self
            .docker
            .list_images(Some(ListImagesOptions { filters: Some(named), ..ListImagesOptions::default() }))
            .await?;
        let kinds = BTreeMap::from([
            (
                "container",
                containers
                    .into_iter()
                    .map(|c| {
                        let name = c.names.and_then(|n| n.into_iter().next());
                        name.unwrap_or_default().trim_start_matches('/').to_owned()
                    })
                    .collect(),
            ),
            ("network", networks.into_iter().filter_map(|n| n.name).collect()),
            ("volume", volumes.volumes.unwrap_or_default().into_iter().map(|v| v.name).collect()),
            ("image", images.into_iter().flat_map(|i| i.repo_tags).collect()),
        ]);
        Ok(Inventory { kinds })
    }

    /// Removes every object of this world; what is gone already is fine.
    ///
    /// # Errors
    /// The engine does not answer, or refuses.
    pub(crate) async fn sweep(&self) -> Result<()> {
        let found = self.inventory().await?;
        let names = |kind: &str| found.kinds.get(kind).cloned().unwrap_or_default();
        for name in names("container") {
            let options = RemoveContainerOptions { force: true, v: true, ..RemoveContainerOptions::default() };
            gone(self.docker.remove_container(&name, Some(options)).await)?;
        }
        for name in names("network") {
            gone(self.docker.remove_network(&name).await)?;
        }
        for name in names("volume") {
            gone(self.docker.remove_volume(&name, None::<RemoveVolumeOptions>).await)?;
        }
        for name in names("image") {
            let removed = self.docker.remove_image(&name, None::<RemoveImageOptions>, None).await;
            gone(removed.map(drop))?;
        }
        Ok(())
    }
}

/// Gone already, or going: as wished.
fn gone(outcome: Result<(), bollard::errors::Error>) -> Result<()> {
    match outcome {
        Err(bollard::errors::Error::DockerResponseServerError { status_code: 404 | 409, .. }) => Ok(()),
        outcome => Ok(outcome?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_names_what_another_lacks() {
        let of = |names: &[&str]| Inventory {
            kinds: BTreeMap::from([("volume", names.iter().map(|&n| n.to_owned()).collect::<BTreeSet<_>>())]),
        };
        assert_eq!(of(&["a", "b"]).beyond(&of(&["a"])), ["volume b"]);
        assert_eq!(of(&["a"]).beyond(&Inventory::default()), ["volume a"]);
        assert!(of(&["a"]).beyond(&of(&["a", "b"])).is_empty());
    }
}
