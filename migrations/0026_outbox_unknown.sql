-- How often a message was tried without learning what came of it: patience for that must not be spent by answers that say
-- "later". `attempts` goes on counting every try.
alter table outbox add column unknown_sends int not null default 0;

-- Cards that tick and rest: when the next one may be edited is asked for whenever nothing else can go.
create index cards_ticking on cards (bot_id, edited_at) where ticks;
