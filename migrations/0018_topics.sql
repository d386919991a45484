-- The operators' chat: topics that the bot keeps in a forum, and chats that it was once.

-- A topic is wanted by name; the sender opens it when the first message goes there, reopens it when people closed it, and
-- opens another one when they deleted it.
create table topics (
    id        bigint generated always as identity primary key,
    bot_id    bigint not null,
    chat_id   bigint not null,
    -- What it is for, in the words of whoever wants it: `leads`, `tenant:new_salon`.
    name      text not null,
    -- What it is called when it is opened; people may call it otherwise afterwards.
    title     text not null,
    -- wanted: the next message opens it. open: it stands as `thread_id`. outside: Telegram refused to open or to reopen
    -- it, and what belongs there goes to General until somebody mends that.
    state     text not null default 'wanted' check (state in ('wanted', 'open', 'outside')),
    thread_id bigint,
    made_at   timestamptz not null default now(),
    unique (bot_id, chat_id, name),
    check (state <> 'open' or thread_id is not null)
);

-- Where a card belongs; `topic_id` says where its message stands.
alter table cards add column kept_topic bigint references topics (id) on delete set null;
create index cards_kept_topic on cards (kept_topic) where kept_topic is not null;
-- A chat that is left takes its cards along.
create index cards_chat on cards (bot_id, chat_id);

-- Topics are found by name from now on; `topic_id` stays empty, for hubs of the version before that still run.
-- As the group calls itself; empty for a private chat.
alter table operator_chats add column title text not null default '';
alter table operator_chats add column is_forum boolean not null default false;
-- Whether its people were told already that topics need a right that the bot has not.
alter table operator_chats add column told_of_rights boolean not null default false;

-- Chats that were the operators' chat: buttons there say so, and the owner hears when the bot is let in again.
create table left_chats (
    bot_id  bigint not null,
    chat_id bigint not null,
    title   text not null,
    -- moved: /bind was said elsewhere. put_out: nothing can be brought there any more.
    why     text not null check (why in ('moved', 'put_out')),
    left_at timestamptz not null default now(),
    primary key (bot_id, chat_id)
);
