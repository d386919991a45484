//! `hub key`: keys of tenants and gateways.

use anyhow::Context;
use serde::Serialize;
use url::Url;
use uuid::Uuid;
use waas_platform::bus::{self, Bus};

use super::{CliError, Invocation, alert};
use crate::app;
use crate::config::Config;
use crate::keys::{self, Created, Gateway, Holder, RedisUser};
use crate::tenants::Slug;

/// What is done with keys.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Make a key; it is shown once
    Create(Create),
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
}

#[derive(Serialize)]
struct Redis<'a> {
    redis_url: String,
    redis_user: String,
    redis_password: &'a str,
}

pub(super) async fn run(action: Action, invocation: &Invocation) -> Result<(), CliError> {
    let Action::Create(args) = action;
    let holder = match (args.tenant, args.gateway) {
        (Some(slug), _) => Holder::Tenant(slug),
        (None, Some(gateway)) => Holder::Gateway(gateway),
        (None, None) => {
            return Err(CliError::Usage("--tenant or --gateway is needed".to_owned()));
        }
    };
    let config = invocation.config()?;
    // Before anything is made: what is shown once must be shown.
    let address = redis_address(&config)?;
    let pool = app::open_database(&config).await?;
    let mut tx = pool.begin().await.context("Postgres (database.url)")?;
    let created = keys::create(&mut tx, &config.master_key, &holder, &alert::at_terminal().actor).await?;
    tx.commit().await.context("Postgres (database.url)")?;
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
    if let Some(user) = &key.redis {
        ensure(user, &config, invocation).await;
    }
    let redis = key.redis.as_ref().map(|user| redis(user, address)).transpose()?;
    let (tenant, gateway) = match &holder {
        Holder::Tenant(slug) => (Some(slug.as_str()), None),
        Holder::Gateway(gateway) => (None, Some(gateway.as_str())),
    };
    let shown = Shown {
        id: key.id,
        tenant,
        gateway,
        webhook_secret: key.webhook_secret.expose(),
        bearer: key.bearer.expose(),
        redis,
    };
    invocation.result(&shown, human)
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
    text
}
