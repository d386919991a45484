//! The SQL of accounts; of heartbeats in [`beats`], of what is reported in [`records`]. Whole batches go as arrays, one statement a table.

pub(super) mod beats;
pub(super) mod records;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use waas_platform::db::PgConnection;

use super::ledger::{BootLedger, Totals};

/// Which account: one process of one service of one tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BootKey {
    pub(super) tenant: String,
    pub(super) service: String,
    pub(super) boot: String,
}

impl BootKey {
    pub(super) fn new(tenant: &str, service: &str, boot: &str) -> Self {
        Self { tenant: tenant.to_owned(), service: service.to_owned(), boot: boot.to_owned() }
    }
}

/// The three columns of some keys.
fn columns<'a>(keys: impl Iterator<Item = &'a BootKey>) -> (Vec<String>, Vec<String>, Vec<String>) {
    let (mut tenants, mut services, mut boots) = (Vec::new(), Vec::new(), Vec::new());
    for key in keys {
        tenants.push(key.tenant.clone());
        services.push(key.service.clone());
        boots.push(key.boot.clone());
    }
    (tenants, services, boots)
}

struct LedgerRow {
    tenant: String,
    service: String,
    boot: String,
    received: i64,
    rejected: i64,
    duplicates: i64,
    highest: i64,
    gaps: Value,
    closed_at_seq: Option<i64>,
    last_at: DateTime<Utc>,
}

impl TryFrom<LedgerRow> for (BootKey, BootLedger) {
    type Error = sqlx::Error;

    fn try_from(row: LedgerRow) -> Result<Self, sqlx::Error> {
        let gaps = serde_json::from_value(row.gaps).map_err(|error| sqlx::Error::Decode(error.into()))?;
        // The checks of the table forbid what is below zero.
        let ledger = BootLedger {
            received: row.received.unsigned_abs(),
            rejected: row.rejected.unsigned_abs(),
            duplicates: row.duplicates.unsigned_abs(),
            highest: row.highest.unsigned_abs(),
            gaps,
            closed_at: row.closed_at_seq.map(i64::unsigned_abs),
            last_at: row.last_at,
        };
        Ok((BootKey { tenant: row.tenant, service: row.service, boot: row.boot }, ledger))
    }
}

/// Opens accounts that are new and locks all that are named, in the order of their keys.
pub(super) async fn open_ledgers(
    conn: &mut PgConnection,
    wanted: &BTreeMap<BootKey, DateTime<Utc>>,
) -> sqlx::Result<BTreeMap<BootKey, BootLedger>> {
    let (tenants, services, boots) = columns(wanted.keys());
    let times: Vec<DateTime<Utc>> = wanted.values().copied().collect();
    sqlx::query!(
        "insert into telemetry_boots (tenant, service, boot, first_at, last_at)
         select tenant, service, boot, at, at
         from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) as t (tenant, service, boot, at)
         on conflict do nothing",
        &tenants,
        &services,
        &boots,
        &times
    )
    .execute(&mut *conn)
    .await?;
    let rows = sqlx::query_as!(
        LedgerRow,
        "select b.tenant, b.service, b.boot, received, rejected, duplicates, highest, gaps, closed_at_seq, last_at
         from telemetry_boots b
         join unnest($1::text[], $2::text[], $3::text[]) as t (tenant, service, boot)
           on b.tenant = t.tenant and b.service = t.service and b.boot = t.boot
         order by b.tenant, b.service, b.boot
         for update of b",
        &tenants,
        &services,
        &boots
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) async fn save_ledgers(conn: &mut PgConnection, ledgers: &BTreeMap<BootKey, BootLedger>) -> sqlx::Result<()> {
    let (tenants, services, boots) = columns(ledgers.keys());
    let column = |of: fn(&BootLedger) -> u64| ledgers.values().map(|ledger| signed(of(ledger))).collect::<Vec<i64>>();
    let gaps: Vec<Value> = ledgers.values().map(|ledger| serde_json::json!(ledger.gaps)).collect();
    let closed: Vec<Option<i64>> = ledgers.values().map(|ledger| ledger.closed_at.map(signed)).collect();
    let last: Vec<DateTime<Utc>> = ledgers.values().map(|ledger| ledger.last_at).collect();
    sqlx::query!(
        "update telemetry_boots b
         set received = t.received, rejected = t.rejected, duplicates = t.duplicates, highest = t.highest, gaps = t.gaps,
             closed_at_seq = t.closed, last_at = t.last_at
         from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                     $8::jsonb[], $9::bigint[], $10::timestamptz[])
           as t (tenant, service, boot, received, rejected, duplicates, highest, gaps, closed, last_at)
         where b.tenant = t.tenant and b.service = t.service and b.boot = t.boot",
        &tenants,
        &services,
        &boots,
        &column(|ledger| ledger.received),
        &column(|ledger| ledger.rejected),
        &column(|ledger| ledger.duplicates),
        &column(|ledger| ledger.highest),
        &gaps,
        &closed as &[Option<i64>],
        &last
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The accounts of a tenant as (service, boot, account).
pub(super) async fn ledgers_of(
    conn: &mut PgConnection,
    tenant: &str,
) -> sqlx::Result<Vec<(String, String, BootLedger)>> {
    let rows = sqlx::query_as!(
        LedgerRow,
        "select tenant, service, boot, received, rejected, duplicates, highest, gaps, closed_at_seq, last_at
         from telemetry_boots where tenant = $1",
        tenant
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| <(BootKey, BootLedger)>::try_from(row).map(|(key, ledger)| (key.service, key.boot, ledger)))
        .collect()
}

pub(super) async fn count_refusals(
    conn: &mut PgConnection,
    refusals: &BTreeMap<(String, &'static str), (i64, DateTime<Utc>)>,
) -> sqlx::Result<()> {
    for ((tenant, reason), (count, last_at)) in refusals {
        sqlx::query!(
            "insert into telemetry_refusals as r (tenant, reason, count, last_at) values ($1, $2, $3, $4)
             on conflict (tenant, reason) do update
               set count = r.count + excluded.count, last_at = greatest(r.last_at, excluded.last_at)",
            tenant,
            reason,
            count,
            last_at
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Totals that hold only what was refused without a readable place.
pub(super) async fn refused_in_all(conn: &mut PgConnection, tenant: &str) -> sqlx::Result<Totals> {
    let count = sqlx::query_scalar!(
        r#"select coalesce(sum(count), 0)::bigint as "count!" from telemetry_refusals where tenant = $1"#,
        tenant
    )
    .fetch_one(conn)
    .await?;
    Ok(Totals { rejected: count.unsigned_abs(), ..Totals::default() })
}

/// What could not be stored although the database answers; kept whole for a person.
pub(super) async fn bury(conn: &mut PgConnection, tenant: &str, raw: &[u8], reason: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into dead_letters (id, source, reason, raw, origin) values ($1, 'telemetry', $2, $3, $4)",
        waas_platform::clock::random::id(),
        reason,
        raw,
        tenant
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn forget(conn: &mut PgConnection, tenant: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from telemetry_boots where tenant = $1", tenant).execute(&mut *conn).await?;
    sqlx::query!("delete from telemetry_refusals where tenant = $1", tenant).execute(&mut *conn).await?;
    sqlx::query!("delete from heartbeats where tenant = $1", tenant).execute(&mut *conn).await?;
    sqlx::query!("delete from metric_points where tenant = $1", tenant).execute(&mut *conn).await?;
    sqlx::query!("delete from metric_latest where tenant = $1", tenant).execute(&mut *conn).await?;
    sqlx::query!("delete from telemetry_errors where tenant = $1", tenant).execute(&mut *conn).await?;
    sqlx::query!("delete from telemetry_events where tenant = $1", tenant).execute(conn).await?;
    Ok(())
}

/// Wakes whoever waits on this channel when the transaction commits.
pub(super) async fn notify(conn: &mut PgConnection, channel: &str) -> sqlx::Result<()> {
    sqlx::query!("select pg_notify($1, '')", channel).execute(conn).await?;
    Ok(())
}
