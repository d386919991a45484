-- Tenants: what runs where, and what it took to build it.

create table tenants (
    slug             text primary key check (slug ~ '^[a-z][a-z0-9_-]{1,30}$'),
    -- The slug as a host label; two slugs with the same label cannot stand side by side.
    label            text not null unique,
    domain           text not null unique,
    kind             text not null check (kind in ('managed', 'registered')),
    state            text not null check (state in
                       ('registered', 'planned', 'provisioning', 'live', 'stopped', 'suspended', 'deleted', 'failed', 'stuck')),
    -- What the state was before a delete, so that restore brings it back.
    state_before     text,
    template         text,
    template_version text,
    locale           text not null default 'en',
    timezone         text not null default 'UTC',
    -- Answers as the template's inputs: typed and checked when the plan was made.
    inputs           jsonb not null default '{}',
    lead_id          uuid,
    -- The client, once somebody took the credentials.
    client_id        bigint references people (id),
    -- The saga that made it.
    built_by         text,
    spec_hash        text,
    port             int unique,
    health           text not null default 'unknown' check (health in ('up', 'degraded', 'down', 'unknown')),
    version          bigint not null default 1,
    created_at       timestamptz not null default now(),
    live_at          timestamptz,
    deleted_at       timestamptz,
    erase_after      timestamptz,
    check ((state = 'deleted') = (deleted_at is not null))
);

-- Ports on loopback; a row is the claim, the primary key is the lock.
create table ports (
    port   int primary key check (port between 1 and 65535),
    tenant text not null references tenants (slug) on delete cascade
);

-- Generated secrets, sealed with the master key and bound to tenant and name.
create table tenant_secrets (
    tenant text not null references tenants (slug) on delete cascade,
    name   text not null,
    sealed bytea not null,
    primary key (tenant, name)
);

-- What each container of a tenant was last seen doing.
create table tenant_containers (
    tenant    text not null references tenants (slug) on delete cascade,
    service   text not null,
    name      text not null,
    -- The engine's id; a container made anew has another.
    engine_id text,
    state     text not null check (state in ('running', 'starting', 'healthy', 'unhealthy', 'exited', 'missing')),
    exit_code int,
    seen_at   timestamptz not null default now(),
    primary key (tenant, service)
);

-- One-time credentials by deep link: the first to open it owns it and may read it once.
create table credentials (
    token_hash bytea primary key,
    tenant     text not null references tenants (slug) on delete cascade,
    sealed     bytea not null,
    opened_by  bigint references people (id),
    shown_at   timestamptz,
    expires_at timestamptz not null,
    created_at timestamptz not null default now()
);

-- What a client asked for by submitting a survey, until it is provisioned or refused.
create table tenant_requests (
    id         uuid primary key,
    lead_id    uuid,
    client_id  bigint references people (id),
    answers    jsonb not null,
    locale     text not null,
    -- Proposed from the answers and editable in the plan.
    slug       text not null,
    domain     text not null,
    state      text not null check (state in ('open', 'provisioning', 'done', 'refused')),
    tenant     text,
    version    bigint not null default 1,
    created_at timestamptz not null default now(),
    check (state <> 'provisioning' or tenant is not null)
);
create index tenant_requests_lead on tenant_requests (lead_id);

-- A plan that was shown: confirmed by its hash, void when anything in it changed.
create table plans (
    id         uuid primary key,
    request_id uuid references tenant_requests (id),
    -- Everything that the plan is made of: type, name, domain, inputs; secret inputs sealed.
    wanted     jsonb not null,
    -- What was shown last, and its hash.
    shown      jsonb not null,
    hash       text not null,
    state      text not null default 'open' check (state in ('open', 'confirmed', 'cancelled')),
    saga_id    uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((state = 'confirmed') = (saga_id is not null))
);
create index plans_request on plans (request_id) where state = 'open';
