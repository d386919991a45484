-- Leads: people who asked for a site. One row a lead, however often its gateway sends it.
create table leads (
    id          uuid primary key,
    -- The short number that people type (/lead 12). Gaps are fine, reuse is not.
    number      bigint generated always as identity unique,
    -- The gateway and its own id; together the idempotency key.
    source      text not null,
    external_id text not null,
    -- What was sent, whole and with fields we do not know. The columns beside it are read from here.
    raw         jsonb not null,
    name        text not null,
    niche       text,
    phone       text,
    email       text,
    telegram    text,
    message     text,
    locale      text,
    domain      text,
    -- Moved only by LeadState::after in src/leads/model.rs.
    state       text not null default 'new'
                check (state in ('new', 'taken', 'contacted', 'qualified', 'rejected', 'onboarding', 'won', 'lost')),
    -- 0 to 100, and the rules that held: [{"rule", "field", "points"}].
    score       smallint not null check (score between 0 and 100),
    reasons     jsonb not null,
    -- The operator who has it, by Telegram id; their name is looked up when shown.
    assignee    bigint,
    -- The tenant request that its survey led to, while nothing came of it yet. The rows stand in tenant_requests, which is
    -- made later and belongs to somebody who knows us, hence no foreign key.
    request_id  uuid,
    -- When its card was put into the operators' chat; null: it waits for somebody to be there.
    shown_at    timestamptz,
    -- Counts every change; a press carries the version it was drawn with.
    version     bigint not null default 1,
    -- By the gateway's clock where it said so, else when we received it.
    created_at  timestamptz not null,
    received_at timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    unique (source, external_id),
    check (phone is not null or email is not null or telegram is not null)
);
-- /leads [state], newest first, paged by number.
create index leads_by_state on leads (state, number desc);
-- Leads that came before anybody was enrolled.
create index leads_waiting on leads (number) where shown_at is null;
-- The possible duplicate across sources.
create index leads_phone on leads (phone) where phone is not null;
create index leads_email on leads (lower(email)) where email is not null;

-- What happened to a lead: who, from, to, why. Never changed afterwards.
create table lead_events (
    id         bigint generated always as identity primary key,
    lead_id    uuid not null references leads (id) on delete cascade,
    at         timestamptz not null default now(),
    -- Telegram id; null: the hub itself.
    person_id  bigint,
    from_state text,
    to_state   text not null
               check (to_state in ('new', 'taken', 'contacted', 'qualified', 'rejected', 'onboarding', 'won', 'lost')),
    note       text
);
create index lead_events_of on lead_events (lead_id, id);
