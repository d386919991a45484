//! A project template's `template.toml`: what a tenant of this kind is made of. No IO but reading the share folder.
//!
//! The schema is described for authors in `templates/projects/README.md`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use waas_platform::render::{Kind, Share, ShareError};

/// Where project templates stand in the share folder.
const FOLDER: &str = "templates/projects";

/// Everything that `template.toml` says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// What `--type` calls it; the name of its folder.
    pub name: String,
    /// Its version; a tenant remembers which one it was made with.
    pub version: String,
    /// For lists and plans.
    pub title: String,
    /// One sentence for who chooses.
    pub description: String,
    /// The containers.
    pub services: BTreeMap<String, Service>,
    /// What is built, if anything.
    pub build: Option<Build>,
    /// When it can serve.
    pub readiness: Readiness,
    /// What is rendered into the tenant's folder.
    pub files: Vec<File>,
    /// What is copied into it.
    #[serde(default)]
    pub folders: Folders,
    /// What it wants to know.
    pub inputs: BTreeMap<String, Input>,
    /// What it keeps secret.
    pub secrets: BTreeMap<String, SecretDef>,
    /// What the owner is given once.
    pub credentials: Credentials,
    /// Limits by size and service.
    pub sizes: BTreeMap<String, BTreeMap<String, Limits>>,
    /// Commands in a service.
    #[serde(default)]
    pub hooks: BTreeMap<String, Hook>,
}

/// One container.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// `app` for the built image, else the name of a base image setting.
    pub image: String,
    /// The fixed user it runs as; owns its secret files.
    pub uid: u32,
    /// For people.
    pub title: String,
}

/// What is built from a folder of the template.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// The folder, relative to the template.
    pub context: String,
    /// Build arguments, each the name of a base image setting.
    #[serde(default)]
    pub args: BTreeMap<String, BaseImage>,
}

/// A base image that the settings name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BaseImage {
    /// `images.python`
    Python,
    /// `images.postgres`
    Postgres,
    /// `images.redis`
    Redis,
}

/// The service that people see and how it says that it can serve.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Readiness {
    /// The service.
    pub service: String,
    /// Its port within the container.
    pub port: u16,
    /// Answers 200 once it can serve.
    pub path: String,
}

/// A file rendered into the tenant's folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Relative to the template.
    pub template: String,
    /// Relative to the tenant's folder.
    pub to: String,
    /// Which escape its values get.
    pub kind: FileKind,
    /// Readable by its owner only, because it holds secrets.
    #[serde(default)]
    pub private: bool,
}

/// The kinds of file that a template may render.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// Values become quoted scalars.
    Yaml,
    /// Values become JSON.
    Json,
    /// Values become one line each.
    Env,
    /// Plain text.
    Plain,
}

impl File {
    /// The renderer's kind. In a compose file a dollar sign means something, which a value must not.
    pub fn render_kind(&self) -> Kind {
        match self.kind {
            FileKind::Yaml if self.to == "compose.yaml" => Kind::Compose,
            FileKind::Yaml => Kind::Yaml,
            FileKind::Json => Kind::Json,
            FileKind::Env => Kind::Env,
            FileKind::Plain => Kind::Plain,
        }
    }
}

/// Folders taken over as they are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folders {
    /// Relative to the template.
    #[serde(default)]
    pub copied: Vec<String>,
}

/// Something the template wants to know.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// What fits.
    #[serde(rename = "type")]
    pub kind: InputKind,
    /// Without it nothing is built; a default serves.
    #[serde(default)]
    pub required: bool,
    /// Taken when nothing was said.
    pub default: Option<Value>,
    /// Where it comes from: `answers.NAME`.
    pub from: Option<String>,
    /// What a choice may be.
    #[serde(default)]
    pub choices: Vec<String>,
    /// Where a file input is put.
    pub folder: Option<String>,
}

/// The types of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    /// A text.
    Text,
    /// A list of texts.
    List,
    /// One of the choices.
    Choice,
    /// A number.
    Number,
    /// True or false.
    Bool,
    /// The name of a file that the hub fetches and puts into a folder.
    File,
    /// A text that is never shown.
    Secret,
}

/// A secret and who gets it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretDef {
    /// How it comes to be.
    pub source: SecretSource,
    /// Whose file it stands in.
    pub services: Vec<String>,
    /// A file of its own, `secrets/<service>.<file>`, for images that want one value a file.
    pub file: Option<String>,
}

/// How a secret comes to be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum SecretSource {
    /// Letters and digits, made once.
    Generate {
        /// How many.
        length: usize,
    },
    /// A text with other secrets in braces.
    Text(String),
    /// An input.
    Input(String),
    /// Something of the hub's.
    Hub(HubValue),
}

/// What the hub gives a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HubValue {
    /// The way to the hub's Redis with the tenant's own user.
    RedisUrl,
    /// What the tenant signs its posts with.
    WebhookSecret,
}

/// What the owner is given once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Where to enter; `{public_url}` is the site.
    pub url: String,
    /// The name.
    pub username: CredentialSource,
    /// The password.
    pub password: CredentialSource,
}

/// Where a part of the credentials comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum CredentialSource {
    /// An input.
    Input(String),
    /// A secret.
    Secret(String),
}

/// What one container may use.
#[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// As compose writes it (`160m`).
    pub memory: String,
    /// Processors.
    pub cpus: f64,
    /// Processes and threads.
    pub pids: u32,
}

/// A command in a running service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// The service.
    pub service: String,
    /// Program and arguments; no shell.
    pub command: Vec<String>,
}

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// No such folder.
    #[error("there is no template \"{name}\"; there are: {}", .known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// It does not parse.
    #[error("{path}: {what}")]
    Malformed {
        /// The file.
        path: String,
        /// All that is wrong.
        what: String,
    },
}

impl Template {
    /// Reads a template of the share folder.
    ///
    /// # Errors
    /// There is none of this name, or it is malformed or contradicts itself.
    pub fn load(share: &Share, name: &str) -> Result<Self, TemplateError> {
        let known = Self::names(share)?;
        if !known.iter().any(|one| one == name) {
            return Err(TemplateError::Unknown { name: name.to_owned(), known });
        }
        let path = format!("{FOLDER}/{name}/template.toml");
        let malformed = |what: String| TemplateError::Malformed { path: path.clone(), what };
        let template: Self = toml::from_str(&share.text(&path)?).map_err(|error| malformed(error.to_string()))?;
        match template.faults(name) {
            faults if faults.is_empty() => Ok(template),
            faults => Err(malformed(faults.join("; "))),
        }
    }

    /// The names of all templates, sorted.
    ///
    /// # Errors
    /// The share folder cannot be read.
    pub fn names(share: &Share) -> Result<Vec<String>, TemplateError> {
        let files = share.list(FOLDER)?;
        Ok(files
            .iter()
            .filter_map(|path| path.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix("/template.toml"))
            .filter(|name| !name.contains('/'))
            .map(ToOwned::to_owned)
            .collect())
    }

    /// The path of one of its files in the share folder.
    pub fn path(&self, relative: &str) -> String {
        format!("{FOLDER}/{}/{relative}", self.name)
    }

    /// Everything that contradicts itself.
    fn faults(&self, folder: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let mut expect = |holds: bool, fault: String| {
            if !holds {
                faults.push(fault);
            }
        };
        expect(self.name == folder, format!("name is {}, the folder is {folder}", self.name));
        let service = |name: &str| self.services.contains_key(name);
        expect(service(&self.readiness.service), format!("readiness names no service: {}", self.readiness.service));
        for name in self.services.keys() {
            let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            expect(plain, format!("service {name}: a name is [a-z][a-z0-9_]*"));
        }
        for (name, hook) in &self.hooks {
            expect(service(&hook.service), format!("hook {name} names no service: {}", hook.service));
        }
        for (name, secret) in &self.secrets {
            for of in &secret.services {
                expect(service(of), format!("secret {name} is for no service: {of}"));
            }
            if let SecretSource::Input(input) = &secret.source {
                expect(self.inputs.contains_key(input), format!("secret {name} names no input: {input}"));
            }
        }
        for (size, limits) in &self.sizes {
            for name in self.services.keys() {
                expect(limits.contains_key(name), format!("size {size} has no limits for {name}"));
            }
        }
        expect(self.sizes.contains_key("S"), "there is no size S".to_owned());
        expect(self.files.iter().any(|file| file.to == "compose.yaml"), "no file becomes compose.yaml".to_owned());
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_template_loads() {
        let share = Share::new(None);
        let names = Template::names(&share).expect("the share folder");
        assert!(names.contains(&"fastapi".to_owned()));
        for name in names {
            Template::load(&share, &name).expect("a sound template");
        }
    }

    #[test]
    fn an_unknown_template_is_answered_with_what_there_is() {
        let error = Template::load(&Share::new(None), "cobol").expect_err("there is none");
        assert!(error.to_string().contains("fastapi"), "{error}");
    }
}
