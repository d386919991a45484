-- Surveys: definitions as they were when somebody began, and where everybody stands.

-- A session is pinned to the version it began with, so every version that was ever used is kept.
create table survey_definitions (
    name      text not null,
    version   int not null,
    source    text not null,
    stored_at timestamptz not null default now(),
    primary key (name, version)
);

create table survey_sessions (
    id           uuid primary key,
    -- The deep link's token, hashed; the link itself is sealed so that it can be shown again to operators.
    token_hash   bytea not null unique,
    token_sealed bytea not null,
    dialogue     text not null,
    definition   int not null,
    lead_id      uuid,
    -- The first person who opened the link; nobody else may.
    person_id    bigint references people (id),
    bot_id       bigint,
    locale       text not null default 'en',
    state        text not null check (state in ('invited', 'active', 'submitted', 'cancelled', 'expired')),
    -- The engine's own state, as it serializes itself.
    session      jsonb not null,
    -- Grows with each move: of two taps at once, one finds it changed.
    version      bigint not null default 1,
    expires_at   timestamptz not null,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    submitted_at timestamptz,
    foreign key (dialogue, definition) references survey_definitions (name, version),
    check ((state = 'submitted') = (submitted_at is not null))
);
create index survey_sessions_person on survey_sessions (person_id) where state = 'active';
create index survey_sessions_lead on survey_sessions (lead_id);
