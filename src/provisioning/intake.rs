//! A submitted survey becomes a request, in the same transaction.

use futures_util::future::BoxFuture;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;

use super::planning::Planner;
use crate::front::Front;
use crate::leads;
use crate::surveys::{Submission, Submitted};

/// Listens to surveys.
pub struct FromSurvey {
    /// Proposes name and domain.
    pub planner: Planner,
    /// Draws the lead's card.
    pub front: Front,
    /// Time.
    pub clock: Clock,
}

impl Submitted for FromSurvey {
    fn submitted<'a>(&'a self, conn: &'a mut PgConnection, done: &'a Submission) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let lead = leads::facts(conn, done.subject).await?.map(|lead| lead.id);
            let answers = done.answers.clone();
            let locale = done.locale.clone();
            let request = self.planner.open_request(conn, lead, Some(done.person), locale, answers).await?;
            if let Some(lead) = lead {
                leads::request_made(conn, &self.clock, &self.front, lead, request.id).await?;
            }
            Ok(())
        })
    }
}
