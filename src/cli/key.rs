//! `hub key`: keys of tenants and gateways.

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use url::Url;
use uuid::Uuid;
use waas_platform::bus::{self, Bus};
use waas_platform::clock::Clock;

use super::lead::next_page;
use super::{CliError, Invocation, alert};
use crate::app;
use crate::config::Config;
use crate::keys::{self, Created, Gateway, Holder, NewKey, RedisUser, Revoked, Rotated};
use crate::tenants::Slug;

/// What did not answer, when it did not.
const POSTGRES: &str = "Postgres (database.url)";

/// What is done with keys.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Make a key; it is shown once
    Create(Create),
    /// Show keys, oldest first, without their secrets
    List {
        /// At most so many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=500))]
        limit: i64,
        /// Go on where the last page ended
        #[arg(long)]
        cursor: Option<Uuid>,
    },
    /// Make a new key for whoever has this one, which works on for a while
    Rotate {
        /// The key's id
        key: Uuid,
        /// How long the old one works on (30m, 24h, 7d)
        #[arg(long = "for", value_name = "TIME", default_value = "24h", value_parser = alert::time)]
        time: TimeDelta,
    },
    /// End a key at once
    Revoke {
        /// The key's id
        key: Uuid,
    },
}

/// Whose key.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Create {
    /// For the systems of this tenant
    #[arg(long, value_name = "SLUG")]
    tenant: Option<Slug>,
    /// For this gateway
    #[arg(long, value_name = "NAME")]
    gateway: Option<Gateway>,
}

/// A key as `--json` shows it, the one time.
#[derive(Serialize)]
struct Shown<'a> {
    id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<&'a str>,
    webhook_secret: &'a str,
    bearer: &'a str,
    #[serde(flatten)]
    redis: Option<Redis<'a>>,
    /// Until when the key that this one replaces works.
    #[serde(skip_serializing_if = "Option::is_none")]
    former_until: Option<DateTime<Utc>>,
}

/// A key as the list shows it.
#[derive(Serialize)]
struct Listed {
    id: Uuid,
    tenant: Option<String>,
    gateway: Option<String>,
    state: &'static str,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
}

impl Listed {
    fn of(key: &keys::Listed, now: DateTime<Utc>) -> Self {
        let (tenant, gateway) = names(&key.holder);
        Self {
            id: key.id,
            tenant: tenant.map(str::to_owned),
            gateway: gateway.map(str::to_owned),
            state: key.state(now),
            created_at: key.created_at,
            expires_at: key.expires_at,
        }
    }
}

fn names(holder: &Holder) -> (Option<&str>, Option<&str>) {
    match holder {
        Holder::Tenant(slug) => (Some(slug.as_str()), None),
        Holder::Gateway(gateway) => (None, Some(gateway.as_str())),
    }
}

#[derive(Serialize)]
struct Redis<'a> {
    redis_url: String,
    redis_user: String,
    redis_password: &'a str,
}

pub(super) async fn run(action: Action, invocation: &Invocation) -> Result<(), CliError> {
    let config = invocation.config()?;
    match action {
        Action::Create(args) => create(args, &config, invocation).await,
        Action::List { limit, cursor } => list(cursor, limit, &config, invocation).await,
        Action::Rotate { key, time } => rotate(key, time, &config, invocation).await,
        Action::Revoke { key } => revoke(key, &config, invocation).await,
    }
}

async fn create(args: Create, config: &Config, invocation: &Invocation) -> Result<(), CliError> {
    let holder = match (args.tenant, args.gateway) {
        (Some(slug), _) => Holder::Tenant(slug),
        (None, Some(gateway)) => Holder::Gateway(gateway),
        (None, None) => {
            return Err(CliError::Usage("--tenant or --gateway is needed".to_owned()));
        }
    };
    // Before anything is made: what is shown once must be shown.
    let address = redis_address(config)?;
    let pool = app::open_database(config).await?;
    let mut tx = pool.begin().await.context(POSTGRES)?;
    let created = keys::create(&mut tx, &config.master_key, &holder, &alert::at_terminal().actor).await?;
    tx.commit().await.context(POSTGRES)?;
    let key = match (created, &holder) {
        (Created::Key(key), _) => key,
        (Created::NoTenant | Created::Deleted, Holder::Gateway(_)) => {
            return Err(CliError::NotFound("there is no such gateway".to_owned()));
        }
        (Created::NoTenant, Holder::Tenant(slug)) => {
            return Err(CliError::NotFound(format!("there is no tenant {slug}")));
        }
        (Created::Deleted, Holder::Tenant(slug)) => {
            return Err(CliError::Refused(format!("tenant {slug} is deleted; restore it first")));
        }
    };
    show(&key, &holder, address, None, config, invocation).await
}

async fn list(cursor: Option<Uuid>, limit: i64, config: &Config, invocation: &Invocation) -> Result<(), CliError> {
    let pool = app::open_database(config).await?;
    let now = Clock::system().now();
    let mut conn = pool.acquire().await.context(POSTGRES)?;
    let mut page = keys::page(&mut conn, cursor, limit + 1).await.context("reading keys")?;
    let next = next_page(&mut page, limit).map(|key| key.id.to_string());
    let listed: Vec<Listed> = page.iter().map(|key| Listed::of(key, now)).collect();
    invocation.list(&listed, next, &["id", "whose", "state", "created", "ends"], |key| {
        let whose = key.tenant.as_ref().or(key.gateway.as_ref());
        vec![
            key.id.to_string(),
            whose.cloned().unwrap_or_default(),
            key.state.to_owned(),
            key.created_at.to_rfc3339(),
            key.expires_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
        ]
    })
}

async fn rotate(id: Uuid, overlap: TimeDelta, config: &Config, invocation: &Invocation) -> Result<(), CliError> {
    let address = redis_address(config)?;
    let pool = app::open_database(config).await?;
    let mut tx = pool.begin().await.context(POSTGRES)?;
    let (by, now) = (alert::at_terminal().actor, Clock::system().now());
    let rotated = keys::rotate(&mut tx, &config.master_key, id, &by, now, overlap).await?;
    tx.commit().await.context(POSTGRES)?;
    match rotated {
        Rotated::Key(key, holder, until) => show(&key, &holder, address, Some(until), config, invocation).await,
        Rotated::Revoked => Err(CliError::Refused("this key is revoked; make one with hub key create".to_owned())),
        Rotated::NotFound => Err(no_such_key()),
    }
}

async fn revoke(id: Uuid, config: &Config, invocation: &Invocation) -> Result<(), CliError> {
    let pool = app::open_database(config).await?;
    let mut tx = pool.begin().await.context(POSTGRES)?;
    let revoked = keys::revoke(&mut tx, id, &alert::at_terminal().actor, Clock::system().now()).await;
    let revoked = revoked.context("revoking a key")?;
    tx.commit().await.context(POSTGRES)?;
    match revoked {
        Revoked::Done(_) | Revoked::Already => {
            let told = serde_json::json!({ "id": id, "state": "revoked" });
            invocation.result(&told, |_| format!("Key {id} opens nothing any more."))
        }
        Revoked::NotFound => Err(no_such_key()),
    }
}

/// Shows a new key, the one time.
async fn show(
    key: &NewKey,
    holder: &Holder,
    address: Url,
    former_until: Option<DateTime<Utc>>,
    config: &Config,
    invocation: &Invocation,
) -> Result<(), CliError> {
    if let Some(user) = &key.redis {
        ensure(user, config, invocation).await;
    }
    let redis = key.redis.as_ref().map(|user| redis(user, address)).transpose()?;
    let (tenant, gateway) = names(holder);
    let shown = Shown {
        id: key.id,
        tenant,
        gateway,
        webhook_secret: key.webhook_secret.expose(),
        bearer: key.bearer.expose(),
        redis,
        former_until,
    };
    invocation.result(&shown, human)
}

fn no_such_key() -> CliError {
    CliError::NotFound("there is no such key; hub key list shows them".to_owned())
}

/// The key works at once where Redis answers; otherwise the running service makes the user.
async fn ensure(user: &RedisUser, config: &Config, invocation: &Invocation) {
    let made = async {
        let bus = Bus::connect(bus::Settings::new(config.redis.url.expose())).await?;
        user.ensure(&bus).await
    };
    if let Err(error) = made.await {
        invocation.note(&format!("{error}; the running service makes the Redis user as soon as it can"));
    }
}

/// The address by which tenants reach Redis.
fn redis_address(config: &Config) -> Result<Url, CliError> {
    let given = config.tenants.redis_url.as_ref();
    let mut url: Url = given.unwrap_or(&config.redis.url).expose().parse().map_err(|_| unreadable())?;
    if given.is_none() {
        url.set_host(Some("host.docker.internal")).map_err(|_| unreadable())?;
    }
    // Whoever it names for us is nobody's to know.
    url.set_password(None).map_err(|()| unreadable())?;
    url.set_username("").map_err(|()| unreadable())?;
    Ok(url)
}

fn redis(user: &RedisUser, mut url: Url) -> Result<Redis<'_>, CliError> {
    url.set_username(&user.name()).map_err(|()| unreadable())?;
    url.set_password(Some(user.password.expose())).map_err(|()| unreadable())?;
    Ok(Redis { redis_url: url.into(), redis_user: user.name(), redis_password: user.password.expose() })
}

fn unreadable() -> CliError {
    CliError::Usage("tenants.redis_url is no redis:// address".to_owned())
}

fn human(key: &Shown<'_>) -> String {
    let mut text = format!(
        "Shown once; keep it now.\nid              {}\nwebhook secret  {}\nbearer          {}\n",
        key.id, key.webhook_secret, key.bearer
    );
    if let Some(redis) = &key.redis {
        text.push_str(&format!(
            "redis           {}\nredis user      {}\nredis password  {}\n",
            redis.redis_url, redis.redis_user, redis.redis_password
        ));
    }
    if let Some(until) = key.former_until {
        text.push_str(&format!("The former key works until {}.\n", until.to_rfc3339()));
    }
    text
}
