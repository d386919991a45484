//! The data file: everything remembered as one JSON document, replaced atomically.

use crate::Emulator;
use crate::model::Store;
use anyhow::Context as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// How often changes are written, while there are any.
const INTERVAL: Duration = Duration::from_millis(500);

/// Reads a data file; a missing one is an empty store.
pub(crate) fn load(path: &Path) -> anyhow::Result<Store> {
    match fs::read(path) {
        Ok(json) => serde_json::from_slice(&json).with_context(|| {
            format!("{} is no data file of this emulator; move it away to begin anew", path.display())
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Store::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes the store if it changed since the last time.
pub(crate) fn save(emulator: &Emulator, path: &Path) -> anyhow::Result<()> {
    if !emulator.take_touched() {
        return Ok(());
    }
    let json = serde_json::to_vec(&emulator.lock().store)?;
    let beside = path.with_extension("new");
    let written = fs::write(&beside, json).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Keep the change for the next try.
        emulator.touch();
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Saves again and again; ends only with its task.
pub(crate) async fn keep_saving(emulator: Emulator, path: std::path::PathBuf) {
    let mut ticks = tokio::time::interval(INTERVAL);
    loop {
        ticks.tick().await;
        let (emulator, path) = (emulator.clone(), path.clone());
        let saved = tokio::task::spawn_blocking(move || save(&emulator, &path)).await;
        if let Ok(Err(error)) = saved {
            tracing::error!("{error:#}");
        }
    }
}
