-- Updates are handed to turns by one dispatcher a replica, in batches. The row says which replica has it; whether that
-- one lives is said by an advisory lock of its session, which ends with it.

-- Numbers of dispatchers: each takes the next one when its process starts.
create sequence inbox_holders as int cycle;

alter table inbox
    -- The dispatcher that has it; null: it is free.
    add column taken_by int,
    -- How many processes ended while they had it: an update that kills its process must not do so for ever.
    add column deaths int not null default 0;
-- Taking an update changes no column of an index: with room in its page, the row keeps its place in all of them.
alter table inbox set (fillfactor = 70);

drop index inbox_waiting;
drop index inbox_due;
drop index inbox_finished;
-- The oldest first, and whether an older one of the same conversation waits.
create index inbox_waiting on inbox (bot_id, seq) where state = 'waiting';
create index inbox_conversation on inbox (bot_id, conversation, seq) where state = 'waiting';
create index inbox_suspects on inbox (bot_id, seq) where state = 'waiting' and deaths > 0;
-- Only the tidying looks by time, and rows are finished about in the order in which they lie.
create index inbox_finished on inbox using brin (finished_at);
