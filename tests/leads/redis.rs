//! A Redis of a test's own on a free port, driven from outside by `redis-cli`, killed by its process id.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

pub(super) struct Redis {
    process: Option<Child>,
    port: u16,
    folder: tempfile::TempDir,
}

impl Redis {
    /// An address where nothing listens yet.
    pub(super) fn later() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("a bound address").port();
        Self { process: None, port, folder: tempfile::tempdir().expect("a folder for Redis") }
    }

    /// Begins a new, empty server.
    pub(super) async fn start(&mut self) {
        let process = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        self.process = Some(process);
        super::intake::eventually("Redis answers", async || Ok(self.cli(&["ping"], b"").contains("PONG"))).await;
    }

    /// Kills it without a farewell.
    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("Redis was running");
            process.wait().expect("Redis ended");
        }
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// As a gateway pushes a lead.
    pub(super) fn push(&self, lead: &[u8]) {
        self.cli(&["-x", "lpush", "hub:leads"], lead);
    }

    pub(super) fn length(&self, list: &str) -> String {
        self.cli(&["llen", list], b"").trim().to_owned()
    }

    fn cli(&self, args: &[&str], input: &[u8]) -> String {
        let mut cli = Command::new("redis-cli")
            .args(["-p", &self.port.to_string()])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-cli is installed");
        cli.stdin.take().expect("a pipe").write_all(input).expect("redis-cli reads");
        let output = cli.wait_with_output().expect("redis-cli ends");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
