//! `hub enrol`: a one-time code that makes whoever sends it to the bot a member.

use anyhow::Context as _;
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use waas_platform::clock::Clock;
use waas_platform::db::PgPool;
use waas_platform::telegram::{Api, BotId, BotIdentity};

use super::{CliError, Invocation};
use crate::access::{self, Role};
use crate::app;
use crate::config::Config;

/// Arguments of `hub enrol`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What the new member may do: owner, operator or viewer
    #[arg(long)]
    role: Role,
}

#[derive(Serialize)]
struct Shown {
    code: String,
    /// None while nobody knows the bot's name.
    link: Option<String>,
    role: &'static str,
    expires_at: DateTime<Utc>,
}

pub(super) async fn run(args: Args, invocation: &Invocation) -> Result<(), CliError> {
    let config = invocation.config()?;
    let pool = app::open_database(&config).await?;
    let life = Duration::from_std(config.enrol.ttl).context("enrol.ttl")?;
    let mut tx = pool.begin().await.context("Postgres (database.url)")?;
    let now = Clock::system().now();
    let made = access::make_code(&mut tx, &config.master_key, &invocation.actor(), args.role, now, life).await;
    let made = made.context("Postgres (database.url)")?;
    tx.commit().await.context("Postgres (database.url)")?;
    let bot = match bot(&config, &pool).await {
        Ok(bot) => Some(bot),
        Err(error) => {
            invocation.note(&format!("no link, since the bot's name is not known: {error:#}"));
            None
        }
    };
    let shown = Shown {
        link: bot.map(|bot| bot.deep_link(&format!("enrol_{}", made.code))),
        code: made.code,
        role: made.role.word(),
        expires_at: made.expires_at,
    };
    invocation.result(&shown, |shown| told(shown, life))
}

fn told(shown: &Shown, life: Duration) -> String {
    let link = shown.link.as_ref().map(|link| format!("{link}\n")).unwrap_or_default();
    format!(
        "{link}/start enrol_{}\nWho opens the link, or sends this line to the bot, is {} from then on. It works once, for {} minutes.",
        shown.code,
        shown.role,
        life.num_minutes()
    )
}

/// The bot as it was last seen; Telegram is asked only when it was never seen.
pub(super) async fn bot(config: &Config, pool: &PgPool) -> anyhow::Result<BotIdentity> {
    let token = config.telegram.token.clone().context("telegram.token is not set")?;
    let id = BotId::of_token(token.expose()).context("telegram.token has no number before its colon")?;
    let mut conn = pool.acquire().await?;
    if let Some(bot) = access::known_bot(&mut conn, id).await? {
        return Ok(bot);
    }
    let api = Api::new(config.telegram.api_url.as_str(), token, config.telegram.request_timeout)?;
    let bot = api.identity().await?;
    access::remember_bot(&mut conn, &bot).await?;
    Ok(bot)
}
