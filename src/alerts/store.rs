//! The SQL of incidents and silences of tenants.

pub(super) mod timeline;
pub(super) mod untold;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;
use waas_platform::clock::random;
use waas_platform::db::PgConnection;

use super::Name;
use super::model::{Ack, Actor, Alert, Silence};
use super::notice::{Notice, Severity, Source};
use super::title::Title;

/// An incident as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Its id.
    pub id: Uuid,
    /// The short number that people type.
    pub number: i64,
    /// Whose it is, by slug.
    pub tenant: String,
    /// Who says so.
    pub source: Source,
    /// What makes two notices one incident within (tenant, source).
    pub fingerprint: String,
    /// Which service of the tenant.
    pub service: Option<String>,
    /// What is wrong, in a line.
    pub title: Title,
    /// What is wrong, at length.
    pub description: Option<String>,
    /// Where to read more.
    pub url: Option<String>,
    /// The last lines of the container when it was opened, secrets masked.
    pub log_tail: Option<String>,
    /// The person who resolved it; `None`: its source, or it is open.
    pub resolved_by: Option<String>,
    /// What moves.
    pub alert: Alert,
}

/// A silence of a whole tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantSilence {
    /// Who, since when, until when, why.
    pub silence: Silence,
    /// Incidents that were open when it began.
    pub open: usize,
}

struct Row {
    id: Uuid,
    number: i64,
    tenant: String,
    source: String,
    fingerprint: String,
    service: Option<String>,
    severity: String,
    title: String,
    own_title: Option<Value>,
    description: Option<String>,
    url: Option<String>,
    log_tail: Option<String>,
    count: i64,
    starts_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
    resolved_at: Option<DateTime<Utc>>,
    resolved_by: Option<String>,
    acked_by: Option<String>,
    acked_by_id: Option<i64>,
    acked_at: Option<DateTime<Utc>>,
    acked_until: Option<DateTime<Utc>>,
    silenced_by: Option<String>,
    silenced_by_id: Option<i64>,
    silenced_at: Option<DateTime<Utc>>,
    silenced_until: Option<DateTime<Utc>>,
    silence_reason: Option<String>,
}

/// A title of the hub's own says what it is, and stands for the text.
fn title(text: String, own: Option<Value>) -> sqlx::Result<Title> {
    let own = own.map(serde_json::from_value).transpose().map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(own.map_or(Title::Text(text), Title::Own))
}

impl TryFrom<Row> for Incident {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let unreadable = |what: String| sqlx::Error::Decode(what.into());
        let source = Source::from_word(&row.source).ok_or_else(|| unreadable(format!("source {}", row.source)))?;
        let severity =
            Severity::from_word(&row.severity).ok_or_else(|| unreadable(format!("severity {}", row.severity)))?;
        let ack = row.acked_by.zip(row.acked_at).map(|(name, at)| Ack {
            by: Actor { id: row.acked_by_id, name },
            at,
            until: row.acked_until,
        });
        let silence = row.silenced_by.zip(row.silenced_at).zip(row.silenced_until).map(|((name, at), until)| Silence {
            by: Actor { id: row.silenced_by_id, name },
            at,
            until,
            reason: row.silence_reason,
        });
        Ok(Self {
            id: row.id,
            number: row.number,
            tenant: row.tenant,
            source,
            fingerprint: row.fingerprint,
            service: row.service,
            title: title(row.title, row.own_title)?,
            description: row.description,
            url: row.url,
            log_tail: row.log_tail,
            resolved_by: row.resolved_by,
            alert: Alert {
                severity,
                count: row.count.unsigned_abs(),
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                resolved_at: row.resolved_at,
                ack,
                silence,
            },
        })
    }
}

/// The latest incident of a fingerprint, locked.
pub(super) async fn latest(
    conn: &mut PgConnection,
    tenant: &str,
    source: Source,
    fingerprint: &str,
) -> sqlx::Result<Option<Incident>> {
    let row = sqlx::query_as!(
        Row,
        "select id, number, tenant, source, fingerprint, service, severity, title, own_title, description, url,
                log_tail, count,
                starts_at, ends_at, resolved_at, resolved_by, acked_by, acked_by_id, acked_at, acked_until,
                silenced_by, silenced_by_id, silenced_at, silenced_until, silence_reason
         from alerts where tenant = $1 and source = $2 and fingerprint = $3
         order by number desc limit 1 for update",
        tenant,
        source.as_str(),
        fingerprint
    )
    .fetch_optional(conn)
    .await?;
    row.map(Incident::try_from).transpose()
}

/// An incident by id or number; `lock` for whoever will change it.
pub(super) async fn find(conn: &mut PgConnection, name: Name, lock: bool) -> sqlx::Result<Option<Incident>> {
    let (id, number) = match name {
        Name::Id(id) => (Some(id), None),
        Name::Number(number) => (None, Some(number)),
    };
    if lock {
        sqlx::query!("select from alerts where id = $1 or number = $2 for update", id, number)
            .fetch_optional(&mut *conn)
            .await?;
    }
    let row = sqlx::query_as!(
        Row,
        "select id, number, tenant, source, fingerprint, service, severity, title, own_title, description, url,
                log_tail, count,
                starts_at, ends_at, resolved_at, resolved_by, acked_by, acked_by_id, acked_at, acked_until,
                silenced_by, silenced_by_id, silenced_at, silenced_until, silence_reason
         from alerts where id = $1 or number = $2",
        id,
        number
    )
    .fetch_optional(conn)
    .await?;
    row.map(Incident::try_from).transpose()
}

/// How many alerts are open.
pub(super) async fn open_count(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from alerts where resolved_at is null"#).fetch_one(conn).await
}

/// Everything open of a tenant, oldest first, locked.
pub(super) async fn open_of_tenant(conn: &mut PgConnection, tenant: &str) -> sqlx::Result<Vec<Incident>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, number, tenant, source, fingerprint, service, severity, title, own_title, description, url,
                log_tail, count,
                starts_at, ends_at, resolved_at, resolved_by, acked_by, acked_by_id, acked_at, acked_until,
                silenced_by, silenced_by_id, silenced_at, silenced_until, silence_reason
         from alerts where tenant = $1 and resolved_at is null order by number for update",
        tenant
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Incident::try_from).collect()
}

/// Newest first, below `cursor`.
pub(super) async fn page(
    conn: &mut PgConnection,
    all: bool,
    cursor: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Incident>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, number, tenant, source, fingerprint, service, severity, title, own_title, description, url,
                log_tail, count,
                starts_at, ends_at, resolved_at, resolved_by, acked_by, acked_by_id, acked_at, acked_until,
                silenced_by, silenced_by_id, silenced_at, silenced_until, silence_reason
         from alerts where ($1 or resolved_at is null) and ($2::bigint is null or number < $2)
         order by number desc limit $3",
        all,
        cursor,
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Incident::try_from).collect()
}

/// Opens an incident; `None` when one of its fingerprint is open already.
pub(super) async fn open(
    conn: &mut PgConnection,
    tenant: &str,
    source: Source,
    notice: &Notice,
    alert: &Alert,
    log_tail: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Incident>> {
    let labels = serde_json::json!(notice.labels);
    let (text, own) = match &notice.title {
        Title::Text(text) => (text.as_str(), None),
        Title::Own(own) => ("", Some(serde_json::to_value(own).map_err(|error| sqlx::Error::Encode(error.into()))?)),
    };
    let silence = alert.silence.as_ref();
    let row = sqlx::query!(
        "insert into alerts (id, tenant, source, fingerprint, service, severity, title, description, labels, url, log_tail,
                             count, starts_at, silenced_by, silenced_by_id, silenced_at, silenced_until, silence_reason,
                             created_at, updated_at, own_title)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19, $20)
         on conflict (tenant, source, fingerprint) where resolved_at is null do nothing
         returning id, number",
        random::id(),
        tenant,
        source.as_str(),
        notice.fingerprint,
        notice.service,
        alert.severity.as_str(),
        text,
        notice.description,
        labels as Value,
        notice.url,
        log_tail,
        i64::try_from(alert.count).unwrap_or(i64::MAX),
        alert.starts_at,
        silence.map(|silence| silence.by.name.clone()),
        silence.and_then(|silence| silence.by.id),
        silence.map(|silence| silence.at),
        silence.map(|silence| silence.until),
        silence.and_then(|silence| silence.reason.clone()),
        now,
        own
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Incident {
        id: row.id,
        number: row.number,
        tenant: tenant.to_owned(),
        source,
        fingerprint: notice.fingerprint.clone(),
        service: notice.service.clone(),
        title: notice.title.clone(),
        description: notice.description.clone(),
        url: notice.url.clone(),
        log_tail: log_tail.map(str::to_owned),
        resolved_by: None,
        alert: alert.clone(),
    }))
}

/// Keeps what moved. The row is locked by whoever read it.
pub(super) async fn save(conn: &mut PgConnection, incident: &Incident, now: DateTime<Utc>) -> sqlx::Result<()> {
    let Alert { severity, count, starts_at: _, ends_at, resolved_at, ack, silence } = &incident.alert;
    sqlx::query!(
        "update alerts
         set severity = $2, count = $3, ends_at = $4, resolved_at = $5, resolved_by = $6, acked_by = $7, acked_by_id = $8,
             acked_at = $9, acked_until = $10, silenced_by = $11, silenced_by_id = $12, silenced_at = $13,
             silenced_until = $14, silence_reason = $15, version = version + 1, updated_at = $16
         where id = $1",
        incident.id,
        severity.as_str(),
        i64::try_from(*count).unwrap_or(i64::MAX),
        *ends_at,
        *resolved_at,
        incident.resolved_by,
        ack.as_ref().map(|ack| ack.by.name.clone()),
        ack.as_ref().and_then(|ack| ack.by.id),
        ack.as_ref().map(|ack| ack.at),
        ack.as_ref().and_then(|ack| ack.until),
        silence.as_ref().map(|silence| silence.by.name.clone()),
        silence.as_ref().and_then(|silence| silence.by.id),
        silence.as_ref().map(|silence| silence.at),
        silence.as_ref().map(|silence| silence.until),
        silence.as_ref().and_then(|silence| silence.reason.clone()),
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Silences a tenant; a newer silence replaces the older.
pub(super) async fn silence_tenant(conn: &mut PgConnection, tenant: &str, silence: &Silence) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into tenant_silences (tenant, by, by_id, at, until, reason) values ($1, $2, $3, $4, $5, $6)
         on conflict (tenant) do update
           set by = excluded.by, by_id = excluded.by_id, at = excluded.at, until = excluded.until, reason = excluded.reason",
        tenant,
        silence.by.name,
        silence.by.id,
        silence.at,
        silence.until,
        silence.reason
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The silence of a tenant that holds at `now`.
pub(super) async fn tenant_silence(
    conn: &mut PgConnection,
    tenant: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Silence>> {
    let row = sqlx::query!(
        "select by, by_id, at, until, reason from tenant_silences where tenant = $1 and until > $2",
        tenant,
        now
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Silence {
        by: Actor { id: row.by_id, name: row.by },
        at: row.at,
        until: row.until,
        reason: row.reason,
    }))
}
