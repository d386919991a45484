-- Telemetry: what tenants' systems say about themselves. Tenants are named by slug and without a foreign key: figures and
-- accounts outlive an erased tenant until retention takes them.

-- The account of each process: src/telemetry/ledger.rs. `lost` is not stored, it follows from the rest.
create table telemetry_boots (
    tenant     text not null,
    service    text not null,
    boot       text not null,
    received   bigint not null default 0 check (received >= 0),
    rejected   bigint not null default 0 check (rejected >= 0),
    duplicates bigint not null default 0 check (duplicates >= 0),
    highest    bigint not null default 0 check (highest >= 0),
    -- Numbers below `highest` that did not arrive: [{"first", "last"}], ascending.
    gaps       jsonb not null default '[]',
    -- The last number that the process used, by its bye or its successor; null: the tail is unknown.
    closed_at_seq bigint check (closed_at_seq >= 0),
    first_at   timestamptz not null,
    last_at    timestamptz not null,
    primary key (tenant, service, boot)
);
create index telemetry_boots_latest on telemetry_boots (tenant, service, last_at desc);

-- Messages that were refused and whose place in a sequence could not be read; one row a tenant and reason.
create table telemetry_refusals (
    tenant  text not null,
    reason  text not null check (reason in ('malformed', 'missing', 'invalid', 'too_large', 'too_old')),
    count   bigint not null default 0,
    last_at timestamptz not null,
    primary key (tenant, reason)
);

-- The last heartbeat of each service, and when the next is missed.
create table heartbeats (
    tenant      text not null,
    service     text not null,
    boot        text not null,
    version     text,
    uptime_s    double precision,
    interval_s  int not null check (interval_s between 1 and 86400),
    -- By the tenant's clock, and by ours.
    ts          timestamptz not null,
    received_at timestamptz not null,
    due_at      timestamptz not null,
    -- Moved in by the check of due_at, out by the next heartbeat; stopped: the process said bye, silence is not missed.
    state       text not null default 'alive' check (state in ('alive', 'missed', 'stopped')),
    primary key (tenant, service)
);
create index heartbeats_due on heartbeats (due_at) where state = 'alive';

-- Figures over time. A later issue partitions this by day; nothing refers to its rows.
create table metric_points (
    tenant  text not null,
    service text not null,
    name    text not null,
    labels  jsonb not null default '{}',
    ts      timestamptz not null,
    value   double precision not null
);
create index metric_points_of on metric_points (tenant, service, name, ts desc);
create index metric_points_age on metric_points using brin (ts);

-- The latest value of each figure: what /tenant shows without a scan.
create table metric_latest (
    tenant  text not null,
    service text not null,
    name    text not null,
    labels  jsonb not null default '{}',
    ts      timestamptz not null,
    value   double precision not null,
    -- Labels may be longer than an index entry.
    series  text not null generated always as (md5(labels::text)) stored,
    primary key (tenant, service, name, series)
);

-- Errors that tenants report, one row a message.
create table telemetry_errors (
    id          bigint generated always as identity primary key,
    tenant      text not null,
    service     text not null,
    level       text not null check (level in ('warning', 'error', 'critical')),
    message     text not null,
    exception   text,
    fingerprint text,
    count       bigint not null check (count >= 1),
    ts          timestamptz not null,
    received_at timestamptz not null
);
create index telemetry_errors_of on telemetry_errors (tenant, ts desc);

-- Events that tenants report.
create table telemetry_events (
    id          bigint generated always as identity primary key,
    tenant      text not null,
    service     text not null,
    name        text not null,
    data        jsonb,
    ts          timestamptz not null,
    received_at timestamptz not null
);
create index telemetry_events_of on telemetry_events (tenant, ts desc);
