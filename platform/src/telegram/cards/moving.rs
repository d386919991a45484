//! Cards that go elsewhere: to another chat, into another topic, or nowhere any more.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{CardKey, forget_chat};
use crate::telegram::outbox::{self, Priority};
use crate::telegram::{BotId, Place, Topic};

/// Whether a card stands in this topic of this chat, or is on its way there. One that was to be brought there and stands in
/// General does so as long as the topic cannot be had.
pub(super) async fn stands_at(conn: &mut PgConnection, place: Place, key: &CardKey) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
             select from cards c left join topics t on t.id = c.kept_topic
             where c.kind = $1 and c.subject = $2 and c.bot_id = $3 and c.chat_id = $4
               and c.kept_topic is not distinct from $5
               and case when c.message_id is null
                        then exists (select from outbox o where o.card_id = c.id and o.state in ('waiting', 'sending'))
                        when t.id is null then c.topic_id is not distinct from $6
                        else t.state = 'outside' or c.topic_id = t.thread_id end
           ) as "stands!""#,
        key.kind,
        key.subject,
        place.bot.0,
        place.chat,
        place.topic.and_then(Topic::kept),
        place.topic.and_then(Topic::thread)
    )
    .fetch_one(conn)
    .await
}

/// Brings a card to another place, where it is sent anew. One of the same subject that stands there already stays instead.
pub(crate) async fn bring(conn: &mut PgConnection, card: Uuid, to: Place) -> sqlx::Result<bool> {
    let moved = sqlx::query!(
        "update cards c set chat_id = $2, topic_id = $3, kept_topic = $4, message_id = null, sent_version = 0,
                placed = placed + 1
         where c.id = $1
           and not exists (select 1 from cards n where n.kind = c.kind and n.subject = c.subject
                             and n.bot_id = c.bot_id and n.chat_id = $2)",
        card,
        to.chat,
        to.topic.and_then(Topic::thread),
        to.topic.and_then(Topic::kept)
    )
    .execute(&mut *conn)
    .await?
    .rows_affected();
    Ok(moved == 1)
}

/// Nothing of a group is kept up to date any more: its buttons change nothing from now on, and its questions wait for no
/// answer. What ticks there goes on ticking `to` another place; cards of the kinds in `carried`, which wait for somebody's
/// decision, belong there from now on and are shown when they are drawn next. Its topics are remembered, for when it is one's
/// own again.
///
/// # Errors
/// The database refuses.
pub async fn forsake(
    conn: &mut PgConnection,
    bot: BotId,
    chat: i64,
    to: Option<Place>,
    carried: &[&str],
) -> sqlx::Result<()> {
    if let Some(to) = to {
        let carried: Vec<String> = carried.iter().copied().map(str::to_owned).collect();
        let going = sqlx::query!(
            "select id, priority, ticks from cards where bot_id = $1 and chat_id = $2 and (ticks or kind = any ($3))
             order by created_at",
            bot.0,
            chat,
            &carried
        )
        .fetch_all(&mut *conn)
        .await?;
        for card in going {
            if bring(conn, card.id, to).await? {
                sqlx::query!("delete from outbox where card_id = $1 and state = 'waiting'", card.id)
                    .execute(&mut *conn)
                    .await?;
                if card.ticks {
                    outbox::push_card(conn, bot, to.chat, card.id, Priority::of_stored(card.priority)).await?;
                }
            }
        }
    }
    // Its buttons stay as they are, so that a press is answered as one that came too late: there may be half a million.
    sqlx::query!(
        "insert into forsaken_chats (chat_id, forsaken_at) values ($1, now())
         on conflict (chat_id) do update set forsaken_at = excluded.forsaken_at",
        chat
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("delete from cards where bot_id = $1 and chat_id = $2", bot.0, chat).execute(&mut *conn).await?;
    forget_chat(conn, bot, chat, &[]).await?;
    sqlx::query!("delete from prompts where bot_id = $1 and chat_id = $2", bot.0, chat).execute(conn).await?;
    Ok(())
}
