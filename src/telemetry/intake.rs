//! One batch of messages into one transaction: accounts, heartbeats, figures, errors, events.
//!
//! It knows neither channel nor HTTP: whoever receives says whose a message is.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use waas_platform::db::PgConnection;
use waas_platform::intake::Rejection;

use super::ledger::{Arrival, BootLedger, Counted};
use super::model::{Body, Message, Position, RefusedMessage};
use super::store::beats::{self, HeartbeatRow};
use super::store::records::{self, ErrorRow, EventRow, PointRow};
use super::store::{self, BootKey};
use super::{HeartbeatListener, Settings};
use crate::tenants::{self, Health};

/// A message as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Whose it is, by channel or key; not yet known to exist.
    pub tenant: String,
    /// What it says, or why not.
    pub message: Result<Message, RefusedMessage>,
    /// When it arrived, by our clock.
    pub at: DateTime<Utc>,
}

/// What a batch changed, for the counters; told once the transaction has committed.
#[derive(Debug, Default)]
pub struct Stored {
    received: BTreeMap<String, u64>,
    lost: BTreeMap<(String, String), u64>,
    refused: BTreeMap<(String, &'static str), u64>,
    unknown: u64,
}

impl Stored {
    /// Adds to the process's counters.
    pub fn count(self) {
        for (tenant, n) in self.received {
            metrics::counter!("hub_telemetry_received_total", "tenant" => tenant).increment(n);
        }
        for ((tenant, service), n) in self.lost {
            metrics::counter!("hub_telemetry_lost_total", "tenant" => tenant, "service" => service).increment(n);
        }
        for ((tenant, reason), n) in self.refused {
            metrics::counter!("hub_telemetry_rejected_total", "tenant" => tenant, "reason" => reason).increment(n);
        }
        // No label: the names are whatever a stranger wrote.
        metrics::counter!("hub_telemetry_unknown_tenant_total").increment(self.unknown);
    }
}

/// Stores a batch. Messages that come again are counted as such and change nothing else.
///
/// # Errors
/// The database refuses, or the listener fails: nothing of the batch may be committed then.
pub async fn store(
    conn: &mut PgConnection,
    settings: &Settings,
    listener: &dyn HeartbeatListener,
    batch: &[Arrived],
) -> anyhow::Result<Stored> {
    let names: BTreeSet<&str> = batch.iter().map(|arrived| arrived.tenant.as_str()).collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let known: BTreeSet<String> = tenants::existing(conn, &names).await?.into_iter().collect();
    let (ours, strange): (Vec<&Arrived>, Vec<&Arrived>) =
        batch.iter().partition(|arrived| known.contains(&arrived.tenant));

    let mut sorting = Sorting { settings, accounts: Accounts::load(conn, &ours).await?, rows: Rows::default() };
    for arrived in ours {
        sorting.take(arrived);
    }
    let Sorting { accounts, rows, .. } = sorting;
    let mut stored = Stored {
        received: rows.received,
        refused: rows.refused,
        unknown: u64::try_from(strange.len()).unwrap_or(u64::MAX),
        ..Stored::default()
    };

    stored.lost = accounts.newly_lost();
    store::save_ledgers(conn, &accounts.after).await?;
    store::count_refusals(conn, &rows.placeless).await?;
    records::add_points(conn, &rows.points).await?;
    records::add_errors(conn, &rows.errors).await?;
    records::add_events(conn, &rows.events).await?;
    let heartbeats: Vec<HeartbeatRow> = rows.heartbeats.into_values().collect();
    let mut kept = beats::keep(conn, &heartbeats).await?;
    for (tenant, service, at) in &kept.back {
        listener.back(conn, tenant, service, *at).await?;
    }
    // After the beats: the last word of a process ends its own heartbeat and no successor's.
    beats::stop(conn, &rows.byes).await?;
    kept.changed.extend(rows.byes.into_iter().map(|key| key.tenant));
    judge(conn, kept.changed).await?;
    Ok(stored)
}

/// Says of tenants whose heartbeats changed how they are; of those whose containers we see, these say it.
pub(super) async fn judge(conn: &mut PgConnection, changed: BTreeSet<String>) -> sqlx::Result<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let changed: Vec<String> = changed.into_iter().collect();
    for (tenant, alive, missed) in beats::counts(conn, &changed).await? {
        tenants::hear(conn, &tenant, Health::heard(alive, missed)).await?;
    }
    Ok(())
}

/// The accounts that a batch touches, as they were and as they become.
struct Accounts {
    before: BTreeMap<BootKey, u64>,
    after: BTreeMap<BootKey, BootLedger>,
}

impl Accounts {
    async fn load(conn: &mut PgConnection, batch: &[&Arrived]) -> sqlx::Result<Self> {
        let mut wanted: BTreeMap<BootKey, DateTime<Utc>> = BTreeMap::new();
        for arrived in batch {
            let (position, previous) = match &arrived.message {
                Ok(message) => (Some(&message.position), message.previous.as_ref()),
                Err(refused) => (refused.position.as_ref(), None),
            };
            let Some(position) = position else { continue };
            let boots = [Some(&position.boot), previous.map(|previous| &previous.boot)];
            for boot in boots.into_iter().flatten() {
                wanted.entry(BootKey::new(&arrived.tenant, &position.service, boot)).or_insert(arrived.at);
            }
        }
        // In the order of the map, so that two writers never wait for each other crosswise.
        let after = store::open_ledgers(conn, &wanted).await?;
        let before = after.iter().map(|(key, ledger)| (key.clone(), ledger.lost())).collect();
        Ok(Self { before, after })
    }

    fn of(&mut self, tenant: &str, service: &str, boot: &str, at: DateTime<Utc>) -> &mut BootLedger {
        self.after.entry(BootKey::new(tenant, service, boot)).or_insert_with(|| BootLedger::open(at))
    }

    /// A late message takes its loss back in the account; the counter, which only grows, keeps it.
    fn newly_lost(&self) -> BTreeMap<(String, String), u64> {
        let mut lost = BTreeMap::new();
        for (key, ledger) in &self.after {
            let before = self.before.get(key).copied().unwrap_or(0);
            let more = ledger.lost().saturating_sub(before);
            if more > 0 {
                *lost.entry((key.tenant.clone(), key.service.clone())).or_insert(0) += more;
            }
        }
        lost
    }
}

#[derive(Default)]
struct Rows {
    received: BTreeMap<String, u64>,
    refused: BTreeMap<(String, &'static str), u64>,
    /// Refused without a readable place: (tenant, reason) with count and last time.
    placeless: BTreeMap<(String, &'static str), (i64, DateTime<Utc>)>,
    /// The last of each (tenant, service).
    heartbeats: BTreeMap<(String, String), HeartbeatRow>,
    byes: Vec<BootKey>,
    points: Vec<PointRow>,
    errors: Vec<ErrorRow>,
    events: Vec<EventRow>,
}

struct Sorting<'a> {
    settings: &'a Settings,
    accounts: Accounts,
    rows: Rows,
}

impl Sorting<'_> {
    fn take(&mut self, arrived: &Arrived) {
        match &arrived.message {
            Ok(message) => self.accept(arrived, message),
            Err(RefusedMessage { reason, position }) => self.refuse(arrived, reason, position.as_ref()),
        }
    }

    fn refuse(&mut self, arrived: &Arrived, reason: &Rejection, position: Option<&Position>) {
        let key = (arrived.tenant.clone(), reason.kind());
        if let Some(position) = position {
            let account = self.accounts.of(&arrived.tenant, &position.service, &position.boot, arrived.at);
            if account.arrive(position.seq, Arrival::Refused, arrived.at) == Counted::Again {
                return;
            }
        } else {
            let (count, last) = self.rows.placeless.entry(key.clone()).or_insert((0, arrived.at));
            *count += 1;
            *last = arrived.at.max(*last);
        }
        *self.rows.refused.entry(key).or_insert(0) += 1;
    }

    fn accept(&mut self, arrived: &Arrived, message: &Message) {
        let Position { service, boot, seq } = &message.position;
        if let Some(previous) = &message.previous {
            self.accounts.of(&arrived.tenant, service, &previous.boot, arrived.at).close(previous.seq);
        }
        let account = self.accounts.of(&arrived.tenant, service, boot, arrived.at);
        if account.arrive(*seq, Arrival::Accepted, arrived.at) == Counted::Again {
            return;
        }
        if message.is_bye() {
            account.close(*seq);
            self.rows.byes.push(BootKey::new(&arrived.tenant, service, boot));
        }
        *self.rows.received.entry(arrived.tenant.clone()).or_insert(0) += 1;
        self.keep(arrived, message);
    }

    fn keep(&mut self, arrived: &Arrived, message: &Message) {
        let (tenant, service) = (arrived.tenant.clone(), message.position.service.clone());
        match &message.body {
            Body::Heartbeat { version, uptime_s, interval_s } => {
                let row = HeartbeatRow {
                    tenant: tenant.clone(),
                    service: service.clone(),
                    boot: message.position.boot.clone(),
                    version: version.clone(),
                    uptime_s: *uptime_s,
                    interval_s: i32::try_from(*interval_s).unwrap_or(i32::MAX),
                    ts: message.ts,
                    received_at: arrived.at,
                    due_at: self.settings.missed.due_at(arrived.at, *interval_s),
                };
                self.rows.heartbeats.insert((tenant, service), row);
            }
            Body::Metric { metrics, labels } => {
                let labels = serde_json::json!(labels);
                self.rows.points.extend(metrics.iter().map(|(name, value)| PointRow {
                    tenant: tenant.clone(),
                    service: service.clone(),
                    name: name.clone(),
                    labels: labels.clone(),
                    ts: message.ts,
                    value: *value,
                }));
            }
            Body::Error { level, message: text, exception, fingerprint, count } => self.rows.errors.push(ErrorRow {
                tenant,
                service,
                level: level.as_str(),
                message: text.clone(),
                exception: exception.clone(),
                fingerprint: fingerprint.clone(),
                count: i64::try_from(*count).unwrap_or(i64::MAX),
                ts: message.ts,
                received_at: arrived.at,
            }),
            Body::Event { name, data } => self.rows.events.push(EventRow {
                tenant,
                service,
                name: name.clone(),
                data: data.clone().map(serde_json::Value::Object),
                ts: message.ts,
                received_at: arrived.at,
            }),
        }
    }
}
