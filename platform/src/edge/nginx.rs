//! The nginx program: its own files, its tests, starting, loading, ending. Ours in mode `managed`, by command otherwise.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid, User};
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::probe;
use super::settings::{Mode, Settings};
use super::{EdgeError, Result};
use crate::clock::random;

/// The Host under which the running nginx tells which load it serves; no visitor's name can end so.
const GENERATION_HOST: &str = "generation.edge.invalid";
/// Answers in a row from new workers before old ones count as gone from the port.
const ANSWERS_IN_A_ROW: u32 = 3;
const POLL: Duration = Duration::from_millis(10);

/// nginx's verdict on a configuration: taken, or its words.
pub(super) type Verdict = std::result::Result<(), String>;

#[derive(Debug)]
pub(super) struct Nginx {
    settings: Settings,
    http_port: u16,
}

impl Nginx {
    pub(super) fn new(settings: &Settings, http_port: u16) -> Self {
        Self { settings: settings.clone(), http_port }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.settings.dir.join(name)
    }

    fn conf(&self) -> PathBuf {
        self.path("nginx.conf")
    }

    fn pid_file(&self) -> PathBuf {
        self.path("nginx.pid")
    }

    /// Writes what is ours besides the sites.
    pub(super) fn write_files(&self) -> Result<()> {
        if self.settings.mode != Mode::Managed {
            return Ok(());
        }
        // The characters that need no quoting in nginx's configuration and have no meaning there.
        let plain = |c: char| c.is_ascii_alphanumeric() || ['/', '.', '_', '-'].contains(&c);
        if !self.settings.dir.is_absolute() || !self.settings.dir.to_string_lossy().chars().all(plain) {
            return Err(EdgeError::Path(self.settings.dir.clone()));
        }
        let folder = self.path("tmp");
        fs::create_dir_all(&folder).map_err(EdgeError::file(&folder))?;
        self.write("nginx.conf", &self.main_conf())?;
        if !self.path("generation.conf").exists() {
            self.new_generation()?;
        }
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        fs::write(&path, text).map_err(EdgeError::file(&path))
    }

    fn main_conf(&self) -> String {
        let dir = self.settings.dir.display();
        let port = self.http_port;
        format!(
            "# Written by the hub at each start; changes are lost.
{user}worker_processes auto;
pid {dir}/nginx.pid;
error_log {dir}/error.log warn;
events {{ worker_connections 1024; }}
http {{
{http}
    access_log {dir}/access.log;
    # A Host that nobody owns.
    server {{
        listen {port} default_server;
        server_name _;
        return 404;
    }}
    # Tells the hub which load is served.
    server {{
        listen {port};
        server_name {GENERATION_HOST};
        access_log off;
        allow 127.0.0.1;
        deny all;
        include {dir}/generation.conf;
    }}
    include {dir}/sites/*.conf;
}}
",
            user = self.user_line(),
            http = self.http_lines(),
        )
    }

    /// Only what a single site needs to be read: no port of ours is opened twice, no other site can be to blame.
    fn wrapper_conf(&self, site: &Path) -> String {
        let dir = self.settings.dir.display();
        format!(
            "{user}pid {dir}/tmp/test.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n{http}\n    access_log off;\n    include {site};\n}}\n",
            user = self.user_line(),
            http = self.http_lines(),
            site = site.display(),
        )
    }

    fn user_line(&self) -> String {
        let unprivileged = ["www-data", "nginx", "nobody"];
        let known = unprivileged.into_iter().find(|name| matches!(User::from_name(name), Ok(Some(_))));
        // Only root may say whom the workers run as.
        match known.filter(|_| Uid::effective().is_root()) {
            Some(name) => format!("user {name};\n"),
            None => String::new(),
        }
    }

    fn http_lines(&self) -> String {
        let dir = self.settings.dir.display();
        format!(
            "    default_type application/octet-stream;
    sendfile on;
    server_tokens off;
    keepalive_timeout 30s;
    server_names_hash_max_size 8192;
    server_names_hash_bucket_size 512;
    client_max_body_size {max_body};
    gzip on;
    gzip_proxied any;
    gzip_vary on;
    gzip_types text/css text/plain application/javascript application/json image/svg+xml;
    client_body_temp_path {dir}/tmp/body;
    proxy_temp_path {dir}/tmp/proxy;
    fastcgi_temp_path {dir}/tmp/fastcgi;
    uwsgi_temp_path {dir}/tmp/uwsgi;
    scgi_temp_path {dir}/tmp/scgi;",
            max_body = self.settings.max_body_bytes,
        )
    }

    /// Tests a site's file as if it were the only one. The machine's own nginx has no such test.
    pub(super) async fn test_alone(&self, site: &Path) -> Result<Verdict> {
        if self.settings.mode != Mode::Managed {
            return Ok(Ok(()));
        }
        self.write("wrapper.conf", &self.wrapper_conf(site))?;
        self.nginx(&self.path("wrapper.conf"), &["-t", "-q"]).await
    }

    /// Tests everything on disk.
    pub(super) async fn test_all(&self) -> Result<Verdict> {
        match &self.settings.mode {
            Mode::None => Ok(Ok(())),
            Mode::Managed => self.nginx(&self.conf(), &["-t", "-q"]).await,
            Mode::System { test_command, .. } => run(test_command).await,
        }
    }

    /// Takes over a running nginx of ours, else starts one that outlives us. True when taken over.
    pub(super) async fn start(&mut self) -> Result<bool> {
        if self.settings.mode != Mode::Managed {
            return Ok(false);
        }
        let adopted = self.is_running();
        if adopted {
            self.reload().await?;
        } else {
            self.end_orphans().await?;
            let generation = self.new_generation()?;
            if let Err(message) = self.nginx(&self.conf(), &[]).await? {
                let taken = message.contains("Address already in use") || message.contains("(98:");
                return Err(if taken {
                    EdgeError::PortTaken { port: self.http_port }
                } else {
                    EdgeError::Configuration { message }
                });
            }
            self.wait_for_generation(&generation, "start").await?;
        }
        let port_file = self.settings.port_file();
        fs::write(&port_file, self.http_port.to_string()).map_err(EdgeError::file(&port_file))?;
        Ok(adopted)
    }

    /// Loads what is on disk and waits until it serves.
    pub(super) async fn reload(&mut self) -> Result<()> {
        match &self.settings.mode {
            Mode::None => Ok(()),
            Mode::System { reload_command, .. } => {
                run(reload_command).await?.map_err(|message| EdgeError::Configuration { message })
            }
            Mode::Managed => {
                let Some(pid) = self.running_pid() else {
                    // It died since: what is on disk was tested, so it can be started.
                    return Box::pin(self.start()).await.map(drop);
                };
                let generation = self.new_generation()?;
                // It can have ended since the look; waiting for the generation tells.
                kill(pid, Signal::SIGHUP).ok();
                self.wait_for_generation(&generation, "load").await
            }
        }
    }

    /// Workers whose master was killed serve on and hold the port; they are ours if they write to our log.
    async fn end_orphans(&self) -> Result<()> {
        let log = self.path("error.log");
        let begun = Instant::now();
        loop {
            let orphans = workers_that_write_to(&log);
            if orphans.is_empty() {
                return Ok(());
            }
            for pid in orphans {
                // Gone meanwhile is what we want.
                kill(pid, Signal::SIGTERM).ok();
            }
            self.check_patience(begun, "end")?;
            sleep(POLL).await;
        }
    }

    pub(super) async fn stop(&mut self) -> Result<()> {
        if self.settings.mode != Mode::Managed {
            return Ok(());
        }
        let Some(pid) = self.running_pid() else {
            return Ok(());
        };
        // Gone meanwhile is what we want.
        kill(pid, Signal::SIGTERM).ok();
        let begun = Instant::now();
        while self.running_pid() == Some(pid) {
            self.check_patience(begun, "end")?;
            sleep(POLL).await;
        }
        Ok(())
    }

    pub(super) fn is_running(&self) -> bool {
        match self.settings.mode {
            Mode::Managed => self.running_pid().is_some(),
            Mode::System { .. } | Mode::None => true,
        }
    }

    /// The master that our pid file names, if that process is indeed an nginx with our configuration: numbers are
    /// given again to other programs.
    fn running_pid(&self) -> Option<Pid> {
        let pid: i32 = fs::read_to_string(self.pid_file()).ok()?.trim().parse().ok()?;
        let title = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let title = String::from_utf8_lossy(&title);
        let ours = title.starts_with("nginx: master process") && title.contains(&self.conf().display().to_string());
        ours.then(|| Pid::from_raw(pid))
    }

    fn new_generation(&self) -> Result<String> {
        let generation = random::id().simple().to_string();
        self.write("generation.conf", &format!("return 200 {generation};\n"))?;
        Ok(generation)
    }

    async fn wait_for_generation(&self, generation: &str, doing: &'static str) -> Result<()> {
        let begun = Instant::now();
        let mut in_a_row = 0;
        while in_a_row < ANSWERS_IN_A_ROW {
            let answer = probe::get(self.http_port, GENERATION_HOST, "/", self.settings.probe_timeout).await;
            if answer.is_ok_and(|answer| answer.body == generation) {
                in_a_row += 1;
                continue;
            }
            in_a_row = 0;
            self.check_patience(begun, doing)?;
            sleep(POLL).await;
        }
        Ok(())
    }

    fn check_patience(&self, begun: Instant, doing: &'static str) -> Result<()> {
        if begun.elapsed() < self.settings.patience {
            return Ok(());
        }
        Err(EdgeError::Late { doing, seconds: self.settings.patience.as_secs() })
    }

    async fn nginx(&self, conf: &Path, more: &[&str]) -> Result<Verdict> {
        let mut line = vec![self.settings.nginx.display().to_string()];
        line.extend(["-p".to_owned(), self.settings.dir.display().to_string()]);
        line.extend(["-e".to_owned(), "stderr".to_owned(), "-c".to_owned(), conf.display().to_string()]);
        line.extend(more.iter().map(|word| (*word).to_owned()));
        run(&line).await
    }
}

fn workers_that_write_to(log: &Path) -> Vec<Pid> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let pid = path.file_name()?.to_str()?.parse().ok()?;
            let title = fs::read(path.join("cmdline")).ok()?;
            let is_worker = title.starts_with(b"nginx: worker process");
            let mut files = fs::read_dir(path.join("fd")).ok().filter(|_| is_worker)?;
            let writes = files.any(|fd| fd.is_ok_and(|fd| fs::read_link(fd.path()).is_ok_and(|target| target == log)));
            writes.then(|| Pid::from_raw(pid))
        })
        .collect()
}

async fn run(line: &[String]) -> Result<Verdict> {
    let Some((program, arguments)) = line.split_first() else {
        return Ok(Ok(()));
    };
    let failed = |error| EdgeError::Command { command: program.clone(), error };
    // Its standard error must not stay open after a start as a daemon, or reading it would never end: nginx turns its
    // own to the log file once it runs.
    let output =
        Command::new(program).args(arguments).stdin(std::process::Stdio::null()).output().await.map_err(failed)?;
    if output.status.success() {
        return Ok(Ok(()));
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = if text.trim().is_empty() { String::from_utf8_lossy(&output.stdout).into_owned() } else { text };
    Ok(Err(text.trim().to_owned()))
}

/// nginx's complaint for a person: the first `[emerg]` line, with the names of files for their paths.
pub(super) fn in_short(message: &str) -> String {
    let line = message.lines().find(|line| line.contains("[emerg]")).unwrap_or(message);
    let line = line.split_once("[emerg] ").map_or(line, |(_, rest)| rest);
    // A process's number may stand before the words.
    let line = line.split_once("#0: ").map_or(line, |(_, rest)| rest);
    let in_file =
        |word: &str| word.contains(".conf:").then(|| word.rsplit_once('/').map(|(_, name)| name.to_owned())).flatten();
    line.split(' ').map(|word| in_file(word).unwrap_or_else(|| word.to_owned())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_names_the_file_and_no_path() {
        let message = "nginx: [emerg] unknown directive \"x\" in /srv/edge/staging/shop.conf:3\nnginx: configuration file /srv/edge/wrapper.conf test failed";
        assert_eq!(in_short(message), "unknown directive \"x\" in shop.conf:3");
        let stamped = "2026/11/21 10:00:00 [emerg] 17#0: host not found in upstream \"a/b\" in /srv/shop.conf:1";
        assert_eq!(in_short(stamped), "host not found in upstream \"a/b\" in shop.conf:1");
    }

    #[test]
    fn a_folder_that_nginx_would_misread_is_refused() {
        for dir in ["/srv/a b/edge", "/srv/a;b", "/srv/$x", "relative/edge"] {
            let nginx = Nginx::new(&Settings::managed(dir), 8088);
            assert!(matches!(nginx.write_files(), Err(EdgeError::Path(_))), "{dir}");
        }
    }
}
