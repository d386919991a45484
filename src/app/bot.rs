//! The role `bot`: updates in, turns, messages out.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures_util::future::BoxFuture;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::mail;
use waas_platform::secrets::Secret;
use waas_platform::telegram::dptree::{self, di::DependencyMap};
use waas_platform::telegram::sender::Sending;
use waas_platform::telegram::turn::Turns;
use waas_platform::telegram::{BotId, BotIdentity, buttons, cards, inbox, outbox, poller, presses, prompts, webhook};

use super::acquaintance::Known;
use super::hub::{Hub, Telegram};
use super::parts::Parts;
use crate::access::{self, Acquaintance, Welcome};
use crate::config::{Config, TelegramMode};
use crate::delivery::Delivery;
use crate::front::Front;
use crate::leads::{self, FloodLimit};
use crate::menu::{self, Apology};

/// The longest pause between two attempts to reach Telegram at the start.
const ASK_AGAIN: Duration = Duration::from_secs(30);
/// How often finished updates are looked through for those that may go.
const TIDY: Duration = Duration::from_secs(600);
/// How long a reply to a former message of a card, or to a file of it, is one to the card. As long as its buttons live.
const TRACES_KEPT: chrono::Duration = chrono::Duration::days(90);

/// Asks Telegram who the bot is, however long that takes. Where it speaks, it then sets its menu and shows leads that
/// nobody has seen.
pub(super) fn start_introduction(hub: &Hub, speaks: bool, parts: &mut Parts) {
    let Some(telegram) = hub.telegram.clone() else {
        return;
    };
    let hub = hub.clone();
    parts.serve("introduction", move |stop| async move {
        let introduce = async {
            let mut pause = Duration::from_millis(500);
            while let Err(error) = introduce(&hub, &telegram, speaks).await {
                tracing::warn!(error = format!("{error:#}"), "the bot is not introduced yet; trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(ASK_AGAIN);
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = introduce => {}
        }
        stop.cancelled().await;
    });
}

async fn introduce(hub: &Hub, telegram: &Telegram, speaks: bool) -> anyhow::Result<()> {
    let bot = telegram.ask(&hub.pool).await?;
    tracing::info!(bot = bot.username, "Telegram answers");
    if speaks {
        let mut tx = hub.pool.begin().await?;
        access::menu::set_common(&mut tx, bot.id, &hub.front, hub.clock.now()).await?;
        leads::show_waiting(&mut tx, &hub.clock, &hub.front, bot.id, hub.flood).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Messages out. Started before and stopped after what writes them.
pub(super) fn start_sender(hub: &Hub, parts: &mut Parts) {
    let Some(telegram) = hub.telegram.clone() else {
        return;
    };
    let sending = Sending {
        pool: hub.pool.clone(),
        leases: hub.leases.clone(),
        api: telegram.api,
        bot: telegram.id,
        keys: Arc::clone(&hub.keys),
        delivery: Arc::new(Delivery { front: hub.front.clone(), clock: hub.clock.clone() }),
        clock: hub.clock.clone(),
        settings: telegram.settings,
    };
    let signals = hub.signals.clone();
    parts.serve("sender", move |stop| async move { sending.run(&signals, stop).await });
}

/// Updates in, and their turns.
///
/// # Errors
/// The public address is none.
pub(super) fn start_turns(hub: &Hub, parts: &mut Parts) -> Result<()> {
    let Some(telegram) = hub.telegram.clone() else {
        return Ok(());
    };
    let (all, known) = (hub.clone(), telegram.clone());
    parts.serve("turns", move |stop| async move {
        // Commands name the bot and links lead to it: nothing can be answered before it is known.
        if let Some(bot) = known.identity(&stop).await {
            turns(&all, &known, bot).run(&all.signals, stop).await;
        }
    });
    let (pool, clock, kept) = (hub.pool.clone(), hub.clock.clone(), telegram.settings.inbox_kept);
    parts.serve("janitor", move |stop| async move {
        let mut tick = tokio::time::interval(TIDY);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            let (now, before) = (clock.now(), clock.now() - kept);
            let tidied = [
                ("finished updates", inbox::forget(&pool, before).await),
                ("sent messages", outbox::forget(&pool, before).await),
                ("sent mails", mail::forget(&pool, before).await),
                ("expired buttons", buttons::forget(&pool, now).await),
                ("questions without an answer", prompts::forget(&pool, now).await),
                ("what cards left behind", cards::forget_traces(&pool, now - TRACES_KEPT).await),
            ];
            for (what, gone) in tidied {
                if let Err(error) = gone {
                    tracing::warn!(%error, "{what} cannot be tidied yet");
                }
            }
        }
    });
    let (watched, watching) = (hub.pool.clone(), telegram.clone());
    let signals = hub.signals.clone();
    parts.serve("presses", move |stop| async move {
        presses::run(&watched, watching.id, watching.settings.answer_within, &signals, stop).await;
    });
    start_updates(hub, telegram, parts)
}

/// Updates in: asked for, or announced to be brought to the listener that `doors` opens.
fn start_updates(hub: &Hub, telegram: Telegram, parts: &mut Parts) -> Result<()> {
    let Telegram { api, id, settings, .. } = telegram;
    match webhook_secret(&hub.config) {
        Some(secret) => {
            let url = hub.config.http.public_url.as_str().parse().context("http.public_url")?;
            parts.serve("webhook", move |stop| webhook::announce(api, url, secret, stop));
        }
        None => {
            let (pool, leases, signals) = (hub.pool.clone(), hub.leases.clone(), hub.signals.clone());
            parts.serve("poller", move |stop| poller::run(pool, leases, api, id, settings, signals, stop));
        }
    }
    Ok(())
}

/// The secret that webhook calls prove themselves by; none in the other mode.
pub(super) fn webhook_secret(config: &Config) -> Option<Secret> {
    config.telegram.webhook_secret.clone().filter(|_| config.telegram.mode == TelegramMode::Webhook)
}

fn turns(hub: &Hub, telegram: &Telegram, bot: BotIdentity) -> Turns {
    Turns {
        pool: hub.pool.clone(),
        bot,
        menu: menu::menu(),
        services: services(hub),
        last_words: Arc::new(Apology { front: hub.front.clone(), clock: hub.clock.clone() }),
        clock: hub.clock.clone(),
        settings: telegram.settings.clone(),
    }
}

/// Everything that handlers of the menu ask for.
fn services(hub: &Hub) -> DependencyMap {
    let welcome: Arc<dyn Welcome> =
        Arc::new(ShowWaiting { front: hub.front.clone(), clock: hub.clock.clone(), limit: hub.flood });
    dptree::deps![
        hub.front.clone(),
        hub.clock.clone(),
        Arc::clone(&hub.keys),
        welcome,
        Arc::new(Known) as Arc<dyn Acquaintance>,
        hub.team.clone(),
        hub.doors(),
        Arc::clone(&hub.survey_settings),
        Arc::clone(&hub.surveys),
        Arc::clone(&hub.rules),
        (*hub.alerts).clone(),
        hub.planner.clone(),
        hub.estate.clone(),
        Arc::clone(&hub.talk),
        Arc::clone(&hub.credential_settings)
    ]
}

/// Somebody who is let in sees what waited for them.
struct ShowWaiting {
    front: Front,
    clock: Clock,
    limit: FloodLimit,
}

impl Welcome for ShowWaiting {
    fn welcome<'a>(&'a self, conn: &'a mut PgConnection, bot: BotId) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            leads::show_waiting(conn, &self.clock, &self.front, bot, self.limit).await?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use waas_platform::db::PgPool;
    use waas_platform::render::Share;
    use waas_platform::telegram::BotId;

    use super::*;
    use crate::config::{Sources, load};

    #[tokio::test]
    async fn every_handler_of_the_menu_finds_what_it_asks_for() {
        let environment = [
            ("HUB_TELEGRAM__TOKEN", "42:token-of-a-test-that-calls-nobody"),
            ("HUB_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            ("HUB_DATABASE__URL", "postgres://nobody@127.0.0.1:1/none"),
            ("HUB_REDIS__URL", "redis://127.0.0.1:1"),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let config = load(&Sources { environment, ..Sources::default() }).config.expect("fits");
        let pool = PgPool::connect_lazy(config.database.url.expose()).expect("an address");
        let files = super::super::hub::Files::read(&config, &Share::new(None)).expect("the share is well");
        let telegram = Telegram::open(&config, None).expect("a token").expect("a bot");
        let hub = Hub::build(config, Arc::new(Share::new(None)), pool, files, Some(telegram)).expect("builds");
        let telegram = hub.telegram.clone().expect("a bot");
        turns(&hub, &telegram, BotIdentity { id: BotId(42), username: "waas_bot".to_owned() }).check();
    }
}
