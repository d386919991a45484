//! The SQL of timelines: entries are added and never changed.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use waas_platform::db::PgConnection;

use crate::alerts::model::{Actor, EventKind};

/// One entry of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// What; a word of [`EventKind`].
    pub kind: String,
    /// Who; `None`: the source or the hub itself.
    pub actor: Option<String>,
    /// Until when, of an ack or a silence.
    pub until: Option<DateTime<Utc>>,
    /// Why.
    pub note: Option<String>,
}

pub(in crate::alerts) async fn add(
    conn: &mut PgConnection,
    alert: Uuid,
    kind: EventKind,
    by: Option<&Actor>,
    at: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    note: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into alert_events (alert_id, at, kind, person_id, actor, until, note) values ($1, $2, $3, $4, $5, $6, $7)",
        alert,
        at,
        kind.as_str(),
        by.and_then(|by| by.id),
        by.map(|by| by.name.clone()),
        until,
        note
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::alerts) async fn of(conn: &mut PgConnection, alert: Uuid) -> sqlx::Result<Vec<Event>> {
    sqlx::query_as!(
        Event,
        "select at, kind, actor, until, note from alert_events where alert_id = $1 order by id",
        alert
    )
    .fetch_all(conn)
    .await
}
