-- Alerts: one row an incident. Tenants are named by slug and without a foreign key, since history outlives the tenant.
create table alerts (
    id             uuid primary key,
    -- The short number that people type (/alert 12).
    number         bigint generated always as identity unique,
    tenant         text not null,
    source         text not null
                   check (source in ('hub', 'heartbeat', 'container', 'own', 'alertmanager', 'grafana', 'uptime-kuma')),
    fingerprint    text not null check (octet_length(fingerprint) <= 1024),
    service        text,
    severity       text not null check (severity in ('critical', 'warning', 'info')),
    title          text not null,
    description    text,
    labels         jsonb not null default '{}',
    url            text,
    -- The last lines of the container, taken when it was opened.
    log_tail       text,
    -- Firing notices, the first included.
    count          bigint not null default 1 check (count >= 1),
    starts_at      timestamptz not null,
    ends_at        timestamptz,
    -- The status is not stored: it follows from these and the time (Alert::status in src/alerts/model.rs, the only code that
    -- moves them is Alert::after).
    resolved_at    timestamptz,
    resolved_by    text,
    acked_by       text,
    acked_by_id    bigint,
    acked_at       timestamptz,
    acked_until    timestamptz,
    silenced_by    text,
    silenced_by_id bigint,
    silenced_at    timestamptz,
    silenced_until timestamptz,
    silence_reason text,
    -- Counts every change; a press carries the version it was drawn with.
    version        bigint not null default 1,
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    check ((ends_at is null) = (resolved_at is null)),
    check (ends_at is null or ends_at >= starts_at),
    check ((acked_by is null) = (acked_at is null)),
    check (acked_by is not null or (acked_by_id is null and acked_until is null)),
    check ((silenced_by is null) = (silenced_at is null) and (silenced_by is null) = (silenced_until is null)),
    check (silenced_by is not null or (silenced_by_id is null and silence_reason is null))
);
-- One open incident a fingerprint, also when two replicas hear of it at once.
create unique index alerts_open on alerts (tenant, source, fingerprint) where resolved_at is null;
-- The latest of a fingerprint, which decides whether a firing is late.
create index alerts_latest on alerts (tenant, source, fingerprint, number desc);
create index alerts_of_tenant on alerts (tenant, number desc);

-- The timeline of an incident. Never changed afterwards.
create table alert_events (
    id        bigint generated always as identity primary key,
    alert_id  uuid not null references alerts (id) on delete cascade,
    at        timestamptz not null,
    kind      text not null
              check (kind in ('opened', 'fired_again', 'acked', 'unacked', 'ack_expired', 'silenced', 'unsilenced',
                              'silence_expired', 'restart_asked', 'resolved')),
    -- Telegram id and name; null: the source or the hub itself.
    person_id bigint,
    actor     text,
    -- Until when, of an ack or a silence; and why, where somebody said so.
    until     timestamptz,
    note      text
);
create index alert_events_of on alert_events (alert_id, id);

-- A silence of a whole tenant (/silence SLUG 2h): what opens while it lasts is born silenced.
create table tenant_silences (
    tenant text primary key,
    by     text not null,
    by_id  bigint,
    at     timestamptz not null,
    until  timestamptz not null check (until > at),
    reason text
);
