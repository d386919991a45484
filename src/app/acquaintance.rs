//! Who the house has to do with, told to those who know the team only.

use futures_util::future::BoxFuture;
use waas_platform::db::PgConnection;
use waas_platform::telegram::BotId;

use crate::access::Acquaintance;
use crate::{clients, surveys};

/// Clients, and whoever opened a survey.
pub(super) struct Known;

impl Acquaintance for Known {
    fn knows<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        person: i64,
    ) -> BoxFuture<'a, anyhow::Result<bool>> {
        Box::pin(async move {
            Ok(clients::is_client(conn, bot, person).await? || surveys::asked(conn, bot, person).await?)
        })
    }
}
