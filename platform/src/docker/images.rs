//! Images: looking, building through the API with the classic builder, pulling, tagging.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use bollard::Docker;
use bollard::query_parameters::{BuildImageOptions, CreateImageOptions, TagImageOptions};
use bytes::Bytes;
use futures_util::StreamExt;

use super::engine::{Engine, Result};
use super::error::DockerError;
use super::labels::Labels;

/// How many last lines of a failed build are kept.
const TAIL_LINES: usize = 30;

/// What to build.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// Folder sent to the engine whole; links in it are sent as links.
    pub context: PathBuf,
    /// Recipe, relative to the context.
    pub dockerfile: String,
    /// Build arguments; they stay readable in the image's history, so never secrets.
    pub args: Labels,
    /// Stage to stop at.
    pub target: Option<String>,
    /// Reference of the result.
    pub tag: String,
    /// Labels of the result, by which it is found again.
    pub labels: Labels,
}

/// A built image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Id, `sha256:…`; the same as before when all layers came from the cache.
    pub id: String,
}

impl Engine {
    /// Id of the image that a reference stands for; `None` when there is none here.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn image_id(&self, reference: &str) -> Result<Option<String>> {
        let client = self.client().await?;
        match client.inspect_image(reference).await.map_err(|error| self.fail(error, "inspect image")) {
            Ok(image) => Ok(image.id),
            Err(DockerError::ImageMissing { .. } | DockerError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Builds an image; unchanged layers come from the engine's cache. `progress` gets each line of output.
    ///
    /// # Errors
    /// The context cannot be read, a step fails, a base image is missing, or the engine does not answer.
    pub async fn build(&self, request: &BuildRequest, progress: &(dyn Fn(&str) + Send + Sync)) -> Result<Built> {
        let context = request.context.clone();
        let packed = tokio::task::spawn_blocking(move || pack(&context)).await;
        let unreadable = |detail: String| DockerError::Refused {
            detail: format!("the build context {}: {detail}", request.context.display()),
        };
        let archive =
            packed.map_err(|error| unreadable(error.to_string()))?.map_err(|error| unreadable(error.to_string()))?;
        let options = BuildImageOptions {
            dockerfile: request.dockerfile.clone(),
            t: Some(request.tag.clone()),
            buildargs: Some(request.args.clone().into_iter().collect()),
            labels: Some(request.labels.clone().into_iter().collect()),
            target: request.target.clone().unwrap_or_default(),
            rm: true,
            forcerm: true,
            ..Default::default()
        };
        let client = self.patient_client().await?;
        let mut output = client.build_image(options, None, Some(bollard::body_full(Bytes::from(archive))));
        let mut tail: VecDeque<String> = VecDeque::with_capacity(TAIL_LINES);
        while let Some(item) = output.next().await {
            let item = match item {
                Ok(item) => item,
                Err(bollard::errors::Error::DockerStreamError { error }) => {
                    return Err(self.build_failure(error, tail));
                }
                Err(error) => return Err(self.fail(error, "build")),
            };
            if let Some(message) = item.error_detail.and_then(|detail| detail.message) {
                return Err(self.build_failure(message, tail));
            }
            for line in item.stream.iter().flat_map(|text| text.lines()).filter(|line| !line.trim().is_empty()) {
                progress(line);
                if tail.len() == TAIL_LINES {
                    tail.pop_front();
                }
                tail.push_back(line.to_owned());
            }
        }
        match self.image_id(&request.tag).await? {
            Some(id) => Ok(Built { id }),
            None => Err(self.build_failure("the build ended without an image".to_owned(), tail)),
        }
    }

    /// A missing base image is told as such; all else is the recipe's fault.
    fn build_failure(&self, message: String, tail: VecDeque<String>) -> DockerError {
        let error = bollard::errors::Error::DockerStreamError { error: message.clone() };
        match self.fail(error, "build") {
            missing @ DockerError::ImageMissing { .. } => missing,
            _ => DockerError::BuildFailed { message, tail: tail.into() },
        }
    }

    /// Fetches an image from its registry. `progress` gets a line a layer and state.
    ///
    /// # Errors
    /// There is no such image to be had, or the engine (or the registry behind it) does not answer.
    pub async fn pull(&self, reference: &str, progress: &(dyn Fn(&str) + Send + Sync)) -> Result<()> {
        let client = self.patient_client().await?;
        // Without a tag the engine would fetch all tags.
        let (_, last) = reference.rsplit_once('/').unwrap_or(("", reference));
        let tag = if last.contains([':', '@']) { None } else { Some("latest".to_owned()) };
        let options = CreateImageOptions { from_image: Some(reference.to_owned()), tag, ..Default::default() };
        let mut output = client.create_image(Some(options), None, None);
        while let Some(item) = output.next().await {
            let item = item.map_err(|error| self.fail(error, "pull"))?;
            if let Some(message) = item.error_detail.and_then(|detail| detail.message) {
                return Err(self.fail(bollard::errors::Error::DockerStreamError { error: message }, "pull"));
            }
            if let Some(status) = item.status {
                progress(&status);
            }
        }
        Ok(())
    }

    /// Gives an image a further reference, `repository` and `tag` apart.
    ///
    /// # Errors
    /// No such image, or the engine does not answer.
    pub async fn tag(&self, reference: &str, repository: &str, tag: &str) -> Result<()> {
        let client = self.client().await?;
        let options = TagImageOptions { repo: Some(repository.to_owned()), tag: Some(tag.to_owned()) };
        client.tag_image(reference, Some(options)).await.map_err(|error| self.fail(error, "tag image"))
    }

    /// The shared connection with the longer wait of builds and pulls.
    async fn patient_client(&self) -> Result<Docker> {
        Ok(self.client().await?.with_timeout(self.settings.build_timeout))
    }
}

/// The folder as a tar without times and owners, so that the same content hits the same cache.
fn pack(context: &Path) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    archive.mode(tar::HeaderMode::Deterministic);
    archive.follow_symlinks(false);
    archive.append_dir_all(".", context)?;
    archive.into_inner()
}
