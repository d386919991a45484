//! Stacks are brought to their spec, kept, replaced, refused and removed.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;
use std::time::Duration;

use waas_platform::docker::{
    BuildRequest, ContainerState, DockerError, Engine, FailureReason, LabelFilter, Labels, LogQuery, Settings,
    StartPhase, Started, policy,
};

use super::{IMAGE, World, docker};

/// A free loopback port; another process could take it meanwhile, which no test here has seen.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// What the policy asks of every service.
const HARD: &str = "cap_drop: [ALL]
    security_opt: ['no-new-privileges:true']
    read_only: true
    pids_limit: 20
    mem_limit: 32m
    cpus: 0.5
    user: '10001:10001'
    logging: {driver: json-file, options: {max-size: 1m}}
    stop_grace_period: 1s";

fn two_services(port: u16) -> String {
    format!(
        "services:
  store:
    image: {IMAGE}
    command: [sh, -c, 'trap exit TERM; echo store up; while true; do sleep 0.1; done']
    {HARD}
    healthcheck: {{test: [CMD, 'true'], interval: 200ms, timeout: 1s, retries: 3}}
    volumes: ['data:/data']
    networks: [inner]
  web:
    image: {IMAGE}
    command: [sh, -c, 'cat /run/secrets/env; exec httpd -f -p 8000 -h /tmp']
    {HARD}
    tmpfs: ['/tmp:size=1m']
    environment: {{COLOUR: blue}}
    healthcheck: {{test: [CMD-SHELL, 'wget -q -O - http://127.0.0.1:8000/ || test $$? = 1'], interval: 200ms, timeout: 1s, retries: 3}}
    depends_on: {{store: {{condition: service_healthy}}}}
    ports: ['127.0.0.1:{port}:8000']
    networks: [inner, outer]
    secrets: [{{source: web_env, target: env}}]
volumes: {{data: }}
networks: {{inner: {{internal: true}}, outer: }}
secrets: {{web_env: {{file: ./web.env}}}}
"
    )
}

impl World {
    async fn start(&self, compose: &str) -> Started {
        let stack = self.stack(compose);
        self.engine.ensure(&stack).await.expect("converged");
        self.engine.start_and_wait(&stack, &|_| {}).await.expect("started")
    }

    /// A stack of one service without limits, for what has nothing to do with them.
    async fn one(&self, service: &str) -> Started {
        self.start(&format!("services: {{a: {{image: '{IMAGE}', stop_grace_period: 1s, {service}}}}}")).await
    }
}

#[tokio::test]
async fn a_stack_comes_up_is_kept_and_is_native_to_compose() {
    let world = World::new().await;
    std::fs::write(world.path().join("web.env"), "TOKEN=hush\n").expect("written");
    let stack = world.stack(&two_services(free_port()));
    assert_eq!(policy::check(stack.spec(), world.path()), []);

    let ensured = world.engine.ensure(&stack).await.expect("converged");
    assert_eq!(ensured.created, ["inner", "outer", "data", "store", "web"]);
    let seen = Mutex::new(Vec::new());
    let outcome = world
        .engine
        .start_and_wait(&stack, &|step| seen.lock().expect("not poisoned").push((step.service, step.phase)))
        .await
        .expect("started");
    assert_eq!(outcome, Started::Ready);
    let seen = seen.into_inner().expect("not poisoned");
    let at = |service: &str, phase| seen.iter().position(|step| *step == (service.to_owned(), phase)).expect("a step");
    assert!(at("store", StartPhase::Ready) < at("web", StartPhase::Running), "{seen:?}");

    let before = world.engine.inventory(&world.filter()).await.expect("an inventory");
    assert_eq!(before.state_of("web"), ContainerState::Healthy);
    assert_eq!((before.containers.len(), before.networks.len(), before.volumes.len()), (2, 2, 1));
    let web = before.containers.iter().find(|container| container.service == "web").expect("web stands");
    assert_eq!(web.name, format!("{}-web-1", world.project));
    assert_eq!(web.networks, [format!("{}_inner", world.project), format!("{}_outer", world.project)]);
    let logs = world.engine.logs(&web.id, &LogQuery { tail: Some(5), since: None }).await.expect("logs");
    assert!(logs.iter().any(|line| line.text == "TOKEN=hush" && line.at.is_some()), "{logs:?}");
    let inspected = docker(&["inspect", &web.id]);
    assert!(!inspected.contains("hush"), "a secret stands in docker inspect");

    // Again: nothing is done, nothing is restarted.
    assert!(world.engine.ensure(&stack).await.expect("converged").is_noop());
    assert_eq!(world.engine.start_and_wait(&stack, &|_| {}).await.expect("started"), Started::Ready);
    let after = world.engine.inventory(&world.filter()).await.expect("an inventory");
    let ids = |inventory: &waas_platform::docker::Inventory| {
        inventory.containers.iter().map(|container| container.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&before), ids(&after));

    // A person with compose sees it and can take it down.
    let listed = world.compose(&["ps"]);
    assert!(listed.contains(&format!("{}-web-1", world.project)) && listed.contains("healthy"), "{listed}");
    assert!(world.compose(&["logs", "store"]).contains("store up"));
    world.compose(&["down", "-v"]);
    let left = world.engine.inventory(&world.filter()).await.expect("an inventory");
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn only_what_changed_is_replaced_and_what_is_gone_is_removed() {
    let world = World::new().await;
    let file = |colour: &str, third: &str| {
        let service =
            |more: &str| format!("{{image: '{IMAGE}', command: [sleep, '600'], stop_grace_period: 1s, {more}}}");
        format!(
            "services: {{a: {}, b: {} {third}}}",
            service("user: '1'"),
            service(&format!("environment: {{C: {colour}}}"))
        )
    };
    let third = format!(", c: {{image: '{IMAGE}', command: [sleep, '600']}}");
    world.start(&file("red", &third)).await;
    let before = world.engine.list(&world.filter()).await.expect("listed");

    let stack = world.stack(&file("blue", ""));
    let ensured = world.engine.ensure_containers(&stack).await.expect("converged");
    assert_eq!(ensured.kept, ["a"]);
    assert_eq!(ensured.replaced, ["b"]);
    assert_eq!(ensured.removed, ["c"]);
    let after = world.engine.list(&world.filter()).await.expect("listed");
    assert_eq!(before[0].id, after[0].id);
    assert_ne!(before[1].id, after[1].id);
    assert_eq!(after.len(), 2);
    // Made, and not started: that is a step of its own.
    assert_eq!(after[1].state, ContainerState::Exited);
}

#[tokio::test]
async fn the_undos_can_be_repeated() {
    let world = World::new().await;
    std::fs::write(world.path().join("web.env"), "").expect("written");
    world.start(&two_services(free_port())).await;
    let filter = world.filter();
    for expected in [2, 0] {
        assert_eq!(world.engine.remove_containers(&filter).await.expect("removed").len(), expected);
    }
    for expected in [2, 0] {
        assert_eq!(world.engine.remove_networks(&filter).await.expect("removed").len(), expected);
    }
    for expected in [1, 0] {
        assert_eq!(world.engine.remove_volumes(&filter).await.expect("removed").len(), expected);
    }
    assert!(world.engine.inventory(&filter).await.expect("an inventory").is_empty());
}

#[tokio::test]
async fn an_unhealthy_service_fails_with_its_probes_and_last_lines() {
    let world = World::new().await;
    let service = "command: [sh, -c, 'echo cannot open the till; sleep 600'], \
        healthcheck: {test: [CMD-SHELL, 'echo till shut; false'], interval: 100ms, timeout: 1s, retries: 2}";
    let Started::Failed(failure) = world.one(service).await else { panic!("it cannot be ready") };
    assert_eq!((failure.service.as_str(), failure.reason), ("a", FailureReason::Unhealthy));
    assert_eq!(failure.log_tail, ["cannot open the till"]);
    assert!(failure.probes.iter().any(|probe| probe.exit_code == 1 && probe.output == "till shut"), "{failure:?}");
}

#[tokio::test]
async fn a_service_that_ends_fails_with_its_exit_code() {
    let world = World::new().await;
    let service = "command: [sh, -c, 'echo no settings; exit 3'], healthcheck: {test: 'true', interval: 5s}";
    let Started::Failed(failure) = world.one(service).await else { panic!("it cannot be ready") };
    assert_eq!(failure.reason, FailureReason::Exited { code: 3, out_of_memory: false });
    assert_eq!(failure.log_tail, ["no settings"]);
}

#[tokio::test]
async fn a_service_that_never_turns_healthy_is_given_up_in_time() {
    let world = World::new().await;
    let service =
        "command: [sleep, '600'], healthcheck: {test: [CMD, sleep, '600'], interval: 1h, timeout: 1h, retries: 1}";
    let patient = world.stack(&format!("services: {{a: {{image: '{IMAGE}', stop_grace_period: 1s, {service}}}}}"));
    world.engine.ensure(&patient).await.expect("converged");
    // The check's own figures allow two hours: the wait follows them, so here it must still be waiting.
    let wait = world.engine.start_and_wait(&patient, &|_| {});
    assert!(tokio::time::timeout(Duration::from_secs(1), wait).await.is_err());
}

#[tokio::test]
async fn a_taken_port_is_told_by_its_number() {
    let world = World::new().await;
    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = holder.local_addr().expect("an address").port();
    let stack = world.stack(&format!(
        "services: {{a: {{image: '{IMAGE}', command: [sleep, '600'], ports: ['127.0.0.1:{port}:80']}}}}"
    ));
    world.engine.ensure(&stack).await.expect("converged");
    let error = world.engine.start_and_wait(&stack, &|_| {}).await.expect_err("the port is taken");
    assert!(matches!(error, DockerError::PortTaken { port: Some(found) } if found == port), "{error}");
    assert!(!error.is_passing());
    // With the port free again the same steps go on from where they stood.
    drop(holder);
    assert!(world.engine.ensure(&stack).await.expect("converged").is_noop());
    assert_eq!(world.engine.start_and_wait(&stack, &|_| {}).await.expect("started"), Started::Ready);
}

#[tokio::test]
async fn a_missing_image_is_told_before_anything_is_made() {
    let world = World::new().await;
    let stack = world.stack("services: {a: {image: 'waas/nothing:9'}}");
    let error = world.engine.ensure_containers(&stack).await.expect_err("no image");
    assert!(matches!(&error, DockerError::ImageMissing { image } if image == "waas/nothing:9"), "{error}");
    assert!(world.engine.list(&world.filter()).await.expect("listed").is_empty());
}

#[tokio::test]
async fn names_of_others_are_a_conflict() {
    let world = World::new().await;
    let compose = format!(
        "services: {{a: {{image: '{IMAGE}', networks: [n], volumes: ['v:/v']}}}}\nnetworks: {{n: }}\nvolumes: {{v: }}"
    );
    let stack = world.stack(&compose);
    let (network, volume) = (format!("{}_n", world.project), format!("{}_v", world.project));
    docker(&["network", "create", &network]);
    docker(&["volume", "create", &volume]);
    let networks = world.engine.ensure_networks(&stack).await;
    let volumes = world.engine.ensure_volumes(&stack).await;
    docker(&["network", "rm", &network]);
    docker(&["volume", "rm", &volume]);
    assert!(matches!(networks, Err(DockerError::Conflict { .. })), "{networks:?}");
    assert!(matches!(volumes, Err(DockerError::Conflict { .. })), "{volumes:?}");
}

#[tokio::test]
async fn commands_run_inside_and_usage_is_read() {
    let world = World::new().await;
    assert_eq!(world.one("command: [sleep, '600'], mem_limit: 32m").await, Started::Ready);
    let id = world.engine.list(&world.filter()).await.expect("listed")[0].id.clone();
    let limit = Duration::from_secs(10);
    let done = world.engine.exec(&id, &["sh", "-c", "echo out; echo err >&2; exit 4"], limit).await.expect("run");
    assert_eq!(done.exit_code, 4);
    assert!(done.output.contains("out") && done.output.contains("err"), "{done:?}");
    let late = world.engine.exec(&id, &["sleep", "60"], Duration::from_millis(200)).await;
    assert!(matches!(late, Err(DockerError::TimedOut { .. })), "{late:?}");
    let usage = world.engine.stats_once(&id).await.expect("read");
    assert_eq!(usage.memory_limit, 32 << 20);
    assert!(usage.pids >= 1);
}

#[tokio::test]
async fn images_are_built_with_the_cache_and_say_what_failed() {
    let world = World::new().await;
    let tag = format!("waas/{}:1", world.project);
    let labels = Labels::from([("waas.tenant".into(), world.project.clone()), ("waas.fence".into(), "1".into())]);
    let write = |text: &str| std::fs::write(world.path().join("Dockerfile"), text).expect("written");
    let request = BuildRequest {
        context: world.path().to_owned(),
        dockerfile: "Dockerfile".into(),
        args: Labels::from([("WORD".into(), "hello".into())]),
        target: None,
        tag: tag.clone(),
        labels,
    };
    write(&format!("FROM {IMAGE}\nARG WORD\nCOPY Dockerfile /made\nRUN echo $WORD > /word\n"));
    let lines = Mutex::new(Vec::new());
    let tell = |line: &str| lines.lock().expect("not poisoned").push(line.to_owned());
    let first = world.engine.build(&request, &tell).await.expect("built");
    let second = world.engine.build(&request, &tell).await.expect("built");
    assert_eq!(first, second);
    let lines = lines.into_inner().expect("not poisoned");
    assert!(lines.iter().any(|line| line.contains("Using cache")), "{lines:?}");
    assert_eq!(world.engine.images(&world.filter()).await.expect("listed")[0].tags, std::slice::from_ref(&tag));

    write(&format!("FROM {IMAGE}\nRUN echo about to fail && false\n"));
    let error = world.engine.build(&request, &|_| {}).await.expect_err("the step fails");
    assert!(
        matches!(&error, DockerError::BuildFailed { tail, .. } if tail.iter().any(|line| line == "about to fail")),
        "{error:?}"
    );
    write("FROM waas/nothing:9\n");
    let error = world.engine.build(&request, &|_| {}).await.expect_err("no base");
    assert!(matches!(error, DockerError::ImageMissing { .. } | DockerError::BuildFailed { .. }), "{error:?}");

    assert!(world.engine.remove_image(&tag).await.expect("removed"));
    assert!(!world.engine.remove_image(&tag).await.expect("nothing to remove"));
}

#[tokio::test]
async fn the_same_content_is_built_once_and_has_a_name_for_each_user() {
    let world = World::new().await;
    let folder = |name: &str, word: &str| {
        let folder = world.path().join(name);
        std::fs::create_dir_all(folder.join("b/c")).expect("made");
        std::fs::write(folder.join("b/c/word"), word).expect("written");
        std::fs::write(folder.join("a"), "a").expect("written");
        std::fs::write(folder.join("Dockerfile"), format!("FROM {IMAGE}\nCOPY b/c/word /word\n")).expect("written");
        folder
    };
    let request = |context: std::path::PathBuf| BuildRequest {
        context,
        dockerfile: "Dockerfile".into(),
        args: Labels::new(),
        target: None,
        tag: format!("waas/{}:shared", world.project),
        labels: Labels::from([("waas.tenant".into(), world.project.clone())]),
    };
    let lines = Mutex::new(0);
    let tell = |_: &str| *lines.lock().expect("not poisoned") += 1;
    let build = async |context, bases: &[String]| world.engine.build_once(&request(context), bases, &tell).await;

    let first = build(folder("one", "hello"), &[]).await.expect("built");
    let built = *lines.lock().expect("not poisoned");
    assert!(built > 0 && first.starts_with(&format!("waas/{}:shared.", world.project)), "{first}");
    let second = build(folder("two", "hello"), &[]).await.expect("there");
    assert_eq!((second, *lines.lock().expect("not poisoned")), (first.clone(), built), "built again");
    let changed = build(folder("three", "servus"), &[]).await.expect("built");
    let rebased = build(folder("four", "hello"), &["sha256:another".to_owned()]).await.expect("built");
    assert!(changed != first && rebased != first && rebased != changed);

    let repository = format!("waas/{}-users", world.project);
    for user in ["ann.1", "ann.2", "annabel.1"] {
        world.engine.tag(&first, &format!("{repository}:{user}")).await.expect("tagged");
    }
    let ann = world.engine.references(&repository, "ann.").await.expect("listed");
    assert_eq!(ann, [format!("{repository}:ann.1"), format!("{repository}:ann.2")]);
    for reference in ann.into_iter().chain([first.clone()]) {
        assert!(world.engine.remove_image(&reference).await.expect("removed"));
    }
    let left = format!("{repository}:annabel.1");
    assert!(world.engine.image_id(&left).await.expect("looked").is_some(), "it went with somebody else's name");
    for reference in [left, changed, rebased] {
        assert!(world.engine.remove_image(&reference).await.expect("removed"));
    }
}

#[tokio::test]
async fn the_engine_tells_its_versions_and_the_hosts_address() {
    let world = World::new().await;
    world.engine.ping().await.expect("alive");
    let version = world.engine.version().await.expect("a version");
    assert!(!version.release.is_empty());
    assert_eq!(version.api, version.negotiated);
    assert!(world.engine.gateway("bridge").await.expect("the default network").is_some());
}

#[tokio::test]
async fn an_engine_that_is_away_is_a_passing_error() {
    let engine = Engine::new("unix:///nowhere/docker.sock", Settings::default());
    let error = engine.list(&LabelFilter::default()).await.expect_err("nobody is there");
    assert!(error.is_unreachable() && error.is_passing(), "{error}");
    let error = Engine::connect("ssh://host", Settings::default()).await.expect_err("no such kind");
    assert!(!error.is_passing(), "{error}");
}
