-- Durable work: sagas with their steps, and timers. Knows no business; capabilities name kinds and subjects.
-- Forward only. Every state column carries the same set of words as the enum in platform::durable that moves it.

-- One row for each saga. Only the engine moves `state`; people write a wish (`requested`), which the engine answers.
create table sagas (
    -- Time-ordered (UUID v7): newest first is by id, and a page's cursor is an id.
    id           uuid primary key,
    kind         text not null,
    -- The definition's version when it was enqueued. Steps are found by name, so a newer definition can finish it.
    version      int not null,
    -- What it is about (a slug, mostly); what people search by.
    subject      text not null,
    params       jsonb not null,
    state        text not null default 'queued'
                 check (state in ('queued', 'running', 'undoing', 'done', 'undone', 'stuck', 'cancelled')),
    -- Where unwinding ends; set when unwinding begins and never taken back.
    unwind_to    text check (unwind_to in ('undone', 'cancelled')),
    -- Grows by one with every claim. A write that carries an older number is refused.
    fence        bigint not null default 0,
    -- Who works on it and until when, by the database's clock; both null while nobody does.
    holder       uuid,
    lease_until  timestamptz,
    -- Not before: waiting, backing off, or at once.
    next_run_at  timestamptz not null default now(),
    requested    text check (requested in ('retry', 'undo', 'cancel')),
    requested_by text,
    -- At most one living saga for a key; a stuck one still lives.
    dedupe_key   text,
    error        text,
    created_by   text,
    created_at   timestamptz not null default now(),
    finished_at  timestamptz,
    check ((finished_at is not null) = (state in ('done', 'undone', 'cancelled'))),
    check ((holder is null) = (lease_until is null)),
    check (state <> 'undoing' or unwind_to is not null)
);
create unique index sagas_dedupe on sagas (dedupe_key) where finished_at is null;
-- What a worker looks through: living sagas in the order in which they are due.
create index sagas_due on sagas (next_run_at, id) where finished_at is null;
create index sagas_subject on sagas (subject, id);

-- One row for each step, written when the saga is enqueued, so that a plan and a card show what is still to come.
create table saga_steps (
    saga_id           uuid not null references sagas (id) on delete cascade,
    position          int not null,
    name              text not null,
    state             text not null default 'pending'
                      check (state in ('pending', 'running', 'done', 'failed', 'undoing', 'undone', 'undo_failed', 'skipped')),
    -- How often its function was entered, forward and undo together; shown, never decided by.
    attempts          int not null default 0,
    -- Passing errors in the present direction; decided by (the step's budget).
    failures          int not null default 0,
    -- How often a worker vanished in it; a step that kills its process ends as stuck instead of killing it for ever.
    interruptions     int not null default 0,
    -- Set once, when the step first begins. What has begun is undone, whether or not it succeeded.
    started_at        timestamptz,
    finished_at       timestamptz,
    output            jsonb,
    error             text,
    progress          smallint check (progress between 0 and 100),
    note              text,
    -- Why this step has no undo; the plan shows the sentence.
    undo_none_because text,
    primary key (saga_id, position),
    unique (saga_id, name),
    check ((finished_at is not null) = (state in ('done', 'failed', 'undone', 'undo_failed', 'skipped'))),
    check (started_at is not null or state in ('pending', 'skipped')),
    check (undo_none_because is null or state not in ('undoing', 'undone', 'undo_failed'))
);

-- Something to be done once at a time: reminders, expiries. One waiting timer for a kind and subject.
create table timers (
    id          uuid primary key,
    kind        text not null,
    subject     text not null,
    payload     jsonb not null default '{}',
    due_at      timestamptz not null,
    state       text not null default 'waiting' check (state in ('waiting', 'done', 'cancelled', 'dead')),
    attempts    int not null default 0,
    last_error  text,
    created_at  timestamptz not null default now(),
    finished_at timestamptz,
    check ((finished_at is not null) = (state <> 'waiting'))
);
create unique index timers_waiting on timers (kind, subject) where state = 'waiting';
create index timers_due on timers (due_at) where state = 'waiting';
