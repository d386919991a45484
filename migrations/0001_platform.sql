-- Platform machinery: Telegram in and out, leases, dead letters. Knows no business.
-- Forward only. Every state column carries the same set of words as the enum in the code that moves it.

-- One row for each update that Telegram handed over, stored raw before it is confirmed. Uniqueness by membership, not by
-- maximum: Telegram restarts the sequence of ids after a quiet week. Finished rows are kept 48 h for that reason.
create table inbox (
    seq             bigint generated always as identity primary key,
    bot_id          bigint not null,
    update_id       bigint not null,
    kind            text not null,
    -- (bot, chat, topic, user): turns of one conversation run one after another, conversations side by side.
    conversation    text not null,
    payload         jsonb not null,
    state           text not null default 'waiting' check (state in ('waiting', 'done', 'dead')),
    attempts        int not null default 0,
    next_attempt_at timestamptz not null default now(),
    last_error      text,
    received_at     timestamptz not null default now(),
    finished_at     timestamptz,
    unique (bot_id, update_id)
);
create index inbox_waiting on inbox (conversation, seq) where state = 'waiting';
create index inbox_due on inbox (next_attempt_at, seq) where state = 'waiting';
create index inbox_finished on inbox (finished_at) where state <> 'waiting';

-- Where a bot's polling stands: the next offset to ask for. Moves in the transaction that stores the batch.
create table poll_positions (
    bot_id      bigint primary key,
    next_offset bigint not null
);

-- A living message: one row a (kind, subject, chat). `version` counts what should be on the screen, `sent_version` what is.
create table cards (
    id           uuid primary key,
    kind         text not null,
    subject      text not null,
    bot_id       bigint not null,
    chat_id      bigint not null,
    topic_id     bigint,
    message_id   bigint,
    version      bigint not null default 1,
    sent_version bigint not null default 0,
    content_hash text not null,
    -- The view as it should stand: {"html": …, "keyboard": …}.
    view         jsonb not null,
    priority     smallint not null,
    -- Sends whose outcome is unknown and were sent again: at most that many orphans stand in the chat.
    unknown_sends int not null default 0,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    unique (kind, subject, chat_id, bot_id)
);

-- A button is a row: the token in callback_data says nothing, this says what a press means and for whom.
create table buttons (
    token        text primary key check (octet_length(token) between 1 and 64),
    action       text not null,
    subject      text not null,
    args         jsonb not null default '{}',
    card_id      uuid references cards (id) on delete cascade,
    -- The card's version that this button was drawn with; an older one is a press on yesterday's screen.
    card_version bigint,
    chat_id      bigint not null,
    -- Only this person may press it; null: whoever the handler lets.
    person_id    bigint,
    single_use   boolean not null default false,
    used_at      timestamptz,
    expires_at   timestamptz not null,
    created_at   timestamptz not null default now()
);
create index buttons_card on buttons (card_id, card_version);
create index buttons_expiry on buttons (expires_at);

-- Everything that has to leave for Telegram, in order within a chat. Priorities: 0 page, 1 callback answer, 2 reply,
-- 3 card, 4 reminder, 5 digest.
create table outbox (
    id          bigint generated always as identity primary key,
    bot_id      bigint not null,
    -- Null for calls that address no chat (callback answers, command menus).
    chat_id     bigint,
    priority    smallint not null check (priority between 0 and 5),
    -- Set: draw this card as it stands when its turn comes; `call` is null then.
    card_id     uuid references cards (id) on delete cascade,
    -- Set: the Bot API call, tagged by method.
    call        jsonb,
    state       text not null default 'waiting'
                check (state in ('waiting', 'sending', 'sent', 'dropped', 'dead')),
    attempts    int not null default 0,
    not_before  timestamptz not null default now(),
    last_error  text,
    message_id  bigint,
    created_at  timestamptz not null default now(),
    finished_at timestamptz,
    check ((card_id is null) <> (call is null))
);
create index outbox_waiting on outbox (bot_id, priority, id) where state in ('waiting', 'sending');
-- One waiting draw a card: a newer state replaces the older by simply being what is drawn.
create unique index outbox_card_waiting on outbox (card_id) where state = 'waiting' and card_id is not null;
create index outbox_finished on outbox (finished_at) where state not in ('waiting', 'sending');

-- Chats that asked us to wait (429), until when.
create table chat_holds (
    bot_id  bigint not null,
    chat_id bigint not null,
    until   timestamptz not null,
    primary key (bot_id, chat_id)
);

-- Who may do what only one may do (poll a token, send for a bot). Database time decides; the fence only grows.
create table leases (
    name       text primary key,
    holder     uuid not null,
    fence      bigint not null default 1,
    expires_at timestamptz not null
);

-- What could not be handled, kept whole until a person decides.
create table dead_letters (
    id         uuid primary key,
    source     text not null check (source in ('lead', 'update', 'message', 'telemetry', 'alert', 'job')),
    reason     text not null,
    attempts   int not null default 1,
    raw        bytea not null,
    -- The row it came from, where there is one (inbox seq, outbox id, saga id).
    origin     text,
    state      text not null default 'undecided' check (state in ('undecided', 'retried', 'dropped')),
    created_at timestamptz not null default now(),
    decided_at timestamptz
);
create index dead_letters_undecided on dead_letters (created_at) where state = 'undecided';

-- Bots this database has served, as getMe told, so that the command line can print deep links without asking Telegram.
create table bots (
    bot_id   bigint primary key,
    username text not null,
    seen_at  timestamptz not null default now()
);

-- A question put to one person in one chat, whose next text is the answer. A newer question replaces the older.
create table prompts (
    bot_id     bigint not null,
    chat_id    bigint not null,
    person_id  bigint not null,
    action     text not null,
    subject    text not null,
    args       jsonb not null default '{}',
    expires_at timestamptz not null,
    primary key (bot_id, chat_id, person_id)
);
