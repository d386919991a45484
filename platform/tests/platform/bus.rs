//! The bus against a real Redis, started for each test on a port of its own and stopped by its process id.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use waas_platform::bus::{AclUser, Bus, BusError, Gap, HandoffSettings, Heard, Settings, SubscriptionLimits};

/// No wait in this file may last longer.
const DEADLINE: Duration = Duration::from_secs(20);

/// A Redis of this test's own; killed when dropped.
struct Redis {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
    password: Option<&'static str>,
}

impl Redis {
    async fn start() -> Self {
        Self::start_with(None).await
    }

    async fn start_with(password: Option<&'static str>) -> Self {
        let port = free_port();
        let folder = tempfile::tempdir().expect("a folder for Redis");
        let process = spawn(port, &folder, password);
        let redis = Self { process, port, folder, password };
        redis.ready().await;
        redis
    }

    /// Kills the server without a farewell and begins a new, empty one at the same address.
    async fn restart(&mut self) {
        self.kill();
        self.process = spawn(self.port, &self.folder, self.password);
        self.ready().await;
    }

    fn kill(&mut self) {
        self.process.kill().expect("Redis was running");
        self.process.wait().expect("Redis ended");
    }

    fn url(&self) -> String {
        let credentials = self.password.map(|password| format!(":{password}@")).unwrap_or_default();
        format!("redis://{credentials}127.0.0.1:{}", self.port)
    }

    fn settings(&self) -> Settings {
        Settings { max_backoff: Duration::from_millis(200), ..Settings::new(self.url()) }
    }

    async fn bus(&self) -> Bus {
        Bus::connect(self.settings()).await.expect("Redis is ready")
    }

    /// A bare connection, for what others do to Redis.
    async fn outsider(&self) -> MultiplexedConnection {
        outsider(&self.url()).await.expect("Redis is ready")
    }

    async fn ready(&self) {
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        // A look that takes longer must not be followed by others at once: what is waited for runs on the same thread.
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        within(async {
            loop {
                tick.tick().await;
                let Ok(mut connection) = outsider(&self.url()).await else {
                    continue;
                };
                if redis::cmd("PING").query_async::<()>(&mut connection).await.is_ok() {
                    return;
                }
            }
        })
        .await;
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound address").port()
}

fn spawn(port: u16, folder: &tempfile::TempDir, password: Option<&str>) -> Child {
    let mut command = Command::new("redis-server");
    command
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(password) = password {
        command.args(["--requirepass", password]);
    }
    command.spawn().expect("redis-server is installed")
}

async fn outsider(url: &str) -> redis::RedisResult<MultiplexedConnection> {
    redis::Client::open(url)?.get_multiplexed_async_connection().await
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("done before the deadline")
}

async fn push(connection: &mut MultiplexedConnection, list: &str, item: &str) {
    redis::cmd("LPUSH").arg(list).arg(item).query_async::<()>(connection).await.expect("pushed");
}

async fn publish(connection: &mut MultiplexedConnection, channel: &str, payload: &str) -> redis::RedisResult<u64> {
    redis::cmd("PUBLISH").arg(channel).arg(payload).query_async(connection).await
}

async fn standing(connection: &mut MultiplexedConnection, list: &str) -> Vec<String> {
    redis::cmd("LRANGE").arg(list).arg(0).arg(-1).query_async(connection).await.expect("a list")
}

fn quick() -> HandoffSettings {
    HandoffSettings { batch: 4, block: Duration::from_millis(100), sweep: Duration::from_millis(200) }
}

/// Never sweeps, so that only what is owed comes again.
fn unswept() -> HandoffSettings {
    HandoffSettings { sweep: Duration::from_secs(3600), ..quick() }
}

fn texts(items: &[Bytes]) -> Vec<String> {
    items.iter().map(|item| String::from_utf8_lossy(item).into_owned()).collect()
}

#[tokio::test]
async fn no_redis_at_start_is_passing_and_a_wrong_password_is_not() {
    let nobody = Settings::new(format!("redis://127.0.0.1:{}", free_port()));
    assert!(matches!(within(Bus::connect(nobody)).await, Err(BusError::Away(_))));

    let redis = Redis::start_with(Some("right")).await;
    let wrong = Settings::new(format!("redis://:wrong@127.0.0.1:{}", redis.port));
    let refused = within(Bus::connect(wrong)).await.expect_err("a wrong password");
    assert!(!refused.is_passing(), "{refused}");
    assert!(!refused.to_string().contains("wrong@"), "{refused}");
    assert!(within(Bus::connect(redis.settings())).await.is_ok());
}

#[tokio::test]
async fn commands_come_back_after_a_restart() {
    let mut redis = Redis::start().await;
    let bus = redis.bus().await;
    redis.kill();
    assert!(matches!(within(bus.ping()).await, Err(BusError::Away(_))));
    redis.restart_after_kill().await;
    within(async { while bus.ping().await.is_err() {} }).await;
}

impl Redis {
    async fn restart_after_kill(&mut self) {
        self.process = spawn(self.port, &self.folder, self.password);
        self.ready().await;
    }
}

#[tokio::test]
async fn items_come_oldest_first_and_leave_only_when_confirmed() {
    let redis = Redis::start().await;
    let bus = redis.bus().await;
    let mut gateway = redis.outsider().await;
    for item in ["1", "2", "3", "4", "5"] {
        push(&mut gateway, "q", item).await;
    }
    let mut consumer = bus.handoff("q", quick());
    let first = within(consumer.next()).await.expect("a batch");
    assert_eq!(texts(&first), ["1", "2", "3", "4"]);
    let lengths = bus.queue_lengths("q").await.expect("lengths");
    assert_eq!((lengths.waiting, lengths.processing), (1, 4));

    consumer.done(&first).await.expect("confirmed");
    let rest = within(consumer.next()).await.expect("a batch");
    assert_eq!(texts(&rest), ["5"]);
    consumer.done(&rest).await.expect("confirmed");
    let lengths = bus.queue_lengths("q").await.expect("lengths");
    assert_eq!((lengths.waiting, lengths.processing), (0, 0));
}

#[tokio::test]
async fn a_waiting_consumer_gets_what_is_pushed_later_whole_and_whatever_it_holds() {
    let redis = Redis::start().await;
    let mut gateway = redis.outsider().await;
    let mut consumer = redis.bus().await.handoff("q", quick());
    let huge = "x".repeat(300 * 1024);
    let (taken, ()) = tokio::join!(within(consumer.next()), push(&mut gateway, "q", &huge));
    let taken = taken.expect("a batch");
    assert_eq!(texts(&taken), [huge]);
    consumer.done(&taken).await.expect("confirmed");

    redis::cmd("LPUSH").arg("q").arg(&b"\xff\x00not text"[..]).query_async::<()>(&mut gateway).await.expect("pushed");
    let taken = within(consumer.next()).await.expect("a batch");
    assert_eq!(taken, [Bytes::from_static(b"\xff\x00not text")]);
}

#[tokio::test]
async fn what_a_killed_consumer_took_is_handed_out_first_to_the_next_one() {
    let redis = Redis::start().await;
    let bus = redis.bus().await;
    let mut gateway = redis.outsider().await;
    for item in ["1", "2"] {
        push(&mut gateway, "q", item).await;
    }
    let mut killed = bus.handoff("q", unswept());
    assert_eq!(within(killed.next()).await.expect("a batch").len(), 2);
    drop(killed);
    push(&mut gateway, "q", "3").await;

    let mut next = bus.handoff("q", unswept());
    let left = within(next.next()).await.expect("a batch");
    assert_eq!(texts(&left), ["1", "2"]);
    next.done(&left).await.expect("confirmed");
    assert_eq!(texts(&within(next.next()).await.expect("a batch")), ["3"]);
}

#[tokio::test]
async fn a_living_consumer_takes_over_from_a_dead_one() {
    let redis = Redis::start().await;
    let bus = redis.bus().await;
    let mut gateway = redis.outsider().await;
    // The living one is past its first look before the other takes and dies.
    push(&mut gateway, "q", "own").await;
    let mut living = bus.handoff("q", quick());
    let own = within(living.next()).await.expect("a batch");
    living.done(&own).await.expect("confirmed");

    push(&mut gateway, "q", "orphan").await;
    let mut dying = bus.handoff("q", quick());
    assert_eq!(texts(&within(dying.next()).await.expect("a batch")), ["orphan"]);
    drop(dying);
    assert_eq!(texts(&within(living.next()).await.expect("a batch")), ["orphan"]);
}

#[tokio::test]
async fn an_item_moved_for_a_wait_that_was_dropped_is_handed_out_by_the_next_call() {
    let redis = Redis::start().await;
    let mut gateway = redis.outsider().await;
    let patient = HandoffSettings { block: DEADLINE, ..unswept() };
    let mut consumer = redis.bus().await.handoff("q", patient);
    tokio::select! {
        _ = consumer.next() => panic!("nothing was pushed"),
        () = a_client_blocks(&mut gateway) => {}
    }
    push(&mut gateway, "q", "1").await;
    assert_eq!(standing(&mut gateway, "q:processing").await, ["1"]);
    let taken = within(consumer.next()).await.expect("a batch");
    assert_eq!(texts(&taken), ["1"]);
}

/// Returns when somebody waits on the server for an item.
async fn a_client_blocks(asking: &mut MultiplexedConnection) {
    within(async {
        loop {
            let clients: String = redis::cmd("INFO").arg("clients").query_async(asking).await.expect("figures");
            if clients.contains("blocked_clients:1") {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn confirming_removes_exactly_one_of_two_equal_items() {
    let redis = Redis::start().await;
    let mut gateway = redis.outsider().await;
    push(&mut gateway, "q", "same").await;
    push(&mut gateway, "q", "same").await;
    let mut consumer = redis.bus().await.handoff("q", quick());
    let both = within(consumer.next()).await.expect("a batch");
    assert_eq!(both.len(), 2);
    consumer.done(&both[..1]).await.expect("confirmed");
    assert_eq!(standing(&mut gateway, "q:processing").await, ["same"]);
}

#[tokio::test]
async fn a_consumer_survives_a_restart_of_redis() {
    let mut redis = Redis::start().await;
    let mut consumer = redis.bus().await.handoff("q", quick());
    let mut gateway = redis.outsider().await;
    push(&mut gateway, "q", "before").await;
    let before = within(consumer.next()).await.expect("a batch");
    redis.restart().await;
    // The server forgot the item; it is in our hands, and confirming it is no error of ours once Redis is back.
    within(async { while consumer.done(&before).await.is_err() {} }).await;

    let mut gateway = redis.outsider().await;
    push(&mut gateway, "q", "after").await;
    let after = within(async {
        loop {
            if let Ok(taken) = consumer.next().await {
                return taken;
            }
        }
    })
    .await;
    assert_eq!(texts(&after), ["after"]);
}

#[tokio::test]
async fn a_subscription_hears_its_pattern_and_tells_its_gaps() {
    let mut redis = Redis::start().await;
    let bus = redis.bus().await;
    let mut heard = bus.subscribe("telemetry:*", SubscriptionLimits::default()).await.expect("subscribed");
    let mut tenant = redis.outsider().await;
    publish(&mut tenant, "other:a", "not for us").await.expect("published");
    publish(&mut tenant, "telemetry:a", "one").await.expect("published");
    let one = Heard::Message { channel: "telemetry:a".to_owned(), payload: Bytes::from_static(b"one") };
    assert_eq!(within(heard.next()).await, one);

    redis.restart().await;
    assert_eq!(within(heard.next()).await, Heard::Gap(Gap::Reconnected));
    let mut tenant = redis.outsider().await;
    assert_eq!(publish(&mut tenant, "telemetry:a", "two").await.expect("published"), 1);
    let two = Heard::Message { channel: "telemetry:a".to_owned(), payload: Bytes::from_static(b"two") };
    assert_eq!(within(heard.next()).await, two);
}

#[tokio::test]
async fn a_dropped_subscription_leaves_the_server() {
    let redis = Redis::start().await;
    let heard = redis.bus().await.subscribe("telemetry:*", SubscriptionLimits::default()).await.expect("subscribed");
    drop(heard);
    let mut asking = redis.outsider().await;
    within(async {
        loop {
            let patterns: u64 = redis::cmd("PUBSUB").arg("NUMPAT").query_async(&mut asking).await.expect("a number");
            if patterns == 0 {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn subscribing_while_redis_is_away_says_so() {
    let mut redis = Redis::start().await;
    let bus = redis.bus().await;
    redis.kill();
    let away = within(bus.subscribe("telemetry:*", SubscriptionLimits::default())).await.expect_err("nobody there");
    assert!(away.is_passing(), "{away}");
}

/// SEC16: what a tenant's user may do, and what it may not.
#[tokio::test]
async fn a_tenants_user_publishes_to_its_own_channel_and_nothing_else() {
    let redis = Redis::start_with(Some("hubs-own")).await;
    let bus = redis.bus().await;
    assert!(!bus.is_open_to_strangers().await.expect("an answer"));
    let user = AclUser::publisher("tenant:salon", "s3cret", "telemetry:salon").expect("a plain user");
    bus.ensure_user(&user).await.expect("made");

    let url = format!("redis://tenant%3Asalon:s3cret@127.0.0.1:{}", redis.port);
    let mut tenant = outsider(&url).await.expect("the tenant signs in");
    redis::cmd("PING").query_async::<()>(&mut tenant).await.expect("PING is allowed");
    redis::cmd("HELLO").arg(2).query_async::<()>(&mut tenant).await.expect("HELLO is allowed");
    let signed_in = redis::cmd("AUTH").arg("tenant:salon").arg("s3cret").query_async::<()>(&mut tenant).await;
    signed_in.expect("AUTH is allowed");
    publish(&mut tenant, "telemetry:salon", "{}").await.expect("its own channel is allowed");

    let forbidden: &[&[&str]] = &[
        &["PUBLISH", "telemetry:other", "{}"],
        &["PUBLISH", "telemetry:*", "{}"],
        &["PUBLISH", "telemetry:salon2", "{}"],
        &["SPUBLISH", "telemetry:salon", "{}"],
        &["SUBSCRIBE", "telemetry:salon"],
        &["SUBSCRIBE", "telemetry:*"],
        &["PSUBSCRIBE", "*"],
        &["PSUBSCRIBE", "telemetry:salon"],
        &["PUBSUB", "CHANNELS"],
        &["CONFIG", "GET", "*"],
        &["KEYS", "*"],
        &["SCAN", "0"],
        &["GET", "hub:leads"],
        &["LPUSH", "hub:leads", "{}"],
        &["LRANGE", "hub:leads:processing", "0", "-1"],
        &["XADD", "telemetry:salon:s", "*", "m", "{}"],
        &["EVAL", "return 1", "0"],
        &["FLUSHALL"],
        &["FLUSHDB"],
        &["SHUTDOWN"],
        &["MONITOR"],
        &["SELECT", "1"],
        &["CLIENT", "LIST"],
        &["INFO"],
        &["ACL", "WHOAMI"],
        &["ACL", "SETUSER", "tenant:salon", "+@all"],
        &["MULTI"],
    ];
    for words in forbidden {
        let mut command = redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(*word);
        }
        let error = command.query_async::<redis::Value>(&mut tenant).await.expect_err(words[0]);
        assert_eq!(error.code(), Some("NOPERM"), "{words:?}: {error}");
    }
    let wrong = format!("redis://tenant%3Asalon:guess@127.0.0.1:{}", redis.port);
    assert!(outsider(&wrong).await.is_err(), "a wrong password signs nobody in");
}

#[tokio::test]
async fn users_are_made_once_made_again_after_a_loss_and_deleted() {
    let mut redis = Redis::start().await;
    let bus = redis.bus().await;
    assert!(bus.is_open_to_strangers().await.expect("an answer"), "the guard sees an open Redis");
    let desired = [
        AclUser::publisher("tenant:a", "pa", "telemetry:a").expect("a plain user"),
        AclUser::publisher("tenant:b", "pb", "telemetry:b").expect("a plain user"),
    ];
    let first = bus.reconcile_users(&desired).await.expect("reconciled");
    assert_eq!((first.made.len(), first.kept), (2, 0));
    let url = format!("redis://tenant%3Aa:pa@127.0.0.1:{}", redis.port);
    let mut tenant = outsider(&url).await.expect("signs in");
    let again = bus.reconcile_users(&desired).await.expect("reconciled");
    assert_eq!((again.made.len(), again.kept), (0, 2));
    publish(&mut tenant, "telemetry:a", "{}").await.expect("its connection lived through it");

    // Rights that somebody added by hand are taken away again.
    let mut admin = redis.outsider().await;
    redis::cmd("ACL")
        .arg("SETUSER")
        .arg("tenant:a")
        .arg("+@all")
        .arg("allkeys")
        .query_async::<()>(&mut admin)
        .await
        .expect("widened");
    bus.ensure_user(&desired[0]).await.expect("ensured");
    let keys = redis::cmd("KEYS").arg("*").query_async::<redis::Value>(&mut tenant).await;
    assert_eq!(keys.expect_err("narrow again").code(), Some("NOPERM"));

    redis.restart().await;
    let healed = within(async {
        loop {
            if let Ok(found) = bus.reconcile_users(&desired).await {
                return found;
            }
        }
    })
    .await;
    assert_eq!(healed.made, ["tenant:a", "tenant:b"]);

    assert!(bus.delete_user("tenant:a").await.expect("deleted"));
    assert!(!bus.delete_user("tenant:a").await.expect("nothing to delete"));
    assert_eq!(bus.users("tenant:").await.expect("users"), ["tenant:b"]);
}
