//! Images: looking, building through the API with the classic builder, pulling, tagging.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};

use bollard::Docker;
use bollard::query_parameters::{BuildImageOptions, CreateImageOptions, ListImagesOptions, TagImageOptions};
use bytes::Bytes;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};

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
        let archive = packed(request).await?;
        self.build_packed(request, archive, progress).await
    }

    /// Builds an image unless the same one is there already: its tag is lengthened by a fingerprint of the context, the
    /// recipe, its arguments, and `bases`, the ids of the images that these name. Returns the whole reference.
    ///
    /// Even a build that finds all in the cache asks the engine to store an image for each of its labels, which takes
    /// seconds where the storage is slow.
    ///
    /// # Errors
    /// As [`Engine::build`].
    pub async fn build_once(
        &self,
        request: &BuildRequest,
        bases: &[String],
        progress: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<String> {
        let archive = packed(request).await?;
        let tag = format!("{}.{}", request.tag, fingerprint(request, bases, &archive));
        if self.image_id(&tag).await?.is_none() {
            let request = BuildRequest { tag: tag.clone(), ..request.clone() };
            self.build_packed(&request, archive, progress).await?;
        }
        Ok(tag)
    }

    async fn build_packed(
        &self,
        request: &BuildRequest,
        archive: Vec<u8>,
        progress: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<Built> {
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

    /// Gives an image a further reference, `repository:tag`, taking it off the image that had it.
    ///
    /// # Errors
    /// No such image, or the engine does not answer.
    pub async fn tag(&self, image: &str, reference: &str) -> Result<()> {
        let client = self.client().await?;
        let (repository, tag) = reference.rsplit_once(':').unwrap_or((reference, "latest"));
        let options = TagImageOptions { repo: Some(repository.to_owned()), tag: Some(tag.to_owned()) };
        client.tag_image(image, Some(options)).await.map_err(|error| self.fail(error, "tag image"))
    }

    /// The references of a repository whose tags begin with `prefix`, sorted.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn references(&self, repository: &str, prefix: &str) -> Result<Vec<String>> {
        let client = self.client().await?;
        let filters = HashMap::from([("reference".to_owned(), vec![repository.to_owned()])]);
        let options = ListImagesOptions { filters: Some(filters), ..Default::default() };
        let found = client.list_images(Some(options)).await.map_err(|error| self.fail(error, "list images"))?;
        let wanted = format!("{repository}:{prefix}");
        let mut references: Vec<String> = found.into_iter().flat_map(|image| image.repo_tags).collect();
        references.retain(|reference| reference.starts_with(&wanted));
        references.sort();
        Ok(references)
    }

    /// The shared connection with the longer wait of builds and pulls.
    async fn patient_client(&self) -> Result<Docker> {
        Ok(self.client().await?.with_timeout(self.settings.build_timeout))
    }
}

/// The context of a request, packed beside the runtime.
async fn packed(request: &BuildRequest) -> Result<Vec<u8>> {
    let context = request.context.clone();
    let unreadable = |detail: String| DockerError::Refused {
        detail: format!("the build context {}: {detail}", request.context.display()),
    };
    let packed = tokio::task::spawn_blocking(move || pack(&context)).await;
    packed.map_err(|error| unreadable(error.to_string()))?.map_err(|error| unreadable(error.to_string()))
}

/// What an image is made of, in 16 hexadecimal digits.
fn fingerprint(request: &BuildRequest, bases: &[String], archive: &[u8]) -> String {
    const DIGITS: usize = 16;
    let mut hash = Sha256::new();
    // Each part with its length before it, so that no two lists of parts read the same.
    let mut part = |bytes: &[u8]| {
        hash.update(bytes.len().to_le_bytes());
        hash.update(bytes);
    };
    part(request.dockerfile.as_bytes());
    part(request.target.as_deref().unwrap_or_default().as_bytes());
    for (name, value) in &request.args {
        part(name.as_bytes());
        part(value.as_bytes());
    }
    bases.iter().for_each(|base| part(base.as_bytes()));
    part(archive);
    let digest = hash.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().chars().take(DIGITS).collect()
}

/// The folder as a tar without times and owners and in one order, so that the same content hits the same cache and has
/// the same fingerprint.
fn pack(context: &Path) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    archive.mode(tar::HeaderMode::Deterministic);
    archive.follow_symlinks(false);
    pack_folder(&mut archive, context, Path::new("."))?;
    archive.into_inner()
}

fn pack_folder(archive: &mut tar::Builder<Vec<u8>>, folder: &Path, name: &Path) -> std::io::Result<()> {
    archive.append_path_with_name(folder, name)?;
    let mut entries = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = name.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            pack_folder(archive, &entry.path(), &name)?;
        } else {
            archive.append_path_with_name(entry.path(), name)?;
        }
    }
    Ok(())
}
