//! Gathers what the binary carries with it (`templates/` and `dialogues/*.toml`) into one folder for `render::Share`.
//!
//! A copy, not the folders themselves: caches that tools leave in them must not end up in the binary, and a change of a
//! file must build the crate again.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(var("CARGO_MANIFEST_DIR")?).join("..");
    let share = PathBuf::from(var("OUT_DIR")?).join("share");
    if share.exists() {
        fs::remove_dir_all(&share)?;
    }
    let templates = root.join("templates");
    println!("cargo:rerun-if-changed={}", templates.display());
    copy(&templates, &share.join("templates"))?;

    // Only the definitions: the engine beside them is code, and its changes concern nobody here.
    let dialogues = root.join("dialogues");
    fs::create_dir_all(share.join("dialogues"))?;
    for entry in fs::read_dir(&dialogues)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            println!("cargo:rerun-if-changed={}", path.display());
            if let Some(name) = path.file_name() {
                fs::copy(&path, share.join("dialogues").join(name))?;
            }
        }
    }
    println!("cargo:rerun-if-changed=build.rs");
    Ok(())
}

fn var(name: &str) -> io::Result<String> {
    env::var(name).map_err(|e| io::Error::other(format!("{name}: {e}")))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let left_by_tools = ["__pycache__", ".pytest_cache", ".ruff_cache", ".venv", ".DS_Store"];
        if left_by_tools.contains(&name.as_str()) || name.ends_with('~') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(&name))?;
        } else {
            fs::copy(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}
