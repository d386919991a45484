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
    -- Whom it is about, by the id of whoever invited; surveys do not know what that is.
    subject      uuid not null,
    -- The language wished for by whoever invited, until the person's own is known.
    locale       text not null,
    -- What was known of the person in advance and may be offered: name to text.
    known        jsonb not null,
    -- The first person who opened the link, and the bot they opened it with; nobody else may.
    person_id    bigint references people (id),
    bot_id       bigint,
    -- Moved only by State::after in src/surveys/model.rs.
    state        text not null default 'invited'
                 check (state in ('invited', 'active', 'submitted', 'cancelled', 'expired')),
    -- The version pinned when the person began; the engine's own state, as it serializes itself. A cancelled survey
    -- forgets its answers.
    definition   int,
    session      jsonb,
    -- Grows with each change and never goes back: of two taps at once, one finds it changed.
    revision     bigint not null default 0,
    -- Whether the button that shares one's phone number was brought.
    contact_asked boolean not null default false,
    expires_at   timestamptz not null,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    submitted_at timestamptz,
    foreign key (dialogue, definition) references survey_definitions (name, version),
    check ((person_id is null) = (bot_id is null)),
    check (state <> 'invited' or person_id is null),
    check (state not in ('active', 'submitted', 'cancelled') or person_id is not null),
    check (state not in ('active', 'submitted') or (session is not null and definition is not null)),
    check ((state = 'submitted') = (submitted_at is not null))
);
create index survey_sessions_person on survey_sessions (person_id, bot_id, updated_at desc) where state = 'active';
-- One living link for a subject.
create unique index survey_sessions_living on survey_sessions (subject, dialogue)
    where state in ('invited', 'active', 'cancelled');
