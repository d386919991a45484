//! Cards taken out of a chat whose reader is to see them no more.

use sqlx::PgConnection;

use super::forget_chat;
use crate::telegram::{BotId, outbox};

/// What somebody still scrolls to.
const IN_SIGHT: usize = 20;

/// Forgets the cards of a chat, but for those of the kinds in `keep`: nothing of them is drawn there any more, a press on one
/// is nobody's, and the newest, which are still in sight, lose their buttons.
///
/// # Errors
/// The database refuses.
pub async fn withdraw(conn: &mut PgConnection, bot: BotId, chat: i64, keep: &[&str]) -> sqlx::Result<()> {
    let keep: Vec<String> = keep.iter().copied().map(str::to_owned).collect();
    let mut gone = sqlx::query!(
        "delete from cards where bot_id = $1 and chat_id = $2 and kind <> all ($3) returning message_id, updated_at",
        bot.0,
        chat,
        &keep
    )
    .fetch_all(&mut *conn)
    .await?;
    forget_chat(conn, bot, chat, &keep).await?;
    gone.sort_by_key(|card| card.updated_at);
    for message in gone.into_iter().rev().filter_map(|card| card.message_id).take(IN_SIGHT) {
        outbox::strip_keyboard(conn, bot, chat, message).await?;
    }
    Ok(())
}
