//! The edge: nginx site files that are tested before they serve, and the last good one kept when they are not.
//!
//! One file a site. A new text is tested alone, swapped in by rename, tested with all others, and loaded; when any of it
//! fails only this site goes back to what it was. What was bad on disk before a cold start is put aside, so that one
//! broken file never keeps the others from serving. It knows sites and domains, not whose they are.

mod domain;
mod error;
mod nginx;
mod probe;
mod settings;
mod site_name;
mod sites;

use std::sync::Arc;

use tokio::sync::Mutex;

pub use domain::{Domain, DomainError};
pub use error::EdgeError;
pub use probe::Answer;
pub use settings::{Mode, Settings};
pub use site_name::{SiteName, SiteNameError};

use nginx::Nginx;
use sites::Sites;

type Result<T> = std::result::Result<T, EdgeError>;

/// What became of a site's new text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It serves.
    Applied,
    /// The same text served already; nothing was loaded.
    Unchanged,
    /// nginx does not take it; what served before serves on.
    Refused {
        /// nginx's words, with the site's name instead of paths.
        message: String,
    },
}

/// What was found on disk when the edge was started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartReport {
    /// Whether an nginx of an earlier process was taken over.
    pub adopted: bool,
    /// Files that nginx did not take, put aside.
    pub quarantined: Vec<Quarantined>,
}

/// A site's file that was put aside at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// File name without its ending.
    pub site: String,
    /// nginx's words.
    pub message: String,
    /// Whether the last good text of the site serves instead; else the site is gone until it is applied anew.
    pub restored: bool,
}

/// The edge, cheap to clone; clones share the lock that keeps changes one after the other.
#[derive(Clone, Debug)]
pub struct Edge {
    settings: Arc<Settings>,
    http_port: u16,
    turn: Arc<Mutex<Turn>>,
}

/// Behind the lock: one change of files at a time, and who still waits for a load.
#[derive(Debug)]
struct Turn {
    sites: Sites,
    nginx: Nginx,
    /// Counts changes that passed the test.
    changed: u64,
    /// Changes up to this one are loaded.
    loaded: u64,
}

impl Edge {
    /// Starts the edge: takes over a running nginx of ours or starts one, after putting aside what it does not take.
    /// In mode `none` nothing is touched; in mode `system` the folder is used and the commands are tried.
    ///
    /// # Errors
    /// The folder cannot be written, the port is taken, nginx is not installed or does not come up.
    pub async fn start(settings: Settings) -> Result<(Self, StartReport)> {
        let http_port = settings.choose_port()?;
        let sites = Sites::open(&settings)?;
        let mut nginx = Nginx::new(&settings, http_port);
        let mut report = StartReport::default();
        if settings.mode != Mode::None {
            nginx.write_files()?;
            report.quarantined = sites.quarantine_bad_files(&nginx).await?;
            report.adopted = nginx.start().await?;
        }
        let turn = Turn { sites, nginx, changed: 0, loaded: 0 };
        Ok((Self { settings: Arc::new(settings), http_port, turn: Arc::new(Mutex::new(turn)) }, report))
    }

    /// The port on which sites answer.
    pub fn http_port(&self) -> u16 {
        self.http_port
    }

    /// Brings a site to a rendered text. Changes that wait at the same time are loaded together.
    ///
    /// # Errors
    /// Files cannot be written, or nginx does not load although its test passed; the site is as before then.
    pub async fn apply(&self, site: &SiteName, rendered: &str) -> Result<Applied> {
        if self.settings.mode == Mode::None {
            return Ok(Applied::Unchanged);
        }
        let mut turn = self.turn.lock().await;
        let before = turn.sites.current(site)?;
        if before.as_deref() == Some(rendered) && turn.loaded == turn.changed {
            return Ok(Applied::Unchanged);
        }
        turn.sites.stage(site, rendered)?;
        if let Err(message) = turn.nginx.test_alone(&turn.sites.staged(site)).await? {
            turn.sites.unstage(site)?;
            return Ok(Applied::Refused { message: nginx::in_short(&message) });
        }
        turn.sites.swap_in(site)?;
        if let Err(message) = turn.nginx.test_all().await? {
            turn.sites.put_back(site, before.as_deref())?;
            return Ok(Applied::Refused { message: nginx::in_short(&message) });
        }
        turn.changed += 1;
        let ticket = turn.changed;
        drop(turn);
        if let Err(error) = self.load(ticket).await {
            let mut turn = self.turn.lock().await;
            turn.sites.put_back(site, before.as_deref())?;
            turn.nginx.reload().await?;
            turn.loaded = turn.changed;
            return Err(error);
        }
        self.turn.lock().await.sites.remember_good(site, rendered)?;
        Ok(Applied::Applied)
    }

    /// Takes a site away, with its last good text. True when there was one.
    ///
    /// # Errors
    /// Files cannot be removed, or nginx does not load.
    pub async fn remove(&self, site: &SiteName) -> Result<bool> {
        if self.settings.mode == Mode::None {
            return Ok(false);
        }
        let mut turn = self.turn.lock().await;
        if !turn.sites.remove(site)? {
            return Ok(false);
        }
        turn.changed += 1;
        let ticket = turn.changed;
        drop(turn);
        self.load(ticket).await?;
        Ok(true)
    }

    /// Names of the sites on disk, sorted.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn sites(&self) -> Result<Vec<SiteName>> {
        self.turn.lock().await.sites.list()
    }

    /// Asks through the edge as a visitor of the domain would.
    ///
    /// # Errors
    /// Nobody answers at the edge's port in time, or what answers is not HTTP.
    pub async fn probe(&self, domain: &Domain, path: &str) -> Result<Answer> {
        probe::get(self.http_port, domain.as_str(), path, self.settings.probe_timeout).await
    }

    /// Whether nginx runs, as far as it is ours to know.
    pub async fn is_running(&self) -> bool {
        self.turn.lock().await.nginx.is_running()
    }

    /// Ends our nginx and waits for it. Not running is done; another mode than `managed` has none to end.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn stop(&self) -> Result<()> {
        self.turn.lock().await.nginx.stop().await
    }

    /// Loads all changes so far, unless somebody who came later did it already.
    async fn load(&self, ticket: u64) -> Result<()> {
        let mut turn = self.turn.lock().await;
        if turn.loaded >= ticket {
            return Ok(());
        }
        let changed = turn.changed;
        turn.nginx.reload().await?;
        turn.loaded = changed;
        Ok(())
    }
}
