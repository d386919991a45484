//! What stands before any world: the repository, its binaries, the private services, the base images.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// Found once for each world.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    /// The folder that cargo builds into.
    pub(crate) target: PathBuf,
    /// Of `docker/services`: the maintenance database of the private Postgres.
    pub(crate) database_url: String,
    /// The address at which containers find this host.
    pub(crate) gateway: String,
    /// `HUB_IMAGES__…` as `make images` found them; empty where the official ones do.
    pub(crate) images: Vec<(String, String)>,
    binaries: Vec<PathBuf>,
}

impl Ground {
    /// Looks around; the environment wins over what `docker/services start` wrote down.
    pub(crate) fn survey() -> Result<Self> {
        let binaries = binary_folders()?;
        let target = binaries
            .iter()
            .find_map(|folder| folder.parent())
            .context("the test runs outside of a target folder")?
            .to_owned();
        let repository = target.join("services/env");
        let services = read_env_file(&repository).unwrap_or_default();
        let setting = |name: &str| {
            std::env::var(name)
                .ok()
                .or_else(|| services.get(name).cloned())
                .with_context(|| format!("{name} is not known: run `docker/services start` once"))
        };
        Ok(Self {
            database_url: setting("HUB_TEST_DATABASE_URL")?,
            gateway: setting("HUB_TEST_GATEWAY")?,
            images: read_env_file(&target.join("images.env")).unwrap_or_default().into_iter().collect(),
            target,
            binaries,
        })
    }

    /// A binary of this workspace, from `WAAS_<NAME>_BIN` or from where this process was built to.
    pub(crate) fn binary(&self, name: &str, variable: &str) -> Result<PathBuf> {
        if let Some(given) = std::env::var_os(variable) {
            return Ok(given.into());
        }
        for folder in &self.binaries {
            let candidate = folder.join(name);
            if candidate.is_file() {
                return Ok(candidate);
            }
        }
        bail!("{name} is not built: `cargo build --workspace --bins` does it, or set {variable} to its path")
    }
}

/// The folder of this process, and the one above it: test binaries stand in `deps`.
fn binary_folders() -> Result<Vec<PathBuf>> {
    let exe = std::env::current_exe().context("this process has no path")?;
    let mut folders: Vec<PathBuf> = exe.ancestors().skip(1).take(2).map(Path::to_owned).collect();
    if folders.first().is_some_and(|f| f.ends_with("deps")) {
        folders.remove(0);
    } else {
        folders.truncate(1);
    }
    Ok(folders)
}

fn read_env_file(path: &Path) -> Option<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).ok()?;
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    Some(pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect())
}
