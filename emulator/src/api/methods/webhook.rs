//! `setWebhook`, `deleteWebhook`, `getWebhookInfo`.

use super::updates::{known, remember_allowed};
use crate::Emulator;
use crate::api::call::{Call, Outcome, Reply};
use crate::api::error::ApiError;
use crate::api::params::Params;
use crate::deliver;
use crate::model::bot::Bot;
use crate::model::update::UpdateKind;
use crate::model::webhook::Webhook;
use reqwest::Url;
use serde_json::json;

/// Longest `secret_token` in characters.
const MAX_SECRET: usize = 256;
/// Deliveries at the same time when the bot does not say.
const DEFAULT_CONNECTIONS: usize = 40;
/// The most that a bot may ask for.
const MAX_CONNECTIONS: usize = 100;
/// The same in local mode.
const MAX_CONNECTIONS_LOCAL: usize = 100_000;
/// Ports that the public service posts to.
const PORTS: [u16; 4] = [80, 88, 443, 8443];
/// A webhook is changed at most once in this many milliseconds.
const CHANGE_MS: i64 = 1000;

/// `setWebhook`: from now on updates are posted; an empty URL is `deleteWebhook`.
pub(crate) fn set_webhook(emulator: &Emulator, bot: i64, params: &Params) -> Reply {
    let Some(url) = params.text("url") else {
        return delete_webhook(emulator, bot, params);
    };
    let local = emulator.options().local;
    let url = checked_url(url, local).map_err(|e| ApiError::bad_request(format!("bad webhook: {e}")))?;
    let secret = checked_secret(params)?;
    let most = if local { MAX_CONNECTIONS_LOCAL } else { MAX_CONNECTIONS };
    let max_connections = params
        .number::<i64>("max_connections")
        .map_or(DEFAULT_CONNECTIONS, |n| usize::try_from(n).unwrap_or(1).clamp(1, most));
    let drop = params.flag("drop_pending_updates");
    {
        let mut telegram = emulator.lock();
        let now = telegram.now_ms();
        let account = known(telegram.store.bots.get_mut(&bot))?;
        let allowed = account.allowed.clone();
        remember_allowed(account, params)?;
        let new = Webhook { url, secret, max_connections, last_error: None, gone_since: None };
        let same = account.webhook.as_ref().is_some_and(|old| old.is_like(&new));
        if same && allowed == account.allowed && !drop {
            return Ok(Outcome { description: Some("Webhook is already set"), ..Outcome::done() });
        }
        if emulator.options().limits
            && account.webhook_changed_ms.is_some_and(|at| (0..CHANGE_MS).contains(&(now - at)))
        {
            return Err(ApiError::too_many(1));
        }
        account.webhook_changed_ms = Some(now);
        account.webhook = Some(new);
        if drop {
            account.queue.clear();
        }
        telegram.wake(bot).notify_waiters();
    }
    emulator.touch();
    deliver::start(emulator, bot);
    Ok(Outcome { description: Some("Webhook was set"), ..Outcome::done() })
}

/// `deleteWebhook`: from now on the bot polls.
pub(crate) fn delete_webhook(emulator: &Emulator, bot: i64, params: &Params) -> Reply {
    deliver::stop(emulator, bot);
    let mut telegram = emulator.lock();
    let account = known(telegram.store.bots.get_mut(&bot))?;
    if params.flag("drop_pending_updates") {
        account.queue.clear();
    }
    let was_set = account.webhook.take().is_some();
    account.queue.close_lanes();
    emulator.touch();
    let description = if was_set { "Webhook was deleted" } else { "Webhook is already deleted" };
    Ok(Outcome { description: Some(description), ..Outcome::done() })
}

/// `getWebhookInfo`.
pub(crate) fn get_webhook_info(call: &mut Call<'_>) -> Reply {
    let bot: &Bot = known(call.telegram.store.bots.get(&call.bot))?;
    let mut info = json!({
        "url": bot.webhook.as_ref().map_or("", |w| w.url.as_str()),
        "has_custom_certificate": false,
        "pending_update_count": bot.queue.len(),
    });
    if let Some(webhook) = &bot.webhook {
        info["max_connections"] = webhook.max_connections.into();
        if let Some(error) = &webhook.last_error {
            info["last_error_date"] = error.date.into();
            info["last_error_message"] = error.message.clone().into();
        }
    }
    if bot.allowed != UpdateKind::default_set() {
        info["allowed_updates"] = bot.allowed.iter().map(|k| k.name()).collect();
    }
    Ok(Outcome::of(info))
}

/// The URL as the server accepts it: https on a public port; http in local mode and to this machine.
fn checked_url(url: &str, local: bool) -> Result<String, &'static str> {
    let with_scheme = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
    let parsed = Url::parse(&with_scheme).map_err(|_| "invalid webhook URL specified")?;
    let is_here = match parsed.host_str() {
        None => return Err("invalid webhook URL specified"),
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback()),
    };
    match parsed.scheme() {
        "https" => {}
        "http" if local || is_here => {}
        _ => return Err("An HTTPS URL must be provided for webhook"),
    }
    let port = parsed.port_or_known_default().unwrap_or_default();
    if !local && !is_here && !PORTS.contains(&port) {
        return Err("Webhook can be set up only on ports 80, 88, 443 or 8443");
    }
    Ok(with_scheme)
}

fn checked_secret(params: &Params) -> Result<Option<String>, ApiError> {
    let Some(secret) = params.text("secret_token") else {
        return Ok(None);
    };
    if secret.len() > MAX_SECRET {
        return Err(ApiError::bad_request("secret token is too long"));
    }
    if !secret.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Err(ApiError::bad_request("secret token contains unallowed characters"));
    }
    Ok(Some(secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_https_on_public_ports_but_for_this_machine() {
        for good in ["https://a.de/x", "a.de", "https://a.de:8443/", "http://127.0.0.1:9/x", "http://localhost:9/"] {
            assert!(checked_url(good, false).is_ok(), "{good}");
        }
        assert_eq!(checked_url("http://a.de/", false), Err("An HTTPS URL must be provided for webhook"));
        assert_eq!(
            checked_url("https://a.de:9443/", false),
            Err("Webhook can be set up only on ports 80, 88, 443 or 8443")
        );
        assert_eq!(checked_url("https://", false), Err("invalid webhook URL specified"));
        assert!(checked_url("http://a.de:9443/", true).is_ok());
    }
}
