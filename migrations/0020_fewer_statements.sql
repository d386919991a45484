-- What a busy bot writes most, written with less.

-- How often a card was put to the bottom of its chat: a first send that was under way meanwhile is not its message.
alter table cards add column placed int not null default 0;

-- Every row of the outbox is written three times: as it waits, as it leaves, as it arrived. With room in its page, and
-- without indexes that nobody reads, that costs less.
alter table outbox set (fillfactor = 70);
alter table cards set (fillfactor = 70);
drop index outbox_finished;
create index outbox_finished on outbox using brin (finished_at);

-- Nearly every row may go at once: only those that wait for their time are looked for by it.
alter table outbox alter column not_before set default '-infinity';
drop index outbox_due;
create index outbox_due on outbox (bot_id, not_before) where state = 'waiting' and not_before > '-infinity';
