//! The SQL of the operators' chat, and of chats that were it.

use waas_platform::db::PgConnection;
use waas_platform::telegram::{BotId, Place};

/// Who binds waits for others who bind, also while no chat is bound yet.
pub(in crate::access) async fn lock(conn: &mut PgConnection, bot: BotId) -> sqlx::Result<()> {
    sqlx::query!(r#"select pg_advisory_xact_lock(hashtextextended('operator_chats', $1))::text as "held""#, bot.0)
        .fetch_one(conn)
        .await?;
    Ok(())
}

pub(in crate::access) async fn bind(
    conn: &mut PgConnection,
    place: Place,
    owner: i64,
    title: &str,
    is_forum: bool,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into operator_chats (bot_id, chat_id, bound_by, title, is_forum) values ($1, $2, $3, $4, $5)
         on conflict (bot_id) do update
           set chat_id = excluded.chat_id, bound_by = excluded.bound_by, bound_at = now(), title = excluded.title,
               is_forum = excluded.is_forum, told_of_rights = false",
        place.bot.0,
        place.chat,
        owner,
        title,
        is_forum
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("delete from left_chats where bot_id = $1 and chat_id = $2", place.bot.0, place.chat)
        .execute(conn)
        .await?;
    Ok(())
}

pub(in crate::access) async fn is_forum(conn: &mut PgConnection, bot: BotId) -> sqlx::Result<bool> {
    let bound = sqlx::query_scalar!("select is_forum from operator_chats where bot_id = $1", bot.0);
    Ok(bound.fetch_optional(conn).await?.unwrap_or(false))
}

/// Whether topics were switched on or off in the bound group.
pub(in crate::access) async fn note(
    conn: &mut PgConnection,
    place: Place,
    title: &str,
    is_forum: bool,
) -> sqlx::Result<bool> {
    let switched = sqlx::query_scalar!(
        r#"with before as (
             select is_forum from operator_chats where bot_id = $1 and chat_id = $2
           )
           update operator_chats o set title = $3, is_forum = $4
           from before
           where o.bot_id = $1 and o.chat_id = $2 and (o.title <> $3 or o.is_forum <> $4)
           returning before.is_forum <> $4 as "switched!""#,
        place.bot.0,
        place.chat,
        title,
        is_forum
    )
    .fetch_optional(conn)
    .await?;
    Ok(switched.unwrap_or(false))
}

/// A topic was refused since the group has none.
pub(in crate::access) async fn no_forum(conn: &mut PgConnection, place: Place) -> sqlx::Result<()> {
    sqlx::query!(
        "update operator_chats set is_forum = false where bot_id = $1 and chat_id = $2",
        place.bot.0,
        place.chat
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether this is the bound group, and its people were not told yet of the right that topics need. They are now.
pub(in crate::access) async fn tells_of_rights(conn: &mut PgConnection, place: Place) -> sqlx::Result<bool> {
    let told = sqlx::query!(
        "update operator_chats set told_of_rights = true where bot_id = $1 and chat_id = $2 and not told_of_rights",
        place.bot.0,
        place.chat
    )
    .execute(conn)
    .await?;
    Ok(told.rows_affected() == 1)
}

pub(in crate::access) async fn tell_of_rights_again(conn: &mut PgConnection, place: Place) -> sqlx::Result<()> {
    sqlx::query!(
        "update operator_chats set told_of_rights = false where bot_id = $1 and chat_id = $2",
        place.bot.0,
        place.chat
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The operators' chat is this one no longer; whether it was. A group is remembered.
pub(in crate::access) async fn unbind(conn: &mut PgConnection, bot: BotId, chat: i64) -> sqlx::Result<bool> {
    let unbound = sqlx::query!(
        "with gone as (delete from operator_chats where bot_id = $1 and chat_id = $2 returning title)
         insert into left_chats (bot_id, chat_id, title, why) select $1, $2, title, 'put_out' from gone
         on conflict (bot_id, chat_id) do update set why = excluded.why, left_at = now()",
        bot.0,
        chat
    )
    .execute(conn)
    .await?;
    Ok(unbound.rows_affected() == 1)
}

pub(in crate::access) async fn left(conn: &mut PgConnection, place: Place, why: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into left_chats (bot_id, chat_id, title, why) values ($1, $2, '', $3)
         on conflict (bot_id, chat_id) do update set why = excluded.why, left_at = now()",
        place.bot.0,
        place.chat,
        why
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::access) async fn is_left(conn: &mut PgConnection, place: Place) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from left_chats where bot_id = $1 and chat_id = $2) as "left!""#,
        place.bot.0,
        place.chat
    )
    .fetch_one(conn)
    .await
}

/// Whether the bot was put out of that chat while it was bound; it is told once.
pub(in crate::access) async fn is_back(conn: &mut PgConnection, place: Place) -> sqlx::Result<bool> {
    let back = sqlx::query!(
        "update left_chats set why = 'moved' where bot_id = $1 and chat_id = $2 and why = 'put_out'",
        place.bot.0,
        place.chat
    )
    .execute(conn)
    .await?;
    Ok(back.rows_affected() == 1)
}

/// Groups that the bot was put out of.
pub(in crate::access) async fn put_out(conn: &mut PgConnection, bot: BotId) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!("select chat_id from left_chats where bot_id = $1 and why = 'put_out' order by chat_id", bot.0)
        .fetch_all(conn)
        .await
}

pub(in crate::access) async fn move_chat(
    conn: &mut PgConnection,
    bot: BotId,
    from: i64,
    to: i64,
) -> sqlx::Result<bool> {
    let moved =
        sqlx::query!("update operator_chats set chat_id = $3 where bot_id = $1 and chat_id = $2", bot.0, from, to)
            .execute(conn)
            .await?;
    Ok(moved.rows_affected() == 1)
}
