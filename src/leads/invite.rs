//! The link to the survey: shown for operators to forward, and by mail to people who are not at Telegram.

use std::collections::BTreeMap;

use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::mail::{self, Mail, Written};
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::{BotIdentity, View};

use super::card;
use super::model::{LeadMove, Refused};
use super::moves::{Acted, act};
use super::store::Lead;
use crate::audit::{Act, Actor};
use crate::front::Front;
use crate::surveys;

/// How the wish to onboard a lead ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Onboarded {
    /// This is the link; the same one as before while it lives.
    Invited(Lead, surveys::Invitation),
    /// Nobody is onboarded from where it stands.
    Stands(Lead, Refused),
    /// There is no such lead.
    NotFound,
}

/// Puts a lead into onboarding and gives the link to its survey, which begins with what is known of the lead.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn onboard(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    keys: &MasterKey,
    settings: &surveys::Settings,
    actor: &Actor,
    id: Uuid,
) -> anyhow::Result<Onboarded> {
    let lead = match act(conn, clock, front, actor, id, LeadMove::Onboard).await? {
        Acted::Moved(lead) | Acted::Stands(lead, Refused::Already(_)) => lead,
        Acted::Stands(lead, refused) => return Ok(Onboarded::Stands(lead, refused)),
        Acted::NotFound => return Ok(Onboarded::NotFound),
    };
    let known = [("niche", &lead.niche), ("phone", &lead.phone), ("email", &lead.email), ("domain", &lead.domain)];
    let known: BTreeMap<String, String> =
        known.into_iter().filter_map(|(name, value)| Some((format!("lead.{name}"), value.clone()?))).collect();
    let now = clock.now();
    let new = surveys::NewInvitation {
        dialogue: "onboarding".to_owned(),
        subject: id,
        locale: front.reader(lead.locale.as_deref(), now).lang,
        known,
    };
    let invitation = surveys::invite(conn, keys, now, settings, new).await?;
    Ok(Onboarded::Invited(lead, invitation))
}

/// The link as operators see it.
#[derive(Debug)]
pub struct ShownInvitation {
    /// The message to forward, in the client's language.
    pub view: View,
    /// The address to which it goes by mail as well.
    pub mailed: Option<String>,
}

/// What a link is worded and mailed with.
#[derive(Clone, Copy, Debug)]
pub struct With<'a> {
    /// Time.
    pub clock: &'a Clock,
    /// Words.
    pub front: &'a Front,
    /// Seals what goes by mail.
    pub keys: &'a MasterKey,
    /// Whether there is mail at all.
    pub settings: &'a surveys::Settings,
}

/// Words the link, and mails it, once, to a lead who cannot be written to at Telegram.
///
/// # Errors
/// The database refuses, or the layout is broken.
pub async fn show(
    conn: &mut PgConnection,
    with: &With<'_>,
    bot: &BotIdentity,
    actor: &Actor,
    (lead, invitation): (&Lead, &surveys::Invitation),
) -> anyhow::Result<ShownInvitation> {
    let With { clock, front, keys, settings } = with;
    // The client reads this one, in their language as far as it is known.
    let reader = front.reader(lead.locale.as_deref(), clock.now());
    let view = card::invitation(front, &reader, lead, &bot.deep_link(&invitation.payload), invitation.expires_at)?;
    let address = lead.email.as_deref().filter(|_| settings.by_mail && lead.telegram.is_none());
    let Some(to) = address else {
        return Ok(ShownInvitation { view, mailed: None });
    };
    let (subject, text) = (front.word(&reader, "lead-mail-subject"), view.html.plain());
    let dedupe = format!("survey:{}", invitation.id);
    let written = mail::write(conn, keys, &Mail { to, subject: &subject, text: &text, dedupe: &dedupe }).await?;
    if written == Written::New {
        Act::done(actor, "lead.mail", format!("lead:{}", lead.id)).record(conn).await?;
    }
    Ok(ShownInvitation { view, mailed: (written != Written::BadAddress).then(|| to.to_owned()) })
}
