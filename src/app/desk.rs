//! What belongs to the operators' chat and follows it: leads, open threads of clients, plans, jobs. Alerts look after their own.

use futures_util::future::BoxFuture;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::telegram::BotId;

use super::hub::Hub;
use crate::access::Belongings;
use crate::front::Front;
use crate::{clients, jobs, leads, provisioning};

/// Cards of leads, of open threads, of plans and of jobs.
pub(super) struct Living {
    front: Front,
    clock: Clock,
}

impl Living {
    pub(super) fn of(hub: &Hub) -> Self {
        Self { front: hub.front.clone(), clock: hub.clock.clone() }
    }
}

impl Belongings for Living {
    fn bring<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        from: Option<i64>,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            leads::bring_living(conn, &self.clock, &self.front, bot).await?;
            clients::bring_open(conn, &self.clock, &self.front, bot).await?;
            provisioning::bring_open(conn, &self.clock, &self.front, bot, from).await?;
            jobs::bring_living(conn, &self.clock, &self.front, bot).await
        })
    }
}
