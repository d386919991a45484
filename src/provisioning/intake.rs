//! A submitted survey becomes a request, in the same transaction.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;

use super::chat;
use super::model::Request;
use super::planning::Planner;
use crate::audit::Actor;
use crate::clients::{self, Asked};
use crate::front::Front;
use crate::leads;
use crate::surveys::{Correction, Submission, Submitted};

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
            let name = done.answers.get("business_name").and_then(Value::as_str);
            let name = name.unwrap_or_default().to_owned();
            let answers = done.answers.clone();
            let locale = done.locale.clone();
            let request = self.planner.open_request(conn, lead, Some(done.person), locale, answers).await?;
            let asked = Asked { request: request.id, lead, person: done.person, bot: done.bot, name };
            clients::received(conn, &self.clock, &self.front, asked).await?;
            if let Some(lead) = lead {
                leads::request_made(conn, &self.clock, &self.front, lead, request.id).await?;
            }
            Ok(())
        })
    }

    fn may_correct<'a>(&'a self, conn: &'a mut PgConnection, subject: Uuid) -> BoxFuture<'a, anyhow::Result<bool>> {
        Box::pin(async move { Ok(self.open_request(conn, subject).await?.is_some()) })
    }

    fn corrected<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        done: &'a Correction,
    ) -> BoxFuture<'a, anyhow::Result<bool>> {
        Box::pin(async move {
            let Some(request) = self.open_request(conn, done.submission.subject).await? else {
                return Ok(false);
            };
            let before = request.answers.clone();
            let answers = &done.submission.answers;
            let steps: Vec<&str> = done.steps.iter().map(|(step, _)| step.as_str()).collect();
            let aside = self.planner.correct_request(conn, request.clone(), answers.clone(), &steps).await?;
            for plan in aside {
                chat::put_aside(conn, &self.clock, &self.front, &plan).await?;
            }
            if let Some(name) = answers.get("business_name").and_then(Value::as_str) {
                clients::renamed(conn, request.id, name).await?;
            }
            let actor = Actor::Person(done.by);
            for (step, label) in &done.steps {
                let value = |answers: &Map<String, Value>| answers.get(step).map_or_else(|| "–".to_owned(), in_words);
                let note = format!("✏️ {label}: {} → {}", value(&before), value(answers));
                leads::note(conn, &self.clock, &actor, done.submission.subject, &note).await?;
            }
            Ok(true)
        })
    }
}

impl FromSurvey {
    /// The request of a lead, while nothing is built of it.
    async fn open_request(&self, conn: &mut PgConnection, lead: Uuid) -> anyhow::Result<Option<Request>> {
        let request = leads::facts(conn, lead).await?.and_then(|lead| lead.request_id);
        Ok(match request {
            Some(id) => self.planner.open_request_of(conn, id).await?,
            None => None,
        })
    }
}

/// A bare answer on one line.
fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Array(parts) => parts.iter().map(in_words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
