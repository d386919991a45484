//! More pages than a chat can take, folded into one message that names each: after an outage, a hundred pages in a row
//! would hide what they say for minutes.

use sqlx::PgPool;

use super::Sending;
use crate::telegram::cards::Drawn;
use crate::telegram::outbox::digest;
use crate::telegram::{Place, Priority, Topic};

/// Pages that go to one chat one by one; those that wait beyond them are named in a digest.
const ONE_BY_ONE: i64 = 10;
/// Characters of a page's first lines that name it.
const NAME: usize = 200;

/// Folds what is too much; whether there was any. The folded cards go: when their subject changes while it still matters,
/// they are put anew.
pub(super) async fn fold(with: &Sending) -> anyhow::Result<bool> {
    let mut any = false;
    for chat in crowded(&with.pool, with.bot.0).await? {
        let mut tx = with.pool.begin().await?;
        let folded = sqlx::query!(
            r#"delete from cards where message_id is null and id in (
                 -- A turn that redraws one of them is not waited for: that page goes by itself, or next time.
                 select o.card_id from outbox o join cards c on c.id = o.card_id
                 where o.bot_id = $1 and o.chat_id = $2 and o.state = 'waiting' and o.priority = $3
                   -- One that is on its way arrives by itself.
                   and not exists (select 1 from outbox f where f.card_id = o.card_id and f.state = 'sending')
                 order by o.id offset $4
                 for update of o, c skip locked)
               returning view, topic_id, kept_topic, created_at"#,
            with.bot.0,
            chat,
            Priority::Page as i16,
            ONE_BY_ONE
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut pages: Vec<_> = folded
            .into_iter()
            .filter_map(|row| {
                let drawn: Drawn = serde_json::from_value(row.view).ok()?;
                Some((row.created_at, Topic::stored(row.kept_topic, row.topic_id), name(&drawn.html.plain())))
            })
            .collect();
        if pages.is_empty() {
            continue;
        }
        pages.sort();
        // Those of several topics are named where all look.
        let topic = pages.first().and_then(|(_, topic, _)| *topic);
        let topic = topic.filter(|_| pages.iter().all(|(_, other, _)| *other == topic));
        let folded = pages.len();
        let waiting = digest::waiting(&mut tx, with.bot, chat).await?;
        let topic = topic.filter(|_| waiting.as_ref().is_none_or(|digest| digest.topic == topic));
        let (row, mut names) = waiting.map_or_else(Default::default, |digest| (Some(digest.row), digest.names));
        names.extend(pages.into_iter().map(|(_, _, name)| name));
        let html = with.delivery.digest(&mut tx, with.bot, chat, &names).await?;
        let place = Place { bot: with.bot, chat, topic };
        digest::put(&mut tx, place, row, names, html).await?;
        tx.commit().await?;
        metrics::counter!("hub_pages_folded_total").increment(u64::try_from(folded).unwrap_or(u64::MAX));
        tracing::info!(chat, pages = folded, "pages are brought in a digest");
        any = true;
    }
    Ok(any)
}

async fn crowded(pool: &PgPool, bot: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"select o.chat_id as "chat!" from outbox o join cards c on c.id = o.card_id
           where o.bot_id = $1 and o.state = 'waiting' and o.priority = $2 and c.message_id is null
             and not exists (select 1 from outbox f where f.card_id = o.card_id and f.state = 'sending')
           group by o.chat_id having count(*) > $3"#,
        bot,
        Priority::Page as i16,
        ONE_BY_ONE
    )
    .fetch_all(pool)
    .await
}

/// What a page calls itself: its first two lines. Many pages say the same on the first one, and whose they are below.
fn name(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.take(2).collect::<Vec<_>>().join(" – ").chars().take(NAME).collect()
}
