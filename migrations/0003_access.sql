-- Who may do what, and who did what.

-- Everybody who ever wrote to a bot. Identity is the numeric id; names are what people call themselves.
create table people (
    id           bigint primary key,
    first_name   text not null,
    last_name    text,
    username     text,
    -- The app's language, and the one chosen here by /language.
    app_language text,
    locale       text,
    -- False after the bot was blocked; true again with the next message.
    reachable    boolean not null default true,
    first_seen   timestamptz not null default now(),
    last_seen    timestamptz not null default now()
);

-- People with rights. A revoked member keeps the row for the history.
create table members (
    person_id  bigint primary key references people (id),
    role       text not null check (role in ('owner', 'operator', 'viewer')),
    state      text not null default 'active' check (state in ('active', 'revoked')),
    since      timestamptz not null default now(),
    revoked_at timestamptz,
    check ((state = 'revoked') = (revoked_at is not null))
);

-- One-time codes that make a person a member. Only the hash is kept.
create table enrol_codes (
    code_hash  bytea primary key,
    role       text not null check (role in ('owner', 'operator', 'viewer')),
    expires_at timestamptz not null,
    used_by    bigint references people (id),
    used_at    timestamptz,
    created_at timestamptz not null default now(),
    check ((used_by is null) = (used_at is null))
);

-- Where operators are told things: the chat in which /bind was said. Without a row: the owner's private chat.
create table operator_chats (
    bot_id   bigint primary key,
    chat_id  bigint not null,
    topic_id bigint,
    bound_by bigint not null references people (id),
    bound_at timestamptz not null default now()
);

-- Who did what, when, from where, with what outcome. Written in the transaction of the act; never changed.
create table audit (
    id         bigint generated always as identity primary key,
    at         timestamptz not null default now(),
    actor_kind text not null check (actor_kind in ('person', 'terminal', 'system')),
    -- The person's numeric id, the login name at the terminal, or the part of the system.
    actor      text not null,
    act        text not null,
    subject    text not null,
    chat_id    bigint,
    outcome    text not null check (outcome in ('done', 'refused', 'failed')),
    detail     jsonb not null default '{}'
);
create index audit_subject on audit (subject, id);
-- What is written stays: even the application's own role gets an error.
create function audit_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'audit rows are never changed or removed';
end $$;
create trigger audit_is_append_only before update or delete or truncate on audit
    for each statement execute function audit_is_append_only();
