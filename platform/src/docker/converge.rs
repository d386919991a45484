//! Brings networks, volumes and containers of a project to its spec. Each step looks first and can be repeated.
//!
//! Nothing is started here (see `start`), so a saga can tell "made" from "serving" and undo each alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bollard::models::{NetworkConnectRequest, NetworkCreateRequest, VolumeCreateRequest};
use bollard::query_parameters::{CreateContainerOptions, InspectContainerOptions};
use futures_util::future::try_join_all;

use super::create;
use super::engine::{Engine, Result};
use super::error::DockerError;
use super::inventory::{Container, LabelFilter, Named};
use super::labels::{self, Labels};
use super::spec::{ProjectSpec, ServiceSpec};

/// A project to be brought onto an engine: its name, folder, spec, and the caller's labels for all that is made.
#[derive(Clone, Debug)]
pub struct Stack {
    project: String,
    dir: PathBuf,
    spec: ProjectSpec,
    labels: Labels,
}

/// Why a stack cannot be named so. Permanent: the caller's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StackError {
    /// Compose could not address it.
    #[error("{0}: a project name is 2 to 63 of a-z 0-9 _ - and begins with a letter or digit")]
    Project(String),
    /// Mounts need the whole path.
    #[error("{}: the project's folder must be an absolute path", .0.display())]
    Folder(PathBuf),
}

impl Stack {
    /// Names a stack. `labels` go onto every container, network and volume; compose's own cannot be overruled.
    ///
    /// # Errors
    /// The name is none for compose, or the folder is not absolute.
    pub fn new(project: &str, dir: &Path, spec: ProjectSpec, labels: Labels) -> std::result::Result<Self, StackError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let begins_well = project.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !begins_well || !(2..=63).contains(&project.len()) || !project.bytes().all(allowed) {
            return Err(StackError::Project(project.to_owned()));
        }
        if !dir.is_absolute() {
            return Err(StackError::Folder(dir.to_owned()));
        }
        Ok(Self { project: project.to_owned(), dir: dir.to_owned(), spec, labels })
    }

    /// Compose project name.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// What it is brought to.
    pub fn spec(&self) -> &ProjectSpec {
        &self.spec
    }

    /// Everything that belongs to it.
    pub fn filter(&self) -> LabelFilter {
        LabelFilter::project(&self.project)
    }
}

/// What a step found and did; names are keys of the compose file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ensured {
    /// Did not exist.
    pub created: Vec<String>,
    /// Stood as it should.
    pub kept: Vec<String>,
    /// Stood with another spec or image, and was made anew.
    pub replaced: Vec<String>,
    /// Stood for a service that the spec no longer has, and was removed.
    pub removed: Vec<String>,
}

impl Ensured {
    /// Whether everything stood already.
    pub fn is_noop(&self) -> bool {
        self.created.is_empty() && self.replaced.is_empty() && self.removed.is_empty()
    }
}

enum Found {
    Created,
    Kept,
    Replaced,
}

impl Engine {
    /// Makes the networks that are missing.
    ///
    /// # Errors
    /// A network of that name belongs to somebody else, the engine has no free address range, or it does not answer.
    pub async fn ensure_networks(&self, stack: &Stack) -> Result<Ensured> {
        let standing = self.networks(&LabelFilter::default()).await?;
        let mut ensured = Ensured::default();
        for (key, network) in &stack.spec.networks {
            let name = labels::resource_name(&stack.project, key);
            let labels = labels::of_resource(&stack.project, labels::NETWORK, key, &stack.labels);
            if let Some(found) = standing.iter().find(|found| found.name == name) {
                check_owner("network", found, &stack.project)?;
                ensured.kept.push(key.clone());
                continue;
            }
            let request = NetworkCreateRequest {
                name: name.clone(),
                driver: network.driver.clone(),
                internal: Some(network.internal),
                labels: Some(labels.into_iter().collect()),
                ..Default::default()
            };
            let client = self.client().await?;
            client.create_network(request).await.map_err(|error| self.fail(error, "create network"))?;
            self.drop_twin_networks(stack, &name).await?;
            ensured.created.push(key.clone());
        }
        Ok(ensured)
    }

    /// The engine lets two networks have one name; of twins made at the same moment all agree to keep the lowest id.
    async fn drop_twin_networks(&self, stack: &Stack, name: &str) -> Result<()> {
        let mut twins = self.networks(&stack.filter()).await?;
        twins.retain(|network| network.name == name);
        for twin in twins.iter().skip(1) {
            self.remove_network(&twin.id).await?;
        }
        Ok(())
    }

    /// Makes the volumes that are missing; what stands keeps its data.
    ///
    /// # Errors
    /// A volume of that name belongs to somebody else, or the engine does not answer.
    pub async fn ensure_volumes(&self, stack: &Stack) -> Result<Ensured> {
        let standing = self.volumes(&LabelFilter::default()).await?;
        let mut ensured = Ensured::default();
        for (key, volume) in &stack.spec.volumes {
            let name = labels::resource_name(&stack.project, key);
            if let Some(found) = standing.iter().find(|found| found.name == name) {
                check_owner("volume", found, &stack.project)?;
                ensured.kept.push(key.clone());
                continue;
            }
            let labels = labels::of_resource(&stack.project, labels::VOLUME, key, &stack.labels);
            let request = VolumeCreateRequest {
                name: Some(name),
                driver: volume.driver.clone(),
                labels: Some(labels.into_iter().collect()),
                ..Default::default()
            };
            let client = self.client().await?;
            client.create_volume(request).await.map_err(|error| self.fail(error, "create volume"))?;
            ensured.created.push(key.clone());
        }
        Ok(ensured)
    }

    /// Makes one container a service, without starting any. A container with the same spec and image is kept, another
    /// one is stopped and replaced, one of a service that is gone is removed. Networks and volumes must stand.
    ///
    /// # Errors
    /// An image is missing, a container of that name belongs to somebody else (or to a run that was faster), the engine
    /// refuses the spec, or it does not answer.
    pub async fn ensure_containers(&self, stack: &Stack) -> Result<Ensured> {
        let images = self.image_ids(stack).await?;
        let mut standing: BTreeMap<String, Container> = BTreeMap::new();
        let mut orphans = Vec::new();
        for container in self.list(&stack.filter()).await? {
            let ours = container.labels.contains_key(labels::SPEC_HASH);
            if stack.spec.services.contains_key(&container.service) {
                standing.insert(container.service.clone(), container);
            } else if ours {
                orphans.push(container);
            }
        }
        let mut ensured = Ensured::default();
        for orphan in orphans {
            self.stop_and_remove(&orphan.id).await?;
            ensured.removed.push(orphan.service);
        }
        let acts = stack.spec.services.iter().map(|(service, spec)| {
            let image_id = images.get(spec.image.as_str()).map(String::as_str).unwrap_or_default();
            let found = standing.get(service);
            async move { Ok((service.clone(), self.ensure_container(stack, (service, spec), image_id, found).await?)) }
        });
        for (service, found) in try_join_all(acts).await? {
            match found {
                Found::Created => ensured.created.push(service),
                Found::Kept => ensured.kept.push(service),
                Found::Replaced => ensured.replaced.push(service),
            }
        }
        Ok(ensured)
    }

    /// The three steps above in order.
    ///
    /// # Errors
    /// As each of them.
    pub async fn ensure(&self, stack: &Stack) -> Result<Ensured> {
        let mut all = Ensured::default();
        let steps = [
            self.ensure_networks(stack).await?,
            self.ensure_volumes(stack).await?,
            self.ensure_containers(stack).await?,
        ];
        for step in steps {
            all.created.extend(step.created);
            all.kept.extend(step.kept);
            all.replaced.extend(step.replaced);
            all.removed.extend(step.removed);
        }
        Ok(all)
    }

    async fn image_ids<'a>(&self, stack: &'a Stack) -> Result<BTreeMap<&'a str, String>> {
        let names: BTreeSet<&str> = stack.spec.services.values().map(|spec| spec.image.as_str()).collect();
        let looked = names.into_iter().map(|image| async move {
            match self.image_id(image).await? {
                Some(id) => Ok((image, id)),
                None => Err(DockerError::ImageMissing { image: image.to_owned() }),
            }
        });
        Ok(try_join_all(looked).await?.into_iter().collect())
    }

    async fn ensure_container(
        &self,
        stack: &Stack,
        (service, spec): (&str, &ServiceSpec),
        image_id: &str,
        found: Option<&Container>,
    ) -> Result<Found> {
        if let Some(found) = found {
            let same_spec = found.labels.get(labels::SPEC_HASH) == Some(&spec.hash());
            if same_spec && found.image_id == image_id {
                self.join_networks(stack, (service, spec), &found.id, &found.networks).await?;
                return Ok(Found::Kept);
            }
            self.stop_and_remove(&found.id).await?;
        }
        let labels = labels::of_container(&stack.project, &stack.dir, (service, spec), image_id, &stack.labels);
        let first = spec.networks.keys().next().map(String::as_str);
        let body = create::body(&stack.project, &stack.dir, (service, spec), labels, first);
        let options = CreateContainerOptions {
            name: Some(labels::container_name(&stack.project, service)),
            ..Default::default()
        };
        let client = self.client().await?;
        let made = client.create_container(Some(options), body).await;
        let id = made.map_err(|error| self.fail(error, "create container"))?.id;
        let joined: Vec<String> = first.map(|key| labels::resource_name(&stack.project, key)).into_iter().collect();
        self.join_networks(stack, (service, spec), &id, &joined).await?;
        Ok(if found.is_some() { Found::Replaced } else { Found::Created })
    }

    /// Connects what API 1.41 could not at creation, or what a crash left out.
    async fn join_networks(
        &self,
        stack: &Stack,
        (service, spec): (&str, &ServiceSpec),
        id: &str,
        joined: &[String],
    ) -> Result<()> {
        let client = self.client().await?;
        for key in spec.networks.keys() {
            let name = labels::resource_name(&stack.project, key);
            if joined.contains(&name) {
                continue;
            }
            let request = NetworkConnectRequest {
                container: id.to_owned(),
                endpoint_config: Some(create::endpoint(service, spec, key)),
            };
            client.connect_network(&name, request).await.map_err(|error| self.fail(error, "connect network"))?;
        }
        Ok(())
    }

    async fn stop_and_remove(&self, id: &str) -> Result<()> {
        let client = self.client().await?;
        let none = None::<InspectContainerOptions>;
        match client.inspect_container(id, none).await.map_err(|error| self.fail(error, "inspect container")) {
            Ok(_) => {
                self.stop(id).await?;
                self.remove_container(id).await
            }
            Err(DockerError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn check_owner(kind: &str, found: &Named, project: &str) -> Result<()> {
    if found.labels.get(labels::PROJECT).map(String::as_str) == Some(project) {
        return Ok(());
    }
    let what = format!("a {kind} named {} exists and does not belong to the project {project}", found.name);
    Err(DockerError::Conflict { what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_compose_could_not_address_are_refused() {
        let spec = ProjectSpec::parse("services: {a: {image: x}}", &Labels::new()).expect("a valid file");
        let named = |name: &str, dir: &str| Stack::new(name, Path::new(dir), spec.clone(), Labels::new());
        assert!(named("new_salon", "/srv/x").is_ok());
        for name in ["", "a", "A", "-a", "a;id", "a b", "ä1", &"a".repeat(64)] {
            assert!(matches!(named(name, "/srv/x"), Err(StackError::Project(_))), "{name}");
        }
        assert!(matches!(named("shop", "srv/x"), Err(StackError::Folder(_))));
    }
}
