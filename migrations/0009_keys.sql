-- Keys: how tenants' systems and gateways prove who they are. A key is shown once, when it is made.
create table keys (
    id             uuid primary key,
    -- Exactly one of the two has it.
    tenant         text references tenants (slug) on delete cascade,
    gateway        text check (gateway ~ '^[a-z0-9][a-z0-9_.-]{0,63}$'),
    -- Only the keyed hash of the bearer token; the webhook secret is needed to check signatures, so it is sealed.
    bearer_hash    bytea not null unique,
    webhook_secret bytea not null,
    -- revoked: moved in by `key revoke` and never out.
    state          text not null default 'active' check (state in ('active', 'revoked')),
    created_at     timestamptz not null default now(),
    revoked_at     timestamptz,
    check ((tenant is null) <> (gateway is null)),
    check ((state = 'revoked') = (revoked_at is not null))
);
create index keys_tenant on keys (tenant) where tenant is not null;
