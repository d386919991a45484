//! A place of its own for each world on this machine: an instance name, ports, a folder.
//!
//! A slot is a file held locked for as long as the world lives; the system lets go of it when the process dies, however
//! it dies. So whoever gets the slot next knows that what still carries its name belongs to nobody, and sweeps it.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// More than ever run side by side.
const SLOTS: u16 = 60;
/// Ports a slot: ten for the parts of the world, the rest for tenants.
const WIDTH: u16 = 50;
/// Between the hub's default range for tenants and the range for outgoing connections.
const FIRST_PORT: u16 = 23_000;

/// Held by one living world.
#[derive(Debug)]
pub(crate) struct Slot {
    number: u16,
    /// Locked; released by being closed.
    file: File,
    /// The folder of the world that had this slot before, when it could not clean up.
    pub(crate) abandoned: Option<PathBuf>,
}

impl Slot {
    /// Takes the first free one whose ports nobody else uses.
    pub(crate) fn take() -> Result<Self> {
        let user = nix::unistd::Uid::current();
        let folder = std::env::temp_dir().join(format!("waas-worlds-{user}"));
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for number in 0..SLOTS {
            let path = folder.join(format!("{number}.lock"));
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .with_context(|| format!("cannot open {}", path.display()))?;
            if file.try_lock().is_err() {
                continue;
            }
            let mut before = String::new();
            file.read_to_string(&mut before)?;
            let slot =
                Self { number, file, abandoned: Some(before.trim()).filter(|b| !b.is_empty()).map(PathBuf::from) };
            // A world that died may have left servers on these ports: they are swept before use.
            if slot.abandoned.is_some() || slot.ports_are_free() {
                return Ok(slot);
            }
        }
        bail!("all {SLOTS} slots for worlds are taken");
    }

    fn ports_are_free(&self) -> bool {
        (0..10).all(|n| TcpListener::bind(("127.0.0.1", self.port(n))).is_ok())
    }

    /// Remembers where this world keeps its files, for who comes after a crash.
    pub(crate) fn remember(&mut self, folder: &Path) -> Result<()> {
        self.write(&folder.display().to_string())
    }

    /// Nothing is left to sweep.
    pub(crate) fn forget(&mut self) -> Result<()> {
        self.write("")
    }

    fn write(&mut self, text: &str) -> Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())?;
        Ok(())
    }

    /// The value of `waas.instance` on every Docker object of this world.
    pub(crate) fn instance(&self) -> String {
        format!("world{}", self.number)
    }

    /// The n-th port of the world's own, n below ten.
    pub(crate) fn port(&self, n: u16) -> u16 {
        FIRST_PORT + self.number * WIDTH + n
    }

    /// For `ports.range`.
    pub(crate) fn tenant_ports(&self) -> String {
        format!("{}-{}", self.port(10), self.port(WIDTH - 1))
    }
}
