//! A world: all parts of one running hub, with nobody else in it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::database::{self, Database, Server};
use crate::emulator::Emulator;
use crate::engine::{Engine, Inventory};
use crate::gateway::{Door, Gateway};
use crate::ground::Ground;
use crate::group::Group;
use crate::hub::Hub;
use crate::person::Person;
use crate::postgres::Postgres;
use crate::process;
use crate::settings::{LIFTED, secret, usual_settings};
use crate::site::Site;
use crate::slot::Slot;

/// The username of the bot in every world.
const BOT: &str = "waas_hub_bot";

/// Of the ten ports of a world's own, the one for what a test brings.
const SPARE: u16 = 7;
/// And the one for a database server that nobody else uses.
const OWN_POSTGRES: u16 = 8;

/// How a world differs from the usual one.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Settings of the hub as environment variables, over the world's own.
    pub settings: Vec<(String, String)>,
    /// Leave the hub stopped; [`Hub::start`] is up to the test.
    pub hub_stopped: bool,
    /// Neither the hub nor the Bot API server limits how much is sent: for tests of what gets lost, not of how fast.
    pub no_limits: bool,
    /// The hub is known by the address of a balancer on [`World::spare_port`].
    pub balanced: bool,
    /// A Postgres server that nobody else uses: see [`World::postgres`].
    pub own_postgres: bool,
}

impl Options {
    /// One more setting, by its environment variable.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Everything that runs for one test, or for the demo.
#[derive(Debug)]
pub struct World {
    slot: Slot,
    folder: PathBuf,
    database: Database,
    postgres: Option<Postgres>,
    gateway: Gateway,
    emulator: Emulator,
    engine: Engine,
    hub: Hub,
    edge_port: u16,
    token: String,
    ended: bool,
}

impl World {
    /// The usual world, with its hub running.
    ///
    /// # Errors
    /// A part does not start; the error says which, and shows its log.
    pub async fn start() -> Result<Self> {
        Self::start_with(Options::default()).await
    }

    /// A world with other settings.
    ///
    /// # Errors
    /// A part does not start; the error says which, and shows its log.
    pub async fn start_with(options: Options) -> Result<Self> {
        let ground = Ground::survey()?;
        let mut slot = Slot::take()?;
        let engine = Engine::connect(&slot.instance()).await?;
        if let Some(abandoned) = slot.abandoned.take() {
            bury(&abandoned);
            engine.sweep().await?;
        }
        let folder = ground.target.join("worlds").join(slot.instance());
        bury(&folder);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        slot.remember(&folder)?;

        let hub_binary = ground.binary("hub", "WAAS_HUB_BIN")?;
        let emulator_binary = ground.binary("telegram-emulator", "WAAS_EMULATOR_BIN")?;
        let door = Door { port: slot.port(0), bridge: ground.gateway.clone(), password: secret(24) };
        let token = format!("{}:{}", 700_000_000 + u32::from(slot.port(0)), secret(35));
        let log = |name: &str| folder.join(format!("{name}.log"));

        let gateway = Gateway::start(&door, &folder, &log("redis")).await?;
        let emulator = Emulator::start(&emulator_binary, slot.port(1), !options.no_limits, &log("emulator")).await?;
        emulator.add_bot(&token, BOT).await?;

        let mut settings = usual_settings(&ground, &slot, &folder, &door, &token, emulator.url());
        if options.balanced {
            let url = format!("http://127.0.0.1:{}", slot.port(SPARE));
            settings.push(("HUB_HTTP__PUBLIC_URL".to_owned(), url));
        }
        if options.no_limits {
            settings.extend(LIFTED.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        settings.extend(options.settings);
        let migrated = database::fingerprint(&hub_binary)?;
        let postgres = match options.own_postgres {
            true => Some(Postgres::start(slot.port(OWN_POSTGRES), &log("postgres")).await?),
            false => None,
        };
        let server = match &postgres {
            Some(own) => Server::Own(own.url()),
            None => Server::Shared(ground.database_url.clone()),
        };
        let database = Database::create(server, &slot.instance(), &migrated, async |url: &str| {
            let migrator = Hub::new(&hub_binary, settings.clone(), log("migrate"), 0)?;
            let told = migrator.cli_with(&["migrate"], &[("HUB_DATABASE__URL", url)]).await?;
            told.expect(0).map(drop)
        })
        .await?;
        settings.push(("HUB_DATABASE__URL".to_owned(), database.url()));

        let world = Self {
            hub: Hub::new(&hub_binary, settings, log("hub"), slot.port(2))?,
            edge_port: slot.port(3),
            slot,
            folder,
            database,
            postgres,
            gateway,
            emulator,
            engine,
            token,
            ended: false,
        };
        if !options.hub_stopped {
            world.hub.start().await?;
        }
        Ok(world)
    }

    /// One more hub on the same database, with the roles that several can have at once. It is stopped.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn replica(&self) -> Result<Hub> {
        let port = self.slot.port(6);
        let settings = vec![("HUB_HTTP__LISTEN".to_owned(), format!("127.0.0.1:{port}"))];
        self.hub.replica(&["bot", "http"], settings, self.folder.join("replica.log"), port)
    }

    /// A port of this world that no part of it has.
    pub fn spare_port(&self) -> u16 {
        self.slot.port(SPARE)
    }

    // --- the parts ---

    /// The process.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Redis.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// The database server of a world that has one of its own.
    ///
    /// # Errors
    /// It has none ([`Options::own_postgres`]).
    pub fn postgres(&self) -> Result<&Postgres> {
        self.postgres.as_ref().context("this world shares its database server with others")
    }

    /// The Bot API server.
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Docker.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// A site by its domain.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn site(&self, domain: &str) -> Result<Site> {
        Site::new(self.edge_port, domain)
    }

    /// The bot's token, for those who look whether it is shown.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The hub's `data_dir`.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A connection to the hub's database, for facts that none of its doors shows.
    ///
    /// # Errors
    /// Postgres is away.
    pub async fn database(&self) -> Result<PgConnection> {
        self.database.connect().await
    }

    /// Lower-case letters and digits that no other world has at this time, for slugs and domains: both are names on
    /// one Docker engine.
    pub fn mark(&self) -> String {
        self.slot.instance()
    }

    // --- people ---

    /// Somebody whom the hub does not know yet.
    ///
    /// # Errors
    /// The emulator is away.
    pub async fn person(&self, first_name: &str, last_name: &str) -> Result<Person> {
        self.person_speaking(first_name, last_name, "en").await
    }

    /// As [`World::person`], with an app in another language.
    ///
    /// # Errors
    /// The emulator is away.
    pub async fn person_speaking(&self, first_name: &str, last_name: &str, language: &str) -> Result<Person> {
        Person::new(&self.emulator, BOT, self.hub.log_path(), first_name, last_name, language).await
    }

    /// Somebody who has enrolled as owner.
    ///
    /// # Errors
    /// Enrolment does not work.
    pub async fn owner(&self, first_name: &str) -> Result<Person> {
        self.member(first_name, "owner").await
    }

    /// Somebody who has enrolled with a role.
    ///
    /// # Errors
    /// Enrolment does not work.
    pub async fn member(&self, first_name: &str, role: &str) -> Result<Person> {
        let person = self.person(first_name, "").await?;
        let enrolled = self.hub.json(&["enrol", "--role", role]).await?;
        let code = enrolled["code"].as_str().context("`hub enrol` printed no code")?;
        person.opens(&format!("enrol_{code}")).await?;
        person.sees("a welcome with the role", |m| m.says(role)).await?;
        Ok(person)
    }

    /// A group of that kind (`group`, `supergroup`, `forum`) with these people and the bot; the first of them made it.
    /// `admin`: the bot is one.
    ///
    /// # Errors
    /// The emulator is away.
    pub async fn group(&self, kind: &str, title: &str, people: &[&Person], admin: bool) -> Result<Group> {
        let people: Vec<i64> = people.iter().map(|person| person.id).collect();
        Group::new(&self.emulator, BOT, self.hub.log_path(), kind, title, &people, admin).await
    }

    /// A lead as a gateway would hand it over, with an id that no other has.
    pub fn lead(&self, name: &str) -> Value {
        json!({
            "id": uuid::Uuid::new_v4().to_string(),
            "source": "gateway.example",
            "niche": "beauty_salon",
            "name": name,
            "phone": "+4930901820",
            "email": "ann@new-salon.example",
            "message": "I would like a site where clients can book a time.",
            "locale": "en",
            "consent": {"privacy": true, "marketing": false},
            "created_at": chrono::Utc::now().to_rfc3339(),
        })
    }

    // --- the end ---

    /// Ends the world, which must have come to rest: no message unsent, and on the engine nothing but what `keeps`
    /// lists (slugs of tenants that the test left standing on purpose).
    ///
    /// # Errors
    /// Something is left over, or the hub does not stop as promised.
    pub async fn end_with(mut self, keeps: &[&str]) -> Result<()> {
        if self.hub.runs().await {
            self.settles().await?;
            self.hub.stop().await?;
        }
        let mut left = self.engine.inventory().await?.beyond(&Inventory::default());
        left.retain(|item| !keeps.iter().any(|slug| item.contains(slug)));
        self.ended = true;
        self.clear().await?;
        if !left.is_empty() {
            bail!("left over on the engine: {}", left.join(", "));
        }
        Ok(())
    }

    /// Ends a world without tenants.
    ///
    /// # Errors
    /// As for [`end_with`](Self::end_with).
    pub async fn end(self) -> Result<()> {
        self.end_with(&[]).await
    }

    /// Removes everything, whatever state it is in: the end of a demo.
    ///
    /// # Errors
    /// Docker or Postgres does not answer.
    pub async fn abandon(mut self) -> Result<()> {
        self.ended = true;
        if self.hub.runs().await && self.hub.stop().await.is_err() {
            // Said in its log; all of it is removed now in any case.
        }
        self.clear().await
    }

    async fn clear(&mut self) -> Result<()> {
        if self.hub.runs().await {
            self.hub.kill9().await?;
        }
        end_nginx(&self.folder);
        self.engine.sweep().await?;
        self.emulator.kill9().await?;
        self.gateway.away().await?;
        match &self.postgres {
            Some(own) => own.end().await?,
            None => self.database.drop_now().await?,
        }
        bury(&self.folder);
        self.slot.forget()
    }
}

impl Drop for World {
    /// A test that failed: its programs end with their handles; what outlives them is removed here as far as that goes
    /// without waiting, the rest by the next world in this slot. Logs stay until then.
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        end_nginx(&self.folder);
        eprintln!(
            "the logs of this world are in {}; the hub's ends with:\n{}",
            self.folder.display(),
            self.hub.log_tail()
        );
        let engine = self.engine.clone();
        // A runtime of its own: this one may be the one that is ending.
        let swept = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(engine.sweep())
        });
        match swept.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("not all containers could be removed: {error:#}"),
            Err(_) => eprintln!("not all containers could be removed"),
        }
    }
}

/// nginx of the hub's edge outlives a hub that was killed.
fn end_nginx(folder: &Path) {
    process::end_by_pid_file(&folder.join("data/edge/nginx.pid"), "nginx");
}

fn bury(folder: &Path) {
    end_nginx(folder);
    // Not there: nothing to do. Not removable: creating it anew says why.
    let _ = std::fs::remove_dir_all(folder);
}
