//! The SQL of what is reported: figures over time and as they stand, errors, events.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use waas_platform::db::PgConnection;

/// One value of a figure.
pub(in crate::telemetry) struct PointRow {
    pub(in crate::telemetry) tenant: String,
    pub(in crate::telemetry) service: String,
    pub(in crate::telemetry) name: String,
    pub(in crate::telemetry) labels: Value,
    pub(in crate::telemetry) ts: DateTime<Utc>,
    pub(in crate::telemetry) value: f64,
}

/// Adds points, and moves the latest of each series forward, never back.
pub(in crate::telemetry) async fn add_points(conn: &mut PgConnection, points: &[PointRow]) -> sqlx::Result<()> {
    if points.is_empty() {
        return Ok(());
    }
    let text = |of: fn(&PointRow) -> &String| points.iter().map(|point| of(point).clone()).collect::<Vec<String>>();
    let labels: Vec<Value> = points.iter().map(|point| point.labels.clone()).collect();
    let times: Vec<DateTime<Utc>> = points.iter().map(|point| point.ts).collect();
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    sqlx::query!(
        "with new as (
           select * from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::timestamptz[], $6::float8[])
             with ordinality as t (tenant, service, name, labels, ts, value, position)
         ), kept as (
           insert into metric_points (tenant, service, name, labels, ts, value)
           select tenant, service, name, labels, ts, value from new
         )
         insert into metric_latest (tenant, service, name, labels, ts, value)
         select distinct on (tenant, service, name, md5(labels::text)) tenant, service, name, labels, ts, value
         from new
         -- Two of one moment: the later in the batch.
         order by tenant, service, name, md5(labels::text), ts desc, position desc
         on conflict (tenant, service, name, series) do update
           set ts = excluded.ts, value = excluded.value
           where metric_latest.ts <= excluded.ts",
        &text(|point| &point.tenant),
        &text(|point| &point.service),
        &text(|point| &point.name),
        &labels,
        &times,
        &values
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The latest value of a figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Of which service.
    pub service: String,
    /// What is measured.
    pub name: String,
    /// What it is of.
    pub labels: Value,
    /// The value.
    pub value: f64,
    /// When it was taken, by the tenant's clock.
    pub ts: DateTime<Utc>,
}

pub(in crate::telemetry) async fn latest_figures(conn: &mut PgConnection, tenant: &str) -> sqlx::Result<Vec<Figure>> {
    sqlx::query_as!(
        Figure,
        "select service, name, labels, value, ts from metric_latest where tenant = $1 order by service, name, series",
        tenant
    )
    .fetch_all(conn)
    .await
}

/// An error that a tenant reports.
pub(in crate::telemetry) struct ErrorRow {
    pub(in crate::telemetry) tenant: String,
    pub(in crate::telemetry) service: String,
    pub(in crate::telemetry) level: &'static str,
    pub(in crate::telemetry) message: String,
    pub(in crate::telemetry) exception: Option<String>,
    pub(in crate::telemetry) fingerprint: Option<String>,
    pub(in crate::telemetry) count: i64,
    pub(in crate::telemetry) ts: DateTime<Utc>,
    pub(in crate::telemetry) received_at: DateTime<Utc>,
}

pub(in crate::telemetry) async fn add_errors(conn: &mut PgConnection, errors: &[ErrorRow]) -> sqlx::Result<()> {
    for error in errors {
        sqlx::query!(
            "insert into telemetry_errors
               (tenant, service, level, message, exception, fingerprint, count, ts, received_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            error.tenant,
            error.service,
            error.level,
            error.message,
            error.exception,
            error.fingerprint,
            error.count,
            error.ts,
            error.received_at
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// An event that a tenant reports.
pub(in crate::telemetry) struct EventRow {
    pub(in crate::telemetry) tenant: String,
    pub(in crate::telemetry) service: String,
    pub(in crate::telemetry) name: String,
    pub(in crate::telemetry) data: Option<Value>,
    pub(in crate::telemetry) ts: DateTime<Utc>,
    pub(in crate::telemetry) received_at: DateTime<Utc>,
}

pub(in crate::telemetry) async fn add_events(conn: &mut PgConnection, events: &[EventRow]) -> sqlx::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let text = |of: fn(&EventRow) -> &String| events.iter().map(|event| of(event).clone()).collect::<Vec<String>>();
    let data: Vec<Option<Value>> = events.iter().map(|event| event.data.clone()).collect();
    let times: Vec<DateTime<Utc>> = events.iter().map(|event| event.ts).collect();
    let received: Vec<DateTime<Utc>> = events.iter().map(|event| event.received_at).collect();
    sqlx::query!(
        "insert into telemetry_events (tenant, service, name, data, ts, received_at)
         select * from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::timestamptz[], $6::timestamptz[])",
        &text(|event| &event.tenant),
        &text(|event| &event.service),
        &text(|event| &event.name),
        &data as &[Option<Value>],
        &times,
        &received
    )
    .execute(conn)
    .await?;
    Ok(())
}
