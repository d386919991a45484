//! Living messages: one row a (kind, subject, chat), drawn again whenever its content changes.

mod replied;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::buttons::{self, Keyboard};
use super::outbox::{self, Priority};
use super::view::{Does, View};
use super::{BotId, Place, chats};
use crate::clock::{Clock, random};
use crate::render::Html;
pub use replied::Replied;
pub(crate) use replied::shown_by;

/// What a card is about: its kind (`lead`) and its subject (the lead's id).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardKey {
    /// The kind, one word of the capability that draws it.
    pub kind: &'static str,
    /// Whose card it is.
    pub subject: String,
}

/// The view as stored: escaped text and a keyboard whose buttons have their tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Drawn {
    pub(crate) html: Html,
    pub(crate) keyboard: Keyboard,
}

/// Whether a changed card stays where it is or comes to the bottom of the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Edited where it stands.
    Here,
    /// Sent anew at the bottom; the old message keeps its text and loses its buttons.
    Anew,
}

/// Puts a card into a chat, or changes what it shows. Nothing happens when it already shows just this.
///
/// # Errors
/// The database refuses.
pub async fn put(
    conn: &mut PgConnection,
    clock: &Clock,
    place: Place,
    key: &CardKey,
    view: &View,
    priority: Priority,
    placement: Placement,
) -> sqlx::Result<()> {
    draw(conn, clock, place, key, view, &Draw { priority, placement, ticks: false }).await
}

/// How a card comes onto the screen.
struct Draw {
    priority: Priority,
    placement: Placement,
    /// Progress: in a group it may wait until the card has rested.
    ticks: bool,
}

async fn draw(
    conn: &mut PgConnection,
    clock: &Clock,
    place: Place,
    key: &CardKey,
    view: &View,
    how: &Draw,
) -> sqlx::Result<()> {
    let place = chats::present_place(conn, place).await?;
    let hash = content_hash(view);
    let row = sqlx::query!(
        r#"insert into cards as c (id, kind, subject, bot_id, chat_id, topic_id, content_hash, view, priority, ticks)
           values ($1, $2, $3, $4, $5, $6, $7, '{}', $8, $10)
           on conflict (kind, subject, chat_id, bot_id) do update
             set version = c.version + 1, content_hash = excluded.content_hash, priority = excluded.priority,
                 topic_id = excluded.topic_id, ticks = excluded.ticks, updated_at = now()
             where c.content_hash <> excluded.content_hash or $9
           returning c.id, c.version, c.message_id"#,
        random::id(),
        key.kind,
        key.subject,
        place.bot.0,
        place.chat,
        place.topic,
        hash,
        how.priority as i16,
        how.placement == Placement::Anew,
        how.ticks,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let keyboard = buttons::mint(conn, &view.rows, place, Some((row.id, row.version)), clock.now()).await?;
    let drawn = Drawn { html: view.html.clone(), keyboard };
    let drawn = serde_json::to_value(&drawn).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let anew = how.placement == Placement::Anew && row.message_id.is_some();
    sqlx::query!(
        "update cards set view = $2, message_id = case when $3 then null else message_id end where id = $1",
        row.id,
        drawn,
        anew
    )
    .execute(&mut *conn)
    .await?;
    if let (true, Some(old)) = (anew, row.message_id) {
        outbox::strip_keyboard(conn, place.bot, place.chat, old).await?;
    }
    outbox::push_card(conn, place.bot, place.chat, row.id, how.priority).await
}

/// Where the cards of a subject stand, so that a change can be drawn in every chat that shows it. Chats that let nobody in
/// are not among them: what changes meanwhile is drawn by [`catch_up`].
///
/// # Errors
/// The database refuses.
pub async fn places(conn: &mut PgConnection, key: &CardKey) -> sqlx::Result<Vec<Place>> {
    let rows = sqlx::query!(
        "select bot_id, chat_id, topic_id from cards c where kind = $1 and subject = $2
           and not exists (select 1 from closed_chats x where x.bot_id = c.bot_id and x.chat_id = c.chat_id)
         order by created_at",
        key.kind,
        key.subject
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| Place { bot: BotId(row.bot_id), chat: row.chat_id, topic: row.topic_id }).collect())
}

/// Draws a changed subject again wherever it stands.
///
/// # Errors
/// The database refuses.
pub async fn redraw(
    conn: &mut PgConnection,
    clock: &Clock,
    key: &CardKey,
    view: &View,
    priority: Priority,
) -> sqlx::Result<()> {
    for place in places(conn, key).await? {
        put(conn, clock, place, key, view, priority, Placement::Here).await?;
    }
    Ok(())
}

/// Draws the progress of a subject in a chat: in a group at most once in the time of the settings, the newest state each
/// time. What must be seen at once, like the end, is drawn by [`put`].
///
/// # Errors
/// The database refuses.
pub async fn tick(
    conn: &mut PgConnection,
    clock: &Clock,
    place: Place,
    key: &CardKey,
    view: &View,
) -> sqlx::Result<()> {
    let how = Draw { priority: Priority::Card, placement: Placement::Here, ticks: true };
    draw(conn, clock, place, key, view, &how).await
}

/// Draws what a chat missed while nothing could be brought there: every card whose newest state is not on the screen.
///
/// # Errors
/// The database refuses.
pub async fn catch_up(conn: &mut PgConnection, bot: BotId, chat: i64) -> sqlx::Result<()> {
    chats::open(conn, bot, &[chat]).await?;
    draw_missed(conn, bot, chat).await
}

pub(crate) async fn draw_missed(conn: &mut PgConnection, bot: BotId, chat: i64) -> sqlx::Result<()> {
    let behind = sqlx::query!(
        "select id, priority from cards where bot_id = $1 and chat_id = $2 and sent_version < version order by updated_at",
        bot.0,
        chat
    )
    .fetch_all(&mut *conn)
    .await?;
    for card in behind {
        outbox::push_card(conn, bot, chat, card.id, Priority::of_stored(card.priority)).await?;
    }
    Ok(())
}

/// Brings a card to another place, where it is sent anew. One of the same subject that stands there already stays instead.
pub(crate) async fn bring(conn: &mut PgConnection, card: Uuid, to: Place) -> sqlx::Result<bool> {
    let moved = sqlx::query!(
        "update cards c set chat_id = $2, topic_id = $3, message_id = null, sent_version = 0
         where c.id = $1
           and not exists (select 1 from cards n where n.kind = c.kind and n.subject = c.subject
                             and n.bot_id = c.bot_id and n.chat_id = $2)",
        card,
        to.chat,
        to.topic
    )
    .execute(&mut *conn)
    .await?
    .rows_affected()
        == 1;
    if moved {
        sqlx::query!("update buttons set chat_id = $2 where card_id = $1", card, to.chat).execute(&mut *conn).await?;
    }
    Ok(moved)
}

/// What a press tells about the screen: the message it came from shows this card, or an older state of it.
///
/// A card whose message the press did not come from has an orphan: a first send with unknown outcome that arrived after
/// all. It becomes `pointer`, where there is one, and loses its buttons in any case. A press that came too late brings
/// the present state forward.
pub(crate) async fn pressed(
    conn: &mut PgConnection,
    id: Uuid,
    on_message: i64,
    stale: bool,
    pointer: impl FnOnce(Option<String>) -> anyhow::Result<Option<Html>>,
) -> anyhow::Result<()> {
    let card = sqlx::query!(
        "select bot_id, chat_id, message_id, version, sent_version, unknown_sends from cards where id = $1",
        id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(card) = card else { return Ok(()) };
    let bot = BotId(card.bot_id);
    match card.message_id {
        Some(live) if live != on_message => {
            let pointer = if card.unknown_sends > 0 { pointer(link(card.chat_id, live))? } else { None };
            match pointer {
                Some(html) => {
                    metrics::counter!("hub_card_orphans_total").increment(1);
                    outbox::rewrite(conn, bot, card.chat_id, on_message, html).await?;
                }
                None => outbox::strip_keyboard(conn, bot, card.chat_id, on_message).await?,
            }
        }
        Some(_) if stale && card.sent_version < card.version => {
            outbox::push_card(conn, bot, card.chat_id, id, Priority::Reply).await?;
        }
        Some(_) | None => {}
    }
    Ok(())
}

/// The address of a message in a supergroup; other chats have none.
fn link(chat: i64, message_id: i64) -> Option<String> {
    let internal = chat.to_string().strip_prefix("-100")?.to_owned();
    Some(format!("https://t.me/c/{internal}/{message_id}"))
}

/// A card as the sender needs it.
#[derive(Debug)]
pub(crate) struct Card {
    pub(crate) id: Uuid,
    pub(crate) topic: Option<i64>,
    pub(crate) message_id: Option<i64>,
    pub(crate) version: i64,
    pub(crate) sent_version: i64,
    pub(crate) drawn: Drawn,
}

/// Those of these cards that are there still and can be read.
pub(crate) async fn load(conn: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<Vec<Card>> {
    let rows = sqlx::query!(
        "select id, topic_id, message_id, version, sent_version, view from cards where id = any ($1)",
        ids
    )
    .fetch_all(conn)
    .await?;
    let readable = rows.into_iter().filter_map(|row| {
        let drawn = serde_json::from_value(row.view)
            .inspect_err(|error| tracing::error!(card = %row.id, %error, "a card cannot be read"))
            .ok()?;
        Some(Card {
            id: row.id,
            topic: row.topic_id,
            message_id: row.message_id,
            version: row.version,
            sent_version: row.sent_version,
            drawn,
        })
    });
    Ok(readable.collect())
}

/// Those of these cards that somebody else's open transaction holds; the others are held until this one ends.
pub(crate) async fn touched_by_others(conn: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<HashSet<Uuid>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let there = sqlx::query_scalar!("select id from cards where id = any ($1)", ids).fetch_all(&mut *conn).await?;
    let free = sqlx::query_scalar!("select id from cards where id = any ($1) for update skip locked", ids)
        .fetch_all(conn)
        .await?;
    Ok(there.into_iter().filter(|id| !free.contains(id)).collect())
}

/// As [`sent`], for many at once: each with the message that shows it now.
pub(crate) async fn all_sent(conn: &mut PgConnection, shown: &[(&Card, i64)]) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = shown.iter().map(|(card, _)| card.id).collect();
    let versions: Vec<i64> = shown.iter().map(|(card, _)| card.version).collect();
    let before: Vec<Option<i64>> = shown.iter().map(|(card, _)| card.message_id).collect();
    let now: Vec<i64> = shown.iter().map(|(_, message_id)| *message_id).collect();
    sqlx::query!(
        "update cards c set message_id = s.now, sent_version = greatest(c.sent_version, s.version), edited_at = now()
         from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[]) s (id, version, before, now)
         where c.id = s.id and c.message_id is not distinct from s.before",
        &ids,
        &versions,
        &before as &[Option<i64>],
        &now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Records what now stands on the screen. `version` never goes back, and a card that was put anew in the meantime keeps
/// its missing message id.
pub(crate) async fn sent(conn: &mut PgConnection, card: &Card, message_id: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "update cards set message_id = $3, sent_version = greatest(sent_version, $2), edited_at = now()
         where id = $1 and message_id is not distinct from $4",
        card.id,
        card.version,
        message_id,
        card.message_id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A first send may have arrived and is sent again: one more orphan may stand in the chat.
pub(crate) async fn sent_unknown(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("update cards set unknown_sends = unknown_sends + 1 where id = $1", id).execute(conn).await?;
    Ok(())
}

/// The topic that it stood in is gone or closed: it stands outside from now on.
pub(crate) async fn left_topic(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("update cards set topic_id = null where id = $1", id).execute(conn).await?;
    Ok(())
}

/// The message is gone: the next draw sends it anew.
pub(crate) async fn lost(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("update cards set message_id = null, sent_version = 0 where id = $1", id).execute(conn).await?;
    Ok(())
}

/// Says what is on the screen apart from the tokens, which are new at each draw.
fn content_hash(view: &View) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update(part.as_bytes());
        hash.update([0xff]);
    };
    add(view.html.as_str());
    for row in &view.rows {
        add("row");
        for button in row {
            add(&button.label);
            match &button.does {
                Does::Open(url) => add(url),
                Does::Press { action, subject, args, .. } => {
                    add(action);
                    add(subject);
                    add(&args.to_string());
                }
            }
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
