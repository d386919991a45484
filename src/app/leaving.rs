//! What becomes of the work of who leaves the team.

use futures_util::future::BoxFuture;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::telegram::{BotId, cards};

use crate::access::{Leaving, Role};
use crate::front::Front;
use crate::{clients, leads};

/// Cards that are their reader's own, whoever they are to us: who works here may be a client, too. All others are shown to
/// the team.
const OWN_CARDS: [&str; 4] = ["language", "survey", "credentials", "client"];

/// Gives on what somebody had in work, and takes the team's cards out of their private chat.
pub(super) struct GoesOn {
    pub(super) front: Front,
    pub(super) clock: Clock,
}

impl Leaving for GoesOn {
    fn left<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: Option<BotId>,
        person: i64,
        _: Option<Role>,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            // First, so that nothing of what follows is drawn there.
            if let Some(bot) = bot {
                cards::withdraw(conn, bot, person, &OWN_CARDS).await?;
            }
            leads::left(conn, &self.clock, &self.front, person).await?;
            if let Some(bot) = bot {
                // What they alone were shown must not wait unseen.
                clients::bring_open(conn, &self.clock, &self.front, bot).await?;
            }
            Ok(())
        })
    }
}
