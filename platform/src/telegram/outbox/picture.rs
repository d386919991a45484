//! A picture that was drawn here. Its bytes wait in a table of their own, written with the row that sends them: it outlives
//! whatever happens to the process, and those who only look at what waits do not read it.

use sqlx::PgConnection;

use super::{Call, Priority, encoded, wake};
use crate::render::{CAPTION_LIMIT, Html};
use crate::telegram::{Place, chats};

/// Sends a PNG with words below it, which are cut to what a caption holds.
///
/// # Errors
/// The database refuses.
pub async fn picture(
    conn: &mut PgConnection,
    place: Place,
    png: &[u8],
    caption: Html,
    priority: Priority,
) -> sqlx::Result<()> {
    let place = chats::present_place(conn, place).await?;
    let call = Call::Picture { topic: place.topic, caption: caption.cut(CAPTION_LIMIT) };
    sqlx::query!(
        "with row as (
           insert into outbox (bot_id, chat_id, priority, call) values ($1, $2, $3, $4) returning id
         )
         insert into outbox_pictures (outbox_id, png) select id, $5 from row",
        place.bot.0,
        place.chat,
        priority as i16,
        encoded(&call)?,
        png
    )
    .execute(&mut *conn)
    .await?;
    wake(conn).await
}

/// The bytes of the picture that a row sends.
pub(crate) async fn png(conn: &mut PgConnection, row: i64) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!("select png from outbox_pictures where outbox_id = $1", row).fetch_optional(conn).await
}
