-- Webhooks, quick answers to presses, chats that moved, and progress that does not crowd a group.

-- When the offset last moved: after a long silence Telegram begins its update ids anew, perhaps lower.
alter table poll_positions add column moved_at timestamptz not null default now();

-- A press that does not depend on what the same person said before (Ack): it is in a conversation of its own, a worker is
-- kept free for it, and it is judged by its use case instead of by the version of the card that it was drawn with.
alter table buttons add column express boolean not null default false;
alter table inbox add column express boolean not null default false;
create index inbox_express on inbox (bot_id, seq) where state = 'waiting' and express;
-- Presses that may have to be answered before their work is done.
create index inbox_presses on inbox (bot_id, received_at) where state = 'waiting' and kind = 'callback_query';

-- The press that a row answers. One answer a press, whoever gives it first: the turn, or the watch over slow turns.
alter table outbox add column callback_id text;
create unique index outbox_callback on outbox (bot_id, callback_id) where callback_id is not null;

-- A card that ticks (a job's steps) rests after each edit in a group; a draw that is no tick, like its end, does not wait.
alter table cards add column ticks boolean not null default false;
alter table cards add column edited_at timestamptz;

-- Groups that became supergroups. Ids of before stand in many places (parameters of jobs, forwarded buttons): whoever
-- writes to one of them writes to the chat's present id.
create table moved_chats (
    bot_id   bigint not null,
    from_id  bigint not null,
    to_id    bigint not null,
    moved_at timestamptz not null default now(),
    primary key (bot_id, from_id),
    check (from_id <> to_id)
);

-- Whether an alert went out by the second route, since Telegram could not be reached.
alter table alerts add column second_route_at timestamptz;
