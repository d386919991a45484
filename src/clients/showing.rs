//! Where the cards of clients and of their threads stand, and when they are drawn.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::render::CAPTION_LIMIT;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::outbox::{self, Relayed};
use waas_platform::telegram::{BotId, Place, Priority};

use super::model::{Content, Site, Stage, Thread};
use super::{card, store};
use crate::front::Front;
use crate::tenants::{Slug, TenantState};
use crate::{access, leads, tenants};

/// The kind of the operators' card of a thread.
pub(super) const THREAD: &str = "client_thread";
/// Messages that a thread's card shows, the newest ones.
const SHOWN: i64 = 8;
/// Open threads whose cards come along when the operators' chat is elsewhere.
const BROUGHT: i64 = 50;

/// What a client reads of a site: what they were told, and how a site that is ready stands by now.
async fn told(conn: &mut PgConnection, site: &Site) -> sqlx::Result<&'static str> {
    if site.stage != Stage::Ready {
        return Ok(site.stage.word());
    }
    let slug = site.tenant.as_deref().and_then(|slug| slug.parse::<Slug>().ok());
    let tenant = match &slug {
        Some(slug) => tenants::find(conn, slug).await?,
        None => None,
    };
    Ok(match tenant.map(|tenant| tenant.state) {
        None | Some(TenantState::Deleted) => "gone",
        Some(TenantState::Stopped | TenantState::Suspended) => "stopped",
        Some(_) => site.stage.word(),
    })
}

/// Draws a client's card: how far their sites are.
pub(super) async fn status(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    (bot, person): (BotId, i64),
    priority: Priority,
    placement: Placement,
) -> anyhow::Result<()> {
    let mut shown = Vec::new();
    for site in store::sites_of(conn, bot, person).await? {
        let stage = told(conn, &site).await?;
        shown.push(card::Shown { stage, site });
    }
    let talks = store::open_of(conn, bot, person).await?.is_some();
    let reader = access::reader_of(conn, front, person, clock.now()).await?;
    let view = card::status(front, &reader, &shown, talks)?;
    let key = CardKey { kind: "client", subject: person.to_string() };
    Ok(cards::put(conn, clock, Place::private(bot, person), &key, &view, priority, placement).await?)
}

fn key(thread: Uuid) -> CardKey {
    CardKey { kind: THREAD, subject: thread.to_string() }
}

/// Where operators see a thread: in their chat, and wherever one of them brought it.
async fn places(conn: &mut PgConnection, thread: &Thread, also: Option<Place>) -> sqlx::Result<Vec<Place>> {
    let mut places = cards::places(conn, &key(thread.id)).await?;
    for place in access::operators_place(conn, thread.bot).await?.into_iter().chain(also) {
        if places.iter().all(|known| known.chat != place.chat) {
            places.push(place);
        }
    }
    Ok(places)
}

/// What a thread's card tells, for whoever reads it.
struct Told {
    said: Vec<card::Said>,
    client: String,
    site: Option<String>,
    lead: Option<i64>,
    left_out: i64,
}

async fn told_of(conn: &mut PgConnection, thread: &Thread) -> anyhow::Result<Told> {
    let (messages, count) = store::messages(conn, thread.id, SHOWN).await?;
    let mut said = Vec::new();
    for message in messages {
        let who = access::first_name(conn, message.person).await?.unwrap_or_default();
        said.push(card::Said { message, who });
    }
    let sites = store::sites_of(conn, thread.bot, thread.person).await?;
    let about = sites.into_iter().rev().find(|site| thread.lead.is_none() || site.lead == thread.lead);
    let lead = match thread.lead.or_else(|| about.as_ref().and_then(|site| site.lead)) {
        Some(lead) => leads::facts(conn, lead).await?.map(|lead| lead.number),
        None => None,
    };
    Ok(Told {
        client: access::first_name(conn, thread.person).await?.unwrap_or_default(),
        site: about.map(|site| site.name),
        lead,
        left_out: count - i64::try_from(said.len()).unwrap_or(count),
        said,
    })
}

async fn draw(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    thread: &Thread,
    told: &Told,
    (place, priority, placement): (Place, Priority, Placement),
) -> anyhow::Result<()> {
    let around = card::Around {
        client: told.client.clone(),
        site: told.site.as_deref(),
        lead: told.lead,
        left_out: told.left_out,
    };
    let reader = access::reader_at(conn, front, place, clock.now()).await?;
    let view = card::thread(front, &reader, thread, &around, &told.said)?;
    Ok(cards::put(conn, clock, place, &key(thread.id), &view, priority, placement).await?)
}

/// Brings the cards of open threads to the operators' chat.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn bring_open(conn: &mut PgConnection, clock: &Clock, front: &Front, bot: BotId) -> anyhow::Result<()> {
    let Some(place) = access::operators_place(conn, bot).await? else { return Ok(()) };
    for id in store::open_threads(conn, bot, BROUGHT).await? {
        // Held, so that no older state is drawn over what is being written there.
        let Some(thread) = store::hold(conn, id).await?.filter(|thread| thread.open) else { continue };
        let told = told_of(conn, &thread).await?;
        // Nobody is shown a conversation that nobody has begun.
        if !told.said.is_empty() {
            let where_to = (place, Priority::Reminder, Placement::Home);
            draw(conn, clock, front, &thread, &told, where_to).await?;
        }
    }
    Ok(())
}

/// Draws a thread's card wherever operators see it; `also` is where one of them just spoke.
pub(super) async fn thread(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    thread: &Thread,
    also: Option<Place>,
    placement: Placement,
) -> anyhow::Result<()> {
    let told = told_of(conn, thread).await?;
    for place in places(conn, thread, also).await? {
        draw(conn, clock, front, thread, &told, (place, Priority::Card, placement)).await?;
    }
    Ok(())
}

/// Reminds the operators of a client who waits, and brings the thread's card to the bottom of their chat.
pub(super) async fn remind(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    about: &Thread,
    since: DateTime<Utc>,
) -> anyhow::Result<()> {
    let client = access::first_name(conn, about.person).await?.unwrap_or_default();
    if let Some(place) = access::operators_place(conn, about.bot).await? {
        let reader = access::reader_at(conn, front, place, clock.now()).await?;
        let view = card::reminder(front, &reader, &client, since)?;
        outbox::say(conn, clock, place, view, Priority::Card).await?;
    }
    thread(conn, clock, front, about, None, Placement::Anew).await
}

/// Brings operators what does not fit the card: files, and the whole of long texts.
pub(super) async fn bring(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    thread: &Thread,
    content: &Content,
) -> anyhow::Result<()> {
    let client = access::first_name(conn, thread.person).await?.unwrap_or_default();
    let key = key(thread.id);
    for place in places(conn, thread, None).await? {
        let long = match content {
            Content::File(file, text) => {
                let reader = access::reader_at(conn, front, place, clock.now()).await?;
                let caption = card::caption(front, &reader, &client, text)?;
                let cut = caption.units() > CAPTION_LIMIT;
                outbox::relay(conn, place, file.clone(), caption, Some(&key), Priority::Card).await?;
                cut.then_some(text)
            }
            Content::Text(text) => card::is_cut(text).then_some(text),
        };
        if let Some(text) = long {
            outbox::document_of(conn, &key, place, "message.txt".to_owned(), text.clone(), Priority::Card).await?;
        }
    }
    Ok(())
}

/// Brings a client what an operator wrote.
pub(super) async fn to_client(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    thread: &Thread,
    house: Option<&str>,
    content: &Content,
    question: bool,
) -> anyhow::Result<()> {
    let place = Place::private(thread.bot, thread.person);
    let reader = access::reader_of(conn, front, thread.person, clock.now()).await?;
    let view = card::from_team(front, &reader, house, content.body(), question)?;
    match content {
        Content::Text(_) => outbox::say(conn, clock, place, view, Priority::Reply).await?,
        Content::File(file, _) if view.html.units() <= CAPTION_LIMIT => relay(conn, place, file, view.html).await?,
        // More than fits below a file goes before it.
        Content::File(file, _) => {
            outbox::say(conn, clock, place, view, Priority::Reply).await?;
            relay(conn, place, file, card::from_team(front, &reader, house, "", false)?.html).await?;
        }
    }
    Ok(())
}

async fn relay(
    conn: &mut PgConnection,
    place: Place,
    file: &Relayed,
    caption: waas_platform::render::Html,
) -> sqlx::Result<()> {
    outbox::relay(conn, place, file.clone(), caption, None, Priority::Reply).await
}

/// Says a word of the hub's own to a client.
pub(super) async fn say(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    thread: &Thread,
    key: &str,
) -> anyhow::Result<()> {
    let reader = access::reader_of(conn, front, thread.person, clock.now()).await?;
    let view = card::notice(front, &reader, key)?;
    let place = Place::private(thread.bot, thread.person);
    Ok(outbox::say(conn, clock, place, view, Priority::Reply).await?)
}
