//! Reads a rendered `compose.yaml` into a [`ProjectSpec`]: the part of compose that this house uses, and nothing else.
//!
//! Unknown keys are refused, not ignored: a key that compose obeys and we do not would make two different stacks.

mod convert;
mod forms;
mod interpolate;
mod raw;
mod service;
mod shapes;
mod units;

use std::path::Path;

use super::labels::Labels;
use super::spec::{COMPOSE_FILE, ProjectSpec};

/// Why a compose file cannot be used. Permanent: the file or its template needs mending.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// Not YAML of the expected shape; the text names line and column.
    #[error("compose.yaml: {0}")]
    Yaml(String),
    /// A value has the right shape and cannot be meant.
    #[error("compose.yaml: {place}: {found}; {mend}")]
    Value {
        /// Path of the value, such as `services.web.ports`.
        place: String,
        /// What stands there.
        found: String,
        /// What would be right.
        mend: String,
    },
    /// A file of the project cannot be read.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: String,
        /// Why not.
        error: std::io::Error,
    },
}

impl SpecError {
    fn value(place: impl Into<String>, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Value { place: place.into(), found: found.into(), mend: mend.into() }
    }
}

impl ProjectSpec {
    /// Reads a compose file's text; `variables` are what `${NAME}` in it stands for. Env files are listed, not read.
    ///
    /// # Errors
    /// The text is not a compose file of the supported part; the error names place and mend.
    pub fn parse(text: &str, variables: &Labels) -> Result<Self, SpecError> {
        let options = serde_saphyr::options! { with_snippet: false };
        let file: raw::File =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| SpecError::Yaml(error.to_string()))?;
        convert::project(file, variables)
    }

    /// Reads `compose.yaml` with its `.env` from a project's folder, and the env files of its services.
    ///
    /// # Errors
    /// As [`ProjectSpec::parse`], and when a named file cannot be read. A missing `.env` is an empty one.
    pub fn load(dir: &Path) -> Result<Self, SpecError> {
        let text = read(&dir.join(COMPOSE_FILE))?;
        let dot_env = dir.join(".env");
        let variables = if dot_env.exists() { interpolate::env_file(&read(&dot_env)?) } else { Labels::new() };
        let mut spec = Self::parse(&text, &variables)?;
        for service in spec.services.values_mut() {
            let mut environment = Labels::new();
            for name in &service.env_files {
                environment.extend(interpolate::env_file(&read(&dir.join(name))?));
            }
            environment.append(&mut service.environment);
            service.environment = environment;
        }
        Ok(spec)
    }
}

fn read(path: &Path) -> Result<String, SpecError> {
    std::fs::read_to_string(path).map_err(|error| SpecError::File { path: path.display().to_string(), error })
}

#[cfg(test)]
mod tests;
