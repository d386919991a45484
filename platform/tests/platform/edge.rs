//! The real nginx: sites come, are refused, survive, and go, and each on its own.

use std::net::{Ipv4Addr, TcpListener as StdListener};
use std::path::PathBuf;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use waas_platform::edge::{Applied, Domain, Edge, EdgeError, Mode, Settings, SiteName, StartReport};

const TEMPLATE: &str = include_str!("../../../templates/nginx/site.conf.template");

/// A folder and a port for an nginx of the test's own, which ends with it, come what may.
struct World {
    dir: tempfile::TempDir,
    port: u16,
}

impl World {
    fn new() -> Self {
        let port = free_port();
        Self { dir: tempfile::tempdir().expect("a folder"), port }
    }

    fn settings(&self) -> Settings {
        Settings { http_port: Some(self.port), ..Settings::managed(self.dir.path()) }
    }

    async fn start(&self) -> (Edge, StartReport) {
        Edge::start(self.settings()).await.expect("nginx comes up")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn read(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.file(name)).ok()
    }

    /// A site that answers by itself.
    fn answering(&self, domain: &str, words: &str) -> String {
        format!("server {{ listen {}; server_name {domain}; return 200 '{words}'; }}\n", self.port)
    }

    /// The site that tenants get.
    fn site(&self, domain: &str, upstream: u16) -> String {
        let site = serde_json::json!({
            "domain": domain, "aliases": [format!("www.{domain}")], "slug": "shop", "port": upstream,
            "http_port": self.port, "connect_timeout": "3s", "read_timeout": "30s",
        });
        let mut context = tera::Context::new();
        context.insert("site", &site);
        tera::Tera::one_off(TEMPLATE, &context, false).expect("the template renders")
    }

    fn pid(&self) -> Option<String> {
        self.read("nginx.pid")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // The master, and workers that a test made orphans of: all that write to this world's log.
        let log = self.file("error.log");
        let processes = std::fs::read_dir("/proc").expect("a Linux machine").flatten();
        for process in processes {
            let Ok(mut files) = std::fs::read_dir(process.path().join("fd")) else {
                continue;
            };
            if files.any(|fd| fd.is_ok_and(|fd| std::fs::read_link(fd.path()).is_ok_and(|target| target == log))) {
                let killed = std::process::Command::new("kill").arg(process.file_name()).status();
                assert!(killed.is_ok(), "an nginx is left over: {:?}", process.path());
            }
        }
    }
}

fn free_port() -> u16 {
    let listener = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn name(text: &str) -> SiteName {
    text.parse().expect("a site name")
}

fn domain(text: &str) -> Domain {
    text.parse().expect("a domain")
}

async fn body(edge: &Edge, host: &str) -> String {
    edge.probe(&domain(host), "/").await.expect("an answer").body
}

async fn status(edge: &Edge, host: &str) -> u16 {
    edge.probe(&domain(host), "/").await.expect("an answer").status
}

/// A web service that answers each request with its head.
async fn echo() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut head = vec![0; 8192];
            let length = stream.read(&mut head).await.expect("a request");
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            stream.write_all(&[answer.as_bytes(), &head[..length]].concat()).await.expect("answered");
        }
    });
    port
}

#[tokio::test]
async fn a_tenants_site_is_passed_on_with_its_host_and_the_rest_is_404() {
    let world = World::new();
    let (edge, report) = world.start().await;
    assert_eq!(report, StartReport::default());
    assert!(edge.is_running().await);
    assert_eq!(status(&edge, "nobody.example").await, 404);

    let text = world.site("new-salon.de", echo().await);
    assert_eq!(edge.apply(&name("new_salon"), &text).await.expect("applied"), Applied::Applied);
    assert_eq!(edge.apply(&name("new_salon"), &text).await.expect("applied"), Applied::Unchanged);
    let answer = edge.probe(&domain("new-salon.de"), "/a?b=1").await.expect("an answer");
    assert_eq!(answer.status, 200);
    assert!(answer.body.starts_with("GET /a?b=1 HTTP/1.1"), "{}", answer.body);
    for line in ["Host: new-salon.de", "X-Real-IP: 127.0.0.1", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http"]
    {
        assert!(answer.body.contains(line), "{line}: {}", answer.body);
    }
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(status(&edge, "www.new-salon.de").await, 200);
    assert_eq!(edge.probe(&domain("new-salon.de"), "/health").await.expect("an answer").status, 200);
    assert_eq!(status(&edge, "nobody.example").await, 404);
    assert_eq!(edge.sites().await.expect("listed"), [name("new_salon")]);

    assert!(edge.remove(&name("new_salon")).await.expect("removed"));
    assert!(!edge.remove(&name("new_salon")).await.expect("nothing to remove"));
    assert_eq!(status(&edge, "new-salon.de").await, 404);
    edge.stop().await.expect("ended");
    assert!(!edge.is_running().await);
}

#[tokio::test]
async fn a_stopped_tenant_is_excused_kindly_and_breaks_no_test() {
    let world = World::new();
    let (edge, _) = world.start().await;
    let text = world.site("shop.example", free_port());
    assert_eq!(edge.apply(&name("shop"), &text).await.expect("applied"), Applied::Applied);
    let answer = edge.probe(&domain("shop.example"), "/").await.expect("an answer");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("10")));
    assert!(answer.body.contains("Back in a moment"), "{}", answer.body);
}

#[tokio::test]
async fn a_refused_text_leaves_the_old_one_and_the_others_serving() {
    let world = World::new();
    let (edge, _) = world.start().await;
    for (site, words) in [("one", "first"), ("two", "second")] {
        let text = world.answering(&format!("{site}.example"), words);
        assert_eq!(edge.apply(&name(site), &text).await.expect("applied"), Applied::Applied);
    }
    let before = world.read("sites/one.conf");

    // Wrong in itself, and wrong only beside another site.
    edge.apply(
        &name("two"),
        &format!("upstream both {{ server 127.0.0.1:1; }}\n{}", world.answering("two.example", "second")),
    )
    .await
    .expect("applied");
    let clash = format!("upstream both {{ server 127.0.0.1:1; }}\n{}", world.answering("one.example", "clash"));
    for (text, words) in [("server { lissten 1; }\n", "lissten"), (clash.as_str(), "duplicate upstream \"both\"")] {
        let Applied::Refused { message } = edge.apply(&name("one"), text).await.expect("an outcome") else {
            panic!("nginx cannot take {text}")
        };
        assert!(message.contains(words) && message.contains(".conf:") && !message.contains("/tmp"), "{message}");
        assert_eq!(world.read("sites/one.conf"), before);
        assert_eq!(world.read("staging/one.conf"), None);
        assert_eq!(
            (body(&edge, "one.example").await, body(&edge, "two.example").await),
            ("first".into(), "second".into())
        );
    }
    // A site that never served leaves nothing.
    assert!(matches!(edge.apply(&name("three"), "nonsense").await, Ok(Applied::Refused { .. })));
    assert_eq!(edge.sites().await.expect("listed"), [name("one"), name("two")]);
    // And a good text is still taken.
    edge.apply(&name("one"), &world.answering("one.example", "anew")).await.expect("applied");
    assert_eq!(body(&edge, "one.example").await, "anew");
}

#[tokio::test]
async fn a_bad_file_on_disk_does_not_keep_the_others_from_a_cold_start() {
    let world = World::new();
    let (edge, _) = world.start().await;
    for site in ["kept", "healed"] {
        edge.apply(&name(site), &world.answering(&format!("{site}.example"), site)).await.expect("applied");
    }
    edge.stop().await.expect("ended");
    std::fs::write(world.file("sites/broken.conf"), "server { nonsense; }").expect("written");
    std::fs::write(world.file("sites/healed.conf"), "server {").expect("written");

    let (edge, report) = world.start().await;
    let found: Vec<(&str, bool)> =
        report.quarantined.iter().map(|found| (found.site.as_str(), found.restored)).collect();
    assert_eq!(found, [("broken", false), ("healed", true)]);
    assert!(report.quarantined[0].message.contains("nonsense"), "{report:?}");
    assert_eq!(world.read("quarantine/broken.conf").as_deref(), Some("server { nonsense; }"));
    assert!(world.read("quarantine/broken.txt").is_some_and(|words| words.contains("nonsense")));
    assert_eq!(
        (body(&edge, "kept.example").await, body(&edge, "healed.example").await),
        ("kept".into(), "healed".into())
    );
}

#[tokio::test]
async fn nginx_outlives_the_hub_and_is_taken_over() {
    let world = World::new();
    let (edge, _) = world.start().await;
    edge.apply(&name("one"), &world.answering("one.example", "still here")).await.expect("applied");
    let pid = world.pid();
    drop(edge);
    // What a hub left that was killed after the swap and before the load.
    std::fs::write(world.file("sites/two.conf"), world.answering("two.example", "swapped")).expect("written");

    let (edge, report) = world.start().await;
    assert!(report.adopted);
    assert_eq!(world.pid(), pid);
    assert_eq!(
        (body(&edge, "one.example").await, body(&edge, "two.example").await),
        ("still here".into(), "swapped".into())
    );

    // Its master killed, workers go on and hold the port: the next change brings a whole nginx back.
    let master = pid.as_deref().unwrap_or_default().trim().to_owned();
    let killed = std::process::Command::new("kill").args(["-9", &master]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    while edge.is_running().await {
        tokio::task::yield_now().await;
    }
    edge.apply(&name("one"), &world.answering("one.example", "back")).await.expect("applied");
    assert_eq!(body(&edge, "one.example").await, "back");
    assert_ne!(world.pid(), pid);
}

#[tokio::test]
async fn many_changes_at_once_all_serve() {
    let world = World::new();
    let (edge, _) = world.start().await;
    let changes = (0..12).map(|n| {
        let (edge, text) = (edge.clone(), world.answering(&format!("s{n}.example"), &format!("site {n}")));
        async move {
            // Every fourth one is bad, and must not take a neighbour along.
            let text = if n % 4 == 3 { "server { nonsense; }".to_owned() } else { text };
            edge.apply(&name(&format!("s{n}")), &text).await.expect("an outcome")
        }
    });
    let outcomes = futures_util::future::join_all(changes).await;
    for (n, outcome) in outcomes.iter().enumerate() {
        let host = format!("s{n}.example");
        if n % 4 == 3 {
            assert!(matches!(outcome, Applied::Refused { .. }), "{n}: {outcome:?}");
            assert_eq!(status(&edge, &host).await, 404);
        } else {
            assert_eq!(outcome, &Applied::Applied, "{n}");
            assert_eq!(body(&edge, &host).await, format!("site {n}"));
        }
    }
}

#[tokio::test]
async fn a_taken_port_is_told() {
    let world = World::new();
    let holder = StdListener::bind((Ipv4Addr::UNSPECIFIED, world.port)).expect("the port is free");
    let error = Edge::start(world.settings()).await.expect_err("the port is taken");
    assert!(matches!(error, EdgeError::PortTaken { port } if port == world.port), "{error}");
    drop(holder);
    world.start().await;
}

#[tokio::test]
async fn the_machines_own_nginx_is_tested_and_loaded_by_command() {
    let world = World::new();
    let conf_dir = world.file("conf.d");
    std::fs::create_dir(&conf_dir).expect("made");
    std::fs::write(conf_dir.join("foreign.conf"), "theirs").expect("written");
    let command = |line: &str| ["sh", "-c", line].map(String::from).to_vec();
    let bad = "! grep -q BAD conf.d/waas-hub-*.conf 2>/dev/null || { echo 'nginx: [emerg] BAD here' >&2; exit 1; }";
    let mode = Mode::System {
        conf_dir: conf_dir.clone(),
        test_command: command(&format!("cd {} && {bad}", world.dir.path().display())),
        reload_command: command(&format!("echo loaded >> {}", world.file("loads").display())),
    };
    let (edge, _) = Edge::start(Settings { mode, ..world.settings() }).await.expect("started");
    assert_eq!(edge.apply(&name("one"), "GOOD").await.expect("applied"), Applied::Applied);
    assert_eq!(
        edge.apply(&name("one"), "BAD").await.expect("an outcome"),
        Applied::Refused { message: "BAD here".into() }
    );
    assert_eq!(world.read("conf.d/waas-hub-one.conf").as_deref(), Some("GOOD"));
    assert_eq!(edge.sites().await.expect("listed"), [name("one")]);
    assert!(edge.remove(&name("one")).await.expect("removed"));
    assert_eq!(world.read("loads").as_deref(), Some("loaded\nloaded\n"));
    assert_eq!(world.read("conf.d/foreign.conf").as_deref(), Some("theirs"));
}

#[tokio::test]
async fn without_an_edge_nothing_is_touched() {
    let world = World::new();
    let (edge, report) = Edge::start(Settings { mode: Mode::None, ..world.settings() }).await.expect("started");
    assert_eq!(report, StartReport::default());
    assert_eq!(edge.apply(&name("one"), "nonsense").await.expect("an outcome"), Applied::Unchanged);
    assert!(!edge.remove(&name("one")).await.expect("nothing there"));
    assert_eq!(std::fs::read_dir(world.dir.path()).expect("readable").count(), 0);
}
