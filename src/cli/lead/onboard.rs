//! `hub lead onboard`: the link to a lead's survey, for whoever sits at the terminal to send.

use chrono::{DateTime, Utc};
use serde::Serialize;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::telegram::BotIdentity;

use super::super::{CliError, Invocation};
use super::acts::{find, no_lead, stands};
use crate::app;
use crate::config::Config;
use crate::front::Front;
use crate::leads::{self, Lead, LeadRef, Onboarded};

/// The link to a lead's survey.
#[derive(Debug, Serialize)]
pub(super) struct Link {
    /// What the client opens.
    pub(super) link: String,
    /// Until when it works.
    pub(super) link_expires_at: DateTime<Utc>,
    /// The address to which it goes by mail as well.
    pub(super) mailed_to: Option<String>,
}

impl Link {
    /// As a person reads it.
    pub(super) fn told(&self) -> String {
        let mailed =
            self.mailed_to.as_ref().map(|to| format!(" It goes to {to} by e-mail as well.")).unwrap_or_default();
        format!("{}\nWorks until {}.{mailed}", self.link, self.link_expires_at.to_rfc3339())
    }
}

/// Puts a lead into onboarding; one that is there already has the same link while that lives.
pub(super) async fn run(
    conn: &mut PgConnection,
    invocation: &Invocation,
    config: &Config,
    bot: &BotIdentity,
    lead: LeadRef,
) -> Result<(Lead, Link), CliError> {
    let front = Front::open(&invocation.share(), &config.locale, config.timezone)?;
    let (clock, actor, keys) = (Clock::system(), invocation.actor(), &config.master_key);
    let settings = app::survey_settings(config)?;
    let lead = find(conn, lead).await?;
    match leads::onboard(conn, &clock, &front, keys, &settings, &actor, lead.id).await? {
        Onboarded::Invited(lead, invitation) => {
            let with = leads::Inviting { clock: &clock, front: &front, keys, settings: &settings };
            let shown = leads::show_invitation(conn, &with, bot, &actor, (&lead, &invitation)).await?;
            let link = bot.deep_link(&invitation.payload);
            Ok((lead, Link { link, link_expires_at: invitation.expires_at, mailed_to: shown.mailed }))
        }
        Onboarded::Stands(lead, _) => Err(stands(&lead)),
        Onboarded::NotFound => Err(no_lead()),
    }
}
