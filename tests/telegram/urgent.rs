//! How long a page takes with the shipped limits while a thousand messages that are not urgent wait.

use waas_platform::telegram::{Priority, Settings};
use waas_world::until;

use super::{SOON, Stage};
use crate::database::with_database;

const LOW: usize = 1_000;
const CHATS: usize = 50;
const PAGES: usize = 20;
/// The overall limit keeps a place for a page in every second.
const SOON_ENOUGH_MS: i64 = 1_000;

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the figure is worth reading")]
async fn a_page_overtakes_a_thousand_messages_within_the_shipped_limits() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut stage = Stage::new(&pool).await?;
        let shipped = Settings::default();
        stage.settings = Settings {
            global_per_s: shipped.global_per_s,
            chat_per_s: shipped.chat_per_s,
            chat_burst: shipped.chat_burst,
            group_per_min: shipped.group_per_min,
            ..stage.settings
        };
        let mut chats = Vec::new();
        for number in 0..CHATS {
            chats.push(stage.person(&format!("P{number}")).await?);
        }
        let mut owners = Vec::new();
        for number in 0..PAGES {
            owners.push(stage.person(&format!("O{number}")).await?);
        }
        for number in 0..LOW {
            stage.say(stage.place(chats[number % CHATS]), "a summary", Priority::Digest).await?;
        }
        stage.start_sender();
        let sent = "select count(*) from outbox where state = 'sent'";
        until("the limit to be reached", SOON, async || Ok((stage.number(sent).await? >= 30).then_some(()))).await?;
        for owner in owners {
            stage.say(stage.place(owner), "page", Priority::Page).await?;
            until("the page", SOON, async || {
                let left = "select count(*) from outbox where priority = 0 and state <> 'sent'";
                Ok((stage.number(left).await? == 0).then_some(()))
            })
            .await?;
        }
        let slowest = "select (1000 * extract(epoch from percentile_disc(0.99) within group
            (order by finished_at - created_at)))::bigint from outbox where priority = 0";
        let (p99, left) = (stage.number(slowest).await?, LOW + PAGES - usize::try_from(stage.number(sent).await?)?);
        println!("p99 of {PAGES} pages while {left} to {LOW} messages wait: {p99} ms");
        assert!(left > 0, "the pages overtook nothing");
        assert!(p99 <= SOON_ENOUGH_MS, "{p99} ms");
        stage.end().await
    })
    .await
}
