//! What happened to leads: who, when, from, to, why. Written beside the act, never changed afterwards.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use waas_platform::db::PgConnection;

use super::super::model::LeadState;
use super::Lead;
use crate::audit::Actor;

/// What an entry of the history tells of. The same words stand in the check of `lead_events.what`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::leads) enum What {
    /// It went from one state to another.
    Moved,
    /// Somebody wrote something down.
    Noted,
    /// Somebody promised to call.
    Promised,
    /// It changed hands.
    Assigned,
    /// Another lead turned out to be this one.
    Merged,
    /// Its facts changed, and its score with them.
    Scored,
}

impl What {
    /// The word in the database and in JSON.
    pub(in crate::leads) const fn word(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Noted => "noted",
            Self::Promised => "promised",
            Self::Assigned => "assigned",
            Self::Merged => "merged",
            Self::Scored => "scored",
        }
    }
}

/// One entry of the history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// What kind of thing.
    pub what: String,
    /// Who, by Telegram id.
    pub person: Option<i64>,
    /// Who, when it was no person: `terminal:LOGIN` or `system:PART`.
    pub actor: Option<String>,
    /// The state before; none for the arrival.
    pub from: Option<String>,
    /// The state afterwards.
    pub to: String,
    /// Why, or what was written down.
    pub note: Option<String>,
    /// What else belongs to it: `call_at`, `to` (a person), `lead` (a number), `score`.
    pub detail: Value,
    /// The number of the lead that it happened to, when that is another one that was merged into this.
    pub lead: Option<i64>,
}

/// Something to be written down.
pub(in crate::leads) struct Entry<'a> {
    pub(in crate::leads) what: What,
    pub(in crate::leads) from: Option<LeadState>,
    pub(in crate::leads) note: Option<&'a str>,
    pub(in crate::leads) detail: Value,
}

impl Entry<'_> {
    /// An entry that changes no state and says nothing more.
    pub(in crate::leads) fn of(what: What) -> Self {
        Self { what, from: None, note: None, detail: Value::Object(serde_json::Map::new()) }
    }
}

/// Writes an entry down; `lead` is as it stands afterwards.
pub(in crate::leads) async fn add(
    conn: &mut PgConnection,
    lead: &Lead,
    by: &Actor,
    entry: &Entry<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let (person, actor) = match by {
        Actor::Person(person) => (Some(*person), None),
        Actor::Terminal(_) | Actor::System(_) => (None, Some(by.to_string())),
    };
    sqlx::query!(
        "insert into lead_events (lead_id, at, person_id, actor, what, from_state, to_state, note, detail)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        lead.id,
        now,
        person,
        actor,
        entry.what.word(),
        entry.from.unwrap_or(lead.state).as_str(),
        lead.state.as_str(),
        entry.note,
        entry.detail
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Everything that happened to a lead and to those that were merged into it, oldest first.
pub(in crate::leads) async fn of(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Vec<Event>> {
    sqlx::query_as!(
        Event,
        r#"select e.at, e.what, e.person_id as person, e.actor, e.from_state as "from", e.to_state as "to", e.note, e.detail,
                  case when e.lead_id <> $1 then l.number end as "lead?"
           from lead_events e join leads l on l.id = e.lead_id
           where l.id = $1 or l.merged_into = $1
           order by e.at, e.id"#,
        id
    )
    .fetch_all(conn)
    .await
}
