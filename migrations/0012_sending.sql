-- The sending half: what it reads often has an index, and chats that let nobody in are known.

-- The head of each chat's queue, found by stepping from chat to chat instead of reading all that waits.
create index outbox_heads on outbox (bot_id, chat_id, priority, id) where state = 'waiting';
-- When the next of those that wait for their time may go.
create index outbox_due on outbox (bot_id, not_before) where state = 'waiting';
-- A card that goes takes its draws along; the sender asks for the other draws of a card.
create index outbox_card on outbox (card_id) where card_id is not null;
-- A page that was given up counts as waiting until somebody decides.
create index outbox_dead_pages on outbox (bot_id) where state = 'dead' and priority = 0;

-- The bot was blocked there or put out. Nothing new is drawn into such a chat until a message arrives in it again, or its
-- people come back.
create table closed_chats (
    bot_id    bigint not null,
    chat_id   bigint not null,
    closed_at timestamptz not null default now(),
    primary key (bot_id, chat_id)
);
