//! Topics that the bot keeps in forums: wanted by name, brought about by the sender.
//!
//! Whoever draws a card only names its topic; the topic need not stand yet. The sender opens it right before the first
//! message that goes there, reopens one that people closed, and opens another one in place of a deleted one, where the
//! cards that went with it are drawn anew. What Telegram refuses stays outside, in General, until somebody mends that.
//! How people call a topic, and which icon they give it, is left to them.

use sqlx::{PgConnection, PgPool};

use super::{BotId, Topic, chats, outbox, outbox::Priority};

/// Cards of a deleted topic that are drawn anew at once, the newest; the others when they change.
const DRAWN_ANEW: i64 = 50;

/// Why a message that belongs into a topic stands in General.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The bot may not manage topics.
    NoRights,
    /// The group has no topics any more.
    NoForum,
    /// People closed the topic of this title, and the bot may not reopen it.
    Closed(String),
}

/// The topic of a name in a chat, which is called `title` when it is opened.
///
/// # Errors
/// The database refuses.
pub async fn keep(conn: &mut PgConnection, bot: BotId, chat: i64, name: &str, title: &str) -> sqlx::Result<Topic> {
    let chat = chats::present(conn, bot, chat).await?;
    let known = sqlx::query_scalar!(
        "select id from topics where bot_id = $1 and chat_id = $2 and name = $3",
        bot.0,
        chat,
        name
    )
    .fetch_optional(&mut *conn)
    .await?;
    let kept = match known {
        Some(id) => id,
        None => {
            sqlx::query_scalar!(
                "insert into topics (bot_id, chat_id, name, title) values ($1, $2, $3, $4)
                 on conflict (bot_id, chat_id, name) do update set title = excluded.title
                 returning id",
                bot.0,
                chat,
                name,
                title
            )
            .fetch_one(conn)
            .await?
        }
    };
    Ok(Topic::Kept { kept })
}

/// Whatever kept topics of a chat shut may be mended: the next message tries again. Whether there was one.
///
/// # Errors
/// The database refuses.
pub async fn try_again(conn: &mut PgConnection, bot: BotId, chat: i64) -> sqlx::Result<bool> {
    let retried = sqlx::query!(
        "update topics set state = case when thread_id is null then 'wanted' else 'open' end
         where bot_id = $1 and chat_id = $2 and state = 'outside'",
        bot.0,
        chat
    )
    .execute(conn)
    .await?;
    Ok(retried.rows_affected() > 0)
}

/// How a kept topic stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The next message opens it, by this title.
    Wanted(String),
    /// It stands as this thread.
    Open(i64),
    /// What belongs there goes to General.
    Outside,
}

/// How it stands now; one that is no more is outside.
pub(crate) async fn standing(pool: &PgPool, kept: i64) -> sqlx::Result<Standing> {
    let row =
        sqlx::query!("select title, state, thread_id from topics where id = $1", kept).fetch_optional(pool).await?;
    Ok(match row {
        Some(row) if row.state == "wanted" => Standing::Wanted(row.title),
        Some(row) if row.state == "open" => row.thread_id.map_or(Standing::Outside, Standing::Open),
        _ => Standing::Outside,
    })
}

/// It stands as this thread from now on.
pub(crate) async fn opened(pool: &PgPool, kept: i64, thread: i64) -> sqlx::Result<()> {
    sqlx::query!("update topics set state = 'open', thread_id = $2 where id = $1", kept, thread).execute(pool).await?;
    Ok(())
}

/// People deleted it, with all that stood in it: it is wanted again, and the cards of it that still offer something are
/// drawn there anew.
pub(crate) async fn lost(conn: &mut PgConnection, bot: BotId, kept: i64, thread: i64) -> sqlx::Result<()> {
    let news = sqlx::query!(
        "update topics set state = 'wanted', thread_id = null where id = $1 and thread_id = $2",
        kept,
        thread
    )
    .execute(&mut *conn)
    .await?;
    if news.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query!(
        "update cards set message_id = null, sent_version = 0, topic_id = null where kept_topic = $1 and topic_id = $2",
        kept,
        thread
    )
    .execute(&mut *conn)
    .await?;
    let living = sqlx::query!(
        "select id, chat_id from (
           select id, chat_id, updated_at from cards
           where kept_topic = $1 and message_id is null and jsonb_array_length(view -> 'keyboard') > 0
           order by updated_at desc limit $2) newest
         order by updated_at",
        kept,
        DRAWN_ANEW
    )
    .fetch_all(&mut *conn)
    .await?;
    for card in living {
        outbox::push_card(conn, bot, card.chat_id, card.id, Priority::Reminder).await?;
    }
    Ok(())
}

/// Telegram refused to open or to reopen it. Whether that is news.
pub(crate) async fn outside(conn: &mut PgConnection, kept: i64) -> sqlx::Result<bool> {
    let news = sqlx::query!("update topics set state = 'outside' where id = $1 and state <> 'outside'", kept)
        .execute(conn)
        .await?;
    Ok(news.rows_affected() == 1)
}

/// What it was called when it was wanted.
pub(crate) async fn title(pool: &PgPool, kept: i64) -> sqlx::Result<String> {
    let title = sqlx::query_scalar!("select title from topics where id = $1", kept).fetch_optional(pool).await?;
    Ok(title.unwrap_or_default())
}
