//! Every service of the hub, built once from the settings.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use waas_platform::bus::Bus;
use waas_platform::clock::Clock;
use waas_platform::db::{PgPool, Signals};
use waas_platform::docker::Engine as Docker;
use waas_platform::durable::{Leases, Wake, lease};
use waas_platform::mail;
use waas_platform::render::Share;
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::{self, Api, BotId, BotIdentity};

use super::again::InAgain;
use super::estate::Above;
use super::leaving::GoesOn;
use super::settings;
use crate::access::Team;
use crate::alerts::Alerts;
use crate::config::Config;
use crate::dead_letters::Doors;
use crate::front::Front;
use crate::leads::{self, FloodLimit, Rules};
use crate::provisioning;
use crate::provisioning::intake::FromSurvey;
use crate::provisioning::planning::Planner;
use crate::provisioning::work::Builder;
use crate::surveys::{self, Dialogues, Surveys};
use crate::tenants::Stacks;
use crate::tenants::estate::Estate;
use crate::{access, clients, telemetry};

/// The services. Cheap to clone; clones share everything. Nothing of it runs by itself.
#[derive(Clone)]
pub struct Hub {
    /// The settings it was built from.
    pub config: Arc<Config>,
    /// The database, at the present schema.
    pub pool: PgPool,
    /// Seals secrets.
    pub keys: Arc<MasterKey>,
    /// Templates and dialogues.
    pub share: Arc<Share>,
    /// Layouts and words.
    pub front: Front,
    /// Time.
    pub clock: Clock,
    /// Redis; connected to when first needed.
    pub bus: Bus,
    /// Docker, the edge and the tenants' folders; each reached when first needed.
    pub stacks: Stacks,
    /// Telegram, when there is a token.
    pub telegram: Option<Telegram>,
    /// How leads are scored.
    pub rules: Arc<Rules>,
    /// How many leads of one source get cards of their own.
    pub flood: FloodLimit,
    /// The use cases of members.
    pub team: Team,
    /// The use cases of alerts.
    pub alerts: Arc<Alerts>,
    /// Makes plans.
    pub planner: Planner,
    /// Leads people through dialogues.
    pub surveys: Arc<Surveys>,
    /// How long onboarding links live.
    pub survey_settings: Arc<surveys::Settings>,
    /// Changes and shows tenants.
    pub estate: Estate,
    /// How clients are spoken to.
    pub talk: Arc<clients::Settings>,
    /// How credentials are handed over.
    pub credential_settings: Arc<provisioning::Settings>,
    /// Limits and rhythms of telemetry.
    pub telemetry_settings: Arc<telemetry::Settings>,
    /// Notices of durable work.
    pub wake: Wake,
    /// Notices of everything else.
    pub signals: Signals,
    /// Who alone may do something.
    pub leases: Leases,
}

/// The way to Telegram, and the bot as far as it is known.
#[derive(Clone)]
pub struct Telegram {
    /// The transport.
    pub api: Api,
    /// The bot's id, which its token tells.
    pub id: BotId,
    /// Limits, leases, patience.
    pub settings: telegram::Settings,
    known: watch::Sender<Option<BotIdentity>>,
}

impl Telegram {
    /// The way to Telegram when there is a token; `known` is the bot as it was last seen.
    pub(super) fn open(config: &Config, known: Option<BotIdentity>) -> Result<Option<Self>> {
        let Some(token) = config.telegram.token.clone() else {
            return Ok(None);
        };
        let settings = settings::of_telegram(config);
        let api = Api::new(&settings.api_url, token, settings.call_timeout)?;
        let id = api.bot_id().context("telegram.token has no number before its colon")?;
        Ok(Some(Self { api, id, settings, known: watch::Sender::new(known) }))
    }

    /// Who the bot is, as far as is known: its username is told by Telegram, and kept from one run to the next.
    pub fn known(&self) -> Option<BotIdentity> {
        self.known.borrow().clone()
    }

    /// Who the bot is; waits until it is known. `None` when stopped before.
    pub async fn identity(&self, stop: &CancellationToken) -> Option<BotIdentity> {
        let mut known = self.known.subscribe();
        tokio::select! {
            () = stop.cancelled() => None,
            found = known.wait_for(Option::is_some) => found.ok()?.clone(),
        }
    }

    /// Asks Telegram who the bot is, and keeps it.
    ///
    /// # Errors
    /// Telegram does not answer or refuses the token, or the database refuses.
    pub async fn ask(&self, pool: &PgPool) -> Result<BotIdentity> {
        let bot = self.api.identity().await?;
        access::remember_bot(&mut *pool.acquire().await?, &bot).await?;
        self.known.send_replace(Some(bot.clone()));
        Ok(bot)
    }
}

impl Hub {
    /// Opens the database, brings it to the present schema, and builds every service. Reaches out to nothing else.
    ///
    /// # Errors
    /// Postgres does not answer, a setting does not fit its part, or a file of the share is broken.
    pub async fn open(config: &Config, share: Share) -> Result<Self> {
        let share = Arc::new(share);
        // Parsing is work for a processor; the database is waited for meanwhile.
        let (settings, files) = (config.clone(), Arc::clone(&share));
        let files = tokio::task::spawn_blocking(move || Files::read(&settings, &files));
        let pool = super::open_database(config).await?;
        let known = match config.telegram.token.as_ref().and_then(|token| BotId::of_token(token.expose())) {
            Some(id) => access::known_bot(&mut *pool.acquire().await?, id).await?,
            None => None,
        };
        let telegram = Telegram::open(config, known)?;
        Self::build(config.clone(), share, pool, files.await??, telegram)
    }

    /// Puts the services together.
    pub(super) fn build(
        config: Config,
        share: Arc<Share>,
        pool: PgPool,
        files: Files,
        telegram: Option<Telegram>,
    ) -> Result<Self> {
        let Files { front, rules, dialogues } = files;
        let clock = Clock::system();
        let keys = Arc::new(config.master_key.clone());
        let docker = Docker::new(&config.docker.endpoint, settings::of_docker(&config));
        let stacks = Stacks::new(docker, settings::of_edge(&config), config.data_dir.clone(), config.instance.clone());
        let planner = Planner {
            share: Arc::clone(&share),
            renderer: Arc::clone(front.renderer()),
            stacks: stacks.clone(),
            keys: Arc::clone(&keys),
            house: Arc::new(settings::of_house(&config)?),
        };
        let alerts = Arc::new(Alerts {
            front: front.clone(),
            clock: clock.clone(),
            bot: telegram.as_ref().map(|telegram| telegram.id),
            settings: settings::of_alerts(&config)?,
        });
        let team = Team {
            front: front.clone(),
            clock: clock.clone(),
            keys: Arc::clone(&keys),
            bot: telegram.as_ref().map(|telegram| telegram.id),
            code_life: chrono::Duration::from_std(config.enrol.ttl).context("enrol.ttl")?,
            leaving: Arc::new(GoesOn { front: front.clone(), clock: clock.clone() }),
        };
        let bus = Bus::lazy(settings::of_bus(&config)).context("redis.url")?;
        let above = Arc::new(Above { alerts: Arc::clone(&alerts), clock: clock.clone() });
        let estate = Estate {
            pool: pool.clone(),
            stacks: stacks.clone(),
            bus: bus.clone(),
            clock: clock.clone(),
            front: front.clone(),
            bot: telegram.as_ref().map(|telegram| telegram.id),
            containers: Arc::clone(&alerts) as _,
            life: Arc::clone(&above) as _,
            figures: above,
            settings: settings::of_estate(&config, planner.house.edge_port),
        };
        let from_survey = FromSurvey { planner: planner.clone(), front: front.clone(), clock: clock.clone() };
        let signals = Signals::new(telegram::SIGNALS.into_iter().chain([
            telemetry::HEARTBEATS,
            telemetry::PASSWORDS,
            leads::WAITING,
            lease::FREED,
            mail::WAKE,
        ]));
        Ok(Self {
            bus,
            team,
            alerts,
            estate,
            surveys: Arc::new(Surveys::new(dialogues, front.renderer().words(), Arc::new(from_survey))),
            talk: Arc::new(settings::of_clients(&config)?),
            survey_settings: Arc::new(settings::of_surveys(&config)?),
            credential_settings: Arc::new(provisioning::Settings { burn_after: config.credentials.burn_after }),
            telemetry_settings: Arc::new(settings::of_telemetry(&config)?),
            wake: Wake::default(),
            leases: Leases::new(pool.clone()).with_signals(signals.clone()),
            signals,
            rules: Arc::new(rules),
            flood: settings::of_floods(&config)?,
            config: Arc::new(config),
            pool,
            keys,
            share,
            front,
            clock,
            stacks,
            telegram,
            planner,
        })
    }

    /// Where dead letters are handed in again.
    pub fn doors(&self) -> Arc<dyn Doors> {
        Arc::new(InAgain {
            rules: Arc::clone(&self.rules),
            flood: self.flood,
            front: self.front.clone(),
            clock: self.clock.clone(),
            bot: self.telegram.as_ref().map(|telegram| telegram.id),
            largest_lead: self.config.leads.max_bytes,
        })
    }

    /// What the saga that builds tenants works with.
    pub fn builder(&self) -> Builder {
        Builder {
            pool: self.pool.clone(),
            planner: self.planner.clone(),
            bus: self.bus.clone(),
            keys: Arc::clone(&self.keys),
            api: self.telegram.as_ref().map(|telegram| telegram.api.clone()),
            bot: self.telegram.as_ref().and_then(Telegram::known),
            front: self.front.clone(),
            clock: self.clock.clone(),
            listener: Arc::clone(&self.alerts) as _,
            credentials_ttl: self.config.credentials.link_ttl,
            hook_timeout: self.config.provisioning.hook_timeout,
        }
    }
}

/// What is read from the share at the start.
pub(super) struct Files {
    front: Front,
    rules: Rules,
    dialogues: Dialogues,
}

impl Files {
    /// Reads and checks all of it.
    pub(super) fn read(config: &Config, share: &Share) -> Result<Self> {
        Ok(Self {
            front: Front::open(share, config.locale.clone(), config.timezone)?,
            rules: leads::rules(share, config.leads.scoring.as_deref())?,
            dialogues: Dialogues::load(share)?,
        })
    }
}
