//! Chats that change: groups that become supergroups with another id, topics that go.

use sqlx::PgConnection;

use super::{BotId, Place, cards};

/// The present id of a chat that may be known by its former one: parameters of jobs and other rows keep ids for long.
pub(crate) async fn present(conn: &mut PgConnection, bot: BotId, chat: i64) -> sqlx::Result<i64> {
    // Only groups move; their ids are negative.
    if chat >= 0 {
        return Ok(chat);
    }
    let moved = sqlx::query_scalar!("select to_id from moved_chats where bot_id = $1 and from_id = $2", bot.0, chat)
        .fetch_optional(conn)
        .await?;
    Ok(moved.unwrap_or(chat))
}

/// A place as [`present`] gives its chat. Topics do not survive the move.
pub(crate) async fn present_place(conn: &mut PgConnection, place: Place) -> sqlx::Result<Place> {
    let chat = present(conn, place.bot, place.chat).await?;
    let topic = place.topic.filter(|_| chat == place.chat);
    Ok(Place { chat, topic, ..place })
}

/// Nobody lets the bot in there.
pub(crate) async fn close(conn: &mut PgConnection, bot: BotId, chat: i64) -> sqlx::Result<()> {
    sqlx::query!("insert into closed_chats (bot_id, chat_id) values ($1, $2) on conflict do nothing", bot.0, chat)
        .execute(conn)
        .await?;
    Ok(())
}

/// Messages arrive there, or somebody is back. Returns those that were closed.
pub(crate) async fn open(conn: &mut PgConnection, bot: BotId, chats: &[i64]) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "delete from closed_chats where bot_id = $1 and chat_id = any ($2) returning chat_id",
        bot.0,
        chats
    )
    .fetch_all(conn)
    .await
}

/// A group became a supergroup: its id changes wherever the platform keeps it. What its cards' messages were called means
/// nothing in the new chat, or means somebody else's message: they are sent anew when they change next.
pub(crate) async fn migrate(conn: &mut PgConnection, bot: BotId, from: i64, to: i64) -> sqlx::Result<()> {
    if from == to {
        return Ok(());
    }
    sqlx::query!(
        "insert into moved_chats (bot_id, from_id, to_id) values ($1, $2, $3)
         on conflict (bot_id, from_id) do update set to_id = excluded.to_id, moved_at = now()",
        bot.0,
        from,
        to
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("update moved_chats set to_id = $3 where bot_id = $1 and to_id = $2", bot.0, from, to)
        .execute(&mut *conn)
        .await?;
    // A card that was already drawn into the new chat is the living one.
    sqlx::query!(
        "delete from cards c where c.bot_id = $1 and c.chat_id = $2
           and exists (select 1 from cards n where n.bot_id = $1 and n.chat_id = $3
                         and n.kind = c.kind and n.subject = c.subject)",
        bot.0,
        from,
        to
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update cards set chat_id = $3, message_id = null, sent_version = 0, topic_id = null, kept_topic = null,
                placed = placed + 1
         where bot_id = $1 and chat_id = $2",
        bot.0,
        from,
        to
    )
    .execute(&mut *conn)
    .await?;
    cards::forget_chat(conn, bot, from, &[]).await?;
    sqlx::query!("delete from topics where bot_id = $1 and chat_id = $2", bot.0, from).execute(&mut *conn).await?;
    sqlx::query!(
        "update outbox set chat_id = $3 where bot_id = $1 and chat_id = $2 and state in ('waiting', 'sending')",
        bot.0,
        from,
        to
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update prompts p set chat_id = $3 where p.bot_id = $1 and p.chat_id = $2
           and not exists (select 1 from prompts n where n.bot_id = $1 and n.chat_id = $3 and n.person_id = p.person_id)",
        bot.0,
        from,
        to
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("delete from chat_holds where bot_id = $1 and chat_id = $2", bot.0, from).execute(conn).await?;
    Ok(())
}
