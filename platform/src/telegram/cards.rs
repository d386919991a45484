//! Living messages: one row a (kind, subject, chat), drawn again whenever its content changes.

mod moving;
mod replied;
mod withdraw;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::buttons::{Keyboard, Minted};
use super::outbox::{self, Priority};
use super::view::{Does, View};
use super::{BotId, Place, Topic, chats};
use crate::clock::{Clock, random};
use crate::render::Html;
pub(crate) use moving::bring;
pub use moving::forsake;
use moving::stands_at;
pub use replied::{Replied, forget_traces};
pub(crate) use replied::{forget_chat, shown_by, trace};
pub use withdraw::withdraw;

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
    /// Brought to where it belongs: sent anew unless it stands in that topic of the chat already.
    Home,
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
    let anew = match how.placement {
        Placement::Here => false,
        Placement::Anew => true,
        Placement::Home => !stands_at(conn, place, key).await?,
    };
    let (keyboard, minted) = Minted::of(&view.rows, clock.now());
    let drawn = Drawn { html: view.html.clone(), keyboard };
    let drawn = serde_json::to_value(&drawn).map_err(|error| sqlx::Error::Encode(error.into()))?;
    // All that a draw changes, in one statement: many turns do nothing else. Where a message stands is the sender's to
    // say; of a topic that it keeps it does so.
    let changed = sqlx::query!(
        r#"with before as materialized (
             select id, message_id from cards
             where kind = $2 and subject = $3 and chat_id = $5 and bot_id = $4
             for update
           ), drawn as (
             insert into cards as c (id, kind, subject, bot_id, chat_id, topic_id, content_hash, view, priority, ticks,
                                     kept_topic)
             select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $21
             -- The former message is looked up before it is forgotten.
             where (select count(*) from before) >= 0
             on conflict (kind, subject, chat_id, bot_id) do update
               set version = c.version + 1, content_hash = excluded.content_hash, priority = excluded.priority,
                   topic_id = case when excluded.kept_topic is null then excluded.topic_id else c.topic_id end,
                   kept_topic = excluded.kept_topic, ticks = excluded.ticks, updated_at = now(), view = excluded.view,
                   message_id = case when $11 then null else c.message_id end,
                   placed = c.placed + case when $11 then 1 else 0 end
               where c.content_hash <> excluded.content_hash or $11
             returning c.id, c.version
           ), minted as (
             insert into buttons (token, action, subject, args, person_id, single_use, express,
                                  card_id, card_version, chat_id, expires_at)
             select t.*, drawn.id, drawn.version, $5, $19
             from drawn cross join unnest($12::text[], $13::text[], $14::text[], $15::jsonb[], $16::bigint[],
                                          $17::bool[], $18::bool[]) t
           ), stripped as (
             insert into outbox (bot_id, chat_id, priority, call)
             select $4, $5, $20, jsonb_build_object('method', 'strip_keyboard', 'message_id', before.message_id)
             from drawn join before on before.id = drawn.id where $11 and before.message_id is not null
           ), traced as (
             insert into card_traces (bot_id, chat_id, message_id, kind, subject)
             select $4, $5, before.message_id, $2, $3
             from drawn join before on before.id = drawn.id where $11 and before.message_id is not null
             on conflict do nothing
           )
           insert into outbox (bot_id, chat_id, priority, card_id)
           select $4, $5, $9, drawn.id from drawn
           on conflict (card_id) where state = 'waiting' and card_id is not null
           do update set priority = least(outbox.priority, excluded.priority)"#,
        random::id(),
        key.kind,
        key.subject,
        place.bot.0,
        place.chat,
        place.topic.and_then(Topic::thread),
        content_hash(view),
        drawn,
        how.priority as i16,
        how.ticks,
        anew,
        &minted.tokens,
        &minted.actions,
        &minted.subjects,
        &minted.args,
        &minted.persons as &[Option<i64>],
        &minted.single_uses,
        &minted.expresses,
        minted.expire_at,
        Priority::Digest as i16,
        place.topic.and_then(Topic::kept),
    )
    .execute(&mut *conn)
    .await?;
    if changed.rows_affected() > 0 { outbox::wake(conn).await } else { Ok(()) }
}

/// Where the cards of a subject stand, so that a change can be drawn in every chat that shows it. Chats that let nobody in
/// are not among them: what changes meanwhile is drawn by [`catch_up`].
///
/// # Errors
/// The database refuses.
pub async fn places(conn: &mut PgConnection, key: &CardKey) -> sqlx::Result<Vec<Place>> {
    let rows = sqlx::query!(
        "select bot_id, chat_id, topic_id, kept_topic from cards c where kind = $1 and subject = $2
           and not exists (select 1 from closed_chats x where x.bot_id = c.bot_id and x.chat_id = c.chat_id)
         order by created_at",
        key.kind,
        key.subject
    )
    .fetch_all(conn)
    .await?;
    let place = |bot, chat, topic| Place { bot: BotId(bot), chat, topic };
    Ok(rows
        .into_iter()
        .map(|row| place(row.bot_id, row.chat_id, Topic::stored(row.kept_topic, row.topic_id)))
        .collect())
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
    pub(crate) topic: Option<Topic>,
    pub(crate) message_id: Option<i64>,
    pub(crate) version: i64,
    pub(crate) sent_version: i64,
    /// How often it was put to the bottom of its chat, or into another: a message that was sent before the last time is not it any more.
    pub(crate) placed: i32,
    pub(crate) drawn: Drawn,
}

/// Those of these cards that are there still and can be read.
pub(crate) async fn load(conn: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<Vec<Card>> {
    let rows = sqlx::query!(
        "select id, topic_id, kept_topic, message_id, version, sent_version, placed, view from cards where id = any ($1)",
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
            topic: Topic::stored(row.kept_topic, row.topic_id),
            message_id: row.message_id,
            version: row.version,
            sent_version: row.sent_version,
            placed: row.placed,
            drawn,
        })
    });
    Ok(readable.collect())
}

/// Records what now stands on the screen of a chat, and in which topic a new message does. `version` never goes back, and a
/// card that was put elsewhere in the meantime keeps its missing message id: what arrived loses its buttons.
pub(crate) async fn sent(
    conn: &mut PgConnection,
    card: &Card,
    chat: i64,
    message_id: i64,
    thread: Option<i64>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update cards set message_id = $3, sent_version = greatest(sent_version, $2), edited_at = now(),
                topic_id = case when $4::bigint is null then $6 else topic_id end
         where id = $1 and message_id is not distinct from $4 and placed = $5",
        card.id,
        card.version,
        message_id,
        card.message_id,
        card.placed,
        thread
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "with late as materialized (
           select bot_id, kind, subject from cards where id = $1 and placed <> $2 and $5
         ), traced as (
           insert into card_traces (bot_id, chat_id, message_id, kind, subject)
           select bot_id, $6, $4::bigint, kind, subject from late on conflict do nothing
         )
         insert into outbox (bot_id, chat_id, priority, call)
         select bot_id, $6, $3, jsonb_build_object('method', 'strip_keyboard', 'message_id', $4::bigint) from late",
        card.id,
        card.placed,
        Priority::Digest as i16,
        message_id,
        card.message_id.is_none(),
        chat
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
