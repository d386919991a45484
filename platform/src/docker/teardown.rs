//! The undos: removes what carries some labels, by id. "Not found" is done, so each may be repeated.

use bollard::query_parameters::{RemoveContainerOptions, RemoveImageOptions, RemoveVolumeOptions};
use futures_util::future::try_join_all;

use super::engine::{Engine, Result};
use super::error::DockerError;
use super::inventory::LabelFilter;

impl Engine {
    /// Removes containers in any state, with their anonymous volumes, and returns their names. They are killed, not
    /// asked: call [`Engine::stop_all`] before, when their data is to be kept.
    ///
    /// # Errors
    /// The engine does not answer, or refuses.
    pub async fn remove_containers(&self, filter: &LabelFilter) -> Result<Vec<String>> {
        let found = self.list(filter).await?;
        try_join_all(found.iter().map(|container| self.remove_container(&container.id))).await?;
        Ok(found.into_iter().map(|container| container.name).collect())
    }

    /// Asks containers to end and waits for it, and returns their names.
    ///
    /// # Errors
    /// The engine does not answer, or refuses.
    pub async fn stop_all(&self, filter: &LabelFilter) -> Result<Vec<String>> {
        let found = self.list(filter).await?;
        try_join_all(found.iter().map(|container| self.stop(&container.id))).await?;
        Ok(found.into_iter().map(|container| container.name).collect())
    }

    /// Removes networks and returns their names. Their containers must be gone.
    ///
    /// # Errors
    /// A network is still in use, or the engine does not answer.
    pub async fn remove_networks(&self, filter: &LabelFilter) -> Result<Vec<String>> {
        let found = self.networks(filter).await?;
        for network in &found {
            self.remove_network(&network.id).await?;
        }
        Ok(found.into_iter().map(|network| network.name).collect())
    }

    /// Removes volumes with their data and returns their names. Their containers must be gone.
    ///
    /// # Errors
    /// A volume is still in use, or the engine does not answer.
    pub async fn remove_volumes(&self, filter: &LabelFilter) -> Result<Vec<String>> {
        let client = self.client().await?;
        let found = self.volumes(filter).await?;
        for volume in &found {
            let removed = client.remove_volume(&volume.name, None::<RemoveVolumeOptions>).await;
            done(removed.map_err(|error| self.fail(error, "remove volume")))?;
        }
        Ok(found.into_iter().map(|volume| volume.name).collect())
    }

    /// Takes a reference off an image; the image goes with its last one. True when there was something to take.
    ///
    /// # Errors
    /// A container still uses the image, or the engine does not answer.
    pub async fn remove_image(&self, reference: &str) -> Result<bool> {
        let client = self.client().await?;
        let removed = client.remove_image(reference, None::<RemoveImageOptions>, None).await;
        match removed.map_err(|error| self.fail(error, "remove image")) {
            Ok(_) => Ok(true),
            Err(DockerError::ImageMissing { .. } | DockerError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn remove_container(&self, id: &str) -> Result<()> {
        let client = self.client().await?;
        let options = RemoveContainerOptions { force: true, v: true, ..Default::default() };
        match client.remove_container(id, Some(options)).await.map_err(|error| self.fail(error, "remove container")) {
            // Another call is at it already; it ends the same way.
            Err(DockerError::Conflict { what }) if what.contains("already in progress") => Ok(()),
            other => done(other),
        }
    }

    pub(super) async fn remove_network(&self, id: &str) -> Result<()> {
        let client = self.client().await?;
        done(client.remove_network(id).await.map_err(|error| self.fail(error, "remove network")))
    }
}

fn done(result: Result<()>) -> Result<()> {
    match result {
        Err(DockerError::NotFound { .. }) => Ok(()),
        other => other,
    }
}
