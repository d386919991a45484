-- Messages that tell of a card's subject without being the card: where it stood before it came to the bottom of the chat, and
-- files that belong to it. Whoever replies to one of them replies to the card. Kept for a while only.
create table card_traces (
    bot_id     bigint not null,
    chat_id    bigint not null,
    message_id bigint not null,
    -- The card's kind and subject, as in `cards`.
    kind       text not null,
    subject    text not null,
    left_at    timestamptz not null default now(),
    primary key (bot_id, chat_id, message_id)
);
create index card_traces_left on card_traces using brin (left_at);
