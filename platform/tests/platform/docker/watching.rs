//! Events arrive at once, and listening survives an engine that goes away.

use std::path::Path;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use waas_platform::docker::{ContainerEvent, Engine, EventKind, Settings, Signal};

use super::{IMAGE, World, docker};

/// The next event of a kind, or a failure after ten seconds.
async fn wait_for(
    events: &mut (impl Stream<Item = Signal> + Unpin),
    wanted: impl Fn(EventKind) -> bool,
) -> ContainerEvent {
    let search = async {
        loop {
            match events.next().await.expect("the stream never ends") {
                Signal::Event(event) if wanted(event.kind) => return event,
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), search).await.expect("the event comes")
}

fn sleeper(more: &str) -> String {
    format!("services: {{a: {{image: '{IMAGE}', command: [sleep, '600'], stop_grace_period: 1s, {more}}}}}")
}

#[tokio::test]
async fn a_killed_container_is_seen_within_a_second() {
    let world = World::new().await;
    let stack = world.stack(&sleeper("healthcheck: {test: [CMD, 'true'], interval: 100ms}"));
    let mut events = pin!(world.engine.events(world.filter(), None));
    assert!(matches!(events.next().await, Some(Signal::Resync)));

    world.engine.ensure(&stack).await.expect("converged");
    world.engine.start_and_wait(&stack, &|_| {}).await.expect("started");
    assert_eq!(wait_for(&mut events, |_| true).await.kind, EventKind::Started);
    assert_eq!(wait_for(&mut events, |_| true).await.kind, EventKind::Healthy);

    let name = format!("{}-a-1", world.project);
    let killed = Instant::now();
    docker(&["kill", &name]);
    let died = wait_for(&mut events, |kind| kind != EventKind::Healthy).await;
    assert!(killed.elapsed() < Duration::from_secs(1), "{:?}", killed.elapsed());
    assert_eq!(died.kind, EventKind::Died { exit_code: 137 });
    assert_eq!((died.name, died.service), (name, "a".to_owned()));

    world.engine.remove_containers(&world.filter()).await.expect("removed");
    wait_for(&mut events, |kind| kind == EventKind::Removed).await;
}

/// A socket in front of the engine that can be shut and opened, as a restarted engine is.
fn door(path: &Path) -> CancellationToken {
    let shut = CancellationToken::new();
    let listener = UnixListener::bind(path).expect("a socket");
    let token = shut.clone();
    tokio::spawn(token.clone().run_until_cancelled_owned(async move {
        loop {
            let (mut near, _) = listener.accept().await.expect("a connection");
            tokio::spawn(token.clone().run_until_cancelled_owned(async move {
                let mut far = UnixStream::connect("/var/run/docker.sock").await.expect("the engine");
                // It ends when either side hangs up, which is no failure here.
                drop(tokio::io::copy_bidirectional(&mut near, &mut far).await);
            }));
        }
    }));
    shut
}

#[tokio::test]
async fn what_happens_while_the_engine_is_away_is_told_after() {
    let world = World::new().await;
    let socket = world.path().join("docker.sock");
    let shut = door(&socket);
    let engine = Engine::new(&format!("unix://{}", socket.display()), Settings::default());
    let mut events = pin!(engine.events(world.filter(), None));
    assert!(matches!(events.next().await, Some(Signal::Resync)));

    shut.cancel();
    assert!(matches!(events.next().await, Some(Signal::Lost { .. })));
    std::fs::remove_file(&socket).expect("removed");
    assert!(engine.ping().await.is_err_and(|error| error.is_unreachable()));
    let stack = world.stack(&sleeper(""));
    world.engine.ensure(&stack).await.expect("converged");
    world.engine.start_and_wait(&stack, &|_| {}).await.expect("started");

    let _open = door(&socket);
    let next = tokio::time::timeout(Duration::from_secs(10), events.next()).await.expect("it comes back");
    assert!(matches!(next, Some(Signal::Resync)), "{next:?}");
    assert_eq!(wait_for(&mut events, |_| true).await.kind, EventKind::Started);
    engine.ping().await.expect("the same engine answers again");
}
