//! A tenant's folder: rendered from the template, written so that a person can run it with compose.
//!
//! Files that hold secrets are rendered only when they are written, never for a plan.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use waas_platform::render::{Context, Kind, RenderError, Renderer, Share, ShareError};
use waas_platform::secrets::Secret;

use super::inputs::Inputs;
use super::template::{BaseImage, InputKind, Limits, Template};
use crate::tenants::Slug;

/// The base images that the settings name.
#[derive(Clone, Debug, Serialize)]
pub struct Images {
    /// `images.python`
    pub python: String,
    /// `images.postgres`
    pub postgres: String,
    /// `images.redis`
    pub redis: String,
}

impl Images {
    /// The image of a name in a template.
    pub fn base(&self, image: BaseImage) -> &str {
        match image {
            BaseImage::Python => &self.python,
            BaseImage::Postgres => &self.postgres,
            BaseImage::Redis => &self.redis,
        }
    }
}

/// How a tenant's containers reach the hub.
#[derive(Clone, Debug)]
pub struct HubAddresses {
    /// Base of the tenants' HTTP listener, without a trailing slash.
    pub http: String,
    /// `host:port` of the hub's Redis.
    pub redis: String,
}

/// Everything that a tenant's files are made of, but for its secrets.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its template.
    pub template: Template,
    /// Its name.
    pub slug: Slug,
    /// Its host name.
    pub domain: String,
    /// Where people find it.
    pub public_url: String,
    /// Its port on loopback.
    pub port: u16,
    /// Its language.
    pub locale: String,
    /// Its time zone.
    pub timezone: String,
    /// Its size, a key of the template's sizes.
    pub size: String,
    /// What the client wants.
    pub inputs: Inputs,
    /// Base images.
    pub images: Images,
    /// The reference of the image that is built for it.
    pub app_image: String,
    /// The way to the hub.
    pub hub: HubAddresses,
    /// How often the engine probes each container.
    pub health_interval: Duration,
}

/// Secrets by name, resolved.
pub type Secrets = BTreeMap<String, Secret>;

/// One file of the folder.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// Relative to the folder.
    pub path: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// Whether only its owner may read it.
    pub private: bool,
}

/// Why a folder cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A template file cannot be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A template file cannot be read.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// The disk refuses.
    #[error("{}: {error}", .path.display())]
    Disk {
        /// Which file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
}

impl Site {
    /// The limits of each service.
    pub fn limits(&self) -> BTreeMap<String, Limits> {
        self.template.sizes.get(&self.size).cloned().unwrap_or_default()
    }

    /// The files that hold no secrets, rendered, and the copied folders.
    ///
    /// # Errors
    /// A template cannot be rendered with these inputs.
    pub fn public_files(&self, renderer: &Renderer, share: &Share) -> Result<Vec<Rendered>, FolderError> {
        let mut files = self.render(renderer, share, false, &self.context())?;
        for folder in &self.template.folders.copied {
            let root = self.template.path("");
            for path in share.list(&self.template.path(folder))? {
                let content = share.read(&path)?.into_owned();
                let relative = path.strip_prefix(&root).unwrap_or(&path).to_owned();
                files.push(Rendered { path: relative, content, private: false });
            }
        }
        Ok(files)
    }

    /// The rendered files that hold secrets.
    ///
    /// # Errors
    /// A template cannot be rendered, or a secret does not fit its kind of file.
    pub fn private_files(
        &self,
        renderer: &Renderer,
        share: &Share,
        secrets: &Secrets,
    ) -> Result<Vec<Rendered>, FolderError> {
        let exposed: BTreeMap<&str, &str> =
            secrets.iter().map(|(name, secret)| (name.as_str(), secret.expose())).collect();
        self.render(renderer, share, true, &self.context().with("secrets", &exposed))
    }

    /// The paths of the files that hold secrets, for a plan.
    pub fn private_paths(&self) -> Vec<String> {
        let rendered = self.template.files.iter().filter(|file| file.private).map(|file| file.to.clone());
        rendered.chain(self.secret_owners().into_keys()).collect()
    }

    /// Each secret file with the uid that owns it.
    fn secret_owners(&self) -> BTreeMap<String, u32> {
        let mut owners = BTreeMap::new();
        for def in self.template.secrets.values() {
            for service in &def.services {
                let uid = self.template.services.get(service).map_or(0, |service| service.uid);
                let ending = def.file.as_deref().unwrap_or("env");
                owners.insert(format!("secrets/{service}.{ending}"), uid);
            }
        }
        owners
    }

    /// Writes the whole folder. Repeating it brings the same files.
    ///
    /// # Errors
    /// A file cannot be rendered or written; what was written stays and is written again the next time.
    pub fn write(&self, dir: &Path, renderer: &Renderer, share: &Share, secrets: &Secrets) -> Result<(), FolderError> {
        for file in self.public_files(renderer, share)? {
            // A folder that is bound into a container must exist even when nothing is copied into it.
            put(&dir.join(&file.path), &file.content, 0o644, None)?;
        }
        for file in self.private_files(renderer, share, secrets)? {
            put(&dir.join(&file.path), &file.content, 0o600, None)?;
        }
        for (path, uid) in self.secret_owners() {
            let content = self.secret_file(&path, renderer, secrets)?;
            put(&dir.join(&path), &content, 0o400, Some(uid))?;
        }
        Ok(())
    }

    /// The content of one secret file: a value of its own, or a line for each secret of the service, quoted as the
    /// containers' reader expects.
    fn secret_file(&self, path: &str, renderer: &Renderer, secrets: &Secrets) -> Result<Vec<u8>, FolderError> {
        let mut source = String::new();
        let mut context = Context::new();
        for (name, def) in &self.template.secrets {
            let Some(secret) = secrets.get(name) else {
                continue;
            };
            for service in &def.services {
                match &def.file {
                    Some(ending) if path == format!("secrets/{service}.{ending}") => {
                        return Ok(secret.expose().as_bytes().to_vec());
                    }
                    None if path == format!("secrets/{service}.env") => {
                        source.push_str(&format!("{name}={{{{ {name} }}}}\n"));
                        context = context.with(name, secret.expose());
                    }
                    _ => {}
                }
            }
        }
        Ok(renderer.source(Kind::Env, path, &source, &context)?.into_bytes())
    }

    fn render(
        &self,
        renderer: &Renderer,
        share: &Share,
        private: bool,
        context: &Context,
    ) -> Result<Vec<Rendered>, FolderError> {
        self.template
            .files
            .iter()
            .filter(|file| file.private == private)
            .map(|file| {
                let source = share.text(&self.template.path(&file.template))?;
                let text = renderer.source(file.render_kind(), &file.template, &source, context)?;
                Ok(Rendered { path: file.to.clone(), content: text.into_bytes(), private })
            })
            .collect()
    }

    fn context(&self) -> Context {
        #[derive(Serialize)]
        struct Tenant<'a> {
            slug: &'a str,
            label: String,
            domain: &'a str,
            port: u16,
            locale: &'a str,
            timezone: &'a str,
            public_url: &'a str,
        }
        #[derive(Serialize)]
        struct Hub<'a> {
            telemetry_url: String,
            telemetry_mode: &'a str,
            redis_host: &'a str,
            health_interval: String,
        }
        let tenant = Tenant {
            slug: self.slug.as_str(),
            label: self.slug.label(),
            domain: &self.domain,
            port: self.port,
            locale: &self.locale,
            timezone: &self.timezone,
            public_url: &self.public_url,
        };
        let telemetry_url = format!("{}/v1/tenants/{}/telemetry", self.hub.http, self.slug);
        let hub = Hub {
            telemetry_url,
            telemetry_mode: "pubsub",
            redis_host: &self.hub.redis,
            health_interval: format!("{}s", self.health_interval.as_secs().max(1)),
        };
        Context::new()
            .with("tenant", &tenant)
            .with("inputs", &self.open_inputs())
            .with("images", &self.images)
            .with("app_image", &self.app_image)
            .with("sizes", &self.limits())
            .with("hub", &hub)
    }

    /// The inputs that may stand in an ordinary file.
    fn open_inputs(&self) -> BTreeMap<&str, &Value> {
        let is_secret =
            |name: &str| self.template.inputs.get(name).is_some_and(|input| input.kind == InputKind::Secret);
        self.inputs.iter().filter(|(name, _)| !is_secret(name)).map(|(name, value)| (name.as_str(), value)).collect()
    }
}

/// Writes a file beside its place and moves it there, so that nobody ever reads half of it.
pub(super) fn put(path: &Path, content: &[u8], mode: u32, owner: Option<u32>) -> Result<(), FolderError> {
    let disk = |error| FolderError::Disk { path: path.to_owned(), error };
    let parent = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(disk)?;
    let beside = parent.join(format!(".{}.new", path.file_name().unwrap_or_default().to_string_lossy()));
    // A leftover of a crash may be of another mode.
    match fs::remove_file(&beside) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(disk(error)),
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside).map_err(disk)?;
    file.write_all(content).map_err(disk)?;
    // The process's umask must not decide.
    file.set_permissions(fs::Permissions::from_mode(mode)).map_err(disk)?;
    if let Some(uid) = owner {
        chown(&beside, Some(uid), Some(uid)).map_err(disk)?;
    }
    fs::rename(&beside, path).map_err(disk)
}

/// The hash that a plan and a manifest show for a file.
pub fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}
