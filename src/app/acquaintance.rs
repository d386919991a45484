//! Who and what the house has to do with, told to those who know the team only.

use futures_util::future::BoxFuture;
use waas_platform::db::PgConnection;
use waas_platform::telegram::BotId;

use crate::access::Acquaintance;
use crate::leads::{self, LeadRef};
use crate::{clients, surveys};

/// Clients, whoever opened a survey, and leads by their numbers.
pub(super) struct Known;

impl Acquaintance for Known {
    fn knows<'a>(&'a self, conn: &'a mut PgConnection, bot: BotId, person: i64) -> BoxFuture<'a, anyhow::Result<bool>> {
        Box::pin(
            async move { Ok(clients::is_client(conn, bot, person).await? || surveys::asked(conn, bot, person).await?) },
        )
    }

    fn called<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        subject: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<Option<String>>> {
        Box::pin(async move {
            let Some(id) = subject.strip_prefix("lead:").and_then(|id| id.parse().ok()) else {
                return Ok(None);
            };
            let lead = leads::find(conn, LeadRef::Id(id)).await?;
            Ok(lead.map(|lead| format!("#{}", lead.number)))
        })
    }

    fn subject<'a>(&'a self, conn: &'a mut PgConnection, number: i64) -> BoxFuture<'a, anyhow::Result<Option<String>>> {
        Box::pin(async move {
            let lead = leads::find(conn, LeadRef::Number(number)).await?;
            Ok(lead.map(|lead| format!("lead:{}", lead.id)))
        })
    }
}
