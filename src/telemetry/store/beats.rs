//! The SQL of heartbeats.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;
use waas_platform::db::PgConnection;

use super::{BootKey, columns, notify};
use crate::telemetry::heartbeat::HeartbeatState;

/// A heartbeat to be kept.
pub(in crate::telemetry) struct HeartbeatRow {
    pub(in crate::telemetry) tenant: String,
    pub(in crate::telemetry) service: String,
    pub(in crate::telemetry) boot: String,
    pub(in crate::telemetry) version: Option<String>,
    pub(in crate::telemetry) uptime_s: Option<f64>,
    pub(in crate::telemetry) interval_s: i32,
    pub(in crate::telemetry) ts: DateTime<Utc>,
    pub(in crate::telemetry) received_at: DateTime<Utc>,
    pub(in crate::telemetry) due_at: DateTime<Utc>,
}

/// What heartbeats changed.
#[derive(Default)]
pub(in crate::telemetry) struct Kept {
    /// Services that had been missed: tenant, service, when it spoke again.
    pub(in crate::telemetry) back: Vec<(String, String, DateTime<Utc>)>,
    /// Tenants with a service that was new, missed or stopped.
    pub(in crate::telemetry) changed: BTreeSet<String>,
}

/// Keeps heartbeats. Wakes the watch for those that it did not reckon with.
pub(in crate::telemetry) async fn keep(conn: &mut PgConnection, beats: &[HeartbeatRow]) -> sqlx::Result<Kept> {
    let mut kept = Kept::default();
    for beat in beats {
        let before = sqlx::query_scalar!(
            "select state from heartbeats where tenant = $1 and service = $2 for update",
            beat.tenant,
            beat.service
        )
        .fetch_optional(&mut *conn)
        .await?;
        sqlx::query!(
            "insert into heartbeats
               (tenant, service, boot, version, uptime_s, interval_s, ts, received_at, due_at, state)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'alive')
             on conflict (tenant, service) do update
               set boot = excluded.boot, version = excluded.version, uptime_s = excluded.uptime_s,
                   interval_s = excluded.interval_s, ts = excluded.ts, received_at = excluded.received_at,
                   due_at = excluded.due_at, state = 'alive'",
            beat.tenant,
            beat.service,
            beat.boot,
            beat.version,
            beat.uptime_s,
            beat.interval_s,
            beat.ts,
            beat.received_at,
            beat.due_at
        )
        .execute(&mut *conn)
        .await?;
        if before.as_deref() != Some("alive") {
            kept.changed.insert(beat.tenant.clone());
        }
        if before.as_deref() == Some("missed") {
            kept.back.push((beat.tenant.clone(), beat.service.clone(), beat.received_at));
        }
    }
    if !kept.changed.is_empty() {
        notify(conn, crate::telemetry::HEARTBEATS).await?;
    }
    Ok(kept)
}

/// How many services of each tenant speak, and how many are missed.
pub(in crate::telemetry) async fn counts(
    conn: &mut PgConnection,
    tenants: &[String],
) -> sqlx::Result<Vec<(String, i64, i64)>> {
    let rows = sqlx::query!(
        r#"select tenant, count(*) filter (where state = 'alive') as "alive!",
                  count(*) filter (where state = 'missed') as "missed!"
           from heartbeats where tenant = any($1) group by tenant"#,
        tenants
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant, row.alive, row.missed)).collect())
}

/// Ends the heartbeats of processes that said goodbye, unless a successor beats already.
pub(in crate::telemetry) async fn stop(conn: &mut PgConnection, byes: &[BootKey]) -> sqlx::Result<()> {
    if byes.is_empty() {
        return Ok(());
    }
    let (tenants, services, boots) = columns(byes.iter());
    sqlx::query!(
        "update heartbeats h set state = 'stopped'
         from unnest($1::text[], $2::text[], $3::text[]) as t (tenant, service, boot)
         where h.tenant = t.tenant and h.service = t.service and h.boot = t.boot and h.state = 'alive'",
        &tenants,
        &services,
        &boots
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The last heartbeat of a service.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Beat {
    /// Whose.
    pub tenant: String,
    /// Of which service.
    pub service: String,
    /// Which process of it.
    pub boot: String,
    /// The release that runs.
    pub version: Option<String>,
    /// Seconds since the process began, when it said so.
    pub uptime_s: Option<f64>,
    /// Seconds between two.
    pub interval_s: i32,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// When the next is missed.
    pub due_at: DateTime<Utc>,
    /// `alive missed stopped`.
    pub state: String,
}

pub(in crate::telemetry) async fn of(conn: &mut PgConnection, tenant: &str) -> sqlx::Result<Vec<Beat>> {
    sqlx::query_as!(
        Beat,
        "select tenant, service, boot, version, uptime_s, interval_s, received_at, due_at, state
         from heartbeats where tenant = $1 order by service",
        tenant
    )
    .fetch_all(conn)
    .await
}

/// Locks heartbeats that are due, and those that are told as missed, oldest first; others' are left to them.
pub(in crate::telemetry) async fn silent(conn: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Vec<Beat>> {
    sqlx::query_as!(
        Beat,
        "select tenant, service, boot, version, uptime_s, interval_s, received_at, due_at, state
         from heartbeats where state <> 'stopped' and due_at <= $1
         order by tenant, service for update skip locked",
        now
    )
    .fetch_all(conn)
    .await
}

/// Moves a heartbeat; `due_at` is when it is looked at next.
pub(in crate::telemetry) async fn set(
    conn: &mut PgConnection,
    beat: &Beat,
    state: HeartbeatState,
    due_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update heartbeats set state = $3, due_at = $4 where tenant = $1 and service = $2",
        beat.tenant,
        beat.service,
        state.as_str(),
        due_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// When the next heartbeat is due.
pub(in crate::telemetry) async fn next_due(conn: &mut PgConnection) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!("select min(due_at) from heartbeats where state = 'alive'").fetch_one(conn).await
}
