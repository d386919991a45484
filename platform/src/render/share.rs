//! The files that the hub carries with it: `templates/` and `dialogues/`, compiled in, each replaceable from a folder.
//!
//! It knows where bytes are, not what they mean.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use include_dir::{Dir, include_dir};

static BUILT_IN: Dir<'static> = include_dir!("$OUT_DIR/share");

/// Gives files by their path relative to the share folder, such as `templates/locales/en/common.ftl`.
///
/// A file in the overriding folder (`HUB_SHARE_DIR`) wins over the one compiled in; what is not there is still taken
/// from the binary, so that a folder may hold one changed file only.
#[derive(Clone, Debug, Default)]
pub struct Share {
    over: Option<PathBuf>,
}

/// Why a shared file could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// Neither the folder nor the binary has it.
    #[error("no such file: {0}")]
    Missing(String),
    /// The path leaves the folder, or is absolute.
    #[error("not a path inside the share folder: {0}")]
    Outside(String),
    /// The overriding folder could not be read.
    #[error("{path}: {error}")]
    Io {
        /// The file or folder on disk.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A text was asked for.
    #[error("{0} is not UTF-8 text")]
    NotText(String),
}

impl Share {
    /// Takes files from `over` first (a folder with `templates/` and `dialogues/`), then from the binary.
    pub fn new(over: Option<PathBuf>) -> Self {
        Self { over }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// The file is nowhere, the path leaves the share folder, or the disk refuses.
    pub fn read(&self, path: &str) -> Result<Cow<'static, [u8]>, ShareError> {
        let clean = inside(path)?;
        if let Some(over) = &self.over {
            let on_disk = over.join(&clean);
            match fs::read(&on_disk) {
                Ok(bytes) => return Ok(Cow::Owned(bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(ShareError::Io { path: on_disk, error });
                }
            }
        }
        BUILT_IN
            .get_file(&clean)
            .map(|file| Cow::Borrowed(file.contents()))
            .ok_or_else(|| ShareError::Missing(path.to_owned()))
    }

    /// A file as text.
    ///
    /// # Errors
    /// As [`Share::read`], or the file is not UTF-8.
    pub fn text(&self, path: &str) -> Result<String, ShareError> {
        String::from_utf8(self.read(path)?.into_owned()).map_err(|_| ShareError::NotText(path.to_owned()))
    }

    /// All files below a folder, as paths relative to the share folder, sorted; empty when there is no such folder.
    ///
    /// # Errors
    /// The path leaves the share folder, or the disk refuses.
    pub fn list(&self, folder: &str) -> Result<Vec<String>, ShareError> {
        let clean = inside(folder)?;
        let mut found = BTreeSet::new();
        if let Some(dir) = BUILT_IN.get_dir(&clean) {
            built_in_below(dir, &mut found);
        }
        if let Some(over) = &self.over {
            on_disk_below(over, &over.join(&clean), &mut found)?;
        }
        Ok(found.into_iter().collect())
    }
}

fn inside(path: &str) -> Result<PathBuf, ShareError> {
    let parts = Path::new(path).components();
    let plain = parts.clone().all(|part| matches!(part, Component::Normal(_)));
    if plain && !path.is_empty() { Ok(parts.collect()) } else { Err(ShareError::Outside(path.to_owned())) }
}

fn built_in_below(dir: &Dir<'_>, found: &mut BTreeSet<String>) {
    found.extend(dir.files().map(|file| file.path().to_string_lossy().into_owned()));
    for inner in dir.dirs() {
        built_in_below(inner, found);
    }
}

fn on_disk_below(root: &Path, folder: &Path, found: &mut BTreeSet<String>) -> Result<(), ShareError> {
    let failed = |error| ShareError::Io { path: folder.to_owned(), error };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            on_disk_below(root, &path, found)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            found.insert(relative.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_the_folder_wins_and_the_rest_comes_from_the_binary() {
        let folder = tempfile::tempdir().expect("a folder");
        let locales = folder.path().join("templates/locales/en");
        fs::create_dir_all(&locales).expect("made");
        fs::write(locales.join("platform.ftl"), "ours = 1").expect("written");
        fs::write(locales.join("new.ftl"), "more = 1").expect("written");
        let share = Share::new(Some(folder.path().to_owned()));
        assert_eq!(share.text("templates/locales/en/platform.ftl").expect("read"), "ours = 1");
        let german = share.text("templates/locales/de/platform.ftl").expect("built in");
        assert!(german.contains("duration"));
        let listed = share.list("templates/locales").expect("listed");
        assert!(listed.contains(&"templates/locales/en/new.ftl".to_owned()));
        assert!(listed.contains(&"templates/locales/de/platform.ftl".to_owned()));
    }

    #[test]
    fn no_path_leaves_the_share_folder() {
        for path in ["../Cargo.toml", "/etc/passwd", "templates/../../x", "", "."] {
            assert!(matches!(Share::default().read(path), Err(ShareError::Outside(_))), "{path}");
        }
        assert!(matches!(Share::default().read("templates/none"), Err(ShareError::Missing(_))));
    }
}
