//! Site files on disk: staged, swapped in, put back, put aside. Where nothing else may write.
//!
//! | folder | holds |
//! |---|---|
//! | `sites/` (or the machine's) | what nginx reads |
//! | `staging/` | a text under test |
//! | `last-good/` | the last text of each site that served |
//! | `quarantine/` | what nginx did not take at a cold start, and its words |

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::nginx::{self, Nginx};
use super::settings::{Mode, Settings};
use super::{EdgeError, Quarantined, Result, SiteName};

#[derive(Debug)]
pub(super) struct Sites {
    live: PathBuf,
    /// Begins the name of each file of ours, where the folder is shared with files of others.
    prefix: &'static str,
    staging: PathBuf,
    last_good: PathBuf,
    quarantine: PathBuf,
}

impl Sites {
    pub(super) fn open(settings: &Settings) -> Result<Self> {
        let (live, prefix) = match &settings.mode {
            Mode::System { conf_dir, .. } => (conf_dir.clone(), "waas-hub-"),
            Mode::Managed | Mode::None => (settings.dir.join("sites"), ""),
        };
        let sites = Self {
            live,
            prefix,
            staging: settings.dir.join("staging"),
            last_good: settings.dir.join("last-good"),
            quarantine: settings.dir.join("quarantine"),
        };
        if settings.mode != Mode::None {
            for folder in [&sites.live, &sites.staging, &sites.last_good, &sites.quarantine] {
                fs::create_dir_all(folder).map_err(EdgeError::file(folder))?;
            }
        }
        Ok(sites)
    }

    fn live_file(&self, site: &str) -> PathBuf {
        self.live.join(format!("{}{site}.conf", self.prefix))
    }

    /// Our files that nginx reads, with the names of their sites, sorted.
    fn live_files(&self) -> Result<Vec<(PathBuf, String)>> {
        let entries = fs::read_dir(&self.live).map_err(EdgeError::file(&self.live))?;
        let mut files: Vec<(PathBuf, String)> = entries
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let name = path.file_name()?.to_str()?;
                // nginx's own pattern passes hidden files over too.
                let site = name.strip_suffix(".conf")?.strip_prefix(self.prefix).filter(|_| !name.starts_with('.'))?;
                let site = site.to_owned();
                Some((path, site))
            })
            .collect();
        files.sort();
        Ok(files)
    }

    /// Names of the sites; a file whose name is none is nginx's to read and not ours to name.
    pub(super) fn list(&self) -> Result<Vec<SiteName>> {
        Ok(self.live_files()?.iter().filter_map(|(_, site)| site.parse().ok()).collect())
    }

    /// The text that stands for the site now.
    pub(super) fn current(&self, site: &SiteName) -> Result<Option<String>> {
        read(&self.live_file(site.as_str()))
    }

    pub(super) fn staged(&self, site: &SiteName) -> PathBuf {
        file(&self.staging, site.as_str())
    }

    pub(super) fn stage(&self, site: &SiteName, text: &str) -> Result<()> {
        write_durably(&self.staged(site), text)
    }

    pub(super) fn unstage(&self, site: &SiteName) -> Result<()> {
        remove(&self.staged(site)).map(drop)
    }

    /// One rename: nginx sees the old file or the new one, never half of either.
    pub(super) fn swap_in(&self, site: &SiteName) -> Result<()> {
        let (from, to) = (self.staged(site), self.live_file(site.as_str()));
        // In mode `system` the folders may lie on two file systems, where a rename cannot reach.
        match fs::rename(&from, &to) {
            Err(error) if error.kind() == ErrorKind::CrossesDevices => {
                let near = self.live.join(format!(".{site}.new"));
                fs::copy(&from, &near).map_err(EdgeError::file(&near))?;
                fs::rename(&near, &to).map_err(EdgeError::file(&to))?;
                self.unstage(site)
            }
            result => result.map_err(EdgeError::file(&to)),
        }
    }

    /// Back to the text before, or to none.
    pub(super) fn put_back(&self, site: &SiteName, before: Option<&str>) -> Result<()> {
        match before {
            Some(text) => {
                self.stage(site, text)?;
                self.swap_in(site)
            }
            None => remove(&self.live_file(site.as_str())).map(drop),
        }
    }

    pub(super) fn remember_good(&self, site: &SiteName, text: &str) -> Result<()> {
        let last_good = file(&self.last_good, site.as_str());
        let fresh = self.last_good.join(format!(".{site}.new"));
        write_durably(&fresh, text)?;
        fs::rename(&fresh, &last_good).map_err(EdgeError::file(&last_good))
    }

    /// Takes all of a site away; true when it was there.
    pub(super) fn remove(&self, site: &SiteName) -> Result<bool> {
        remove(&file(&self.last_good, site.as_str()))?;
        remove(&self.staged(site))?;
        remove(&file(&self.quarantine, site.as_str()))?;
        remove(&self.quarantine.join(format!("{site}.txt")))?;
        remove(&self.live_file(site.as_str()))
    }

    /// Before a cold start: until nginx takes the whole, puts the file aside that it complains about. A site whose last
    /// good text is taken gets that one.
    pub(super) async fn quarantine_bad_files(&self, nginx: &Nginx) -> Result<Vec<Quarantined>> {
        let mut aside: Vec<Quarantined> = Vec::new();
        while let Err(message) = nginx.test_all().await? {
            let Some((bad, site)) = self.blamed(nginx, &message).await? else {
                return Err(EdgeError::Configuration { message });
            };
            let message = nginx::in_short(&message);
            let to = file(&self.quarantine, &site);
            fs::rename(&bad, &to).map_err(EdgeError::file(&to))?;
            let note = self.quarantine.join(format!("{site}.txt"));
            fs::write(&note, &message).map_err(EdgeError::file(&note))?;
            tracing::warn!(site, message, "nginx does not take this site; it was put aside");
            let tried_before = aside.iter().any(|earlier| earlier.site == site);
            let restored = !tried_before && self.restore_last_good(nginx, &site).await?;
            if tried_before {
                // The last good text passed alone and failed among the others: this site has none to serve.
                aside.iter_mut().filter(|earlier| earlier.site == site).for_each(|earlier| earlier.restored = false);
            } else {
                aside.push(Quarantined { site, message, restored });
            }
        }
        Ok(aside)
    }

    /// The file that nginx names, else the first one that it does not take alone.
    async fn blamed(&self, nginx: &Nginx, message: &str) -> Result<Option<(PathBuf, String)>> {
        let files = self.live_files()?;
        let is_named = |path: &Path| message.contains(&format!("{}:", path.display()));
        if let Some(named) = files.iter().find(|(path, _)| is_named(path)) {
            return Ok(Some(named.clone()));
        }
        for found in files {
            if nginx.test_alone(&found.0).await?.is_err() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn restore_last_good(&self, nginx: &Nginx, site: &str) -> Result<bool> {
        let good = file(&self.last_good, site);
        let Some(text) = read(&good)? else {
            return Ok(false);
        };
        if nginx.test_alone(&good).await?.is_err() {
            return Ok(false);
        }
        write_durably(&self.live_file(site), &text)?;
        Ok(true)
    }
}

fn file(folder: &Path, site: &str) -> PathBuf {
    folder.join(format!("{site}.conf"))
}

fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EdgeError::file(path)(error)),
    }
}

fn remove(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(EdgeError::file(path)(error)),
    }
}

/// On disk before anyone may rename it into place.
fn write_durably(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    let write = || {
        let mut file = fs::File::create(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(EdgeError::file(path))
}
