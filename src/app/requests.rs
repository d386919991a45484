//! What became of requests, told to those who remind of them.

use futures_util::future::BoxFuture;
use uuid::Uuid;
use waas_platform::db::PgConnection;

use crate::leads::reminders::Requests;
use crate::provisioning;

/// Asks provisioning.
#[derive(Debug)]
pub(super) struct Unbuilt;

impl Requests for Unbuilt {
    fn unbuilt<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        requests: &'a [Uuid],
    ) -> BoxFuture<'a, anyhow::Result<Vec<Uuid>>> {
        Box::pin(async move { Ok(provisioning::unbuilt(conn, requests).await?) })
    }
}
