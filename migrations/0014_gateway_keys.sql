-- Keys that are rotated, and calls that are known by their id.

-- A rotated key goes on working for a while, so that the gateway can be told of the new one; null: until it is revoked.
alter table keys add column expires_at timestamptz;

-- The ids of signed calls, so that a repeated one changes nothing and another body under the same id is noticed. Kept for a
-- day; the signature's own time guards what comes later.
create table webhook_calls (
    key_id    uuid not null references keys (id) on delete cascade,
    call_id   text not null,
    body_hash bytea not null,
    at        timestamptz not null,
    primary key (key_id, call_id)
);
create index webhook_calls_at on webhook_calls (at);
