//! One-time credentials: the first to open the link owns it and may read it once; the message goes after a while.

use std::sync::Arc;

use waas_platform::db::PgConnection;
use waas_platform::render::Context;
use waas_platform::secrets::{MasterKey, Sealed};
use waas_platform::telegram::cards::{CardKey, Placement};
use waas_platform::telegram::{Button, Place, Priority, Turn, View, cards, outbox};

use super::card;
use crate::access::{self, Desk, caller};
use crate::audit::{Act, Actor};
use crate::clients;
use crate::front::Front;
use crate::provisioning::Settings;
use crate::provisioning::folder::Site;
use crate::provisioning::planning::Planner;
use crate::provisioning::store;
use crate::provisioning::work::{Builder, CREDENTIALS, Keys, Order};
use crate::tenants::{self, records};

/// Tells the operators that the site is live, and gives the link to its keys to the client, or to the operators when no
/// client is known.
pub(in crate::provisioning) async fn announce(
    conn: &mut PgConnection,
    builder: &Builder,
    order: &Order,
    site: &Site,
    token: &str,
) -> anyhow::Result<()> {
    let Some(bot) = &builder.bot else {
        return Ok(());
    };
    let front = &builder.front;
    let link = bot.deep_link(&format!("cred_{token}"));
    let context = Context::new().with("slug", &site.slug).with("url", &site.public_url).with("link", &link);
    let mut places = cards::places(conn, &card(order.plan)).await?;
    if places.is_empty() {
        let about = Desk::Tenant(site.slug.as_str());
        places.extend(access::desk(conn, &builder.clock, front, bot.id, about).await?);
    }
    for place in places {
        let reader = access::reader_at(conn, front, place, builder.clock.now()).await?;
        let live = View::text(front.say(&reader, "provisioning/live.html", &context)?);
        outbox::say(conn, &builder.clock, place, live, Priority::Reply).await?;
        if order.wanted.client.is_none() {
            let hand_on = View::text(front.say(&reader, "provisioning/hand_on.html", &context)?);
            outbox::say(conn, &builder.clock, place, hand_on, Priority::Reply).await?;
        }
    }
    if let Some(request) = order.wanted.request {
        clients::ready(conn, &builder.clock, front, request, site.slug.as_str(), &site.public_url).await?;
    }
    if let Some(client) = order.wanted.client {
        let reader = access::reader_of(conn, front, client, builder.clock.now()).await?;
        let html = front.say(&reader, "provisioning/ready.html", &context)?;
        outbox::say(conn, &builder.clock, Place::private(bot.id, client), View::text(html), Priority::Reply).await?;
    }
    Ok(())
}

/// `/start cred_TOKEN`
pub(super) async fn open(turn: Turn, front: Front, keys: Arc<MasterKey>) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    let token = turn.incoming().command("start").unwrap_or_default().trim_start_matches("cred_").to_owned();
    let hash = keys.hash_code(CREDENTIALS, &token);
    let mut tx = turn.tx().await;
    let found = store::open_credentials(&mut tx, hash.as_bytes(), caller.person.id, turn.now()).await?;
    drop(tx);
    let layout = match &found {
        None => "provisioning/keys_unknown.html",
        Some(found) if found.opened_by != Some(caller.person.id) && !found.expired => {
            "provisioning/keys_not_yours.html"
        }
        Some(found) if found.shown => "provisioning/keys_gone.html",
        Some(found) if found.expired => "provisioning/keys_expired.html",
        Some(_) => "provisioning/keys_offer.html",
    };
    let offered = layout.ends_with("keys_offer.html");
    let context = Context::new().with("slug", &found.map(|found| found.tenant).unwrap_or_default());
    let mut view = View::text(front.say(&caller.reader, layout, &context)?);
    if offered {
        let offer = offer_of(hash.as_bytes());
        let show = Button::press(front.word(&caller.reader, "button-show"), "cred.show", token);
        view = view.row([show.only_for(caller.person.id)]);
        let place = caller.place;
        let mut tx = turn.tx().await;
        return Ok(cards::put(&mut tx, turn.clock(), place, &offer, &view, Priority::Reply, Placement::Anew).await?);
    }
    turn.reply(view).await
}

/// The card that offers credentials, which loses its button once they were shown. One a link, named by its hash.
fn offer_of(hash: &[u8]) -> CardKey {
    CardKey { kind: "credentials", subject: hash.iter().map(|byte| format!("{byte:02x}")).collect() }
}

/// *Show*
pub(super) async fn show(
    turn: Turn,
    front: Front,
    keys: Arc<MasterKey>,
    settings: Arc<Settings>,
    planner: Planner,
) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    let token = turn.meaning().map(|meaning| meaning.subject.clone()).unwrap_or_default();
    let hash = keys.hash_code(CREDENTIALS, &token);
    let mut tx = turn.tx().await;
    let found = store::open_credentials(&mut tx, hash.as_bytes(), caller.person.id, turn.now()).await?;
    let readable = found.filter(|found| {
        found.opened_by == Some(caller.person.id) && !found.shown && !found.expired && !found.sealed.is_empty()
    });
    let Some(found) = readable else {
        drop(tx);
        turn.alert(front.word(&caller.reader, "provisioning-keys-gone")).await;
        return Ok(());
    };
    let opened = keys.open(CREDENTIALS, &Sealed::from(found.sealed))?;
    let what: Keys = serde_json::from_str(opened.expose())?;
    let minutes = settings.burn_after.as_secs() / 60;
    let context = Context::new()
        .with("url", &what.url)
        .with("username", &what.username)
        .with("password", &what.password)
        .with("minutes", &minutes);
    let html = front.say(&caller.reader, "provisioning/keys.html", &context)?;
    let shown = View::text(front.say(&caller.reader, "provisioning/keys_shown.html", &context)?);
    let offer = offer_of(hash.as_bytes());
    cards::put(&mut tx, turn.clock(), caller.place, &offer, &shown, Priority::Reply, Placement::Here).await?;
    outbox::whisper(&mut tx, &keys, caller.place, html, settings.burn_after).await?;
    store::spend_credentials(&mut tx, hash.as_bytes(), turn.now()).await?;
    let slug = found.tenant.parse()?;
    records::set_client(&mut tx, &slug, caller.person.id).await?;
    if let Some(tenant) = tenants::find(&mut tx, &slug).await? {
        let (who, address) = ((caller.place.bot, caller.person.id), planner.public_url(&tenant.domain));
        clients::took_over(&mut tx, turn.clock(), &front, who, slug.as_str(), &address).await?;
    }
    let actor = Actor::Person(caller.person.id);
    Act::done(&actor, "credentials.read", format!("tenant:{slug}")).record(&mut tx).await?;
    drop(tx);
    turn.toast(front.word(&caller.reader, "provisioning-keys-shown")).await;
    Ok(())
}
