//! The table: every setting with its type, its default and what it does. One line adds one.

// Long because: it is one table, and a setting is found by looking through one file.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use waas_platform::observe::Format;
use waas_platform::secrets::{MasterKey, Secret};

use super::read::{GROUP, REQUIRED, Reader};
use super::value::{ConnectionUrl, EdgeMode, HttpUrl, PortRange, TelegramMode, Value};

/// A setting or a group of settings that reads itself.
trait Setting: Sized {
    fn take(from: &mut Reader, key: &str, default: &'static str, doc: &str) -> Option<Self>;
}

impl<T: Value> Setting for T {
    fn take(from: &mut Reader, key: &str, default: &'static str, doc: &str) -> Option<Self> {
        from.leaf(key, default, doc)
    }
}

macro_rules! settings {
    ($(#[doc = $about:literal])* $group:ident { $($(#[doc = $doc:literal])* $field:ident: $kind:ty = $default:expr),* $(,)? }) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug)]
        pub struct $group { $($(#[doc = $doc])* pub $field: $kind),* }

        impl Setting for $group {
            /// Reads every field before giving up, so that all faults are found.
            fn take(from: &mut Reader, prefix: &str, _: &'static str, _: &str) -> Option<Self> {
                $(let $field = {
                    let name = stringify!($field);
                    let key = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
                    <$kind as Setting>::take(from, &key, $default, concat!($($doc),*))
                };)*
                Some(Self { $($field: $field?),* })
            }
        }
    };
}

settings! {
    /// Every setting of the hub.
    Config {
        /// What this installation is called on the labels of its Docker objects; two on one engine need two names.
        instance: String = "hub",
        /// Where rendered stacks, certificates and backups in the making stand.
        data_dir: PathBuf = "/var/lib/waas-hub",
        /// Encrypts every stored secret: 32 bytes in base64.
        master_key: MasterKey = REQUIRED,
        /// The language of those who have not chosen one.
        locale: String = "en",
        /// The time zone of those who have not chosen one.
        timezone: Tz = "UTC",
        /// How long a stop waits for work under way before it is cut.
        drain: Duration = "10s",
        /// Logs.
        log: Log = GROUP,
        /// Telegram.
        telegram: Telegram = GROUP,
        /// The hub's own HTTP listener.
        http: Http = GROUP,
        /// Postgres.
        database: Database = GROUP,
        /// Redis.
        redis: Redis = GROUP,
        /// Sagas, timers and leases.
        durable: Durable = GROUP,
        /// The Docker engine.
        docker: Docker = GROUP,
        /// Base images of tenants' containers.
        images: Images = GROUP,
        /// Host ports for tenants.
        ports: Ports = GROUP,
        /// Tenants.
        tenants: Tenants = GROUP,
        /// Provisioning.
        provisioning: Provisioning = GROUP,
        /// nginx.
        edge: Edge = GROUP,
        /// Certificates.
        acme: Acme = GROUP,
        /// Leads.
        leads: Leads = GROUP,
        /// Surveys.
        surveys: Surveys = GROUP,
        /// Clients.
        clients: Clients = GROUP,
        /// Enrolment of members.
        enrol: Enrol = GROUP,
        /// Who did what.
        audit: Audit = GROUP,
        /// Credentials handed to clients.
        credentials: Credentials = GROUP,
        /// Telemetry.
        telemetry: Telemetry = GROUP,
        /// Alerts.
        alerts: Alerts = GROUP,
        /// Where critical alerts go while Telegram cannot be reached.
        second_route: SecondRoute = GROUP,
        /// Mails to people outside.
        mail: Mail = GROUP,
    }
}

settings! {
    /// Logs.
    Log {
        /// How lines look; auto is text on a terminal, else JSON.
        format: Format = "auto",
        /// What is logged: a level, or `target=level` separated by commas.
        filter: String = "info,sqlx=warn,hyper=warn,reqwest=warn,bollard=warn",
    }
}

settings! {
    /// Telegram.
    Telegram {
        /// The bot's token; required by the bot role.
        token: Option<Secret> = "",
        /// A Bot API server.
        api_url: HttpUrl = "https://api.telegram.org",
        /// How updates arrive.
        mode: TelegramMode = "polling",
        /// Proves that a webhook call comes from Telegram; required in webhook mode, the same for all replicas.
        webhook_secret: Option<Secret> = "",
        /// How long one long poll waits for updates.
        poll_timeout: Duration = "25s",
        /// How long any other call may take.
        request_timeout: Duration = "30s",
        /// How many conversations are worked on at once.
        turn_workers: usize = "8",
        /// How long one turn may take.
        turn_deadline: Duration = "10s",
        /// After how many failed attempts an update becomes a dead letter.
        turn_attempts: u32 = "5",
        /// The pause after the first failed attempt of a turn; it doubles with each, up to a minute.
        turn_backoff: Duration = "500ms",
        /// How long a press waits for its turn's own answer before an empty one stops the spinner.
        answer_within: Duration = "600ms",
        /// How often a message with an unknown outcome is sent before it becomes a dead letter; one that certainly did not go out is tried for ever.
        send_attempts: u32 = "10",
        /// The pause after the first failed send; it doubles with each.
        send_backoff: Duration = "500ms",
        /// How often it is looked for messages that are marked as being sent and are in nobody's hand.
        strays: Duration = "50s",
        /// How long a card that shows progress rests between two edits in a group.
        progress_pause: Duration = "10s",
        /// How long a replica that stopped answering keeps the right to poll or to send.
        lease: Duration = "10s",
        /// How long finished updates are kept, so that a repeated one is known.
        inbox_kept: Duration = "48h",
        /// Limits of sending.
        limits: TelegramLimits = GROUP,
    }
}

settings! {
    /// Limits of sending.
    TelegramLimits {
        /// Calls a second, overall.
        global_per_s: u32 = "30",
        /// Messages a second to one chat.
        chat_per_s: u32 = "1",
        /// As many may go to one chat at once after a pause.
        chat_burst: u32 = "3",
        /// Messages a minute to one group with all its topics.
        group_per_min: u32 = "20",
    }
}

settings! {
    /// The hub's own HTTP listener.
    Http {
        /// Address and port.
        listen: SocketAddr = "127.0.0.1:8080",
        /// How the world reaches it.
        public_url: HttpUrl = "http://127.0.0.1:8080",
        /// How long a readiness check waits for one dependency.
        probe_timeout: Duration = "2s",
    }
}

settings! {
    /// Postgres.
    Database {
        /// postgres://user:password@host:port/database
        url: ConnectionUrl = REQUIRED,
        /// The most connections of this process.
        max_connections: u32 = "20",
        /// How long work waits for a free connection.
        acquire_timeout: Duration = "5s",
        /// How long one statement may take; longer than a turn may. Migrations may take longer.
        statement_timeout: Duration = "30s",
        /// How long a statement waits for a lock; longer than a turn may take. Migrations may wait longer.
        lock_timeout: Duration = "20s",
        /// After how long the server ends a transaction in which nothing happens; longer than a turn may take.
        idle_transaction_timeout: Duration = "60s",
    }
}

settings! {
    /// Redis.
    Redis {
        /// redis://user:password@host:port
        url: ConnectionUrl = REQUIRED,
        /// The list that gateways push leads to.
        lead_queue: String = "hub:leads",
        /// How long a command may take.
        command_timeout: Duration = "5s",
        /// The longest pause between two attempts to connect anew; the first is 50 ms and doubles.
        reconnect_pause: Duration = "2s",
    }
}

settings! {
    /// Sagas, timers and leases.
    Durable {
        /// How long a replica that stopped answering keeps its work; then another takes over.
        lease: Duration = "10s",
        /// How many steps run at once.
        workers: usize = "4",
        /// How often is looked for due work when nobody announced any.
        poll: Duration = "1s",
        /// The pause after a step's first failure; it doubles with each.
        step_backoff: Duration = "1s",
    }
}

settings! {
    /// The Docker engine.
    Docker {
        /// Its socket or address.
        endpoint: String = "unix:///var/run/docker.sock",
        /// How long a call to it may take, other than builds and pulls.
        timeout: Duration = "60s",
        /// How long a container may take to become healthy beyond what its own health check allows.
        health_slack: Duration = "30s",
        /// How often everything is looked at, whatever the events said.
        sweep: Duration = "5m",
    }
}

settings! {
    /// Base images of tenants' containers.
    Images {
        /// Python.
        python: String = "python:3.11-slim-bookworm",
        /// Postgres.
        postgres: String = "postgres:15-bookworm",
        /// Redis.
        redis: String = "redis:7-bookworm",
    }
}

settings! {
    /// Host ports for tenants.
    Ports {
        /// Published on loopback only.
        range: PortRange = "20000-29999",
    }
}

settings! {
    /// Tenants.
    Tenants {
        /// The listener for tenants' containers; not given: port 8090 on the bridge gateway.
        listen: Option<SocketAddr> = "",
        /// How containers reach the hub's Redis; not given: `redis.url` by way of host.docker.internal.
        redis_url: Option<ConnectionUrl> = "",
        /// How containers reach the hub; not given: host.docker.internal with the port of `tenants.listen`.
        hub_url: Option<HttpUrl> = "",
        /// How long a deleted tenant's data is kept.
        delete_grace: Duration = "90d",
    }
}

settings! {
    /// Provisioning.
    Provisioning {
        /// How long a hook of a template (migrate, dump …) may take.
        hook_timeout: Duration = "10m",
        /// How often the engine probes each container; whole seconds. Short ones find trouble and build sites sooner, and cost
        /// a process a probe: with hundreds of containers take 10s or more.
        health_interval: Duration = "2s",
    }
}

settings! {
    /// nginx.
    Edge {
        /// Who runs nginx.
        mode: EdgeMode = "managed",
        /// The port for http; not given: 80, or 8088 when the hub may not bind low ports.
        http_port: Option<u16> = "",
        /// The port for https; not given: 443, or 8443 when the hub may not bind low ports.
        https_port: Option<u16> = "",
        /// The program, in mode managed.
        nginx: PathBuf = "nginx",
        /// Every tenant also has <label>.<base domain>.
        base_domain: Option<String> = "",
        /// Where sites are written, in mode system.
        conf_dir: PathBuf = "/etc/nginx/conf.d",
        /// Tests the configuration, in mode system.
        test_command: String = "nginx -t",
        /// Makes it take effect, in mode system.
        reload_command: String = "nginx -s reload",
        /// How long a new site may take to answer before it is taken back.
        probe_timeout: Duration = "10s",
    }
}

settings! {
    /// Certificates.
    Acme {
        /// The directory of the authority; empty: certificates are off, sites answer on http.
        directory_url: Option<HttpUrl> = "https://acme-v02.api.letsencrypt.org/directory",
        /// Where the authority writes to (mailto:…).
        contact: Option<String> = "",
        /// Trusted as root for the authority's own server.
        ca_file: Option<PathBuf> = "",
    }
}

settings! {
    /// Leads.
    Leads {
        /// The largest lead in bytes; larger ones become dead letters.
        max_bytes: usize = "262144",
        /// The file with the rules of the score, instead of the one that is built in.
        scoring: Option<PathBuf> = "",
        /// How long one read waits for a lead.
        poll: Duration = "1s",
        /// Cards of their own for leads of one source in one window; the others are told of in one digest.
        flood_cards: u32 = "100",
        /// That window; a flood ends when its source was quiet for as long.
        flood_window: Duration = "60s",
        /// A lead that nobody did anything with is brought to mind after this long: one that was taken to its holder, a new one to all.
        remind_after: Duration = "1h",
        /// When its holder was reminded in vain for this long, all are.
        remind_all_after: Duration = "2h",
        /// How often is looked for leads to remind of.
        remind_every: Duration = "30s",
        /// From this hour on, on the clock of `timezone`, nobody is reminded but of a call that they promised for just then …
        quiet_from: u32 = "21",
        /// … until this hour; the same hour twice: no quiet.
        quiet_to: u32 = "8",
        /// Posts a minute of one gateway key.
        http_per_minute: u32 = "600",
        /// Posts of one gateway key at once after a pause.
        http_burst: u32 = "300",
        /// How long the body of a post may take to arrive.
        http_body_timeout: Duration = "10s",
        /// How far the time of a signature may be away from ours.
        signature_tolerance: Duration = "300s",
        /// How long the id of a signed post is remembered.
        signature_remembered: Duration = "24h",
    }
}

settings! {
    /// Surveys.
    Surveys {
        /// How long an onboarding link works.
        link_ttl: Duration = "14d",
    }
}

settings! {
    /// Clients.
    Clients {
        /// The name under which operators' messages reach clients; "our team" when there is none.
        house: Option<String> = "",
        /// Messages that a client may write without an answer before no more are passed on.
        most_unanswered: u32 = "30",
        /// The shortest time between two notices of what one client writes; between them the card changes in its place.
        pace: Duration = "60s",
    }
}

settings! {
    /// Enrolment of members.
    Enrol {
        /// How long a code works.
        ttl: Duration = "10m",
    }
}

settings! {
    /// Who did what.
    Audit {
        /// How soon an entry becomes part of the chain that shows whether it was changed.
        link_every: Duration = "5s",
    }
}

settings! {
    /// Credentials handed to clients.
    Credentials {
        /// After how long the message that shows them is deleted.
        burn_after: Duration = "10m",
        /// How long a link that nobody opened works.
        link_ttl: Duration = "14d",
    }
}

settings! {
    /// Telemetry.
    Telemetry {
        /// After how many of its intervals a heartbeat is missed.
        missed_intervals: u32 = "3",
        /// A heartbeat is missed after this long at the earliest.
        missed_least: Duration = "10s",
        /// The longest time between two looks for missed heartbeats, whatever is known to be due.
        check: Duration = "10s",
        /// Messages are stored in batches of at most this many …
        batch: usize = "500",
        /// … or when the oldest waited this long.
        batch_wait: Duration = "20ms",
        /// How far back a message may be dated.
        late: Duration = "7d",
    }
}

settings! {
    /// Alerts.
    Alerts {
        /// How long an acknowledgement holds.
        ack_lease: Duration = "1h",
        /// How long a silence holds when nothing is said.
        silence: Duration = "2h",
        /// A page that waits longer to be sent is an alert itself, and makes the process unready.
        page_wait: Duration = "60s",
        /// How often waiting pages are looked after.
        page_watch: Duration = "5s",
    }
}

settings! {
    /// Where critical alerts go while Telegram cannot be reached.
    SecondRoute {
        /// After how long without Telegram.
        after: Duration = "5m",
        /// A mail server: smtp://user:password@host:port or smtps://…
        smtp_url: Option<Secret> = "",
        /// Who writes the mail.
        mail_from: Option<String> = "",
        /// Who gets it, separated by commas.
        mail_to: Option<String> = "",
        /// An address that takes a POST of {"title", "text"}.
        webhook_url: Option<Secret> = "",
    }
}

settings! {
    /// Mails to people outside: the links of those who are not at Telegram.
    Mail {
        /// A mail server: smtp://user:password@host:port or smtps://…; without one operators send such texts themselves.
        smtp_url: Option<Secret> = "",
        /// Who writes, as in Studio <hello@studio.example>.
        from: Option<String> = "",
        /// How often a mail is tried before it is a dead letter.
        attempts: u32 = "8",
        /// The pause after the first failure; it doubles with each, up to an hour.
        backoff: Duration = "30s",
    }
}

impl Config {
    /// Reads every setting; none when one of them could not be had.
    pub(super) fn take_all(from: &mut Reader) -> Option<Self> {
        Self::take(from, "", GROUP, "")
    }
}
