-- People whose site we build or run: how far they were told it is, and what is said between them and the operators.

-- One row a site and client, from the request on.
create table client_sites (
    id         uuid primary key,
    -- None: the site was built without a request, and its owner took it over by its credentials.
    request_id uuid unique references tenant_requests (id),
    lead_id    uuid references leads (id),
    -- The slug, once it is built; kept when the tenant is erased.
    tenant     text,
    person_id  bigint not null references people (id),
    -- The bot they spoke with.
    bot_id     bigint not null,
    -- What their business is called.
    name       text not null,
    -- Where the site is found, once it is built.
    address    text,
    -- Moved only by Stage::after in src/clients/model.rs.
    stage      text not null check (stage in ('received', 'building', 'ready', 'refused')),
    -- Why it was refused, in the words that the client read.
    why        text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (tenant, person_id),
    check (stage <> 'ready' or tenant is not null),
    check ((stage = 'refused') = (why is not null))
);
create index client_sites_person on client_sites (bot_id, person_id);
create index client_sites_lead on client_sites (lead_id) where lead_id is not null;

-- What a client and the operators say to each other, from *Ask for help* or a question until *Done*.
create table client_threads (
    id         uuid primary key,
    bot_id     bigint not null,
    person_id  bigint not null references people (id),
    -- The lead that the operators asked about: what is said stands in its history too.
    lead_id    uuid references leads (id),
    state      text not null default 'open' check (state in ('open', 'closed')),
    -- Messages and files of the client since the operators' last answer; both have a limit.
    unanswered int not null default 0,
    files      int not null default 0,
    -- When the operators' card last came to the bottom of their chat.
    noticed_at timestamptz,
    opened_at  timestamptz not null,
    closed_at  timestamptz,
    check ((state = 'closed') = (closed_at is not null))
);
create unique index client_threads_open on client_threads (bot_id, person_id) where state = 'open';

create table client_messages (
    id        bigint generated always as identity primary key,
    thread_id uuid not null references client_threads (id),
    at        timestamptz not null,
    -- Who wrote it: the client, or an operator.
    person_id bigint not null references people (id),
    by_client boolean not null,
    -- Text, or what was written below the file.
    body      text not null,
    file      text check (file in ('photo', 'document'))
);
create index client_messages_thread on client_messages (thread_id, id);

-- The card that a message shows, for replies to it.
create index cards_shown on cards (bot_id, chat_id, message_id) where message_id is not null;

-- An operator corrects an answer of a survey that was sent in: the engine's session on its way there. One at a time.
create table survey_corrections (
    session_id uuid primary key references survey_sessions (id),
    person_id  bigint not null references people (id),
    draft      jsonb not null,
    revision   bigint not null default 0,
    began_at   timestamptz not null
);

-- Answers that were corrected, as they were before and are since; null where there was, or is, none.
create table survey_answer_changes (
    id         bigint generated always as identity primary key,
    session_id uuid not null references survey_sessions (id),
    at         timestamptz not null,
    person_id  bigint not null references people (id),
    step       text not null,
    was        jsonb,
    is_now     jsonb
);
create index survey_answer_changes_session on survey_answer_changes (session_id, id);

-- Mails to people outside: written in the transaction of whatever causes them, brought to the mail server afterwards.
create table mails (
    id          bigint generated always as identity primary key,
    -- The same key is the same mail, however often it is asked for.
    dedupe      text unique,
    recipient   text not null,
    subject     text not null,
    -- The text, sealed: it may hold a link that opens something. Emptied once it was sent.
    sealed      bytea not null,
    -- In: waiting. Out: the mail server took it (sent), or it is given up (dead).
    state       text not null default 'waiting' check (state in ('waiting', 'sent', 'dead')),
    attempts    int not null default 0,
    not_before  timestamptz not null default now(),
    last_error  text,
    created_at  timestamptz not null default now(),
    finished_at timestamptz,
    check ((state = 'waiting') = (finished_at is null))
);
create index mails_waiting on mails (not_before) where state = 'waiting';
create index mails_finished on mails (finished_at) where state = 'sent';
