-- A chat may have half a million buttons: nothing that happens to it may write to all of them. A button goes where its card is,
-- one of a message that is no card goes along when its group gets another id (`moved_chats`), and what was minted for a chat
-- before that was forsaken counts no more.
create table forsaken_chats (
    chat_id     bigint primary key,
    forsaken_at timestamptz not null
);

-- A card that goes would take its buttons along, one by one. They stay until they expire: a press on one is nobody's.
alter table buttons drop constraint buttons_card_id_fkey;
-- Nothing looks for the buttons of a card any more.
drop index buttons_card;
