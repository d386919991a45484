-- What visitors ask for, and who is told about it. Migrations only expand: the former image runs on the new schema.
create table request (
    id         bigint generated always as identity primary key,
    -- Drawn with the form: a form sent twice is one request.
    form_token uuid not null unique,
    name       text not null check (length(name) between 1 and 200),
    contact    text not null check (length(contact) between 1 and 200),
    service    text not null default '' check (length(service) <= 200),
    message    text not null default '' check (length(message) <= 5000),
    -- new: from the form; done: by the owner, on the list or in the chat.
    state      text not null default 'new' check (state in ('new', 'done')),
    created_at timestamptz not null default now(),
    done_at    timestamptz,
    -- When the owner's chat had it; empty: still to be told.
    told_at    timestamptz,
    check ((state = 'done') = (done_at is not null))
);
create index request_untold on request (created_at) where told_at is null;
create index request_by_age on request (state, created_at desc);

-- The owner's private chat with the bot, known once the claim code was shown; one at most.
create table owner_chat (
    only_one boolean primary key default true check (only_one),
    chat_id  bigint not null,
    since    timestamptz not null default now()
);
